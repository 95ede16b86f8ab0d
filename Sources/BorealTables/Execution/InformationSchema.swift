import BorealBase

/// The virtual databases: information_schema, made from the definitions when asked for.
enum InformationSchema {
    static let databases: Set<String> = ["information_schema", "performance_schema"]

    static let tables = [
        "CHARACTER_SETS", "CHECK_CONSTRAINTS", "COLLATIONS", "COLUMNS", "ENGINES", "EVENTS",
        "FILES",
        "KEY_COLUMN_USAGE", "PARAMETERS", "PARTITIONS", "REFERENTIAL_CONSTRAINTS", "ROUTINES",
        "SCHEMATA", "STATISTICS", "TABLES", "TABLE_CONSTRAINTS", "TRIGGERS", "VIEWS",
    ]

    /// Names of columns; those behind a `#` are numbers.
    private static let columns: [String: String] = [
        "SCHEMATA": "CATALOG_NAME SCHEMA_NAME DEFAULT_CHARACTER_SET_NAME DEFAULT_COLLATION_NAME "
            + "SQL_PATH DEFAULT_ENCRYPTION",
        "TABLES": "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_TYPE ENGINE #VERSION ROW_FORMAT "
            + "#TABLE_ROWS #AVG_ROW_LENGTH #DATA_LENGTH #MAX_DATA_LENGTH #INDEX_LENGTH #DATA_FREE "
            + "#AUTO_INCREMENT CREATE_TIME UPDATE_TIME CHECK_TIME TABLE_COLLATION #CHECKSUM "
            + "CREATE_OPTIONS TABLE_COMMENT",
        "COLUMNS":
            "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME #ORDINAL_POSITION COLUMN_DEFAULT "
            + "IS_NULLABLE DATA_TYPE #CHARACTER_MAXIMUM_LENGTH #CHARACTER_OCTET_LENGTH "
            + "#NUMERIC_PRECISION #NUMERIC_SCALE #DATETIME_PRECISION CHARACTER_SET_NAME "
            + "COLLATION_NAME COLUMN_TYPE COLUMN_KEY EXTRA PRIVILEGES COLUMN_COMMENT "
            + "GENERATION_EXPRESSION #SRS_ID",
        "STATISTICS": "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME #NON_UNIQUE INDEX_SCHEMA INDEX_NAME "
            + "#SEQ_IN_INDEX COLUMN_NAME COLLATION #CARDINALITY #SUB_PART PACKED "
            + "NULLABLE INDEX_TYPE "
            + "COMMENT INDEX_COMMENT IS_VISIBLE EXPRESSION",
        "KEY_COLUMN_USAGE": "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME TABLE_CATALOG "
            + "TABLE_SCHEMA TABLE_NAME COLUMN_NAME #ORDINAL_POSITION "
            + "#POSITION_IN_UNIQUE_CONSTRAINT "
            + "REFERENCED_TABLE_SCHEMA REFERENCED_TABLE_NAME REFERENCED_COLUMN_NAME",
        "TABLE_CONSTRAINTS": "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME TABLE_SCHEMA "
            + "TABLE_NAME CONSTRAINT_TYPE ENFORCED",
        "REFERENTIAL_CONSTRAINTS": "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME "
            + "UNIQUE_CONSTRAINT_CATALOG UNIQUE_CONSTRAINT_SCHEMA UNIQUE_CONSTRAINT_NAME "
            + "MATCH_OPTION "
            + "UPDATE_RULE DELETE_RULE TABLE_NAME REFERENCED_TABLE_NAME",
        "CHECK_CONSTRAINTS": "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME CHECK_CLAUSE",
        "VIEWS": "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME VIEW_DEFINITION CHECK_OPTION IS_UPDATABLE "
            + "DEFINER SECURITY_TYPE CHARACTER_SET_CLIENT COLLATION_CONNECTION",
        "ENGINES": "ENGINE SUPPORT COMMENT TRANSACTIONS XA SAVEPOINTS",
        "CHARACTER_SETS": "CHARACTER_SET_NAME DEFAULT_COLLATE_NAME DESCRIPTION #MAXLEN",
        "COLLATIONS":
            "COLLATION_NAME CHARACTER_SET_NAME #ID IS_DEFAULT IS_COMPILED #SORTLEN PAD_ATTRIBUTE",
        "TRIGGERS": "TRIGGER_CATALOG TRIGGER_SCHEMA TRIGGER_NAME EVENT_MANIPULATION "
            + "EVENT_OBJECT_CATALOG EVENT_OBJECT_SCHEMA EVENT_OBJECT_TABLE #ACTION_ORDER "
            + "ACTION_CONDITION ACTION_STATEMENT ACTION_ORIENTATION ACTION_TIMING "
            + "CREATED SQL_MODE DEFINER",
        "ROUTINES":
            "SPECIFIC_NAME ROUTINE_CATALOG ROUTINE_SCHEMA ROUTINE_NAME ROUTINE_TYPE DATA_TYPE "
            + "DTD_IDENTIFIER ROUTINE_BODY ROUTINE_DEFINITION ROUTINE_COMMENT DEFINER",
        "PARAMETERS":
            "SPECIFIC_CATALOG SPECIFIC_SCHEMA SPECIFIC_NAME #ORDINAL_POSITION PARAMETER_MODE "
            + "PARAMETER_NAME DATA_TYPE ROUTINE_TYPE",
        "EVENTS": "EVENT_CATALOG EVENT_SCHEMA EVENT_NAME DEFINER TIME_ZONE STATUS",
        "PARTITIONS": "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME PARTITION_NAME SUBPARTITION_NAME "
            + "PARTITION_METHOD PARTITION_EXPRESSION #TABLE_ROWS",
        "FILES":
            "#FILE_ID FILE_NAME FILE_TYPE TABLESPACE_NAME TABLE_CATALOG TABLE_SCHEMA TABLE_NAME "
            + "LOGFILE_GROUP_NAME ENGINE EXTRA #EXTENT_SIZE #INITIAL_SIZE #TOTAL_EXTENTS",
    ]

