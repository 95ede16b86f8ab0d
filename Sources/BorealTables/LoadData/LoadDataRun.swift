public import BorealBase
public import BorealSQL
import BorealSQLite
import BorealWire

/// LOAD DATA LOCAL INFILE: fed with the bytes of the file as they arrive.
///
///     let run = try session.prepareLoad(node, text: text, cancellation: flag)
///     // ask the client for run.fileName; then, when the lock is free:
///     if let ticket = try run.start() { wait for it and start again }
///     try run.feed(bytes)              // as often as packets come
///     let summary = try run.finish()   // the OK packet
///
/// All of it is one transaction: `cancel()`, or an error, leaves no row of the file.
///
/// One thread at a time uses it.
public final class LoadDataRun: @unchecked Sendable {
    /// The file that the client is asked for.
    public let fileName: String
    private let work: LoadWork

    init(_ session: TableSession, _ node: LoadData, _ input: StatementInput) throws {
        fileName = node.file
        work = try LoadWork(session, node, input)
    }

    /// Opens the transaction.
    ///
    /// - Returns: a ticket to wait for, or nil when it may be fed.
    public func start() throws -> LockTicket? {
        work.connection == nil ? try work.open() : nil
    }

    /// Takes more bytes of the file and inserts the rows that are complete.
    public func feed(_ bytes: UnsafeRawBufferPointer) throws {
        guard let connection = work.connection else { return }
        do { try work.feed(bytes, isEnd: false, connection) } catch { throw work.undo(error) }
    }

    /// Takes more bytes of the file.
    public func feed(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try feed($0) }
    }

    /// The file is over: inserts what is left and commits.
    public func finish() throws -> StatementSummary {
        guard let connection = work.connection else { throw TableError.interrupted }
        do {
            try work.feed(UnsafeRawBufferPointer(start: nil, count: 0), isEnd: true, connection)
            return try work.finish(connection)
        } catch {
            throw work.undo(error)
        }
    }

    /// The transfer broke: nothing of the file stays.
    public func cancel() { work.close() }
}

extension TableSession {
    /// Makes LOAD DATA ready; only the LOCAL form is allowed.
    public func prepareLoad(
        _ node: LoadData,
        text: [UInt8],
        cancellation: CancellationFlag
    ) throws -> LoadDataRun {
        guard node.isLocal else { throw TableError.optionPreventsStatement("--secure-file-priv") }
        warnings = []
        try authorize(.loadData(node))
        let input = StatementInput(text: text, parameters: [], cancellation: cancellation)
        return try LoadDataRun(self, node, input)
    }
}

/// The change that a LOAD DATA makes.
///
/// One thread at a time uses it.
final class LoadWork: ChangeRun, @unchecked Sendable {
    private let node: LoadData
    private var reader: FieldReader
    private var inserter: RowInserter?
    private var table: StoredTable?
    /// For each field of a row its place among the inserter's values, or the variable it sets.
    private var places: [Int?] = []
    private var names: [String?] = []
    private var columnPlaces: [Int] = []
    private var assignments: (sql: String, types: [ColumnType])?
    /// What the file is written in; nil for UTF-8.
    private let characterSet: SingleByteSet?

    init(_ session: TableSession, _ node: LoadData, _ input: StatementInput) throws {
        self.node = node
        reader = try FieldReader(node.format, ignoring: node.ignoredLines)
        let charset = node.charset.map { Collations.canonicalCharset($0) } ?? "utf8mb4"
        guard Collations.defaultCollation(ofCharset: charset) != nil else {
            throw TableError.unknownCharacterSet(charset)
        }
        characterSet = charset == "ascii" ? nil : SingleByteSet.named(charset)
        super.init(session, input)
    }

    override var canBeginAnew: Bool { false }

    override func begin(_ connection: PooledConnection) throws {
        guard node.partitions.isEmpty else { throw TableError.notSupported("PARTITION") }
        let translator = Translator(session.translationContext([]), text: input.text)
        let table = try translator.baseTable(node.table)
        self.table = table
        var targets: [Int] = []
        if node.fields.isEmpty {
            targets = table.columns.indices.filter { !table.columns[$0].isInvisible }
            places = targets.indices.map { $0 }
            names = targets.map { _ in nil }
        }
        for field in node.fields {
            switch field {
            case .variable(let name):
                places.append(nil)
                names.append(name.asciiLowercased)
            case .column(let name):
                guard let index = table.columnIndex(name.name.name) else {
                    throw TableError.unknownColumn(name: name.name.name, place: "field list")
                }
                places.append(targets.count)
                names.append(nil)
                targets.append(index)
            }
        }
        columnPlaces = targets
        try prepareAssignments(table, translator, &targets)
        inserter = try RowInserter(
            table,
            columns: targets,
            session: session,
            connection: connection,
            duplicates: node.duplicates == .replace ? .replace : .ignore,
            options: RowInserter.Options(
                isStrict: false,
                isIgnore: node.duplicates != .replace,
                nullBecomesDefault: true,
                cancellation: input.cancellation
            )
        )
    }

