import BorealBase
import BorealSQL
import BorealSQLite

/// Queries that answer columns of one row at most, found by a unique key: the work of each of their
/// executions is a walk down one tree, whatever the table holds, so that it may be done where
/// nothing else may take long.
extension Query {
    /// The stored table whose unique key this query gives the values of.
    func keyedTable(_ context: TranslationContext) -> StoredTable? {
        guard with == nil, into == nil, locks.isEmpty, case .select(let block) = body,
            block.from.count == 1, case .table(let named) = block.from[0],
            block.isPlain, orderBy.allSatisfy({ $0.expression.isColumn }),
            let database = named.name.database?.name ?? context.database,
            let table = context.schema.databases[database]?.tables[named.name.name.name],
            !table.isView, let condition = block.condition
        else { return nil }
        var fixed: Set<Int> = []
        guard condition.collectEqualities(table, &fixed) else { return nil }
        let isKeyed = table.indexes.contains { index in
            index.isUnique
                && index.parts.allSatisfy { part in
                    part.prefix == nil
                        && table.columnIndex(part.column).map(fixed.contains) == true
                }
        }
        return isKeyed ? table : nil
    }
}

extension QueryBlock {
    /// Columns of a table and nothing that reads other rows.
    var isPlain: Bool {
        guard groupBy.isEmpty, having == nil, windows.isEmpty, !withRollup, !calculatesFoundRows
        else { return false }
        return items.allSatisfy { item in
            switch item.kind {
            case .star, .tableStar: true
            case .expression(let node, _): node.isColumn
            }
        }
    }
}

extension Expression {
    fileprivate var isColumn: Bool { if case .column = kind { true } else { false } }

    private var isConstant: Bool {
        switch kind {
        case .literal, .placeholder: true
        default: false
        }
    }

    /// Notes the columns that `a = 1 AND b = ?` fixes.
    ///
    /// - Returns: false for a condition of another form.
    fileprivate func collectEqualities(_ table: StoredTable, _ fixed: inout Set<Int>) -> Bool {
        switch kind {
        case .binary(.and, let left, let right):
            return left.collectEqualities(table, &fixed) && right.collectEqualities(table, &fixed)
        case .binary(.equal, let left, let right):
            let (column, value) = left.isColumn ? (left, right) : (right, left)
            guard case .column(let name) = column.kind, value.isConstant,
                let index = table.columnIndex(name.name.name)
            else { return false }
            fixed.insert(index)
            return true
        default: return false
        }
    }
}

extension TableSession {
    /// True when the query needs no table, or finds its row by a key, in SQLite too: what the
    /// values' types demand may keep it from using one.
    func isShort(_ query: Query, _ plan: TranslatedQuery, _ parameters: [TableValue]) -> Bool {
        guard plan.isCacheable, plan.passes.isEmpty else { return false }
        if plan.tables.isEmpty, query.isImmediate || query.asksOnly(isQuick) { return true }
        guard plan.streams.isEmpty else { return false }
        guard query.keyedTable(translationContext(parameters)) != nil else { return false }
        do {
            let connection = try store.takeConnection()
            defer { store.giveBack(connection) }
            let steps = try connection.sqlite.rows("EXPLAIN QUERY PLAN " + plan.sql)
            return steps.count == 1 && steps[0].last?.text?.hasPrefix("SEARCH ") == true
        } catch {
            // What is wrong with it shows when it runs.
            return false
        }
    }
}
