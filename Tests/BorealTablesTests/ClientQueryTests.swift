import Testing

@testable import BorealTables

/// What drivers, ORMs and tools were seen to send to a server that calls itself 8.0.36, each with
/// the names of the columns that it must answer; none for OK.
@Suite struct ClientQueryTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var sql: String
        var columns: [String]
        var testDescription: String { sql }

        init(_ sql: String, _ columns: String...) {
            self.sql = sql
            self.columns = columns
        }
    }

    static func check(_ cases: [Case]) throws {
        let tables = try TableHarness(version: "8.0.36")
        try tables.run("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20), UNIQUE KEY n (name))")
        try tables.run("CREATE TABLE u (id BIGINT UNSIGNED, d DATETIME)")
        for entry in cases {
            #expect(throws: Never.self, "\(entry.sql)") {
                let statement = try tables.prepare(entry.sql)
                #expect(statement.columns.map(\.name) == entry.columns, "\(entry.sql)")
                _ = try TableHarness.finish(statement)
            }
        }
    }

    @Test("drivers of Python and PHP connect")
    func scriptDrivers() throws {
        try Self.check([
            Case("SET NAMES utf8mb4"), Case("SET AUTOCOMMIT = 0"), Case("SET AUTOCOMMIT = 1"),
            Case("SET autocommit=0"), Case("SET NAMES 'utf8mb4' COLLATE 'utf8mb4_0900_ai_ci'"),
            Case("SET @@session.autocommit = OFF"),
            Case("SELECT @@session.sql_mode", "@@session.sql_mode"),
            Case("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"), Case("START TRANSACTION"),
            Case("commit"), Case("rollback"), Case("START TRANSACTION "), Case("ROLLBACK "),
            Case("SHOW WARNINGS", "Level", "Code", "Message"),
            Case("select connection_id()", "connection_id()"),
            Case("SELECT @@version_comment, @@version", "@@version_comment", "@@version"),
        ])
    }

    @Test("Connector/J, Go and ODBC connect")
    func compiledDrivers() throws {
        try Self.check([
            Case("set autocommit=1, sql_mode = concat(@@sql_mode,',STRICT_TRANS_TABLES')"),
            Case(
                "SELECT @@max_allowed_packet,@@system_time_zone,@@time_zone,"
                    + "@@auto_increment_increment",
                "@@max_allowed_packet",
                "@@system_time_zone",
                "@@time_zone",
                "@@auto_increment_increment"
            ),
            Case("set @@SQL_SELECT_LIMIT=2"), Case("set @@SQL_SELECT_LIMIT=DEFAULT"),
            Case("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
            Case("SELECT @@transaction_isolation", "@@transaction_isolation"),
            Case("SELECT @@max_allowed_packet", "@@max_allowed_packet"),
            Case("SET time_zone='+00:00'"), Case("SET SESSION SQL_AUTO_IS_NULL=0"),
            Case("SET autocommit=1"), Case("SET session_track_schema= ON"),
            Case("SET session_track_system_variables='autocommit,transaction_isolation'"),
            Case("SET NAMES 'utf8mb4'"), Case("SET character_set_server = 'utf8mb4'"),
            Case("SET collation_connection = 'utf8mb4_unicode_ci'"),
            Case("SET collation_server = 'utf8mb4_unicode_ci'"),
            Case("SHOW /*!50002 FULL*/ TABLES FROM `d` LIKE '%'", "Tables_in_d (%)", "Table_type"),
            Case("DESCRIBE `d`.`t` '%'", "Field", "Type", "Null", "Key", "Default", "Extra"),
        ])
    }

    @Test("the command line client and its sisters look around")
    func commandLine() throws {
        try Self.check([
            Case("show databases", "Database"), Case("show tables", "Tables_in_d"),
            Case("select @@version_comment limit 1", "@@version_comment"),
            Case("SELECT DATABASE()", "DATABASE()"),
            Case("select DATABASE(), USER() limit 1", "DATABASE()", "USER()"),
            Case(
                "select @@character_set_client, @@character_set_connection, "
                    + "@@character_set_server, @@character_set_database limit 1",
                "@@character_set_client",
                "@@character_set_connection",
                "@@character_set_server",
                "@@character_set_database"
            ),
            Case("show /*!50002 GLOBAL */ status", "Variable_name", "Value"),
            Case("show /*!40003 GLOBAL */ variables", "Variable_name", "Value"),
            Case(
                "show processlist",
                "Id",
                "User",
                "Host",
                "db",
                "Command",
                "Time",
                "State",
                "Info"
            ),
            Case("flush tables"), Case("SHOW DATABASES LIKE '%'", "Database (%)"),
            Case("SHOW TABLES LIKE '%'", "Tables_in_d (%)"),
            Case("CHECK TABLE `t` ", "Table", "Op", "Msg_type", "Msg_text"),
            Case("/*!40101 set @@character_set_database=binary */;"),
        ])
    }

    @Test("SQLAlchemy, Django and pandas look around")
    func frameworks() throws {
        try Self.check([
            Case("SELECT VERSION()", "VERSION()"),
            Case("SELECT @@sql_mode", "@@sql_mode"),
            Case("SELECT @@lower_case_table_names", "@@lower_case_table_names"),
            Case(
                "SELECT VERSION(), @@sql_mode, @@default_storage_engine, @@sql_auto_is_null, "
                    + "@@lower_case_table_names, CONVERT_TZ('2001-01-01 01:00:00', 'UTC', 'UTC') "
                    + "IS NOT NULL",
                "VERSION()",
                "@@sql_mode",
                "@@default_storage_engine",
                "@@sql_auto_is_null",
                "@@lower_case_table_names",
                "CONVERT_TZ('2001-01-01 01:00:00', 'UTC', 'UTC') IS NOT NULL"
            ),
            Case("SHOW FULL TABLES FROM `d`", "Tables_in_d", "Table_type"),
            Case("SHOW CREATE TABLE `t`", "Table", "Create Table"),
            Case("SHOW schemas", "Database"),
            Case(
                "SELECT table_name, table_type, table_comment FROM information_schema.tables "
                    + "WHERE table_schema = DATABASE()",
                "TABLE_NAME",
                "TABLE_TYPE",
                "TABLE_COMMENT"
            ),
            Case(
                "SELECT kcu.`column_name` AS c, CASE WHEN tc.constraint_type = 'UNIQUE' THEN 1 "
                    + "ELSE 0 END AS u FROM information_schema.key_column_usage AS kcu, "
                    + "information_schema.table_constraints AS tc WHERE kcu.table_schema = "
                    + "DATABASE() AND tc.table_schema = kcu.table_schema AND tc.constraint_name = "
                    + "kcu.constraint_name AND kcu.table_name = 't'",
                "c",
                "u"
            ),
            Case(
                "SELECT table_collation FROM information_schema.tables WHERE table_schema = "
                    + "DATABASE() AND table_name = 't'",
                "TABLE_COLLATION"
            ),
            Case("SELECT * FROM `t` LIMIT 1", "id", "name"), Case("SAVEPOINT `s140_x1`"),
        ])
    }

    @Test("mysqldump finds what it asks for")
    func dump() throws {
        try Self.check([
            Case("/*!40100 SET @@SQL_MODE='' */"), Case("/*!40103 SET TIME_ZONE='+00:00' */"),
            Case("set optimizer_switch='semijoin=off'"),
            Case(
                "SELECT LOGFILE_GROUP_NAME, FILE_NAME, TOTAL_EXTENTS, INITIAL_SIZE, ENGINE, EXTRA "
                    + "FROM INFORMATION_SCHEMA.FILES WHERE FILE_TYPE = 'UNDO LOG' AND FILE_NAME "
                    + "IS NOT NULL AND LOGFILE_GROUP_NAME IS NOT NULL GROUP BY "
                    + "LOGFILE_GROUP_NAME, FILE_NAME, ENGINE, TOTAL_EXTENTS, INITIAL_SIZE "
                    + "ORDER BY LOGFILE_GROUP_NAME",
                "LOGFILE_GROUP_NAME",
                "FILE_NAME",
                "TOTAL_EXTENTS",
                "INITIAL_SIZE",
                "ENGINE",
                "EXTRA"
            ),
            Case("SHOW VARIABLES LIKE 'lower_case_table_names'", "Variable_name", "Value"),
            Case(
                "SELECT engine, table_type FROM INFORMATION_SCHEMA.TABLES WHERE table_schema = "
                    + "DATABASE() AND table_name = 't'",
                "ENGINE",
                "TABLE_TYPE"
            ),
            Case("SET SQL_QUOTE_SHOW_CREATE=1"),
            Case("SET SESSION character_set_results = 'binary'"),
            Case("show create table `t`", "Table", "Create Table"),
            Case("SELECT /*!40001 SQL_NO_CACHE */ `id`, `name` FROM `t`", "id", "name"),
            Case("select @@collation_database", "@@collation_database"),
            Case(
                "SHOW TRIGGERS LIKE 't'",
                "Trigger",
                "Event",
                "Table",
                "Statement",
                "Timing",
                "Created",
                "sql_mode",
                "Definer",
                "character_set_client",
                "collation_connection",
                "Database Collation"
            ),
            Case("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
            Case("START TRANSACTION /*!40100 WITH CONSISTENT SNAPSHOT */"),
            Case("SHOW CREATE DATABASE IF NOT EXISTS `d`", "Database", "Create Database"),
            Case("SAVEPOINT sp"), Case("ROLLBACK TO SAVEPOINT sp"), Case("UNLOCK TABLES"),
        ])
    }

    @Test("columns of inner queries and views name what they come from, as MySQL's do")
    func origins() throws {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (a INT)")
        try tables.run("CREATE VIEW v AS SELECT a AS b FROM t")
        for (text, origin) in [
            ("SELECT a AS x FROM t AS u", "d,u,t,a"), ("SELECT * FROM v AS w", "d,w,v,b"),
            ("SELECT * FROM (SELECT 1 AS one) AS A", ",A,,one"),
            ("WITH c AS (SELECT a FROM t) SELECT * FROM c", ",c,,a"), ("SELECT 1 AS n", ",,,"),
        ] {
            let source = try tables.prepare(text).columns[0].source
            let parts = [source.database, source.alias, source.table, source.column]
            #expect(parts.joined(separator: ",") == origin, "\(text)")
        }
    }

    @Test("definitions tell how many notes they left")
    func notes() throws {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (a INT)")
        for (text, note) in [
            ("DROP TABLE IF EXISTS gone", "1051"), ("CREATE TABLE IF NOT EXISTS t (a INT)", "1050"),
            ("CREATE DATABASE IF NOT EXISTS d", "1007"), ("DROP DATABASE IF EXISTS gone", "1008"),
            ("DROP PROCEDURE IF EXISTS gone", "1305"), ("DROP TRIGGER IF EXISTS gone", "1360"),
            ("DROP EVENT IF EXISTS gone", "1539"), ("DROP FUNCTION IF EXISTS gone", "1305"),
        ] {
            let summary = try TableHarness.finish(try tables.prepare(text)).summary
            #expect(summary.warningCount == 1, "\(text)")
            #expect(try tables.run("SHOW WARNINGS").first?[1] == note, "\(text)")
        }
        tables.check(
            """
            DROP PROCEDURE gone => !1305
            CALL gone(1) => !1305
            DROP TABLE gone => !1051
            """
        )
    }

    @Test("a text that is no table is 1146, which pandas waits for")
    func noTable() throws {
        let tables = try TableHarness(version: "8.0.36")
        #expect(tables.outcome("DESCRIBE `d`.`select * from t`") == "!1146")
        #expect(tables.outcome("SELECT /*M!100100 broken */ 1") == "1")
    }
}
