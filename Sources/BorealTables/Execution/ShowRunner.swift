import BorealBase
import BorealSQL
import BorealSQLite

/// SHOW and DESCRIBE over the embedded tables.
struct ShowRunner {
    let session: TableSession
    let input: StatementInput

    init(_ session: TableSession, _ input: StatementInput) {
        self.session = session
        self.input = input
    }

    private var schema: Schema { session.pinnedSchema ?? session.store.schema }

    func run(_ node: ShowStatement) throws -> StaticRows {
        var table = try listing(node)
        if let filter = node.filter { table = try filtered(table, filter) }
        if let limit = node.limit, case .literal(.integer(let count)) = limit.count.kind {
            var skip = 0
            if case .literal(.integer(let offset))? = limit.offset?.kind {
                skip = Int(clamping: offset)
            }
            table.rows = Array(table.rows.dropFirst(skip).prefix(Int(clamping: count)))
        }
        let columns = table.columns.map { ResultColumn($0.name, $0.type) }
        return StaticRows(columns, table.rows)
    }

    private func listing(_ node: ShowStatement) throws -> VirtualTable {
        switch node.subject {
        case .databases:
            let names = schema.databases.keys.sorted() + ["information_schema"]
            let suffix = node.filter.flatMap { filter -> String? in
                if case .like(let text) = filter { " (\(text))" } else { nil }
            }
            return Self.texts(["Database" + (suffix ?? "")], names.sorted().map { [$0] })
        case .tables(let isFull, let database): return try tables(isFull, database, node.filter)
        case .tableStatus(let database): return try tableStatus(database)
        case .openTables: return Self.texts(["Database", "Table", "In_use", "Name_locked"], [])
        case .columns(let isFull, let name): return try columns(isFull, table(name))
        case .indexes(let name): return try indexes(table(name))
        case .createTable(let name), .createView(let name): return try createTable(name)
        case .createDatabase(let name, let ifNotExists):
            guard let database = schema.databases[name.name] else {
                throw TableError.unknownDatabase(name.name)
            }
            let clause = ifNotExists ? "/*!32312 IF NOT EXISTS*/ " : ""
            let charset = Collations.charset(of: database.collation)
            let text =
                "CREATE DATABASE \(clause)\(name.name.backQuoted) /*!40100 DEFAULT CHARACTER SET "
                + "\(charset) COLLATE \(database.collation) */ /*!80016 DEFAULT ENCRYPTION='N' */"
            return Self.texts(["Database", "Create Database"], [[name.name, text]])
        case .variables(let scope):
            let rows = session.allVariables(scope).map {
                [TableValue.text($0.name), .text($0.value.text ?? "")]
            }
            return VirtualTable(columns: Self.named(["Variable_name", "Value"]), rows: rows)
        case .status: return status()
        case .warnings(let isCount): return warnings(isCount, session.warnings)
        case .errors(let isCount):
            return warnings(isCount, session.warnings.filter { $0.level == .error })
        default: return try fixed(node.subject)
        }
    }

