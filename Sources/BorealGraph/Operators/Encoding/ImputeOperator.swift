/// Replaces missing numbers by one number a column.
public struct ImputeOperator: RowOperator {
    /// The name in listings.
    public static let kind = "Impute"
    /// `[replacements.count]`
    public let input: TensorID
    /// Same.
    public let output: TensorID
    /// What counts as missing in each column: NaN, or a number.
    public let missing: [Double]
    /// What missing ones become.
    public let replacements: [Double]

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when they are not as many.
    public init(
        input: TensorID,
        output: TensorID,
        missing: [Double],
        replacements: [Double]
    ) throws(GraphError) {
        guard missing.count == replacements.count else {
            throw .invalidGraph(reason: "\(missing.count) marks of missing numbers")
        }
        self.input = input
        self.output = output
        self.missing = missing
        self.replacements = replacements
    }

    /// Columns.
    public var inputWidth: Int { replacements.count }
    /// Columns.
    public var outputWidth: Int { replacements.count }

    /// Fills one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        for i in replacements.indices {
            let mark = missing[i]
            let isMissing = mark.isNaN ? row[i].isNaN : row[i] == mark
            answer[i] = isMissing ? replacements[i] : row[i]
        }
    }
}

/// 1 where a number is missing, else 0.
public struct MissingMarkOperator: RowOperator {
    /// The name in listings.
    public static let kind = "MissingMark"
    /// `[inputWidth]`
    public let input: TensorID
    /// `[columns.count]`
    public let output: TensorID
    /// Columns of a row.
    public let inputWidth: Int
    /// The columns looked at.
    public let columns: [Int]
    /// What counts as missing in each of them: NaN, or a number.
    public let missing: [Double]

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` for a column that is not there.
    public init(
        input: TensorID,
        output: TensorID,
        inputWidth: Int,
        columns: [Int],
        missing: [Double]
    ) throws(GraphError) {
        guard columns.allSatisfy({ $0 >= 0 && $0 < inputWidth }), missing.count == columns.count
        else { throw .invalidGraph(reason: "marks of missing numbers beyond the columns") }
        self.input = input
        self.output = output
        self.inputWidth = inputWidth
        self.columns = columns
        self.missing = missing
    }

    /// Columns looked at.
    public var outputWidth: Int { columns.count }

    /// Looks at one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        for (place, column) in columns.enumerated() {
            let mark = missing[place]
            answer[place] = (mark.isNaN ? row[column].isNaN : row[column] == mark) ? 1 : 0
        }
    }
}
