import BorealBase

/// What a packet of a server's answer is, by its place in the answer.
package enum AnswerPacket: Equatable, Sendable {
    /// An OK packet.
    case ok
    /// An ERR packet.
    case error
    /// The server asks for a file of the client's; nothing comes before its end.
    case localInfile
    /// The number of columns of a result.
    case columnCount
    /// The first packet of the answer to COM_STMT_PREPARE.
    case prepared
    /// A definition of a column or of a `?`.
    case definition
    /// The EOF packet behind definitions, without `CLIENT_DEPRECATE_EOF`.
    case endOfDefinitions
    /// A row.
    case row
    /// The EOF packet behind rows, or the OK packet that stands for it.
    case endOfRows
    /// The line that COM_STATISTICS answers.
    case line
}

/// Knows the order of packets in the answer to each command (the manual's "Command Response"):
/// what comes is named, and what must not come is refused. It looks at rows no closer than at their
/// first byte.
struct AnswerReader: Sendable {
    /// What a command is answered with.
    enum Form: Sendable {
        /// OK or ERR.
        case okay
        /// OK, ERR, or results.
        case results
        /// COM_STMT_PREPARE_OK with definitions, or ERR.
        case prepared
        /// Rows of a cursor.
        case fetched
        /// Definitions of columns only.
        case definitions
        /// One packet of text.
        case line
        /// EOF or OK, or ERR.
        case end
    }

    private enum Stage: Sendable {
        case first(Form)
        /// So many definitions are left; then comes what follows definitions.
        case definitions(Int, next: Next)
        case endOfDefinitions(next: Next)
        case rows
        /// Definitions until an end.
        case listing
        case file
        case over
    }

    /// What follows definitions.
    private enum Next: Sendable {
        case rows
        /// The columns of a prepared statement behind its parameters.
        case columns(Int)
        case nothing
    }

    private var stage = Stage.over
    private let capabilities: CapabilityFlags
    /// Status flags of the last packet that told any.
    private(set) var status: StatusFlags = []

    /// - Parameter capabilities: those in force on both sides.
    init(_ capabilities: CapabilityFlags) { self.capabilities = capabilities }

    /// True between answers.
    var isOver: Bool { if case .over = stage { true } else { false } }

    /// True while the server waits for a file.
    var awaitsFile: Bool { if case .file = stage { true } else { false } }

    /// An answer of that form begins.
    mutating func begin(_ form: Form) { stage = .first(form) }

    /// The file that the server asked for is over; OK or ERR follows.
    mutating func fileEnded() { stage = .first(.results) }

    /// Names the next packet.
    ///
    /// - Throws: `unexpectedPacket`, `truncated`, `malformed`.
    mutating func read(_ payload: UnsafeRawBufferPointer) throws(WireError) -> AnswerPacket {
        switch stage {
        case .first(let form): return try first(payload, form)
        case .definitions(let left, let next):
            if payload.first == 0xff { return end(.error) }
            stage = left > 1 ? .definitions(left - 1, next: next) : afterDefinitions(next)
            return .definition
        case .endOfDefinitions(let next):
            if payload.first == 0xff { return end(.error) }
            guard EOFPacket.isEnd(payload, capabilities) else {
                throw .unexpectedPacket("no EOF packet behind definitions of columns")
            }
            status = try EOFPacket(decoding: payload, capabilities: capabilities).status
            // The rows of a cursor stay with the server until they are fetched.
            if case .rows = next, status.contains(.cursorExists) {
                stage = .over
            } else {
                stage = following(next)
            }
            return .endOfDefinitions
        case .rows:
            if isRow(payload) { return .row }
            if payload.first == 0xff { return end(.error) }
            try ended(payload)
            return .endOfRows
        case .listing:
            if payload.first == 0xff { return end(.error) }
            guard EOFPacket.isEnd(payload, capabilities) else { return .definition }
            return try endOfList(payload)
        case .file:
            // A server that wants no more of the file says why.
            guard payload.first == 0xff else {
                throw .unexpectedPacket("a packet while the server waits for a file")
            }
            return end(.error)
        case .over: throw .unexpectedPacket("a packet that nobody asked for")
        }
    }

    /// True when the next packet is one more row, behind which nothing changes.
    func isRow(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard case .rows = stage, payload.first != 0xff else { return false }
        return !EOFPacket.isEnd(payload, capabilities)
    }

    private mutating func first(
        _ payload: UnsafeRawBufferPointer,
        _ form: Form
    ) throws(WireError) -> AnswerPacket {
        guard let byte = payload.first else { throw .unexpectedPacket("an empty answer") }
        if form == .line {
            stage = .over
            return byte == 0xff ? .error : .line
        }
        if byte == 0xff { return end(.error) }
        switch form {
        case .okay where byte == 0, .results where byte == 0, .end where byte == 0:
            status = try OKPacket(decoding: payload, capabilities: capabilities).status
            stage = status.contains(.moreResultsExist) ? .first(.results) : .over
            return .ok
        case .end where EOFPacket.isEnd(payload, capabilities): return try endOfList(payload)
        case .results where byte == LengthEncoded.null && capabilities.contains(.localFiles):
            stage = .file
            return .localInfile
        case .results:
            var reader = PayloadReader(payload, packet: "Resultset")
            let count = try reader.lengthEncoded("column_count")
            guard count > 0, count <= UInt64(WireLimits.columnsMax), reader.isAtEnd else {
                throw reader.malformed("column_count")
            }
            stage = .definitions(Int(count), next: .rows)
            return .columnCount
        case .prepared where byte == 0:
            let packet = try StatementPrepareOK(decoding: payload)
            guard packet.columnCount <= WireLimits.columnsMax else {
                throw .malformed(packet: "COM_STMT_PREPARE_OK", field: "num_columns")
            }
            let columns = Next.columns(packet.columnCount)
            stage =
                packet.parameterCount > 0
                ? .definitions(packet.parameterCount, next: columns) : following(columns)
            return .prepared
        case .fetched, .definitions:
            stage = form == .fetched ? .rows : .listing
            return try read(payload)
        default: throw .unexpectedPacket("an answer that begins with byte \(byte)")
        }
    }

    /// An end of rows, or of a list, in either shape.
    private mutating func ended(_ payload: UnsafeRawBufferPointer) throws(WireError) {
        status = try EOFPacket(decoding: payload, capabilities: capabilities).status
        stage = status.contains(.moreResultsExist) ? .first(.results) : .over
    }

    private mutating func endOfList(
        _ payload: UnsafeRawBufferPointer
    ) throws(WireError) -> AnswerPacket {
        // MySQL ends such lists in the old shape even where the new one is agreed on.
        let shape = payload.count < 7 ? capabilities.subtracting(.deprecateEOF) : capabilities
        status = try EOFPacket(decoding: payload, capabilities: shape).status
        stage = .over
        return .endOfRows
    }

    private mutating func end(_ packet: AnswerPacket) -> AnswerPacket {
        stage = .over
        return packet
    }

    private func afterDefinitions(_ next: Next) -> Stage {
        capabilities.contains(.deprecateEOF) ? following(next) : .endOfDefinitions(next: next)
    }

    private func following(_ next: Next) -> Stage {
        switch next {
        case .rows: .rows
        case .columns(let count): count > 0 ? .definitions(count, next: .nothing) : .over
        case .nothing: .over
        }
    }
}
