import Glibc

/// Where each number stands among the quantiles of its column: scikit-learn's QuantileTransformer.
public struct QuantileOperator: RowOperator {
    /// The name in listings.
    public static let kind = "Quantiles"
    /// `[rising.count]`
    public let input: TensorID
    /// Same.
    public let output: TensorID
    /// From quantiles to ranks, and the same turned around; their mean is the answer.
    public let rising: [PiecewiseLinearOperator.Curve]
    /// As many.
    public let falling: [PiecewiseLinearOperator.Curve]
    /// True when ranks become the quantiles of the normal distribution.
    public let isNormal: Bool
    /// Ranks this near to 0 or 1 are 0 or 1.
    private static let threshold = 1e-7

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when they are not as many.
    public init(
        input: TensorID,
        output: TensorID,
        rising: [PiecewiseLinearOperator.Curve],
        falling: [PiecewiseLinearOperator.Curve],
        isNormal: Bool
    ) throws(GraphError) {
        guard rising.count == falling.count else {
            throw .invalidGraph(reason: "\(rising.count) curves of quantiles")
        }
        self.input = input
        self.output = output
        self.rising = rising
        self.falling = falling
        self.isNormal = isNormal
    }

    /// Columns.
    public var inputWidth: Int { rising.count }
    /// Columns.
    public var outputWidth: Int { rising.count }

    /// Answers one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        for column in rising.indices {
            let value = row[column]
            let low = rising[column].x[0]
            let high = rising[column].x[rising[column].x.count - 1]
            var rank = 0.5 * (rising[column].value(value) - falling[column].value(-value))
            if isNormal {
                if value - Self.threshold < low { rank = 0 }
                if value + Self.threshold > high { rank = 1 }
            } else {
                if value == high { rank = 1 }
                if value == low { rank = 0 }
            }
            answer[column] = isNormal ? Self.normalQuantile(rank) : rank
        }
    }

    /// scikit-learn clips to what the normal distribution has at the threshold and at its mirror
    /// image.
    private static func normalQuantile(_ rank: Double) -> Double {
        if rank.isNaN { return .nan }
        let ulp = 2.220446049250313e-16
        let low = inverse(threshold - ulp)
        let high = inverse(1 - (threshold - ulp))
        return max(low, min(high, inverse(rank)))
    }

    /// The inverse of the normal distribution's function, by a rational start and Newton's steps.
    static func inverse(_ p: Double) -> Double {
        if p <= 0 { return -.infinity }
        if p >= 1 { return .infinity }
        if p > 0.5 { return -inverse(1 - p) }
        // A start good to three digits (Abramowitz and Stegun, 26.2.23).
        let t = (-2 * Glibc.log(p)).squareRoot()
        var x =
            -(t - (2.515517 + t * (0.802853 + t * 0.010328))
                / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))))
        for _ in 0..<4 {
            let error = 0.5 * Glibc.erfc(-x * 0.5.squareRoot()) - p
            let density = Glibc.exp(-0.5 * x * x) / (2 * Double.pi).squareRoot()
            let step = error / density
            x -= step / (1 + 0.5 * x * step)
        }
        return x
    }
}
