import BorealBase
import BorealSQL

/// One SELECT, translated and not yet put together.
struct TranslatedBlock {
    /// The names its clauses may use.
    var scope: Scope
    /// Tables and joins; empty without FROM.
    var from: String
    /// What AND joins in WHERE.
    var conditions: [String]
    /// The select list, `*` spelt out.
    var items: [SelectedItem]
    /// What SQLite groups by, collations included.
    var groupBy: [String]
    /// HAVING as a truth value.
    var having: String?
    /// ORDER BY, with places of the select list as numbers.
    var keys: [String]
    /// SELECT DISTINCT.
    var isDistinct: Bool
    /// Hidden columns behind the visible ones.
    var hidden: [String] = []

    /// Its rows are groups.
    var isAggregate: Bool { scope.hasAggregate || !groupBy.isEmpty }
}

/// One SELECT: its clauses in the order in which names can be known.
extension Translator {
    /// A block with its ORDER BY and LIMIT.
    ///
    /// FROM, WHERE and GROUP BY come first: GROUP BY tells which columns the select list may name,
    /// and the select list gives HAVING and ORDER BY their aliases.
    func block(
        _ block: QueryBlock,
        _ orderBy: [OrderItem],
        _ limit: LimitClause?,
        _ parent: Scope?
    ) throws -> InnerQuery {
        let outerWindows = windows
        defer { windows = outerWindows }
        try define(block.windows)
        let isShown = queryDepth == 1
        let member = pendingRecursion
        pendingRecursion = nil
        let scope = Scope(parent: parent)
        if let member { member.scope = scope }
        if block.withRollup { return try rolledUp(block, orderBy, limit, scope, isShown) }
        if assignsInOrder(block, orderBy) {
            return try ordered(block, orderBy, limit, scope, isShown)
        }
        let from = try self.from(block.from, scope)
        let filter = try filter(block.condition, scope)
        let filterSites = scope.batchSites.count
        let streams = isStreamable(block, orderBy)
        let groupWatcher = watch(scope)
        let groupBy = try self.groupBy(block, scope)
        let groupsByOuter = endWatch(groupWatcher)
        var parts = try clauses(block, orderBy, scope, from, filter.all, groupBy, streams: streams)
        try checkGrouping(parts, block, orderBy)
        if streams { parts.hidden += streamedArguments.map(\.sql) }
        if let member {
            guard !parts.isAggregate, scope.windowCount == 0 else {
                throw TableError.query(.recursionAggregates(member.name))
            }
            parts.isDistinct = false
        }
        if member == nil, let nearest = try nearest(block, orderBy, limit, parts) {
            parts.conditions.append(nearest)
        }
        var inner = try assembled(parts, limit, isShown: isShown, member)
        if member == nil { hashing = hashed(block, orderBy, limit, scope) ?? hashing }
        guard !scope.batchSites.isEmpty else { return inner }
        guard !groupsByOuter || !scope.batchSites.contains(where: \.isGrouped) else {
            throw TableError.notSupported("GROUP BY of a column of an outer query here")
        }
        addPasses(scope, 0..<filterSites, source: Self.source(from, filter.free))
        addPasses(
            scope,
            filterSites..<scope.batchSites.count,
            source: Self.source(from, filter.local),
            grouping: groupBy.isEmpty ? "" : " GROUP BY " + groupBy.joined(separator: ", ")
        )
        inner.keys = []
        return inner
    }

    /// WHERE.
    func filter(_ condition: Expression?, _ scope: Scope) throws -> Conditions {
        scope.forbidsAggregates = true
        defer { scope.forbidsAggregates = false }
        scope.place = "where clause"
        return try condition.map { try conditions($0, scope) } ?? Conditions()
    }

