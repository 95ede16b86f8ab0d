/// The numbers that the original library gives leaves: one a tree.
public struct LeafNumberOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "LeafNumber"
    /// Leaves in the order of our trees: Int64.
    public let input: TensorID
    /// Same type.
    public let output: TensorID
    /// For each tree the number of each leaf.
    public let numbers: [[Int32]]

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, numbers: [[Int32]]) {
        self.input = input
        self.output = output
        self.numbers = numbers
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .int64, type.width == numbers.count
        else {
            throw .invalidGraph(reason: "numbers of leaves over \(inputTypes)")
        }
        return [type]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Int64.self)
        let target = memory.elements(output, as: Int64.self)
        let width = numbers.count
        for row in 0..<rowCount {
            for tree in 0..<width {
                let leaf = Int(source[row * width + tree])
                let known = numbers[tree].indices.contains(leaf)
                target[row * width + tree] = known ? Int64(numbers[tree][leaf]) : -1
            }
        }
    }
}
