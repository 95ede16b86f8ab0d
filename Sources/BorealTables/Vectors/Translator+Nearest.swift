import BorealBase
import BorealSQL

/// `ORDER BY DISTANCE(constant, column, metric) LIMIT n` over one table: the rows are found by one
/// scan over the vectors alone, and SQLite sorts and shows only those.
extension Translator {
    /// A condition that holds for the rows that come first; nil for a block of another form.
    func nearest(
        _ block: QueryBlock,
        _ orderBy: [OrderItem],
        _ limit: LimitClause?,
        _ parts: TranslatedBlock
    ) throws -> String? {
        guard let limit, orderBy.count == 1, parts.conditions.isEmpty, parts.having == nil,
            !parts.isAggregate, !parts.isDistinct, parts.hidden.isEmpty,
            parts.scope.windowCount == 0, parts.scope.batchSites.isEmpty, volatileCount == 0,
            block.from.count == 1, case .table = block.from[0],
            let source = parts.scope.sources.first, parts.scope.sources.count == 1,
            let table = source.table, let alias = source.alias, table.hasVectors,
            let call = try distanceCall(orderBy[0], parts),
            let (column, other) = searched(call, source)
        else { return nil }
        let vector = try expression(other, parts.scope)
        guard vector.valueClass == .binary || vector.valueClass == .null else { return nil }
        let metric = text(try expression(call.arguments[2], parts.scope))
        guard let count = try wanted(limit, parts.scope) else { return nil }
        let arguments = [
            table.storageName.sqlLiteral, table.columns[column].name.sqlLiteral, vector.sql,
            metric.sql, count, orderBy[0].isDescending ? "1" : "0",
        ]
        return "\(alias)._rowid_ IN (SELECT value FROM json_each(b_nearest("
            + arguments.joined(separator: ", ") + ")))"
    }

    /// The call that an item of ORDER BY is, or is the alias or the place of.
    private func distanceCall(_ item: OrderItem, _ parts: TranslatedBlock) throws -> FunctionCall? {
        var node: Expression? = item.expression
        switch item.expression.kind {
        case .literal(.integer(let number)): node = parts.items[Int(number) - 1].node
        case .column(let name) where name.table == nil:
            node = try parts.scope.place(of: name.name.name).flatMap { parts.items[$0].node }
        default: break
        }
        guard case .function(let call)? = node?.kind, call.database == nil, call.over == nil,
            ["DISTANCE", "VECTOR_DISTANCE"].contains(call.name.name.uppercased()),
            call.arguments.count == 3, Self.isConstant(call.arguments[2])
        else { return nil }
        return call
    }

    /// The column of vectors that a call compares, and the constant that it compares it with.
    private func searched(
        _ call: FunctionCall,
        _ source: Source
    ) -> (column: Int, other: Expression)? {
        for (node, other) in [(0, 1), (1, 0)] {
            guard case .column(let name) = call.arguments[node].kind,
                name.table == nil || name.table?.name == source.name,
                name.database == nil || name.database?.name == source.database,
                let column = source.table?.columnIndex(name.name.name),
                source.table?.columns[column].type.base == .vector,
                Self.isConstant(call.arguments[other])
            else { continue }
            return (column, call.arguments[other])
        }
        return nil
    }

    /// Constants, parameters, and vectors made of them.
    private static func isConstant(_ node: Expression) -> Bool {
        switch node.kind {
        case .literal, .placeholder: return true
        case .function(let call):
            return call.database == nil
                && ["STRING_TO_VECTOR", "TO_VECTOR", "UNHEX"].contains(call.name.name.uppercased())
                && call.arguments.allSatisfy { isConstant($0) }
        default: return false
        }
    }

    /// How many rows LIMIT and its offset want together; nil when sorting all is as good.
    private func wanted(_ limit: LimitClause, _ scope: Scope) throws -> String? {
        // The clause itself is translated once more, and counts its parameters then.
        let before = limitParameters
        defer { limitParameters = before }
        var counts: [String] = []
        for node in [limit.count, limit.offset].compactMap({ $0 }) {
            if case .literal(.integer(let number)) = node.kind, number > TableLimits.nearestRowsMax
            {
                return nil
            }
            counts.append("(\(try limitNumber(node, scope)))")
        }
        return counts.joined(separator: " + ")
    }
}
