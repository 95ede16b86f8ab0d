/// Divides each row, or each group of a row's columns, by what the row measures.
public struct NormalizeRowsOperator: RowOperator {
    /// The name in listings.
    public static let kind = "NormalizeRows"

    /// What a row measures. A measure of zero divides by one.
    public enum Measure: String, Equatable, Sendable {
        /// Sum of magnitudes.
        case l1
        /// Square root of the sum of squares.
        case l2
        /// Greatest magnitude.
        case max
        /// Sum.
        case sum
        /// Sum; where it is zero every column gets the same share.
        case sumOrEven
    }

    /// `[inputWidth]`
    public let input: TensorID
    /// Same.
    public let output: TensorID
    /// Numbers of a row.
    public let inputWidth: Int
    /// What to divide by.
    public let measure: Measure

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, inputWidth: Int, measure: Measure) {
        self.input = input
        self.output = output
        self.inputWidth = inputWidth
        self.measure = measure
    }

    /// Numbers of a row of the output.
    public var outputWidth: Int { inputWidth }

    /// Divides one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        var size = 0.0
        switch measure {
        case .l1: for i in 0..<inputWidth { size += abs(row[i]) }
        case .l2:
            for i in 0..<inputWidth { size += row[i] * row[i] }
            size = size.squareRoot()
        case .max: for i in 0..<inputWidth where !(abs(row[i]) <= size) { size = abs(row[i]) }
        case .sum, .sumOrEven: for i in 0..<inputWidth { size += row[i] }
        }
        if size == 0, measure == .sumOrEven {
            for i in 0..<inputWidth { answer[i] = 1 / Double(inputWidth) }
            return
        }
        if size == 0 { size = 1 }
        for i in 0..<inputWidth { answer[i] = row[i] / size }
    }
}
