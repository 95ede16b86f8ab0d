import BorealBase
import BorealSQL

/// A view over one table, opened so that its rows can be changed: its columns as expressions over
/// the table, and the conditions that its rows fulfil.
struct OpenView {
    /// What a statement sees: the view's name and columns, the table's alias.
    var source: Source
    /// For FROM.
    var from: String
    /// In SQLite's language, over the alias.
    var conditions: [String]
    /// For each of the view's columns the table's column that it is; nil for an expression.
    var baseColumns: [Int?]
    /// WITH CHECK OPTION, here or in a view below.
    var checks: Bool
    /// Where the view lies, and its name there: rights are held on that.
    var database: String
    var table: String
    /// For the error of a row that leaves the view.
    var name: String { "\(database).\(table)" }

    /// The rows of the table that are still in the view; the rowid is the first parameter.
    var checkSQL: String {
        let all = conditions + ["\(source.alias ?? "t")._rowid_ = ?1"]
        return "SELECT 1 FROM \(from) WHERE \(all.joined(separator: " AND "))"
    }
}

extension Translator {
    /// The view that a change names, opened; nil when it names a table.
    ///
    /// - Throws: 1288 or 1471 for a view that joins, groups or limits, by the kind of change.
    func openView(_ references: [TableReference], _ change: String) throws -> OpenView? {
        guard references.count == 1, case .table(let named) = references[0],
            try context.systemTable(resolve(named.name).database, named.name.name.name) == nil
        else { return nil }
        let stored = try storedTable(named.name)
        guard stored.isView else { return nil }
        tables.append((stored.database, stored.name))
        return try open(stored, as: named.alias?.name ?? stored.name, change)
    }

    private func open(_ view: StoredTable, as name: String, _ change: String) throws -> OpenView {
        let refused = TableError.view(.notUpdatable(name: view.name, change: change))
        viewDepth += 1
        defer { viewDepth -= 1 }
        guard viewDepth <= 32, let text = view.viewQuery,
            let block = try ViewQuery.parse(text).updatableBlock,
            case .table(let named)? = block.from.first
        else { throw refused }
        let outer = context.database
        context.database = view.viewDatabase
        defer { context.database = outer }
        let stored = try storedTable(named.name)
        let below = try base(stored, as: named.alias?.name ?? stored.name, change)
        let scope = Scope(parent: nil)
        scope.sources = [below.source]
        scope.forbidsAggregates = true
        var values: [(TypedSQL, Int?)] = []
        for item in block.items {
            guard case .expression(let node, _) = item.kind else {
                values += zip(below.source.columns.map(\.value), below.baseColumns)
                continue
            }
            values.append((try expression(node, scope), below.place(of: node)))
        }
        guard values.count == view.columns.count else { throw refused }
        var conditions = below.conditions
        if let node = block.condition { conditions.append(truth(try expression(node, scope))) }
        var source = below.source
        source.name = name
        source.database = view.database
        source.columns = zip(view.columns, values).map { SourceColumn(name: $0.name, value: $1.0) }
        return OpenView(
            source: source,
            from: below.from,
            conditions: conditions,
            baseColumns: values.map(\.1),
            checks: view.hasCheckOption || below.checks,
            database: view.database,
            table: view.name
        )
    }

    private func base(_ table: StoredTable, as name: String, _ change: String) throws -> OpenView {
        if table.isView { return try open(table, as: name, change) }
        let alias = freshAlias()
        let columns = table.columns.indices.map { index in
            SourceColumn(
                name: table.columns[index].name,
                value: storedColumn(table, index, alias: alias, name: name)
            )
        }
        let source = Source(
            name: name,
            database: table.database,
            columns: columns,
            alias: alias,
            table: table
        )
        return OpenView(
            source: source,
            from: "\(table.storageName.sqlQuoted) AS \(alias)",
            conditions: [],
            baseColumns: columns.indices.map { $0 },
            checks: false,
            database: table.database,
            table: table.name
        )
    }
}

extension OpenView {
    /// The table's column that an expression of a view above is; nil when it computes something.
    fileprivate func place(of node: Expression) -> Int? {
        guard case .column(let name) = node.kind else { return nil }
        let wanted = name.name.name.asciiLowercased
        let index = source.columns.firstIndex { $0.name.asciiLowercased == wanted }
        return index.flatMap { baseColumns[$0] }
    }
}

extension Query {
    /// The block of a view whose rows are rows of one table; nil for every other query.
    fileprivate var updatableBlock: QueryBlock? {
        guard with == nil, limit == nil, case .select(let block) = body, !block.isDistinct,
            block.groupBy.isEmpty, block.having == nil, block.windows.isEmpty,
            block.from.count == 1, !block.items.contains(where: \.computesOverRows)
        else { return nil }
        return block
    }
}

extension SelectItem {
    /// An aggregate, a window function or a query: then a row is not one row of the table.
    fileprivate var computesOverRows: Bool {
        guard case .expression(let node, _) = kind else { return false }
        return node.computesOverRows
    }
}

extension Expression {
    fileprivate var computesOverRows: Bool {
        switch kind {
        case .query, .exists, .inQuery, .quantified: return true
        case .function(let call):
            let aggregates: Set<String> = [
                "count", "sum", "avg", "min", "max", "group_concat", "bit_and", "bit_or",
                "bit_xor", "std", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop",
                "var_samp", "json_arrayagg", "json_objectagg", "any_value",
            ]
            if call.over != nil || aggregates.contains(call.name.name.asciiLowercased) {
                return true
            }
        default: break
        }
        return children.contains(where: \.computesOverRows)
    }
}
