import BorealBase

/// The tables of information_schema that say what databases, tables, columns and views there are.
/// Columns and their types are MySQL 8.0's.
extension SystemTables {
    static let definitions: [SystemTable] = [
        information(
            "SCHEMATA",
            "CATALOG_NAME name!, SCHEMA_NAME name!, DEFAULT_CHARACTER_SET_NAME varchar(64)!, "
                + "DEFAULT_COLLATION_NAME varchar(64)!, SQL_PATH binary(0), "
                + "DEFAULT_ENCRYPTION enum('NO','YES')!",
            rows: schemata
        ),
        information(
            "TABLES",
            "TABLE_CATALOG name!, TABLE_SCHEMA name!, TABLE_NAME name!, "
                + "TABLE_TYPE enum('BASE TABLE','VIEW','SYSTEM VIEW')!, ENGINE varchar(64), "
                + "VERSION int, "
                + "ROW_FORMAT enum('Fixed','Dynamic','Compressed','Redundant','Compact','Paged'), "
                + "TABLE_ROWS bigint unsigned, AVG_ROW_LENGTH bigint unsigned, "
                + "DATA_LENGTH bigint unsigned, MAX_DATA_LENGTH bigint unsigned, "
                + "INDEX_LENGTH bigint unsigned, DATA_FREE bigint unsigned, "
                + "AUTO_INCREMENT bigint unsigned, CREATE_TIME timestamp!, UPDATE_TIME datetime, "
                + "CHECK_TIME datetime, TABLE_COLLATION varchar(64), CHECKSUM bigint, "
                + "CREATE_OPTIONS varchar(256), TABLE_COMMENT text",
            rows: tables
        ),
        information("COLUMNS", columnsOfColumns, rows: columns),
        information(
            "VIEWS",
            "TABLE_CATALOG name!, TABLE_SCHEMA name!, TABLE_NAME name!, VIEW_DEFINITION longtext, "
                + "CHECK_OPTION enum('NONE','LOCAL','CASCADED'), IS_UPDATABLE enum('NO','YES'), "
                + "DEFINER varchar(288), SECURITY_TYPE varchar(7), "
                + "CHARACTER_SET_CLIENT varchar(64)!, COLLATION_CONNECTION varchar(64)!",
            rows: views
        ),
        information(
            "PARTITIONS",
            "TABLE_CATALOG name!, TABLE_SCHEMA name!, TABLE_NAME name!, "
                + "PARTITION_NAME varchar(64), SUBPARTITION_NAME varchar(64), "
                + "PARTITION_ORDINAL_POSITION int unsigned, "
                + "SUBPARTITION_ORDINAL_POSITION int unsigned, PARTITION_METHOD varchar(13), "
                + "SUBPARTITION_METHOD varchar(13), PARTITION_EXPRESSION varchar(2048), "
                + "SUBPARTITION_EXPRESSION varchar(2048), PARTITION_DESCRIPTION text, "
                + "TABLE_ROWS bigint unsigned, AVG_ROW_LENGTH bigint unsigned, "
                + "DATA_LENGTH bigint unsigned, MAX_DATA_LENGTH bigint unsigned, "
                + "INDEX_LENGTH bigint unsigned, DATA_FREE bigint unsigned, "
                + "CREATE_TIME timestamp!, UPDATE_TIME datetime, CHECK_TIME datetime, "
                + "CHECKSUM bigint, PARTITION_COMMENT text!, NODEGROUP varchar(256), "
                + "TABLESPACE_NAME varchar(268)",
            rows: partitions
        ),
    ]

