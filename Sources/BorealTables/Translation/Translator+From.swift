import BorealBase
import BorealSQL

/// A common table expression in scope.
struct CommonTable {
    var name: String
    /// Its name inside SQLite.
    var alias: String
    var columns: [(name: String, value: TypedSQL)]
}

/// FROM and WITH.
extension Translator {
    /// The comma-separated references of a block.
    func from(_ references: [TableReference], _ scope: Scope) throws -> String {
        scope.place = "from clause"
        let parts = try references.map { node in try nested { try reference(node, scope) } }
        guard scope.sources.count <= TableLimits.joinedTablesMax else {
            throw TableError.query(.tooManyTables)
        }
        var seen: Set<String> = []
        for source in scope.sources {
            let key = (source.database ?? "") + "." + source.name
            guard seen.insert(key).inserted else { throw TableError.nonUniqueTable(source.name) }
        }
        return parts.joined(separator: ", ")
    }

    private func reference(_ reference: TableReference, _ scope: Scope) throws -> String {
        switch reference {
        case .table(let table): return try named(table, scope)
        case .derived(let table):
            guard !table.isLateral else { throw TableError.notSupported("LATERAL") }
            derivedDepth += 1
            defer { derivedDepth -= 1 }
            let volatile = volatileCount
            var inner = try query(table.query, parent: scope.parent)
            if volatileCount != volatile {
                // What differs each time it is computed must be computed once for each row.
                let name = freshAlias("m")
                inner.sql = "WITH \(name) AS MATERIALIZED (\(inner.sql)) SELECT * FROM \(name)"
            }
            return try add(inner, table.alias.name, table.columns, scope, view: nil)
        case .join(let join): return try nested { try self.join(join, scope) }
        case .group(let members):
            let parts = try members.map { try self.reference($0, scope) }
            return "(" + parts.joined(separator: ", ") + ")"
        case .function(let function):
            if let table = batchTable(function) {
                return try self.reference(.derived(table), scope)
            }
            throw TableError.unknownFunction(
                database: context.database,
                name: function.call.name.name
            )
        }
    }

    private func add(
        _ inner: InnerQuery,
        _ table: String,
        _ columnNames: [Identifier],
        _ scope: Scope,
        view: StoredTable?
    ) throws -> String {
        guard columnNames.isEmpty || columnNames.count == inner.values.count else {
            throw TableError.query(.columnListDiffers)
        }
        let alias = freshAlias()
        var seen: Set<String> = []
        let columns = try inner.values.enumerated().map { index, value -> SourceColumn in
            let name = columnNames.isEmpty ? inner.names[index] : columnNames[index].name
            guard seen.insert(name.asciiLowercased).inserted else {
                throw TableError.duplicateColumn(name)
            }
            var column = carried(value, "\(alias).c\(index)", name, of: table)
            column.origin?.database = view?.database ?? ""
            column.origin?.originalTable = view?.name ?? ""
            return SourceColumn(name: name, value: inner.isMaterialized ? settled(column) : column)
        }
        scope.sources.append(
            Source(name: table, database: nil, columns: columns, keys: inner.keys)
        )
        aliases[alias] = AliasedTable(name: table, table: nil)
        return "(\(inner.sql)) AS \(alias)"
    }

    /// A value of an inner query as a column of the outer one.
    private func carried(
        _ value: TypedSQL,
        _ sql: String,
        _ name: String,
        of table: String
    ) -> TypedSQL {
        var result = value
        result.sql = sql
        result.literal = nil
        result.coercibility = 2
        result.origin = ColumnOrigin(table: table, column: name, isCarried: true)
        return result
    }

    // MARK: - Named tables

    private func named(_ table: NamedTable, _ scope: Scope) throws -> String {
        guard table.partitions.isEmpty else { throw TableError.notSupported("PARTITION") }
        let name = table.alias?.name ?? table.name.name.name
        if table.name.database == nil,
            let common = commonTables.last(where: { $0.name == table.name.name.name })
        {
            return try addCommon(common, name, scope)
        }
        let (database, object) = try resolve(table.name)
        try noteRead(database, object)
        let system = try context.systemTable(database, object)
        let stored = try system ?? storedTable(table.name)
        if system == nil { tables.append((stored.database, stored.name)) }
        if stored.isTemporary { temporaryTable = stored.name }
        if stored.isView { return try addView(stored, name, scope) }
        if derivedDepth == 0, changedTables.contains(stored.storageName) {
            throw TableError.view(.targetIsRead(stored.name))
        }
        // Hints choose no index here, but those they name must be there.
        for hint in table.indexHints.flatMap(\.indexes) {
            let wanted = hint.asciiLowercased
            guard stored.indexes.contains(where: { $0.name.asciiLowercased == wanted }) else {
                throw TableError.query(.keyMissing(key: hint, table: name))
            }
        }
        let alias = freshAlias()
        aliases[alias] = AliasedTable(name: name, table: stored)
        let visible = table.alias == nil ? stored.database : nil
        let columns = stored.columns.indices.map { index in
            SourceColumn(
                name: stored.columns[index].name,
                value: storedColumn(stored, index, alias: alias, name: name),
                isInvisible: stored.columns[index].isInvisible
            )
        }
        scope.sources.append(
            Source(
                name: name,
                database: visible,
                columns: columns,
                alias: alias,
                table: stored,
                keys: stored.rowKeys
            )
        )
        return "\(stored.storageName.sqlQuoted) AS \(alias)"
    }

