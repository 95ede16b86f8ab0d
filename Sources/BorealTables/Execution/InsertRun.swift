import BorealBase
import BorealSQL
import BorealSQLite
import BorealWire

/// INSERT and REPLACE.
///
/// One thread at a time steps it.
final class InsertRun: ChangeRun, @unchecked Sendable {
    private let node: Insert
    private var inserter: RowInserter?
    private var targets: [Int] = []
    private var table: StoredTable?
    private var next = 0
    private var source: SQLiteStatement?
    private var sourceColumns: [ResultColumn] = []
    /// The source reads the table it fills, so its rows are all read before the first goes in.
    private var buffersSource = false
    private var buffered: [[TableValue?]]?

    /// What RETURNING asks for, and the rowids and rows for it.
    private let returning: ReturningList?
    private var stored: [Int64] = []
    private(set) var returned: [[TableValue]] = []

    init(
        _ session: TableSession,
        _ node: Insert,
        _ input: StatementInput,
        returning: ReturningList? = nil
    ) {
        self.node = node
        self.returning = returning
        super.init(session, input)
    }

    override func begin(_ connection: PooledConnection) throws {
        (next, stored) = (0, [])
        guard node.partitions.isEmpty else { throw TableError.notSupported("PARTITION") }
        let translator = Translator(session.translationContext(input.parameters), text: input.text)
        let view = try translator.openView([.table(NamedTable(name: node.table))], "INSERT")
        let table = try view?.source.table ?? translator.baseTable(node.table)
        if view != nil { try translator.context.checkLocks(table, true) }
        self.table = table
        targets = try columnList(table, view)
        let isStrict = session.sqlMode.isStrict && !node.isIgnore
        let mode = try duplicates(table, connection, translator)
        var isMany = node.isIgnore
        if case .rows(let rows) = node.source { isMany = isMany || (rows.count > 1 && !isStrict) }
        inserter = try RowInserter(
            table,
            columns: targets,
            session: session,
            connection: connection,
            duplicates: mode,
            options: RowInserter.Options(
                isStrict: isStrict,
                isIgnore: node.isIgnore,
                nullBecomesDefault: isMany,
                cancellation: input.cancellation
            )
        )
        if view?.checks == true { inserter?.view = view }
        if returning != nil {
            inserter?.onRow = { [unowned self] rowID in stored.append(rowID) }
        }
        if case .rows(let rows) = node.source { inserter?.sequence.rowsExpected = rows.count }
        connection.context.divisionByZeroFails = isStrict && session.sqlMode.refusesDivisionByZero
        if case .query(let query) = node.source { try openSource(query, table, connection) }
    }

    private func columnList(_ table: StoredTable, _ view: OpenView?) throws -> [Int] {
        var names = node.columns
        if case .assignments(let list) = node.source { names = list.map(\.column) }
        if names.isEmpty, case .rows(let rows) = node.source, rows.allSatisfy(\.isEmpty) {
            return []
        }
        if names.isEmpty, let view {
            return try view.source.columns.indices.map { try place(of: $0, in: view) }
        }
        if names.isEmpty { return table.columns.indices.filter { !table.columns[$0].isInvisible } }
        var seen: Set<Int> = []
        return try names.map { name in
            let index = try view.map { try place(of: name, in: $0) } ?? place(of: name, in: table)
            guard seen.insert(index).inserted else {
                throw TableError.columnSpecifiedTwice(name.name.name)
            }
            return index
        }
    }

    private func place(of name: ColumnName, in table: StoredTable) throws -> Int {
        guard let index = table.columnIndex(name.name.name) else {
            throw TableError.unknownColumn(name: name.name.name, place: "field list")
        }
        return index
    }

    private func place(of name: ColumnName, in view: OpenView) throws -> Int {
        let wanted = name.name.name.asciiLowercased
        let index = view.source.columns.firstIndex { $0.name.asciiLowercased == wanted }
        guard let index else {
            throw TableError.unknownColumn(name: name.name.name, place: "field list")
        }
        return try place(of: index, in: view)
    }

