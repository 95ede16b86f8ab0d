import BorealBase

/// Routines, triggers, events and files: there are none, and tools that look around must be able to
/// find that out.
extension SystemTables {
    static let programs: [SystemTable] = [
        information(
            "ROUTINES",
            "SPECIFIC_NAME varchar(64)!, ROUTINE_CATALOG name!, ROUTINE_SCHEMA name!, "
                + "ROUTINE_NAME varchar(64)!, ROUTINE_TYPE enum('FUNCTION','PROCEDURE')!, "
                + "DATA_TYPE longtext, \(valueShape), DTD_IDENTIFIER longtext, "
                + "ROUTINE_BODY varchar(8)!, ROUTINE_DEFINITION longtext, EXTERNAL_NAME binary(0), "
                + "EXTERNAL_LANGUAGE varchar(64)!, PARAMETER_STYLE varchar(3)!, "
                + "IS_DETERMINISTIC varchar(3)!, SQL_DATA_ACCESS "
                + "enum('CONTAINS SQL','NO SQL','READS SQL DATA','MODIFIES SQL DATA')!, "
                + "SQL_PATH binary(0), SECURITY_TYPE enum('DEFAULT','INVOKER','DEFINER')!, "
                + "CREATED timestamp!, LAST_ALTERED timestamp!, SQL_MODE \(modes)!, "
                + "ROUTINE_COMMENT text!, DEFINER varchar(288)!, \(textShape)"
        ),
        information(
            "PARAMETERS",
            "SPECIFIC_CATALOG name!, SPECIFIC_SCHEMA name!, SPECIFIC_NAME varchar(64)!, "
                + "ORDINAL_POSITION bigint unsigned!, PARAMETER_MODE varchar(5), "
                + "PARAMETER_NAME varchar(64), DATA_TYPE longtext, \(valueShape), "
                + "DTD_IDENTIFIER mediumtext!, ROUTINE_TYPE enum('FUNCTION','PROCEDURE')!"
        ),
        information(
            "TRIGGERS",
            "TRIGGER_CATALOG name!, TRIGGER_SCHEMA name!, TRIGGER_NAME varchar(64)!, "
                + "EVENT_MANIPULATION enum('INSERT','UPDATE','DELETE')!, "
                + "EVENT_OBJECT_CATALOG name!, EVENT_OBJECT_SCHEMA name!, "
                + "EVENT_OBJECT_TABLE name!, ACTION_ORDER int unsigned!, "
                + "ACTION_CONDITION binary(0), ACTION_STATEMENT longtext!, "
                + "ACTION_ORIENTATION varchar(3)!, ACTION_TIMING enum('BEFORE','AFTER')!, "
                + "ACTION_REFERENCE_OLD_TABLE binary(0), ACTION_REFERENCE_NEW_TABLE binary(0), "
                + "ACTION_REFERENCE_OLD_ROW varchar(3)!, ACTION_REFERENCE_NEW_ROW varchar(3)!, "
                + "CREATED timestamp(2)!, SQL_MODE \(modes)!, DEFINER varchar(288)!, \(textShape)"
        ),
        information(
            "EVENTS",
            "EVENT_CATALOG name!, EVENT_SCHEMA name!, EVENT_NAME varchar(64)!, "
                + "DEFINER varchar(288)!, TIME_ZONE varchar(64)!, EVENT_BODY varchar(3)!, "
                + "EVENT_DEFINITION longtext!, EVENT_TYPE varchar(9)!, EXECUTE_AT datetime, "
                + "INTERVAL_VALUE varchar(256), INTERVAL_FIELD enum('YEAR','QUARTER','MONTH',"
                + "'DAY','HOUR','MINUTE','WEEK','SECOND','MICROSECOND'), SQL_MODE \(modes)!, "
                + "STARTS datetime, ENDS datetime, "
                + "STATUS enum('ENABLED','DISABLED','SLAVESIDE_DISABLED')!, "
                + "ON_COMPLETION varchar(12)!, CREATED timestamp!, LAST_ALTERED timestamp!, "
                + "LAST_EXECUTED datetime, EVENT_COMMENT varchar(2048)!, "
                + "ORIGINATOR int unsigned!, \(textShape)"
        ),
        information(
            "FILES",
            "FILE_ID bigint, FILE_NAME text, FILE_TYPE varchar(256), "
                + "TABLESPACE_NAME varchar(268)!, TABLE_CATALOG char(0)!, TABLE_SCHEMA binary(0), "
                + "TABLE_NAME binary(0), LOGFILE_GROUP_NAME varchar(256), "
                + "LOGFILE_GROUP_NUMBER bigint, ENGINE varchar(64)!, FULLTEXT_KEYS binary(0), "
                + "DELETED_ROWS binary(0), UPDATE_COUNT binary(0), FREE_EXTENTS bigint, "
                + "TOTAL_EXTENTS bigint, EXTENT_SIZE bigint, INITIAL_SIZE bigint, "
                + "MAXIMUM_SIZE bigint, AUTOEXTEND_SIZE bigint, CREATION_TIME binary(0), "
                + "LAST_UPDATE_TIME binary(0), LAST_ACCESS_TIME binary(0), "
                + "RECOVER_TIME binary(0), TRANSACTION_COUNTER binary(0), VERSION bigint, "
                + "ROW_FORMAT varchar(256), TABLE_ROWS binary(0), AVG_ROW_LENGTH binary(0), "
                + "DATA_LENGTH binary(0), MAX_DATA_LENGTH binary(0), INDEX_LENGTH binary(0), "
                + "DATA_FREE bigint, CREATE_TIME binary(0), UPDATE_TIME binary(0), "
                + "CHECK_TIME binary(0), CHECKSUM binary(0), STATUS varchar(256), "
                + "EXTRA varchar(256)"
        ),
        information(
            "INNODB_TABLESPACES",
            "SPACE int unsigned!, NAME varchar(655)!, FLAG int unsigned!, ROW_FORMAT varchar(22), "
                + "PAGE_SIZE int unsigned!, ZIP_PAGE_SIZE int unsigned!, SPACE_TYPE varchar(10), "
                + "FS_BLOCK_SIZE int unsigned!, FILE_SIZE bigint unsigned!, "
                + "ALLOCATED_SIZE bigint unsigned!, AUTOEXTEND_SIZE bigint unsigned!, "
                + "SERVER_VERSION varchar(10), SPACE_VERSION int unsigned!, ENCRYPTION varchar(1), "
                + "STATE varchar(10)"
        ),
        information("INNODB_DATAFILES", "SPACE varbinary(256), PATH varchar(512)!"),
    ]

    /// What a value of a routine looks like.
    private static let valueShape =
        "CHARACTER_MAXIMUM_LENGTH bigint, CHARACTER_OCTET_LENGTH bigint, "
        + "NUMERIC_PRECISION int unsigned, NUMERIC_SCALE bigint, DATETIME_PRECISION int unsigned, "
        + "CHARACTER_SET_NAME varchar(64), COLLATION_NAME varchar(64)"

    /// What a program's text was written in.
    private static let textShape =
        "CHARACTER_SET_CLIENT varchar(64)!, COLLATION_CONNECTION varchar(64)!, "
        + "DATABASE_COLLATION varchar(64)!"

    private static let modes =
        "set(" + SQLModeText.names.map { "'\($0.name)'" }.joined(separator: ",") + ")"
}
