import BorealBase
import BorealSQL
import BorealSQLite

/// UPDATE and DELETE: first reads which rows change and how, then changes them one by one.
///
/// One thread at a time steps it.
final class RowChangeRun: ChangeRun, @unchecked Sendable {
    /// One table that changes.
    private struct Target {
        var table: StoredTable
        var alias: String
        /// Columns set, their values' places in the row, and the old values' places.
        var columns: [Int] = []
        var firstNew = 0
        var firstOld = 0
        var rowIDPlace = 0
        var types: [ColumnType] = []
    }

    private struct Change {
        var target: Int
        var rowID: Int64
        var values: [SQLiteValue]
        var olds: [SQLiteValue]
    }

    private let update: Update?
    /// The view that is changed, when it is one.
    private var view: OpenView?
    private let delete: Delete?
    private var targets: [Target] = []
    private var changes: [Change] = []
    private var next = 0
    private var matched: UInt64 = 0
    private var changed: UInt64 = 0
    private var changers: [RowChanger] = []
    private var coercion = ValueCoercion(mode: ModeFlags(""), isStrict: true, offsetMinutes: 0)
    private var source: SQLiteStatement?
    private var seen: [Set<Int64>] = []
    private var bytes = 0

    init(_ session: TableSession, update: Update, _ input: StatementInput) {
        self.update = update
        delete = nil
        super.init(session, input)
    }

    init(_ session: TableSession, delete: Delete, _ input: StatementInput) {
        self.delete = delete
        update = nil
        super.init(session, input)
    }

    private var isIgnore: Bool { update?.isIgnore ?? delete?.isIgnore ?? false }

    override func begin(_ connection: PooledConnection) throws {
        (next, matched, changed, bytes, targets, changes) = (0, 0, 0, 0, [], [])
        let mode = session.sqlMode
        coercion = ValueCoercion(
            mode: mode,
            isStrict: mode.isStrict && !isIgnore,
            offsetMinutes: session.timeZoneMinutes
        )
        connection.context.divisionByZeroFails =
            mode.isStrict && !isIgnore && mode.refusesDivisionByZero && update != nil
        let translator = Translator(session.translationContext(input.parameters), text: input.text)
        let sql = try update.map { try updateSQL($0, translator) } ?? deleteSQL(translator)
        seen = Array(repeating: [], count: targets.count)
        changers = try targets.map {
            try RowChanger(
                $0.table,
                session: session,
                connection: connection,
                isStrict: coercion.isStrict,
                cancellation: input.cancellation
            )
        }
        try askFirst(translator.passes, connection)
        if let sql = try sql ?? wholeTable() {
            let statement = try connection.sqlite.statement(sql)
            try TableSession.bind(statement, input.parameters)
            source = statement
        } else if let target = targets.first {
            try changers.first?.keepCounter()
            try connection.sqlite.execute("DELETE FROM \(target.table.storageName.sqlQuoted)")
            changed = UInt64(clamping: connection.sqlite.changes)
        }
    }

    // MARK: - What to read

    private func updateSQL(_ node: Update, _ translator: Translator) throws -> String {
        if let target = node.singleTarget { translator.unread = try translator.resolve(target) }
        let with = try node.with.map { try translator.with($0, nil) } ?? ""
        let scope = Scope(parent: nil)
        let from = try open(node.tables, "UPDATE", scope, translator)
        scope.place = "field list"
        let original = scope.sources
        var list: [String] = []
        var assigned: [(source: Int, column: Int, value: TypedSQL)] = []
        for assignment in node.assignments {
            let (place, column) = try Self.find(assignment.column, scope)
            let stored = try translator.changeable(scope.sources[place])
            guard let index = view == nil ? column : view?.baseColumns[column] else {
                throw TableError.view(.columnNotUpdatable(assignment.column.name.name))
            }
            let isDefault = assignment.value.isDefault
            if stored.columns[index].generated != nil {
                guard !isDefault else { continue }
                let name = stored.columns[index].name
                throw TableError.constraint(.generatedGiven(column: name, table: stored.name))
            }
            var value: TypedSQL
            if isDefault {
                value = try translator.defaultValue(of: stored.columns[index], scope)
            } else {
                value = try translator.expression(assignment.value, scope)
            }
            assigned.append((place, index, value))
            // Later assignments of a single table see the new value.
            let type = scope.sources[place].columns[column].value.type
            if value.valueClass != .null, scope.sources.count == 1 {
                scope.sources[place].columns[column].value = try translator.converted(
                    value,
                    to: type
                )
            }
        }
        // WHERE and ORDER BY see the rows as they were.
        scope.sources = original
        for (place, source) in scope.sources.enumerated() {
            let mine = assigned.filter { $0.source == place }
            guard !mine.isEmpty, let alias = source.alias else { continue }
            var target = Target(table: try translator.changeable(source), alias: alias)
            if node.singleTarget == nil { try check(.update, target.table) }
            target.rowIDPlace = list.count
            list.append("\(alias)._rowid_")
            target.columns = mine.map(\.column)
            target.types = mine.map(\.value.type)
            target.firstNew = list.count
            list += mine.map(\.value.sql)
            target.firstOld = list.count
            list += mine.map { "\(alias).\(target.table.columns[$0.column].name.sqlQuoted)" }
            targets.append(target)
        }
        // Nothing is left when only generated columns were set to DEFAULT.
        if list.isEmpty { list = ["1"] }
        let tail = try translator.tail(
            from,
            node.condition,
            node.orderBy,
            node.limit,
            scope,
            fixed: view?.conditions ?? []
        )
        return "\(with)SELECT \(list.joined(separator: ", ")) FROM \(from)\(tail)"
    }

