import BorealBoost
import BorealGraph

/// Lays out the operators and outputs of an XGBoost model.
///
///     features -> 32 bits -> (missing) -> trees or linear -> raw -> link -> answer
///                                            |-> leaves               |-> probabilities -> class
///
/// What `predict` returns is the class for a wrapped classifier and for `multi:softmax`, else the
/// answer. SQL is shown the class of a classifier, the number of a booster with one score, and the
/// position of the greatest of several.
struct XGBoostGraphBuilder {
    let featureCount: Int
    let scores: Int
    let objective: XGBoostObjective
    let wrapper: XGBoostWrapper?
    /// Classes of a wrapped classifier.
    let labels: Labels?
    private(set) var operators: [any GraphOperator] = []
    private(set) var outputs: [GraphOutput] = []
    private var tensorCount = 1

    init(
        featureCount: Int,
        scores: Int,
        objective: XGBoostObjective,
        wrapper: XGBoostWrapper?,
        labels: Labels?
    ) {
        self.featureCount = featureCount
        self.scores = scores
        self.objective = objective
        self.wrapper = wrapper
        self.labels = labels
    }

    /// A classifier that learnt with another objective is one all the same.
    var task: GraphTask {
        guard let labels else { return objective.task }
        return labels.count > 2 ? .multiclass : .binary
    }

    private var isClassifier: Bool { wrapper?.kind == .classifier }

    private mutating func newTensor() -> TensorID {
        defer { tensorCount += 1 }
        return TensorID(tensorCount)
    }

    /// Rows as the library reads them: 32-bit numbers, one of which may stand for missing ones.
    private mutating func addFeatures() -> TensorID {
        var features = newTensor()
        operators.append(
            RoundToFloatOperator(input: .features, output: features, width: featureCount)
        )
        if let missing = wrapper?.missing, !missing.isNaN {
            let marked = newTensor()
            operators.append(
                MarkMissingOperator(
                    input: features,
                    output: marked,
                    width: featureCount,
                    value: Double(Float(missing))
                )
            )
            features = marked
        }
        return features
    }

    /// Adds the trees; their sums.
    ///
    /// - Parameter shown: the trees whose leaves are shown, when those are others.
    mutating func addTrees(
        _ ensemble: TreeEnsemble,
        _ leaves: LeafNames,
        shown: (TreeEnsemble, LeafNames)?,
        addsBaseLast: Bool
    ) throws(GraphError) -> TensorID {
        let features = addFeatures()
        let raw = newTensor()
        let trees = try TreeEnsembleOperator(
            ensemble,
            input: features,
            output: raw,
            addsInitialScoresLast: addsBaseLast
        )
        operators.append(trees)
        let leaf = newTensor()
        let names = shown?.1 ?? leaves
        // Only its leaves are asked for, so it stands in no list.
        let other = try shown.map { shown throws(GraphError) in
            try TreeEnsembleOperator(shown.0, input: features, output: raw)
        }
        operators.append(TreeLeafOperator(other ?? trees, output: leaf, names: names))
        outputs.append(
            GraphOutput(.leaf, leaf, names.trees.indices.map { "leaf_\($0)" })
        )
        return raw
    }

    /// Adds a linear model; its sums.
    mutating func addLinear(
        _ model: (weights: [Float], bias: [Float])
    ) throws(GraphError) -> TensorID {
        let features = addFeatures()
        let raw = newTensor()
        operators.append(
            try LinearScoreOperator(
                input: features,
                output: raw,
                weights: model.weights,
                bias: model.bias
            )
        )
        return raw
    }

    /// Adds everything behind the sums.
    mutating func addAnswers(_ raw: TensorID) {
        outputs.append(GraphOutput(.raw, raw, names("raw", scores)))
        let answer = newTensor()
        operators.append(
            FloatLinkOperator(input: raw, output: answer, width: scores, link: objective.link)
        )
        let label = addClasses(raw, answer)
        addValue(answer, label)
        addPrediction(answer, label)
    }

    /// Probabilities and the class, where the model is a classification.
    private mutating func addClasses(_ raw: TensorID, _ answer: TensorID) -> TensorID? {
        guard task == .binary || task == .multiclass else { return nil }
        guard scores == 1 || task == .multiclass else {
            // Several targets with two classes each: no one of them is the label.
            outputs.append(GraphOutput(.probabilities, answer, names("proba", scores)))
            return nil
        }
        var probabilities = answer
        if scores == 1 {
            // The library's wrapper takes the answer of any objective for a probability.
            if objective.link == .identity, !isClassifier {
                probabilities = newTensor()
                operators.append(
                    FloatLinkOperator(input: raw, output: probabilities, width: 1, link: .sigmoid)
                )
            }
            let both = newTensor()
            operators.append(
                BinaryProbabilityOperator(input: probabilities, output: both, element: .float)
            )
            probabilities = both
        }
        let classes = max(2, scores)
        let label = newTensor()
        operators.append(
            ArgMaxOperator(input: probabilities, output: label, width: classes, element: .float)
        )
        outputs.append(GraphOutput(.probabilities, probabilities, names("proba", classes)))
        outputs.append(GraphOutput(.label, label, ["label"]))
        return label
    }

    /// What the library's `predict` returns.
    private mutating func addValue(_ answer: TensorID, _ label: TensorID?) {
        if let label, isClassifier || objective.answersClass {
            outputs.append(GraphOutput(.value, label, ["pred"]))
            return
        }
        var value = answer
        if isClassifier, label == nil {
            // Several targets: each one's class.
            value = newTensor()
            operators.append(
                MapOperator(
                    input: answer,
                    output: value,
                    type: TensorType(.float, scores == 1 ? [] : [scores]),
                    function: .binarize(threshold: 0.5)
                )
            )
        }
        outputs.append(GraphOutput(.value, value, names("pred", scores)))
    }

    /// What SQL shows: the class of a classifier, the number of a bare booster, the position of the
    /// greatest of several numbers.
    private mutating func addPrediction(_ answer: TensorID, _ label: TensorID?) {
        var shown = answer
        if let label, isClassifier || scores > 1 {
            shown = label
        } else if scores > 1 {
            shown = newTensor()
            operators.append(
                ArgMaxOperator(input: answer, output: shown, width: scores, element: .float)
            )
        }
        outputs.append(GraphOutput(.prediction, shown, ["predicted_results"]))
    }

    private func names(_ prefix: String, _ count: Int) -> [String] {
        guard count > 1 else { return [prefix] }
        let known = labels?.count == count ? labels : nil
        return (0..<count).map { "\(prefix)_\(known?.text(at: $0) ?? String($0))" }
    }
}
