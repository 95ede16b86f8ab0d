import Glibc

/// How a raw score becomes the model's answer, in Double and with the C library's functions, as
/// LightGBM does it (`ConvertOutput` of each objective).
public enum ScoreLink: Equatable, Sendable {
    /// The score itself.
    case identity
    /// `1 / (1 + exp(-scale * x))`, score by score.
    case sigmoid(scale: Double)
    /// `exp(x - max) / sum`, over the scores of a row.
    case softmax
    /// `exp(x)`.
    case exponential
    /// `sign(x) * x * x`: the inverse of a square root taken of the label.
    case signedSquare
    /// `log1p(exp(x))`.
    case softplus
}

/// Applies a `ScoreLink` to the raw scores, after dividing them by the number of iterations of a
/// forest.
public struct ScoreTransformOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "ScoreTransform"
    /// Raw scores: Double, any inner shape.
    public let input: TensorID
    /// Answers: same type.
    public let output: TensorID
    /// What is done to the scores.
    public let link: ScoreLink
    /// Divides every score first; nil for sums.
    public let divisor: Double?
    /// Scores of a row.
    let width: Int

    /// - Parameters:
    ///   - width: scores a row has.
    ///   - divisor: iterations of an averaged forest.
    public init(
        input: TensorID,
        output: TensorID,
        width: Int,
        link: ScoreLink,
        divisor: Double? = nil
    ) {
        self.input = input
        self.output = output
        self.width = width
        self.link = link
        self.divisor = divisor
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double, type.width == width else {
            throw .invalidGraph(reason: "score transform over \(inputTypes)")
        }
        return [type]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Double.self)
        let count = rowCount * width
        if let divisor {
            for i in 0..<count { target[i] = source[i] / divisor }
        } else {
            target.update(from: source, count: count)
        }
        switch link {
        case .identity: break
        case .sigmoid(let scale):
            for i in 0..<count { target[i] = 1.0 / (1.0 + exp(-scale * target[i])) }
        case .softmax:
            for row in 0..<rowCount { softmax(target + row * width) }
        case .exponential:
            for i in 0..<count { target[i] = exp(target[i]) }
        case .signedSquare:
            for i in 0..<count {
                let x = target[i]
                target[i] = Double((x > 0 ? 1 : 0) - (x < 0 ? 1 : 0)) * x * x
            }
        case .softplus:
            for i in 0..<count { target[i] = log1p(exp(target[i])) }
        }
    }

    /// The order of operations is LightGBM's `Common::Softmax`: greatest first, then one running
    /// sum.
    private func softmax(_ scores: UnsafeMutablePointer<Double>) {
        guard width > 0 else { return }
        var greatest = scores[0]
        for k in 1..<max(width, 1) where scores[k] > greatest { greatest = scores[k] }
        var sum = 0.0
        for k in 0..<width {
            scores[k] = exp(scores[k] - greatest)
            sum += scores[k]
        }
        for k in 0..<width { scores[k] /= sum }
    }
}