    /// FROM of the statement; a view that stands alone is opened. Whether it may be read is asked
    /// first, as of a table.
    private func open(
        _ references: [TableReference],
        _ change: String,
        _ scope: Scope,
        _ translator: Translator
    ) throws -> String {
        if references.count == 1, case .table(let named) = references[0] {
            let (database, name) = try translator.resolve(named.name)
            try translator.noteRead(database, name)
        }
        view = try translator.openView(references, change)
        defer {
            for case .some(let table) in scope.sources.map(\.table) {
                translator.changedTables.insert(table.storageName)
            }
        }
        guard let view else { return try translator.from(references, scope) }
        scope.sources = [view.source]
        return view.from
    }

    private static func find(_ name: ColumnName, _ scope: Scope) throws -> (Int, Int) {
        var found: [(Int, Int)] = []
        for (place, source) in scope.sources.enumerated() {
            if let table = name.table?.name, source.name != table { continue }
            for (index, column) in source.columns.enumerated()
            where column.name.asciiLowercased == name.name.name.asciiLowercased {
                found.append((place, index))
            }
        }
        guard let first = found.first else {
            throw TableError.unknownColumn(name: name.written, place: "field list")
        }
        guard found.count == 1 else {
            throw TableError.ambiguousColumn(name: name.written, place: "field list")
        }
        return first
    }

    private func deleteSQL(_ translator: Translator) throws -> String? {
        guard let node = delete else { return nil }
        guard node.returning.isEmpty else { throw TableError.notSupported("DELETE ... RETURNING") }
        if !node.isMultipleTable, let target = node.targets.first {
            translator.unread = try translator.resolve(target)
        }
        let with = try node.with.map { try translator.with($0, nil) } ?? ""
        let scope = Scope(parent: nil)
        let from = try open(node.from, "DELETE", scope, translator)
        var list: [String] = []
        for name in node.targets {
            let wanted = name.name.name
            let place = scope.sources.firstIndex { $0.name == wanted || $0.table?.name == wanted }
            guard let place, let alias = scope.sources[place].alias else {
                throw TableError.unknownTable(names: [wanted])
            }
            var target = Target(
                table: try translator.changeable(scope.sources[place]),
                alias: alias
            )
            if node.isMultipleTable { try check(.delete, target.table) }
            target.rowIDPlace = list.count
            list.append("\(alias)._rowid_")
            targets.append(target)
        }
        if !node.isMultipleTable, node.condition == nil, node.limit == nil, node.with == nil,
            view == nil
        {
            return nil
        }
        let tail = try translator.tail(
            from,
            node.condition,
            node.orderBy,
            node.limit,
            scope,
            fixed: view?.conditions ?? []
        )
        return "\(with)SELECT \(list.joined(separator: ", ")) FROM \(from)\(tail)"
    }

    /// The right to change one table of several; that of a single one is checked before. The right
    /// on a view is held by its own name, not on the table behind it.
    private func check(_ privilege: Privileges, _ table: StoredTable) throws {
        if let view { return try session.rights.check(privilege, on: view.database, view.table) }
        guard !table.isTemporary else { return }
        try session.rights.check(privilege, on: table.database, table.name)
    }

    /// What a DELETE without WHERE reads when it must look at each row; nil when it need not.
    private func wholeTable() throws -> String? {
        guard let target = targets.first, let changer = changers.first, !changer.deletesBlindly
        else { return nil }
        return "SELECT _rowid_ FROM \(target.table.storageName.sqlQuoted)"
    }

    // MARK: - Reading, then changing

    override func advance(_ connection: PooledConnection) throws -> Bool {
        if let source {
            if try nextRow(source, connection) {
                try collect(source)
            } else {
                connection.sqlite.giveBack(source)
                self.source = nil
            }
            return false
        }
        guard next < changes.count else { return true }
        try apply(changes[next], connection)
        next += 1
        return false
    }

