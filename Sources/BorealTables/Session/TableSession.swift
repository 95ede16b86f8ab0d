import BorealBase
public import BorealSQL
import BorealSQLite
import BorealWire

/// Who a session is for.
public struct SessionIdentity: Sendable {
    /// `CONNECTION_ID()`.
    public var connectionID: UInt64
    /// `USER()`: the name and host that the client came with.
    public var user: String
    /// `CURRENT_USER()`: the account it was matched to.
    public var account: String

    /// - Parameters: see the stored properties.
    public init(connectionID: UInt64, user: String, account: String) {
        self.connectionID = connectionID
        self.user = user
        self.account = account
    }
}

/// One client's view of the embedded tables: its database, its transaction, its variables.
///
/// One statement at a time runs in it, on one thread at a time.
///
/// Sendable by contract: the engine runs the steps of a connection one after the other.
public final class TableSession: @unchecked Sendable {
    /// The tables.
    public let store: TableStore
    /// Who it is for.
    public let identity: SessionIdentity
    /// The current database.
    public internal(set) var database: String? { didSet { revision &+= 1 } }
    /// What the last statement wants to be known by SHOW WARNINGS.
    public internal(set) var warnings: [TableWarning] = []
    /// Values set by this session, by name.
    var values: [String: TableValue] = [:] { didSet { revision &+= 1 } }
    /// The collation of the login; 0 for one that is not known.
    var loginCollation: UInt16 = 0 { didSet { revision &+= 1 } }
    /// What the variables of character sets made, and when.
    var keptTexts: (store: UInt64, session: UInt64, texts: ClientTexts)?
    /// Grows with each change of variables and database: what depends on them is made anew.
    private(set) var revision: UInt64 = 0
    /// Plans of lookups in text form, by their text without its numbers.
    var lookups: [[UInt8]: PlanHandle] = [:]
    var keptSettings: (store: UInt64, session: UInt64, settings: SessionSettings)?
    var userVariables: [String: (value: SQLiteValue, type: ColumnType)] = [:]
    /// The value of LAST_INSERT_ID().
    public internal(set) var lastInsertID: UInt64 = 0
    /// The value of ROW_COUNT().
    public internal(set) var rowCount: Int64 = -1
    var foundRows: UInt64 = 0
    /// The definitions to go by, for a snapshot.
    var pinnedSchema: Schema?
    /// What its account may do; a change makes kept plans be checked anew.
    public var rights = AccountRights.unlimited { didSet { revision &+= 1 } }
    /// Client flag CLIENT_FOUND_ROWS: UPDATE counts the rows it matched.
    public var countsFoundRows = false
    /// What SHOW SESSION STATUS tells of the client's connection.
    public var connectionStatus: [(name: String, value: String)] = []

    /// What the client has yet to be told of.
    var tracking = SessionTracking()
    /// What the client sent along with the running statement, by name.
    public var attributes: [String: String?] = [:]

    // The transaction.
    /// START TRANSACTION was said, or autocommit is off and something ran.
    var isExplicit = false
    var isReadOnly = false
    var isolationOnce: String?
    /// `SET TRANSACTION READ ONLY` or `READ WRITE`, for one transaction.
    var readOnlyOnce: Bool?
    /// The connection that holds the snapshot or the changes.
    var connection: PooledConnection?
    /// The write lock, once the transaction has changed something.
    var ticket: LockTicket?
    var savepoints: [String] = []
    /// What LOCK TABLES named; nil when no tables are locked.
    var lockedTables: LockedTables? { didSet { revision &+= 1 } }
    /// Tables of this session alone.
    var temporary = TemporaryTables() { didSet { revision &+= 1 } }
    /// The connection whose temporary database holds them; nil before the first.
    var home: PooledConnection?
    /// What this session's statements were, for SHOW SESSION STATUS.
    var counters = StatementCounters()

    /// A session without a database.
    public init(_ store: TableStore, identity: SessionIdentity) {
        self.store = store
        self.identity = identity
    }

    deinit { close() }

    // MARK: - State

    /// SERVER_STATUS_IN_TRANS.
    public var isInTransaction: Bool { isExplicit }
    func value(_ name: String) -> TableValue {
        values[name] ?? loginValue(name) ?? store.global(name) ?? SystemVariables.all[name]?.value
            ?? .null
    }
    func text(_ name: String) -> String { value(name).text ?? "" }
    func isOn(_ name: String) -> Bool { value(name).wholeNumber == 1 }

