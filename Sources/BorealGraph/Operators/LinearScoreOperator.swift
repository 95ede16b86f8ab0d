public import BorealBase

/// Sums of a linear model over `Float` numbers, in the order of the features and rounded after each
/// step; missing numbers add nothing. XGBoost's `gblinear` adds like this.
public struct LinearScoreOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "LinearScore"
    /// Double, `featureCount` a row, each a `Float`.
    public let input: TensorID
    /// Double, `scores` a row, each a `Float`.
    public let output: TensorID
    /// `[featureCount][scores]`
    public let weights: [Float]
    /// `[scores]`: what sums begin with.
    public let bias: [Float]
    let featureCount: Int

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when the lengths do not fit.
    public init(
        input: TensorID,
        output: TensorID,
        weights: [Float],
        bias: [Float]
    ) throws(GraphError) {
        guard !bias.isEmpty, weights.count % bias.count == 0 else {
            throw .invalidGraph(reason: "\(weights.count) weights for \(bias.count) scores")
        }
        self.input = input
        self.output = output
        self.weights = weights
        self.bias = bias
        featureCount = weights.count / bias.count
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double, type.width == featureCount
        else { throw .invalidGraph(reason: "linear scores over \(inputTypes)") }
        return [TensorType(.double, bias.count == 1 ? [] : [bias.count])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Double.self)
        assert(weights.count == featureCount * bias.count, "weights without a feature")
        for row in 0..<rowCount {
            let features = source + row * featureCount
            for score in bias.indices {
                var sum = bias[score]
                for feature in 0..<featureCount where !features[feature].isNaN {
                    sum += Float(features[feature]) * weights[feature * bias.count + score]
                }
                target[row * bias.count + score] = Double(sum)
            }
        }
    }
}

extension LinearScoreOperator: AdditiveOperator {
    /// Each feature contributes its product, the bias is what sums begin with.
    public func rowExplainer(
        cancellation: CancellationFlag?
    ) throws(GraphError) -> any RowExplainer {
        LinearRowExplainer(model: self)
    }
}

extension LinearScoreOperator: LinearTerms {
    var scoresPerRow: Int { bias.count }

    func term(_ score: Int) -> Double { Double(bias[score]) }

    func product(_ value: Double, _ feature: Int, _ score: Int) -> Double {
        guard !value.isNaN else { return 0 }
        return Double(Float(value) * weights[feature * bias.count + score])
    }
}
