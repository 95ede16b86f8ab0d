import BorealBoost
import BorealGraph

/// A graph that is a linear model and a link: each score is a number and a factor for each feature.
struct ExportedLinear {
    /// `[scores][features]`
    private(set) var factors: [[Double]]
    /// `[scores]`: the score of a row of zeros.
    private(set) var terms: [Double]
    let answer: ExportedAnswer
    /// True when a missing value adds nothing; the others take none.
    let skipsMissing: Bool
    /// True for sums of 32-bit numbers.
    let isFloat: Bool

    /// nil for graphs that are something else.
    init?(_ graph: ModelGraph) {
        guard graph.inputs.allSatisfy({ $0.kind == .number }),
            graph.operators.allSatisfy(Self.isKnown)
        else { return nil }
        let sums = graph.operators.filter { step in
            step is MatrixProductOperator || step is LinearScoreOperator
                || step is TreeEnsembleOperator
        }
        guard sums.count == 1, let step = sums.first, let scores = step.outputs.first else {
            return nil
        }
        let numbers: Numbers?
        switch step {
        case let step as MatrixProductOperator: numbers = Self.product(step, graph)
        case let step as LinearScoreOperator: numbers = Self.floats(step, graph)
        case let step as TreeEnsembleOperator: numbers = Self.leaves(step)
        default: numbers = nil
        }
        guard let numbers, let link = Self.link(scores, graph) else { return nil }
        factors = numbers.factors
        terms = numbers.terms
        answer = ExportedAnswer(graph, scores: terms.count, link: link)
        skipsMissing = !(step is MatrixProductOperator)
        isFloat = step is LinearScoreOperator
    }

    private struct Numbers {
        var factors: [[Double]]
        var terms: [Double]
    }

    /// The operators of a linear model; one more, and the model is something else.
    private static func isKnown(_ step: any GraphOperator) -> Bool {
        step is MatrixProductOperator || step is LinearScoreOperator || step is ScaleOperator
            || step is TreeEnsembleOperator || step is TreeLeafOperator
            || step is RoundToFloatOperator || step is ScoreTransformOperator
            || step is FloatLinkOperator || step is BinaryProbabilityOperator
            || step is ArgMaxOperator || step is ThresholdCodeOperator
    }

    /// Numbers that nothing is done to are the answer of a regression, and no answer of classes.
    private static func link(_ scores: TensorID, _ graph: ModelGraph) -> ScoreLink? {
        if let (link, divisor) = ExportedAnswer.link(behind: scores, in: graph) {
            return divisor == nil ? link : nil
        }
        let isRead = graph.operators.contains { $0.inputs.contains(scores) }
        return graph.task == .regression && !isRead ? .identity : nil
    }

    /// `(x - center) W + b`, with the centers put into the number of each score.
    private static func product(_ step: MatrixProductOperator, _ graph: ModelGraph) -> Numbers? {
        let width = graph.inputs.count
        let scores = width > 0 ? step.weights.count / width : 0
        guard scores > 0, step.weights.count == scores * width else { return nil }
        var numbers = Numbers(
            factors: (0..<scores).map { Array(step.weights[$0 * width..<($0 + 1) * width]) },
            terms: step.bias.isEmpty ? [Double](repeating: 0, count: scores) : step.bias
        )
        let scales = graph.operators.compactMap { $0 as? ScaleOperator }
        guard step.input != .features else { return scales.isEmpty ? numbers : nil }
        guard scales.count == 1, let scale = scales.first, scale.output == step.input,
            scale.input == .features, scale.form == .subtractMultiply, scale.factor.isEmpty,
            scale.shift.count == width
        else { return nil }
        for score in 0..<scores {
            for (center, factor) in zip(scale.shift, numbers.factors[score]) {
                numbers.terms[score] -= center * factor
            }
        }
        return numbers
    }

    /// XGBoost's: `[features][scores]`.
    private static func floats(_ step: LinearScoreOperator, _ graph: ModelGraph) -> Numbers? {
        let scores = step.bias.count
        let rounding = graph.operators.first { $0.outputs == [step.input] }
        guard step.input == .features || rounding is RoundToFloatOperator,
            step.weights.count == graph.inputs.count * scores
        else { return nil }
        return Numbers(
            factors: (0..<scores).map { score in
                stride(from: score, to: step.weights.count, by: scores).map {
                    Double(step.weights[$0])
                }
            },
            terms: step.bias.map { Double($0) }
        )
    }

    /// Trees of one leaf with at most one factor each: `boosting_type='gblinear'`.
    private static func leaves(_ step: TreeEnsembleOperator) -> Numbers? {
        let ensemble = step.ensemble
        let scores = ensemble.scoresPerRow
        guard step.input == .features, !ensemble.isAveraged, ensemble.leafWidth == 1,
            ensemble.trees.contains(where: { $0.linear != nil })
        else { return nil }
        var numbers = Numbers(
            factors: [[Double]](
                repeating: [Double](repeating: 0, count: ensemble.featureCount),
                count: scores
            ),
            terms: [Double](repeating: 0, count: scores)
        )
        for (score, value) in ensemble.initialScores.enumerated() { numbers.terms[score] = value }
        for (index, tree) in ensemble.trees.enumerated() {
            guard tree.leafTotal == 1 else { return nil }
            guard let linear = tree.linear else {
                numbers.terms[index % scores] += tree.leafValue[0]
                continue
            }
            // A row without the value takes the leaf's number instead.
            guard linear.features[0].count <= 1, linear.constants[0] == tree.leafValue[0] else {
                return nil
            }
            numbers.terms[index % scores] += linear.constants[0]
            for (feature, factor) in zip(linear.features[0], linear.coefficients[0]) {
                numbers.factors[index % scores][Int(feature)] += factor
            }
        }
        return numbers
    }
}
