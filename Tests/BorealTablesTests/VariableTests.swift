import Testing

@testable import BorealTables

/// System variables; expectations are MariaDB's, or MySQL 8.0's where they differ.
@Suite struct VariableTests {
    @Test("SET takes every spelling of a variable")
    func spellings() throws {
        try StatementTests.check([
            .init("SET @@session.wait_timeout = 100, @@local.sort_buffer_size = 65536", ""),
            .init("SELECT @@wait_timeout, @@session.sort_buffer_size", "100,65536"),
            .init("SET SESSION wait_timeout = 1, GLOBAL wait_timeout = 500", ""),
            .init("SELECT @@wait_timeout, @@global.wait_timeout", "1,500"),
            .init("SET wait_timeout = DEFAULT", ""), .init("SELECT @@wait_timeout", "500"),
            .init("SET GLOBAL wait_timeout = DEFAULT, @@wait_timeout := 77", ""),
            .init("SELECT @@wait_timeout, @@global.wait_timeout", "77,28800"),
            .init("SET wait_timeout = (SELECT 78)", ""), .init("SELECT @@wait_timeout", "78"),
            .init("SET @x := 5, @y = @x", ""), .init("SELECT @x, @y", "5,NULL"),
            .init("SET autocommit = 'on', unique_checks = FALSE, big_tables = 1", ""),
            .init("SELECT @@autocommit, @@unique_checks, @@big_tables", "1,0,1"),
            .init("SET completion_type = 1", ""), .init("SELECT @@completion_type", "CHAIN"),
            .init("SET PERSIST wait_timeout = 5", "!1235"),
        ])
    }

    @Test("a value that does not fit is refused or brought into range with a warning")
    func ranges() throws {
        try StatementTests.check([
            .init("SET wait_timeout = 0", ""),
            .init("SHOW WARNINGS", "Warning,1292,Truncated incorrect wait_timeout value: '0'"),
            .init("SELECT @@wait_timeout", "1"), .init("SET group_concat_max_len = 3", ""),
            .init("SELECT @@group_concat_max_len", "4"), .init("SET wait_timeout = 'abc'", "!1232"),
            .init("SET wait_timeout = 1.5", "!1232"), .init("SET wait_timeout = NULL", "!1232"),
            .init("SET autocommit = 2", "!1231"), .init("SET big_tables = maybe", "!1231"),
            .init("SET completion_type = 'nope'", "!1231"),
            .init("SET sql_mode = 'STRICT_ALL_TABLES'", ""),
            .init("SET wait_timeout = 0", "!1231"), .init("SET time_zone = 'nope'", "!1298"),
            .init("SET default_storage_engine = 'nope'", "!1286"),
            .init("SET sql_auto_is_null = 0", ""), .init("SELECT @@sql_auto_is_null", "0"),
            .init("SHOW VARIABLES LIKE 'sql_auto_is_null'", "sql_auto_is_null,OFF"),
            .init("SET sql_auto_is_null = 1", "!1235"),
        ])
    }

    @Test("scopes are kept apart by MySQL's errors")
    func scopes() throws {
        try StatementTests.check([
            .init("SET nope = 1", "!1193"), .init("SELECT @@nope", "!1193"),
            .init("SET SESSION max_connections = 5", "!1229"),
            .init("SET GLOBAL timestamp = 5", "!1228"), .init("SELECT @@global.timestamp", "!1238"),
            .init("SELECT @@session.max_connections", "!1238"),
            .init("SET max_allowed_packet = 1024", "!1621"), .init("SET version = 'x'", "!1238"),
            .init("SET GLOBAL version_comment = 'x'", "!1238"),
        ])
    }

    @Test("a SET with one bad assignment changes nothing")
    func wholeOrNothing() throws {
        try StatementTests.check([
            .init("SET @a = 1, wait_timeout = 100", ""),
            .init("SET @a = 2, wait_timeout = 200, nope = 5", "!1193"),
            .init("SELECT @a, @@wait_timeout", "1,100"),
        ])
    }

