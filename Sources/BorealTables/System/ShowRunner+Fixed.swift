import BorealBase
import BorealSQL

/// SHOW statements whose rows are made here.
extension ShowRunner {
    /// Nil for those that are queries over the system tables.
    func fixed(_ node: ShowStatement) throws -> StaticRows? {
        switch node.subject {
        case .createTable(let name): return try createTable(name)
        case .createView(let name):
            let table = try table(name)
            guard table.isView else {
                throw TableError.wrongObject(
                    database: table.database,
                    table: table.name,
                    kind: "VIEW"
                )
            }
            return try createTable(name)
        case .createDatabase(let name, let ifNotExists):
            return try createDatabase(name.name, ifNotExists)
        case .createRoutine(let kind, let name):
            throw TableError.unknownProgram(kind: kind.text, name: name.name.name)
        case .createUser, .grants, .tokens: throw TableError.notSupported("SHOW of an account")
        case .warnings(let isCount): return warnings(isCount, "warning", session.warnings, node)
        case .errors(let isCount):
            let errors = session.warnings.filter { $0.level == .error }
            return warnings(isCount, "error", errors, node)
        case .privileges: return Self.texts(["Privilege", "Context", "Comment"], Self.privileges)
        case .engineStatus(let name): return try engineStatus(name)
        case .empty(let words): return try replication(words)
        default: return nil
        }
    }

    static func texts(_ names: [String], _ rows: [[String]]) -> StaticRows {
        StaticRows(
            names.map { ResultColumn($0, .varchar(1_024), isNullable: false) },
            rows.map { $0.map { .text($0) } }
        )
    }

    // MARK: - SHOW CREATE