    /// SET a = expr: the loaded values are parameters, variables are read as they were just set.
    private func prepareAssignments(
        _ table: StoredTable,
        _ translator: Translator,
        _ targets: inout [Int]
    ) throws {
        guard !node.assignments.isEmpty else { return }
        let scope = Scope(parent: nil)
        let columns = targets.enumerated().map { place, index -> SourceColumn in
            let type = table.columns[index].type.columnType
            return SourceColumn(
                name: table.columns[index].name,
                value: TypedSQL("?\(place + 1)", type)
            )
        }
        scope.sources = [Source(name: table.name, database: table.database, columns: columns)]
        for case .some(let name) in names {
            translator.context.variableTypes[name] = .varchar(65_535)
        }
        var list: [TypedSQL] = []
        for assignment in node.assignments {
            guard let index = table.columnIndex(assignment.column.name.name) else {
                throw TableError.unknownColumn(name: assignment.column.written, place: "field list")
            }
            targets.append(index)
            list.append(try translator.expression(assignment.value, scope))
        }
        assignments = ("SELECT " + list.map(\.sql).joined(separator: ", "), list.map(\.type))
    }

    func feed(
        _ bytes: UnsafeRawBufferPointer,
        isEnd: Bool,
        _ connection: PooledConnection
    ) throws {
        if !bytes.isEmpty { try reader.append(bytes) }
        var count = 0
        while let fields = reader.next(isEnd: isEnd) {
            try add(fields, connection)
            count += 1
            if count % TableLimits.rowsBetweenChecks == 0 { try checkCancellation() }
        }
        try checkCancellation()
    }

    private func add(_ fields: [FieldReader.Field], _ connection: PooledConnection) throws {
        guard let inserter, let table else { return }
        let row = Int(clamping: inserter.records + 1)
        inserter.coercion.row = row
        if fields.count < places.count { inserter.warn(.rowTooShort(row: row)) }
        if fields.count > places.count { inserter.warn(.rowTooLong(row: row)) }
        var values = [TableValue?](repeating: nil, count: columnPlaces.count)
        for (index, place) in places.enumerated() {
            let given = index < fields.count ? decoded(fields[index]) : nil
            let value = given ?? .null
            if let place {
                values[place] = given ?? Self.missing(table.columns[columnPlaces[place]])
            } else if let name = names[index] {
                connection.context.variables[name] = (value.stored, .varchar(65_535))
            }
        }
        if let assignments { values += try assigned(assignments, values, table, connection) }
        try inserter.add(values)
    }

    /// A column whose field is missing gets its type's own zero, as MySQL has it.
    private static func missing(_ column: StoredColumn) -> TableValue {
        column.isNullable ? .null : ValueCoercion.implicitDefault(column)
    }

    private func assigned(
        _ plan: (sql: String, types: [ColumnType]),
        _ values: [TableValue?],
        _ table: StoredTable,
        _ connection: PooledConnection
    ) throws -> [TableValue?] {
        var quiet = ValueCoercion(
            mode: session.sqlMode,
            isStrict: false,
            offsetMinutes: session.timeZoneMinutes
        )
        let statement = try connection.sqlite.statement(plan.sql)
        defer { connection.sqlite.giveBack(statement) }
        for (index, value) in values.enumerated() where index < statement.parameterCount {
            let stored = try quiet.coerce(value ?? .null, table.columns[columnPlaces[index]])
            try statement.bind(index + 1, stored)
        }
        guard try statement.step() else { return plan.types.map { _ in .null } }
        return plan.types.indices.map { TableValue(statement.value($0), type: plan.types[$0]) }
    }

    private func decoded(_ field: FieldReader.Field) -> TableValue {
        guard let field else { return .null }
        // ASCII is valid as it is; looking is cheaper than the general check.
        if field.allSatisfy({ $0 < 0x80 }) { return .text(String(decoding: field, as: UTF8.self)) }
        if let characterSet {
            return .text(String(decoding: characterSet.decoded(field), as: UTF8.self))
        }
        if let text = String(validating: field, as: UTF8.self) { return .text(text) }
        return .bytes(field)
    }

    override func end(_ connection: PooledConnection) throws -> StatementSummary {
        var summary = StatementSummary()
        guard let inserter else { return summary }
        for warning in inserter.coercion.warnings { session.warn(warning) }
        summary.affectedRows = inserter.affected
        summary.lastInsertID = inserter.firstID
        if inserter.firstID > 0 { session.lastInsertID = inserter.firstID }
        summary.info =
            "Records: \(inserter.records)  Deleted: \(inserter.deleted)  "
            + "Skipped: \(inserter.skipped)  Warnings: \(session.warnings.count)"
        return summary
    }

    override func release(_ connection: PooledConnection) { inserter = nil }
}

extension RowInserter {
    /// A warning about the row as a whole.
    func warn(_ error: TableError) {
        if coercion.warnings.count < TableLimits.warningsMax {
            coercion.warnings.append(TableWarning(.warning, error))
        }
    }
}
