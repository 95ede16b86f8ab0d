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
        result.isCacheable = isCacheable
        result.passes = passes
        result.streams = self.streams
        result.limitParameters = limitParameters
        return result
    }

    /// A query inside another, or the outermost one.
    func query(_ query: Query, parent: Scope?) throws -> InnerQuery {
        try nested {
            let outerTables = (commonTables, commonDefinitions)
            defer { (commonTables, commonDefinitions) = outerTables }
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

    private func body(_ body: QueryBody, _ parent: Scope?) throws -> InnerQuery {
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

    private func valueRows(_ rows: [[Expression]], _ parent: Scope?) throws -> InnerQuery {
        let scope = Scope(parent: parent)
        let values = try rows.map { try $0.map { try expression($0, scope) } }
        addPasses(scope, source: "")
        guard let first = values.first, values.allSatisfy({ $0.count == first.count }) else {
            throw TableError.columnCountMismatch(row: 1)
        }
        var columns = first
        for index in first.indices {
            columns[index].type = merged(values.map { $0[index] })
            columns[index].literal = nil
        }
        let selects = try values.map { row in
            let list = try row.enumerated().map { index, value in
                try "\(converted(value, to: columns[index].type).sql) AS c\(index)"
            }
            return "SELECT " + list.joined(separator: ", ")
        }
        let names = first.indices.map { "column_\($0)" }
        return InnerQuery(
            sql: selects.joined(separator: " UNION ALL "),
            values: columns,
            names: names,
            isSingleRow: rows.count == 1
        )
    }

    // MARK: - UNION and its like

    private func combined(_ operation: SetOperation, _ parent: Scope?) throws -> InnerQuery {
        let left = try body(operation.left, parent)
        let right = try body(operation.right, parent)
        guard left.values.count == right.values.count else { throw TableError.selectsDiffer }
        if operation.isAll, operation.kind != .union {
            throw TableError.notSupported("\(operation.kind.rawValue) ALL")
        }
        var columns = left.values
        for index in columns.indices {
            columns[index] = try choice([left.values[index], right.values[index]]) { $0[0] }
            columns[index].sql = "c\(index)"
            columns[index].isNullable =
                left.values[index].isNullable || right.values[index].isNullable
        }
        let isSet = !operation.isAll
        let first = try operand(left, columns, isSet: isSet, isLeft: true)
        let second = try operand(right, columns, isSet: isSet, isLeft: false)
        if isSet, operation.kind == .union, columns.contains(where: { $0.valueClass == .text }) {
            // SQLite's UNION keeps the last of equal texts, MySQL the first, as DISTINCT does.
            let alias = freshAlias("u")
            let list = columns.enumerated().map { index, column in
                var value = column
                value.sql = "\(alias).c\(index)"
                return "\(value.collated) AS c\(index)"
            }
            let sql =
                "SELECT DISTINCT \(list.joined(separator: ", ")) "
                + "FROM (\(first) UNION ALL \(second)) AS \(alias)"
            return InnerQuery(sql: sql, values: columns, names: left.names)
        }
        let word = operation.kind.rawValue + (operation.isAll ? " ALL" : "")
        return InnerQuery(sql: "\(first) \(word) \(second)", values: columns, names: left.names)
    }

    /// A side of a set operation with its columns brought to the common types.
    private func operand(
        _ query: InnerQuery,
        _ columns: [TypedSQL],
        isSet: Bool,
        isLeft: Bool
    ) throws -> String {
        var needsWrap = query.isClosed || (!isLeft && query.sql.contains(" UNION "))
        let alias = freshAlias("u")
        var list: [String] = []
        for (index, column) in columns.enumerated() {
            var value = query.values[index]
            value.sql = "\(alias).c\(index)"
            value.literal = nil
            var result = value
            if ValueClass(column.type) != value.valueClass
                || (column.type.kind == .decimal && column.type.decimals != value.type.decimals)
                || (column.valueClass == .dateTime && column.type.decimals != value.type.decimals)
            {
                result = try converted(value, to: column.type)
                needsWrap = true
            }
            result.isBinaryText = column.isBinaryText
            if isSet, column.valueClass == .text || column.valueClass == .decimal {
                list.append("\(result.collated) AS c\(index)")
                needsWrap = true
            } else {
                list.append("\(result.sql) AS c\(index)")
            }
        }
        guard needsWrap else { return query.sql }
        return "SELECT \(list.joined(separator: ", ")) FROM (\(query.sql)) AS \(alias)"
    }

    /// ORDER BY and LIMIT of a set operation: by name, by position, or by an expression over both.
    private func ordered(
        _ inner: InnerQuery,
        _ orderBy: [OrderItem],
        _ limit: LimitClause?
    ) throws -> InnerQuery {
        guard !orderBy.isEmpty || limit != nil else { return inner }
        var result = inner
        let alias = freshAlias("u")
        let scope = Scope(parent: nil)
        scope.place = "order clause"
        let columns = zip(inner.names, inner.values).enumerated().map { index, pair in
            var value = pair.1
            value.sql = "\(alias).c\(index)"
            value.literal = nil
            return SourceColumn(name: pair.0, value: value)
        }
        scope.sources = [Source(name: alias, database: nil, columns: columns)]
        let list = inner.values.indices.map { "\(alias).c\($0) AS c\($0)" }.joined(separator: ", ")
        result.sql = "SELECT \(list) FROM (\(inner.sql)) AS \(alias)"
        let keys = try orderBy.map { item -> String in
            let value: TypedSQL
            if case .literal(.integer(let position)) = item.expression.kind {
                guard position >= 1, position <= UInt64(columns.count) else {
                    throw TableError.unknownColumn(name: String(position), place: "order clause")
                }
                value = columns[Int(position) - 1].value
            } else {
                value = try expression(item.expression, scope)
            }
            return sortKey(value) + (item.isDescending ? " DESC" : "")
        }
        addPasses(scope, source: " FROM (\(inner.sql)) AS \(alias)")
        if !keys.isEmpty { result.sql += " ORDER BY " + keys.joined(separator: ", ") }
        if let limit { result.sql += try limitSQL(limit, scope) }
        result.isClosed = true
        return result
    }

    func limitSQL(_ limit: LimitClause, _ scope: Scope) throws -> String {
        var sql = " LIMIT \(try limitNumber(limit.count, scope))"
        if let offset = limit.offset { sql += " OFFSET \(try limitNumber(offset, scope))" }
        return sql
    }

    private func limitNumber(_ node: Expression, _ scope: Scope) throws -> String {
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

    // MARK: - One block

    private func block(
        _ block: QueryBlock,
        _ orderBy: [OrderItem],
        _ limit: LimitClause?,
        _ parent: Scope?
    ) throws -> InnerQuery {
        if block.withRollup { throw TableError.notSupported("WITH ROLLUP") }
        let outerWindows = windows
        defer { windows = outerWindows }
        for window in block.windows {
            windows[window.name.name.asciiLowercased] = window.specification
        }
        let scope = Scope(parent: parent)
        let from = try self.from(block.from, scope)
        scope.forbidsAggregates = true
        scope.place = "where clause"
        let filter = try block.condition.map { try self.conditions($0, scope) } ?? Conditions()
        let filterSites = scope.batchSites.count
        var conditions = filter.all
        scope.forbidsAggregates = false
        scope.place = "field list"
        scope.bareColumn = nil
        let streams = isStreamable(block, orderBy)
        let items = try self.items(block.items, scope, streams: streams)
        let bare = scope.bareColumn
        scope.aliases = items.enumerated().map { ($1.name, $1.value, $0) }
        let groupWatcher = watch(scope)
        let groupBy = try self.groupBy(block.groupBy, items, scope)
        let groupsByOuter = endWatch(groupWatcher)
        scope.place = "having clause"
        let having = try block.having.map { truth(try expression($0, scope)) }
        scope.place = "order clause"
        let keys = try orderBy.map { try orderKey($0, items, scope) }
        let isAggregate = scope.hasAggregate || !groupBy.isEmpty
        if scope.hasAggregate, groupBy.isEmpty, let bare, context.sqlMode.requiresFullGroupBy {
            throw TableError.mixOfGroupColumns(position: 1, column: bare)
        }
        if let having, !isAggregate { conditions.append(having) }
        var sql = "SELECT " + (block.isDistinct ? "DISTINCT " : "")
        sql += items.enumerated().map { index, item in
            (block.isDistinct ? item.value.collated : item.value.sql) + " AS c\(index)"
        }.joined(separator: ", ")
        if streams { sql += streamedArguments.map { ", " + $0.sql }.joined() }
        if !from.isEmpty { sql += " FROM " + from }
        if !conditions.isEmpty { sql += " WHERE " + conditions.joined(separator: " AND ") }
        if !groupBy.isEmpty { sql += " GROUP BY " + groupBy.joined(separator: ", ") }
        if let having, isAggregate { sql += " HAVING " + having }
        if !keys.isEmpty { sql += " ORDER BY " + keys.joined(separator: ", ") }
        if let limit { sql += try limitSQL(limit, scope) }
        if !scope.batchSites.isEmpty {
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
        }
        var inner = InnerQuery(sql: sql, values: items.map(\.value), names: items.map(\.name))
        inner.isClosed = !keys.isEmpty || limit != nil
        inner.isSingleRow =
            from.isEmpty || (scope.hasAggregate && groupBy.isEmpty) || takesOne(limit)
        return inner
    }

    private func takesOne(_ limit: LimitClause?) -> Bool {
        if case .literal(.integer(let count))? = limit?.count.kind { return count <= 1 }
        return false
    }

    private typealias Item = (name: String, value: TypedSQL)

    /// `FROM ... WHERE ...`, for a pass.
    private static func source(_ from: String, _ conditions: [String]) -> String {
        (from.isEmpty ? "" : " FROM " + from)
            + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "))
    }

    private func items(_ list: [SelectItem], _ scope: Scope, streams: Bool) throws -> [Item] {
        var result: [Item] = []
        for item in list {
            switch item.kind {
            case .star:
                guard !scope.sources.isEmpty else { throw TableError.noTablesUsed }
                for source in scope.sources {
                    for column in source.columns where !column.isHidden && !column.isInvisible {
                        result.append((column.name, column.value))
                    }
                }
                if scope.bareColumn == nil { scope.bareColumn = result.first?.name }
            case .tableStar(let name):
                let found = scope.sources.filter { source in
                    source.name == name.name.name
                        && (name.database == nil || source.database == name.database?.name)
                }
                guard let source = found.first else {
                    throw TableError.unknownTable(names: [name.name.name])
                }
                for column in source.columns where !column.isInvisible {
                    result.append((column.name, column.value))
                }
            case .expression(let node, let alias):
                let streamed = streams ? try streamedItem(node, result.count, scope) : nil
                let value = try streamed ?? expression(node, scope)
                result.append((alias?.name ?? columnName(node, item, value), value))
            }
            guard result.count <= Limits.tableColumnsMax else { throw TableError.tooManyColumns }
        }
        return result
    }

    /// A column is called as it was written, one of information_schema by its own name, as MySQL
    /// 8.0 does it; everything else by its text.
    private func columnName(_ node: Expression, _ item: SelectItem, _ value: TypedSQL) -> String {
        if case .column(let name) = node.kind {
            if let origin = value.origin, origin.database == "information_schema" {
                return origin.column
            }
            return name.name.name
        }
        if case .literal(.string(let text)) = node.kind { return text }
        if case .literal(.null) = node.kind { return "NULL" }
        return source(item.span)
    }

    private func groupBy(_ list: [Expression], _ items: [Item], _ scope: Scope) throws -> [String] {
        scope.place = "group statement"
        scope.forbidsAggregates = true
        defer { scope.forbidsAggregates = false }
        return try list.map { node in
            if case .literal(.integer(let position)) = node.kind {
                guard position >= 1, position <= UInt64(items.count) else {
                    throw TableError.unknownColumn(name: String(position), place: "group statement")
                }
                return items[Int(position) - 1].value.collated
            }
            return try expression(node, scope).collated
        }
    }

    /// An item of the select list by its position, so that it is computed once; else an expression.
    private func orderKey(_ item: OrderItem, _ items: [Item], _ scope: Scope) throws -> String {
        let tail = item.isDescending ? " DESC" : ""
        var position: Int?
        switch item.expression.kind {
        case .literal(.integer(let number)):
            guard number >= 1, number <= UInt64(items.count) else {
                throw TableError.unknownColumn(name: String(number), place: "order clause")
            }
            position = Int(number) - 1
        case .column(let name) where name.table == nil:
            let wanted = name.name.name.asciiLowercased
            position = items.firstIndex { $0.name.asciiLowercased == wanted }
        case .literal, .placeholder: return "NULL"
        default: break
        }
        guard let position else { return try sortKey(expression(item.expression, scope)) + tail }
        let value = items[position].value
        guard value.members.isEmpty, value.valueClass != .time else { return sortKey(value) + tail }
        let collation =
            value.valueClass == .text || value.valueClass == .decimal
            ? " COLLATE \(value.collationName)" : ""
        return "\(position + 1)\(collation)\(tail)"
    }
}
