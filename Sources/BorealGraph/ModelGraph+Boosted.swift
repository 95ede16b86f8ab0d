public import BorealBoost

/// What makes a graph of a tree ensemble: the trees, and how their sums become answers.
public struct BoostedModel: Sendable {
    /// The trees.
    public var ensemble: TreeEnsemble
    /// Features in the order of a row; as many as the ensemble has.
    public var inputs: [GraphInput]
    /// How raw scores become values.
    public var link: ScoreLink
    /// What question it answers.
    public var task: GraphTask
    /// Classes in class order; nil for regression, and for files that do not name them.
    public var labels: Labels?
    /// True when `predicted_results` is a class: trained classifiers, and files that say they are
    /// one. A bare booster answers numbers even where its objective is a classification.
    public var answersLabel: Bool
    /// True when the original library's `predict` answers a class too. The library takes the text
    /// of a classifier trained here for a bare booster.
    public var valueIsLabel: Bool
    /// What it knows about itself.
    public var metadata: ModelMetadata

    /// - Parameters: see the stored properties.
    public init(
        ensemble: TreeEnsemble,
        inputs: [GraphInput],
        link: ScoreLink,
        task: GraphTask,
        labels: Labels? = nil,
        answersLabel: Bool = false,
        valueIsLabel: Bool? = nil,
        metadata: ModelMetadata = ModelMetadata()
    ) {
        self.ensemble = ensemble
        self.inputs = inputs
        self.link = link
        self.task = task
        self.labels = labels
        self.answersLabel = answersLabel
        self.valueIsLabel = valueIsLabel ?? answersLabel
        self.metadata = metadata
    }
}

extension ModelGraph {
    /// The graph of a boosted model or forest: ensemble, transform, probabilities, class, leaves.
    ///
    /// - Throws: `GraphError.invalidGraph` when the ensemble is damaged or the parts do not fit.
    public init(_ model: BoostedModel) throws(GraphError) {
        guard model.inputs.count == model.ensemble.featureCount else {
            throw .invalidGraph(reason: "\(model.inputs.count) inputs for the ensemble's features")
        }
        var builder = BoostedGraphBuilder(model: model)
        try builder.build()
        try self.init(
            inputs: model.inputs,
            operators: builder.operators,
            outputs: builder.outputs,
            task: model.task,
            labels: model.labels,
            metadata: model.metadata
        )
    }
}

/// Lays out the operators and outputs of a boosted model.
private struct BoostedGraphBuilder {
    let model: BoostedModel
    var operators: [any GraphOperator] = []
    var outputs: [GraphOutput] = []
    private var tensorCount = 1

    init(model: BoostedModel) { self.model = model }

    private var scores: Int { model.ensemble.scoresPerRow }
    private var isClassification: Bool { model.task == .binary || model.task == .multiclass }

    private mutating func newTensor() -> TensorID {
        defer { tensorCount += 1 }
        return TensorID(tensorCount)
    }

    /// Names of outputs are made of labels, so their number is checked before all else.
    private func checkLabels() throws(GraphError) {
        guard let labels = model.labels else { return }
        let classes = scores == 1 ? 2 : scores
        guard isClassification, labels.count == classes else {
            throw .invalidGraph(reason: "\(labels.count) labels, \(scores) scores")
        }
    }

    mutating func build() throws(GraphError) {
        try checkLabels()
        let raw = newTensor()
        let trees = try TreeEnsembleOperator(model.ensemble, input: .features, output: raw)
        operators.append(trees)
        let answer = newTensor()
        operators.append(
            ScoreTransformOperator(
                input: raw,
                output: answer,
                width: scores,
                link: model.link,
                divisor: model.ensemble.isAveraged
                    ? Double(max(1, model.ensemble.roundCount)) : nil
            )
        )
        outputs.append(GraphOutput(.raw, raw, scoreNames("raw", scores)))
        let label = addClasses(answer)
        addAnswers(answer, label: label)
        let leaves = newTensor()
        operators.append(TreeLeafOperator(trees, output: leaves))
        outputs.append(
            GraphOutput(.leaf, leaves, model.ensemble.trees.indices.map { "leaf_\($0)" })
        )
    }

    /// Probabilities and the class, for classifications; the class's tensor.
    private mutating func addClasses(_ answer: TensorID) -> TensorID? {
        guard isClassification else { return nil }
        var probabilities = answer
        var classes = scores
        if scores == 1 {
            probabilities = newTensor()
            operators.append(BinaryProbabilityOperator(input: answer, output: probabilities))
            classes = 2
        }
        let label = newTensor()
        operators.append(ArgMaxOperator(input: probabilities, output: label, width: classes))
        outputs.append(
            GraphOutput(.probabilities, probabilities, classNames("proba", classes))
        )
        outputs.append(GraphOutput(.label, label, ["label"]))
        return label
    }

    /// What the library's `predict` returns, and what `predicted_results` shows.
    private mutating func addAnswers(_ answer: TensorID, label: TensorID?) {
        if model.valueIsLabel, let label {
            outputs.append(GraphOutput(.value, label, ["pred"]))
        } else {
            let columns = scores == 1 ? ["pred"] : scoreNames("pred", scores)
            outputs.append(GraphOutput(.value, answer, columns))
        }
        if model.answersLabel, let label {
            outputs.append(GraphOutput(.prediction, label, ["predicted_results"]))
            return
        }
        guard scores > 1 else {
            outputs.append(GraphOutput(.prediction, answer, ["predicted_results"]))
            return
        }
        var greatest = label
        if greatest == nil {
            let position = newTensor()
            operators.append(ArgMaxOperator(input: answer, output: position, width: scores))
            greatest = position
        }
        if let greatest {
            outputs.append(GraphOutput(.prediction, greatest, ["predicted_results"]))
        }
    }

    private func scoreNames(_ prefix: String, _ count: Int) -> [String] {
        count == 1 ? [prefix] : classNames(prefix, count)
    }

    private func classNames(_ prefix: String, _ count: Int) -> [String] {
        (0..<count).map { "\(prefix)_\(model.labels?.text(at: $0) ?? String($0))" }
    }
}