    /// Select list, HAVING and ORDER BY, once the grouping is known.
    func clauses(
        _ block: QueryBlock,
        _ orderBy: [OrderItem],
        _ scope: Scope,
        _ from: String,
        _ conditions: [String],
        _ groupBy: [String],
        streams: Bool = false
    ) throws -> TranslatedBlock {
        scope.place = "field list"
        let items = try self.items(block, scope, streams: streams)
        scope.selected = items
        scope.place = "having clause"
        let having = try block.having.map { truth(try expression($0, scope)) }
        scope.place = "order clause"
        scope.bareColumns = []
        let isGroup = scope.hasAggregate || !groupBy.isEmpty
        let keys = try orderBy.enumerated().map { index, item in
            let key = try orderKey(item, items, scope)
            guard isGroup || !scope.hasAggregate else {
                throw TableError.query(.aggregateInOrder(position: index + 1))
            }
            return key
        }
        return TranslatedBlock(
            scope: scope,
            from: from,
            conditions: conditions,
            items: items,
            groupBy: groupBy,
            having: having,
            keys: keys,
            isDistinct: block.isDistinct
        )
    }

    /// The text of a block.
    func assembled(
        _ parts: TranslatedBlock,
        _ limit: LimitClause?,
        isShown: Bool,
        _ member: Recursion? = nil
    ) throws -> InnerQuery {
        let isDistinct = parts.isDistinct
        var conditions = parts.conditions
        if let having = parts.having, !parts.isAggregate { conditions.append(having) }
        // SQLite knows no HAVING of a block without GROUP BY: the only row is tested around it.
        let testsOnly = parts.having != nil && parts.isAggregate && parts.groupBy.isEmpty
        var list =
            try member.map { try recursiveItems(parts.items.map(\.value), $0) }
            ?? parts.items.enumerated().map { index, item in
                let value = isShown || isDistinct ? settled(item.value) : item.value
                return (isDistinct ? value.collated : value.sql) + " AS c\(index)"
            }
        list += parts.hidden
        if let having = parts.having, testsOnly { list.append("\(having) AS h") }
        var sql = "SELECT \(isDistinct ? "DISTINCT " : "")\(list.joined(separator: ", "))"
        sql += Self.source(parts.from, conditions)
        if !parts.groupBy.isEmpty { sql += " GROUP BY " + parts.groupBy.joined(separator: ", ") }
        if testsOnly {
            let alias = freshAlias("h")
            let names = parts.items.indices.map { "\(alias).c\($0) AS c\($0)" }
            sql =
                "SELECT \(names.joined(separator: ", ")) FROM (\(sql)) AS \(alias) "
                + "WHERE \(alias).h"
        } else {
            if let having = parts.having, parts.isAggregate { sql += " HAVING " + having }
            if !parts.keys.isEmpty { sql += " ORDER BY " + parts.keys.joined(separator: ", ") }
        }
        if let limit { sql += try limitSQL(limit, parts.scope) }
        var inner = InnerQuery(
            sql: sql,
            values: parts.items.map(\.value),
            names: parts.items.map(\.name)
        )
        inner.isClosed = !parts.keys.isEmpty || limit != nil
        let isOneGroup = parts.scope.hasAggregate && parts.groupBy.isEmpty
        inner.isSingleRow = parts.from.isEmpty || isOneGroup || takesOne(limit)
        inner.isMaterialized = isDistinct || parts.isAggregate || limit != nil
        inner.keys = keys(parts)
        if isShown || isDistinct {
            for index in inner.values.indices { inner.values[index].isLoose = false }
        }
        return inner
    }

    private func takesOne(_ limit: LimitClause?) -> Bool {
        if case .literal(.integer(let count))? = limit?.count.kind { return count <= 1 }
        return false
    }

    /// ` FROM ... WHERE ...`.
    static func source(_ from: String, _ conditions: [String]) -> String {
        (from.isEmpty ? "" : " FROM " + from)
            + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
    }

    // MARK: - Select list

