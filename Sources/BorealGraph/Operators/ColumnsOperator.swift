/// Picks numbers of rows of one or several tensors and puts them side by side, in any order.
public struct ColumnsOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Columns"

    /// One column of the answer.
    public struct Source: Equatable, Sendable {
        /// Position among the inputs.
        public var input: Int
        /// Position in the rows of that input.
        public var column: Int

        /// - Parameters: see the stored properties.
        public init(input: Int, column: Int) {
            self.input = input
            self.column = column
        }
    }

    /// All of one kind of element.
    public let inputs: [TensorID]
    /// `[sources.count]` of that kind.
    public let output: TensorID
    /// What becomes of each column.
    public let sources: [Source]
    private let types: [TensorType]

    /// - Parameters:
    ///   - types: of the inputs.
    ///   - sources: one for each column of the answer.
    public init(inputs: [TensorID], output: TensorID, types: [TensorType], sources: [Source]) {
        self.inputs = inputs
        self.output = output
        self.types = types
        self.sources = sources
    }

    /// All columns of all inputs, one tensor behind the other.
    public init(joining inputs: [TensorID], types: [TensorType], output: TensorID) {
        let sources = types.enumerated().flatMap { input, type in
            (0..<(type.width ?? 0)).map { Source(input: input, column: $0) }
        }
        self.init(inputs: inputs, output: output, types: types, sources: sources)
    }

    /// Some columns of one tensor.
    public init(_ columns: [Int], of input: TensorID, type: TensorType, output: TensorID) {
        let sources = columns.map { Source(input: 0, column: $0) }
        self.init(inputs: [input], output: output, types: [type], sources: sources)
    }

    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the inputs and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard inputTypes == types, let element = types.first?.element,
            types.allSatisfy({ $0.element == element }),
            sources.allSatisfy({
                types.indices.contains($0.input) && $0.column >= 0
                    && $0.column < types[$0.input].width ?? 0
            })
        else { throw .invalidGraph(reason: "columns of \(inputTypes)") }
        return [TensorType(element, [sources.count])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        switch types.first?.element {
        case .double: pick(rowCount, memory, Double.self)
        case .float: pick(rowCount, memory, Float.self)
        case .int64: pick(rowCount, memory, Int64.self)
        case .code: pick(rowCount, memory, Int32.self)
        case nil: break
        }
    }

    private func pick<Element>(_ rowCount: Int, _ memory: TensorMemory, _ type: Element.Type) {
        let target = memory.elements(output, as: Element.self)
        let width = sources.count
        for (place, source) in sources.enumerated() {
            let column = memory.elements(inputs[source.input], as: Element.self) + source.column
            let stride = types[source.input].width ?? 0
            for row in 0..<rowCount { target[row * width + place] = column[row * stride] }
        }
    }
}
