package import BorealBase

/// The commands that this side sends, each with the form of its answer.
extension ClientConversation {
    private mutating func send(
        _ code: ClientCommand.Code,
        _ form: AnswerReader.Form?,
        into output: inout ByteBuffer,
        _ body: (inout ByteBuffer) -> Void = { _ in }
    ) {
        send(form, into: &output) {
            $0.append(code.rawValue)
            body(&$0)
        }
    }

    /// Sends a client's command as it came.
    ///
    /// - Parameter payload: begins with the command's byte.
    /// - Returns: false, and sends nothing, for a command that has no form here: COM_CHANGE_USER
    ///   and those of replication.
    package mutating func relay(
        _ payload: UnsafeRawBufferPointer,
        into output: inout ByteBuffer
    ) -> Bool {
        guard let code = payload.first.flatMap(ClientCommand.Code.init(rawValue:)) else {
            return false
        }
        let form: AnswerReader.Form?
        switch code {
        case .quit, .statementClose, .statementSendLongData: form = nil
        case .query, .statementExecute, .processInfo: form = .results
        case .statementPrepare: form = .prepared
        case .statementFetch: form = .fetched
        case .fieldList: form = .definitions
        case .statistics: form = .line
        case .setOption, .debug, .shutdown: form = .end
        case .initDatabase, .ping, .refresh, .processKill, .statementReset, .resetConnection:
            form = .okay
        case .changeUser: return false
        }
        send(form, into: &output) { $0.append(payload) }
        return true
    }

    /// `COM_QUERY`.
    package mutating func query(_ text: some Sequence<UInt8>, into output: inout ByteBuffer) {
        send(.query, .results, into: &output) { $0.append(contentsOf: text) }
    }

    /// `COM_STMT_PREPARE`; `preparedStatement` reads the first packet of the answer.
    package mutating func prepare(_ text: some Sequence<UInt8>, into output: inout ByteBuffer) {
        send(.statementPrepare, .prepared, into: &output) { $0.append(contentsOf: text) }
    }

    /// The statement that the packet at hand, a `.prepared`, tells of.
    package func preparedStatement() throws(WireError) -> StatementPrepareOK {
        try withPacket { payload throws(WireError) in try StatementPrepareOK(decoding: payload) }
    }

    /// `COM_STMT_EXECUTE`.
    ///
    /// - Parameter opensCursor: the rows stay with the server until `fetch`.
    package mutating func execute(
        _ statementID: UInt32,
        _ parameters: [ParameterValue],
        opensCursor: Bool,
        into output: inout ByteBuffer
    ) {
        let command = COMStatementExecute(
            statementID: statementID,
            parameters: parameters,
            opensCursor: opensCursor
        )
        send(.results, into: &output) { command.encode(into: &$0) }
    }

    /// `COM_STMT_FETCH`.
    package mutating func fetch(
        _ statementID: UInt32,
        rows: UInt32,
        into output: inout ByteBuffer
    ) {
        send(.statementFetch, .fetched, into: &output) {
            $0.append(littleEndian: UInt64(statementID), bytes: 4)
            $0.append(littleEndian: UInt64(rows), bytes: 4)
        }
    }

    /// `COM_STMT_CLOSE`, which has no answer.
    package mutating func closeStatement(_ statementID: UInt32, into output: inout ByteBuffer) {
        send(.statementClose, nil, into: &output) {
            $0.append(littleEndian: UInt64(statementID), bytes: 4)
        }
    }

    /// `COM_STMT_RESET`.
    package mutating func resetStatement(_ statementID: UInt32, into output: inout ByteBuffer) {
        send(.statementReset, .okay, into: &output) {
            $0.append(littleEndian: UInt64(statementID), bytes: 4)
        }
    }

    /// `COM_INIT_DB`.
    package mutating func initDatabase(_ name: String, into output: inout ByteBuffer) {
        send(.initDatabase, .okay, into: &output) { $0.append(utf8: name) }
    }

    /// `COM_PING`.
    package mutating func ping(into output: inout ByteBuffer) {
        send(.ping, .okay, into: &output)
    }

    /// `COM_RESET_CONNECTION`.
    package mutating func resetConnection(into output: inout ByteBuffer) {
        send(.resetConnection, .okay, into: &output)
    }

    /// `COM_QUIT`, which has no answer: the server closes the connection.
    package mutating func quit(into output: inout ByteBuffer) {
        guard isReady else { return }
        send(.quit, nil, into: &output)
        phase = .closed
    }

    /// `COM_CHANGE_USER` to the same account: the session begins anew, with everything that
    /// belonged to it gone. `.loggedIn` follows when it is through.
    ///
    /// - Parameters:
    ///   - database: where the session begins; nil for nowhere.
    ///   - collation: what it begins with.
    package mutating func beginAnew(
        database: String?,
        collation: Collation,
        into output: inout ByteBuffer
    ) {
        configuration.database = database
        configuration.collation = collation
        var login = lastLogin ?? ClientLogin(plugin: .nativePassword, nonce: [])
        login.step = .awaitingVerdict
        login.packets = 0
        // The last challenge counts again, as with all client libraries; a server that does not
        // like that switches to a new one. So does one that gets no answer.
        let answer = (try? firstAnswer(login)) ?? []
        let (configuration, capabilities) = (configuration, capabilities)
        send(.changeUser, nil, into: &output) {
            $0.append(nulTerminated: configuration.userName)
            $0.append(UInt8(clamping: answer.count))
            $0.append(contentsOf: answer.prefix(Int(UInt8.max)))
            $0.append(nulTerminated: configuration.database ?? "")
            $0.append(littleEndian: UInt64(configuration.collation.id), bytes: 2)
            $0.append(nulTerminated: login.plugin.rawValue)
            if capabilities.contains(.connectAttributes) {
                configuration.attributes.encode(into: &$0)
            }
        }
        phase = .authenticating(login)
    }
}
