import BorealBase
import Testing

@testable import BorealTables

/// The system tables and what SHOW makes of them. Expectations are MariaDB's where both servers
/// agree, else those of MySQL 8.0's manual.
@Suite struct SystemTableTests {
    private static let shop: [ExpressionCase] = [
        .init(
            "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL "
                + "DEFAULT 'x', v DECIMAL(6,2), ts TIMESTAMP NULL, dt DATETIME(3), tx TEXT, "
                + "b BIGINT UNSIGNED, UNIQUE KEY u (name), KEY k (v, name(5))) COMMENT='shop'",
            ""
        ),
        .init("INSERT INTO t (name, v) VALUES ('a', 1), ('b', 2), ('c', 2)", ""),
        .init("CREATE VIEW vw AS SELECT id FROM t", ""),
    ]

    @Test("tables, columns and keys can be looked up")
    func lookUps() throws {
        try StatementTests.check(
            Self.shop + [
                .init(
                    "SELECT table_name, table_type, engine, table_rows, auto_increment, "
                        + "table_comment FROM information_schema.tables WHERE table_schema = 'd' "
                        + "ORDER BY 1",
                    "t,BASE TABLE,InnoDB,3,4,shop;vw,VIEW,NULL,NULL,NULL,VIEW"
                ),
                .init(
                    "SELECT column_name, data_type, character_maximum_length, "
                        + "character_octet_length, numeric_precision, numeric_scale, "
                        + "datetime_precision, column_key FROM information_schema.columns "
                        + "WHERE table_schema = 'd' AND table_name = 't' ORDER BY ordinal_position",
                    "id,int,NULL,NULL,10,0,NULL,PRI;name,varchar,20,80,NULL,NULL,NULL,UNI;"
                        + "v,decimal,NULL,NULL,6,2,NULL,MUL;"
                        + "ts,timestamp,NULL,NULL,NULL,NULL,0,;"
                        + "dt,datetime,NULL,NULL,NULL,NULL,3,;"
                        + "tx,text,65535,65535,NULL,NULL,NULL,;b,bigint,NULL,NULL,20,0,NULL,"
                ),
                .init(
                    "SELECT index_name, seq_in_index, column_name, non_unique, cardinality, "
                        + "sub_part FROM information_schema.statistics WHERE table_name = 't'",
                    "PRIMARY,1,id,0,3,NULL;u,1,name,0,3,NULL;k,1,v,1,2,NULL;k,2,name,1,3,5"
                ),
                .init(
                    "SELECT c.constraint_type, k.column_name FROM "
                        + "information_schema.table_constraints c JOIN "
                        + "information_schema.key_column_usage k ON k.constraint_name = "
                        + "c.constraint_name AND k.table_schema = c.table_schema "
                        + "WHERE c.table_schema = DATABASE() ORDER BY 1",
                    "PRIMARY KEY,id;UNIQUE,name"
                ),
                .init(
                    "SELECT view_definition LIKE 'SELECT id%' FROM information_schema.views",
                    "1"
                ),
            ]
        )
    }

    @Test("names of tables are compared by bytes, what is not there has MySQL's error")
    func names() throws {
        try StatementTests.check(
            Self.shop + [
                // Names of tables and databases are compared by bytes, others are not.
                .init("SELECT 1 FROM information_schema.tables WHERE table_name = 'T'", ""),
                .init(
                    "SELECT COUNT(*) FROM information_schema.columns WHERE table_name = 't' "
                        + "AND column_name = 'NAME'",
                    "1"
                ),
                .init("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 5", "0"),
                .init("SELECT 1 FROM information_schema.nope", "!1109"),
                .init("SELECT 1 FROM performance_schema.nope", "!1146"),
                .init("INSERT INTO information_schema.tables VALUES (1)", "!1044"),
                .init("USE information_schema", ""),
                .init("SELECT COUNT(*) FROM schemata WHERE schema_name = 'd'", "1"),
            ]
        )
    }

    @Test("a plan over system tables is kept and sees what changed since")
    func keptPlans() throws {
        let tables = try TableHarness()
        let sql = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"
        #expect(try tables.run(sql) == [["0"]])
        try tables.run("CREATE TABLE a (i INT)")
        #expect(try tables.run(sql) == [["1"]])
        #expect(try tables.run(sql, in: tables.other()) == [["1"]])
    }

