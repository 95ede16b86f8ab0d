import BorealBase
import BorealSQL

/// A recursive common table expression while its recursive members are translated.
///
/// SQLite runs recursion from a queue of rows and knows no iterations; a column `d` counts them,
/// except with UNION DISTINCT, where it would make equal rows different.
final class Recursion {
    /// What the statement calls it.
    let name: String
    /// Its name inside SQLite.
    let alias: String
    /// The columns, of the types that the first members gave them.
    let columns: [(name: String, value: TypedSQL)]
    /// It counts its iterations in a column `d`.
    let countsDepth: Bool
    /// The alias by which the member being translated reads it.
    var reference: String?
    /// The block of that member: nowhere else may it be read.
    var scope: Scope?

    init(
        name: String,
        alias: String,
        columns: [(name: String, value: TypedSQL)],
        countsDepth: Bool
    ) {
        self.name = name
        self.alias = alias
        self.columns = columns
        self.countsDepth = countsDepth
    }
}

/// WITH RECURSIVE.
extension Translator {
    /// One member of a chain of unions.
    private struct Member {
        var body: QueryBody
        /// UNION ALL stands in front of it.
        var isAll: Bool
    }

    /// The definition of a common table that names itself; nil when it does not.
    func recursiveTable(
        _ table: CommonTableExpression,
        _ alias: String,
        _ parent: Scope?
    ) throws -> (sql: String, entry: CommonTable)? {
        let name = table.name.name
        guard Self.mentions(name, table.query.body) else { return nil }
        var members: [Member] = []
        guard flatten(table.query.body, true, &members), members.count > 1 else {
            throw TableError.query(.recursionNeedsUnion(name))
        }
        let first = members.firstIndex { Self.mentions(name, $0.body) } ?? 0
        let (seeds, steps) = (members[..<first], members[first...])
        guard !seeds.isEmpty, steps.allSatisfy({ Self.mentions(name, $0.body) }) else {
            throw TableError.query(.recursionOrder(name))
        }
        guard table.query.orderBy.isEmpty else {
            throw TableError.notSupported("ORDER BY in a recursive common table expression")
        }
        let isAll = steps.allSatisfy(\.isAll)
        guard isAll || !steps.contains(where: \.isAll) else {
            throw TableError.notSupported("UNION ALL and UNION mixed in a recursive query")
        }
        let seed = try query(Query(body: Self.chain(seeds)), parent: parent)
        guard table.columns.isEmpty || table.columns.count == seed.values.count else {
            throw TableError.query(.columnListDiffers)
        }
        let columns = seed.values.enumerated().map { index, value -> (String, TypedSQL) in
            var column = settled(value)
            column.isNullable = true
            return (table.columns.isEmpty ? seed.names[index] : table.columns[index].name, column)
        }
        let recursion = Recursion(name: name, alias: alias, columns: columns, countsDepth: isAll)
        let entry = CommonTable(name: name, alias: alias, columns: columns)
        commonTables.append(entry)
        defer { commonTables.removeLast() }
        let tail = isAll ? ", 0 AS d" : ""
        let start = freshAlias("u")
        let list = columns.indices.map { index in
            let value = Self.member(seed.values[index], start, index)
            return "\(isAll ? settled(value).sql : settled(value).collated) AS c\(index)"
        }
        var parts = ["SELECT \(list.joined(separator: ", "))\(tail) FROM (\(seed.sql)) AS \(start)"]
        for step in steps { parts.append(try self.step(step.body, recursion, parent)) }
        var sql = parts.joined(separator: isAll ? " UNION ALL " : " UNION ")
        if let limit = table.query.limit { sql += try limitSQL(limit, Scope(parent: nil)) }
        let names = columns.indices.map { "c\($0)" } + (isAll ? ["d"] : [])
        return ("\(alias)(\(names.joined(separator: ", "))) AS (\(sql))", entry)
    }

    /// The members of a chain of unions, first to last; false when it is something else.
    private func flatten(_ body: QueryBody, _ isAll: Bool, _ members: inout [Member]) -> Bool {
        guard case .combined(let operation) = body else {
            members.append(Member(body: body, isAll: isAll))
            return true
        }
        guard operation.kind == .union, flatten(operation.left, isAll, &members) else {
            return false
        }
        members.append(Member(body: operation.right, isAll: operation.isAll))
        return true
    }

    /// The members as one query again.
    private static func chain(_ members: ArraySlice<Member>) -> QueryBody {
        members.dropFirst().reduce(members.first?.body ?? .values([])) { left, member in
            .combined(
                SetOperation(kind: .union, isAll: member.isAll, left: left, right: member.body)
            )
        }
    }

    /// A recursive member. It must read the table in its own FROM, so values are brought to the
    /// table's types in its select list and not around it.
    private func step(
        _ body: QueryBody,
        _ recursion: Recursion,
        _ parent: Scope?
    ) throws -> String {
        guard case .select(let block) = body else {
            throw TableError.notSupported("this recursive query block")
        }
        guard block.groupBy.isEmpty, !block.isDistinct else {
            throw TableError.query(.recursionAggregates(recursion.name))
        }
        let outer = (self.recursion, pendingRecursion)
        (self.recursion, pendingRecursion) = (recursion, recursion)
        (recursion.reference, recursion.scope) = (nil, nil)
        defer { (self.recursion, pendingRecursion) = outer }
        queryDepth += 1
        defer { queryDepth -= 1 }
        let inner = try nested { try self.body(body, parent) }
        guard inner.values.count == recursion.columns.count else { throw TableError.selectsDiffer }
        return inner.sql
    }

    /// The select list of a recursive member: values of the types of the first members.
    func recursiveItems(_ values: [TypedSQL], _ recursion: Recursion) throws -> [String] {
        guard let reference = recursion.reference else {
            throw TableError.query(.recursionJoin(recursion.name))
        }
        guard values.count == recursion.columns.count else { throw TableError.selectsDiffer }
        var list = try zip(values, recursion.columns).enumerated().map { index, pair in
            let (value, column) = pair
            var result = try converted(value, to: column.value.type)
            if result.valueClass == .text, text(value).type.length > column.value.type.length {
                let length = column.value.type.length
                result.sql = "b_fit(\(result.sql), \(length), \(column.name.sqlLiteral))"
            }
            if result.valueClass == .decimal {
                let size = "\(result.type.length), \(result.type.decimals)"
                result.sql = "b_fit_decimal(\(result.sql), \(size), \(column.name.sqlLiteral))"
            }
            let isCounted = index == 0 && !recursion.countsDepth
            return (isCounted ? "b_counted(\(result.sql))" : result.sql) + " AS c\(index)"
        }
        if recursion.countsDepth { list.append("b_depth(\(reference).d + 1) AS d") }
        return list
    }

    // MARK: - Who reads whom

    /// Some FROM of the body names the table.
    private static func mentions(_ name: String, _ body: QueryBody) -> Bool {
        switch body {
        case .select(let block): return block.from.contains { mentions(name, $0) }
        case .values: return false
        case .table(let table): return table.database == nil && table.name.name == name
        case .combined(let operation):
            return mentions(name, operation.left) || mentions(name, operation.right)
        case .parenthesized(let query): return mentions(name, query.body)
        }
    }

    private static func mentions(_ name: String, _ reference: TableReference) -> Bool {
        switch reference {
        case .table(let table):
            return table.name.database == nil && table.name.name.name == name
        case .derived(let derived): return mentions(name, derived.query.body)
        case .join(let join): return mentions(name, join.left) || mentions(name, join.right)
        case .group(let members): return members.contains { mentions(name, $0) }
        case .function: return false
        }
    }
}
