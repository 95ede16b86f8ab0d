public import BorealBase

extension ServerConversation {
    /// What the machine asks of its driver. Each case names what it is completed with; nothing else
    /// happens on the connection until then.
    public enum Action: Equatable, Sendable {
        /// Do the server's side of a TLS handshake, which begins with these bytes. Complete with
        /// `.tlsStarted`; from then on `receive` takes what was decrypted, and what the
        /// conversation writes is to be encrypted. A handshake that fails ends the connection.
        case startTLS(received: [UInt8])
        /// Find the account. Complete with `.account`; an unknown name is `.account(nil)`.
        case lookUpAccount(Login)
        /// The client needs the RSA pair. Complete with `.rsaKey` when there is one.
        case rsaKeyNeeded
        /// Run this on a worker. Complete with `.passwordChecked`; then remember the outcome's fast
        /// hash for the account.
        case checkPassword(PasswordCheck)
        /// The client is who it says. Open the session; complete with `.ok`, or `.error`, which
        /// ends the connection.
        case authenticated(Login)
        /// Unpack a large frame on a worker. Complete with `.unpacked`.
        case unpack(CompressedFrame)

        /// Run a statement; the conversation holds its `attributes`. Write results with
        /// `responseWriter()`, complete with `.commandDone`; or complete with `.ok`, `.error`,
        /// `.requestLocalInfile`.
        case query([UInt8])
        /// Prepare a statement and keep it under this id. Write with `responseWriter()`
        /// (`RowWriter.prepared`), complete with `.statementPrepared`; or, when an error was
        /// written, with `.commandDone`.
        case prepareStatement(id: UInt32, text: [UInt8])
        /// Run a prepared statement. Answer as a `query`; rows are in binary form. With
        /// `opensCursor` a result's rows are kept, and only its columns sent.
        case executeStatement(id: UInt32, parameters: [ParameterValue], opensCursor: Bool)
        /// Send the next rows of a cursor. Answer as a `query`.
        case fetchRows(id: UInt32, count: UInt32)
        /// Close a statement's cursor. Nothing to complete: the client has its answer.
        case resetStatement(id: UInt32)
        /// Forget a prepared statement. Nothing to complete: the client gets no answer.
        case closeStatement(id: UInt32)
        /// Hand a command about another server's statement on to it. Complete with `.commandDone`
        /// or `.error` when it is answered; else there is nothing to complete.
        case relay([UInt8], isAnswered: Bool)
        /// Change the default database. Complete with `.ok` or `.error`.
        case initDatabase(String)
        /// List the columns of a table. Write with `responseWriter()`, complete with
        /// `.commandDone`; or complete with `.error`.
        case fieldList(COMFieldList)
        /// Stop the server. Complete with `.eof` or `.error`.
        case shutdown
        /// Write the server's state to its log. Complete with `.eof` or `.error`.
        case debug
        /// One line about the server. Complete with `.statistics`.
        case statistics
        /// End another connection. Complete with `.ok` or `.error`.
        case processKill(connectionID: UInt32)
        /// Begin the session anew, without prepared statements. Complete with `.ok` or `.error`.
        case resetConnection
        /// Allow or forbid several statements in one query. Complete with `.eof` or `.error`.
        case setOption(isMultiStatements: Bool)
        /// Bytes of the file that `.requestLocalInfile` asked for. Complete with
        /// `.localInfileConsumed` for the next ones; or with `.error` or `.ok` to end the command:
        /// the rest of the file is then discarded.
        case localInfileData([UInt8])
        /// The file is over. The command goes on: complete it as a `query`.
        case localInfileEnd

        /// The client said COM_QUIT. Close the socket.
        case quit
        /// Send what was written, then close the socket. The reason is nil after an error that the
        /// driver gave.
        case close(WireError?)
    }

    /// How an action ended.
    public enum Completion: Sendable {
        /// Of `startTLS`.
        case tlsStarted
        /// Of `unpack`.
        case unpacked(Result<[UInt8], WireError>)
        /// Of `lookUpAccount`: the account's credentials, nil when there is no such account.
        case account(AccountCredentials?)
        /// Of `rsaKeyNeeded`: nil when there is none and will be none.
        case rsaKey(RSAKeyPair?)
        /// Of `checkPassword`.
        case passwordChecked(PasswordCheck.Outcome)
        /// Writes an OK packet. With `moreResultsExist` in its status, the command goes on.
        case ok(OKPacket)
        /// Writes an ERR packet.
        case error(ServerError)
        /// Writes an EOF packet, or the OK packet that stands for it.
        case eof(EOFPacket)
        /// Writes the line that COM_STATISTICS answers.
        case statistics(String)
        /// The driver wrote the whole answer itself; the next packet would carry this sequence id.
        case commandDone(nextSequenceID: UInt8)
        /// Of `prepareStatement`: the statement is kept, its answer written.
        case statementPrepared(id: UInt32, parameterCount: Int, nextSequenceID: UInt8)
        /// Asks the client for a file of its own. Only for clients with `CLIENT_LOCAL_FILES`.
        ///
        /// `nextSequenceID` is the writer's when results of the same command were written before,
        /// else nil.
        case requestLocalInfile(fileName: String, nextSequenceID: UInt8? = nil)
        /// Of `localInfileData`: ready for more.
        case localInfileConsumed

        /// The case without what it carries, which may be secret.
        var name: String {
            switch self {
            case .tlsStarted: "tlsStarted"
            case .unpacked: "unpacked"
            case .account: "account"
            case .rsaKey: "rsaKey"
            case .passwordChecked: "passwordChecked"
            case .ok: "ok"
            case .error: "error"
            case .eof: "eof"
            case .statistics: "statistics"
            case .commandDone: "commandDone"
            case .statementPrepared: "statementPrepared"
            case .requestLocalInfile: "requestLocalInfile"
            case .localInfileConsumed: "localInfileConsumed"
            }
        }
    }
}
