import CSQLite

/// What SQLite answered instead of success: one struct for everything that can go wrong below.
///
/// It never reaches a client as it is: whoever called maps it to an error of its own subject.
public struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Primary result code, `SQLITE_*`.
    public let code: Int32
    /// Extended result code, for instance which kind of constraint failed.
    public let extendedCode: Int32
    /// SQLite's own words, or the words a function of ours raised.
    public let message: String
    /// The statement, if there was one.
    public let sql: String?

    /// - Parameter extendedCode: the primary code is its low byte.
    public init(extendedCode: Int32, message: String, sql: String? = nil) {
        self.code = extendedCode & 0xFF
        self.extendedCode = extendedCode
        self.message = message
        self.sql = sql
    }

    /// The last error of a connection.
    init(_ database: OpaquePointer?, _ code: Int32, sql: String?) {
        let extended = database.map { sqlite3_extended_errcode($0) } ?? code
        let text = database.flatMap { sqlite3_errmsg($0) } ?? sqlite3_errstr(code)
        self.init(
            extendedCode: extended & 0xFF == code & 0xFF ? extended : code,
            message: text.map { String(cString: $0) } ?? "unknown error",
            sql: sql
        )
    }

    /// `sqlite 19 (2067): UNIQUE constraint failed: ... in: INSERT ...`
    public var description: String {
        let tail = sql.map { " in: \($0.prefix(200))" } ?? ""
        return "sqlite \(code) (\(extendedCode)): \(message)\(tail)"
    }

    /// A cancellation flag or `interrupt()` ended the statement.
    public var isInterrupt: Bool { code == SQLITE_INTERRUPT }
    /// Somebody else holds the lock.
    public var isBusy: Bool { code == SQLITE_BUSY || code == SQLITE_LOCKED }
    /// A constraint of any kind failed.
    public var isConstraint: Bool { code == SQLITE_CONSTRAINT }
    /// A unique index, a primary key or the rowid is taken.
    public var isUniqueViolation: Bool {
        let known = SQLiteExtendedCode(rawValue: extendedCode)
        return known == .unique || known == .primaryKey || known == .rowID
    }
    /// The disk is full: the file, the log or its index could not grow.
    public var isDiskFull: Bool {
        code == SQLITE_FULL || extendedCode == SQLiteExtendedCode.sharedMemorySize.rawValue
    }
    /// A value or statement beyond a limit.
    public var isTooBig: Bool { code == SQLITE_TOOBIG }
    /// No memory, or none below `SQLiteMemory.bytesMax`.
    public var isOutOfMemory: Bool {
        code == SQLITE_NOMEM || extendedCode == SQLiteExtendedCode.inputOutputMemory.rawValue
    }
    /// A function of ours (or SQLite's compiler) raised a plain error.
    public var isGeneric: Bool { code == SQLITE_ERROR }
    /// The statement is fine but goes beyond what SQLite's compiler takes: levels, terms,
    /// arguments.
    public var isBeyondLimits: Bool {
        code == SQLITE_ERROR
            && Self.limitMessages.contains { message.contains($0) }
    }
    /// More tables in one join than SQLite takes.
    public var isTooManyTables: Bool { message.hasPrefix("at most 64 tables in a join") }
    /// The file is damaged or no database.
    public var isCorruption: Bool { code == SQLITE_CORRUPT || code == SQLITE_NOTADB }
    /// The schema changed under a prepared statement more often than SQLite retries.
    public var isSchemaChange: Bool { code == SQLITE_SCHEMA }
}

extension SQLiteError {
    /// How the compiler speaks of its limits; it has no code for them.
    private static let limitMessages = [
        "parser stack overflow", "Expression tree is too large", "too many arguments on function",
        "too many terms in", "too many columns", "too many FROM clause", "too many SQL variables",
        "too many levels of", "too many attached", "Recursion limit",
    ]
}

/// Extended result codes: C macros with an expression, `SQLITE_CONSTRAINT | (8 << 8)`, which Swift
/// does not import.
private enum SQLiteExtendedCode: Int32 {
    case unique = 0x813
    case primaryKey = 0x613
    case rowID = 0xA13
    case inputOutputMemory = 0xC0A
    case sharedMemorySize = 0x130A
}
