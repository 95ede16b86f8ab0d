import BorealBase
import BorealCatalog
import BorealSQL
import BorealTables
import BorealUpstream
import Dispatch
import Logging
import Synchronization

/// Makes a table at a source and fills it, on the thread of a job: under a name that nobody asks
/// for, which becomes its own in one step when the last row is there. So nobody ever sees part of
/// it.
///
/// When the source is out of reach at the end of a failure, the unfinished table stays there until
/// the next one is written into the same database.
struct SourceTableWriter {
    let engine: Engine
    /// The source by name; nil for the source that the server was started with.
    let source: String?
    let table: ResultTable
    let cancellation: CancellationFlag

    /// What unfinished tables are called in front of the task's id.
    private static let prefix = "_boreal_"
    /// Bytes of rows in one statement, when the source takes as many.
    private static let statementBytes = 1 << 20
    /// Bytes of a packet that are no statement's.
    private static let packetOverhead = 16
    /// A session in which every literal means what it says, and what does not fit is an error.
    private static let session =
        "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ALLOW_INVALID_DATES,"
        + "NO_AUTO_VALUE_ON_ZERO,ERROR_FOR_DIVISION_BY_ZERO', autocommit = 1"

    private var unfinished: String { Self.prefix + table.writer }
    /// What tells whose the table is, so that a job that runs again knows its own.
    private var comment: String { "Predictions of task \(table.writer)" }

    private func name(_ name: String) -> String {
        "\(table.database.backQuoted).\(name.backQuoted)"
    }

    // MARK: - Writing

    /// Writes all rows, or nothing.
    ///
    /// - Parameters:
    ///   - rows: yields rows with one value a column, then nil.
    ///   - keepsUnfinished: the job runs again, and begins by removing what is there.
    /// - Throws: what the source says, as 1050 for a name that is taken; 1153 for a row that it
    ///   does not take; `interrupted`.
    func write(
        keepsUnfinished: () -> Bool,
        rows: () throws(ServerError) -> [TableValue]?
    ) throws(ServerError) {
        let packetBytes = try packetBytesMax()
        try removeOthers()
        let commands = try engine.commandsAtSource(source)
        do throws(ServerError) {
            defer { commands.close() }
            try run(Self.session, commands)
            try run("DROP TABLE IF EXISTS \(name(unfinished))", commands)
            try run(table.definition(elsewhere: unfinished, comment: comment), commands)
            try fill(commands, packetBytes, rows)
            let last = "RENAME TABLE \(name(unfinished)) TO \(name(table.name))"
            try run(Array(last.utf8), commands, isLast: true)
        } catch {
            // The connection may have been lost behind the last step; when that cannot be found
            // out, the loss is what there is to tell.
            if error.code == .upstreamLost, (try? isWritten()) == true { return }
            if !keepsUnfinished() { remove() }
            throw error
        }
    }

    private func fill(
        _ commands: UpstreamCommands,
        _ packetBytes: Int,
        _ rows: () throws(ServerError) -> [TableValue]?
    ) throws(ServerError) {
        let head = Array("INSERT INTO \(name(unfinished)) VALUES ".utf8)
        let most = packetBytes - Self.packetOverhead
        let wanted = min(Self.statementBytes, most)
        var statement = head
        var row: [UInt8] = []
        while let values = try rows() {
            row.removeAll(keepingCapacity: true)
            Self.append(values, to: &row)
            guard head.count + row.count <= most else {
                throw ServerError(
                    .packetTooLarge,
                    "Got a packet bigger than 'max_allowed_packet' bytes: a row for the source has "
                        + "\(row.count)"
                )
            }
            if statement.count > head.count {
                if statement.count + 1 + row.count > wanted {
                    try run(statement, commands)
                    statement.removeSubrange(head.count...)
                } else {
                    statement.append(UInt8(ascii: ","))
                }
            }
            statement += row
        }
        if statement.count > head.count { try run(statement, commands) }
        if cancellation.isCancelled { throw .interrupted }
    }

