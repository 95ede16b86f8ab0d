import BorealBase
import BorealSQL
import Testing

@testable import BorealTables

/// What an account may do with databases and tables, statement by statement.
@Suite struct RightsTests {
    private let tables: TableHarness
    private let session: TableSession

    init() throws {
        tables = try TableHarness()
        try tables.run("CREATE TABLE t (id INT PRIMARY KEY, n INT)")
        try tables.run("CREATE TABLE u (id INT PRIMARY KEY, n INT)")
        try tables.run("CREATE TABLE hidden (id INT PRIMARY KEY)")
        try tables.run("INSERT INTO t VALUES (1, 10), (2, 20)")
        try tables.run("INSERT INTO u VALUES (1, 11)")
        try tables.run("CREATE VIEW v AS SELECT id FROM hidden")
        try tables.run("CREATE DATABASE other")
        session = try tables.other()
        session.rights = AccountRights(user: "ann", host: "%", clientHost: "localhost")
    }

    /// The number of the error that a statement ends in; 0 for none.
    private func outcome(_ sql: String) throws -> Int {
        do {
            try tables.run(sql, in: session)
            return 0
        } catch let error as TableError {
            return Int(error.serverErrorCode.rawValue)
        }
    }

    private func give(_ privileges: Privileges, _ table: String) {
        session.rights.add(privileges, database: "d", table: table)
    }