    static func table(_ name: String, _ schema: Schema) -> VirtualTable? {
        guard let list = columns[name.uppercased()] else { return nil }
        let names = list.split(separator: " ").map { word -> (name: String, type: ColumnType) in
            word.hasPrefix("#")
                ? (String(word.dropFirst()), .longLong) : (String(word), .varchar(1_024))
        }
        return VirtualTable(columns: names, rows: rows(name.uppercased(), schema))
    }

    private static func rows(_ name: String, _ schema: Schema) -> [[TableValue]] {
        let tables = schema.databases.values.flatMap { $0.tables.values }
            .sorted { ($0.database, $0.name) < ($1.database, $1.name) }
        switch name {
        case "SCHEMATA": return schemata(schema)
        case "TABLES": return tables.map(tableRow)
        case "COLUMNS": return tables.flatMap(columnRows)
        case "STATISTICS": return tables.flatMap(statisticRows)
        case "KEY_COLUMN_USAGE": return tables.flatMap(keyRows)
        case "TABLE_CONSTRAINTS": return tables.flatMap(constraintRows)
        case "VIEWS":
            return tables.filter(\.isView).map { view in
                [
                    .text("def"), .text(view.database), .text(view.name),
                    .text(view.viewQuery ?? ""),
                    .text("NONE"), .text("NO"), .text("root@localhost"), .text("DEFINER"),
                    .text("utf8mb4"), .text(Collations.defaultCollation),
                ]
            }
        case "ENGINES":
            return [["InnoDB", "DEFAULT", "Embedded tables", "YES", "NO", "YES"].map { .text($0) }]
        case "CHARACTER_SETS":
            return Collations.charsets.map { entry in
                [
                    .text(entry.name),
                    .text(Collations.defaultCollation(ofCharset: entry.name) ?? ""),
                    .text(entry.description), .integer(Int64(entry.width)),
                ]
            }
        case "COLLATIONS":
            return Collations.all.map { entry in
                [
                    .text(entry.name), .text(entry.charset), .integer(Int64(entry.id)),
                    .text(entry.isDefault ? "Yes" : ""), .text("Yes"), .integer(1),
                    .text(entry.name.contains("0900") ? "NO PAD" : "PAD SPACE"),
                ]
            }
        default: return []
        }
    }

    private static func schemata(_ schema: Schema) -> [[TableValue]] {
        let own = schema.databases.values.map { ($0.name, $0.collation) }
        let all = own + [("information_schema", "utf8mb3_general_ci")]
        return all.sorted { $0.0 < $1.0 }.map { name, collation in
            [
                .text("def"), .text(name), .text(Collations.charset(of: collation)),
                .text(collation), .null,
                .text("NO"),
            ]
        }
    }

