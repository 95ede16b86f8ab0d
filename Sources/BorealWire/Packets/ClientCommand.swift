/// A packet of the command phase, read: one case a command that the server knows (the manual's
/// "Command Phase").
enum ClientCommand: Equatable, Sendable {
    /// `COM_QUIT`.
    case quit
    /// `COM_INIT_DB`: `schema name` (string<EOF>).
    case initDatabase(String)
    /// `COM_QUERY`: attributes, if both sides know them, and the text (string<EOF>).
    case query([UInt8], attributes: [QueryAttribute])
    /// `COM_FIELD_LIST`.
    case fieldList(COMFieldList)
    /// `COM_REFRESH`, which nothing is done for: there are no caches to flush.
    case refresh
    /// `COM_SHUTDOWN`.
    case shutdown
    /// `COM_STATISTICS`.
    case statistics
    /// `COM_PROCESS_INFO`, which MySQL answers as `SHOW PROCESSLIST`.
    case processInfo
    /// `COM_PROCESS_KILL`: `connection id` (4).
    case processKill(UInt32)
    /// `COM_DEBUG`.
    case debug
    /// `COM_PING`.
    case ping
    /// `COM_CHANGE_USER`.
    case changeUser(COMChangeUser)
    /// `COM_RESET_CONNECTION`.
    case resetConnection
    /// `COM_SET_OPTION`: 0 turns several statements a query on, 1 off.
    case setOption(isMultiStatements: Bool)
    /// `COM_STMT_PREPARE`: the text (string<EOF>).
    case statementPrepare([UInt8])
    /// `COM_STMT_EXECUTE`.
    case statementExecute(COMStatementExecute)
    /// `COM_STMT_CLOSE` of a statement that there is: `statement id` (4). It has no answer.
    case statementClose(UInt32)
    /// `COM_STMT_RESET`: `statement id` (4). Data sent ahead is gone already.
    case statementReset(UInt32)
    /// `COM_STMT_FETCH`: so many rows of the statement's cursor.
    case statementFetch(UInt32, rows: UInt32)
    /// A command that has no answer, not even an error: `COM_STMT_SEND_LONG_DATA`, which the table
    /// of statements has carried out, and `COM_STMT_CLOSE` of an unknown statement.
    case unanswered

    /// First byte of each command.
    enum Code: UInt8 {
        case quit = 0x01
        case initDatabase = 0x02
        case query = 0x03
        case fieldList = 0x04
        case refresh = 0x07
        case shutdown = 0x08
        case statistics = 0x09
        case processInfo = 0x0a
        case processKill = 0x0c
        case debug = 0x0d
        case ping = 0x0e
        case changeUser = 0x11
        case statementPrepare = 0x16
        case statementExecute = 0x17
        case statementSendLongData = 0x18
        case statementClose = 0x19
        case statementReset = 0x1a
        case setOption = 0x1b
        case statementFetch = 0x1c
        case resetConnection = 0x1f

        /// True for commands whose body begins with the id of a prepared statement.
        var isAboutStatement: Bool {
            switch self {
            case .statementExecute, .statementSendLongData, .statementClose, .statementReset,
                .statementFetch:
                true
            default: false
            }
        }
    }

    /// Reads a command.
    ///
    /// - Parameters:
    ///   - statements: what reading the commands of prepared statements needs, and changes.
    ///   - characterSet: what the client's texts are written in; nil for UTF-8. The text of a
    ///     statement stays as it came: only a parser can tell what in it is no text.
    /// - Throws: `unknownCommand`, also for an empty packet; `truncated`, `malformed` by the
    ///   command's name; `unknownStatement` and the other errors of prepared statements.
    init(
        decoding payload: UnsafeRawBufferPointer,
        capabilities: CapabilityFlags,
        statements: inout PreparedStatementTable,
        characterSet: SingleByteSet? = nil
    ) throws(WireError) {
        guard let first = payload.first, let code = Code(rawValue: first) else {
            throw .unknownCommand(payload.first ?? 0)
        }
        let body = UnsafeRawBufferPointer(rebasing: payload[1...])
        switch code {
        case .quit: self = .quit
        case .initDatabase:
            let reader = PayloadReader(body, packet: "COM_INIT_DB", characterSet: characterSet)
            self = .initDatabase(reader.text(body))
        case .query:
            var reader = PayloadReader(body, packet: "COM_QUERY", characterSet: characterSet)
            let isAttributed = capabilities.contains(.queryAttributes)
            let attributes = isAttributed ? try reader.queryAttributes() : []
            self = .query(Array(reader.rest()), attributes: attributes)
        case .fieldList:
            self = .fieldList(try COMFieldList(decoding: body, characterSet: characterSet))
        case .refresh: self = .refresh
        case .shutdown: self = .shutdown
        case .statistics: self = .statistics
        case .processInfo: self = .processInfo
        case .processKill:
            var reader = PayloadReader(body, packet: "COM_PROCESS_KILL")
            self = .processKill(UInt32(try reader.integer(4, "connection id")))
        case .debug: self = .debug
        case .ping: self = .ping
        case .changeUser:
            self = .changeUser(try COMChangeUser(decoding: body, capabilities: capabilities))
        case .statementPrepare, .statementExecute, .statementSendLongData, .statementClose,
            .statementReset, .statementFetch:
            self = try Self.statement(code, body, capabilities, &statements, characterSet)
        case .setOption:
            var reader = PayloadReader(body, packet: "COM_SET_OPTION")
            let option = try reader.integer(2, "option")
            guard option <= 1 else { throw reader.malformed("option") }
            self = .setOption(isMultiStatements: option == 0)
        case .resetConnection: self = .resetConnection
        }
    }

    /// The commands of prepared statements.
    private static func statement(
        _ code: Code,
        _ body: UnsafeRawBufferPointer,
        _ capabilities: CapabilityFlags,
        _ statements: inout PreparedStatementTable,
        _ characterSet: SingleByteSet?
    ) throws(WireError) -> ClientCommand {
        switch code {
        case .statementPrepare: return .statementPrepare(Array(body))
        case .statementExecute:
            return .statementExecute(try statements.execute(body, capabilities, characterSet))
        case .statementClose:
            // What is too short names no statement, and there is no answer to say so.
            guard body.count >= 4 else { return .unanswered }
            let id = body.loadUnaligned(as: UInt32.self).littleEndian
            return statements.remove(id) ? .statementClose(id) : .unanswered
        case .statementReset:
            var reader = PayloadReader(body, packet: "COM_STMT_RESET")
            let id = UInt32(truncatingIfNeeded: try reader.integer(4, "statement_id"))
            try statements.reset(id)
            return .statementReset(id)
        case .statementFetch:
            let (id, rows) = try statements.fetch(body)
            return .statementFetch(id, rows: rows)
        default:
            statements.receiveLongData(body)
            return .unanswered
        }
    }
}