    /// The items with `*` spelt out; those that hold an expression are not translated yet.
    func slots(_ block: QueryBlock, _ scope: Scope) throws -> [SelectedItem] {
        var result: [SelectedItem] = []
        func add(_ columns: [SourceColumn]) {
            for column in columns where !column.isInvisible {
                var item = SelectedItem(name: column.name, value: column.value, isColumn: true)
                item.bareColumns = [BareColumn(column.value)]
                result.append(item)
            }
        }
        for item in block.items {
            switch item.kind {
            case .star:
                guard !scope.sources.isEmpty else { throw TableError.noTablesUsed }
                add(starColumns(block.from, scope))
            case .tableStar(let name):
                let found = scope.sources.first { source in
                    source.name == name.name.name
                        && (name.database == nil || source.database == name.database?.name)
                }
                guard let found else { throw TableError.unknownTable(names: [name.name.name]) }
                add(found.columns)
            case .expression(let node, let alias):
                let name = alias?.name ?? columnName(node, item)
                result.append(SelectedItem(name: name, value: .null, node: node))
            }
            guard result.count <= Limits.tableColumnsMax else { throw TableError.tooManyColumns }
        }
        return result
    }

    private func items(_ block: QueryBlock, _ scope: Scope, streams: Bool) throws -> [SelectedItem]
    {
        var items = try slots(block, scope)
        for index in items.indices {
            guard let node = items[index].node else {
                let value = items[index].value
                if let grouping = scope.grouping, grouping.expressions.contains(value.sql) {
                    items[index].value = grouping.shown(value)
                    items[index].bareColumns = []
                }
                continue
            }
            if let known = scope.grouping?.items[index] {
                items[index].value = scope.grouping?.shown(known) ?? known
                continue
            }
            let streamed = streams ? try streamedItem(node, index, scope) : nil
            if let streamed {
                items[index].value = streamed
            } else {
                try translate(&items[index], node, scope)
            }
        }
        return items
    }

    /// Translates one item and notes what it holds.
    func translate(_ item: inout SelectedItem, _ node: Expression, _ scope: Scope) throws {
        let (hadAggregate, windows) = (scope.hasAggregate, scope.windowCount)
        scope.hasAggregate = false
        scope.bareColumns = []
        item.value = try expression(node, scope)
        if case .column(let name) = node.kind {
            item.isColumn = true
            // Columns of information_schema have their own name, as in MySQL 8.0.
            if item.name == name.name.name, let origin = item.value.origin,
                origin.database == "information_schema"
            {
                item.name = origin.column
            }
        }
        item.hasAggregate = scope.hasAggregate
        item.hasWindow = scope.windowCount > windows
        item.bareColumns = scope.bareColumns
        scope.hasAggregate = hadAggregate || item.hasAggregate
    }

    /// A column keeps its own name, everything else is called as it was written.
    private func columnName(_ node: Expression, _ item: SelectItem) -> String {
        if case .column(let name) = node.kind { return name.name.name }
        if case .literal(.string(let text)) = node.kind { return text }
        if case .literal(.null) = node.kind { return "NULL" }
        if case .literal(.boolean(let value)) = node.kind { return value ? "TRUE" : "FALSE" }
        return Self.columnName(of: source(item.span), hiding: context.hiddenCalls)
    }

    /// What a column is called that is neither a column of a table nor a literal.
    ///
    /// - Parameters:
    ///   - text: the item as it is written.
    ///   - hidden: functions in upper case whose arguments may hold a key.
    static func columnName(of text: String, hiding hidden: [String]) -> String {
        let bytes = Array(text.utf8)
        guard !hidden.isEmpty, bytes.contains(UInt8(ascii: "(")) else { return text }
        let found = hidden.first { bytes.holds(upperCased: Array($0.utf8)) }
        return found.map { "\($0)(...)" } ?? text
    }

    // MARK: - ORDER BY

    /// What an item of ORDER BY means: a place of the select list, or an expression; nil for a
    /// constant, which orders nothing.
    func orderValue(
        _ item: OrderItem,
        _ items: [SelectedItem],
        _ scope: Scope
    ) throws -> (value: TypedSQL, place: Int?)? {
        switch item.expression.kind {
        case .literal(.integer(let number)):
            guard number >= 1, number <= UInt64(items.count) else {
                throw TableError.unknownColumn(name: String(number), place: "order clause")
            }
            return (items[Int(number) - 1].value, Int(number) - 1)
        case .literal, .placeholder: return nil
        case .column(let name) where name.table == nil:
            if let place = try scope.place(of: name.name.name) {
                return (items[place].value, place)
            }
        default: break
        }
        return (try expression(item.expression, scope), nil)
    }

