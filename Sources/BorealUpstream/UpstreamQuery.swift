import BorealBase
import BorealNet
import BorealWire

/// One query at another server whose rows are wanted here: prepared and run in the binary protocol,
/// with a cursor that only reads and from which some rows are fetched at a time, or all in one
/// answer.
///
/// It is told what its commands are answered, and says which one comes next; `UpstreamQueries`
/// sends them, because a connection carries one command at a time.
// Unchecked: everything is touched on the connection's loop only.
final class UpstreamQuery: @unchecked Sendable {
    private enum Stage {
        case new, preparing, prepared, executing
        /// All rows come with the answer to COM_STMT_EXECUTE.
        case streaming
        /// Between two fetches.
        case atCursor
        case fetching
        /// Nothing is wanted of the server any more; the statement is to be closed.
        case over
        case closed
    }

    /// Bytes of texts after which a batch is handed over before it is full.
    private static let batchBytes = 4 << 20

    let rows: UpstreamRows
    private let text: [UInt8]
    private var stage = Stage.new
    private var statementID: UInt32?
    /// Definitions of `?` that come before those of columns.
    private var parametersLeft = 0
    private var columns: [ColumnDefinition41] = []
    private var columnsLeft = 0
    private var reader: BinaryRowReader?
    /// Cursors are wanted, and the server knows them as far as is known.
    private var usesCursor: Bool

    init(_ text: [UInt8], _ rows: UpstreamRows, usesCursor: Bool) {
        self.text = text
        self.rows = rows
        self.usesCursor = usesCursor
    }

    /// True when there is a command to send.
    var wantsCommand: Bool {
        switch stage {
        case .new: true
        case .prepared: rows.wish.isStarted
        case .atCursor: rows.wish.hasRoom
        case .over: true
        case .preparing, .executing, .streaming, .fetching, .closed: false
        }
    }

    /// True once nothing more is sent or expected.
    var isClosed: Bool { if case .closed = stage { true } else { false } }

    /// True while the server works on the query, which KILL would end.
    var isKillable: Bool {
        switch stage {
        case .preparing, .executing, .streaming: true
        default: false
        }
    }

    // MARK: - Commands

    /// Sends the next command.
    ///
    /// - Returns: whether an answer will come.
    func sendCommand(_ upstream: UpstreamConnection) -> Bool {
        switch stage {
        case .new:
            stage = .preparing
            _ = upstream.send { $0.prepare(text, into: &$1) }
            return true
        case .prepared:
            guard let statementID else { return false }
            stage = .executing
            columns = []
            columnsLeft = 0
            let opensCursor = usesCursor
            _ = upstream.send {
                $0.execute(statementID, [], opensCursor: opensCursor, into: &$1)
            }
            return true
        case .atCursor:
            guard let statementID else { return false }
            stage = .fetching
            let count = UInt32(Limits.batchRows)
            _ = upstream.send { $0.fetch(statementID, rows: count, into: &$1) }
            return true
        case .over:
            stage = .closed
            guard let statementID else { return false }
            _ = upstream.send { $0.closeStatement(statementID, into: &$1) }
            return false
        case .preparing, .executing, .streaming, .fetching, .closed: return false
        }
    }

    /// The taker wants no more.
    func close() {
        switch stage {
        case .new: stage = .closed
        case .prepared, .atCursor: stage = .over
        case .preparing, .executing, .streaming, .fetching, .over, .closed: break
        }
    }

    /// The connection is gone.
    func fail(_ error: UpstreamError) {
        stage = .closed
        rows.fail(error)
    }

    // MARK: - Answers

    /// Takes a packet of an answer. Behind one that cannot be read, the rest is passed over.
    func received(
        _ packet: AnswerPacket,
        isLast: Bool,
        _ upstream: UpstreamConnection
    ) {
        if rows.wish.isClosed || isClosed {
            // A statement that nobody wants any more must be closed there all the same; an answer
            // that cannot be read names none.
            if packet == .prepared { try? prepared(upstream) }
            if isLast { ended(packet, upstream, wasWanted: false) }
            return
        }
        do throws(WireError) {
            switch packet {
            case .prepared: try prepared(upstream)
            case .columnCount: columnsLeft = .max
            case .definition: try define(upstream)
            case .row: try append(upstream)
            case .error where usesCursor && isRefusedCursor(upstream):
                // A server without cursors is asked again for all rows at once.
                usesCursor = false
                stage = .prepared
                return
            case .error:
                let error = try upstream.withPacket { payload throws(WireError) in
                    try ERRPacket(decoding: payload).error
                }
                stop(.wire(.refused(error)))
            default: break
            }
        } catch {
            stop(.wire(error))
        }
        if isLast { ended(packet, upstream, wasWanted: true) }
    }