    private func place(of column: Int, in view: OpenView) throws -> Int {
        guard let place = view.baseColumns[column] else {
            throw TableError.view(.notUpdatable(name: view.source.name, change: "INSERT"))
        }
        return place
    }

    private func duplicates(
        _ table: StoredTable,
        _ connection: PooledConnection,
        _ translator: Translator
    ) throws -> RowInserter.Duplicates {
        if node.isReplace { return .replace }
        if !node.onDuplicate.isEmpty {
            let change = try DuplicateUpdate(table, node, connection, session, translator, input)
            return .update { try change.apply($0, $1) }
        }
        return node.isIgnore ? .ignore : .fail
    }

    private func openSource(
        _ query: Query,
        _ table: StoredTable,
        _ connection: PooledConnection
    ) throws {
        let plan = try session.plan(query, text: input.text, parameters: input.parameters)
        guard plan.columns.count == targets.count else {
            throw TableError.columnCountMismatch(row: 1)
        }
        sourceColumns = plan.columns
        try askFirst(plan.passes, connection)
        let statement = try connection.sqlite.statement(plan.sql)
        try TableSession.bind(statement, input.parameters)
        source = statement
        buffersSource = plan.tables.contains { $0 == table.database && $1 == table.name }
    }

    /// All rows of a source that reads the table it fills.
    private func bufferAll(
        _ statement: SQLiteStatement,
        _ connection: PooledConnection
    ) throws -> [[TableValue?]] {
        var rows: [[TableValue?]] = []
        var bytes = 0
        while try nextRow(statement, connection) {
            let row = values(statement)
            bytes += row.reduce(64) { $0 + ($1?.bytesHeld ?? 32) }
            rows.append(row)
            guard bytes < TableLimits.changeBytesMax else {
                throw TableError.memoryLimit(TableLimits.changeBytesMax)
            }
        }
        return rows
    }

    private func values(_ statement: SQLiteStatement) -> [TableValue?] {
        sourceColumns.indices.map {
            let type = sourceColumns[$0].type
            let value = TableValue(statement.value($0), type: type)
            guard let table else { return value }
            return value.adapted(from: type, to: table.columns[targets[$0]])
        }
    }

    override func advance(_ connection: PooledConnection) throws -> Bool {
        guard let inserter, let table else { return true }
        switch node.source {
        case .rows(let rows):
            guard next < rows.count else { return true }
            let row = rows[next]
            next += 1
            guard row.count == targets.count else {
                throw TableError.columnCountMismatch(row: next)
            }
            try inserter.add(values(of: row, among: rows, table, connection))
        case .assignments(let list):
            guard next == 0 else { return true }
            next = 1
            try inserter.add(values(of: list.map(\.value), among: [], table, connection))
        case .query:
            if buffersSource, buffered == nil, let source {
                buffered = try bufferAll(source, connection)
            }
            if let rows = buffered {
                guard next < rows.count else { return true }
                try inserter.add(rows[next])
                next += 1
            } else {
                guard let source, try nextRow(source, connection) else { return true }
                try inserter.add(values(source))
            }
        }
        return false
    }

    /// The values of one row. While they wait for answers, the rows behind it are asked about too.
    ///
    /// - Parameter rows: all that are given.
    private func values(
        of row: [Expression],
        among rows: [[Expression]],
        _ table: StoredTable,
        _ connection: PooledConnection
    ) throws -> [TableValue?] {
        do {
            return try evaluated(row, table, connection)
        } catch var held as HeldEvaluations {
            while next < rows.count, held.list.count < TableLimits.rowsAskedAhead {
                let ahead = rows[next]
                next += 1
                do {
                    if ahead.count == targets.count { _ = try evaluated(ahead, table, connection) }
                } catch let more as HeldEvaluations {
                    held.list += more.list
                } catch {
                    // It is thrown again in the row's turn.
                    break
                }
            }
            throw held
        }
    }