    /// Checks and keeps that the statement reads a table, before it is told whether there is one.
    /// What a view reads is its maker's business.
    func noteRead(_ database: String, _ name: String) throws {
        guard viewDepth == 0, context.schema.table(database, name)?.isTemporary != true else {
            return
        }
        let owner = TableSession.isVirtual(database) ? database.asciiLowercased : database
        guard !SystemTables.open.contains(owner) else { return }
        if let unread, unread == (database, name) { return }
        try context.rights.check(.select, on: owner, name)
        named.append((owner, name))
    }

    /// A column of a stored table as an operand.
    ///
    /// - Parameter path: what stands in its place in SQLite, when that is not the column itself.
    func storedColumn(
        _ table: StoredTable,
        _ index: Int,
        alias: String?,
        name: String,
        path given: String? = nil
    ) -> TypedSQL {
        let column = table.columns[index]
        let path = given ?? (alias.map { $0 + "." } ?? "") + column.name.sqlQuoted
        let shift = column.type.base == .timestamp && !context.isUTC
        var value = TypedSQL(shift ? "b_local(\(path))" : path, column.type.columnType)
        value.isNullable = column.isNullable
        value.collation = column.type.collation ?? Collations.defaultCollation
        value.coercibility = 2
        value.members = column.type.members
        switch column.type.base {
        case .tinyint: value.bits = 8
        case .smallint, .year: value.bits = 16
        case .mediumint: value.bits = 24
        case .int: value.bits = 32
        case .bit: value.bits = column.type.length ?? 1
        default: value.bits = 64
        }
        let mark = table.keyMark(index)
        value.origin = ColumnOrigin(
            database: table.database,
            table: name,
            originalTable: table.name,
            column: column.name,
            isPrimary: mark == "PRI",
            isUnique: mark == "UNI",
            isMultiple: mark == "MUL",
            isAutoIncrement: column.isAutoIncrement,
            updatesToNow: column.updatesToNow,
            hasNoDefault: column.defaultValue == nil && !column.isNullable
                && !column.isAutoIncrement,
            zerofillWidth: column.type.isZerofill ? column.type.displayWidth : nil,
            members: column.type.members
        )
        return value
    }

    private func addCommon(
        _ common: CommonTable,
        _ name: String,
        _ scope: Scope
    ) throws -> String {
        let alias = freshAlias()
        if let recursion, recursion.alias == common.alias {
            guard recursion.reference == nil, recursion.scope === scope else {
                throw TableError.query(.recursionJoin(recursion.name))
            }
            recursion.reference = alias
        }
        let columns = common.columns.enumerated().map { index, column in
            SourceColumn(
                name: column.name,
                value: carried(column.value, "\(alias).c\(index)", column.name, of: name)
            )
        }
        scope.sources.append(Source(name: name, database: nil, columns: columns))
        return "\(common.alias) AS \(alias)"
    }

    private func addView(_ view: StoredTable, _ name: String, _ scope: Scope) throws -> String {
        viewDepth += 1
        derivedDepth += 1
        defer {
            viewDepth -= 1
            derivedDepth -= 1
        }
        guard viewDepth <= 32, let text = view.viewQuery else {
            throw TableError.notSupported("views nested this deeply")
        }
        let query = try ViewQuery.parse(text)
        let outer = (context.database, commonTables)
        context.database = view.viewDatabase
        commonTables = []
        defer { (context.database, commonTables) = outer }
        let inner = try self.query(query, parent: nil)
        let names = view.columns.map { Identifier(name: $0.name) }
        return try add(inner, name, names, scope, view: view)
    }

    // MARK: - Joins

