import BorealBase
import BorealSQL

/// Plans that group by hashing.
extension Translator {
    /// The block once more over groups that are made by hashing; nil when it is none of those whose
    /// keys are columns and whose aggregates are plain ones.
    func hashed(
        _ block: QueryBlock,
        _ orderBy: [OrderItem],
        _ limit: LimitClause?,
        _ scope: Scope
    ) -> HashedGrouping? {
        guard mayStream, queryDepth == 1, scope.parent == nil, !block.groupBy.isEmpty,
            block.windows.isEmpty, !block.calculatesFoundRows, scope.windowCount == 0,
            scope.batchSites.isEmpty,
            passes.isEmpty, volatileCount == 0
        else { return nil }
        let before = (tables, isCacheable, limitParameters)
        defer { (tables, isCacheable, limitParameters) = before }
        // The block is translated already: an error here only says that hashing does not fit.
        return try? hashed(block, orderBy, limit)
    }

    private func hashed(
        _ block: QueryBlock,
        _ orderBy: [OrderItem],
        _ limit: LimitClause?
    ) throws -> HashedGrouping {
        let scope = Scope(parent: nil)
        let from = try self.from(block.from, scope)
        let filter = try filter(block.condition, scope)
        _ = try groupBy(block, scope)
        let keys = try block.groupBy.map { node -> TypedSQL in
            guard case .column(let name) = node.kind,
                scope.columns(name.name.name, table: name.table?.name, database: nil).count == 1
            else { throw HashedGroups.NotHashable() }
            return try column(name, scope)
        }
        let groups = HashedGroups(keys: keys)
        scope.hashed = groups
        var parts = try clauses(block, orderBy, scope, from, filter.all, [])
        scope.hasAggregate = false
        parts.from = HashedGrouping.tableName + " AS g"
        parts.conditions = []
        let answer = try assembled(parts, limit, isShown: true)
        let (columns, places) = groups.reading
        guard columns.count <= HashedGrouping.columnsMax else { throw HashedGroups.NotHashable() }
        return HashedGrouping(
            sql: "SELECT " + columns.joined(separator: ", ") + Self.source(from, filter.all),
            keys: keys.map { $0.valueClass == .text ? $0.collationName : "BINARY" },
            accumulators: zip(groups.accumulators, places).map { ($0.kind, $1) },
            answer: answer.sql
        )
    }

    /// An aggregate over groups made by hashing.
    func hashedAggregate(
        _ name: String,
        _ call: FunctionCall,
        _ scope: Scope,
        _ groups: HashedGroups
    ) throws -> TypedSQL {
        guard !call.isDistinct, call.isStar || call.arguments.count == 1 else {
            throw HashedGroups.NotHashable()
        }
        if name == "COUNT" {
            let argument = try call.arguments.first.map { try expression($0, scope).sql }
            var result = TypedSQL.integer(
                try groups.accumulator(argument == nil ? .rows : .values, argument),
                bits: 62
            )
            result.isNullable = false
            return result
        }
        let value = try expression(call.arguments[0], scope)
        switch name {
        case "SUM", "AVG":
            let operand = number(value)
            return try sum(name, operand) { kind, argument in
                // Whole numbers are added as they are, not by their decimal texts.
                let isWide = operand.valueClass.isWhole && kind != .wholeSum
                guard isWide else { return try groups.accumulator(kind, argument) }
                return try groups.accumulator(kind == .exactSum ? .wideSum : kind, operand.sql)
            }
        case "MIN", "MAX":
            return try extreme(value) { operand, collation in
                let kind: HashedGrouping.Accumulator =
                    name == "MIN" ? .least(collation: collation) : .greatest(collation: collation)
                return try groups.accumulator(kind, operand)
            }
        default: throw HashedGroups.NotHashable()
        }
    }
}
