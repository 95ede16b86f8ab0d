import BorealBase

/// The system variables of MySQL that clients ask for, with the values they expect.
enum SystemVariables {
    /// Where a variable may be set.
    enum Scope: Sendable {
        case both
        case global
        case session
    }

    /// One variable.
    struct Entry: Sendable {
        let value: TableValue
        var scope = Scope.both
        var isReadOnly = false
        /// Shown and set as ON and OFF.
        var isSwitch = false
    }

    static let defaultMode =
        "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
        + "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"

    /// Names of sql_mode, and what the combined ones stand for.
    static let modeNames: Set<String> = [
        "REAL_AS_FLOAT", "PIPES_AS_CONCAT", "ANSI_QUOTES", "IGNORE_SPACE", "ONLY_FULL_GROUP_BY",
        "NO_UNSIGNED_SUBTRACTION", "NO_DIR_IN_CREATE", "NO_AUTO_VALUE_ON_ZERO",
        "NO_BACKSLASH_ESCAPES", "STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "NO_ZERO_IN_DATE",
        "NO_ZERO_DATE", "ALLOW_INVALID_DATES", "ERROR_FOR_DIVISION_BY_ZERO", "TRADITIONAL",
        "HIGH_NOT_PRECEDENCE", "NO_ENGINE_SUBSTITUTION", "PAD_CHAR_TO_FULL_LENGTH",
        "TIME_TRUNCATE_FRACTIONAL", "ANSI", "NO_AUTO_CREATE_USER",
    ]
    static let combinedModes: [String: String] = [
        "ANSI": "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ONLY_FULL_GROUP_BY,ANSI",
        "TRADITIONAL": "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
            + "ERROR_FOR_DIVISION_BY_ZERO,TRADITIONAL,NO_ENGINE_SUBSTITUTION",
    ]

    private static func text(_ value: String, _ scope: Scope = .both) -> Entry {
        Entry(value: .text(value), scope: scope)
    }
    private static func number(_ value: Int64, _ scope: Scope = .both) -> Entry {
        Entry(value: .integer(value), scope: scope)
    }
    private static func toggle(_ value: Bool, _ scope: Scope = .both) -> Entry {
        Entry(value: .integer(value ? 1 : 0), scope: scope, isSwitch: true)
    }
    private static func fixed(_ value: TableValue) -> Entry {
        Entry(value: value, scope: .global, isReadOnly: true)
    }
    private static func fixedSwitch(_ value: Bool) -> Entry {
        Entry(value: .integer(value ? 1 : 0), scope: .global, isReadOnly: true, isSwitch: true)
    }

    static let all: [String: Entry] = sessionOnes.merging(limits) { $1 }.merging(fixedOnes) { $1 }
        .merging(switches) { $1 }

    private static let sessionOnes: [String: Entry] = [
        "autocommit": toggle(true), "sql_mode": text(defaultMode), "time_zone": text("SYSTEM"),
        "transaction_isolation": text("REPEATABLE-READ"), "tx_isolation": text("REPEATABLE-READ"),
        "transaction_read_only": toggle(false), "tx_read_only": toggle(false),
        "character_set_client": text("utf8mb4"), "character_set_connection": text("utf8mb4"),
        "character_set_results": text("utf8mb4"), "character_set_server": text("utf8mb4"),
        "character_set_database": text("utf8mb4"), "character_set_filesystem": text("binary"),
        "collation_connection": text("utf8mb4_0900_ai_ci"),
        "collation_server": text("utf8mb4_0900_ai_ci"),
        "collation_database": text("utf8mb4_0900_ai_ci"),
        "default_collation_for_utf8mb4": text("utf8mb4_0900_ai_ci"),
        "default_storage_engine": text("InnoDB"), "storage_engine": text("InnoDB"),
        "default_tmp_storage_engine": text("InnoDB"), "init_connect": text("", .global),
        "lc_time_names": text("en_US"), "lc_messages": text("en_US"),
        "completion_type": text("NO_CHAIN"), "optimizer_switch": text("semijoin=on"),
        "session_track_system_variables": text(
            "time_zone,autocommit,character_set_client,character_set_results,"
                + "character_set_connection"
        ),
        "session_track_transaction_info": text("OFF"), "session_track_gtids": text("OFF"),
        "timestamp": Entry(value: .real(0), scope: .session),
        "last_insert_id": number(0, .session), "identity": number(0, .session),
        "insert_id": number(0, .session), "pseudo_thread_id": number(0, .session),
        "error_count": Entry(value: .integer(0), scope: .session, isReadOnly: true),
        "warning_count": Entry(value: .integer(0), scope: .session, isReadOnly: true),
        "block_encryption_mode": text("aes-128-ecb"), "default_week_format": number(0),
        "resultset_metadata": text("FULL", .session), "binlog_format": text("ROW"),
        "event_scheduler": text("OFF", .global), "query_cache_type": text("OFF"),
        "use_secondary_engine": text("ON", .session), "sql_log_bin": toggle(true, .session),
    ]