    private func createTable(_ name: ObjectName) throws -> StaticRows {
        let table = try table(name)
        if table.isView {
            let names = ["View", "Create View", "character_set_client", "collation_connection"]
            let text = table.showCreate(autoIncrement: nil)
            return Self.texts(names, [[table.name, text, "utf8mb4", table.collation]])
        }
        var next: UInt64?
        if table.autoIncrementColumn != nil {
            let connection = try session.beginRead(ofTables: false)
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

    private func createDatabase(_ name: String, _ ifNotExists: Bool) throws -> StaticRows {
        let isVirtual = TableSession.isVirtual(name)
        guard let collation = schema.databases[name]?.collation ?? (isVirtual ? "" : nil) else {
            throw TableError.unknownDatabase(name)
        }
        let shown = collation.isEmpty ? ColumnList.collation : collation
        let clause = ifNotExists ? "/*!32312 IF NOT EXISTS*/ " : ""
        let text =
            "CREATE DATABASE \(clause)\(name.backQuoted) /*!40100 DEFAULT CHARACTER SET "
            + "\(Collations.charset(of: shown)) COLLATE \(shown) */ "
            + "/*!80016 DEFAULT ENCRYPTION='N' */"
        return Self.texts(["Database", "Create Database"], [[name, text]])
    }

    // MARK: - Warnings

    private func warnings(
        _ isCount: Bool,
        _ kind: String,
        _ list: [TableWarning],
        _ node: ShowStatement
    ) -> StaticRows {
        if isCount {
            let column = ResultColumn("@@session.\(kind)_count", .longLong, isNullable: false)
            return StaticRows([column], [[.count(list.count)]])
        }
        let columns = [
            ResultColumn("Level", .varchar(7), isNullable: false),
            ResultColumn(
                "Code",
                ColumnType(.long, isUnsigned: true, length: 4),
                isNullable: false
            ),
            ResultColumn("Message", .varchar(512), isNullable: false),
        ]
        var skip = 0
        var count = Int.max
        if let limit = node.limit {
            if case .literal(.integer(let number)) = limit.count.kind {
                count = Int(clamping: number)
            }
            if case .literal(.integer(let number))? = limit.offset?.kind {
                skip = Int(clamping: number)
            }
        }
        let rows = list.dropFirst(skip).prefix(count).map { warning -> [TableValue] in
            [
                .text(warning.level.rawValue), .count(Int(warning.code.rawValue)),
                .text(warning.message),
            ]
        }
        return StaticRows(columns, rows)
    }

    // MARK: - Server

    private func engineStatus(_ name: String) throws -> StaticRows {
        guard ["innodb", "boreal", "all"].contains(name.asciiLowercased) else {
            throw TableError.unknownStorageEngine(name)
        }
        let counters = session.counters(isGlobal: true).map { "\($0.name) \($0.value)" }
        let text =
            "Embedded tables of Boreal \(session.store.options.serverVersion). There is one writer "
            + "at a time and no page cache to tune.\n" + counters.joined(separator: "\n")
        return Self.texts(["Type", "Name", "Status"], [["InnoDB", "", text]])
    }

    /// Nothing is logged for others and nobody is followed.
    private func replication(_ words: String) throws -> StaticRows {
        let columns: String
        switch words.uppercased() {
        case "MASTER STATUS", "BINARY LOG STATUS":
            columns = "File Position Binlog_Do_DB Binlog_Ignore_DB Executed_Gtid_Set"
        case "BINARY LOGS", "MASTER LOGS": throw TableError.noBinaryLogging
        case "SLAVE HOSTS", "REPLICAS":
            columns = "Server_Id Host Port Source_Id Replica_UUID"
        case "BINLOG EVENTS", "RELAYLOG EVENTS":
            columns = "Log_name Pos Event_type Server_id End_log_pos Info"
        case "SLAVE STATUS", "REPLICA STATUS":
            columns =
                "Replica_IO_State Source_Host Source_User Source_Port Source_Log_File "
                + "Read_Source_Log_Pos Replica_IO_Running Replica_SQL_Running Last_Errno "
                + "Last_Error Seconds_Behind_Source"
        case "PACKAGE STATUS", "PACKAGE BODY STATUS":
            columns =
                "Db Name Type Definer Modified Created Security_type Comment "
                + "character_set_client collation_connection Database_Collation"
        case "PROFILES": columns = "Query_ID Duration Query"
        case "PROFILE": columns = "Status Duration"
        default: throw TableError.notSupported("SHOW \(words)")
        }
        let names = columns.split(separator: " ").map {
            String($0).replacing("Database_Collation", with: "Database Collation")
        }
        return Self.texts(names, [])
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
        return Self.texts(["Table", "Op", "Msg_type", "Msg_text"], rows)
    }

    /// MySQL's static rights and ours, and what they are for.
    private static let privileges = [
        ["Alter", "Tables", "To alter the table"],
        ["Create", "Databases,Tables,Indexes", "To create new databases and tables"],
        [
            "Create temporary tables", "Databases",
            "To use CREATE TEMPORARY TABLE",
        ],
        ["Create view", "Tables", "To create new views"],
        ["Create user", "Server Admin", "To create new users"],
        ["Delete", "Tables", "To delete existing rows"],
        ["Drop", "Databases,Tables", "To drop databases, tables, and views"],
        ["File", "File access on server", "To read and write files on the server"],
        [
            "Grant option", "Databases,Tables,Functions,Procedures",
            "To give to other users those privileges you possess",
        ],
        ["Index", "Tables", "To create or drop indexes"],
        ["Insert", "Tables", "To insert data into tables"],
        ["Lock tables", "Databases", "To use LOCK TABLES (together with SELECT privilege)"],
        ["Predict", "Models", "To ask a model: PREDICT, EVALUATE, PREDICT_ROW"],
        ["Process", "Server Admin", "To view the plain text of currently executing queries"],
        ["References", "Databases,Tables", "To have references on tables"],
        ["Reload", "Server Admin", "To reload or refresh tables, logs and privileges"],
        ["Select", "Tables", "To retrieve rows from table"],
        ["Show databases", "Server Admin", "To see all databases with SHOW DATABASES"],
        ["Show view", "Tables", "To see views with SHOW CREATE VIEW"],
        ["Super", "Server Admin", "To use KILL thread, SET GLOBAL, CHANGE MASTER, etc."],
        ["Update", "Tables", "To update existing rows"],
        ["Usage", "Server Admin", "No privileges - allow connect only"],
        ["CONNECTION_ADMIN", "Server Admin", "To end the connections of others"],
        ["MODEL_ADMIN", "Server Admin", "To create models, and to change those of others"],
        [
            "SYSTEM_ADMIN", "Server Admin",
            "To set the server's settings, and to change its keepers",
        ],
        ["SYSTEM_VARIABLES_ADMIN", "Server Admin", "To set global variables"],
        ["UPSTREAM", "Server Admin", "To use the tables of sources, with the source's account"],
    ]
}
