/// The variables with MySQL 8.0's defaults and ranges, as `SystemVariables.entry` reads them: name,
/// kind, default, scope, then a range or the choices.
///
/// Most of them change nothing here: they are there because drivers, tools and dumps read and set
/// them. What does change something is read where it matters, mostly by `SessionSettings`. The kind
/// `only` is for those whose other values would change what statements mean, which is not done.
extension SystemVariables {
    static let table =
        sessionTable + characterTable + limitTable + switchTable + optimizerTable + fixedTable

    private static let isolation =
        "READ-UNCOMMITTED|READ-COMMITTED|REPEATABLE-READ|SERIALIZABLE"

    /// What belongs to a session, or to its transactions and its answers.
    private static let sessionTable = """
        autocommit switch ON both
        sql_mode text \(SQLModeText.standard) both
        time_zone text SYSTEM both
        boreal_dialect choice polar4ai both polar4ai|maxcompute
        transaction_isolation choice REPEATABLE-READ both \(isolation)
        tx_isolation choice REPEATABLE-READ both \(isolation)
        transaction_read_only switch OFF both
        tx_read_only switch OFF both
        completion_type choice NO_CHAIN both NO_CHAIN|CHAIN|RELEASE
        timestamp real 0 session
        last_insert_id int 0 session
        identity int 0 session
        insert_id only 0 session
        pseudo_thread_id int 0 session
        pseudo_slave_mode switch OFF session
        error_count int 0 own
        warning_count int 0 own
        external_user null - own
        proxy_user null - own
        rand_seed1 int 0 session 0-4294967295
        rand_seed2 int 0 session 0-4294967295
        sql_log_bin switch ON session
        resultset_metadata choice FULL session NONE|FULL
        use_secondary_engine choice ON session OFF|ON|FORCED
        gtid_next text AUTOMATIC session
        session_track_system_variables text \(trackedVariables) both
        session_track_transaction_info choice OFF both OFF|STATE|CHARACTERISTICS
        session_track_gtids choice OFF both OFF|OWN_GTID|ALL_GTIDS
        session_track_schema switch ON both
        session_track_state_change switch OFF both
        ai_on_error choice DEFAULT both DEFAULT|NULL|FAIL
        ai_queue_ms int 0 both 0-86400000

        """

    /// What a session reports by default when one of them changes.
    private static let trackedVariables =
        "time_zone,autocommit,character_set_client,character_set_results,character_set_connection"

    /// Character sets, languages, engines and formats.
    private static let characterTable = """
        character_set_client charset utf8mb4 both
        character_set_connection charset utf8mb4 both
        character_set_results charset utf8mb4 both
        character_set_server charset utf8mb4 both
        character_set_database charset utf8mb4 both
        character_set_filesystem charset binary both
        character_set_system charset utf8mb3 fixed
        character_sets_dir text /usr/share/mysql/charsets/ fixed
        collation_connection collation utf8mb4_0900_ai_ci both
        collation_server collation utf8mb4_0900_ai_ci both
        collation_database collation utf8mb4_0900_ai_ci both
        default_collation_for_utf8mb4 collation utf8mb4_0900_ai_ci both
        lc_time_names text en_US both
        lc_messages text en_US both
        lc_messages_dir text /usr/share/mysql/ fixed
        block_encryption_mode choice aes-128-ecb both \(blockModes)
        default_storage_engine text InnoDB both
        storage_engine text InnoDB both
        default_tmp_storage_engine text InnoDB both
        internal_tmp_mem_storage_engine text TempTable both
        init_connect text - global
        init_file null - fixed
        binlog_format choice ROW both MIXED|STATEMENT|ROW
        binlog_row_image choice FULL both MINIMAL|NOBLOB|FULL
        event_scheduler only OFF global
        query_cache_type choice OFF both OFF|ON|DEMAND
        ft_boolean_syntax only + global
        log_output text FILE global
        concurrent_insert text AUTO global
        innodb_flush_method text fsync fixed
        default_table_encryption switch OFF both

        """

    /// What AES_ENCRYPT can be told to use.
    private static let blockModes =
        "aes-128-ecb|aes-192-ecb|aes-256-ecb|aes-128-cbc|aes-192-cbc|aes-256-cbc"