    private static let reading = [
        "SELECT id FROM t", "SELECT 1 FROM t LIMIT 0", "TABLE t", "SELECT (SELECT max(id) FROM t)",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM t)", "SELECT 1 WHERE 1 IN (SELECT id FROM t)",
        "SELECT 1 WHERE 1 > ALL (SELECT id FROM t)", "SELECT * FROM (SELECT id FROM t) AS x",
        "WITH x AS (SELECT id FROM t) SELECT * FROM x", "SELECT 1 UNION SELECT id FROM t",
        "SELECT 1 FROM u JOIN t ON u.id = t.id", "SELECT 1 FROM u LEFT JOIN t USING (id)",
        "SELECT id FROM u ORDER BY (SELECT max(id) FROM t)",
        "SELECT max(id) FROM u GROUP BY (SELECT max(id) FROM t)",
        "INSERT INTO u SELECT id + 10, n FROM t",
        "INSERT INTO u VALUES ((SELECT max(id) + 8 FROM t), 1)",
        "UPDATE u SET n = (SELECT max(n) FROM t)", "DELETE FROM u WHERE id IN (SELECT id FROM t)",
        "UPDATE u JOIN t ON u.id = t.id SET u.n = 1", "DELETE u FROM u JOIN t ON u.id = t.id",
        "SET @a = (SELECT max(id) FROM t)", "DO (SELECT max(id) FROM t)",
        "SELECT max(id) INTO @a FROM t", "EXPLAIN SELECT * FROM t",
        "CREATE TABLE copy AS SELECT * FROM t", "CREATE TABLE copy LIKE t",
        "CREATE TEMPORARY TABLE own AS SELECT * FROM t", "CREATE VIEW w AS SELECT id FROM t",
        "SELECT id FROM d.t", "SELECT id FROM `t` AS u",
        "INSERT INTO u VALUES (1, 1) ON DUPLICATE KEY UPDATE n = (SELECT max(n) FROM t)",
    ]

    @Test("nothing reads a table without SELECT on it", arguments: reading)
    func reads(sql: String) throws {
        session.rights.add([.create, .createView, .createTemporaryTables], database: "d")
        give([.select, .insert, .update, .delete], "u")
        for name in ["copy", "w"] { give(.insert, name) }
        #expect(try outcome(sql) == 1142)
        give(.select, "t")
        #expect(try outcome(sql) == 0)
    }

    private static let changing: [(String, String, Privileges)] = [
        ("INSERT INTO t VALUES (5, 5)", "t", .insert),
        ("INSERT INTO t SET id = 5", "t", .insert),
        ("REPLACE INTO t VALUES (1, 5)", "t", [.insert, .delete]),
        ("INSERT INTO t VALUES (1, 5) ON DUPLICATE KEY UPDATE n = 7", "t", [.insert, .update]),
        (
            "INSERT INTO t VALUES (1, 5) ON DUPLICATE KEY UPDATE n = n + 1", "t",
            [.insert, .update, .select]
        ),
        ("UPDATE t SET n = 5", "t", .update), ("UPDATE t SET n = n + 5", "t", [.update, .select]),
        ("UPDATE t SET n = 5 WHERE id = 1", "t", [.update, .select]),
        ("UPDATE t SET n = 5 ORDER BY id LIMIT 1", "t", [.update, .select]),
        ("DELETE FROM t", "t", .delete), ("DELETE FROM t LIMIT 1", "t", .delete),
        ("DELETE FROM t WHERE n > 0", "t", [.delete, .select]),
        ("UPDATE t, u SET t.n = 5", "t", [.update, .select]),
        ("DELETE t FROM t JOIN u USING (id)", "t", [.delete, .select]),
        ("TRUNCATE t", "t", .drop), ("DROP TABLE t", "t", .drop),
        ("ALTER TABLE t ADD COLUMN m INT", "t", .alter),
        ("CREATE INDEX x ON t (n)", "t", .index), ("CREATE TABLE new (id INT)", "new", .create),
        ("SELECT id FROM t FOR UPDATE", "t", [.select, .update]),
        ("DELETE FROM v", "v", .delete), ("DELETE v FROM v", "v", [.delete, .select]),
        ("DELETE FROM v USING v WHERE id > 0", "v", [.delete, .select]),
        ("DELETE x FROM d.v AS x", "v", [.delete, .select]),
        ("UPDATE v SET id = 5", "v", .update),
        ("UPDATE v SET id = id + 1", "v", [.update, .select]),
        ("SHOW CREATE VIEW v", "v", [.select, .showView]),
        ("SHOW CREATE TABLE v", "v", [.select, .showView]),
        ("CHECK TABLE t", "t", .select), ("ANALYZE TABLE t", "t", [.select, .insert]),
    ]

    @Test("a change takes its own right, and SELECT when it looks at rows", arguments: changing)
    func changes(sql: String, table: String, needed: Privileges) throws {
        give(.select, "u")
        for word in needed.words {
            session.rights = AccountRights(user: "ann", host: "%", clientHost: "localhost")
            give(.select, "u")
            give(.trigger, table)
            give(needed.subtracting(Privileges(word: word) ?? []), table)
            #expect(try outcome(sql) == 1142, "without \(word)")
        }
        give(needed, table)
        #expect(try outcome(sql) == 0)
    }

    private static let databaseCases: [(String, Privileges)] = [
        ("CREATE DATABASE other2", .create), ("DROP DATABASE other", .drop),
        ("ALTER DATABASE other COLLATE utf8mb4_bin", .alter), ("USE other", .select),
        ("SHOW TABLES FROM other", .insert), ("SHOW TABLE STATUS FROM other", .select),
        ("SHOW CREATE DATABASE other", .event),
        ("CREATE TEMPORARY TABLE other.own (n INT)", .createTemporaryTables),
    ]

    @Test("a database is denied with 1044", arguments: databaseCases)
    func databases(sql: String, needed: Privileges) throws {
        #expect(try outcome(sql) == 1044)
        session.rights.add(needed, database: "other%")
        #expect(try outcome(sql) == 0)
    }

    @Test("a view is read by who may read it, whatever it reads")
    func views() throws {
        #expect(try outcome("SELECT * FROM v") == 1142)
        give(.select, "v")
        #expect(try outcome("SELECT * FROM v") == 0)
        #expect(try outcome("SELECT * FROM hidden") == 1142)
    }

    @Test("what is held on the table behind a view is no right on the view")
    func behindViews() throws {
        try tables.run("INSERT INTO hidden VALUES (1)")
        give([.select, .insert, .update, .delete], "hidden")
        for sql in [
            "DELETE v FROM v", "DELETE FROM v USING v", "DELETE FROM v", "UPDATE v SET id = 2",
        ] {
            #expect(try outcome(sql) == 1142, "\(sql)")
        }
        #expect(try tables.run("SELECT id FROM hidden") == [["1"]])
    }

    @Test("a plan that another session made is no way around")
    func sharedPlans() throws {
        for sql in ["SELECT n FROM t WHERE id = 1", "SELECT count(*) FROM t"] {
            try tables.run(sql)
            try tables.run(sql)
            #expect(try outcome(sql) == 1142)
            give(.select, "t")
            #expect(try outcome(sql) == 0)
            session.rights = AccountRights(user: "ann", host: "%", clientHost: "localhost")
            #expect(try outcome(sql) == 1142)
        }
    }

    @Test("temporary tables are the session's own")
    func temporary() throws {
        session.rights.add(.createTemporaryTables, database: "d")
        for sql in [
            "CREATE TEMPORARY TABLE mine (id INT PRIMARY KEY)", "INSERT INTO mine VALUES (1)",
            "SELECT * FROM mine", "UPDATE mine SET id = 2 WHERE id = 1", "DESCRIBE mine",
            "ALTER TABLE mine ADD COLUMN n INT", "DELETE FROM mine", "DROP TABLE mine",
        ] {
            #expect(try outcome(sql) == 0, "\(sql)")
        }
    }

    private static let shadowed = [
        "RENAME TABLE t TO mine", "RENAME TABLE mine TO t", "CREATE TABLE t (x INT)",
        "CREATE TABLE IF NOT EXISTS t (x INT)", "CREATE OR REPLACE TABLE t (x INT)",
        "CREATE OR REPLACE TABLE t AS SELECT 1 AS x", "CREATE VIEW t AS SELECT 1",
        "CREATE OR REPLACE VIEW v AS SELECT 1", "ALTER VIEW v AS SELECT 1", "DROP VIEW v",
        "CREATE TABLE mine (id INT, FOREIGN KEY (id) REFERENCES t (id))",
        "ALTER TABLE child ADD FOREIGN KEY (id) REFERENCES t (id)", "ALTER TABLE child RENAME t",
    ]

    @Test("a temporary table is no way to the stored one of its name", arguments: shadowed)
    func shadows(sql: String) throws {
        try tables.run("CREATE TABLE child (id INT)")
        session.rights.add(.createTemporaryTables, database: "d")
        give(.ofTables, "mine")
        give(.ofTables, "child")
        for name in ["t", "v"] {
            #expect(try outcome("CREATE TEMPORARY TABLE \(name) (id INT PRIMARY KEY)") == 0)
        }
        #expect(try outcome(sql) == 1142)
        #expect(try tables.run("SELECT id FROM t ORDER BY 1") == [["1"], ["2"]])
        #expect(try tables.run("SHOW TABLES").count == 5)
    }

    @Test("DROP TABLE takes the temporary table of a name, once")
    func dropOfShadow() throws {
        session.rights.add(.createTemporaryTables, database: "d")
        #expect(try outcome("CREATE TEMPORARY TABLE t (id INT)") == 0)
        for sql in ["DROP TABLE t, t", "DROP TABLE IF EXISTS t, d.t", "DROP TEMPORARY TABLE t, t"] {
            #expect(try outcome(sql) == 1066, "\(sql)")
        }
        #expect(try outcome("DROP TABLE t") == 0)
        #expect(try outcome("DROP TABLE t") == 1142)
        #expect(try tables.run("SELECT count(*) FROM t") == [["2"]])
    }

    @Test("names without a database are checked where they are looked for")
    func unqualified() throws {
        try tables.run("CREATE TABLE other.p (id INT PRIMARY KEY)")
        try tables.run("CREATE TABLE other.c (id INT)")
        session.rights.add([.create, .alter, .drop], database: "other")
        give(.references, "p")
        // The parent of a key is looked for beside its child, a new name in the current database.
        for sql in [
            "CREATE TABLE other.d (id INT, FOREIGN KEY (id) REFERENCES p (id))",
            "ALTER TABLE other.c ADD FOREIGN KEY (id) REFERENCES p (id)",
            "ALTER TABLE other.c RENAME moved",
        ] {
            #expect(try outcome(sql) == 1142, "\(sql)")
        }
        give([.create, .insert], "moved")
        #expect(try outcome("ALTER TABLE other.c RENAME moved") == 0)
        #expect(try tables.run("SELECT count(*) FROM d.moved") == [["0"]])
        session.rights.add(.references, database: "other")
        let made = "CREATE TABLE other.d (id INT, FOREIGN KEY (id) REFERENCES p (id))"
        #expect(try outcome(made) == 0)
    }

    @Test("what is not granted is not listed")
    func listing() throws {
        give(.insert, "t")
        #expect(try tables.run("SHOW TABLES", in: session) == [["t"]])
        #expect(
            try tables.run("SHOW DATABASES", in: session).map { $0[0] }
                == ["d", "information_schema", "performance_schema"]
        )
        let columns =
            "SELECT DISTINCT table_name FROM information_schema.columns "
            + "WHERE table_schema = 'd'"
        #expect(try tables.run(columns, in: session) == [["t"]])
        let held =
            "SELECT DISTINCT privileges FROM information_schema.columns "
            + "WHERE table_name = 't'"
        #expect(try tables.run(held, in: session) == [["insert"]])
        #expect(try outcome("SHOW COLUMNS FROM t") == 0)
        #expect(try outcome("SHOW COLUMNS FROM hidden") == 1142)
        #expect(try outcome("SHOW INDEX FROM nowhere") == 1142)
        #expect(try outcome("SHOW CREATE TABLE hidden") == 1142)
        #expect(try outcome("SELECT user FROM mysql.user") == 1142)
        #expect(try outcome("USE mysql") == 1044)
        session.rights.setServer(.showDatabases)
        #expect(try tables.run("SHOW DATABASES", in: session).contains(["other"]))
    }

    @Test("what is about the server as a whole takes a right on it")
    func server() throws {
        for sql in [
            "SET GLOBAL max_connections = 10",
            "SET GLOBAL TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "FLUSH TABLES", "SHOW ENGINE InnoDB STATUS",
        ] {
            #expect(try outcome(sql) == 1227, "\(sql)")
        }
        session.rights.setServer([.superuser, .reload, .process])
        for sql in ["SET GLOBAL max_connections = 2000", "FLUSH TABLES"] {
            #expect(try outcome(sql) == 0, "\(sql)")
        }
    }

    @Test("a table is locked by who may read it and lock in its database")
    func locks() throws {
        give(.select, "t")
        #expect(try outcome("LOCK TABLES t READ") == 1044)
        session.rights.add(.lockTables, database: "d")
        #expect(try outcome("LOCK TABLES t READ") == 0)
        #expect(try outcome("UNLOCK TABLES") == 0)
        #expect(try outcome("LOCK TABLES u READ") == 1142)
    }

    private static let patternCases: [(String, String, Bool)] = [
        ("d", "d", true), ("d", "D", false), ("d%", "data", true), ("d%", "", false),
        ("my_app", "my_app", true), ("my_app", "myXapp", true), ("my\\_app", "my_app", true),
        ("my\\_app", "myXapp", false), ("%", "anything", true),
    ]

    @Test("names of databases in grants are patterns, as in MySQL", arguments: patternCases)
    func patterns(pattern: String, name: String, isMatch: Bool) {
        var rights = AccountRights(user: "ann", host: "%", clientHost: "localhost")
        rights.add(.select, database: pattern)
        #expect(rights.held(on: name).contains(.select) == isMatch)
    }

    private static let grantCases: [(String, String, Bool)] = [
        ("d_", "d_", true), ("d_", "d%", false), ("d_", "dx", true), ("d_", "d\\_", true),
        ("a_b", "a%b", false), ("a_b", "a\\%b", true), ("a__b", "a\\_b", false),
        ("%", "a%", false), ("%", "a", true), ("my\\_app", "my\\_app", true),
        ("my\\_app", "my_app", false), ("my_app", "my_app", true), ("my%", "my\\_app", true),
    ]

    @Test(
        "the pattern of a grant is held as it stands, a name by what matches",
        arguments: grantCases
    )
    func grantedPatterns(held: String, granted: String, isHeld: Bool) {
        var rights = AccountRights(user: "ann", host: "%", clientHost: "localhost")
        rights.add(.select, database: held)
        #expect(rights.held(onPattern: granted).contains(.select) == isHeld)
        rights.setServer(.select)
        #expect(rights.held(onPattern: granted).contains(.select))
    }

    @Test("the most exact pattern counts, not all of them")
    func exactness() {
        var rights = AccountRights(user: "ann", host: "%", clientHost: "localhost")
        rights.add([.select, .delete], database: "%")
        rights.add(.select, database: "shop%")
        rights.add(.insert, database: "shop1")
        #expect(rights.held(on: "x") == [.select, .delete])
        #expect(rights.held(on: "shop2") == .select)
        #expect(rights.held(on: "shop1") == .insert)
    }

    @Test("the sentences are MySQL's")
    func sentences() throws {
        func message(_ sql: String) -> String {
            do {
                try tables.run(sql, in: session)
                return ""
            } catch {
                return (error as? TableError)?.message ?? "\(error)"
            }
        }
        #expect(
            message("SELECT * FROM t")
                == "SELECT command denied to user 'ann'@'localhost' for table 't'"
        )
        #expect(message("USE other") == "Access denied for user 'ann'@'%' to database 'other'")
        #expect(
            message("FLUSH LOGS")
                == "Access denied; you need (at least one of) the RELOAD privilege(s) for this "
                + "operation"
        )
    }
}
