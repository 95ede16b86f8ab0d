import BorealBase
import BorealSQL
import BorealTables
import BorealUpstream
import BorealWire
import Dispatch

/// A query of a source whose columns are known.
struct SourceQuery {
    /// Waits for more of the rows, or throws what tells that it cannot.
    typealias Wait = (UpstreamRows) throws(ServerError) -> Void

    let columns: [ColumnDefinition41]
    private let rows: UpstreamRows
    private let wait: Wait

    init(
        _ columns: [ColumnDefinition41],
        _ rows: UpstreamRows,
        wait: @escaping Wait
    ) {
        self.columns = columns
        self.rows = rows
        self.wait = wait
    }

    /// The same for whoever makes a table of such columns.
    var resultColumns: [ResultColumn] {
        columns.map {
            ResultColumn($0.name, $0.columnType, isNullable: !$0.flags.contains(.notNull))
        }
    }

    /// Its rows; the query runs when the first one is asked for.
    func source(_ cancellation: CancellationFlag) -> any QuerySource {
        SourceRows(self, rows, wait: wait, cancellation)
    }

    /// True for a query of the source of the start, false for one of the embedded tables: that
    /// names one of their databases, or no table at all.
    ///
    /// - Throws: `modelCallOverSource`.
    static func isMeant(by text: String) throws(ServerError) -> Bool {
        let marks = SourceMarks(Array(text.utf8))
        if marks.namesOurs { return false }
        guard marks.readsTables else { return false }
        if marks.callsModel { throw .modelCallOverSource }
        return true
    }

    /// Waits for the columns on the thread of a job.
    ///
    /// - Throws: what the source says; `interrupted` when the job is asked to end.
    static func columns(
        of rows: UpstreamRows,
        _ cancellation: CancellationFlag
    ) throws(ServerError) -> [ColumnDefinition41] {
        while true {
            switch rows.head {
            case .pending: try wait(for: rows, cancellation)
            case .failed(let error): throw ServerError(upstream: error, server: rows.server)
            case .columns(let columns): return columns
            }
        }
    }

    /// Waits on the thread of a job.
    ///
    /// - Throws: `interrupted` when the job is asked to end.
    static func wait(
        for rows: UpstreamRows,
        _ cancellation: CancellationFlag
    ) throws(ServerError) {
        let arrival = DispatchSemaphore(value: 0)
        rows.onChange { arrival.signal() }
        // The flag wakes nobody.
        while arrival.wait(timeout: .now() + .milliseconds(10)) == .timedOut {
            if cancellation.isCancelled { throw .interrupted }
        }
    }
}

/// Rows of a source as a source of batches.
private final class SourceRows: QuerySource {
    let columns: [ColumnDefinition41]
    let resultColumns: [ResultColumn]
    var types: [ColumnType] { resultColumns.map(\.type) }
    private let rows: UpstreamRows
    private let wait: SourceQuery.Wait
    private let cancellation: CancellationFlag
    /// A batch that is given out in parts, and where the next one begins.
    private var batch: RowBatch?
    private var position = 0

    init(
        _ query: SourceQuery,
        _ rows: UpstreamRows,
        wait: @escaping SourceQuery.Wait,
        _ cancellation: CancellationFlag
    ) {
        columns = query.columns
        resultColumns = query.resultColumns
        self.rows = rows
        self.wait = wait
        self.cancellation = cancellation
    }

    func next(rowsMax: Int) throws(ServerError) -> RowBatch? {
        if cancellation.isCancelled { throw .interrupted }
        rows.start()
        while batch == nil {
            switch rows.take() {
            case .batch(let next): if next.rowCount > 0 { batch = next }
            case .end: return nil
            case .failed(let error): throw ServerError(upstream: error, server: rows.server)
            case .pending: try wait(rows)
            }
        }
        return part(rowsMax)
    }

    private func part(_ rowsMax: Int) -> RowBatch? {
        guard let whole = batch else { return nil }
        let end = min(position + rowsMax, whole.rowCount)
        let range = position..<end
        position = end
        if end == whole.rowCount {
            batch = nil
            position = 0
        }
        return range.count == whole.rowCount ? whole : whole.slice(range)
    }

    func close() {
        batch = nil
        rows.close()
    }
}

/// The privilege to use the source's tables with the source's account.
enum SourceRight {
    static let name = "UPSTREAM"

    /// - Throws: 1227.
    static func check(_ rights: AccountRights) throws(ServerError) {
        guard rights.dynamic.contains(name) else { throw .rightNeeded(name) }
    }
}