    /// Sizes in bytes, times in seconds (`max_execution_time` in milliseconds), and counts.
    private static let limitTable = """
        max_allowed_packet int 67108864 connect 1024-1073741824
        net_buffer_length int 16384 connect 1024-1048576
        wait_timeout int 28800 both 1-31536000
        interactive_timeout int 28800 both 1-31536000
        net_read_timeout int 30 both 1-31536000
        net_write_timeout int 60 both 1-31536000
        net_retry_count int 10 both 1-4294967295
        connect_timeout int 10 global 2-31536000
        lock_wait_timeout int 31536000 both 1-31536000
        innodb_lock_wait_timeout int 50 both 1-1073741824
        auto_increment_increment int 1 both 1-65535
        auto_increment_offset int 1 both 1-65535
        max_execution_time int 0 both 0-4294967295
        max_statement_time real 0 both
        sql_select_limit big 18446744073709551615 both
        group_concat_max_len int 1024 both 4-9223372036854775807
        max_join_size big 18446744073709551615 both
        max_seeks_for_key big 18446744073709551615 both
        max_sort_length int 1024 both 4-8388608
        max_length_for_sort_data int 4096 both 4-8388608
        max_error_count int 1024 both 0-65535
        max_connections int 2000 global 1-100000
        max_connect_errors int 100 global 1-9223372036854775807
        max_prepared_stmt_count int 16382 global 0-4194304
        max_heap_table_size int 16777216 both 16384-9223372036854775807
        max_sp_recursion_depth int 0 both 0-255
        max_points_in_geometry int 65536 both 3-1048576
        max_digest_length int 1024 fixed 0-1048576
        max_binlog_size int 1073741824 global 4096-1073741824
        max_delayed_threads int 20 both 0-16384
        max_write_lock_count int 9223372036854775807 global 1-9223372036854775807
        tmp_table_size int 16777216 both 1024-9223372036854775807
        temptable_max_ram int 1073741824 global 2097152-9223372036854775807
        query_cache_size int 0 global
        query_cache_limit int 1048576 global
        query_alloc_block_size int 8192 both 1024-4294966272
        query_prealloc_size int 8192 both 8192-9223372036854775807
        transaction_alloc_block_size int 8192 both 1024-131072
        transaction_prealloc_size int 4096 both 1024-131072
        range_alloc_block_size int 4096 both 4096-4294966272
        range_optimizer_max_mem_size int 8388608 both 0-9223372036854775807
        sort_buffer_size int 262144 both 32768-9223372036854775807
        join_buffer_size int 262144 both 128-9223372036854775807
        read_buffer_size int 131072 both 8192-2147479552
        read_rnd_buffer_size int 262144 both 1-2147483647
        preload_buffer_size int 32768 both 1024-1073741824
        bulk_insert_buffer_size int 8388608 both 0-9223372036854775807
        binlog_cache_size int 32768 global 4096-9223372036854775807
        cte_max_recursion_depth int 1000 both 0-4294967295
        default_week_format int 0 both 0-7
        div_precision_increment int 4 both 0-30
        min_examined_row_limit int 0 both 0-9223372036854775807
        long_query_time real 10 both
        ft_min_word_len int 4 fixed
        ft_max_word_len int 84 fixed
        innodb_ft_min_token_size int 3 fixed
        innodb_buffer_pool_size int 134217728 global 5242880-9223372036854775807
        innodb_log_file_size int 50331648 fixed
        innodb_log_buffer_size int 16777216 global 1048576-4294967295
        innodb_flush_log_at_trx_commit int 1 global 0-2
        innodb_thread_concurrency int 0 global 0-1000
        innodb_io_capacity int 200 global 100-9223372036854775807
        innodb_open_files int 4000 fixed
        innodb_page_size int 16384 fixed
        slave_net_timeout int 60 global 1-31536000
        replica_net_timeout int 60 global 1-31536000
        table_open_cache int 4000 global 1-524288
        table_definition_cache int 2000 global 400-524288
        thread_cache_size int 28 global 0-16384
        thread_stack int 1048576 fixed
        key_buffer_size int 8388608 global 0-9223372036854775807
        open_files_limit int 65535 fixed
        back_log int 151 fixed
        flush_time int 0 global 0-31536000
        expire_logs_days int 0 global 0-99
        binlog_expire_logs_seconds int 2592000 global 0-4294967295
        sync_binlog int 1 global 0-4294967295
        password_history int 0 global 0-4294967295
        default_password_lifetime int 0 global 0-65535
        information_schema_stats_expiry int 86400 both 0-31536000
        regexp_stack_limit int 8000000 global 0-2147483647
        regexp_time_limit int 32 global 0-2147483647
        long_query_count int 0 own

        """

    /// ON and OFF, and a few that go with them.
    private static let switchTable = """
        sql_auto_is_null only OFF both
        sql_safe_updates switch OFF both
        sql_warnings switch OFF both
        sql_notes switch ON both
        sql_quote_show_create switch ON both
        sql_big_selects switch ON both
        sql_buffer_result switch OFF both
        sql_log_off switch OFF both
        sql_require_primary_key only OFF both
        foreign_key_checks switch ON both
        unique_checks switch ON both
        big_tables switch OFF both
        low_priority_updates switch OFF both
        profiling switch OFF both
        profiling_history_size int 15 both 0-100
        local_infile switch ON global
        read_only only OFF global
        super_read_only only OFF global
        offline_mode only OFF global
        old_passwords switch OFF both
        explicit_defaults_for_timestamp only ON both
        innodb_strict_mode switch ON both
        innodb_table_locks switch ON both
        innodb_adaptive_hash_index switch ON global
        innodb_file_per_table switch ON global
        innodb_autoinc_lock_mode int 2 fixed
        innodb_rollback_on_timeout switch OFF fixed
        innodb_print_all_deadlocks switch OFF global
        innodb_stats_persistent switch ON global
        innodb_stats_on_metadata switch OFF global
        show_create_table_verbosity switch OFF both
        show_create_table_skip_secondary_engine switch OFF session
        show_old_temporals switch OFF both
        log_bin_trust_function_creators switch OFF global
        general_log switch OFF global
        slow_query_log switch OFF global
        log_queries_not_using_indexes switch OFF global
        keep_files_on_create switch OFF both
        end_markers_in_json switch OFF both
        print_identified_with_as_hex switch OFF both
        updatable_views_with_limit switch ON both
        query_cache_wlock_invalidate switch OFF both
        select_into_disk_sync switch OFF both
        windowing_use_high_precision switch ON both
        new switch OFF both
        automatic_sp_privileges switch ON global
        activate_all_roles_on_login switch OFF global
        auto_generate_certs switch ON fixed
        check_proxy_users switch OFF global
        flush switch OFF global
        generated_random_password_length int 20 both 5-255
        sql_generate_invisible_primary_key only OFF both
        xa_detach_on_prepare switch ON both

        """