    private static func append(_ values: [TableValue], to row: inout [UInt8]) {
        row.append(UInt8(ascii: "("))
        for (index, value) in values.enumerated() {
            if index > 0 { row.append(UInt8(ascii: ",")) }
            BoundText.append(value, [], to: &row)
        }
        row.append(UInt8(ascii: ")"))
    }

    // MARK: - Commands

    private func run(_ text: String, _ commands: UpstreamCommands) throws(ServerError) {
        try run(Array(text.utf8), commands)
    }

    /// Runs a command and waits for its end.
    ///
    /// - Parameter isLast: waits whatever the job is asked.
    private func run(
        _ text: [UInt8],
        _ commands: UpstreamCommands,
        isLast: Bool = false
    ) throws(ServerError) {
        let outcome = CommandOutcome()
        commands.run(text) { outcome.end($0) }
        while !outcome.wait(milliseconds: 10) {
            if cancellation.isCancelled, !isLast { throw .interrupted }
        }
        guard let error = outcome.error else { return }
        throw ServerError(upstream: error, server: commands.address)
    }

    /// Removes the unfinished table, over a connection of its own: the one before may be lost, or
    /// busy. Whatever comes of it, the job's own error says more.
    private func remove() {
        do throws(ServerError) {
            let commands = try engine.commandsAtSource(source)
            defer { commands.close() }
            try run(Array("DROP TABLE IF EXISTS \(name(unfinished))".utf8), commands, isLast: true)
        } catch {
            engine.logger.warning(
                "an unfinished table stays at a source",
                metadata: ["table": "\(name(unfinished))", "error": "\(error.message)"]
            )
        }
    }

    /// Removes unfinished tables that ended tasks of this server left in the database.
    private func removeOthers() throws(ServerError) {
        let found = try answers(
            tablesThere + " AND LEFT(TABLE_NAME, \(Self.prefix.utf8.count)) = "
                + SourceSettings.literal(Self.prefix)
        )
        let tasks = engine.catalog.snapshot
        for case .text(let name) in found.prefix(100) {
            guard let id = TaskID(String(name.dropFirst(Self.prefix.count))),
                let task = tasks.task(id), task.status.isFinal
            else { continue }
            let commands = try engine.commandsAtSource(source)
            defer { commands.close() }
            try run("DROP TABLE IF EXISTS \(self.name(name))", commands)
        }
    }

    // MARK: - Questions

    /// The beginning of a question for tables of the database.
    private var tablesThere: String {
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
            + SourceSettings.literal(table.database)
    }

    /// True when the table of this task is there under its own name.
    func isWritten() throws(ServerError) -> Bool {
        let found = try answers(
            tablesThere + " AND TABLE_NAME = \(SourceSettings.literal(table.name))"
                + " AND TABLE_COMMENT = \(SourceSettings.literal(comment))"
        )
        return !found.isEmpty
    }

    private func packetBytesMax() throws(ServerError) -> Int {
        let answer = try answers("SELECT @@max_allowed_packet").first
        // No server allows less.
        return max(answer?.wholeNumber.map(Int.init) ?? 0, 1_024)
    }

    /// The first column of a query's first rows.
    private func answers(_ query: String) throws(ServerError) -> [TableValue] {
        let rows = try engine.openAtSource(
            ForeignQuery(source: source, text: query),
            nil,
            CancellationFlag()
        )
        defer { rows.close() }
        guard let batch = try rows.next(rowsMax: Limits.batchRows), !batch.columns.isEmpty else {
            return []
        }
        return (0..<batch.rowCount).map { TableValue(batch.columns[0], $0) }
    }
}

/// What became of a command, told by a loop and waited for by a job's thread.
private final class CommandOutcome: Sendable {
    private let ending = DispatchSemaphore(value: 0)
    private let told = Mutex<UpstreamError?>(nil)

    var error: UpstreamError? { told.withLock { $0 } }

    func end(_ error: UpstreamError?) {
        told.withLock { $0 = error }
        ending.signal()
    }

    /// - Returns: false when the time is over before the command.
    func wait(milliseconds: Int) -> Bool {
        ending.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
    }
}
