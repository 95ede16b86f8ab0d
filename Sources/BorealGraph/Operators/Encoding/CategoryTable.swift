/// Which number stands for each category of a column.
public struct CategoryTable: Equatable, Sendable {
    /// Categories in ascending order.
    private let keys: [Double]
    /// What each becomes.
    private let values: [Double]
    /// What a missing category becomes.
    public let missing: Double
    /// What a category becomes that is not in the table.
    public let unknown: Double

    /// - Parameters:
    ///   - entries: categories, as numbers or codes, and what each becomes; of equal ones the
    ///     first counts.
    ///   - missing: what NaN becomes.
    ///   - unknown: what all others become.
    public init(_ entries: [(key: Double, value: Double)], missing: Double, unknown: Double) {
        let sorted = entries.enumerated().filter { !$1.key.isNaN }
            .sorted { ($0.element.key, $0.offset) < ($1.element.key, $1.offset) }
        var keys: [Double] = []
        var values: [Double] = []
        for (_, entry) in sorted where keys.last != entry.key {
            keys.append(entry.key)
            values.append(entry.value)
        }
        assert(keys.count == values.count, "a category without a number")
        assert(zip(keys, keys.dropFirst()).allSatisfy(<), "categories out of order")
        self.keys = keys
        self.values = values
        self.missing = missing
        self.unknown = unknown
    }

    /// What a category becomes.
    public subscript(_ category: Double) -> Double {
        if category.isNaN { return missing }
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < category { low = middle + 1 } else { high = middle }
        }
        return low < keys.count && keys[low] == category ? values[low] : unknown
    }

    /// All numbers that the table may answer.
    var answers: [Double] { values + [missing, unknown] }
}

/// Replaces the categories of each column by numbers.
public struct CategoryOperator: RowOperator {
    /// The name in listings.
    public static let kind = "Categories"
    /// `[tables.count]`
    public let input: TensorID
    /// Same.
    public let output: TensorID
    /// One for each column.
    public let tables: [CategoryTable]

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, tables: [CategoryTable]) {
        self.input = input
        self.output = output
        self.tables = tables
    }

    /// Columns.
    public var inputWidth: Int { tables.count }
    /// Columns.
    public var outputWidth: Int { tables.count }

    /// Looks every column up.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        for column in tables.indices { answer[column] = tables[column][row[column]] }
    }
}

/// Gives each category of each column an answer column of its own, 1 in the one that is there.
public struct OneHotOperator: RowOperator {
    /// The name in listings.
    public static let kind = "OneHot"
    /// `[tables.count]`
    public let input: TensorID
    /// `[widths.sum]`
    public let output: TensorID
    /// Positions among the answer columns of each column; -1 for none of them, NaN where the
    /// original refuses the row: then all of them are NaN.
    public let tables: [CategoryTable]
    /// Answer columns of each column.
    public let widths: [Int]
    /// Numbers of a row of the output.
    public let outputWidth: Int

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when a position is outside of its columns.
    public init(
        input: TensorID,
        output: TensorID,
        tables: [CategoryTable],
        widths: [Int]
    ) throws(GraphError) {
        guard tables.count == widths.count, widths.allSatisfy({ $0 >= 0 && $0 < 1 << 32 }),
            zip(tables, widths).allSatisfy({ table, width in
                table.answers.allSatisfy { $0.isNaN || $0 >= -1 && $0 < Double(width) }
            })
        else { throw .invalidGraph(reason: "one-hot positions beyond their columns") }
        self.input = input
        self.output = output
        self.tables = tables
        self.widths = widths
        outputWidth = widths.reduce(0, +)
    }

    /// Columns.
    public var inputWidth: Int { tables.count }

    /// Marks one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        var start = 0
        for column in tables.indices {
            let width = widths[column]
            let place = tables[column][row[column]]
            let filling = place.isNaN ? Double.nan : 0
            for i in 0..<width { answer[start + i] = filling }
            if place >= 0 { answer[start + Int(place)] = 1 }
            start += width
        }
    }
}
