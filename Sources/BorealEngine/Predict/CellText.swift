import BorealBase
import BorealWire

/// Writes cells of a batch to clients and files, in the form of the column's type.
enum CellText {
    /// Appends the text of a cell; nothing for NULL.
    ///
    /// A DOUBLE keeps its point (`1.0`): the shortest digits that give the same value back.
    static func append(_ column: Column, _ row: Int, to text: inout [UInt8]) {
        guard !column.isNull(row) else { return }
        switch column.storage {
        case .int64(let values): text.append(contentsOf: String(values[row]).utf8)
        case .uint64(let values): text.append(contentsOf: String(values[row]).utf8)
        case .double(let values): text.append(contentsOf: values[row].description.utf8)
        case .float(let values): text.append(contentsOf: values[row].description.utf8)
        case .sparse(let numbers): text.append(contentsOf: numbers[row].description.utf8)
        case .bytes(let values): text.append(contentsOf: values[row])
        }
    }

    /// Writes a cell of a result row.
    static func write(_ column: Column, _ row: Int, to response: inout Response) {
        if column.isNull(row) { return response.writer.null(into: &response.output) }
        switch column.storage {
        case .int64(let values): response.writer.int64(values[row], into: &response.output)
        case .uint64(let values): response.writer.uint64(values[row], into: &response.output)
        case .double(let values):
            response.writer.text(values[row].description, into: &response.output)
        case .float(let values):
            response.writer.text(values[row].description, into: &response.output)
        case .sparse(let numbers):
            response.writer.text(numbers[row].description, into: &response.output)
        case .bytes(let values):
            values[row].withUnsafeBytes { response.writer.bytes($0, into: &response.output) }
        }
    }
}