    private static let limits: [String: Entry] = [
        "max_allowed_packet": number(64 << 20), "wait_timeout": number(28_800),
        "interactive_timeout": number(28_800), "net_read_timeout": number(30),
        "net_write_timeout": number(60), "net_buffer_length": number(16_384),
        "net_retry_count": number(10), "connect_timeout": number(10, .global),
        "lock_wait_timeout": number(31_536_000), "innodb_lock_wait_timeout": number(50),
        "auto_increment_increment": number(1), "auto_increment_offset": number(1),
        "max_execution_time": number(0), "max_statement_time": Entry(value: .real(0)),
        "sql_select_limit": Entry(value: .unsigned(.max)), "group_concat_max_len": number(1_024),
        "max_join_size": Entry(value: .unsigned(.max)), "max_sort_length": number(1_024),
        "max_error_count": number(1_024), "max_connections": number(2_000, .global),
        "max_user_connections": number(0), "max_prepared_stmt_count": number(16_382, .global),
        "max_heap_table_size": number(16 << 20), "tmp_table_size": number(16 << 20),
        "query_cache_size": number(0, .global), "query_cache_limit": number(1 << 20, .global),
        "sort_buffer_size": number(256 << 10), "join_buffer_size": number(256 << 10),
        "read_buffer_size": number(128 << 10), "bulk_insert_buffer_size": number(8 << 20),
        "cte_max_recursion_depth": number(1_000), "div_precision_increment": number(4),
        "innodb_buffer_pool_size": number(128 << 20, .global),
        "long_query_time": Entry(value: .real(10)),
        "slave_net_timeout": number(60, .global), "table_open_cache": number(4_000, .global),
        "thread_cache_size": number(28, .global), "key_buffer_size": number(8 << 20, .global),
        "min_examined_row_limit": number(0), "rand_seed1": number(0, .session),
        "rand_seed2": number(0, .session), "open_files_limit": number(65_535, .global),
    ]

    private static let fixedOnes: [String: Entry] = [
        "version_comment": fixed(.text("Boreal")), "version_compile_os": fixed(.text("Linux")),
        "version_compile_machine": fixed(.text("x86_64")), "license": fixed(.text("GPL")),
        "protocol_version": fixed(.integer(10)), "character_set_system": fixed(.text("utf8mb3")),
        "lower_case_table_names": fixed(.integer(0)), "lower_case_file_system": fixedSwitch(false),
        "hostname": fixed(.text("localhost")), "basedir": fixed(.text("/")),
        "datadir": fixed(.text("/")), "socket": fixed(.text("")),
        "secure_file_priv": fixed(.null), "server_id": fixed(.integer(1)),
        "server_uuid": fixed(.text("00000000-0000-0000-0000-000000000001")),
        "performance_schema": fixedSwitch(false), "have_query_cache": fixed(.text("NO")),
        "have_ssl": fixed(.text("YES")), "have_openssl": fixed(.text("YES")),
        "have_profiling": fixed(.text("NO")), "have_compress": fixed(.text("YES")),
        "have_dynamic_loading": fixed(.text("NO")), "have_symlink": fixed(.text("DISABLED")),
        "have_geometry": fixed(.text("NO")), "gtid_mode": fixed(.text("OFF")),
        "innodb_version": fixed(.text("8.0.36")), "innodb_file_per_table": fixedSwitch(true),
        "innodb_page_size": fixed(.integer(16_384)), "skip_networking": fixedSwitch(false),
        "skip_name_resolve": fixedSwitch(true), "log_bin": fixedSwitch(false),
        "partial_revokes": fixedSwitch(false), "large_page_size": fixed(.integer(0)),
        "default_authentication_plugin": fixed(.text("caching_sha2_password")),
        "sql_require_primary_key": fixedSwitch(false), "pid_file": fixed(.text("")),
        "tls_version": fixed(.text("TLSv1.2,TLSv1.3")),
    ]

    private static let switches: [String: Entry] = [
        "sql_auto_is_null": toggle(false), "sql_safe_updates": toggle(false),
        "sql_warnings": toggle(false), "sql_notes": toggle(true),
        "sql_quote_show_create": toggle(true),
        "sql_big_selects": toggle(true), "sql_buffer_result": toggle(false),
        "sql_log_off": toggle(false), "foreign_key_checks": toggle(true),
        "unique_checks": toggle(true), "big_tables": toggle(false),
        "low_priority_updates": toggle(false), "profiling": toggle(false),
        "session_track_schema": toggle(true), "session_track_state_change": toggle(false),
        "local_infile": toggle(true, .global), "read_only": toggle(false, .global),
        "super_read_only": toggle(false, .global),
        "require_secure_transport": toggle(false, .global),
        "old_passwords": toggle(false), "explicit_defaults_for_timestamp": toggle(true),
        "innodb_strict_mode": toggle(true), "show_create_table_verbosity": toggle(false),
        "log_bin_trust_function_creators": toggle(false, .global),
        "general_log": toggle(false, .global),
        "slow_query_log": toggle(false, .global), "keep_files_on_create": toggle(false),
        "show_old_temporals": toggle(false), "end_markers_in_json": toggle(false),
        "print_identified_with_as_hex": toggle(false), "updatable_views_with_limit": toggle(true),
        "innodb_table_locks": toggle(true), "query_cache_wlock_invalidate": toggle(false),
        "information_schema_stats_expiry": number(86_400),
        "select_into_disk_sync": toggle(false), "windowing_use_high_precision": toggle(true),
    ]
}