    @Test("character sets and collations move together")
    func characterSets() throws {
        let all =
            "SELECT @@character_set_client, @@character_set_connection, @@character_set_results, "
            + "@@collation_connection"
        try StatementTests.check([
            .init("SET NAMES latin1", ""),
            .init(all, "latin1,latin1,latin1,latin1_swedish_ci"),
            .init("SET NAMES latin1 COLLATE utf8mb4_bin", "!1253"),
            .init("SET NAMES nope", "!1115"), .init("SET NAMES utf8mb4 COLLATE nope", "!1273"),
            .init("SET CHARACTER SET utf8mb3", ""),
            .init(all, "utf8mb3,utf8mb4,utf8mb3,utf8mb4_0900_ai_ci"),
            .init("SET NAMES DEFAULT", ""), .init("SET character_set_client = NULL", "!1231"),
            .init("SET character_set_results = NULL", ""),
            .init("SELECT @@character_set_results", "NULL"),
            .init("SET character_set_connection = latin1", ""),
            .init("SELECT @@collation_connection", "latin1_swedish_ci"),
            .init("SET collation_connection = utf8mb4_bin", ""),
            .init("SELECT @@character_set_connection", "utf8mb4"),
            .init("SET NAMES cp1251", ""), .init(all, "cp1251,cp1251,cp1251,cp1251_general_ci"),
            .init("SET NAMES koi8r COLLATE koi8r_bin", ""),
            .init(all, "koi8r,koi8r,koi8r,koi8r_bin"),
            .init("SET NAMES binary", ""), .init(all, "binary,binary,binary,binary"),
            .init("SET NAMES gbk", "!1115"), .init("SET NAMES utf16", "!1231"),
            .init("SET CHARACTER SET ucs2", "!1231"), .init("SET NAMES DEFAULT", ""),
            .init("SET character_set_client = utf32", "!1231"),
            .init(all, "utf8mb4,utf8mb4,utf8mb4,utf8mb4_0900_ai_ci"),
        ])
    }

    @Test("the names of sql_mode expand, come in MySQL's order, and may be numbers")
    func sqlMode() throws {
        try StatementTests.check([
            .init("SET sql_mode = 'ansi'", ""),
            .init(
                "SELECT @@sql_mode",
                "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ONLY_FULL_GROUP_BY,ANSI"
            ),
            .init("SET sql_mode = 'TRADITIONAL'", ""),
            .init(
                "SELECT @@sql_mode",
                "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
                    + "ERROR_FOR_DIVISION_BY_ZERO,TRADITIONAL,NO_ENGINE_SUBSTITUTION"
            ),
            .init("SET sql_mode = 4", ""), .init("SELECT @@sql_mode", "ANSI_QUOTES"),
            .init("SET sql_mode = 16", "!1231"), .init("SET sql_mode = 'NOPE'", "!1231"),
            .init("SET sql_mode = 'NO_ZERO_DATE,STRICT_TRANS_TABLES'", ""),
            .init("SET @@sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')", ""),
            .init("SELECT @@sql_mode", "STRICT_TRANS_TABLES,NO_ZERO_DATE"),
            .init("SET LOCAL sql_mode = DEFAULT", ""),
            .init("SELECT @@sql_mode = '\(SQLModeText.standard)'", "1"),
        ])
    }

    @Test("SET STATEMENT holds for one statement")
    func setStatement() throws {
        try StatementTests.check([
            .init(
                "SET STATEMENT sort_buffer_size = 100000 FOR SELECT @@sort_buffer_size",
                "100000"
            ),
            .init("SELECT @@sort_buffer_size", "262144"),
            .init("SET STATEMENT max_statement_time = 5 FOR SELECT 1", "1"),
            .init("SET STATEMENT nope = 5 FOR SELECT 1", "!1193"),
            .init("SET STATEMENT sort_buffer_size = 100000 FOR SELECT nope", "!1054"),
            .init("SELECT @@sort_buffer_size", "262144"),
        ])
    }

    @Test("every variable can be read, shown and set to its default")
    func everyVariable() throws {
        let tables = try TableHarness()
        let shown = Set(try tables.run("SHOW VARIABLES").map { $0[0] })
        for (name, entry) in SystemVariables.all {
            #expect(shown.contains(name))
            #expect(throws: Never.self, "\(name)") { try tables.run("SELECT @@\(name)") }
            if entry.isReadOnly { continue }
            let scope = entry.isGlobal || entry.scope == .connect ? "GLOBAL" : "SESSION"
            #expect(throws: Never.self, "\(name)") {
                try tables.run("SET \(scope) \(name) = DEFAULT")
            }
        }
    }
}