    private static let columnsOfColumns =
        "TABLE_CATALOG name!, TABLE_SCHEMA name!, TABLE_NAME name!, COLUMN_NAME varchar(64), "
        + "ORDINAL_POSITION int unsigned!, COLUMN_DEFAULT text, IS_NULLABLE varchar(3)!, "
        + "DATA_TYPE longtext, CHARACTER_MAXIMUM_LENGTH bigint, "
        + "CHARACTER_OCTET_LENGTH bigint, NUMERIC_PRECISION bigint unsigned, "
        + "NUMERIC_SCALE bigint unsigned, DATETIME_PRECISION int unsigned, "
        + "CHARACTER_SET_NAME varchar(64), COLLATION_NAME varchar(64), "
        + "COLUMN_TYPE mediumtext!, COLUMN_KEY enum('','PRI','UNI','MUL')!, "
        + "EXTRA varchar(256), PRIVILEGES varchar(154), COLUMN_COMMENT text!, "
        + "GENERATION_EXPRESSION longtext!, SRS_ID int unsigned"

    /// What stands in the place of COLUMNS when the server calls itself MariaDB, which tells of
    /// generated columns in a column of their own.
    static let columnsAsMariaDB = information(
        "COLUMNS",
        columnsOfColumns + ", IS_GENERATED varchar(6)!"
    ) { request in
        columns(request).map { row in
            let isGenerated = row[generationExpression].text?.isEmpty == false
            return row + [.text(isGenerated ? "ALWAYS" : "NEVER")]
        }
    }

    /// The place of GENERATION_EXPRESSION in a row of COLUMNS.
    private static let generationExpression = 20

    private static func schemata(_ request: SystemRequest) -> [[TableValue]] {
        let rights = request.session.rights
        let own = request.schema.databases.values.filter {
            rights.sees(database: $0.name) || rights.holdsAny(.showDatabases)
        }.map { ($0.name, $0.collation) }
        let virtual = [
            ("information_schema", ColumnList.collation),
            ("performance_schema", Collations.defaultCollation),
        ]
        return (own + virtual).filter { request.database == nil || request.database == $0.0 }
            .sorted { $0.0 < $1.0 }.map { name, collation in
                [
                    .text("def"), .text(name), .text(Collations.charset(of: collation)),
                    .text(collation), .null, .text("NO"),
                ]
            }
    }

    // MARK: - Tables

    private static func tables(_ request: SystemRequest) throws -> [[TableValue]] {
        let started = time(request.session.store.opened)
        let system = request.systemTables.map { table -> [TableValue] in
            let isView = table.database == "information_schema"
            let stored = table.stored
            return [
                .text("def"), .text(table.database), .text(table.name),
                .text(isView ? "SYSTEM VIEW" : "BASE TABLE"),
                isView ? .null : .text(stored.engine), .integer(10),
                isView ? .null : .text("Dynamic"), .integer(0), .integer(0), .integer(0),
                .integer(0), .integer(0), .integer(0), .null, started, .null, .null,
                isView ? .null : .text(stored.collation), .null, .text(""), .text(""),
            ]
        }
        return try system
            + request.storedTables.map { try row($0, request) }
    }

    private static func row(_ table: StoredTable, _ request: SystemRequest) throws -> [TableValue] {
        let names: [TableValue] = [.text("def"), .text(table.database), .text(table.name)]
        if table.isView {
            return names + [.text("VIEW")] + Array(repeating: .null, count: 10)
                + [time(table.created)] + Array(repeating: .null, count: 5) + [.text("VIEW")]
        }
        let size = try TableSize(table, request)
        return names + [.text("BASE TABLE"), .text(table.engine), .integer(10), .text("Dynamic")]
            + size.cells + [
                size.autoIncrement, time(table.created), .null, .null, .text(table.collation),
                .null, .text(createOptions(table)), .text(table.comment),
            ]
    }

    /// `row_format=COMPACT`: the names of options in lower case.
    private static func createOptions(_ table: StoredTable) -> String {
        table.options.map { option in
            let name = option.prefix { $0 != "=" }
            return name.lowercased() + option.dropFirst(name.count)
        }.joined(separator: " ")
    }