    /// The values of one row; each may use the columns that stand in front of it.
    private func evaluated(
        _ nodes: [Expression],
        _ table: StoredTable,
        _ connection: PooledConnection
    ) throws -> [TableValue?] {
        var values: [TableValue?] = []
        values.reserveCapacity(nodes.count)
        for (node, target) in zip(nodes, targets) {
            let column = table.columns[target]
            if case .literal(let literal) = node.kind, let number = literal.number(for: column) {
                values.append(number)
            } else {
                values.append(try evaluated(node, column, values, table, connection))
            }
        }
        return values
    }

    /// One value of a VALUES list; nil for DEFAULT. Literals never pass through SQLite.
    private func evaluated(
        _ node: Expression,
        _ column: StoredColumn,
        _ before: [TableValue?],
        _ table: StoredTable,
        _ connection: PooledConnection
    ) throws -> TableValue? {
        switch node.kind {
        case .defaultValue(nil): return nil
        case .defaultValue(let name?):
            guard let other = table.columnIndex(name.name.name) else {
                throw TableError.unknownColumn(name: name.name.name, place: "field list")
            }
            return try inserter?.defaultValue(other)
        case .literal, .unary: if let value = node.constantValue { return value }
        case .placeholder(let place) where place < input.parameters.count:
            return input.parameters[place].adapted(from: .varchar(), to: column)
        default: break
        }
        let translator = Translator(session.translationContext(input.parameters), text: input.text)
        translator.changedTables = [table.storageName]
        let first = input.parameters.count
        let usesRow = node.namesColumn
        let scope =
            usesRow
            ? RowRules.scope(table, translator, firstParameter: first + 1) : Scope(parent: nil)
        let value = try translator.expression(node, scope)
        translator.addPasses(scope, source: "")
        let bindFurther: BatchRun.Binding = { [self] statement in
            if usesRow { try bindRow(statement, before, table, first) }
        }
        let place = next * targets.count + before.count
        try ask(translator.passes, place: place, connection, bindFurther)
        let statement = try connection.sqlite.statement("SELECT \(value.sql)")
        defer { connection.sqlite.giveBack(statement) }
        try TableSession.bind(statement, input.parameters)
        try bindFurther(statement)
        guard try statement.step() else { return .null }
        return TableValue(statement.value(0), type: value.type)
            .adapted(from: value.type, to: column)
    }

    /// Asks the calls of one value.
    ///
    /// - Throws: `HeldEvaluations` while the answers are on their way.
    private func ask(
        _ passes: [BatchPass],
        place: Int,
        _ connection: PooledConnection,
        _ bindFurther: @escaping BatchRun.Binding
    ) throws {
        guard !passes.isEmpty else { return }
        var isOneOfMany = false
        if case .rows(let rows) = node.source { isOneOfMany = rows.count > 1 }
        let held = try BatchRun.runAll(
            passes,
            connection,
            parameters: input.parameters,
            known: ledger[place],
            mayHold: true,
            isOneOfMany: isOneOfMany,
            bindFurther: bindFurther
        )
        if let held { throw HeldEvaluations(list: [HeldEvaluation(held: held, place: place)]) }
        ledger[place] = connection.context.memos
    }

    /// Binds the row as far as it is known: values given, then defaults.
    private func bindRow(
        _ statement: SQLiteStatement,
        _ values: [TableValue?],
        _ table: StoredTable,
        _ first: Int
    ) throws {
        guard let inserter else { return }
        for index in table.columns.indices where first + index + 1 <= statement.parameterCount {
            let place = targets.firstIndex(of: index)
            let given = place.flatMap { $0 < values.count ? values[$0] : nil }
            let value = try given ?? inserter.silentDefault(index)
            var quiet = inserter.coercion
            quiet.isStrict = false
            try statement.bind(first + index + 1, try quiet.coerce(value, table.columns[index]))
        }
    }

