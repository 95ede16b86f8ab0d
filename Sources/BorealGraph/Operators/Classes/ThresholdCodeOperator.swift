/// 1 for numbers above a threshold, else 0: the class of a decision between two.
public struct ThresholdCodeOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "ThresholdCode"
    /// Double, `width` a row.
    public let input: TensorID
    /// Code, as many a row.
    public let output: TensorID
    /// What numbers are compared with.
    public let threshold: Double
    /// True when the threshold itself counts as above.
    public let includesThreshold: Bool
    private let width: Int

    /// - Parameters: see the stored properties.
    public init(
        input: TensorID,
        output: TensorID,
        width: Int,
        threshold: Double = 0,
        includesThreshold: Bool = false
    ) {
        self.input = input
        self.output = output
        self.width = width
        self.threshold = threshold
        self.includesThreshold = includesThreshold
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double, type.width == width else {
            throw .invalidGraph(reason: "threshold over \(inputTypes)")
        }
        return [TensorType(.code, width == 1 ? [] : [width])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Int32.self)
        for index in 0..<rowCount * width {
            let value = source[index]
            target[index] = value > threshold || includesThreshold && value == threshold ? 1 : 0
        }
    }
}
