public import BorealBase
import CSQLite

/// One connection to one SQLite database.
///
/// Opened without SQLite's own mutex, so **one thread at a time** may use it: whoever shares a
/// connection guards it (a pool, a lock). Only `interrupt()` may be called from any thread.
///
/// Sendable by contract: the owner hands it from thread to thread, never uses it from two at once.
public final class SQLiteConnection: @unchecked Sendable {
    /// Where the database lies.
    public enum Location: Sendable, Equatable {
        /// A private database in memory.
        case memory
        /// A private database in a file without a name, gone with the connection.
        case temporary
        /// A file, created when absent.
        case file(String)
        /// A file that exists and is only read.
        case readOnly(String)
    }

    /// `PRAGMA synchronous`: what a commit waits for.
    public enum Synchronous: String, Sendable {
        /// Survives the process, not the machine.
        case off = "OFF"
        /// Survives kill -9; a power cut may lose the last commits, never the file.
        case normal = "NORMAL"
        /// Survives a power cut.
        case full = "FULL"
    }

    /// How a connection is set up.
    public struct Options: Sendable {
        /// Write-ahead log: readers and the writer do not block each other.
        public var isWriteAheadLogged = true
        /// What a commit waits for.
        public var synchronous = Synchronous.normal
        /// Milliseconds that a lock is waited for before `SQLITE_BUSY`.
        public var busyTimeoutMilliseconds = 10_000
        /// Bytes of the file that are read through a memory map.
        public var mmapBytes: Int64 = 0
        /// Page cache, KiB.
        public var cacheKiB = 4_096
        /// Prepared statements kept for `statement(_:)`.
        public var statementsMax = 128
        /// Pages in the log after which a commit writes them back; 0 leaves it to `checkpoint`.
        public var checkpointPages = 1_000

        /// The defaults: a WAL database, synchronous NORMAL.
        public init() {}
    }

    /// Bytes of an emptied log that are kept for the next transactions.
    private static let logBytesKept = 64 << 20

    /// The C handle; nil never, closed in `deinit`.
    let handle: OpaquePointer
    /// What it was opened with.
    public let options: Options
    /// Prepared statements by their text, in use or idle.
    private var cache: [String: SQLiteStatement] = [:]
    /// Texts of `cache`, oldest first.
    private var cacheOrder: [String] = []
    /// Looked at by the progress handler, every 1,000 operations of the virtual machine.
    public var cancellation: CancellationFlag?
    /// Milliseconds of `MonotonicClock` after which a statement is ended as by cancellation; looked
    /// at in the same place.
    public var deadlineMilliseconds: UInt64?
    /// When true, ATTACH, DETACH, PRAGMA and extension loading cannot be prepared. Our own
    /// housekeeping switches it off for as long as it takes.
    public var isGuarded = false
    /// Boxes of functions and collations; SQLite holds unretained pointers to them.
    var registrations: [AnyObject] = []

