import Glibc

/// Subtracts from each row the logarithm of the sum of its exponentials.
public struct LogSoftmaxOperator: RowOperator {
    /// The name in listings.
    public static let kind = "LogSoftmax"
    /// `[inputWidth]`
    public let input: TensorID
    /// Same.
    public let output: TensorID
    /// Numbers of a row.
    public let inputWidth: Int

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, inputWidth: Int) {
        self.input = input
        self.output = output
        self.inputWidth = inputWidth
    }

    /// Numbers of a row of the output.
    public var outputWidth: Int { inputWidth }

    /// The greatest number is taken out first, as SciPy's `logsumexp` does.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        let total = Self.logSumExp(row, inputWidth)
        for i in 0..<inputWidth { answer[i] = row[i] - total }
    }

    static func logSumExp(_ row: UnsafePointer<Double>, _ count: Int) -> Double {
        guard count > 0 else { return -.infinity }
        var greatest = row[0]
        for i in 1..<max(count, 1) where row[i] > greatest || row[i].isNaN { greatest = row[i] }
        let base = greatest.isFinite ? greatest : 0
        var sum = 0.0
        for i in 0..<count { sum += Glibc.exp(row[i] - base) }
        return Glibc.log(sum) + base
    }
}
