import BorealBase
import BorealSQL

/// An operand of a comparison: one value, or a row of operands.
private indirect enum RowOperand {
    case value(TypedSQL)
    case row([RowOperand])

    var count: Int {
        if case .row(let members) = self { members.count } else { 1 }
    }
}

/// Rows of values, lists and subqueries as operands.
extension Translator {
    // MARK: - Rows

    /// `left sign right` where one side at least is a row or a subquery of several columns; nil
    /// when both are single values.
    func rowComparison(
        _ sign: BinaryOperator,
        _ left: Expression,
        _ right: Expression,
        _ scope: Scope
    ) throws -> TypedSQL? {
        guard Self.isRow(left) || Self.isRow(right) else { return nil }
        var sources: [String] = []
        let a = try rowOperand(left, scope, &sources)
        let b = try rowOperand(right, scope, &sources)
        let test = try compared(sign, a, b)
        guard !sources.isEmpty else { return .boolean(test) }
        // A subquery without rows makes the comparison NULL, one with several is an error.
        return .boolean("(SELECT b_single(\(test)) FROM \(sources.joined(separator: ", ")))")
    }

    private static func isRow(_ node: Expression) -> Bool {
        switch node.kind {
        case .row: return true
        case .query(let query):
            guard case .select(let block) = query.body else { return false }
            return block.items.count > 1
        default: return false
        }
    }

    private func rowOperand(
        _ node: Expression,
        _ scope: Scope,
        _ sources: inout [String]
    ) throws -> RowOperand {
        switch node.kind {
        case .row(let members):
            return .row(
                try members.map { node in
                    guard case .row = node.kind else { return .value(try expression(node, scope)) }
                    return try nested { try rowOperand(node, scope, &sources) }
                }
            )
        case .query(let query):
            let inner = try self.query(query, parent: scope)
            let alias = freshAlias("q")
            sources.append("(\(inner.sql)) AS \(alias)")
            let members = inner.values.indices.map { index in
                RowOperand.value(Self.member(inner.values[index], alias, index))
            }
            return members.count == 1 ? members[0] : .row(members)
        default: return .value(try expression(node, scope))
        }
    }

    /// A column of a subquery as a value.
    static func member(_ value: TypedSQL, _ alias: String, _ index: Int) -> TypedSQL {
        var member = value
        member.sql = "\(alias).c\(index)"
        member.literal = nil
        return member
    }

    /// Two operands of one shape; values are compared by their types.
    private func compared(
        _ sign: BinaryOperator,
        _ left: RowOperand,
        _ right: RowOperand
    ) throws -> String {
        switch (left, right) {
        case (.value(let a), .value(let b)): return try comparison(sign, a, b).sql
        case (.row(let a), .row(let b)) where a.count == b.count:
            return try nested { try compared(sign, a[...], b[...]) }
        default: throw TableError.operandColumns(left.count)
        }
    }

    /// Rows are equal when all members are; of two that differ the first difference decides.
    private func compared(
        _ sign: BinaryOperator,
        _ left: ArraySlice<RowOperand>,
        _ right: ArraySlice<RowOperand>
    ) throws -> String {
        switch sign {
        case .equal, .nullSafeEqual:
            let tests = try zip(left, right).map { try compared(sign, $0, $1) }
            return "(" + tests.joined(separator: " AND ") + ")"
        case .notEqual:
            return "(NOT \(try compared(.equal, left, right)))"
        default:
            guard let a = left.first, let b = right.first else { return "1" }
            if left.count == 1 { return try compared(sign, a, b) }
            let strict: BinaryOperator =
                sign == .less || sign == .lessOrEqual ? .less : .greater
            let first = try compared(strict, a, b)
            let same = try compared(.equal, a, b)
            let rest = try compared(sign, left.dropFirst(), right.dropFirst())
            return "(\(first) OR (\(same) AND \(rest)))"
        }
    }

    // MARK: - IN

    /// `value IN (a, b, ...)`.
    func inList(
        _ value: Expression,
        _ list: [Expression],
        _ negated: Bool,
        _ scope: Scope
    ) throws -> TypedSQL {
        let not = negated ? "NOT " : ""
        if Self.isRow(value) || list.contains(where: Self.isRow) {
            let tests = try list.map { item in
                try rowComparison(.equal, value, item, scope)?.sql ?? "NULL"
            }
            return .boolean("(\(not)\(Self.anyOf(tests[...])))")
        }
        let operand = try expression(value, scope)
        let items = try list.map { try expression($0, scope) }
        let groups = try uniformLists(operand, agreed(operand, items))
        if groups.count == 1 {
            let members = groups[0].items.joined(separator: ", ")
            return .boolean("(\(groups[0].left) \(not)IN (\(members)))")
        }
        let tests = groups.map { "(\($0.left) IN (\($0.items.joined(separator: ", "))))" }
        return .boolean("(\(not)\(Self.anyOf(tests[...])))")
    }