    private func fixed(_ subject: ShowStatement.Subject) throws -> VirtualTable {
        switch subject {
        case .engines:
            let columns = ["Engine", "Support", "Comment", "Transactions", "XA", "Savepoints"]
            return Self.texts(
                columns,
                [["InnoDB", "DEFAULT", "Embedded tables", "YES", "NO", "YES"]]
            )
        case .characterSet:
            let rows = Collations.charsets.map { entry -> [TableValue] in
                let standard = Collations.defaultCollation(ofCharset: entry.name) ?? ""
                return [
                    .text(entry.name), .text(entry.description), .text(standard),
                    .integer(Int64(entry.width)),
                ]
            }
            var columns = Self.named(["Charset", "Description", "Default collation", "Maxlen"])
            columns[3].type = .longLong
            return VirtualTable(columns: columns, rows: rows)
        case .collation:
            let rows = Collations.all.map { entry -> [TableValue] in
                [
                    .text(entry.name), .text(entry.charset), .integer(Int64(entry.id)),
                    .text(entry.isDefault ? "Yes" : ""), .text("Yes"), .integer(1),
                    .text(entry.name.contains("0900") ? "NO PAD" : "PAD SPACE"),
                ]
            }
            var columns = Self.named(
                ["Collation", "Charset", "Id", "Default", "Compiled", "Sortlen", "Pad_attribute"]
            )
            columns[2].type = .longLong
            columns[5].type = .longLong
            return VirtualTable(columns: columns, rows: rows)
        case .plugins: return Self.texts(["Name", "Status", "Type", "Library", "License"], [])
        case .privileges: return Self.texts(["Privilege", "Context", "Comment"], [])
        case .triggers:
            return Self.texts(
                [
                    "Trigger", "Event", "Table", "Statement", "Timing", "Created", "sql_mode",
                    "Definer", "character_set_client", "collation_connection", "Database Collation",
                ],
                []
            )
        case .events:
            return Self.texts(
                [
                    "Db", "Name", "Definer", "Time zone", "Type", "Execute at", "Interval value",
                    "Interval field", "Starts", "Ends", "Status", "Originator",
                    "character_set_client",
                    "collation_connection", "Database Collation",
                ],
                []
            )
        case .routineStatus:
            return Self.texts(
                [
                    "Db", "Name", "Type", "Definer", "Modified", "Created", "Security_type",
                    "Comment", "character_set_client", "collation_connection", "Database Collation",
                ],
                []
            )
        default: throw TableError.notSupported("this form of SHOW")
        }
    }

    // MARK: - Helpers

    static func named(_ names: [String]) -> [(name: String, type: ColumnType)] {
        names.map { ($0, .varchar(1_024)) }
    }

    static func texts(_ names: [String], _ rows: [[String]]) -> VirtualTable {
        VirtualTable(columns: named(names), rows: rows.map { $0.map { .text($0) } })
    }

    private func database(_ name: Identifier?) throws -> StoredDatabase {
        guard let wanted = name?.name ?? session.database else {
            throw TableError.noDatabaseSelected
        }
        if let found = schema.databases[wanted] { return found }
        if TableSession.isVirtual(wanted) {
            var made = StoredDatabase(name: wanted.asciiLowercased)
            for name in InformationSchema.tables {
                made.tables[name] = try virtual(made.name, name)
            }
            return made
        }
        throw TableError.unknownDatabase(wanted)
    }

    /// A virtual table as a definition, for SHOW COLUMNS.
    private func virtual(_ database: String, _ name: String) throws -> StoredTable? {
        guard let table = try session.virtualTable(database, name) else { return nil }
        var stored = StoredTable(database: database, name: name)
        stored.viewQuery = ""
        stored.columns = table.columns.map { column in
            let isNumber = column.type.isInteger
            var result = StoredColumn(
                column.name,
                StoredType(isNumber ? .bigint : .varchar, length: isNumber ? nil : 1_024)
            )
            result.defaultValue = .null
            return result
        }
        return stored
    }

    private func table(_ name: ObjectName) throws -> StoredTable {
        guard let owner = name.database?.name ?? session.database else {
            throw TableError.noDatabaseSelected
        }
        if let found = schema.table(owner, name.name.name) { return found }
        if let found = try virtual(owner, name.name.name) { return found }
        guard schema.databases[owner] != nil || TableSession.isVirtual(owner) else {
            throw TableError.unknownDatabase(owner)
        }
        throw TableError.noSuchTable(database: owner, table: name.name.name)
    }

    /// WHERE runs over the listing as over any table; LIKE compares the first column.
    private func filtered(_ table: VirtualTable, _ filter: ShowFilter) throws -> VirtualTable {
        var result = table
        switch filter {
        case .like(let text):
            let pattern = LikePattern(text)
            result.rows = table.rows.filter { pattern.matches($0.first?.text ?? "") }
        case .condition(let node):
            var context = session.translationContext(input.parameters)
            context.database = "information_schema"
            context.virtualTable = { _, _ in table }
            let translator = Translator(context, text: input.text)
            let name = ObjectName(name: Identifier(name: "listing"))
            let block = QueryBlock(
                items: [SelectItem(kind: .star)],
                from: [.table(NamedTable(name: name))],
                condition: node
            )
            let plan = try translator.translate(Query(body: .select(block)))
            let run = QueryRun(
                session,
                plan,
                parameters: input.parameters,
                cancellation: input.cancellation
            )
            result.rows = try run.allValues()
        }
        return result
    }

