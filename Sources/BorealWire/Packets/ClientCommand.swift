/// A packet of the command phase, read: one case a command that the server knows (the manual's
/// "Command Phase").
enum ClientCommand: Equatable, Sendable {
    /// `COM_QUIT`.
    case quit
    /// `COM_INIT_DB`: `schema name` (string<EOF>).
    case initDatabase(String)
    /// `COM_QUERY`: the text (string<EOF>).
    case query([UInt8])
    /// `COM_FIELD_LIST`.
    case fieldList(COMFieldList)
    /// `COM_STATISTICS`.
    case statistics
    /// `COM_PROCESS_INFO`, which MySQL answers as `SHOW PROCESSLIST`.
    case processInfo
    /// `COM_PROCESS_KILL`: `connection id` (4).
    case processKill(UInt32)
    /// `COM_PING`.
    case ping
    /// `COM_CHANGE_USER`.
    case changeUser(COMChangeUser)
    /// `COM_RESET_CONNECTION`.
    case resetConnection
    /// `COM_SET_OPTION`: 0 turns several statements a query on, 1 off.
    case setOption(isMultiStatements: Bool)
    /// `COM_STMT_CLOSE`, `COM_STMT_SEND_LONG_DATA`: commands that have no answer, not even an
    /// error.
    case unanswered

    /// First byte of each command.
    enum Code: UInt8 {
        case quit = 0x01
        case initDatabase = 0x02
        case query = 0x03
        case fieldList = 0x04
        case statistics = 0x09
        case processInfo = 0x0a
        case processKill = 0x0c
        case ping = 0x0e
        case changeUser = 0x11
        case statementSendLongData = 0x18
        case statementClose = 0x19
        case setOption = 0x1b
        case resetConnection = 0x1f
    }

    /// Reads a command.
    ///
    /// - Throws: `unknownCommand`, also for an empty packet; `truncated`, `malformed` by the
    ///   command's name.
    init(
        decoding payload: UnsafeRawBufferPointer,
        capabilities: CapabilityFlags
    ) throws(WireError) {
        guard let first = payload.first, let code = Code(rawValue: first) else {
            throw .unknownCommand(payload.first ?? 0)
        }
        let body = UnsafeRawBufferPointer(rebasing: payload[1...])
        switch code {
        case .quit: self = .quit
        case .initDatabase: self = .initDatabase(String(wire: body))
        case .query: self = .query(Array(body))
        case .fieldList: self = .fieldList(try COMFieldList(decoding: body))
        case .statistics: self = .statistics
        case .processInfo: self = .processInfo
        case .processKill:
            var reader = PayloadReader(body, packet: "COM_PROCESS_KILL")
            self = .processKill(UInt32(try reader.integer(4, "connection id")))
        case .ping: self = .ping
        case .changeUser:
            self = .changeUser(try COMChangeUser(decoding: body, capabilities: capabilities))
        case .statementSendLongData, .statementClose: self = .unanswered
        case .setOption:
            var reader = PayloadReader(body, packet: "COM_SET_OPTION")
            let option = try reader.integer(2, "option")
            guard option <= 1 else { throw reader.malformed("option") }
            self = .setOption(isMultiStatements: option == 0)
        case .resetConnection: self = .resetConnection
        }
    }
}