    /// What MySQL's optimizer is told; SQLite's planner does not listen.
    private static let optimizerTable = """
        optimizer_switch text \(optimizerFlags) both
        optimizer_prune_level int 1 both 0-1
        optimizer_search_depth int 62 both 0-62
        optimizer_trace text enabled=off,one_line=off both
        optimizer_trace_limit int 1 both 0-2147483647
        optimizer_trace_max_mem_size int 1048576 both 0-4294967295
        eq_range_index_dive_limit int 200 both 0-4294967295
        histogram_generation_max_mem_size int 20000000 both 1000000-9223372036854775807

        """

    /// MySQL 8.0.36's, in its order: clients take single flags out of the text.
    private static let optimizerFlags =
        "index_merge=on,index_merge_union=on,index_merge_sort_union=on,"
        + "index_merge_intersection=on,engine_condition_pushdown=on,"
        + "index_condition_pushdown=on,mrr=on,mrr_cost_based=on,block_nested_loop=on,"
        + "batched_key_access=off,materialization=on,semijoin=on,loosescan=on,firstmatch=on,"
        + "duplicateweedout=on,subquery_materialization_cost_based=on,"
        + "use_index_extensions=on,condition_fanout_filter=on,derived_merge=on,"
        + "use_invisible_indexes=off,skip_scan=on,hash_join=on,subquery_to_derived=off,"
        + "prefer_ordering_index=on,derived_condition_pushdown=on"

    /// What is so because of how the server was built and started.
    private static let fixedTable = """
        version_comment text Boreal fixed
        version_compile_os text Linux fixed
        version_compile_machine text x86_64 fixed
        version_compile_zlib text 1.2.13 fixed
        license text GPL fixed
        protocol_version int 10 fixed
        admin_port int 33062 fixed
        lower_case_table_names int 0 fixed
        lower_case_file_system switch OFF fixed
        hostname text localhost fixed
        bind_address text 127.0.0.1 fixed
        basedir text / fixed
        datadir text / fixed
        tmpdir text /tmp fixed
        socket text - fixed
        pid_file text - fixed
        plugin_dir text / fixed
        log_error text stderr fixed
        general_log_file text - global
        slow_query_log_file text - global
        secure_file_priv null - fixed
        server_id int 1 fixed
        server_uuid text 00000000-0000-0000-0000-000000000001 fixed
        performance_schema switch OFF fixed
        have_query_cache text NO fixed
        have_profiling text NO fixed
        have_compress text YES fixed
        have_dynamic_loading text NO fixed
        have_symlink text DISABLED fixed
        have_geometry text NO fixed
        have_rtree_keys text NO fixed
        have_statement_timeout text YES fixed
        gtid_mode text OFF fixed
        enforce_gtid_consistency text OFF fixed
        gtid_executed text - fixed
        gtid_purged text - fixed
        gtid_owned text - fixed
        innodb_version text 8.0.36 fixed
        innodb_read_only switch OFF fixed
        innodb_data_file_path text ibdata1:12M:autoextend fixed
        innodb_default_row_format text dynamic fixed
        skip_networking switch OFF fixed
        skip_name_resolve switch ON fixed
        skip_show_database switch OFF fixed
        skip_external_locking switch ON fixed
        log_bin switch OFF fixed
        log_bin_basename null - fixed
        log_replica_updates switch OFF fixed
        relay_log text - fixed
        report_host null - fixed
        partial_revokes switch OFF fixed
        large_page_size int 0 fixed
        large_pages switch OFF fixed
        locked_in_memory switch OFF fixed
        default_authentication_plugin text caching_sha2_password fixed
        authentication_policy text *,, fixed
        mandatory_roles text - fixed
        ssl_cipher null - fixed
        ssl_capath null - fixed
        ssl_crl null - fixed
        ssl_crlpath null - fixed
        tls_ciphersuites null - fixed
        thread_handling text one-thread-per-connection fixed
        old switch OFF fixed
        core_file switch OFF fixed
        disabled_storage_engines text - fixed
        """
}
