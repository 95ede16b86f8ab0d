import BorealBase
import BorealTables
import BorealWire

/// The rows of an inner query, batch by batch: what models are fed from.
protocol QuerySource: AnyObject {
    /// The columns of the result, as a client would be told.
    var columns: [ColumnDefinition41] { get }
    /// The types of the columns.
    var types: [ColumnType] { get }
    /// The same with what a table of such columns needs to know.
    var resultColumns: [ResultColumn] { get }

    /// The next rows; nil at the end. Never more than `rowsMax`.
    ///
    /// - Throws: what the query ended in; `interrupted` when it was cancelled.
    func next(rowsMax: Int) throws(ServerError) -> RowBatch?

    /// Lets the query go. More calls do nothing.
    func close()
}