    /// Opens a database, creating the file if need be.
    ///
    /// - Throws: what SQLite says, for instance that the file is no database.
    public init(
        _ location: Location,
        options: Options = Options()
    ) throws(SQLiteError) {
        self.options = options
        var opened: OpaquePointer?
        let path: String
        var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        switch location {
        case .memory:
            path = ":memory:"
            flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .temporary:
            path = ""
            flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .file(let name):
            path = name
            flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .readOnly(let name):
            path = name
            flags |= SQLITE_OPEN_READONLY
        }
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let error = SQLiteError(opened, code, sql: nil)
            sqlite3_close_v2(opened)
            throw error
        }
        handle = opened
        try configure(location)
    }

    deinit {
        cache.removeAll()
        sqlite3_close_v2(handle)
    }

    private func configure(_ location: Location) throws(SQLiteError) {
        sqlite3_busy_timeout(handle, Int32(clamping: options.busyTimeoutMilliseconds))
        _ = boreal_sqlite_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1)
        _ = boreal_sqlite_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0)
        _ = boreal_sqlite_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1)
        sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
        sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Int32(clamping: Limits.cellBytesMax * 2))
        sqlite3_limit(handle, SQLITE_LIMIT_COLUMN, Int32(clamping: Limits.tableColumnsMax))
        sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, 1_000)
        sqlite3_limit(handle, SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)
        let unretained = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_progress_handler(handle, 1_000, progressCallback, unretained)
        sqlite3_set_authorizer(handle, authorizerCallback, unretained)
        if location != .memory {
            if options.isWriteAheadLogged, case .file = location {
                try execute("PRAGMA journal_mode = WAL")
                try execute("PRAGMA wal_autocheckpoint = \(options.checkpointPages)")
                // What a huge transaction made of the log is given back to the disk.
                try execute("PRAGMA journal_size_limit = \(Self.logBytesKept)")
            }
            try execute("PRAGMA mmap_size = \(options.mmapBytes)")
        }
        try execute("PRAGMA synchronous = \(options.synchronous.rawValue)")
        try execute("PRAGMA cache_size = -\(options.cacheKiB)")
        // Sorts and interim tables begin in memory and move to a file when they outgrow a cache.
        try execute("PRAGMA temp_store = FILE")
    }

    // MARK: - Statements

    /// Runs one or more statements and drops their rows.
    public func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        if code != SQLITE_OK { throw SQLiteError(handle, code, sql: sql) }
    }

    /// Compiles one statement. Text behind it (other than blanks and comments) is refused, so that
    /// nothing is ever silently left out.
    public func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        var compiled: OpaquePointer?
        var hasMore = false
        var text = sql
        let code = text.withUTF8 { bytes -> Int32 in
            bytes.withMemoryRebound(to: CChar.self) { characters -> Int32 in
                guard let start = characters.baseAddress else { return SQLITE_OK }
                var tail: UnsafePointer<CChar>?
                let length = Int32(clamping: characters.count)
                let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
                let code = sqlite3_prepare_v3(handle, start, length, flags, &compiled, &tail)
                guard code == SQLITE_OK, let tail else { return code }
                let used = tail - start
                hasMore = used < characters.count && self.holdsStatement(characters, from: used)
                return code
            }
        }
        if code != SQLITE_OK { throw SQLiteError(handle, code, sql: sql) }
        guard let compiled else {
            throw SQLiteError(extendedCode: SQLITE_MISUSE, message: "no statement", sql: sql)
        }
        guard !hasMore else {
            sqlite3_finalize(compiled)
            throw SQLiteError(extendedCode: SQLITE_MISUSE, message: "more than one", sql: sql)
        }
        return SQLiteStatement(compiled, sql: sql)
    }

    /// True when something other than blanks follows.
    private func holdsStatement(_ text: UnsafeBufferPointer<CChar>, from start: Int) -> Bool {
        text[start...].contains {
            $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 && $0 != 0x3B
        }
    }

    /// A prepared statement from the cache, or a new one. Give it back with `giveBack(_:)`; one
    /// that is not given back is simply finalized when it goes out of use.
    public func statement(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        if let known = cache[sql], !known.isOut {
            known.isOut = true
            return known
        }
        let fresh = try prepare(sql)
        fresh.isOut = true
        return fresh
    }

    /// Resets a statement, forgets its bindings and keeps it for the next `statement(_:)` of its
    /// text.
    public func giveBack(_ statement: SQLiteStatement) {
        statement.reset()
        statement.clearBindings()
        statement.isOut = false
        guard options.statementsMax > 0, cache[statement.sql] == nil else { return }
        cache[statement.sql] = statement
        cacheOrder.append(statement.sql)
        if cacheOrder.count > options.statementsMax {
            cache.removeValue(forKey: cacheOrder.removeFirst())
        }
    }

    /// Prepares (or takes from the cache), lets `body` bind and step, and gives the statement back.
    public func withStatement<R>(
        _ sql: String,
        _ body: (SQLiteStatement) throws -> R
    ) throws -> R {
        let statement = try statement(sql)
        defer { giveBack(statement) }
        return try body(statement)
    }

    /// Runs one cached statement with these values to its end.
    public func run(_ sql: String, _ values: [SQLiteValue] = []) throws(SQLiteError) {
        let statement = try statement(sql)
        defer { giveBack(statement) }
        try statement.bind(values)
        while try statement.step() {}
    }

    /// All rows of a small query.
    public func rows(
        _ sql: String,
        _ values: [SQLiteValue] = []
    ) throws(SQLiteError) -> [[SQLiteValue]] {
        let statement = try statement(sql)
        defer { giveBack(statement) }
        try statement.bind(values)
        var rows: [[SQLiteValue]] = []
        while try statement.step() {
            rows.append((0..<statement.columnCount).map { statement.value($0) })
        }
        return rows
    }

    /// Forgets all prepared statements, for instance before a file is replaced.
    public func dropStatements() {
        cache.removeAll()
        cacheOrder.removeAll()
    }

    // MARK: - Transactions

    /// How a transaction begins.
    public enum TransactionKind: String, Sendable {
        /// Locks nothing until the first statement.
        case deferred = "BEGIN DEFERRED"
        /// Takes the write lock at once.
        case immediate = "BEGIN IMMEDIATE"
    }

    /// Runs `body` inside a transaction: committed when it returns, rolled back when it throws.
    public func transaction<R>(
        _ kind: TransactionKind = .immediate,
        _ body: () throws -> R
    ) throws -> R {
        try run(kind.rawValue)
        do {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            rollBack()
            throw error
        }
    }

    /// Rolls back if a transaction is open. An error here means that there was nothing to undo.
    public func rollBack() {
        guard isInTransaction else { return }
        // The only way this fails is that SQLite already rolled back by itself.
        try? execute("ROLLBACK")
    }

    /// True between BEGIN and COMMIT or ROLLBACK.
    public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    // MARK: - State

    /// The time of the statement under way is up.
    public var isPastDeadline: Bool {
        deadlineMilliseconds.map { MonotonicClock.milliseconds > $0 } ?? false
    }

    /// `PRAGMA user_version`: the version of what the file holds.
    public func userVersion() throws(SQLiteError) -> Int {
        let statement = try prepareUnguarded("PRAGMA user_version")
        return try statement.step() ? Int(statement.int64(0)) : 0
    }

    /// Sets `PRAGMA user_version`; part of the open transaction, if there is one.
    public func setUserVersion(_ version: Int) throws(SQLiteError) {
        let statement = try prepareUnguarded("PRAGMA user_version = \(version)")
        while try statement.step() {}
    }

    private func prepareUnguarded(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        let wasGuarded = isGuarded
        isGuarded = false
        defer { isGuarded = wasGuarded }
        return try prepare(sql)
    }

    /// Rows that the last INSERT, UPDATE or DELETE changed.
    public var changes: Int64 { sqlite3_changes64(handle) }
    /// Rows changed since the connection was opened.
    public var totalChanges: Int64 { sqlite3_total_changes64(handle) }
    /// Rowid of the last INSERT.
    public var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Ends what runs on this connection as soon as possible. From any thread, as long as the
    /// connection lives.
    public func interrupt() { sqlite3_interrupt(handle) }

    /// How far a checkpoint goes.
    public enum CheckpointMode: Sendable {
        /// What can be done without waiting for anybody.
        case passive
        /// Waits for readers and empties the log file.
        case truncate
    }

    /// Writes the log back into the database file.
    ///
    /// - Returns: pages in the log, and how many of them are written back.
    @discardableResult
    public func checkpoint(
        _ mode: CheckpointMode
    ) throws(SQLiteError) -> (logPages: Int, checkpointedPages: Int) {
        var log: Int32 = 0
        var done: Int32 = 0
        let kind = mode == .passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE
        let code = sqlite3_wal_checkpoint_v2(handle, nil, kind, &log, &done)
        if code != SQLITE_OK { throw SQLiteError(handle, code, sql: nil) }
        return (Int(log), Int(done))
    }

    /// Gives the disk back what the log does not need, unless somebody is in the way: never waits.
    public func emptyLog() {
        sqlite3_busy_timeout(handle, 0)
        // Who is in the way empties it later.
        _ = try? checkpoint(.truncate)
        sqlite3_busy_timeout(handle, Int32(clamping: options.busyTimeoutMilliseconds))
    }

    /// Copies the whole database into a file, page by page, while others go on using it.
    public func backUp(to path: String) throws(SQLiteError) {
        let target = try SQLiteConnection(.file(path), options: Self.backupOptions)
        guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
            throw SQLiteError(target.handle, SQLITE_ERROR, sql: nil)
        }
        let code = sqlite3_backup_step(backup, -1)
        sqlite3_backup_finish(backup)
        if code != SQLITE_DONE { throw SQLiteError(target.handle, code, sql: nil) }
    }

    private static var backupOptions: Options {
        var options = Options()
        options.isWriteAheadLogged = false
        options.synchronous = .full
        return options
    }

    /// The SQLite library in use, `3.40.1`.
    public static var libraryVersion: String { String(cString: sqlite3_libversion()) }
}

