import Glibc

/// What ONNX's classifiers and ensembles do with their scores, in the precision and order of ONNX
/// Runtime.
public enum ScoreFunction: String, Sendable {
    case none = "NONE"
    case logistic = "LOGISTIC"
    case softmax = "SOFTMAX"
    /// Softmax in which scores that are zero stay zero.
    case softmaxZero = "SOFTMAX_ZERO"
    case probit = "PROBIT"

    /// Replaces `count` scores, two or more.
    func apply(_ scores: UnsafeMutablePointer<Float>, _ count: Int) {
        switch self {
        case .none: break
        case .logistic: for k in 0..<count { scores[k] = Self.logistic(scores[k]) }
        case .probit: for k in 0..<count { scores[k] = Self.probit(scores[k]) }
        case .softmax: Self.softmax(scores, count, skipsZeros: false)
        case .softmaxZero: Self.softmax(scores, count, skipsZeros: true)
        }
    }

    /// `1 / (1 + exp(-x))`, of the magnitude and then turned round.
    static func logistic(_ x: Float) -> Float {
        let share = 1 / (1 + Glibc.expf(-x.magnitude))
        return x < 0 ? 1 - share : share
    }

    /// The inverse of the normal distribution by Winitzki's approximation of the inverse error
    /// function, with the digits that ONNX Runtime has.
    static func probit(_ x: Float) -> Float {
        let y = 2 * x - 1
        let logarithm = Glibc.logf((1 - y) * (1 + y))
        let v = 2 / (3.14159 * 0.147) + 0.5 * logarithm
        let root = (-v + (v * v - 1 / 0.147 * logarithm).squareRoot()).squareRoot()
        return 1.41421356 * (y < 0 ? -root : root)
    }

    /// Exponentials of the distance to the greatest, divided by their sum.
    private static func softmax(
        _ scores: UnsafeMutablePointer<Float>,
        _ count: Int,
        skipsZeros: Bool
    ) {
        var greatest = -Float.greatestFiniteMagnitude
        for k in 0..<count where scores[k] > greatest { greatest = scores[k] }
        var sum: Float = 0
        for k in 0..<count {
            if skipsZeros, scores[k].magnitude <= 0.0000001 {
                scores[k] *= Glibc.expf(-greatest)
            } else {
                scores[k] = Glibc.expf(scores[k] - greatest)
                sum += scores[k]
            }
        }
        for k in 0..<count { scores[k] /= sum }
    }
}

/// Applies a score function to rows of scores; one score may stand for two classes.
public struct ScoreFunctionOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "ScoreFunction"

    /// What one score of two classes becomes.
    public enum Pair: Sendable {
        /// It stays one score.
        case none
        /// `1 - s` and `s`, or both logistic.
        case complement
        /// `-s` and `s`.
        case negative
    }

    /// Float: `[width]`.
    public let input: TensorID
    /// Float: `[width]`, or `[2]` for pairs.
    public let output: TensorID
    /// What is done.
    public let function: ScoreFunction
    /// What one score becomes.
    public let pair: Pair
    private let width: Int

    /// - Parameters: see the stored properties.
    public init(
        _ function: ScoreFunction,
        input: TensorID,
        output: TensorID,
        width: Int,
        pair: Pair = .none
    ) {
        self.function = function
        self.input = input
        self.output = output
        self.width = width
        self.pair = pair
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .float, type.width == width,
            width == 1 || pair == .none
        else { throw .invalidGraph(reason: "score function of \(inputTypes)") }
        return [TensorType(.float, [pair == .none ? width : 2])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Float.self)
        let target = memory.elements(output, as: Float.self)
        if pair != .none {
            for row in 0..<rowCount { split(source[row], target + 2 * row) }
            return
        }
        for index in 0..<rowCount * width { target[index] = source[index] }
        guard width > 1 else {
            // Of all functions ONNX Runtime applies this one alone to a single score.
            if function == .probit {
                for row in 0..<rowCount { target[row] = ScoreFunction.probit(target[row]) }
            }
            return
        }
        for row in 0..<rowCount { function.apply(target + row * width, width) }
    }

    /// Two scores of one.
    private func split(_ score: Float, _ target: UnsafeMutablePointer<Float>) {
        switch function {
        case .logistic:
            target[0] = ScoreFunction.logistic(-score)
            target[1] = ScoreFunction.logistic(score)
        case .probit:
            // The second is what nobody writes there.
            target[0] = ScoreFunction.probit(score)
            target[1] = .nan
        default:
            target[0] = pair == .negative ? -score : 1 - score
            target[1] = score
        }
    }
}
