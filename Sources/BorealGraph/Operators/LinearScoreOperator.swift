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

/// The products of a linear model.
private struct LinearRowExplainer: RowExplainer {
    let model: LinearScoreOperator

    var scoresPerRow: Int { model.bias.count }
    var featureCount: Int { model.featureCount }

    private func product(_ row: UnsafePointer<Double>, _ feature: Int, _ score: Int) -> Double {
        guard !row[feature].isNaN else { return 0 }
        return Double(Float(row[feature]) * model.weights[feature * scoresPerRow + score])
    }

    func contributions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        into target: UnsafeMutablePointer<Double>,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError) {
        for row in 0..<count {
            if cancellation?.isCancelled == true { throw .cancelled }
            for score in 0..<scoresPerRow {
                let start = target + (row * scoresPerRow + score) * (featureCount + 1)
                for feature in 0..<featureCount {
                    start[feature] = product(rows + row * featureCount, feature, score)
                }
                start[featureCount] = Double(model.bias[score])
            }
        }
    }

    /// Features do not act together: the diagonal holds all.
    func interactions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        into target: UnsafeMutablePointer<Double>,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError) {
        let side = featureCount + 1
        for row in 0..<count {
            if cancellation?.isCancelled == true { throw .cancelled }
            for score in 0..<scoresPerRow {
                let start = target + (row * scoresPerRow + score) * side * side
                start.update(repeating: 0, count: side * side)
                for feature in 0..<featureCount {
                    start[feature * (side + 1)] = product(
                        rows + row * featureCount,
                        feature,
                        score
                    )
                }
                start[featureCount * (side + 1)] = Double(model.bias[score])
            }
        }
    }

    func meanAbsoluteContributions(
        _ rows: UnsafePointer<Double>,
        count: Int,
        threads: Int,
        cancellation: CancellationFlag?
    ) throws(GraphError) -> [Double] {
        var sums = [Double](repeating: 0, count: scoresPerRow * featureCount)
        for row in 0..<count {
            if cancellation?.isCancelled == true { throw .cancelled }
            for score in 0..<scoresPerRow {
                for feature in 0..<featureCount {
                    sums[score * featureCount + feature] +=
                        product(rows + row * featureCount, feature, score).magnitude
                }
            }
        }
        return sums.map { $0 / Double(max(1, count)) }
    }
}
