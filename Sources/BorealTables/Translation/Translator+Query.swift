import BorealBase
import BorealSQL

/// A query in SQLite's language whose columns are called `c0`, `c1`, ...
struct InnerQuery {
    var sql: String
    /// One a column; `sql` of a value is what stood in its select list.
    var values: [TypedSQL]
    var names: [String]
    /// It cannot yield more than one row.
    var isSingleRow = false
    /// It ends in ORDER BY or LIMIT, so it cannot be an operand of UNION as it is.
    var isClosed = false
    /// A chain of UNION and its like, so it cannot be the right operand of another as it is.
    var isCompound = false
    /// As a derived table MySQL would store its rows first: quotients lose the digits not shown.
    var isMaterialized = false
    /// Sets of columns of which each determines the whole row, by their places.
    var keys: [[Int]] = []
}

extension Translator {
    /// The whole statement.
    ///
    /// - Parameter streams: batched calls of the select list may be answered while rows are on
    ///   their way; whoever runs it must then fill them in.
    func translate(_ query: Query, streams: Bool = false) throws -> TranslatedQuery {
        mayStream = streams
        let inner = try self.query(query, parent: nil)
        var result = TranslatedQuery(sql: inner.sql, columns: [])
        result.columns = zip(inner.names, inner.values).map { ResultColumn(name: $0, value: $1) }
        result.tables = tables
        result.named = named
        result.temporaryTable = temporaryTable
        result.isCacheable = isCacheable
        result.passes = passes
        result.streams = self.streams
        result.hashing = hashing
        result.limitParameters = limitParameters
        return result
    }

    /// A query inside another, or the outermost one.
    func query(_ query: Query, parent: Scope?) throws -> InnerQuery {
        try nested {
            let outerTables = (commonTables, commonDefinitions)
            defer { (commonTables, commonDefinitions) = outerTables }
            queryDepth += 1
            defer { queryDepth -= 1 }
            let with = try query.with.map { try self.with($0, parent) } ?? ""
            var inner: InnerQuery
            if case .select(let block) = query.body {
                inner = try self.block(block, query.orderBy, query.limit, parent)
            } else {
                inner = try body(query.body, parent)
                inner = try ordered(inner, query.orderBy, query.limit)
            }
            inner.sql = with + inner.sql
            if !with.isEmpty { inner.isClosed = true }
            return inner
        }
    }

    func body(_ body: QueryBody, _ parent: Scope?) throws -> InnerQuery {
        switch body {
        case .select(let block): return try self.block(block, [], nil, parent)
        case .parenthesized(let query): return try self.query(query, parent: parent)
        case .table(let name):
            let item = SelectItem(kind: .star)
            let table = TableReference.table(NamedTable(name: name))
            return try block(QueryBlock(items: [item], from: [table]), [], nil, parent)
        case .values(let rows): return try valueRows(rows, parent)
        case .combined(let operation): return try nested { try combined(operation, parent) }
        }
    }

    func limitSQL(_ limit: LimitClause, _ scope: Scope) throws -> String {
        var sql = " LIMIT \(try limitNumber(limit.count, scope))"
        if let offset = limit.offset { sql += " OFFSET \(try limitNumber(offset, scope))" }
        return sql
    }

    func limitNumber(_ node: Expression, _ scope: Scope) throws -> String {
        switch node.kind {
        case .literal(.integer(let number)): return String(min(number, UInt64(Int64.max)))
        case .literal(.decimal(let digits)) where digits.allSatisfy(\.isNumber):
            return String(Int64.max)
        case .placeholder(let index):
            limitParameters.append(index)
            try context.parameters.checkLimits([index])
            return Self.boundLimit(index, context.parameters)
        default: throw TableError.notSupported("LIMIT with this expression")
        }
    }

    /// Whatever is bound counts as a whole number, as MySQL has it: clients bind texts here too.
    private static func boundLimit(_ index: Int, _ parameters: [TableValue]) -> String {
        let bound = "?\(index + 1)"
        guard index < parameters.count else { return bound }
        return switch parameters[index] {
        case .integer: bound
        // An unsigned number that no signed one holds is a blob.
        case .unsigned: "iif(typeof(\(bound)) = 'blob', \(Int64.max), \(bound))"
        case .real, .decimal: "CAST(round(\(bound)) AS INTEGER)"
        default: "ifnull(CAST(\(bound) AS INTEGER), 0)"
        }
    }
}
