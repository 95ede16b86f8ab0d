/// How the values of one feature choose a row of a table of vectors, and what it is multiplied by.
public enum EmbeddingColumn: Equatable, Sendable {
    /// A code below `count` is its row, from `first` on; the row behind them stands for every other
    /// number, which training never saw, and the one behind that for a missing one.
    case category(first: Int, count: Int)
    /// Row `first` times the number, standardised: less the mean, by the deviation. The row behind
    /// it stands for a missing number.
    case number(first: Int, mean: Double, deviation: Double)

    /// What a standardised number is cut at, so that squares and sums stay finite in 32 bits.
    public static let extremeMax = 1e6

    /// The first row.
    public var first: Int {
        switch self {
        case .category(let first, _), .number(let first, _, _): first
        }
    }

    /// Rows of the table that it may choose, one behind the other.
    public var rowCount: Int {
        switch self {
        case .category(_, let count): count + 2
        case .number: 2
        }
    }

    /// The row of missing values.
    public var missingRow: Int { first + rowCount - 1 }

    /// Whether all of its rows are there, and its numbers are any.
    func fits(rows: Int) -> Bool {
        switch self {
        case .category(let first, let count):
            let (end, overflow) = first.addingReportingOverflow(count)
            return first >= 0 && count >= 0 && !overflow && end <= rows - 2
        case .number(let first, let mean, let deviation):
            return first >= 0 && first <= rows - 2 && mean.isFinite && deviation > 0
        }
    }

    /// The row of a value and its factor.
    @inline(__always)
    public func place(of value: Double) -> (row: Int, factor: Float) {
        switch self {
        case .category(let first, let count):
            if value.isNaN { return (first + count + 1, 1) }
            let isKnown = value > -1 && value < Double(count)
            return (first + (isKnown ? Int(value) : count), 1)
        case .number(let first, let mean, let deviation):
            if value.isNaN { return (first + 1, 1) }
            let score = (value - mean) / deviation
            return (first, Float(min(max(score, -Self.extremeMax), Self.extremeMax)))
        }
    }
}

/// Replaces each feature by a vector out of a table: networks read categories so, and numbers as
/// multiples of a vector.
public struct EmbeddingOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Embedding"
    /// Double: `[columns.count]`.
    public let input: TensorID
    /// Float: `[columns.count * width]`, the vectors one behind the other.
    public let output: TensorID
    /// How each feature chooses its row; several may share rows.
    public let columns: [EmbeddingColumn]
    /// Float: `[rows * width]`, row by row.
    public let table: TensorConstant
    /// Numbers of a vector.
    public let width: Int

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when a column leads beyond the table.
    public init(
        input: TensorID,
        output: TensorID,
        columns: [EmbeddingColumn],
        table: TensorConstant,
        width: Int
    ) throws(GraphError) {
        let rows = width > 0 ? table.count / width : 0
        guard table.element == .float, width > 0, rows * width == table.count,
            columns.allSatisfy({ $0.fits(rows: rows) })
        else { throw .invalidGraph(reason: "rows beyond a table of \(table.count) numbers") }
        self.input = input
        self.output = output
        self.columns = columns
        self.table = table
        self.width = width
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        let (count, overflow) = columns.count.multipliedReportingOverflow(by: width)
        guard let type = inputTypes.first, type.element == .double, type.width == columns.count,
            !overflow
        else { throw .invalidGraph(reason: "vectors of \(inputTypes)") }
        return [TensorType(.float, [count])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Float.self)
        let vectors = table.memory.assumingMemoryBound(to: Float.self)
        for (index, column) in columns.enumerated() {
            for row in 0..<rowCount {
                let (place, factor) = column.place(of: source[row * columns.count + index])
                let vector = vectors + place * width
                let end = target + (row * columns.count + index) * width
                for i in 0..<width { end[i] = factor * vector[i] }
            }
        }
    }
}
