/// The same numbers for every row, whatever is in it.
public struct ConstantOperator: RowOperator {
    /// The name in listings.
    public static let kind = "Constant"
    /// Not looked at.
    public let input: TensorID
    /// `[values.count]`
    public let output: TensorID
    /// Numbers of a row of the input.
    public let inputWidth: Int
    /// What every row gets.
    public let values: [Double]

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, inputWidth: Int, values: [Double]) {
        self.input = input
        self.output = output
        self.inputWidth = inputWidth
        self.values = values
    }

    /// Numbers of a row of the output.
    public var outputWidth: Int { values.count }

    /// Copies the values.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        for index in values.indices { answer[index] = values[index] }
    }
}