    // MARK: - Tables

    private func tables(
        _ isFull: Bool,
        _ name: Identifier?,
        _ filter: ShowFilter?
    ) throws -> VirtualTable {
        let database = try database(name)
        var title = "Tables_in_\(database.name)"
        if case .like(let text)? = filter { title += " (\(text))" }
        let kind = TableSession.isVirtual(database.name) ? "SYSTEM VIEW" : nil
        let rows = database.tables.values.sorted { $0.name < $1.name }.map { table in
            isFull ? [table.name, kind ?? (table.isView ? "VIEW" : "BASE TABLE")] : [table.name]
        }
        return Self.texts(isFull ? [title, "Table_type"] : [title], rows)
    }

    private func tableStatus(_ name: Identifier?) throws -> VirtualTable {
        let database = try database(name)
        let names = [
            "Name", "Engine", "Version", "Row_format", "Rows", "Avg_row_length", "Data_length",
            "Max_data_length", "Index_length", "Data_free", "Auto_increment", "Create_time",
            "Update_time",
            "Check_time", "Collation", "Checksum", "Create_options", "Comment",
        ]
        let rows = database.tables.values.sorted { $0.name < $1.name }.map {
            table -> [TableValue] in
            let created = CalendarTime(epochMicroseconds: Int(table.created.microseconds)).text(
                decimals: 0
            )
            if table.isView {
                return [.text(table.name)] + Array(repeating: .null, count: 10) + [.text(created)]
                    + Array(repeating: .null, count: 5) + [.text("VIEW")]
            }
            return [
                .text(table.name), .text(table.engine), .integer(10), .text("Dynamic"), .integer(0),
                .integer(0), .integer(0), .integer(0), .integer(0), .integer(0), .null,
                .text(created), .null,
                .null, .text(table.collation), .null, .text(""), .text(table.comment),
            ]
        }
        return VirtualTable(columns: Self.named(names), rows: rows)
    }

    private func createTable(_ name: ObjectName) throws -> VirtualTable {
        let table = try table(name)
        if table.isView {
            let names = ["View", "Create View", "character_set_client", "collation_connection"]
            let text = table.showCreate(autoIncrement: nil)
            return Self.texts(names, [[table.name, text, "utf8mb4", Collations.defaultCollation]])
        }
        var next: UInt64?
        if table.autoIncrementColumn != nil {
            let connection = try session.beginRead()
            defer { session.endRead(connection) }
            session.prime(connection, cancellation: input.cancellation)
            do { next = try session.store.autoIncrement(table, connection) } catch {
                throw connection.mapped(error)
            }
        }
        return Self.texts(
            ["Table", "Create Table"],
            [[table.name, table.showCreate(autoIncrement: next)]]
        )
    }

    func describe(_ node: DescribeTable) throws -> StaticRows {
        var listing = try columns(false, table(node.table))
        if let column = node.column {
            let pattern = LikePattern(column)
            listing.rows = listing.rows.filter { pattern.matches($0[0].text ?? "") }
        }
        return StaticRows(listing.columns.map { ResultColumn($0.name, $0.type) }, listing.rows)
    }

