import BorealBase
import BorealSQL
public import BorealSQLite
import Synchronization

/// A connection of the pool with what its functions know.
///
/// One statement at a time uses it, on one thread at a time.
final class PooledConnection: @unchecked Sendable {
    let sqlite: SQLiteConnection
    let context = FunctionContext()

    init(path: String, options: SQLiteConnection.Options) throws(SQLiteError) {
        sqlite = try SQLiteConnection(.file(path), options: options)
        try FunctionLibrary.install(sqlite, context)
        try addGroupTable()
        sqlite.isGuarded = true
    }

    /// A statement of this connection's ran out of disk: most likely the log holds what it wrote.
    fileprivate var hasFilledDisk = false
    /// System tables that queries on this connection can name already.
    private var systemTables: Set<String> = []

    /// Makes further system tables readable on this connection.
    func install(_ tables: [SystemTable]) throws(SQLiteError) {
        guard systemTables.count < tables.count else { return }
        for table in tables where systemTables.insert(table.database + "." + table.name).inserted {
            try sqlite.addVirtualTable(table.virtual(self))
        }
    }

    /// What went wrong, in MySQL's terms.
    func mapped(_ error: any Error) -> any Error {
        guard let error = error as? SQLiteError else { return error }
        if let pending = context.pendingError {
            context.pendingError = nil
            return pending
        }
        if error.isInterrupt {
            return sqlite.cancellation?.isCancelled != true && sqlite.isPastDeadline
                ? TableError.executionTimeout : TableError.interrupted
        }
        if error.isDiskFull {
            hasFilledDisk = true
            return TableError.diskFull("tables.db")
        }
        if error.isBusy { return TableError.lockWaitTimeout }
        if error.isTooManyTables { return TableError.query(.tooManyTables) }
        if error.isBeyondLimits {
            return TableError.notSupported("a statement nested this deeply, or this long,")
        }
        if error.isTooBig { return TableError.memoryLimit(Limits.cellBytesMax * 2) }
        if error.isOutOfMemory { return TableError.memoryLimit(SQLiteMemory.bytesMax) }
        if error.message == "integer overflow" {
            return TableError.valueOutOfRange(type: "BIGINT", expression: "sum()")
        }
        // The snapshot is older than the definition that the statement was made from.
        if error.isGeneric, error.message.hasPrefix("no such") { return TableError.deadlock }
        return TableError.internalError(error.description)
    }
}

/// All embedded databases: one SQLite file, its definitions, its connections, its write lock.
public final class TableStore: Sendable {
    /// How a store is opened.
    public struct Options: Sendable {
        /// Whether a commit survives a power cut (FULL) or kill -9 only (NORMAL).
        public var synchronous = SQLiteConnection.Synchronous.normal
        /// What `@@version` answers.
        public var serverVersion = "8.0.36-boreal"
        /// The server calls itself MariaDB.
        var isMariaDB: Bool { serverVersion.contains("MariaDB") }
        /// Bytes of the file that scans read through a memory map.
        public var mmapBytes: Int64 = 1 << 30
        /// `@@port`.
        public var port: Int64 = 3_307
        /// Memory of copies of vector columns.
        public var vectorCacheBytes = 512 << 20

        /// The defaults.
        public init() {}
    }

    /// Values of settings that the engine keeps, shown and set as system variables.
    public struct ExternalVariables: Sendable {
        /// Names and values, for SHOW VARIABLES.
        public var all: @Sendable () -> [(name: String, value: TableValue)]
        /// The value of one; nil when there is none of that name.
        public var value: @Sendable (_ name: String) -> TableValue?
        /// Sets one for all (`SET GLOBAL`); false when there is none of that name.
        public var setGlobal: @Sendable (_ name: String, _ value: TableValue) throws -> Bool

        /// - Parameters: see the stored properties.
        public init(
            all: @escaping @Sendable () -> [(name: String, value: TableValue)],
            value: @escaping @Sendable (_ name: String) -> TableValue?,
            setGlobal: @escaping @Sendable (_ name: String, _ value: TableValue) throws -> Bool
        ) {
            self.all = all
            self.value = value
            self.setGlobal = setGlobal
        }
    }

