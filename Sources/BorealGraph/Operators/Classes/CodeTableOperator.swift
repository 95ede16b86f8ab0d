/// Turns codes into other codes or into numbers by a table, column by column.
public struct CodeTableOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "CodeTable"

    /// What codes become; a code beyond the table becomes -1 or NaN.
    public enum Table: Equatable, Sendable {
        case codes([Int32])
        case numbers([Double])
    }

    /// Code, one a row for each table.
    public let input: TensorID
    /// Code or Double.
    public let output: TensorID
    /// One for each column; all of one kind.
    public let tables: [Table]
    private let isNumbers: Bool

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, tables: [Table]) {
        self.input = input
        self.output = output
        self.tables = tables
        if case .numbers = tables.first { isNumbers = true } else { isNumbers = false }
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        let areAlike = tables.allSatisfy { table in
            if case .numbers = table { isNumbers } else { !isNumbers }
        }
        guard let type = inputTypes.first, type.element == .code, type.width == tables.count,
            areAlike
        else { throw .invalidGraph(reason: "table of codes over \(inputTypes)") }
        return [TensorType(isNumbers ? .double : .code, type.innerShape)]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Int32.self)
        let width = tables.count
        for (column, table) in tables.enumerated() {
            switch table {
            case .codes(let codes):
                let target = memory.elements(output, as: Int32.self)
                for row in 0..<rowCount {
                    let code = Int(source[row * width + column])
                    target[row * width + column] = codes.indices.contains(code) ? codes[code] : -1
                }
            case .numbers(let numbers):
                let target = memory.elements(output, as: Double.self)
                for row in 0..<rowCount {
                    let code = Int(source[row * width + column])
                    target[row * width + column] =
                        numbers.indices.contains(code) ? numbers[code] : .nan
                }
            }
        }
    }
}
