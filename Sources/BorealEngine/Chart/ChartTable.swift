/// Rows that a chart is drawn of, a few at most.
struct ChartTable: Equatable {
    /// A column.
    struct Column: Equatable {
        var name: String
        /// Its values are numbers.
        var isNumber: Bool
        /// Its values are days or moments.
        var isTime = false
    }

    /// A cell as it is shown, and its number when it is one.
    struct Cell: Equatable {
        var text: String
        var number: Double?
    }

    /// Most rows that are kept.
    static let rowsMax = 2_000
    /// Most columns that are looked at.
    static let columnsMax = 50

    var columns: [Column]
    /// One cell a column.
    var rows: [[Cell]] = []
    /// How many rows there were, those that are not kept among them.
    var rowCount = 0

    /// The place of a column by its name, in any case.
    func column(_ name: String) -> Int? {
        let wanted = name.lowercased()
        return columns.firstIndex { $0.name.lowercased() == wanted }
    }
}