    private static func partitions(_ request: SystemRequest) throws -> [[TableValue]] {
        try request.storedTables.filter { !$0.isView }.map { table in
            let size = try TableSize(table, request)
            return [.text("def"), .text(table.database), .text(table.name)]
                + Array(repeating: .null, count: 9) + size.cells + [
                    time(table.created), .null, .null, .null, .text(""), .null, .null,
                ]
        }
    }

    private static func views(_ request: SystemRequest) -> [[TableValue]] {
        request.storedTables.filter(\.isView).map { view in
            let held = request.session.rights.held(on: view.database, view.name)
            let text = held.contains(.showView) ? view.viewQuery : ""
            return [
                .text("def"), .text(view.database), .text(view.name), .maybe(text),
                .text("NONE"), .text("NO"), .text("root@localhost"), .text("DEFINER"),
                .text("utf8mb4"), .text(Collations.defaultCollation),
            ]
        }
    }

    /// A moment as timestamp columns keep it.
    static func time(_ instant: Instant) -> TableValue {
        .text(CalendarTime(epochMicroseconds: Int(instant.microseconds)).text(decimals: 0))
    }

    // MARK: - Columns

    private static func columns(_ request: SystemRequest) -> [[TableValue]] {
        request.systemTables.flatMap { rows($0.stored, rights: "select") }
            + request.describedTables.flatMap { rows($0, rights: request.columnRights(on: $0)) }
    }

    private static func rows(_ table: StoredTable, rights: String) -> [[TableValue]] {
        table.columns.enumerated().map { index, column in
            let type = column.type
            let shape = type.columnType
            let collation = type.isText ? type.collation : nil
            let isTimed = shape.isTemporal && shape.kind != .date
            return [
                .text("def"), .text(table.database), .text(table.name), .text(column.name),
                .count(index + 1), .maybe(column.defaultText), .yesOrNo(column.isNullable),
                .text(type.base.rawValue), .maybe(type.characterLength), .maybe(type.octetLength),
                .maybe(type.digits), .maybe(type.digitsBehindPoint),
                .maybe(isTimed ? shape.decimals : nil),
                .maybe(collation.map { Collations.charset(of: $0) }), .maybe(collation),
                .text(type.sql), .text(table.keyMark(index)), .text(column.extraText),
                .text(rights), .text(column.comment), .text(column.generated?.expression ?? ""),
                .null,
            ]
        }
    }
}

extension StoredType {
    /// `CHARACTER_MAXIMUM_LENGTH`: characters, for the long kinds the bytes that they may take.
    fileprivate var characterLength: Int? {
        if base == .vector { return bytesMax }
        guard base != .json, isText || isBinary else { return nil }
        return columnType.length
    }

    /// `CHARACTER_OCTET_LENGTH`.
    fileprivate var octetLength: Int? {
        guard let characterLength, let collation, !isLong else { return characterLength }
        let charset = Collations.charset(of: collation)
        let width = Collations.charsets.first { $0.name == charset }?.width ?? 4
        return characterLength * width
    }

    /// `NUMERIC_PRECISION`.
    fileprivate var digits: Int? {
        switch base {
        case .tinyint: 3
        case .smallint: 5
        case .mediumint: 7
        case .int: 10
        case .bigint: isUnsigned ? 20 : 19
        case .float: decimals == nil ? 12 : length
        case .double: decimals == nil ? 22 : length
        case .decimal: length ?? 10
        case .bit: length ?? 1
        default: nil
        }
    }

    /// `NUMERIC_SCALE`.
    fileprivate var digitsBehindPoint: Int? {
        switch base {
        case .decimal: decimals ?? 0
        case .float, .double: decimals
        default: isInteger ? 0 : nil
        }
    }
}

extension SystemRequest {
    /// What the account may do with a table's columns, in MySQL's order.
    fileprivate func columnRights(on table: StoredTable) -> String {
        if table.isTemporary { return "select,insert,update,references" }
        let held = session.rights.held(on: table.database, table.name)
        return held.intersection([.select, .insert, .update, .references]).words
            .joined(separator: ",").lowercased()
    }
}
