/// A SHOW statement as a query over the system tables, with the names that MySQL prints.
struct ShowListing {
    /// The query, in MySQL's language.
    let select: String
    /// The column that LIKE is about.
    let filtered: String
    /// Ordered by the first column; else in the order in which the system table makes its rows.
    var isSorted = false

    private init(
        _ columns: [(name: String, source: String)],
        from table: String,
        where condition: String = "",
        filtered: String? = nil,
        isSorted: Bool = false
    ) {
        let list = columns.map { "\($0.source) AS \($0.name.backQuoted)" }
        select =
            "SELECT \(list.joined(separator: ", ")) FROM \(table)"
            + (condition.isEmpty ? "" : " WHERE \(condition)")
        self.filtered = filtered ?? columns.first?.name ?? ""
        self.isSorted = isSorted
    }

    /// The title of a first column that LIKE narrows.
    private static func title(_ name: String, _ pattern: String?) -> String {
        name + (pattern.map { " (\($0))" } ?? "")
    }

    // MARK: - Tables

    static func databases(_ pattern: String?) -> ShowListing {
        ShowListing(
            [(title("Database", pattern), "SCHEMA_NAME")],
            from: "information_schema.SCHEMATA",
            isSorted: true
        )
    }

    static func tables(_ database: String, isFull: Bool, pattern: String?) -> ShowListing {
        let name = (title("Tables_in_\(database)", pattern), "TABLE_NAME")
        return ShowListing(
            isFull ? [name, ("Table_type", "TABLE_TYPE")] : [name],
            from: "information_schema.TABLES",
            where: "TABLE_SCHEMA = \(database.textLiteral)",
            isSorted: true
        )
    }

    /// Every column of `TABLES` under SHOW's name.
    static func tableStatus(_ database: String) -> ShowListing {
        ShowListing(
            [
                ("Name", "TABLE_NAME"), ("Engine", "ENGINE"), ("Version", "VERSION"),
                ("Row_format", "ROW_FORMAT"), ("Rows", "TABLE_ROWS"),
                ("Avg_row_length", "AVG_ROW_LENGTH"), ("Data_length", "DATA_LENGTH"),
                ("Max_data_length", "MAX_DATA_LENGTH"), ("Index_length", "INDEX_LENGTH"),
                ("Data_free", "DATA_FREE"), ("Auto_increment", "`AUTO_INCREMENT`"),
                ("Create_time", "CREATE_TIME"), ("Update_time", "UPDATE_TIME"),
                ("Check_time", "CHECK_TIME"), ("Collation", "TABLE_COLLATION"),
                ("Checksum", "`CHECKSUM`"), ("Create_options", "CREATE_OPTIONS"),
                ("Comment", "TABLE_COMMENT"),
            ],
            from: "information_schema.TABLES",
            where: "TABLE_SCHEMA = \(database.textLiteral)",
            isSorted: true
        )
    }

    /// No table is kept open between statements.
    static func openTables(_ database: String?) -> ShowListing {
        ShowListing(
            [
                ("Database", "TABLE_SCHEMA"), ("Table", "TABLE_NAME"), ("In_use", "0"),
                ("Name_locked", "0"),
            ],
            from: "information_schema.TABLES",
            where: "1 = 0",
            filtered: "Table"
        )
    }

    /// Also DESCRIBE. The order is the columns' own.
    static func columns(_ table: StoredTable, isFull: Bool) -> ShowListing {
        var list = [("Field", "COLUMN_NAME"), ("Type", "COLUMN_TYPE")]
        if isFull { list.append(("Collation", "COLLATION_NAME")) }
        list += [
            ("Null", "IS_NULLABLE"), ("Key", "COLUMN_KEY"), ("Default", "COLUMN_DEFAULT"),
            ("Extra", "EXTRA"),
        ]
        if isFull { list += [("Privileges", "`PRIVILEGES`"), ("Comment", "COLUMN_COMMENT")] }
        return ShowListing(list, from: "information_schema.COLUMNS", where: isIn(table))
    }

    /// Keys in the order of the definition, the primary one first.
    static func indexes(_ table: StoredTable) -> ShowListing {
        ShowListing(
            [
                ("Table", "TABLE_NAME"), ("Non_unique", "NON_UNIQUE"), ("Key_name", "INDEX_NAME"),
                ("Seq_in_index", "SEQ_IN_INDEX"), ("Column_name", "COLUMN_NAME"),
                ("Collation", "`COLLATION`"), ("Cardinality", "CARDINALITY"),
                ("Sub_part", "SUB_PART"), ("Packed", "PACKED"), ("Null", "NULLABLE"),
                ("Index_type", "INDEX_TYPE"), ("Comment", "`COMMENT`"),
                ("Index_comment", "INDEX_COMMENT"), ("Visible", "IS_VISIBLE"),
                ("Expression", "`EXPRESSION`"),
            ],
            from: "information_schema.STATISTICS",
            where: isIn(table),
            filtered: "Key_name"
        )
    }

    private static func isIn(_ table: StoredTable) -> String {
        "TABLE_SCHEMA = \(table.database.textLiteral) AND TABLE_NAME = \(table.name.textLiteral)"
    }

