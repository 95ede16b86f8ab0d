import BorealBase
import BorealSQL

/// What translation needs to know about who asks.
struct TranslationContext: Sendable {
    var database: String?
    var schema: Schema
    /// The same without the session's temporary tables: what the names inside of views mean.
    var storedSchema: Schema
    var sqlMode: ModeFlags
    /// True when TIMESTAMP values are shown as they are stored, in UTC.
    var isUTC: Bool
    /// Classes of the statement's parameters; empty while only preparing.
    var parameters: [TableValue] = []
    /// The connection's collation compares by bytes.
    var isBinaryConnection = false
    /// `div_precision_increment`: digits that a quotient has more than its dividend.
    var divisionDigits = 4
    /// Types of user variables, by lower-case name.
    var variableTypes: [String: ColumnType] = [:]
    /// Answers `@@name`.
    var systemVariable: @Sendable (SystemVariable) throws -> TableValue
    /// The columns of a table such as those of information_schema; nil in an ordinary database.
    var systemTable: @Sendable (_ database: String, _ name: String) throws -> StoredTable?
    /// A function that is answered for many rows at once; nil where none may be called.
    var batchFunction: @Sendable (_ name: String) -> (any BatchFunction)? = { _ in nil }
    /// Functions, in upper case, whose arguments no name of a column may show.
    var hiddenCalls: [String] = []
    /// Throws when LOCK TABLES forbids to use a table, or to change it.
    var checkLocks: @Sendable (_ table: StoredTable, _ isChange: Bool) throws -> Void = { _, _ in }
    /// What the account may read, and which models it may ask.
    var rights = AccountRights.unlimited
}

/// A query in SQLite's language, ready to be prepared.
struct TranslatedQuery: Sendable {
    var sql: String
    var columns: [ResultColumn]
    /// Stored tables it reads, those of views too, for INSERT ... SELECT from the same table.
    var tables: [(database: String, table: String)] = []
    /// A temporary table that it reads, if it reads one.
    var temporaryTable: String?
    /// Tables and views that its text names: what its reader must have SELECT on.
    var named: [(database: String, table: String)] = []
    /// False when the text depends on values of the moment, such as variables.
    var isCacheable = true
    /// It asked for `FOUND_ROWS()` without LIMIT: the same query, counting.
    var countSQL: String?
    /// What has to be asked before, for batched calls in memo form.
    var passes: [BatchPass] = []
    /// Batched calls in streaming form; their arguments are columns behind the visible ones.
    var streams: [StreamedCall] = []
    /// The same query with groups made by hashing, which is tried first.
    var hashing: HashedGrouping?

    /// False once a model that it calls has been replaced.
    var isCurrent: Bool {
        passes.allSatisfy(\.call.isCurrent)
            && streams.allSatisfy { $0.rebinding != nil || $0.call.isCurrent }
    }
    /// Each run needs calls of its own, bound as they were here.
    var bindsAnew: Bool { streams.contains { $0.rebinding != nil } }
    /// Parameters that stand in LIMIT, which takes no negative number.
    var limitParameters: [Int] = []

    /// Whether somebody else may run the plan: what translation found for one is not true for all.
    ///
    /// - Throws: 1142 for a table or a model that the account may not read.
    func check(_ rights: AccountRights) throws {
        for (database, table) in named { try rights.check(.select, on: database, table) }
        for pass in passes { try pass.call.check(rights) }
        for stream in streams { try stream.call.check(rights) }
    }
}

/// What a statement calls a table, and its definition when it is a stored one.
struct AliasedTable {
    let name: String
    let table: StoredTable?
}

/// Turns MySQL's tree into SQLite's text. Works on the tree alone; what SQLite would answer
/// differently is called as a function of ours, and what it cannot do is an error.
final class Translator {
    var context: TranslationContext
    var isCacheable = true
    var limitParameters: [Int] = []
    var tables: [(database: String, table: String)] = []
    /// One of `tables` that is temporary.
    var temporaryTable: String?
    /// Of `tables` those that the statement itself names, and no view's query.
    var named: [(database: String, table: String)] = []
    /// The table that a change names, when its rows may be found without a right to read it.
    var unread: (database: String, table: String)?
    /// What stands behind the names inside SQLite, for EXPLAIN.
    var aliases: [String: AliasedTable] = [:]
    /// Common table expressions in scope, innermost last.
    var commonTables: [CommonTable] = []
    /// Bytes of the statement, for the names of unnamed columns.
    let text: [UInt8]
    private var aliasCount = 0
    var depth = 0
    /// Queries being translated, one inside the other: 1 in the one that the client sees.
    var queryDepth = 0
    /// Storage names of tables that the statement changes: no subquery may read one, except inside
    /// of a derived table, which is read first.
    var changedTables: Set<String> = []
    /// Derived tables and views around what is translated.
    var derivedDepth = 0
    /// Views being expanded, against endless recursion.
    var viewDepth = 0
    /// Set in ON DUPLICATE KEY UPDATE: how `VALUES(c)` is answered.
    var insertedValue: ((ColumnName) throws -> TypedSQL)?
    var windows: [String: WindowSpecification] = [:]