    private struct State {
        var schema = Schema()
        var idle: [PooledConnection] = []
        var counters: [String: UInt64] = [:]
        var temporaryCount: UInt64 = 0
        var globals: [String: TableValue] = [:]
        var external: ExternalVariables?
        var externalStatus: (@Sendable () -> [(name: String, value: String)])?
        var accounts: @Sendable () -> [AccountFacts] = { [AccountFacts(rights: .unlimited)] }
        var systemTables: [String: SystemTable] = [:]
        var batchFunctions: [String: any BatchFunction] = [:]
        var hiddenCalls: [String] = []
        /// The same in the order of databases and names.
        var systemList: [SystemTable] = []
        var plans: [PlanKey: TranslatedQuery] = [:]
        var commits: UInt64 = 0
        /// The settings of sessions that have set no variable, and the revision they are of.
        var common: (revision: UInt64, settings: SessionSettings)?
    }

    /// How it was opened.
    public let options: Options
    private let path: String
    private let state: Mutex<State>
    /// Short plans that any session may take over, all of one revision. Clients that connect, ask
    /// and leave would plan each of their statements anew.
    private let shortPlans = Mutex<(revision: UInt64, plans: [CommonPlanKey: KnownPlan])>((0, [:]))
    /// Apart from the rest: every statement counts here.
    private let statements = Mutex(StatementCounters())
    /// Grows with each change of definitions and global variables.
    let revision = Atomic<UInt64>(0)
    let writeLock = WriteLock()
    /// Copies of vector columns.
    let vectorCache: VectorCache
    /// Changes the memory of copies of vector columns.
    public var vectorCacheBytes: Int {
        get { vectorCache.bytesMax }
        set { vectorCache.bytesMax = newValue }
    }
    /// The locks of GET_LOCK.
    let namedLocks = NamedLocks()
    /// When the store was opened, for `Uptime`.
    let opened = Instant.now

    /// Opens the file, creating it with no database in it.
    ///
    /// - Throws: `SQLiteError` when the file cannot be read, `TableError.internalError` when what
    /// it
    ///   holds is not understood.
    public init(path: String, options: Options = Options()) throws {
        self.path = path
        self.options = options
        vectorCache = VectorCache(bytesMax: options.vectorCacheBytes)
        state = Mutex(State())
        for table in SystemTables.all { addSystemTable(table) }
        if options.isMariaDB { addSystemTable(SystemTables.columnsAsMariaDB) }
        let connection = try PooledConnection(path: path, options: Self.sqliteOptions(options))
        try Self.prepare(connection.sqlite)
        let schema = try Self.load(connection.sqlite)
        state.withLock { $0.schema = schema }
        giveBack(connection)
    }

    private static func sqliteOptions(_ options: Options) -> SQLiteConnection.Options {
        var result = SQLiteConnection.Options()
        result.synchronous = options.synchronous
        result.mmapBytes = options.mmapBytes
        return result
    }

    private static func prepare(_ database: SQLiteConnection) throws {
        try database.transaction {
            try database.execute(
                """
                CREATE TABLE IF NOT EXISTS boreal_databases(name TEXT PRIMARY KEY, collation TEXT);
                CREATE TABLE IF NOT EXISTS boreal_tables(
                    database TEXT, name TEXT, definition TEXT, PRIMARY KEY(database, name));
                CREATE TABLE IF NOT EXISTS boreal_counters(storage TEXT PRIMARY KEY, next TEXT);
                CREATE TABLE IF NOT EXISTS boreal_vectors(
                    storage TEXT PRIMARY KEY, version INTEGER);
                CREATE TABLE IF NOT EXISTS boreal_version(version INTEGER);
                INSERT INTO boreal_version
                    SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM boreal_version);
                """
            )
            try database.setUserVersion(1)
        }
    }