    private static func tableRow(_ table: StoredTable) -> [TableValue] {
        let created = CalendarTime(epochMicroseconds: Int(table.created.microseconds)).text(
            decimals: 0
        )
        if table.isView {
            return [.text("def"), .text(table.database), .text(table.name), .text("VIEW")]
                + Array(repeating: .null, count: 10) + [.text(created)]
                + Array(repeating: .null, count: 5) + [.text("VIEW")]
        }
        return [
            .text("def"), .text(table.database), .text(table.name), .text("BASE TABLE"),
            .text(table.engine), .integer(10), .text("Dynamic"), .integer(0), .integer(0),
            .integer(0),
            .integer(0), .integer(0), .integer(0), .null, .text(created), .null, .null,
            .text(table.collation), .null, .text(""), .text(table.comment),
        ]
    }

    private static func columnRows(_ table: StoredTable) -> [[TableValue]] {
        table.columns.enumerated().map { index, column in
            let type = column.type
            let shape = type.columnType
            func number(_ value: Int?) -> TableValue { value.map { .integer(Int64($0)) } ?? .null }
            let width = type.isText ? 4 : 1
            let isSized = type.isText || type.isBinary
            let characters = isSized ? shape.length : nil
            let octets = isSized ? (type.isLong ? shape.length : shape.length * width) : nil
            let collation = type.isText ? type.collation : nil
            let precision = shape.isNumeric ? Self.precision(type) : nil
            let scale = type.isInteger ? 0 : shape.kind == .decimal ? shape.decimals : nil
            let isTimed = shape.isTemporal && shape.kind != .date
            return [
                .text("def"), .text(table.database), .text(table.name), .text(column.name),
                .integer(Int64(index + 1)), column.defaultText.map { .text($0) } ?? .null,
                .text(column.isNullable ? "YES" : "NO"), .text(type.base.rawValue),
                number(characters),
                number(octets), number(precision), number(scale),
                number(isTimed ? shape.decimals : nil),
                collation.map { .text(Collations.charset(of: $0)) } ?? .null,
                collation.map { .text($0) } ?? .null, .text(type.sql), .text(table.keyMark(index)),
                .text(column.extraText), .text("select,insert,update,references"),
                .text(column.comment), .text(""), .null,
            ]
        }
    }

    private static func precision(_ type: StoredType) -> Int? {
        switch type.base {
        case .tinyint: 3
        case .smallint: 5
        case .mediumint: 7
        case .int: 10
        case .bigint: type.isUnsigned ? 20 : 19
        case .float: 12
        case .double: 22
        case .decimal: type.length ?? 10
        case .bit: type.length ?? 1
        default: nil
        }
    }

    private static func statisticRows(_ table: StoredTable) -> [[TableValue]] {
        table.indexes.flatMap { index in
            index.parts.enumerated().map { place, part in
                let isNullable = table.columnIndex(part.column).map { table.columns[$0].isNullable }
                return [
                    .text("def"), .text(table.database), .text(table.name),
                    .integer(index.isUnique ? 0 : 1), .text(table.database), .text(index.name),
                    .integer(Int64(place + 1)), .text(part.column),
                    .text(part.isDescending ? "D" : "A"),
                    .integer(0), part.prefix.map { .integer(Int64($0)) } ?? .null, .null,
                    .text(isNullable == true ? "YES" : ""), .text("BTREE"), .text(""),
                    .text(index.comment), .text("YES"), .null,
                ]
            }
        }
    }

    private static func keyRows(_ table: StoredTable) -> [[TableValue]] {
        table.indexes.filter(\.isUnique).flatMap { index in
            index.parts.enumerated().map { place, part in
                [
                    .text("def"), .text(table.database), .text(index.name), .text("def"),
                    .text(table.database), .text(table.name), .text(part.column),
                    .integer(Int64(place + 1)), .null, .null, .null, .null,
                ]
            }
        }
    }

    private static func constraintRows(_ table: StoredTable) -> [[TableValue]] {
        table.indexes.filter(\.isUnique).map { index in
            [
                .text("def"), .text(table.database), .text(index.name), .text(table.database),
                .text(table.name), .text(index.kind == .primary ? "PRIMARY KEY" : "UNIQUE"),
                .text("YES"),
            ]
        }
    }
}

extension TableSession {
    /// A table that is made when asked for: information_schema, or one that the engine registered.
    func virtualTable(_ database: String, _ name: String) throws -> VirtualTable? {
        if let own = store.systemTable(database, name) { return try own() }
        guard Self.isVirtual(database) else { return nil }
        guard database.asciiLowercased == "information_schema",
            let table = InformationSchema.table(name, pinnedSchema ?? store.schema)
        else { throw TableError.noSuchTable(database: database.asciiLowercased, table: name) }
        return table
    }
}
