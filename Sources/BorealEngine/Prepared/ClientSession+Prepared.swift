package import BorealBase
import BorealCatalog
import BorealSQL
import BorealTables
package import BorealWire

/// Prepared statements: those of the protocol by id, those of SQL by name.
extension ClientSession {
    /// Begins COM_STMT_PREPARE; the statement is kept under this id when that succeeds.
    package func beginPrepare(
        id: UInt32,
        text: [UInt8],
        cancellation: CancellationFlag
    ) -> any RunningStatement {
        engine.countQuestion()
        refreshRights()
        let text = readable(text)
        processBegins("Prepare", shown(text), cancellation)
        guard mayReadSources else {
            return ImmediateStatement { [self] response throws(ServerError) in
                try finishPrepare(try prepare(text), id, &response)
            }
        }
        return SourceStatement(self, source, cancellation) { [self] () throws(ServerError) in
            let statement = try prepare(text)
            return ImmediateStatement { [self] response throws(ServerError) in
                try finishPrepare(statement, id, &response)
            }
        }
    }

    /// Keeps a statement and tells the client of it.
    private func finishPrepare(
        _ statement: PreparedStatement,
        _ id: UInt32,
        _ response: inout Response
    ) throws(ServerError) {
        try prepared.keep(statement, id: id, limit: preparedCountMax)
        response.sessionStatus = status
        response.writer.prepared(
            statementID: id,
            parameterCount: statement.parameterCount,
            columns: statement.columns,
            status: response.status,
            into: &response.output
        )
    }

    /// How many `?` a kept statement has; nil when there is none of that id.
    package func parameterCount(of id: UInt32) -> Int? { prepared[id: id]?.parameterCount }

    /// Begins COM_STMT_EXECUTE.
    ///
    /// - Parameter opensCursor: the rows are kept until they are fetched.
    package func beginExecute(
        id: UInt32,
        parameters: [ParameterValue],
        opensCursor: Bool = false,
        cancellation: CancellationFlag
    ) throws(ServerError) -> any RunningStatement {
        engine.countQuestion()
        refreshRights()
        guard let statement = prepared[id: id] else {
            throw .unknownStatement("\(id)", "mysqld_stmt_execute")
        }
        processBegins("Execute", statement.info, cancellation)
        statement.cursor = nil
        let running = try run(statement, parameters.map { TableValue($0) }, cancellation)
        guard opensCursor else { return running }
        let rows = CursorRows(engine.cursors, folder: engine.catalog.artifactFolder)
        return CursorOpening(running, statement, rows)
    }

    /// Begins COM_STMT_FETCH.
    package func beginFetch(
        id: UInt32,
        count: UInt32,
        cancellation: CancellationFlag
    ) throws(ServerError) -> any RunningStatement {
        engine.countQuestion()
        guard let statement = prepared[id: id] else {
            throw .unknownStatement("\(id)", "mysqld_stmt_fetch")
        }
        guard let rows = statement.cursor else {
            throw ServerError(.noOpenCursor, "The statement (\(id)) has no open cursor.")
        }
        processBegins("Fetch", statement.info, cancellation)
        return CursorFetch(statement, rows, count: count)
    }

    /// COM_STMT_RESET.
    package func resetStatement(id: UInt32) { prepared[id: id]?.cursor = nil }

    /// The execution of a prepared statement, if its steps are sure to take microseconds, so that
    /// they need not go to a worker.
    package func beginShortExecute(
        id: UInt32,
        parameters: [ParameterValue],
        cancellation: CancellationFlag
    ) -> (any RunningStatement)? {
        refreshRights()
        guard !mustChangePassword, let statement = prepared[id: id], statement.cursor == nil,
            statement.database == tables.database,
            parameters.count == statement.parameterCount
        else { return nil }
        let running: (any RunningStatement)?
        let values = parameters.map { TableValue($0) }
        if statement.bindsTree {
            // A limit of time of its own is none of the plan's.
            guard statement.handle.wasShort, statement.parsed.hints.executionMilliseconds == nil
            else { return nil }
            running = tables.shortStatement(
                statement.handle,
                values,
                cancellation: cancellation,
                mayCall: { engine.hasCalledRemoteModels }
            ).map { run(short: $0, "Execute", statement.info, cancellation) }
        } else {
            // What is wrong with the values is told on the long way.
            guard keptPredictions.mayHold(statement.parsed),
                let text = try? BoundText.text(of: statement, values)
            else { return nil }
            running = keptPredictions.begin(text, self, cancellation)
        }
        if running != nil { engine.countQuestion() }
        return running
    }

    /// COM_STMT_CLOSE.
    package func closeStatement(id: UInt32) { prepared.remove(id: id) }

    private var preparedCountMax: Int { Int(variable("max_prepared_stmt_count")) ?? 16_382 }

    // MARK: - Reading