    private func stop(_ error: UpstreamError) {
        reader = nil
        rows.fail(error)
    }

    private func prepared(_ upstream: UpstreamConnection) throws(WireError) {
        let statement = try upstream.withPacket { payload throws(WireError) in
            try StatementPrepareOK(decoding: payload)
        }
        statementID = statement.statementID
        parametersLeft = statement.parameterCount
        columnsLeft = statement.columnCount
        if statement.parameterCount > 0 { rows.fail(.hasParameters) }
        if statement.columnCount == 0 { rows.fail(.hasNoRows) }
    }

    private func define(_ upstream: UpstreamConnection) throws(WireError) {
        guard parametersLeft == 0 else {
            parametersLeft -= 1
            return
        }
        guard columnsLeft > 0 else { return }
        columnsLeft -= 1
        columns.append(
            try upstream.withPacket { payload throws(WireError) in
                try ColumnDefinition41(decoding: payload)
            }
        )
    }

    private func append(_ upstream: UpstreamConnection) throws(WireError) {
        if case .executing = stage { try beginRows() }
        guard let reader else { return }
        var batches: [RowBatch] = []
        try upstream.withRows { payload throws(WireError) in
            try reader.append(payload)
            if reader.rowCount >= Limits.batchRows || reader.byteCount >= Self.batchBytes {
                batches.append(reader.take())
            }
        }
        // Not from within: whoever waits for them may turn to the connection.
        for batch in batches { rows.give(batch) }
    }

    /// The columns that were told at PREPARE are those that come.
    private func beginRows() throws(WireError) {
        stage = .streaming
        try openReader()
    }

    private func openReader() throws(WireError) {
        guard case .columns(let known) = rows.head, known.count == columns.count,
            zip(known, columns).allSatisfy({ $0.isRead(as: $1) })
        else { return rows.fail(.queryChanged) }
        reader = try BinaryRowReader(columns)
    }

    /// Hands over what is there, though the batch is not full.
    private func flush() {
        guard let reader, reader.rowCount > 0 else { return }
        rows.give(reader.take())
    }

    private func ended(
        _ packet: AnswerPacket,
        _ upstream: UpstreamConnection,
        wasWanted: Bool
    ) {
        guard wasWanted, packet != .error, !rows.isFailed else {
            stage = .over
            return
        }
        do throws(WireError) {
            switch stage {
            case .preparing:
                _ = try BinaryRowReader(columns)
                stage = .prepared
                rows.tell(columns)
            case .executing:
                try openReader()
                stage = upstream.status.contains(.cursorExists) ? .atCursor : .over
                if case .over = stage { rows.end() }
            case .streaming:
                flush()
                stage = .over
                rows.end()
            case .fetching:
                flush()
                let isOver = upstream.status.contains(.lastRowSent)
                stage = isOver ? .over : .atCursor
                if isOver { rows.end() }
            case .new, .prepared, .atCursor, .over, .closed: break
            }
        } catch {
            stop(.wire(error))
            stage = .over
        }
    }

    /// True for the error of a server that does not run a statement with a cursor.
    private func isRefusedCursor(_ upstream: UpstreamConnection) -> Bool {
        guard case .executing = stage else { return false }
        // An error that cannot be read is no such one; it is read again where it is told.
        let error = try? upstream.withPacket { payload throws(WireError) in
            try ERRPacket(decoding: payload).error
        }
        return error?.code == .notSupportedYet || error?.code == .notInPreparedProtocol
    }
}

extension ColumnDefinition41 {
    /// True when rows of the other column are rows of this one to whoever has bound it.
    fileprivate func isRead(as other: ColumnDefinition41) -> Bool {
        guard name == other.name else { return false }
        // What is only ever NULL has whatever type a server gives it.
        return type == .null || other.type == .null || columnType.family == other.columnType.family
    }
}

extension ColumnType {
    /// Types whose values lie in a batch in the same way and mean the same there.
    fileprivate var family: Int {
        switch kind {
        case .null: 0
        case .tiny, .short, .medium, .long, .year, .bit: 1
        case .longLong: isUnsigned ? 2 : 1
        case .float: 3
        case .double: 4
        case .decimal: 5
        case .date: 6
        case .dateTime, .timestamp: 7
        case .time: 8
        case .char, .varchar, .text, .enumeration, .set, .json: 9
        case .binary, .varbinary, .blob, .vector: 10
        }
    }
}