    private static func load(_ database: SQLiteConnection) throws -> Schema {
        var schema = Schema()
        for row in try database.rows("SELECT name, collation FROM boreal_databases") {
            var definition = StoredDatabase(name: row[0].text ?? "")
            definition.collation = row[1].text ?? Collations.defaultCollation
            schema.databases[definition.name] = definition
        }
        for row in try database.rows("SELECT database, name, definition FROM boreal_tables") {
            let (owner, name) = (row[0].text ?? "", row[1].text ?? "")
            // Why it does not parse says nothing to anybody: the file is damaged.
            guard let json = try? JSON.parse(row[2].text ?? ""),
                let table = StoredTable(database: owner, name: name, json: json)
            else { throw TableError.internalError("the definition of \(owner).\(name) is damaged") }
            schema.databases[owner]?.tables[name] = table
        }
        let version = try database.rows("SELECT version FROM boreal_version").first?.first
        schema.version = version?.integer ?? 1
        schema.noteForeignKeys()
        return schema
    }

    // MARK: - Shared state

    /// Every database at this moment.
    public var schema: Schema { state.withLock { $0.schema } }

    /// Registers the engine's variables.
    public func setExternalVariables(_ variables: ExternalVariables) {
        state.withLock { $0.external = variables }
    }

    var external: ExternalVariables? { state.withLock { $0.external } }

    /// Makes a system table readable, in place of one of that name. Before the first session.
    public func addSystemTable(_ table: SystemTable) {
        let key = SystemTable.key(table.database, table.name)
        state.withLock { state in
            state.systemTables[key] = table
            state.systemList = state.systemTables.values.sorted {
                ($0.database, $0.name) < ($1.database, $1.name)
            }
        }
    }

    func systemTable(_ database: String, _ name: String) -> SystemTable? {
        let key = SystemTable.key(database, name)
        return state.withLock { $0.systemTables[key] }
    }

    /// Makes a function callable in SQL that is answered for many rows at once.
    ///
    /// - Parameter name: in upper case.
    public func addBatchFunction(_ name: String, _ function: any BatchFunction) {
        state.withLock { state in
            state.batchFunctions[name] = function
            if function.hidesArguments { state.hiddenCalls.append(name) }
        }
    }

    /// Functions whose arguments no name of a column may show.
    var hiddenCalls: [String] { state.withLock { $0.hiddenCalls } }

    func batchFunction(_ name: String) -> (any BatchFunction)? {
        state.withLock { $0.batchFunctions[name.uppercased()] }
    }

    /// All system tables, in the order of databases and names.
    var systemTables: [SystemTable] { state.withLock { $0.systemList } }

    /// Registers counters of the server's that SHOW STATUS shows beside the tables' own.
    public func setExternalStatus(
        _ rows: @escaping @Sendable () -> [(name: String, value: String)]
    ) {
        state.withLock { $0.externalStatus = rows }
    }

    var externalStatus: [(name: String, value: String)] {
        state.withLock { $0.externalStatus }?() ?? []
    }

    /// Registers who tells of the accounts; before that there is one that may do everything.
    public func setAccounts(_ accounts: @escaping @Sendable () -> [AccountFacts]) {
        state.withLock { $0.accounts = accounts }
    }

    var accounts: [AccountFacts] { state.withLock { $0.accounts }() }

    /// What all sessions' statements were since the start.
    var counters: StatementCounters { statements.withLock { $0 } }
    func count(_ statement: SQLStatement) { statements.withLock { $0.count(statement) } }
    func countQuery() { statements.withLock { $0.countQuery() } }

    /// The settings of sessions that have set no variable.
    func commonSettings(_ revision: UInt64, make: () -> SessionSettings) -> SessionSettings {
        if let known = state.withLock({ $0.common }), known.revision == revision {
            return known.settings
        }
        let made = make()
        state.withLock { $0.common = (revision, made) }
        return made
    }

    /// A number of `@@GLOBAL`, for what is set up before there is a session.
    public func globalNumber(_ name: String) -> Int {
        let value = global(name) ?? SystemVariables.all[name]?.value
        return Int(clamping: value?.wholeNumber ?? 0)
    }

