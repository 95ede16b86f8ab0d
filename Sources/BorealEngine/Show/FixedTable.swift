package import BorealBase

/// A small answer that is there as a whole: what SHOW and DESCRIBE give.
package struct FixedTable: Sendable {
    /// One cell.
    package enum Cell: Sendable, Equatable {
        case null
        case text(String)
        case integer(Int64)
    }

    /// Names and types, in order.
    package let columns: [(name: String, type: ColumnType)]
    /// As many cells as columns, each.
    package var rows: [[Cell]]

    package init(_ columns: [(name: String, type: ColumnType)], _ rows: [[Cell]] = []) {
        self.columns = columns
        self.rows = rows
    }

    /// A table of text columns.
    package init(text columns: [String], _ rows: [[String]]) {
        self.columns = columns.map { ($0, .varchar()) }
        self.rows = rows.map { $0.map(Cell.text) }
    }
}