    /// Reads a text that shall run later, and checks what can be known of it.
    func prepare(_ text: [UInt8]) throws(ServerError) -> PreparedStatement {
        if let statement = try preparedCalls(text) { return statement }
        let parsed = try parse(text)
        if parsed.isRefusedInPreparation {
            throw .notInPreparedProtocol
        }
        // What is wrong with hints is told here and not at each execution.
        var kept = parsed
        kept.hints.problems = []
        let statement = PreparedStatement(
            text: text,
            parsed: kept,
            database: tables.database,
            mode: tables.parserMode
        )
        statement.columns = try StatementDescriber(self, statement).columns()
        if !parsed.hints.problems.isEmpty {
            tables.clearWarnings()
            tables.warn(of: parsed.hints, in: text)
        }
        return statement
    }

    /// Runs a prepared statement with one value a `?`.
    func run(
        _ statement: PreparedStatement,
        _ parameters: [TableValue],
        _ cancellation: CancellationFlag
    ) throws(ServerError) -> any RunningStatement {
        guard parameters.count == statement.parameterCount else {
            throw .wrongArguments("EXECUTE")
        }
        if statement.callsOverSource { return try run(calls: statement, parameters, cancellation) }
        let isElsewhere = statement.database != tables.database
        let outer = tables.database
        if isElsewhere { tables.restoreDatabase(statement.database) }
        defer { if isElsewhere { tables.restoreDatabase(outer) } }
        let running: any RunningStatement
        if statement.bindsTree {
            let router = StatementRouter(
                self,
                statement.text,
                cancellation,
                parameters: parameters,
                handle: statement.handle
            )
            running = try router.route(statement.parsed)
        } else if parameters.isEmpty {
            running = try StatementRouter(self, statement.text, cancellation)
                .route(statement.parsed)
        } else {
            let bound = try BoundText.text(of: statement, parameters)
            running = try StatementRouter(self, bound, cancellation).route(parse(bound))
        }
        guard isElsewhere else { return running }
        return ElsewhereRun(running, tables, database: statement.database)
    }

    // MARK: - PREPARE, EXECUTE and DEALLOCATE PREPARE

    /// Keeps a statement under a name; one of that name is gone whatever comes of the new one.
    func prepare(_ node: PrepareStatement) throws(ServerError) {
        prepared.remove(name: node.name.name)
        let text = text(of: node.source)
        let statement: PreparedStatement
        if let named = try namedPreparation(text) {
            statement = named
        } else {
            statement = try prepare(text)
        }
        try prepared.keep(statement, name: node.name.name, limit: preparedCountMax)
    }

    private func text(of source: PrepareStatement.Source) -> [UInt8] {
        switch source {
        case .text(let text): Array(text.utf8)
        // NULL is the word, which is no statement: MySQL's error quotes it.
        case .variable(let name): Array((tables.userVariable(name).text ?? "NULL").utf8)
        }
    }

    func execute(
        _ node: ExecuteStatement,
        _ cancellation: CancellationFlag
    ) throws(ServerError) -> any RunningStatement {
        let statement: PreparedStatement
        if let source = node.immediate {
            statement = try prepare(text(of: source))
        } else if let known = prepared[name: node.name.name] {
            statement = known
        } else {
            throw .unknownStatement(node.name.name, "EXECUTE")
        }
        // Alone in its text it was sent there.
        if statement.named != nil { throw .mixedText }
        return try run(statement, node.variables.map(tables.userVariable), cancellation)
    }

    func deallocate(_ name: Identifier) throws(ServerError) {
        guard prepared.remove(name: name.name) else {
            throw .unknownStatement(name.name, "DEALLOCATE PREPARE")
        }
    }
}

extension ServerError {
    /// 1295, as MySQL words it.
    package static var notInPreparedProtocol: ServerError {
        ServerError(
            .notInPreparedProtocol,
            "This command is not supported in the prepared statement protocol yet"
        )
    }

    static func unknownStatement(_ name: String, _ command: String) -> ServerError {
        ServerError(
            .unknownStatementHandler,
            "Unknown prepared statement handler (\(name)) given to \(command)"
        )
    }

    static func wrongArguments(_ command: String) -> ServerError {
        ServerError(.wrongArguments, "Incorrect arguments to \(command)")
    }
}

extension TableValue {
    /// A value that came with the protocol.
    init(_ parameter: ParameterValue) {
        self =
            switch parameter {
            case .null: .null
            case .integer(let number): .integer(number)
            case .unsigned(let number): .unsigned(number)
            // SQL has no NaN and no infinities.
            case .real(let number): number.isFinite ? .real(number) : .null
            case .decimal(let text): .decimal(text)
            case .text(let text): .text(text)
            case .bytes(let bytes): .bytes(bytes)
            case .date(let text): .temporal(text, .date)
            case .dateTime(let text): .temporal(text, .dateTime)
            case .time(let text): .temporal(text, .time)
            }
    }
}

/// A statement whose names mean another database than the session's: the one it was prepared in.
private final class ElsewhereRun: RunningStatement {
    private let inner: any RunningStatement
    private let tables: TableSession
    private let database: String?

    init(_ inner: any RunningStatement, _ tables: TableSession, database: String?) {
        self.inner = inner
        self.tables = tables
        self.database = database
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        let outer = tables.database
        tables.restoreDatabase(database)
        defer { tables.restoreDatabase(outer) }
        return try inner.step(&response, budgetBytes: budgetBytes)
    }

    func abandon() { inner.abandon() }

    func receive(file bytes: [UInt8]?) throws(ServerError) { try inner.receive(file: bytes) }
}
