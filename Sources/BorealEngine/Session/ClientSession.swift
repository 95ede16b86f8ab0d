package import BorealBase
package import BorealCatalog
import BorealSQL
import BorealTables
package import BorealWire
import Logging

/// One client's session: its view of the tables, and what its statements mean.
///
/// Workers use it, one at a time.
package final class ClientSession {
    /// Who the session is for.
    package struct Client: Sendable {
        package let connectionID: UInt32
        package let account: Account
        /// As `USER()` and messages show it.
        package let host: String
        package let isLocal: Bool
        /// The address the client connected to: what links begin with.
        package let localHost: String
        /// What both sides can do.
        let capabilities: CapabilityFlags
        /// The collation of the login.
        let collation: Collation
        /// What the client told about itself.
        let attributes: ConnectAttributes
        /// How its bytes travel.
        package let transport: ClientTransport
        /// Closes the connection from any thread.
        package let close: @Sendable () -> Void
        /// Wakes a statement that waits, from any thread.
        package let wake: @Sendable () -> Void

        /// Over TLS.
        var isEncrypted: Bool { transport.tls != nil }

        package init(
            connectionID: UInt32,
            account: Account,
            host: String,
            isLocal: Bool,
            localHost: String,
            login: Login,
            transport: ClientTransport,
            close: @escaping @Sendable () -> Void,
            wake: @escaping @Sendable () -> Void
        ) {
            self.connectionID = connectionID
            self.account = account
            self.host = host
            self.isLocal = isLocal
            self.localHost = localHost
            capabilities = login.capabilities
            collation = login.collation
            attributes = login.attributes
            self.transport = transport
            self.close = close
            self.wake = wake
        }
    }

    package let engine: Engine
    let client: Client
    let tables: TableSession
    let prepared: PreparedStatementList
    let keptPredictions = KeptPredictions()
    /// True when several statements may stand in one text.
    package var allowsSeveralStatements = false
    /// Its connection to the source; nil without a source.
    package var source: (any SourceGate)?
    /// The default database there; nil for none.
    package var sourceDatabase: String?
    /// True when there are tables of other servers.
    var mayReadSources: Bool { source != nil || !engine.sources.isEmpty }
    /// What the statement that is stepped now reads at the source.
    var reading: SourceReading?
    /// How SHOW PROCESSLIST and KILL see it; set once it is open.
    private var process: ClientProcess?
    /// The account's password must be changed before anything else.
    private(set) var mustChangePassword = false
    /// The registry's revision that the rights are of.
    private var accountsRevision: UInt64 = 0

    init(engine: Engine, client: Client, database: String?) throws(ServerError) {
        self.engine = engine
        self.client = client
        prepared = PreparedStatementList(engine.preparedCount)
        tables = TableSession(
            engine.tables,
            identity: SessionIdentity(
                connectionID: UInt64(client.connectionID),
                user: "\(client.account.name.user)@\(client.host)",
                account: client.account.name.plain
            )
        )
        tables.countsFoundRows = client.capabilities.contains(.foundRows)
        tables.begin(
            collation: client.collation.id,
            isInteractive: client.capabilities.contains(.interactive)
        )
        refreshRights()
        if !client.transport.isPlain { tables.connectionStatus = client.transport.status }
        try LoginRules(engine).check(client)
        if let database, !database.isEmpty { try changeDatabase(database) }
        process = engine.processes.add(
            client,
            account: accountName.plain,
            database: database ?? "",
            limit: LoginRules(engine).connectionsMax(client.account)
        )
        guard process != nil else { throw LoginRules(engine).tooManyConnections(client.account) }
    }

    /// The database of names that have none: here, or at the source.
    var defaultDatabase: String { tables.database ?? sourceDatabase ?? "" }

    /// Whose session it is.
    var accountName: BorealCatalog.AccountName { client.account.name }

    /// What the session may do with models and tasks.
    var access: ModelAccess { ModelAccess(tables.rights) }

    /// Takes over what GRANT, REVOKE, ALTER USER and DROP USER changed since the last statement.
    /// Costs a nanosecond when nothing did.
    func refreshRights() {
        let revision = engine.catalog.accountsRevision
        guard revision != accountsRevision else { return }
        accountsRevision = revision
        let account = engine.catalog.snapshot.account(accountName)
        mustChangePassword = account?.options.isExpired == true
        let rights = engine.rights.rights(
            of: account,
            name: accountName,
            clientHost: client.host,
            revision: revision
        )
        if rights != tables.rights { tables.rights = rights }
    }

    /// What the client's session at the source was told to be before the statement; nil without.
    package var sourceStatus: StatusFlags?

    /// What OK and EOF packets tell.
    package var status: StatusFlags {
        if let sourceStatus {
            return tables.isInTransaction ? sourceStatus.union(.inTransaction) : sourceStatus
        }
        var status: StatusFlags = []
        if tables.isAutocommit { status.insert(.autocommit) }
        if tables.isInTransaction { status.insert(.inTransaction) }
        if tables.parserMode.contains(.noBackslashEscapes) { status.insert(.noBackslashEscapes) }
        return status
    }

    /// What the client has yet to be told of the session, for an OK packet.
    package func takeChanges() -> [SessionChange] { tables.takeChanges() }

    /// Milliseconds that the client may say nothing between two statements.
    package var idleMilliseconds: Int { tables.idleSeconds * 1_000 }
    /// Milliseconds that the client may read nothing of an answer.
    package var writeMilliseconds: Int { tables.writeSeconds * 1_000 }

    /// Takes what the client sends along with its next statement.
    package func take(_ attributes: [QueryAttribute]) {
        guard !attributes.isEmpty || !tables.attributes.isEmpty else { return }
        tables.attributes = [:]
        for attribute in attributes {
            tables.attributes[attribute.name] = .some(TableValue(attribute.value).text)
        }
    }

    /// USE and COM_INIT_DB.
    package func changeDatabase(_ name: String) throws(ServerError) {
        refreshRights()
        do {
            try tables.use(name)
        } catch {
            throw ServerError(table: error)
        }
    }

    /// COM_RESET_CONNECTION.
    package func reset() {
        tables.reset()
        prepared.removeAll()
    }

    /// True when `close` takes microseconds.
    package var isAtRest: Bool { tables.isAtRest }

    /// The client is gone: an open transaction is undone.
    package func close() {
        tables.close()
        prepared.removeAll()
        engine.processes.remove(client.connectionID)
    }

    /// Keeps an error for SHOW WARNINGS.
    package func noteError(_ error: ServerError) { tables.note(error) }

    /// Begins a text of COM_QUERY.
    package func begin(
        _ text: [UInt8],
        cancellation: CancellationFlag
    ) throws(ServerError) -> any RunningStatement {
        engine.countQuestion()
        refreshRights()
        let readable = readable(text)
        processBegins("Query", shown(readable), cancellation)
        let trimmed = text.count - text.reversed().prefix { $0 <= 0x20 || $0 == 0x3B }.count
        if allowsSeveralStatements, text.prefix(trimmed).contains(UInt8(ascii: ";")) {
            return try Script(self, Array(text.prefix(trimmed)), cancellation)
        }
        return try statement(readable, cancellation)
    }

    /// The statement of a text, if its steps are sure to take microseconds, so that they need not
    /// go to a worker.
    package func beginShort(
        _ text: [UInt8],
        cancellation: CancellationFlag
    ) -> (any RunningStatement)? {
        refreshRights()
        guard !mustChangePassword, isReadable(text) else { return nil }
        // A hint in front tells that it is hardly one of the tables'.
        let isHinted = text.first == UInt8(ascii: "/")
        let predicts = { [self] in keptPredictions.begin(text, self, cancellation) }
        let reads = { [self] () -> (any RunningStatement)? in
            tables.shortStatement(
                text,
                cancellation: cancellation,
                mayCall: { engine.hasCalledRemoteModels }
            ).map { run(short: $0, "Query", shown(text), cancellation) }
        }
        let statement = isHinted ? predicts() ?? reads() : reads() ?? predicts()
        if statement != nil { engine.countQuestion() }
        return statement
    }

    /// A statement of the tables whose steps are short, shown to others if it waits between them.
    func run(
        short statement: any TableStatement,
        _ command: String,
        _ info: @autoclosure () -> String,
        _ cancellation: CancellationFlag
    ) -> any RunningStatement {
        if statement.mayWait { processBegins(command, info(), cancellation) }
        return TableRun(statement, self, cancellation)
    }

    /// The beginning of a statement for SHOW PROCESSLIST, without secrets.
    func shown(_ text: [UInt8]) -> String {
        SecretText.shown(text, limit: 1_024, mode: tables.parserMode)
    }

    func processBegins(_ command: String, _ info: String, _ flag: CancellationFlag) {
        process?.begin(command: command, info: info, statement: flag)
    }

    /// The statement begun last is over, one way or another.
    package func statementEnded() {
        process?.end(database: tables.database ?? "")
    }

    /// COM_FIELD_LIST: the columns of a table, as the command line client asks for completion.
    package func beginFieldList(
        _ command: COMFieldList,
        cancellation: CancellationFlag
    ) throws(ServerError) -> any RunningStatement {
        engine.countQuestion()
        refreshRights()
        if mustChangePassword { throw .passwordMustChange }
        guard !command.table.isEmpty else {
            throw ServerError(.wrongTableName, "Incorrect table name ''")
        }
        let quoted = "`" + command.table.replacing("`", with: "``") + "`"
        let text = Array("SELECT * FROM \(quoted) LIMIT 0".utf8)
        let columns: [ResultColumn]
        do {
            let query = try StatementParser.parseQuery(String(decoding: text, as: UTF8.self))
            columns = try tables.describe(query, text: text)
        } catch {
            throw ServerError(table: error)
        }
        return ImmediateStatement { response in
            for column in columns {
                response.writer.fieldListColumn(
                    column.definition,
                    defaultValue: nil,
                    into: &response.output
                )
            }
            response.writer.endFieldList(status: response.status, into: &response.output)
        }
    }

    /// Reads one statement and makes it ready to be stepped.
    func statement(
        _ text: [UInt8],
        _ cancellation: CancellationFlag
    ) throws(ServerError) -> any RunningStatement {
        // Of several statements in one text an earlier one may have changed them.
        refreshRights()
        if let calls = try sourceCalls(in: text, mode: tables.parserMode) {
            if calls.hasPlaceholders { throw try misplacedPlaceholder(in: text) }
            return run(calls, cancellation)
        }
        let parsed: ParsedStatement
        do throws(ServerError) {
            parsed = try parse(text)
        } catch {
            guard error.code == .emptyQuery, Self.holdsComment(text) else { throw error }
            return Self.nothing
        }
        if parsed.placeholderCount > 0 { throw try misplacedPlaceholder(in: text) }
        return try StatementRouter(self, text, cancellation).route(parsed)
    }

    /// What a text without a statement does when there are comments in it: nothing, and well.
    static var nothing: any RunningStatement {
        ImmediateStatement { response in
            response.ok()
        }
    }

    /// Whether more than blanks and semicolons stand in a text that has no statement.
    static func holdsComment(_ text: some Sequence<UInt8>) -> Bool {
        text.contains { $0 > 0x20 && $0 != UInt8(ascii: ";") }
    }

    /// A `?` stands for a value only in a statement that is prepared.
    private func misplacedPlaceholder(in text: [UInt8]) throws(ServerError) -> ServerError {
        do throws(SyntaxError) {
            let places = try PlaceholderScanner.places(in: text, mode: tables.parserMode)
            throw .unexpected(places.first ?? .none, expected: [.expression])
        } catch {
            return ServerError(syntax: error, text: text)
        }
    }

    /// Reads one statement as the session's modes have it.
    func parse(_ text: [UInt8]) throws(ServerError) -> ParsedStatement {
        let options = ParserOptions(
            mode: tables.parserMode,
            requiresHint: engine.settings.isOn("require_hint")
        )
        do {
            return try StatementParser.parse(text, options: options)
        } catch {
            // The message quotes the statement from the error on.
            let quoted =
                SecretText.mayHold(text[...])
                ? SecretText.masked(text, mode: tables.parserMode) : text
            throw ServerError(syntax: error, text: quoted)
        }
    }

    /// Logs what the tables should never throw.
    func logUnexpected(_ error: any Error) {
        switch error {
        case TableError.internalError(let what): engine.logger.error("the tables failed: \(what)")
        case is TableError, is ServerError: return
        default: engine.logger.error("the tables failed: \(error)")
        }
    }
}

extension Engine {
    /// Opens a session for a client that has logged in.
    ///
    /// - Throws: `unknownDatabase`.
    package func openSession(
        _ client: ClientSession.Client,
        database: String?
    ) throws(ServerError) -> ClientSession {
        try ClientSession(engine: self, client: client, database: database)
    }
}
