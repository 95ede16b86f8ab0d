import Glibc

/// What a classifier's probabilities add to the scores of AdaBoost's SAMME.R.
public struct SammeOperator: RowOperator {
    /// The name in listings.
    public static let kind = "Samme"
    /// Probabilities.
    public let input: TensorID
    /// As many scores.
    public let output: TensorID
    /// Classes.
    public let inputWidth: Int

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, inputWidth: Int) {
        self.input = input
        self.output = output
        self.inputWidth = inputWidth
    }

    /// Classes.
    public var outputWidth: Int { inputWidth }

    /// Answers one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        Self.scores(row, inputWidth, into: answer)
    }

    /// Logarithms of probabilities less their mean, times classes less one.
    public static func scores(
        _ probabilities: UnsafePointer<Double>,
        _ count: Int,
        into answer: UnsafeMutablePointer<Double>
    ) {
        assert(count > 1, "scores of a single class")
        var sum = 0.0
        for i in 0..<count {
            let p = probabilities[i]
            answer[i] = Glibc.log(p < 2.220446049250313e-16 ? 2.220446049250313e-16 : p)
            sum += answer[i]
        }
        let mean = 1 / Double(count) * sum
        for i in 0..<count { answer[i] = Double(count - 1) * (answer[i] - mean) }
    }
}
