import Glibc

/// How usual a row is to an isolation forest: `-2 ^ (-depth / divisor)`, 0 down to -1.
public struct IsolationScoreOperator: RowOperator {
    /// The name in listings.
    public static let kind = "IsolationScore"
    /// Sums of depths, one a row.
    public let input: TensorID
    /// One a row.
    public let output: TensorID
    /// Trees times the depth that is to be expected.
    public let divisor: Double

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, divisor: Double) {
        self.input = input
        self.output = output
        self.divisor = divisor
    }

    /// One.
    public var inputWidth: Int { 1 }
    /// One.
    public var outputWidth: Int { 1 }

    /// Answers one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        answer[0] = -Glibc.pow(2, -(divisor == 0 ? 1 : row[0] / divisor))
    }
}
