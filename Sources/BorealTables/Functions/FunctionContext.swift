import BorealBase
import BorealSQLite

/// What the SQL functions of a connection know about the statement that runs on it.
///
/// Belongs to one connection, which one thread at a time uses.
final class FunctionContext: @unchecked Sendable {
    /// Whose statement runs, for the rows of system tables.
    weak var session: TableSession?
    /// The error that a function raised: SQLite can carry only a text.
    var pendingError: TableError?
    /// The start of the statement.
    var now = Instant(microseconds: 0)
    /// Minutes east of UTC of the session's time zone.
    var offsetMinutes = 0
    /// The current database.
    var database: String?
    /// `USER()`: who the client said it was, and from where.
    var user = "root@localhost"
    /// `CURRENT_USER()`: the account it is.
    var account = "root@localhost"
    /// `CONNECTION_ID()`.
    var connectionID: UInt64 = 0
    /// `LAST_INSERT_ID()` as it was before the statement.
    var lastInsertID: UInt64 = 0
    /// Set by LAST_INSERT_ID(expr).
    var insertIDSet: UInt64?
    /// `ROW_COUNT()` of the statement before.
    var rowCount: Int64 = -1
    /// `FOUND_ROWS()` of the statement before.
    var foundRows: UInt64 = 0
    /// User variables by lower-case name.
    var variables: [String: (value: SQLiteValue, type: ColumnType)] = [:]
    /// What the client sent along with the statement, by name.
    var attributes: [String: String?] = [:]
    /// Bytes of a GROUP_CONCAT.
    var groupConcatMax = 1_024
    /// `cte_max_recursion_depth`.
    var recursionMax = 1_000
    /// Rows that recursive tables without ALL have yielded in this statement.
    var recursionRows = 0
    var isStrict = true
    /// Set while a change runs: a division by zero is then an error.
    var divisionByZeroFails = false
    /// The mode of WEEK() without one.
    var defaultWeekMode = 0
    /// Names of months and weekdays.
    var timeLocale = TimeLocale.english
    /// `block_encryption_mode`.
    var blockMode = "aes-128-ecb"
    /// Months and days of 0 are no dates.
    var refusesZeroInDate = true
    /// Sequences of RAND(seed), by the call's place in the statement.
    var randoms: [Int: SeededRandom] = [:]
    /// Compiled patterns of LIKE and REGEXP, by their text.
    var likePatterns: [String: LikePattern] = [:]
    var regexes: [String: MatchPattern] = [:]
    /// A query runs that may end in the middle to wait, and begin anew.
    var canWait = false
    /// When the time of a query that can wait is over.
    var deadlineMilliseconds: UInt64?
    /// What functions answered that must not answer anew, in order, and how many were given again.
    var answers: [SQLiteValue] = []
    var answerCount = 0
    /// What the query has to wait for.
    var pendingWait: FunctionWait?
    /// Warnings raised by functions.
    var warnings: [TableWarning] = []
    /// Answers of batched calls, by slot.
    var memos: [BatchMemo] = []
    /// The groups of the statement: keys, then accumulators.
    var groups: [[SQLiteValue]] = []

    /// Raises an error inside a function.
    func fail(_ call: SQLiteCall, _ error: TableError) {
        pendingError = error
        call.fail("!")
    }

    /// Adds a warning, while there is room for one.
    func warn(_ error: TableError) {
        if warnings.count < TableLimits.warningsMax {
            warnings.append(TableWarning(.warning, error))
        }
    }

    /// Now in the session's time zone.
    var localNow: CalendarTime {
        CalendarTime(epochMicroseconds: Int(now.microseconds) + offsetMinutes * 60_000_000)
    }
}

/// Registers everything of ours on a new connection.
enum FunctionLibrary {
    static func install(_ database: SQLiteConnection, _ context: FunctionContext)
        throws(SQLiteError)
    {
        for name in StorageName.collations {
            try database.addCollation(name, StorageName.order(name))
        }
        let registry = FunctionRegistry(database, context)
        try registry.addConversions()
        try registry.addArithmetic()
        try registry.addText()
        try registry.addSearch()
        try registry.addEncodings()
        try registry.addAddresses()
        try registry.addCiphers()
        try registry.addIdentifiers()
        try registry.addNumbers()
        try registry.addTimes()
        try registry.addCalendar()
        try registry.addSession()
        try registry.addJSON()
        try registry.addPatterns()
        try registry.addAggregates()
        try registry.addWaits()
        try registry.addRecursion()
        try registry.addMemos()
        try registry.addVectors()
        try registry.addNearest()
    }
}

/// Short words for registering functions.
struct FunctionRegistry {
    /// Where functions are registered.
    let database: SQLiteConnection
    /// What the functions know.
    let context: FunctionContext

    init(_ database: SQLiteConnection, _ context: FunctionContext) {
        self.database = database
        self.context = context
    }

    /// A function that answers NULL as soon as one argument is NULL.
    func add(
        _ name: String,
        _ count: Int = -1,
        isDeterministic: Bool = true,
        _ body: @escaping @Sendable (SQLiteCall) -> Void
    ) throws(SQLiteError) {
        try database.addFunction(name, argumentCount: count, isDeterministic: isDeterministic) {
            call in
            if call.hasNull { call.resultNull() } else { body(call) }
        }
    }

    /// A function that sees NULLs.
    func addRaw(
        _ name: String,
        _ count: Int = -1,
        isDeterministic: Bool = true,
        _ body: @escaping @Sendable (SQLiteCall) -> Void
    ) throws(SQLiteError) {
        try database.addFunction(name, argumentCount: count, isDeterministic: isDeterministic, body)
    }

    /// A function from text to text.
    func addText(_ name: String, _ body: @escaping @Sendable (String) -> String?)
        throws(SQLiteError)
    {
        try add(name, 1) { call in call.result(body(call.text(0))) }
    }

    /// A function from numbers to a number; what is not finite is NULL.
    func addReal(_ name: String, _ body: @escaping @Sendable (Double) -> Double) throws(SQLiteError)
    {
        try add(name, 1) { call in call.result(finite: body(call.double(0))) }
    }
}

extension SQLiteCall {
    /// Answers text, or NULL.
    func result(_ value: String?) {
        if let value { result(value) } else { resultNull() }
    }

    /// Answers a number, or NULL when it is not finite.
    func result(finite value: Double) {
        if value.isFinite { result(value) } else { resultNull() }
    }

    /// Answers a decimal in canonical text.
    func result(_ value: DecimalNumber?) {
        if let value { result(value.text) } else { resultNull() }
    }

    /// A whole number that may be a BIGINT UNSIGNED.
    func whole(_ index: Int) -> Int128 {
        type(index) == .blob
            ? Int128(bytes(index).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
            : Int128(int64(index))
    }

    /// A whole number as 64 bits, whatever their sign.
    func bitPattern(_ index: Int) -> UInt64 { UInt64(truncatingIfNeeded: whole(index)) }

    /// Answers a BIGINT UNSIGNED.
    func result(_ value: UInt64) { result(SQLiteValue.unsigned(value)) }

    /// A decimal argument.
    func decimal(_ index: Int) -> DecimalNumber {
        switch type(index) {
        case .integer: DecimalNumber(int64(index))
        case .real: DecimalNumber(double(index)) ?? DecimalNumber()
        default: DecimalNumber.prefix(of: bytes(index))?.number ?? DecimalNumber()
        }
    }

    /// A small whole number argument.
    func int(_ index: Int) -> Int {
        type(index) == .blob ? Int(clamping: whole(index)) : Int(clamping: int64(index))
    }
}