    /// Makes a database current.
    public func use(_ name: String) throws {
        try rights.check(database: Self.isVirtual(name) ? name.asciiLowercased : name)
        guard store.schema.databases[name] != nil || Self.isVirtual(name) else {
            throw TableError.unknownDatabase(name)
        }
        database = Self.isVirtual(name) ? name.asciiLowercased : name
        tracking.noteSchema()
    }

    /// COM_RESET_CONNECTION: everything of the session but who it is and its database.
    public func reset() {
        close()
        values = [:]
        loginCollation = 0
        userVariables = [:]
        warnings = []
        lastInsertID = 0
        isolationOnce = nil
        readOnlyOnce = nil
        tracking.noteState()
    }

    /// True when ending the session takes microseconds: it has no transaction, lock or temporary
    /// table to give up.
    public var isAtRest: Bool {
        connection == nil && ticket == nil && lockedTables == nil && home == nil
    }

    /// Ends the session: an open transaction is undone, its lock given up.
    public func close() {
        rollBack()
        _ = store.namedLocks.releaseAll(identity.connectionID)
        unlockTables()
        dropTemporaryTables()
    }

    /// A statement begins that is none of the tables'.
    public func clearWarnings() { warnings = [] }

    /// Notes something for SHOW WARNINGS.
    public func warn(_ warning: TableWarning) {
        if warnings.count < TableLimits.warningsMax { warnings.append(warning) }
    }

    // MARK: - Connections

    /// Tells a connection's functions about this session, at the start of a statement.
    func prime(_ connection: PooledConnection, cancellation: CancellationFlag) {
        connection.sqlite.cancellation = cancellation
        let context = connection.context
        context.session = self
        context.pendingError = nil
        context.warnings = []
        context.insertIDSet = nil
        let settings = settings
        context.now = settings.fixedTime ?? .now
        context.offsetMinutes = settings.timeZoneMinutes
        context.database = database
        context.user = identity.user
        context.account = identity.account
        context.connectionID = identity.connectionID
        context.lastInsertID = lastInsertID
        context.rowCount = rowCount
        context.foundRows = foundRows
        context.variables = userVariables
        context.attributes = attributes
        context.groupConcatMax = settings.groupConcatMax
        context.recursionMax = settings.recursionMax
        context.recursionRows = 0
        context.divisionByZeroFails = false
        context.canWait = false
        context.answers = []
        context.answerCount = 0
        context.pendingWait = nil
        context.defaultWeekMode = settings.weekMode
        context.timeLocale = settings.timeLocale
        context.blockMode = settings.blockMode
        context.refusesZeroInDate = settings.sqlMode.refusesZeroInDate
        context.randoms = [:]
    }

    /// Takes back what functions changed.
    func absorb(_ connection: PooledConnection) {
        let context = connection.context
        userVariables = context.variables
        for warning in context.warnings { warn(warning) }
        context.warnings = []
        if let id = context.insertIDSet { lastInsertID = id }
    }

    /// Whether a transaction that does not say so reads only.
    var readsOnlyByDefault: Bool {
        readOnlyOnce ?? settings.readsOnly
    }

    /// Begins a transaction that no statement asked for: autocommit is off.
    func beginImplicitly() {
        guard !isExplicit else { return }
        isExplicit = true
        isReadOnly = readsOnlyByDefault
    }

    private var isolation: String { isolationOnce ?? settings.isolation }
    /// One snapshot for the whole transaction, rather than one a statement.
    private var keepsSnapshot: Bool {
        isolation == "REPEATABLE-READ" || isolation == "SERIALIZABLE"
    }
    /// A statement now belongs to a transaction that outlives it.
    var isInsideTransaction: Bool { isExplicit || !isAutocommit }

    /// A connection to read with. Give it back with `endRead`.
    ///
    /// - Parameter ofTables: false for what names no stored table (`SELECT 1`, SHOW, SET): it
    ///   begins no transaction when autocommit is off.
    func beginRead(ofTables: Bool = true) throws -> PooledConnection {
        if let connection { return connection }
        let fresh = try takeConnection()
        if isInsideTransaction, ofTables {
            beginImplicitly()
            if keepsSnapshot {
                try fresh.sqlite.run("BEGIN DEFERRED")
                connection = fresh
            }
        }
        return fresh
    }