    private func collect(_ statement: SQLiteStatement) throws {
        for (place, target) in targets.enumerated() where !statement.isNull(target.rowIDPlace) {
            let rowID = statement.int64(target.rowIDPlace)
            if targets.count > 1 || delete != nil {
                guard seen[place].insert(rowID).inserted else { continue }
            }
            var change = Change(target: place, rowID: rowID, values: [], olds: [])
            if update != nil {
                for index in target.columns.indices {
                    let raw = statement.value(target.firstNew + index)
                    let column = target.table.columns[target.columns[index]]
                    let value = TableValue(raw, type: target.types[index])
                        .adapted(from: target.types[index], to: column)
                    change.values.append(try checked(value, column))
                    change.olds.append(statement.value(target.firstOld + index))
                }
            }
            matched += 1
            if update != nil, change.values == change.olds { continue }
            bytes +=
                64 + change.values.reduce(0) { $0 + $1.bytesHeld }
                + change.olds.reduce(0) { $0 + $1.bytesHeld }
            guard bytes < TableLimits.changeBytesMax else {
                throw TableError.memoryLimit(TableLimits.changeBytesMax)
            }
            changes.append(change)
        }
    }

    private func checked(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue {
        coercion.row = Int(clamping: matched + 1)
        if value.isNull, !column.isNullable {
            let instead = ValueCoercion.implicitDefault(column)
            let value = try coercion.complain(.columnCannotBeNull(column.name), instead)
            return try coercion.coerce(value, column)
        }
        return try coercion.coerce(value, column)
    }

    private func apply(_ change: Change, _ connection: PooledConnection) throws {
        let changer = changers[change.target]
        guard isIgnore, !changer.isPlain else { return try apply(change, changer) }
        do {
            try connection.undoingRow { try apply(change, changer) }
        } catch let error as TableError where error.isOfOneRow {
            session.warn(TableWarning(.warning, error))
        }
    }

    private func apply(_ change: Change, _ changer: RowChanger) throws {
        if delete != nil {
            if try changer.delete(change.rowID) { changed += 1 }
            return
        }
        do {
            try changer.update(change.rowID, targets[change.target].columns, change.values)
            try checkView(change, changer)
            changed += 1
        } catch let error as TableError where isIgnore && changer.isPlain && error.isOfOneRow {
            session.warn(TableWarning(.warning, error))
        }
    }

    /// A row that was changed through a view must be in it still.
    private func checkView(_ change: Change, _ changer: RowChanger) throws {
        guard let view, view.checks, let connection else { return }
        var rowID = change.rowID
        let target = targets[change.target]
        if let key = target.table.rowIDColumn, let place = target.columns.firstIndex(of: key) {
            rowID = change.values[place].integer ?? rowID
        }
        try connection.check(view, rowID)
    }

    override func end(_ connection: PooledConnection) throws -> StatementSummary {
        var summary = StatementSummary()
        for warning in coercion.warnings { session.warn(warning) }
        for changer in changers {
            for warning in changer.coercion.warnings { session.warn(warning) }
        }
        summary.affectedRows = update != nil && session.countsFoundRows ? matched : changed
        if update != nil {
            summary.info =
                "Rows matched: \(matched)  Changed: \(changed)  "
                + "Warnings: \(session.warnings.count)"
        }
        return summary
    }

    override func release(_ connection: PooledConnection) {
        if let source { connection.sqlite.giveBack(source) }
        source = nil
    }
}

extension Translator {
    /// The stored table of a FROM clause, when its rows can be changed.
    func changeable(_ source: Source) throws -> StoredTable {
        guard let table = source.table, !table.isView else {
            throw TableError.notSupported("changing rows of '\(source.name)'")
        }
        if try context.systemTable(table.database, table.name) != nil {
            throw TableError.systemTable(database: table.database, action: "change")
        }
        try context.checkLocks(table, true)
        return table
    }

    /// WHERE, ORDER BY and LIMIT of a change, and the passes of its batched calls.
    func tail(
        _ from: String,
        _ condition: Expression?,
        _ orderBy: [OrderItem],
        _ limit: LimitClause?,
        _ scope: Scope,
        fixed: [String] = []
    ) throws -> String {
        scope.forbidsAggregates = true
        scope.place = "where clause"
        var sql = ""
        var filter = try condition.map { try conditions($0, scope) } ?? Conditions()
        filter.all = fixed + filter.all
        filter.free = fixed + filter.free
        if !filter.all.isEmpty { sql += " WHERE " + filter.all.joined(separator: " AND ") }
        scope.place = "order clause"
        let keys = try orderBy.map {
            try sortKey(expression($0.expression, scope)) + ($0.isDescending ? " DESC" : "")
        }
        let free = filter.free.isEmpty ? "" : " WHERE " + filter.free.joined(separator: " AND ")
        addPasses(scope, source: " FROM " + from + free)
        if !keys.isEmpty { sql += " ORDER BY " + keys.joined(separator: ", ") }
        if let limit { sql += try limitSQL(limit, scope) }
        return sql
    }
}

extension Expression {
    /// `DEFAULT`, bare.
    var isDefault: Bool {
        if case .defaultValue(nil) = kind { true } else { false }
    }
}

extension PooledConnection {
    /// Throws 1369 when a row is not in a view made WITH CHECK OPTION.
    func check(_ view: OpenView, _ rowID: Int64) throws {
        guard try sqlite.rows(view.checkSQL, [.integer(rowID)]).isEmpty else { return }
        throw TableError.view(.checkFailed(view.name))
    }
}
