import BorealBoost
import BorealGraph

/// Lays out the operators and outputs of a CatBoost model.
///
///     features -> columns -> trees -> raw -> link -> answer
///                              |-> leaves     |-> probabilities -> class
struct CatBoostGraphBuilder {
    let loss: CatBoostLoss
    let scores: Int
    /// Classes of a classifier.
    let labels: Labels?
    /// Whether the library's `predict` answers the class of a classifier.
    let answersClass: Bool
    private(set) var operators: [any GraphOperator] = []
    private(set) var outputs: [GraphOutput] = []
    /// The features, and what the encoder makes of them.
    private var tensorCount = 2

    init(loss: CatBoostLoss, scores: Int, labels: Labels?, answersClass: Bool) {
        self.loss = loss
        self.scores = scores
        self.labels = labels
        self.answersClass = answersClass
    }

    private mutating func newTensor() -> TensorID {
        defer { tensorCount += 1 }
        return TensorID(tensorCount)
    }

    mutating func build(
        _ encoder: TargetStatisticsOperator,
        _ ensemble: TreeEnsemble,
        leaves: LeafNames?
    ) throws(GraphError) {
        operators.append(encoder)
        let raw = newTensor()
        // The library adds the bias to the sum of all trees.
        let trees = try TreeEnsembleOperator(
            ensemble,
            input: encoder.output,
            output: raw,
            addsInitialScoresLast: true
        )
        operators.append(trees)
        let leaf = newTensor()
        operators.append(TreeLeafOperator(trees, output: leaf, names: leaves))
        outputs.append(GraphOutput(.leaf, leaf, ensemble.trees.indices.map { "leaf_\($0)" }))
        outputs.append(GraphOutput(.raw, raw, names("raw", scores)))
        let answer = addLink(raw)
        let label = addClasses(raw, answer)
        addAnswers(raw, answer, label)
    }

    private mutating func transform(_ input: TensorID, _ link: ScoreLink) -> TensorID {
        let made = newTensor()
        operators.append(
            ScoreTransformOperator(input: input, output: made, width: scores, link: link)
        )
        return made
    }

    /// What stands behind the raw scores.
    private mutating func addLink(_ raw: TensorID) -> TensorID {
        switch loss.link {
        case .identity: return raw
        case .binary, .sigmoid: return transform(raw, .sigmoid(scale: 1))
        case .softmax: return transform(raw, .softmax)
        case .exponential: return transform(raw, .exponential)
        case .uncertainty:
            // A variance is exp(2 x), a mean stays.
            let type = TensorType(.double, [scores])
            let twice = newTensor()
            operators.append(
                MapOperator(
                    input: raw,
                    output: twice,
                    type: type,
                    function: .linear(factor: 2, term: 0)
                )
            )
            let variance = transform(twice, .exponential)
            let both = newTensor()
            operators.append(
                ColumnsOperator(
                    inputs: [raw, variance],
                    output: both,
                    types: [type, type],
                    sources: [.init(input: 0, column: 0), .init(input: 1, column: 1)]
                )
            )
            return both
        }
    }

    /// Probabilities and the class.
    private mutating func addClasses(_ raw: TensorID, _ answer: TensorID) -> TensorID? {
        guard loss.task == .binary || loss.task == .multiclass else { return nil }
        guard loss.link == .binary || loss.task == .multiclass else {
            // Several targets with two classes each.
            outputs.append(GraphOutput(.probabilities, answer, names("proba", scores)))
            return nil
        }
        var probabilities = answer
        if loss.link == .binary {
            // The library takes the sigmoid of either sign.
            let type = TensorType(.double)
            let other = transform(raw, .sigmoid(scale: -1))
            probabilities = newTensor()
            operators.append(
                ColumnsOperator(
                    joining: [other, answer],
                    types: [type, type],
                    output: probabilities
                )
            )
        }
        let classes = max(2, scores)
        let label = newTensor()
        operators.append(ArgMaxOperator(input: probabilities, output: label, width: classes))
        outputs.append(GraphOutput(.probabilities, probabilities, names("proba", classes)))
        outputs.append(GraphOutput(.label, label, ["label"]))
        return label
    }

    /// What `predict` returns, and what SQL shows.
    private mutating func addAnswers(_ raw: TensorID, _ answer: TensorID, _ label: TensorID?) {
        if let label {
            if answersClass {
                outputs.append(GraphOutput(.value, label, ["pred"]))
            } else {
                outputs.append(GraphOutput(.value, raw, names("pred", scores)))
            }
            outputs.append(GraphOutput(.prediction, label, ["predicted_results"]))
            return
        }
        var value = answersClass ? answer : raw
        if loss.task == .binary, answersClass {
            value = newTensor()
            operators.append(
                MapOperator(
                    input: raw,
                    output: value,
                    type: TensorType(.double, scores == 1 ? [] : [scores]),
                    function: .binarize(threshold: 0)
                )
            )
        }
        outputs.append(GraphOutput(.value, value, names("pred", scores)))
        guard scores > 1 else {
            outputs.append(GraphOutput(.prediction, value, ["predicted_results"]))
            return
        }
        let greatest = newTensor()
        if loss.link == .uncertainty {
            // The mean is the answer; its variance stands beside it in the value.
            operators.append(
                ColumnsOperator(
                    [0],
                    of: value,
                    type: TensorType(.double, [scores]),
                    output: greatest
                )
            )
        } else {
            operators.append(ArgMaxOperator(input: value, output: greatest, width: scores))
        }
        outputs.append(GraphOutput(.prediction, greatest, ["predicted_results"]))
    }

    private func names(_ prefix: String, _ count: Int) -> [String] {
        guard count > 1 else { return [prefix] }
        let known = labels?.count == count ? labels : nil
        return (0..<count).map { "\(prefix)_\(known?.text(at: $0) ?? String($0))" }
    }
}