    /// An item of the select list by its place, so that it is computed once; else an expression.
    private func orderKey(
        _ item: OrderItem,
        _ items: [SelectedItem],
        _ scope: Scope
    ) throws -> String {
        guard let (value, place) = try orderValue(item, items, scope) else { return "NULL" }
        let tail = item.isDescending ? " DESC" : ""
        guard let place, value.members.isEmpty, value.valueClass != .time else {
            return sortKey(value) + tail
        }
        let collation =
            value.collated == value.sql ? "" : " COLLATE \(value.collationName)"
        return "\(place + 1)\(collation)\(tail)"
    }

    // MARK: - User variables

    /// The select list assigns user variables and there is an ORDER BY: the rows must be in order
    /// before the list is computed, as `@rank := @rank + 1` counts on.
    private func assignsInOrder(_ block: QueryBlock, _ orderBy: [OrderItem]) -> Bool {
        guard !orderBy.isEmpty, block.groupBy.isEmpty, !block.isDistinct else { return false }
        return block.items.contains { item in
            if case .expression(let node, _) = item.kind { node.assigns } else { false }
        }
    }

    /// Rows in order first, the select list over them then.
    private func ordered(
        _ block: QueryBlock,
        _ orderBy: [OrderItem],
        _ limit: LimitClause?,
        _ scope: Scope,
        _ isShown: Bool
    ) throws -> InnerQuery {
        let from = try self.from(block.from, scope)
        let filter = try filter(block.condition, scope)
        let parts = try clauses(block, [], scope, from, filter.all, [])
        guard !parts.isAggregate, parts.having == nil, scope.windowCount == 0,
            scope.batchSites.isEmpty
        else { throw TableError.notSupported("assigning a variable in this query") }
        scope.place = "order clause"
        let keys = try orderBy.compactMap { item -> String? in
            guard let (value, _) = try orderValue(item, parts.items, scope) else { return nil }
            return sortKey(value) + (item.isDescending ? " DESC" : "")
        }
        let alias = freshAlias("o")
        var columns: [String] = []
        let outer = Scope(parent: scope.parent)
        outer.sources = scope.sources
        for source in outer.sources.indices {
            for column in outer.sources[source].columns.indices {
                let name = "d\(columns.count)"
                columns.append("\(outer.sources[source].columns[column].value.sql) AS \(name)")
                outer.sources[source].columns[column].value.sql = "\(alias).\(name)"
            }
        }
        let list = columns.isEmpty ? "1" : columns.joined(separator: ", ")
        var rows = "SELECT \(list)\(Self.source(from, filter.all))"
        if !keys.isEmpty { rows += " ORDER BY " + keys.joined(separator: ", ") }
        if let limit { rows += try limitSQL(limit, scope) }
        let table = "\(alias) AS MATERIALIZED (\(rows))"
        let shown = try clauses(block, [], outer, alias, [], [])
        var inner = try assembled(shown, nil, isShown: isShown)
        inner.sql = "WITH \(table) \(inner.sql)"
        inner.isClosed = true
        inner.isSingleRow = false
        return inner
    }
}

extension BareColumn {
    init(_ value: TypedSQL) {
        sql = value.sql
        guard let origin = value.origin else {
            name = value.sql
            return
        }
        let parts = [origin.database, origin.table, origin.column]
        name = parts.filter { !$0.isEmpty }.joined(separator: ".")
    }
}

extension [UInt8] {
    /// Whether a word stands somewhere in the text, in any case. A search of `String`'s own was a
    /// tenth of the time that a short query takes to be translated.
    fileprivate func holds(upperCased word: [UInt8]) -> Bool {
        guard let first = word.first, count >= word.count else { return false }
        for start in 0...(count - word.count) where self[start].inUpperCase == first {
            if word.indices.allSatisfy({ self[start + $0].inUpperCase == word[$0] }) { return true }
        }
        return false
    }
}

extension UInt8 {
    fileprivate var inUpperCase: UInt8 { (0x61...0x7A).contains(self) ? self - 0x20 : self }
}
