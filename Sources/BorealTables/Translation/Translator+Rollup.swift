import BorealBase
import BorealSQL

/// WITH ROLLUP: the groups once more for each shorter list of what is grouped by, down to none.
extension Translator {
    /// Each list of what is grouped by is a query of its own, in which the expressions that are
    /// rolled up are NULL outside of aggregates; UNION ALL puts them together.
    func rolledUp(
        _ block: QueryBlock,
        _ orderBy: [OrderItem],
        _ limit: LimitClause?,
        _ first: Scope,
        _ isShown: Bool
    ) throws -> InnerQuery {
        let count = block.groupBy.count
        guard count <= TableLimits.rollupMax else {
            throw TableError.notSupported("WITH ROLLUP over \(count) expressions")
        }
        var levels: [String] = []
        var shown: TranslatedBlock?
        for level in stride(from: count, through: 0, by: -1) {
            let scope = level == count ? first : Scope(parent: first.parent)
            let parts = try rollupLevel(block, orderBy, level, scope)
            if shown == nil {
                try checkGrouping(parts, block, [])
                shown = parts
            }
            levels.append(try assembled(parts, nil, isShown: true).sql)
        }
        guard let shown else { throw TableError.internalError("no level") }
        let alias = freshAlias("r")
        let values = shown.items.enumerated().map { index, item in
            var value = Self.member(item.value, alias, index)
            value.isNullable = true
            value.isLoose = false
            return value
        }
        let list = values.enumerated().map { index, value in
            "\(block.isDistinct ? value.collated : value.sql) AS c\(index)"
        }
        var sql = "SELECT \(block.isDistinct ? "DISTINCT " : "")\(list.joined(separator: ", ")) "
        sql += "FROM (\(levels.joined(separator: " UNION ALL "))) AS \(alias)"
        sql += " ORDER BY " + rollupOrder(orderBy, count, alias).joined(separator: ", ")
        if let limit { sql += try limitSQL(limit, first) }
        var inner = InnerQuery(sql: sql, values: values, names: shown.items.map(\.name))
        inner.isClosed = true
        inner.isMaterialized = true
        return inner
    }

    /// The groups over the first `level` expressions, with hidden columns to sort by.
    private func rollupLevel(
        _ block: QueryBlock,
        _ orderBy: [OrderItem],
        _ level: Int,
        _ scope: Scope
    ) throws -> TranslatedBlock {
        let from = try self.from(block.from, scope)
        let filter = try filter(block.condition, scope)
        let groupBy = try self.groupBy(block, scope)
        let values = scope.grouping?.values ?? []
        let kept = Set(values[..<level].map(\.sql))
        scope.grouping?.rolledUp = Set(values[level...].map(\.sql)).subtracting(kept)
        scope.grouping?.hasRollup = true
        // A group by NULL is all rows, and none when there are none.
        let keys = level == 0 ? ["NULL"] : Array(groupBy[..<level])
        var parts = try clauses(block, [], scope, from, filter.all, keys)
        guard scope.batchSites.isEmpty else {
            throw TableError.notSupported("a batched function in a query WITH ROLLUP")
        }
        scope.place = "order clause"
        for (index, item) in orderBy.enumerated() {
            let value = try orderValue(item, parts.items, scope)?.value ?? .null
            parts.hidden.append("\(sortKey(settled(value))) AS o\(index)")
        }
        for (index, value) in values.enumerated() {
            let key = index < level ? sortKey(value) : "NULL"
            parts.hidden.append("\(key) AS k\(index), \(index < level ? 0 : 1) AS f\(index)")
        }
        parts.isDistinct = false
        return parts
    }

    /// By ORDER BY; else each group's sum behind its members.
    private func rollupOrder(_ orderBy: [OrderItem], _ count: Int, _ alias: String) -> [String] {
        guard orderBy.isEmpty else {
            return orderBy.indices.map { index in
                "\(alias).o\(index)" + (orderBy[index].isDescending ? " DESC" : "")
            }
        }
        return (0..<count).flatMap { ["\(alias).f\($0)", "\(alias).k\($0)"] }
    }
}