    override func end(_ connection: PooledConnection) throws -> StatementSummary {
        var summary = StatementSummary()
        guard let inserter else { return summary }
        if let returning { returned = try returning.values(stored, connection) }
        for warning in inserter.coercion.warnings { session.warn(warning) }
        summary.affectedRows = inserter.affected
        summary.lastInsertID = inserter.firstID
        if inserter.firstID > 0 { session.lastInsertID = inserter.firstID }
        if inserter.records > 1 || sourceColumns.count > 0 {
            let duplicates =
                inserter.deleted + inserter.skipped
                + (node.onDuplicate.isEmpty
                    ? 0 : inserter.affected &- min(inserter.affected, inserter.records))
            summary.info =
                "Records: \(inserter.records)  Duplicates: \(duplicates)  "
                + "Warnings: \(session.warnings.count)"
        }
        return summary
    }

    override func release(_ connection: PooledConnection) {
        if let source { connection.sqlite.giveBack(source) }
        source = nil
        buffered = nil
        inserter = nil
    }
}

extension Expression {
    /// The value of a literal, with a sign or without; nil for everything else.
    var constantValue: TableValue? {
        switch kind {
        case .literal(let literal): return literal.value
        case .unary(.minus, let inner):
            guard case .literal(let literal) = inner.kind else { return nil }
            switch literal {
            case .integer(let number) where number <= UInt64(Int64.max):
                return .integer(-Int64(number))
            case .decimal(let text): return .decimal("-" + text)
            case .float(let text): return Double(text).map { .real(-$0) }
            default: return nil
            }
        default: return nil
        }
    }
}

extension Literal {
    /// The value of a constant that needs no type rules of a column.
    var value: TableValue? {
        switch self {
        case .null: .null
        case .boolean(let flag): .integer(flag ? 1 : 0)
        case .integer(let number):
            Int64(exactly: number).map { .integer($0) } ?? .unsigned(number)
        case .decimal(let text): .decimal(text)
        case .float(let text): Double(text).flatMap { $0.isFinite ? .real($0) : nil }
        case .string(let text): .text(text)
        case .bytes(let bytes), .hexadecimal(let bytes), .bits(let bytes): .bytes(bytes)
        case .introduced("binary", let bytes): .bytes(bytes)
        case .introduced, .temporal: nil
        }
    }
}

/// The update of ON DUPLICATE KEY UPDATE.
final class DuplicateUpdate {
    private let table: StoredTable
    private let session: TableSession
    private let connection: PooledConnection
    private let input: StatementInput
    private let columns: [Int]
    private let select: String
    private let types: [ColumnType]
    private let firstParameter: Int
    private let changer: RowChanger

    init(
        _ table: StoredTable,
        _ node: Insert,
        _ connection: PooledConnection,
        _ session: TableSession,
        _ translator: Translator,
        _ input: StatementInput
    ) throws {
        self.table = table
        self.session = session
        self.connection = connection
        self.input = input
        changer = try RowChanger(
            table,
            session: session,
            connection: connection,
            isStrict: session.sqlMode.isStrict && !node.isIgnore,
            cancellation: input.cancellation
        )
        let first = input.parameters.count
        firstParameter = first
        let alias = translator.freshAlias()
        let (scope, values) = Self.scope(table, node, translator, alias: alias, first: first)
        var targets: [Int] = []
        var list: [TypedSQL] = []
        for assignment in node.onDuplicate {
            guard let index = table.columnIndex(assignment.column.name.name) else {
                let name = assignment.column.written
                throw TableError.unknownColumn(name: name, place: "field list")
            }
            targets.append(index)
            let value = try translator.expression(assignment.value, scope)
            list.append(value)
            if let place = scope.sources[0].columns.firstIndex(where: {
                $0.value.origin?.column == table.columns[index].name
            }) {
                scope.sources[0].columns[place].value = try translator.converted(
                    value,
                    to: values[index].type
                )
            }
        }
        guard scope.batchSites.isEmpty, translator.passes.isEmpty else {
            throw TableError.notSupported("a batched function in ON DUPLICATE KEY UPDATE")
        }
        columns = targets
        types = list.map(\.type)
        let old = targets.map { values[$0].sql }
        select =
            "SELECT " + (list.map(\.sql) + old).joined(separator: ", ")
            + " FROM \(table.storageName.sqlQuoted) AS \(alias) "
            + "WHERE \(alias)._rowid_ = ?\(first + 1)"
    }

