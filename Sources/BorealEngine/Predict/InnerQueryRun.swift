import BorealBase
import BorealSQL
import BorealTables
import BorealWire

/// The inner query of a model statement: SQL of the embedded tables, or a source's.
struct InnerQueryRun {
    private enum Place {
        case embedded(Query)
        /// Its columns are known.
        case source(SourceQuery)
    }

    private let tables: TableSession
    private let place: Place
    private let text: [UInt8]
    /// Names without a database are another server's.
    private let isBesideSource: Bool

    /// How the query is found again when only its numbers differ, if it ran and is a lookup by key.
    var lookup: (handle: PlanHandle, values: [TableValue])? {
        guard case .embedded(let query) = place else { return nil }
        return tables.keptLookup(query, text: text)
    }

    /// A query of the embedded tables.
    ///
    /// - Throws: a syntax error; `near` quotes the inner query.
    init(
        _ tables: TableSession,
        _ text: String,
        isBesideSource: Bool = false
    ) throws(ServerError) {
        self.tables = tables
        self.isBesideSource = isBesideSource
        self.text = Array(text.utf8)
        do {
            place = .embedded(try StatementParser.parseQuery(text, mode: tables.parserMode))
        } catch {
            throw ServerError(syntax: error, text: self.text)
        }
    }

    /// A query of the tables that a session sees, or of a source by name. Of a source's, the
    /// columns are asked for at once.
    ///
    /// - Parameters:
    ///   - tables: the session that an embedded query is read in; nil for the session's own.
    ///   - job: what a job remembers that will run the query; nil for one that runs in the session.
    /// - Throws: also what the source says to the query.
    init(
        _ session: ClientSession,
        _ text: String,
        on tables: TableSession? = nil,
        job: JobPayload? = nil
    ) throws(ServerError) {
        let tables = tables ?? session.tables
        guard let foreign = try ForeignQuery(text, session.engine, mode: tables.parserMode) else {
            try self.init(tables, text, isBesideSource: session.engine.hasSource)
            return
        }
        try SourceRight.check(tables.rights)
        guard let reading = session.reading else { throw .sourceOutOfReach }
        self.init(tables, .source(try reading.query(foreign, job)), Array(text.utf8))
    }

    private init(_ tables: TableSession, _ place: Place, _ text: [UInt8]) {
        self.tables = tables
        self.place = place
        self.text = text
        isBesideSource = true
    }

    /// The error of a name that cannot be found here says so when it may be the source's.
    private func failure(_ error: any Error) -> ServerError {
        let failure = ServerError(table: error)
        guard isBesideSource,
            failure.code == .noDatabaseSelected || failure.code == .unknownDatabase
        else { return failure }
        return .ownAndSourceTables
    }

    /// The columns it would answer; the query does not run.
    func describe() throws(ServerError) -> [ResultColumn] {
        let query: Query
        switch place {
        case .source(let query): return query.resultColumns
        case .embedded(let own): query = own
        }
        do {
            return try tables.describe(query, text: text)
        } catch {
            throw failure(error)
        }
    }

    /// The query on a snapshot of its own, for a job: the session's transaction must be over.
    func open(cancellation: CancellationFlag) throws(ServerError) -> any QuerySource {
        switch place {
        case .source(let query): query.source(cancellation)
        case .embedded(let query): try open(query, on: snapshot(), cancellation)
        }
    }

    private func snapshot() throws(ServerError) -> TableSnapshot {
        do {
            return try tables.snapshot()
        } catch {
            throw failure(error)
        }
    }

    private func open(
        _ query: Query,
        on snapshot: TableSnapshot,
        _ cancellation: CancellationFlag
    ) throws(ServerError) -> any QuerySource {
        do {
            let run = try snapshot.query(query, text: text, cancellation: cancellation)
            return TableSource(run, snapshot: snapshot, cancellation: cancellation)
        } catch {
            throw failure(error)
        }
    }

    /// The query on a snapshot of its own, to be handed to a job.
    ///
    /// - Parameter further: a second query that shall see the same rows.
    /// - Returns: nil for rows of a source, which a job asks for when its turn has come.
    /// - Throws: also `notYet` for user variables, which a job that runs again would not have.
    func hold(with further: InnerQueryRun? = nil) throws(ServerError) -> HeldQuery? {
        try checkVariables()
        try further?.checkVariables()
        guard case .embedded(let query) = place else { return nil }
        let cancellation = CancellationFlag()
        let snapshot = try snapshot()
        var second: (any QuerySource)?
        switch further?.place {
        case .source: return nil
        case .embedded(let query): second = try further?.open(query, on: snapshot, cancellation)
        case nil: break
        }
        return HeldQuery(
            try open(query, on: snapshot, cancellation),
            further: second,
            cancellation: cancellation
        )
    }

    private func checkVariables() throws(ServerError) {
        var hasVariables = false
        do {
            try text.withUnsafeBufferPointer { bytes throws(SyntaxError) in
                var lexer = Lexer(bytes, mode: tables.parserMode)
                var token = try lexer.next()
                while token.kind != .endOfText {
                    if token.kind == .userVariable { hasVariables = true }
                    token = try lexer.next()
                }
            }
        } catch {
            throw ServerError(syntax: error, text: text)
        }
        if hasVariables { throw .notYet("user variables in the query of a background job") }
    }

    /// A statement that is ready to run as a source of batches.
    static func source(
        _ statement: any TableStatement,
        cancellation: CancellationFlag
    ) -> any QuerySource {
        TableSource(statement, snapshot: nil, cancellation: cancellation)
    }

    /// The query inside the session.
    func run(cancellation: CancellationFlag) throws(ServerError) -> any QuerySource {
        if case .source(let query) = place { return query.source(cancellation) }
        return Self.source(try statement(cancellation: cancellation), cancellation: cancellation)
    }

    /// The query inside the session, to be stepped; of embedded tables only.
    func statement(cancellation: CancellationFlag) throws(ServerError) -> any TableStatement {
        guard case .embedded(let query) = place else { throw .sourceRowsForModels }
        do {
            return try tables.prepare(.query(query), text: text, cancellation: cancellation)
        } catch {
            throw failure(error)
        }
    }
}

/// A query of the embedded tables as a source of batches.
private final class TableSource: QuerySource {
    private let run: any TableStatement
    private var snapshot: TableSnapshot?
    private let cancellation: CancellationFlag

    init(_ run: any TableStatement, snapshot: TableSnapshot?, cancellation: CancellationFlag) {
        self.run = run
        self.snapshot = snapshot
        self.cancellation = cancellation
    }

    var columns: [ColumnDefinition41] { run.columns.map(\.definition) }
    var types: [ColumnType] { run.columns.map(\.type) }
    var resultColumns: [ResultColumn] { run.columns }

    func next(rowsMax: Int) throws(ServerError) -> RowBatch? {
        if cancellation.isCancelled { throw .interrupted }
        do {
            return try run.nextBatch(rowsMax: rowsMax)
        } catch {
            throw ServerError(table: error)
        }
    }

    func close() {
        run.close()
        snapshot = nil
    }
}