    func endRead(_ used: PooledConnection) {
        absorb(used)
        used.sqlite.cancellation = nil
        used.sqlite.deadlineMilliseconds = nil
        if used !== connection { release(used) }
    }

    /// Takes (or waits for) the write lock.
    ///
    /// - Returns: a ticket to wait for, or nil when the lock is held.
    func lock(_ waiting: inout LockTicket?) throws -> LockTicket? {
        if ticket != nil { return nil }
        // A transaction that was not begun is as those begun without a word would be.
        if isReadOnly || (!isExplicit && readsOnlyByDefault) {
            throw TableError.transaction(.readOnly)
        }
        if waiting == nil {
            waiting = store.writeLock.request(
                timeoutMilliseconds: settings.lockWaitSeconds * 1_000
            )
        }
        guard let pending = waiting else { return nil }
        if pending.isGranted {
            ticket = pending
            waiting = nil
            return nil
        }
        if MonotonicClock.milliseconds >= pending.deadlineMilliseconds {
            store.writeLock.release(pending)
            waiting = nil
            throw TableError.lockWaitTimeout
        }
        return pending
    }

    /// A connection inside a write transaction; the lock is held already.
    ///
    /// A snapshot that was read before is given up for a fresh one: the lock's holder sees the
    /// newest rows, as InnoDB's current reads do.
    func beginWrite() throws -> PooledConnection {
        let open = try connection ?? takeConnection()
        if connection == nil || !hasWritten {
            do {
                if isolation == "SERIALIZABLE", open.sqlite.isInTransaction {
                    try keepSnapshot(open)
                } else {
                    if open.sqlite.isInTransaction { try open.sqlite.run("COMMIT") }
                    try open.sqlite.run("BEGIN IMMEDIATE")
                }
                for name in savepoints { try open.sqlite.execute("SAVEPOINT \(name.sqlQuoted)") }
            } catch {
                throw open.mapped(error)
            }
        }
        connection = open
        hasWritten = true
        if isInsideTransaction { beginImplicitly() }
        return open
    }

    /// Goes on to write on the snapshot that was read: a SERIALIZABLE transaction may not have
    /// read what another has changed since.
    private func keepSnapshot(_ open: PooledConnection) throws {
        do {
            // A write that changes nothing; SQLite refuses it when the snapshot is old.
            try open.sqlite.run("UPDATE boreal_version SET version = version")
        } catch {
            rollBack()
            throw TableError.deadlock
        }
    }

    /// True once BEGIN IMMEDIATE ran in this transaction.
    var hasWritten = false

    // MARK: - Ending

    /// Ends the transaction and keeps what it changed.
    public func commit() throws {
        defer { endTransaction() }
        guard let connection, connection.sqlite.isInTransaction else { return }
        connection.sqlite.cancellation = nil
        connection.sqlite.deadlineMilliseconds = nil
        do { try connection.sqlite.run("COMMIT") } catch { throw connection.mapped(error) }
    }

    /// Ends the transaction and undoes what it changed. Never fails, never waits.
    public func rollBack() {
        connection?.sqlite.rollBack()
        endTransaction()
        restoreTemporaryTables()
    }

    private func endTransaction() {
        if let connection { release(connection) }
        connection = nil
        hasWritten = false
        if lockedTables?.holdsWriteLock != true, let held = ticket {
            store.writeLock.release(held)
            ticket = nil
        }
        savepoints = []
        isExplicit = false
        isReadOnly = false
        isolationOnce = nil
        readOnlyOnce = nil
    }

    // MARK: - Statements

    /// What translation must know.
    func translationContext(_ parameters: [TableValue]) -> TranslationContext {
        TranslationContext(
            database: database,
            schema: schema,
            storedSchema: storedSchema,
            sqlMode: sqlMode,
            isUTC: timeZoneMinutes == 0,
            parameters: parameters,
            isBinaryConnection: settings.isBinaryConnection,
            divisionDigits: settings.divisionDigits,
            variableTypes: userVariables.mapValues(\.type),
            systemVariable: { [unowned self] in try self.systemValue($0) },
            systemTable: { [unowned self] in try self.systemTable($0, $1) },
            batchFunction: { [unowned self] in self.store.batchFunction($0) },
            hiddenCalls: store.hiddenCalls,
            checkLocks: { [unowned self] in try self.checkLocks($0, isChange: $1) },
            rights: rights
        )
    }