    func global(_ name: String) -> TableValue? { state.withLock { $0.globals[name] } }
    func setGlobal(_ name: String, _ value: TableValue) {
        state.withLock { $0.globals[name] = value }
        revision.add(1, ordering: .acquiringAndReleasing)
    }

    func publish(_ schema: Schema) {
        state.withLock { state in
            state.schema = schema
            state.plans.removeAll()
        }
        revision.add(1, ordering: .acquiringAndReleasing)
    }

    func plan(_ key: PlanKey) -> TranslatedQuery? { state.withLock { $0.plans[key] } }

    func keep(_ plan: TranslatedQuery, for key: PlanKey) {
        guard key.text.count <= 16_384 else { return }
        state.withLock { state in
            if state.plans.count >= TableLimits.plansMax { state.plans.removeAll() }
            state.plans[key] = plan
        }
    }

    /// A short plan that another session has made under the same definitions and variables.
    ///
    /// - Parameter revision: that of the definitions and variables.
    func shortPlan(_ key: CommonPlanKey, _ revision: UInt64) -> KnownPlan? {
        shortPlans.withLock { $0.revision == revision ? $0.plans[key] : nil }
    }

    /// - Parameter revision: under which the planning began; a plan that is out of date by now is
    ///   found by nobody.
    func keepShort(_ plan: KnownPlan, for key: CommonPlanKey, _ revision: UInt64) {
        shortPlans.withLock { kept in
            guard kept.revision <= revision else { return }
            if kept.revision != revision || kept.plans.count >= TableLimits.plansMax {
                kept = (revision, [:])
            }
            kept.plans[key] = plan
        }
    }

    // MARK: - Connections

    func takeConnection() throws(SQLiteError) -> PooledConnection {
        let (idle, tables) = state.withLock { ($0.idle.popLast(), $0.systemList) }
        let connection: PooledConnection
        if let idle {
            connection = idle
        } else {
            connection = try PooledConnection(path: path, options: Self.sqliteOptions(options))
        }
        try connection.install(tables)
        return connection
    }

    /// Connections that nobody uses.
    var idleConnections: Int { state.withLock { $0.idle.count } }

    func giveBack(_ connection: PooledConnection) {
        connection.sqlite.rollBack()
        connection.sqlite.cancellation = nil
        connection.sqlite.deadlineMilliseconds = nil
        connection.context.pendingError = nil
        if connection.hasFilledDisk {
            connection.hasFilledDisk = false
            connection.sqlite.emptyLog()
        }
        state.withLock { state in
            if state.idle.count < TableLimits.idleConnectionsMax { state.idle.append(connection) }
        }
    }

    /// Copies the whole file while others work.
    public func backUp(to path: String) throws {
        let connection = try takeConnection()
        defer { giveBack(connection) }
        connection.sqlite.isGuarded = false
        defer { connection.sqlite.isGuarded = true }
        try connection.sqlite.backUp(to: path)
    }

    /// Writes the log back into the file; at shutdown.
    public func checkpoint() throws {
        let connection = try takeConnection()
        defer { giveBack(connection) }
        try connection.sqlite.checkpoint(.truncate)
    }

    // MARK: - AUTO_INCREMENT

    /// The counter of a table, once it was asked for.
    func counter(_ storageName: String) -> UInt64? { state.withLock { $0.counters[storageName] } }

    /// A number that no temporary table of any session has had.
    func nextTemporaryNumber() -> UInt64 {
        state.withLock { state in
            state.temporaryCount += 1
            return state.temporaryCount
        }
    }

    func setCounter(_ storageName: String, _ next: UInt64) {
        state.withLock { $0.counters[storageName] = next }
    }

    func forgetAutoIncrement(_ storageName: String) {
        state.withLock { $0.counters[storageName] = nil }
    }
}

/// What a plan depends on besides the schema.
struct PlanKey: Hashable {
    var text: [UInt8]
    var database: String?
    var sqlMode: String
    var isUTC: Bool
    var isBinaryConnection: Bool
    var divisionDigits: Int
    var version: Int64
    var parameters: [ParameterClass]
    /// Batched calls may be in streaming form.
    var streams: Bool
}