    // Batched calls.
    /// Passes of the blocks translated so far, inner ones first.
    var passes: [BatchPass] = []
    var slotCount = 0
    /// Slots in the order in which the text looks into them.
    var slotUses: [Int] = []
    /// Definitions of the common tables in scope, for the passes.
    var commonDefinitions: [String] = []
    /// The recursive common table whose member is being translated.
    var recursion: Recursion?
    /// Set until the outermost block of that member begins.
    var pendingRecursion: Recursion?
    /// Inside the query of a recursive common table.
    var isRecursive = false
    /// Streaming form may be used by the outermost block.
    var mayStream = false
    var streams: [StreamedCall] = []
    var streamedArguments: [TypedSQL] = []
    var hashing: HashedGrouping?
    /// Expressions so far that differ each time they are computed.
    var volatileCount = 0
    /// Whoever wants to know of columns from outside a block.
    var watchers: [(scope: Scope, isTouched: Bool)] = []

    init(_ context: TranslationContext, text: [UInt8]) {
        self.context = context
        self.text = text
    }

    /// A name for a table inside SQLite that nothing else has.
    func freshAlias(_ prefix: String = "t") -> String {
        aliasCount += 1
        return "\(prefix)\(aliasCount)"
    }

    /// The bytes of a span.
    func source(_ span: SourceSpan) -> String {
        guard span.range.upperBound <= text.count, span.range.lowerBound <= span.range.upperBound
        else {
            return ""
        }
        return String(decoding: text[span.range], as: UTF8.self)
    }

    /// Stops the translation of what is nested too deeply.
    func nested<R>(_ body: () throws -> R) throws -> R {
        depth += 1
        defer { depth -= 1 }
        guard depth <= TableLimits.expressionDepthMax else {
            throw TableError.notSupported("nesting")
        }
        return try body()
    }

    // MARK: - Names

    /// Finds a column in this block or one around it.
    func column(_ name: ColumnName, _ scope: Scope) throws -> TypedSQL {
        var block: Scope? = scope
        while let current = block {
            if let value = try current.value(of: name, isOwn: current === scope) {
                if !watchers.isEmpty { noteFound(current) }
                if let groups = current.hashed, !current.isInsideAggregate {
                    return try groups.key(value, current)
                }
                return value
            }
            block = current.parent
        }
        throw TableError.unknownColumn(name: name.written, place: scope.place)
    }

    /// Database and definition of a stored table.
    func storedTable(_ name: ObjectName) throws -> StoredTable {
        let (database, table) = try resolve(name)
        let schema = viewDepth > 0 ? context.storedSchema : context.schema
        guard let stored = schema.databases[database] else {
            throw TableError.unknownDatabase(database)
        }
        guard let definition = stored.tables[table] else {
            throw TableError.noSuchTable(database: database, table: table)
        }
        if !definition.isView { try context.checkLocks(definition, false) }
        return definition
    }

    /// The database a name means.
    func resolve(_ name: ObjectName) throws -> (database: String, table: String) {
        guard let database = name.database?.name ?? context.database else {
            throw TableError.noDatabaseSelected
        }
        return (database, name.name.name)
    }
}

extension ColumnName {
    /// `db.t.c`, as error messages show it.
    var written: String {
        [database?.name, table?.name, name.name].compactMap(\.self).joined(separator: ".")
    }
}

/// The parts of sql_mode that change meaning.
public struct ModeFlags: Equatable, Sendable {
    /// All names in force.
    public var names: Set<String>

    /// - Parameter text: names with commas between.
    public init(_ text: String) {
        names = Set(text.split(separator: ",").map { String($0) })
    }

    /// Bad values are errors.
    public var isStrict: Bool {
        names.contains("STRICT_TRANS_TABLES") || names.contains("STRICT_ALL_TABLES")
            || names.contains("TRADITIONAL")
    }
    /// `0000-00-00` is refused.
    public var refusesZeroDate: Bool { names.contains("NO_ZERO_DATE") }
    /// Zero months and days are refused.
    public var refusesZeroInDate: Bool { names.contains("NO_ZERO_IN_DATE") }
    /// A division by zero in a change is an error.
    public var refusesDivisionByZero: Bool { names.contains("ERROR_FOR_DIVISION_BY_ZERO") }
    /// 0 in an AUTO_INCREMENT column is 0.
    public var keepsZeroInAutoIncrement: Bool { names.contains("NO_AUTO_VALUE_ON_ZERO") }
    /// A difference with an unsigned number may be negative.
    public var subtractsSigned: Bool { names.contains("NO_UNSIGNED_SUBTRACTION") }
    /// Selected columns must be grouped.
    public var requiresFullGroupBy: Bool { names.contains("ONLY_FULL_GROUP_BY") }
}