    // MARK: - Server

    static func variables(isGlobal: Bool) -> ShowListing {
        pairs("performance_schema.\(isGlobal ? "global" : "session")_variables")
    }

    static func status(isGlobal: Bool) -> ShowListing {
        pairs("performance_schema.\(isGlobal ? "global" : "session")_status")
    }

    private static func pairs(_ table: String) -> ShowListing {
        ShowListing(
            [("Variable_name", "VARIABLE_NAME"), ("Value", "VARIABLE_VALUE")],
            from: table
        )
    }

    /// Without FULL a statement's text ends after 100 characters.
    static func processes(isFull: Bool) -> ShowListing {
        ShowListing(
            [
                ("Id", "ID"), ("User", "`USER`"), ("Host", "`HOST`"), ("db", "DB"),
                ("Command", "COMMAND"), ("Time", "`TIME`"), ("State", "STATE"),
                ("Info", isFull ? "INFO" : "LEFT(INFO, 100)"),
            ],
            from: "information_schema.`PROCESSLIST`",
            filtered: "User",
            isSorted: true
        )
    }

    static let engines = ShowListing(
        [
            ("Engine", "`ENGINE`"), ("Support", "SUPPORT"), ("Comment", "`COMMENT`"),
            ("Transactions", "TRANSACTIONS"), ("XA", "`XA`"), ("Savepoints", "SAVEPOINTS"),
        ],
        from: "information_schema.`ENGINES`"
    )

    static let characterSets = ShowListing(
        [
            ("Charset", "CHARACTER_SET_NAME"), ("Description", "`DESCRIPTION`"),
            ("Default collation", "DEFAULT_COLLATE_NAME"), ("Maxlen", "MAXLEN"),
        ],
        from: "information_schema.CHARACTER_SETS",
        isSorted: true
    )

    static let collations = ShowListing(
        [
            ("Collation", "COLLATION_NAME"), ("Charset", "CHARACTER_SET_NAME"), ("Id", "ID"),
            ("Default", "IS_DEFAULT"), ("Compiled", "IS_COMPILED"), ("Sortlen", "SORTLEN"),
            ("Pad_attribute", "PAD_ATTRIBUTE"),
        ],
        from: "information_schema.COLLATIONS",
        isSorted: true
    )

    static let plugins = ShowListing(
        [
            ("Name", "PLUGIN_NAME"), ("Status", "PLUGIN_STATUS"), ("Type", "PLUGIN_TYPE"),
            ("Library", "PLUGIN_LIBRARY"), ("License", "PLUGIN_LICENSE"),
        ],
        from: "information_schema.`PLUGINS`"
    )

    // MARK: - Programs

    private static let textShape = [
        ("character_set_client", "CHARACTER_SET_CLIENT"),
        ("collation_connection", "COLLATION_CONNECTION"),
        ("Database Collation", "DATABASE_COLLATION"),
    ]

    /// LIKE is about the trigger's table, not its name.
    static func triggers(_ database: String) -> ShowListing {
        ShowListing(
            [
                ("Trigger", "TRIGGER_NAME"), ("Event", "EVENT_MANIPULATION"),
                ("Table", "EVENT_OBJECT_TABLE"), ("Statement", "ACTION_STATEMENT"),
                ("Timing", "ACTION_TIMING"), ("Created", "CREATED"), ("sql_mode", "SQL_MODE"),
                ("Definer", "`DEFINER`"),
            ] + textShape,
            from: "information_schema.`TRIGGERS`",
            where: "TRIGGER_SCHEMA = \(database.textLiteral)",
            filtered: "Table",
            isSorted: true
        )
    }

    static func events(_ database: String) -> ShowListing {
        ShowListing(
            [
                ("Db", "EVENT_SCHEMA"), ("Name", "EVENT_NAME"), ("Definer", "`DEFINER`"),
                ("Time zone", "`TIME_ZONE`"), ("Type", "EVENT_TYPE"),
                ("Execute at", "EXECUTE_AT"), ("Interval value", "INTERVAL_VALUE"),
                ("Interval field", "INTERVAL_FIELD"), ("Starts", "`STARTS`"), ("Ends", "`ENDS`"),
                ("Status", "`STATUS`"), ("Originator", "ORIGINATOR"),
            ] + textShape,
            from: "information_schema.`EVENTS`",
            where: "EVENT_SCHEMA = \(database.textLiteral)",
            filtered: "Name",
            isSorted: true
        )
    }

    /// - Parameter kind: `PROCEDURE` or `FUNCTION`.
    static func routines(_ kind: String) -> ShowListing {
        ShowListing(
            [
                ("Db", "ROUTINE_SCHEMA"), ("Name", "ROUTINE_NAME"), ("Type", "ROUTINE_TYPE"),
                ("Definer", "`DEFINER`"), ("Modified", "LAST_ALTERED"), ("Created", "CREATED"),
                ("Security_type", "SECURITY_TYPE"), ("Comment", "ROUTINE_COMMENT"),
            ] + textShape,
            from: "information_schema.`ROUTINES`",
            where: "ROUTINE_TYPE = \(kind.textLiteral)",
            filtered: "Name",
            isSorted: true
        )
    }
}
