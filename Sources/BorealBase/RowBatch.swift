/// Some rows of a query, column by column: what models are trained on and asked with.
///
/// A batch holds a few thousand rows. Category codes are not made here: whoever keeps a dictionary
/// (the trainer, the graph) makes its own, so that a category means the same for ever.
public struct RowBatch: Sendable {
    /// All of the same length.
    public var columns: [Column]
    /// Rows in the batch; needed because a batch may have no column.
    public let rowCount: Int

    /// A batch over columns of `rowCount` rows each.
    public init(columns: [Column], rowCount: Int) {
        assert(columns.allSatisfy { $0.count == rowCount }, "columns of a batch differ in length")
        self.columns = columns
        self.rowCount = rowCount
    }

    /// Some neighbouring rows.
    public func slice(_ range: Range<Int>) -> RowBatch {
        RowBatch(columns: columns.map { $0.slice(range) }, rowCount: range.count)
    }

    /// Index of each column by its name in lower case, of equal names the first: for whoever looks
    /// up many of thousands.
    public var places: [String: Int] {
        var places: [String: Int] = [:]
        for (index, column) in columns.enumerated() {
            let name = column.name.asciiLowercased
            if places[name] == nil { places[name] = index }
        }
        return places
    }

    /// Index of a column by name, without regard to ASCII case, as MySQL names columns.
    public func index(of name: String) -> Int? {
        columns.firstIndex { $0.name.asciiLowercased == name.asciiLowercased }
    }
}