/// Every 1,000 operations: non-zero ends the statement with `SQLITE_INTERRUPT`.
private func progressCallback(_ context: UnsafeMutableRawPointer?) -> Int32 {
    guard let context else { return 0 }
    let connection = Unmanaged<SQLiteConnection>.fromOpaque(context).takeUnretainedValue()
    if connection.cancellation?.isCancelled == true { return 1 }
    guard let deadline = connection.deadlineMilliseconds else { return 0 }
    return MonotonicClock.milliseconds > deadline ? 1 : 0
}

/// Asked for each object a statement touches while it is compiled.
private func authorizerCallback(
    _ context: UnsafeMutableRawPointer?,
    _ action: Int32,
    _ first: UnsafePointer<CChar>?,
    _ second: UnsafePointer<CChar>?,
    _ third: UnsafePointer<CChar>?,
    _ fourth: UnsafePointer<CChar>?
) -> Int32 {
    guard let context else { return SQLITE_OK }
    let connection = Unmanaged<SQLiteConnection>.fromOpaque(context).takeUnretainedValue()
    guard connection.isGuarded else { return SQLITE_OK }
    switch action {
    case SQLITE_ATTACH, SQLITE_DETACH, SQLITE_PRAGMA: return SQLITE_DENY
    case SQLITE_FUNCTION:
        guard let second else { return SQLITE_OK }
        return String(cString: second) == "load_extension" ? SQLITE_DENY : SQLITE_OK
    default: return SQLITE_OK
    }
}
