import Glibc

/// How a raw score becomes an answer in `Float`, as XGBoost does it.
public enum FloatLink: String, Equatable, Sendable {
    /// The score itself.
    case identity
    /// `1 / (exp(-x) + 1)`.
    case sigmoid
    /// `exp(x - greatest) / sum`, over the scores of a row; the sum is a Double.
    case softmax
    /// `exp(x)`.
    case exponential
    /// 1 above 0, else 0.
    case step
}

/// Applies a `FloatLink` to raw scores that are kept as Double.
public struct FloatLinkOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "FloatLink"
    /// Raw scores: Double, `width` a row, each a `Float`.
    public let input: TensorID
    /// Answers: Float, same shape.
    public let output: TensorID
    /// What is done to the scores.
    public let link: FloatLink
    /// Scores of a row.
    let width: Int

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, width: Int, link: FloatLink) {
        self.input = input
        self.output = output
        self.width = width
        self.link = link
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double, type.width == width, width > 0
        else { throw .invalidGraph(reason: "a link over \(inputTypes)") }
        return [TensorType(.float, type.innerShape)]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Float.self)
        let count = rowCount * width
        for index in 0..<count { target[index] = Float(source[index]) }
        switch link {
        case .identity: break
        case .sigmoid:
            // The exponent is bounded so that the exponential is no infinity.
            for index in 0..<count {
                target[index] = 1 / (expf(min(-target[index], 88.7)) + 1)
            }
        case .exponential:
            for index in 0..<count { target[index] = expf(target[index]) }
        case .step:
            for index in 0..<count { target[index] = target[index] > 0 ? 1 : 0 }
        case .softmax:
            for row in 0..<rowCount { softmax(target + row * width) }
        }
    }

    private func softmax(_ scores: UnsafeMutablePointer<Float>) {
        assert(width > 0, "a row without scores")
        var greatest = scores[0]
        for k in 1..<max(width, 1) where scores[k] > greatest { greatest = scores[k] }
        var sum = 0.0
        for k in 0..<width {
            scores[k] = expf(scores[k] - greatest)
            sum += Double(scores[k])
        }
        for k in 0..<width { scores[k] /= Float(sum) }
    }
}