    /// The plan of a query that may have been prepared.
    func knownPlan(_ query: Query, _ input: StatementInput) throws -> KnownPlan {
        let now = input.handle == nil ? nil : conditions(input.parameters)
        if let now, let known = input.handle?.plan(under: now) {
            try input.parameters.checkLimits(known.query.limitParameters)
            if let bound = try known.bound(input.parameters, caller) {
                guard let quoted = input.written?.text else { return bound }
                return bound.named(in: input.text, quoted, hiding: store.hiddenCalls)
            }
        }
        let translated = try plan(
            query,
            text: input.text,
            parameters: input.parameters,
            streams: true
        )
        let isShort = now != nil && isShort(query, translated, input.parameters)
        let plan = KnownPlan(translated, isShort: isShort, names: input.written?.names ?? [])
        if let now, plan.query.isCacheable { input.handle?.keep(plan, under: now) }
        if isShort, isCommon, let now, let text = input.handle?.text {
            store.keepShort(plan, for: commonKey(text, input.parameters), now.store)
        }
        return plan
    }

    /// True when a statement means here what it means in any other such session.
    var isCommon: Bool {
        values.isEmpty && temporary.isEmpty && lockedTables == nil && pinnedSchema == nil
    }

    func commonKey(_ text: [UInt8], _ parameters: [TableValue]) -> CommonPlanKey {
        CommonPlanKey(
            text: text,
            database: database,
            collation: loginCollation,
            parameters: parameters.map { ParameterClass($0) }
        )
    }

    /// The plan of a query, from the store's cache when it was made before.
    ///
    /// - Parameter streams: whoever runs it fills in batched calls in streaming form.
    func plan(
        _ query: Query,
        text: [UInt8],
        parameters: [TableValue] = [],
        streams: Bool = false
    ) throws -> TranslatedQuery {
        let context = translationContext(parameters)
        let key = PlanKey(
            text: text,
            database: database,
            sqlMode: settings.sqlModeText,
            isUTC: context.isUTC,
            isBinaryConnection: context.isBinaryConnection,
            divisionDigits: context.divisionDigits,
            version: context.schema.version,
            parameters: parameters.map { ParameterClass($0) },
            streams: streams
        )
        // What a name means to one session is not what it means to another.
        let isShared = temporary.isEmpty && lockedTables == nil
        if isShared, let known = store.plan(key), known.isCurrent {
            try known.check(rights)
            try parameters.checkLimits(known.limitParameters)
            return known
        }
        let translator = Translator(context, text: text)
        var plan = try translator.translate(query, streams: streams)
        if let count = query.withoutLimit {
            let inner = try Translator(context, text: text).translate(count)
            plan.countSQL = "SELECT count(*) FROM (\(inner.sql))"
        }
        if plan.isCacheable, isShared, !plan.bindsAnew { store.keep(plan, for: key) }
        return plan
    }

    /// The columns that a query would answer, without running it.
    ///
    /// - Parameter text: the whole statement that the query's spans point into.
    public func describe(_ query: Query, text: [UInt8]) throws -> [ResultColumn] {
        try plan(query, text: text).columns
    }

    /// A snapshot of all tables as they are now, for work that outlives the statement: whatever
    /// happens to the tables afterwards does not change what it reads.
    public func snapshot() throws -> TableSnapshot {
        try TableSnapshot(self)
    }
}

extension [TableValue] {
    /// - Throws: `wrongArguments` when a negative number is bound to one of these, which stand in
    ///   LIMIT.
    func checkLimits(_ places: [Int]) throws {
        for index in places where index < count {
            if let number = self[index].wholeNumber, number < 0 {
                throw TableError.wrongArguments("EXECUTE")
            }
        }
    }
}

extension Query {
    /// The same query without its LIMIT, when SQL_CALC_FOUND_ROWS asks how many rows that gives.
    fileprivate var withoutLimit: Query? {
        guard limit != nil, case .select(let block) = body, block.calculatesFoundRows else {
            return nil
        }
        var copy = self
        copy.limit = nil
        copy.orderBy = []
        return copy
    }
}