    /// The names that the update may use: the row in the way, and the new one.
    private static func scope(
        _ table: StoredTable,
        _ node: Insert,
        _ translator: Translator,
        alias: String,
        first: Int
    ) -> (Scope, [TypedSQL]) {
        let scope = Scope(parent: nil)
        let values = table.columns.indices.map {
            translator.storedColumn(table, $0, alias: alias, name: table.name)
        }
        scope.sources = [
            Source(
                name: table.name,
                database: table.database,
                columns: zip(table.columns, values).map { SourceColumn(name: $0.name, value: $1) }
            )
        ]
        // The new row's values are bound behind the client's parameters.
        func inserted(_ index: Int) -> TypedSQL {
            var value = values[index]
            value.sql = "?\(first + 2 + index)"
            value.isNullable = true
            return value
        }
        translator.insertedValue = { name in
            guard let index = table.columnIndex(name.name.name) else {
                throw TableError.unknownColumn(name: name.written, place: "field list")
            }
            return inserted(index)
        }
        if let alias = node.rowAlias {
            let names =
                alias.columns.isEmpty ? table.columns.map(\.name) : alias.columns.map(\.name)
            let columns = zip(names, table.columns.indices).map {
                SourceColumn(name: $0, value: inserted($1), isHidden: true)
            }
            scope.sources.append(Source(name: alias.name.name, database: nil, columns: columns))
        }
        return (scope, values)
    }

    /// Updates the row in the way.
    ///
    /// - Returns: 2 when it changed, 0 when it stayed as it was (1 when the client counts found
    /// rows).
    func apply(_ rowID: Int64, _ row: [SQLiteValue]) throws -> UInt64 {
        var news: [TableValue] = []
        var olds: [SQLiteValue] = []
        let statement = try connection.sqlite.statement(select)
        try TableSession.bind(statement, input.parameters)
        if firstParameter + 1 <= statement.parameterCount {
            try statement.bind(firstParameter + 1, rowID)
        }
        for (index, value) in row.enumerated()
        where firstParameter + 2 + index <= statement.parameterCount {
            try statement.bind(firstParameter + 2 + index, value)
        }
        if try statement.step() {
            news = columns.indices.map { TableValue(statement.value($0), type: types[$0]) }
            olds = columns.indices.map { statement.value(columns.count + $0) }
        }
        connection.sqlite.giveBack(statement)
        var coercion = ValueCoercion(
            mode: session.sqlMode,
            isStrict: session.sqlMode.isStrict,
            offsetMinutes: session.timeZoneMinutes
        )
        let values = try zip(columns, news).map { try coercion.coerce($1, table.columns[$0]) }
        guard values != olds else { return session.countsFoundRows ? 1 : 0 }
        for (index, value) in zip(columns, values)
        where value.isNull && !table.columns[index].isNullable {
            throw TableError.columnCannotBeNull(table.columns[index].name)
        }
        try changer.update(rowID, columns, values)
        return 2
    }
}

extension Expression {
    /// True when it names a column outside of nested queries.
    fileprivate var namesColumn: Bool {
        if case .column = kind { return true }
        if case .defaultValue = kind { return true }
        return children.contains(where: \.namesColumn)
    }
}