    private func columns(_ isFull: Bool, _ table: StoredTable) throws -> VirtualTable {
        let short = ["Field", "Type", "Null", "Key", "Default", "Extra"]
        let full = [
            "Field", "Type", "Collation", "Null", "Key", "Default", "Extra", "Privileges",
            "Comment",
        ]
        let rows = table.columns.enumerated().map { index, column -> [TableValue] in
            let type = TableValue.text(column.type.sql)
            let isNullable = TableValue.text(column.isNullable ? "YES" : "NO")
            let key = TableValue.text(table.keyMark(index))
            let value = column.defaultText.map { TableValue.text($0) } ?? .null
            let extra = TableValue.text(column.extraText)
            guard isFull else { return [.text(column.name), type, isNullable, key, value, extra] }
            let collation = column.type.collation.map { TableValue.text($0) } ?? .null
            return [
                .text(column.name), type, collation, isNullable, key, value, extra,
                .text("select,insert,update,references"), .text(column.comment),
            ]
        }
        return VirtualTable(columns: Self.named(isFull ? full : short), rows: rows)
    }

    private func indexes(_ table: StoredTable) throws -> VirtualTable {
        let names = [
            "Table", "Non_unique", "Key_name", "Seq_in_index", "Column_name", "Collation",
            "Cardinality", "Sub_part", "Packed", "Null", "Index_type", "Comment", "Index_comment",
            "Visible", "Expression",
        ]
        var columns = Self.named(names)
        for place in [1, 3, 6, 7] { columns[place].type = .longLong }
        var rows: [[TableValue]] = []
        for index in table.indexes {
            for (place, part) in index.parts.enumerated() {
                let isNullable = table.columnIndex(part.column).map { table.columns[$0].isNullable }
                rows.append([
                    .text(table.name), .integer(index.isUnique ? 0 : 1), .text(index.name),
                    .integer(Int64(place + 1)), .text(part.column),
                    .text(part.isDescending ? "D" : "A"),
                    .integer(0), part.prefix.map { .integer(Int64($0)) } ?? .null, .null,
                    .text(isNullable == true ? "YES" : ""), .text("BTREE"), .text(""),
                    .text(index.comment), .text("YES"), .null,
                ])
            }
        }
        return VirtualTable(columns: columns, rows: rows)
    }

    // MARK: - Server

    private func status() -> VirtualTable {
        let uptime = Instant.now.seconds - session.store.opened.seconds
        let rows = [
            ("Threads_connected", "1"), ("Threads_running", "1"), ("Uptime", String(uptime)),
            ("Questions", "0"), ("Slow_queries", "0"), ("Open_tables", "0"), ("Ssl_cipher", ""),
            ("Compression", "OFF"),
        ]
        return Self.texts(
            ["Variable_name", "Value"],
            rows.map { [$0.0, $0.1] }.sorted { $0[0] < $1[0] }
        )
    }

    private func warnings(_ isCount: Bool, _ list: [TableWarning]) -> VirtualTable {
        if isCount {
            let name = "@@session.warning_count"
            return VirtualTable(columns: [(name, .longLong)], rows: [[.integer(Int64(list.count))]])
        }
        let columns: [(name: String, type: ColumnType)] = [
            ("Level", .varchar(7)), ("Code", .longLong), ("Message", .varchar(512)),
        ]
        let rows = list.map { warning -> [TableValue] in
            [
                .text(warning.level.rawValue), .integer(Int64(warning.code.rawValue)),
                .text(warning.message),
            ]
        }
        return VirtualTable(columns: columns, rows: rows)
    }

    /// CHECK TABLE and its like: one line a table.
    func maintenance(_ node: TableMaintenance) throws -> any TableStatement {
        if node.action == .checksum { throw TableError.notSupported("CHECKSUM TABLE") }
        let rows = node.tables.map { name -> [String] in
            let owner = name.database?.name ?? session.database ?? ""
            let full = "\(owner).\(name.name.name)"
            guard schema.table(owner, name.name.name) != nil else {
                let text = TableError.noSuchTable(database: owner, table: name.name.name).message
                return [full, node.action.rawValue, "Error", text]
            }
            let isNote = node.action == .repair
            let text = isNote ? "The storage engine for the table doesn't support repair" : "OK"
            return [full, node.action.rawValue, isNote ? "note" : "status", text]
        }
        let table = Self.texts(["Table", "Op", "Msg_type", "Msg_text"], rows)
        return StaticRows(table.columns.map { ResultColumn($0.name, $0.type) }, table.rows)
    }
}