    private func join(_ join: Join, _ scope: Scope) throws -> String {
        let before = scope.sources.count
        var left = try nested { try reference(join.left, scope) }
        let middle = scope.sources.count
        var right = try nested { try reference(join.right, scope) }
        if case .join = join.right { right = "(\(right))" }
        var word = join.kind.rawValue
        if join.kind == .straight { word = "CROSS JOIN" }
        if join.kind == .right {
            // As the LEFT JOIN the other way round, which it is: SQLite's own RIGHT JOIN loses all
            // rows when an inner join on its left has a condition that is constantly false.
            if case .join = join.left { left = "(\(left))" }
            (left, word, right) = (right, "LEFT JOIN", left)
        }
        let sides = (before..<middle, middle..<scope.sources.count)
        switch join.condition {
        case .none: return "\(left) \(word) \(right)"
        case .on(let node):
            // ON sees the tables of this join only.
            let inner = Scope(parent: scope.parent)
            inner.sources = Array(scope.sources[before...])
            inner.place = "on clause"
            inner.forbidsAggregates = true
            inner.batchSites = scope.batchSites
            let condition = try onCondition(node, inner)
            scope.batchSites = inner.batchSites
            return "\(left) \(word) \(right) ON \(condition)"
        case .using(let names):
            let condition = try using(names.map(\.name), sides, join.kind, scope)
            return "\(left) \(word) \(right) ON \(condition)"
        case .natural:
            let condition = try using(shared(sides, scope), sides, join.kind, scope)
            return "\(left) \(word) \(right)" + (condition.isEmpty ? "" : " ON \(condition)")
        }
    }

    /// Names that both sides have, in the order of the left one.
    private func shared(_ sides: (Range<Int>, Range<Int>), _ scope: Scope) -> [String] {
        let right = Set(scope.sources[sides.1].flatMap(\.columns).map { $0.name.asciiLowercased })
        return scope.sources[sides.0].flatMap(\.columns).filter { !$0.isHidden }.map(\.name)
            .filter { right.contains($0.asciiLowercased) }
    }

    /// Equality of the columns of these names; one of each pair is hidden from then on.
    private func using(
        _ names: [String],
        _ sides: (Range<Int>, Range<Int>),
        _ kind: Join.Kind,
        _ scope: Scope
    ) throws -> String {
        var tests: [String] = []
        for name in names {
            let a = try place(name, sides.0, scope)
            let b = try place(name, sides.1, scope)
            let left = scope.sources[a.source].columns[a.column].value
            let right = scope.sources[b.source].columns[b.column].value
            tests.append(try comparison(.equal, left, right).sql)
            if kind == .right {
                scope.sources[a.source].columns[a.column].isHidden = true
            } else {
                scope.sources[b.source].columns[b.column].isHidden = true
            }
        }
        return tests.joined(separator: " AND ")
    }

    private func place(
        _ name: String,
        _ sources: Range<Int>,
        _ scope: Scope
    ) throws -> (source: Int, column: Int) {
        let wanted = name.asciiLowercased
        var found: [(Int, Int)] = []
        for source in sources {
            for (index, column) in scope.sources[source].columns.enumerated()
            where column.name.asciiLowercased == wanted && !column.isHidden {
                found.append((source, index))
            }
        }
        guard let first = found.first else {
            throw TableError.unknownColumn(name: name, place: "from clause")
        }
        guard found.count == 1 else {
            throw TableError.ambiguousColumn(name: name, place: "from clause")
        }
        return first
    }

    // MARK: - WITH

    /// The WITH clause; its tables are in scope from then on.
    func with(_ clause: WithClause, _ parent: Scope?) throws -> String {
        var parts: [String] = []
        for table in clause.tables {
            parts.append(try commonTable(table, clause.isRecursive, parent))
        }
        return "WITH \(clause.isRecursive ? "RECURSIVE " : "")" + parts.joined(separator: ", ")
            + " "
    }

    private func commonTable(
        _ table: CommonTableExpression,
        _ hasRecursive: Bool,
        _ parent: Scope?
    ) throws -> String {
        let alias = freshAlias("w")
        let outerRecursive = isRecursive
        defer { isRecursive = outerRecursive }
        if hasRecursive {
            isRecursive = true
            if let (sql, entry) = try recursiveTable(table, alias, parent) {
                commonTables.append(entry)
                commonDefinitions.append(sql)
                return sql
            }
            isRecursive = outerRecursive
        }
        let inner = try query(table.query, parent: parent)
        guard table.columns.isEmpty || table.columns.count == inner.values.count else {
            throw TableError.query(.columnListDiffers)
        }
        let columns = inner.values.enumerated().map { index, value in
            let name = table.columns.isEmpty ? inner.names[index] : table.columns[index].name
            return (name: name, value: inner.isMaterialized ? settled(value) : value)
        }
        commonTables.append(CommonTable(name: table.name.name, alias: alias, columns: columns))
        let list = inner.values.indices.map { "c\($0)" }.joined(separator: ", ")
        let definition = "\(alias)(\(list)) AS (\(inner.sql))"
        commonDefinitions.append(definition)
        return definition
    }
}