    /// The texts of a list with the one collation that MySQL finds for all of them: a binary string
    /// among them makes all of them binary, an explicit collation is that of all.
    private func agreed(_ operand: TypedSQL, _ items: [TypedSQL]) -> [TypedSQL] {
        guard operand.valueClass == .text else { return items }
        if items.contains(where: { $0.valueClass == .binary }) {
            return items.map { $0.valueClass == .text ? bytes($0) : $0 }
        }
        let isExplicit = { (item: TypedSQL) in item.valueClass == .text && item.coercibility == 0 }
        guard let deciding = items.first(where: isExplicit) else { return items }
        return items.map { item in
            guard item.valueClass == .text, item.coercibility > 0 else { return item }
            var item = item
            item.collation = deciding.collation
            item.coercibility = 0
            return item
        }
    }

    /// The members of a list by how they compare with the operand: for those of one group SQLite's
    /// own IN serves, with its index look-ups. There are as many groups as ways to compare, however
    /// long the list.
    private func uniformLists(
        _ operand: TypedSQL,
        _ items: [TypedSQL]
    ) throws -> [(left: String, items: [String])] {
        var groups: [(left: String, items: [String])] = []
        var places: [String: Int] = [:]
        var nulls: [String] = []
        for item in items {
            let (a, b, collation) = try comparable(operand, item)
            guard item.valueClass != .null else {
                nulls.append(b)
                continue
            }
            let left = a + (collation.map { " COLLATE \($0)" } ?? "")
            if let place = places[left] {
                groups[place].items.append(b)
            } else {
                places[left] = groups.count
                groups.append((left, [b]))
            }
        }
        // A NULL is equal to nothing in any way of comparing.
        if groups.isEmpty { return [(operand.sql, nulls)] }
        groups[0].items += nulls
        return groups
    }

    /// `(a OR b OR ...)` as a tree of few levels, so that long chains stay within SQLite's depth.
    private static func anyOf(_ tests: ArraySlice<String>) -> String {
        guard tests.count > 8 else { return "(" + tests.joined(separator: " OR ") + ")" }
        let middle = tests.startIndex + tests.count / 2
        return "(\(anyOf(tests[..<middle])) OR \(anyOf(tests[middle...])))"
    }

    /// `value IN (query)`, a row of values too. SQLite's NULLs in IN are MySQL's.
    func inQuery(
        _ value: Expression,
        _ query: Query,
        _ negated: Bool,
        _ scope: Scope
    ) throws -> TypedSQL {
        let members: [Expression]
        if case .row(let row) = value.kind { members = row } else { members = [value] }
        let inner = try self.query(query, parent: scope)
        guard inner.values.count == members.count else {
            throw TableError.operandColumns(members.count)
        }
        var lefts: [String] = []
        var rights: [String] = []
        let alias = freshAlias("q")
        for (index, node) in members.enumerated() {
            let left = try expression(node, scope)
            let right = Self.member(inner.values[index], alias, index)
            let (a, b, collation) = try comparable(left, right)
            lefts.append(a + (collation.map { " COLLATE \($0)" } ?? ""))
            rights.append(b)
        }
        let subject = lefts.count == 1 ? lefts[0] : "(" + lefts.joined(separator: ", ") + ")"
        let not = negated ? "NOT " : ""
        let list = rights.joined(separator: ", ")
        return .boolean("(\(subject) \(not)IN (SELECT \(list) FROM (\(inner.sql)) AS \(alias)))")
    }

    // MARK: - Subqueries

    /// `value > ALL (query)` and `value = ANY (query)`, by counting, with NULLs as MySQL has them.
    func quantified(
        _ sign: BinaryOperator,
        _ value: Expression,
        _ quantifier: Expression.Quantifier,
        _ query: Query,
        _ scope: Scope
    ) throws -> TypedSQL {
        if quantifier == .any && sign == .equal { return try inQuery(value, query, false, scope) }
        if quantifier == .all && sign == .notEqual { return try inQuery(value, query, true, scope) }
        let left = try expression(value, scope)
        let inner = try self.query(query, parent: scope)
        guard inner.values.count == 1 else { throw TableError.operandColumns(1) }
        let alias = freshAlias("q")
        let test = try comparison(sign, left, Self.member(inner.values[0], alias, 0)).sql
        let from = "FROM (\(inner.sql)) AS \(alias)"
        // The worst member decides ALL, the best one ANY; NULL counts only when neither decides.
        let extreme = quantifier == .all ? "min" : "max"
        let decided = quantifier == .all ? 0 : 1
        let sql =
            "(SELECT CASE WHEN count(*) = 0 THEN \(1 - decided) "
            + "WHEN \(extreme)(\(test)) = \(decided) "
            + "THEN \(decided) WHEN count(*) > count(\(test)) THEN NULL "
            + "ELSE \(1 - decided) END \(from))"
        return .boolean(sql)
    }

    /// A subquery as a value.
    func scalar(_ query: Query, _ scope: Scope) throws -> TypedSQL {
        let inner = try self.query(query, parent: scope)
        guard inner.values.count == 1 else { throw TableError.operandColumns(1) }
        var result = inner.values[0]
        // More than one row must be an error: count while taking the first.
        if inner.isSingleRow {
            result.sql = "(\(inner.sql))"
        } else {
            let alias = freshAlias("q")
            result.sql = "(SELECT b_single(\(alias).c0) FROM (\(inner.sql)) AS \(alias))"
        }
        result.literal = nil
        result.origin = nil
        result.isNullable = true
        return result
    }
}