    @Test("every system table can be read and describes itself", arguments: SystemTables.all)
    func everyTable(table: SystemTable) throws {
        let tables = try TableHarness()
        let name = "\(table.database).`\(table.name)`"
        let rows = try tables.run("SELECT * FROM \(name)")
        let columns = try tables.run("SHOW COLUMNS FROM \(name)")
        #expect(!columns.isEmpty)
        for row in rows { #expect(row.count == columns.count, "\(name)") }
        let listed = try tables.run(
            "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = "
                + "'\(table.database)' AND TABLE_NAME = '\(table.name)'"
        )
        #expect(listed == [["\(columns.count)"]])
    }

    @Test("columns of information_schema keep their names and types, whatever the case")
    func shapes() throws {
        let tables = try TableHarness()
        let run = try tables.prepare(
            "SELECT table_name, table_rows, create_time AS made FROM information_schema.tables"
        )
        #expect(run.columns.map(\.name) == ["TABLE_NAME", "TABLE_ROWS", "made"])
        #expect(run.columns.map(\.type.kind) == [.varchar, .longLong, .timestamp])
        #expect(run.columns[1].type.isUnsigned)
    }

    @Test("SHOW lists, narrows and refuses as MySQL does")
    func show() throws {
        try StatementTests.check(
            Self.shop + [
                .init("SHOW TABLES", "t;vw"), .init("SHOW TABLES LIKE 'T'", ""),
                .init("SHOW TABLES WHERE Tables_in_d = 't'", "t"),
                .init("SHOW FULL TABLES WHERE Table_type = 'VIEW'", "vw,VIEW"),
                .init("SHOW FULL TABLES IN information_schema LIKE 'VIEWS'", "VIEWS,SYSTEM VIEW"),
            ]
        )
    }

    @Test("columns and keys are shown, narrowed by LIKE and WHERE")
    func showColumns() throws {
        try StatementTests.check(
            Self.shop + [
                .init("SHOW COLUMNS FROM t LIKE 'V'", "v,decimal(6,2),YES,MUL,NULL,"),
                .init("SHOW FIELDS IN t WHERE Field = 'dt'", "dt,datetime(3),YES,,NULL,"),
                .init(
                    "SHOW FULL COLUMNS FROM t LIKE 'name'",
                    "name,varchar(20),utf8mb4_0900_ai_ci,NO,UNI,x,,"
                        + "select,insert,update,references,"
                ),
                .init("DESC t 'd%'", "dt,datetime(3),YES,,NULL,"),
                .init(
                    "SHOW KEYS FROM t WHERE Key_name = 'k'",
                    "t,1,k,1,v,A,2,NULL,NULL,YES,BTREE,,,YES,NULL;"
                        + "t,1,k,2,name,A,3,5,NULL,,BTREE,,,YES,NULL"
                ),
            ]
        )
    }

    @Test("what cannot be shown has MySQL's error")
    func showErrors() throws {
        try StatementTests.check(
            Self.shop + [
                .init("SHOW TABLES FROM nope", "!1049"), .init("SHOW COLUMNS FROM nope", "!1146"),
                .init("SHOW CREATE VIEW t", "!1347"), .init("SHOW CREATE PROCEDURE p", "!1305"),
                .init("SHOW CREATE FUNCTION f", "!1305"), .init("SHOW CREATE TRIGGER x", "!1360"),
                .init("SHOW CREATE EVENT x", "!1539"),
                .init("SHOW ENGINE nope STATUS", "!1286"), .init("SHOW BINARY LOGS", "!1381"),
                .init("SELECT nope", "!1054"), .init("SHOW ERRORS LIMIT 1, 5", ""),
            ]
        )
    }

    @Test("lists of what the server does not have are empty")
    func showNothing() throws {
        try StatementTests.check([
            .init("SHOW TRIGGERS", ""), .init("SHOW EVENTS", ""),
            .init("SHOW PROCEDURE STATUS LIKE 'x'", ""),
            .init("SHOW FUNCTION STATUS WHERE Db = 'd'", ""), .init("SHOW OPEN TABLES", ""),
            .init("SHOW MASTER STATUS", ""), .init("SHOW REPLICA STATUS", ""),
            .init("SHOW PROFILES", ""), .init("SHOW COUNT(*) ERRORS", "0"),
        ])
    }

    @Test("the server describes itself")
    func showServer() throws {
        try StatementTests.check([
            .init("SHOW ENGINES", "InnoDB,DEFAULT,Embedded tables,YES,NO,YES"),
            .init(
                "SHOW CHARACTER SET LIKE 'utf8mb4'",
                "utf8mb4,UTF-8 Unicode,utf8mb4_0900_ai_ci,4"
            ),
            .init(
                "SHOW COLLATION WHERE Id = 46",
                "utf8mb4_bin,utf8mb4,46,,Yes,1,PAD SPACE"
            ),
            .init("SHOW VARIABLES LIKE 'autocommit'", "autocommit,ON"),
            .init("SHOW PROCESSLIST", "1,root,localhost,d,Query,0,executing,NULL"),
        ])
    }

    @Test("the first column of a narrowed list is called after the pattern")
    func titles() throws {
        let tables = try TableHarness()
        let expected: [(String, [String])] = [
            ("SHOW DATABASES", ["Database"]), ("SHOW DATABASES LIKE 'd%'", ["Database (d%)"]),
            ("SHOW TABLES", ["Tables_in_d"]), ("SHOW TABLES LIKE 'a`%'", ["Tables_in_d (a`%)"]),
            ("SHOW FULL TABLES FROM d", ["Tables_in_d", "Table_type"]),
            ("SHOW COUNT(*) ERRORS", ["@@session.error_count"]),
        ]
        for (sql, names) in expected {
            #expect(try tables.prepare(sql).columns.map(\.name) == names, "\(sql)")
        }
    }

    @Test("SHOW STATUS counts statements, of the session and of all")
    func counters() throws {
        let tables = try TableHarness()
        func value(_ sql: String) throws -> Int? { Int(try tables.run(sql).first?[1] ?? "") }
        let before = try value("SHOW GLOBAL STATUS LIKE 'Com_select'")
        try tables.run("SELECT 1", in: tables.other())
        try tables.run("SELECT 1")
        #expect(try value("SHOW GLOBAL STATUS LIKE 'Com_select'") == before.map { $0 + 2 })
        #expect(try value("SHOW STATUS LIKE 'Com_select'") == 1)
        #expect(try value("SHOW SESSION STATUS WHERE Variable_name = 'Questions'") ?? 0 >= 5)
    }

    @Test("a table of the engine's stands beside the others")
    func addedTable() throws {
        let tables = try TableHarness()
        tables.store.addSystemTable(
            SystemTable(name: "EXTRA", columns: "ID int unsigned!, WORD varchar(8)") { _ in
                [[.integer(1), .text("a")], [.integer(2), .null]]
            }
        )
        let session = try tables.other()
        #expect(
            try tables.run("SELECT * FROM information_schema.extra WHERE id > 1", in: session)
                == [["2", nil]]
        )
        #expect(
            try tables.run("SHOW TABLES FROM information_schema LIKE 'EXTRA'", in: session)
                == [["EXTRA"]]
        )
    }

    @Test("the short form of columns is read with MySQL's types")
    func columnLists() {
        let columns = ColumnList.columns(
            "A name!, B varchar(3), C enum('x y','z')!, D bigint unsigned, E timestamp(6)!"
        )
        #expect(columns.map(\.name) == ["A", "B", "C", "D", "E"])
        #expect(
            columns.map(\.type.sql) == [
                "varchar(64)", "varchar(3)", "enum('x y','z')", "bigint unsigned", "timestamp(6)",
            ]
        )
        #expect(columns.map(\.isNullable) == [false, true, false, true, false])
        #expect(columns.map(\.type.isBinaryCollation) == [true, false, false, false, false])
    }

    @Test("foreign keys, checks and generated columns can be looked up")
    func constraints() throws {
        try StatementTests.check([
            .init("CREATE TABLE p (id INT PRIMARY KEY)", ""),
            .init(
                "CREATE TABLE c (id INT PRIMARY KEY, p INT, twice INT AS (p * 2), "
                    + "CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE, "
                    + "CONSTRAINT ck CHECK (p > 0))",
                ""
            ),
            .init(
                "SELECT constraint_name, column_name, position_in_unique_constraint, "
                    + "referenced_table_schema, referenced_table_name, referenced_column_name "
                    + "FROM information_schema.key_column_usage WHERE table_schema = 'd' "
                    + "AND table_name = 'c' AND referenced_table_name IS NOT NULL",
                "fk,p,1,d,p,id"
            ),
            .init(
                "SELECT constraint_name, unique_constraint_name, match_option, update_rule, "
                    + "delete_rule, table_name, referenced_table_name FROM "
                    + "information_schema.referential_constraints",
                "fk,PRIMARY,NONE,NO ACTION,CASCADE,c,p"
            ),
            .init(
                "SELECT constraint_name, constraint_type, enforced FROM "
                    + "information_schema.table_constraints WHERE table_name = 'c'",
                "PRIMARY,PRIMARY KEY,YES;fk,FOREIGN KEY,YES;ck,CHECK,YES"
            ),
            .init(
                "SELECT cc.constraint_name, cc.check_clause LIKE '%`p` > 0%' FROM "
                    + "information_schema.check_constraints AS cc, "
                    + "information_schema.table_constraints AS tc WHERE cc.constraint_schema = "
                    + "tc.constraint_schema AND cc.constraint_name = tc.constraint_name",
                "ck,1"
            ),
            .init(
                "SELECT extra, generation_expression LIKE '%`p` * 2%' FROM "
                    + "information_schema.columns WHERE column_name = 'twice'",
                "VIRTUAL GENERATED,1"
            ),
        ])
    }
}
