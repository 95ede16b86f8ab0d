import Foundation
import Testing

/// Accounts and their rights, as clients meet them.
@Suite("Accounts", .serialized)
struct AccountTests {
    private static let server: Result<ServerProcess, any Error> = Result {
        try ServerProcess.ephemeral()
    }

    private let server: ServerProcess
    private let root: RawClient

    init() throws {
        server = try Self.server.get()
        root = try server.connect()
        for row in try root.query("SELECT user, host FROM mysql.user WHERE user <> 'root'").rows {
            try root.query("DROP USER '\(row[0] ?? "")'@'\(row[1] ?? "")'")
        }
        try root.query("CREATE DATABASE IF NOT EXISTS shop")
        try root.query("CREATE TABLE IF NOT EXISTS shop.t (id INT PRIMARY KEY, n INT)")
        try root.query("REPLACE INTO shop.t VALUES (1, 10), (2, 20)")
    }

    private func connect(_ user: String, database: String? = nil) throws -> RawClient {
        try RawClient(port: server.mysqlPort, user: user, database: database)
    }

    /// What a statement ends in: its error, or "OK".
    private func outcome(_ client: RawClient, _ sql: String) throws -> String {
        do {
            try client.query(sql)
            return "OK"
        } catch let error as RawClient.ServerFailure {
            return "\(error.number) \(error.message)"
        }
    }

    private static let statementCases: [(sql: String, expected: String)] = [
        ("CREATE USER a, b@localhost, 'c'@'127.0.0.1', d@'::1'", "OK"),
        ("CREATE USER a", "1396 Operation CREATE USER failed for 'a'@'%'"),
        (
            "CREATE USER a, x, b@localhost",
            "1396 Operation CREATE USER failed for 'a'@'%','b'@'localhost'"
        ),
        ("SHOW GRANTS FOR x", "1141 There is no such grant defined for user 'x' on host '%'"),
        ("CREATE USER IF NOT EXISTS a, x", "OK"),
        ("CREATE USER y, y", "1396 Operation CREATE USER failed for 'y'@'%','y'@'%'"),
        ("CREATE USER e@'%.example.com'", "1235 *"), ("CREATE USER ''@'%'", "1235 *"),
        (
            "CREATE USER abcdefghijklmnopqrstuvwxyzabcdefg",
            "1470 String 'abcdefghijklmnopqrstuvwxyzabcdefg' is too long for user name "
                + "(should be no longer than 32)"
        ),
        (
            "CREATE USER y IDENTIFIED WITH sha256_password BY 'p'",
            "1524 Plugin 'sha256_password' is not loaded"
        ),
        (
            "CREATE USER y IDENTIFIED WITH mysql_native_password AS '*AB'",
            "1827 The password hash doesn't have the expected format."
        ),
        ("CREATE USER y PASSWORD EXPIRE INTERVAL 90 DAY", "1235 *"),
        ("CREATE USER y WITH MAX_QUERIES_PER_HOUR 5", "1235 *"),
        ("CREATE ROLE r", "1235 *"),
        (
            "ALTER USER nobody IDENTIFIED BY 'p'",
            "1396 Operation ALTER USER failed for 'nobody'@'%'"
        ),
        ("ALTER USER IF EXISTS nobody ACCOUNT LOCK", "OK"),
        ("DROP USER nobody, a", "1396 Operation DROP USER failed for 'nobody'@'%'"),
        ("DROP USER IF EXISTS nobody, x", "OK"),
        ("RENAME USER a TO b@localhost", "1396 Operation RENAME USER failed for 'a'@'%'"),
        ("RENAME USER a TO z, b@localhost TO a", "OK"),
        ("SET PASSWORD FOR nobody = 'p'", "1133 Can't find any matching row in the user table"),
        ("SET PASSWORD FOR z = 'p'", "OK"),
        (
            "GRANT SELECT ON shop.* TO nobody",
            "1410 You are not allowed to create a user with GRANT"
        ),
        ("GRANT SELECT ON shop.nothing TO z", "1146 Table 'shop.nothing' doesn't exist"),
        ("GRANT CREATE ON shop.nothing TO z", "OK"),
        ("GRANT RELOAD ON shop.* TO z", "1221 Incorrect usage of DB GRANT and GLOBAL PRIVILEGES"),
        ("GRANT EXECUTE ON shop.t TO z", "1144 *"), ("GRANT SELECT ON MODEL * TO z", "1144 *"),
        (
            "GRANT FLYING ON *.* TO z",
            "3929 Dynamic privilege 'FLYING' is not registered with the server."
        ),
        (
            "GRANT MODEL_ADMIN ON shop.* TO z",
            "3619 Illegal privilege level specified for MODEL_ADMIN"
        ),
        ("GRANT SELECT (id) ON shop.t TO z", "1235 *"),
        ("GRANT PREDICT ON MODEL nothing TO z", "9053 Model 'nothing' does not exist"),
        ("GRANT SELECT ON information_schema.* TO z", "1044 *"),
        ("GRANT SELECT ON * TO z", "1046 No database selected"),
        (
            "REVOKE SELECT ON shop.* FROM z",
            "1141 There is no such grant defined for user 'z' on host '%'"
        ),
        (
            "REVOKE SELECT ON shop.t FROM z",
            "1147 There is no such grant defined for user 'z' on host '%' on table 't'"
        ),
        ("REVOKE SELECT ON *.* FROM z", "OK"),
        (
            "REVOKE ALL PRIVILEGES, GRANT OPTION FROM nobody",
            "1269 Can't revoke all privileges for one or more of the requested users"
        ),
        ("REVOKE IF EXISTS SELECT ON shop.t FROM nobody", "OK"), ("FLUSH PRIVILEGES", "OK"),
    ]

    @Test("statements about accounts end as in MySQL")
    func statements() throws {
        for (sql, expected) in Self.statementCases {
            let outcome = try outcome(root, sql)
            if expected.hasSuffix("*") {
                #expect(outcome.hasPrefix(expected.dropLast()), "\(sql): \(outcome)")
            } else {
                #expect(outcome == expected, "\(sql)")
            }
        }
        #expect(try root.query("CREATE USER IF NOT EXISTS z").warnings == 1)
        #expect(
            try root.query("SHOW WARNINGS").rows
                == [["Note", "3163", "Authorization ID 'z'@'%' already exists."]]
        )
    }

    private static let grants: [(statements: [String], shown: [String])] = [
        ([], ["GRANT USAGE ON *.* TO `g`@`%`"]),
        (
            ["GRANT INSERT, SELECT ON *.* TO g"],
            ["GRANT SELECT, INSERT ON *.* TO `g`@`%`"]
        ),
        (
            ["GRANT ALL ON shop.* TO g WITH GRANT OPTION", "GRANT SELECT, UPDATE ON shop.t TO g"],
            [
                "GRANT USAGE ON *.* TO `g`@`%`",
                "GRANT ALL PRIVILEGES ON `shop`.* TO `g`@`%` WITH GRANT OPTION",
                "GRANT SELECT, UPDATE ON `shop`.`t` TO `g`@`%`",
            ]
        ),
        (
            ["GRANT ALL ON shop.* TO g", "REVOKE DROP, ALTER ON shop.* FROM g"],
            [
                "GRANT USAGE ON *.* TO `g`@`%`",
                "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, REFERENCES, INDEX, "
                    + "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, CREATE VIEW, SHOW VIEW, "
                    + "CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER ON `shop`.* TO `g`@`%`",
            ]
        ),
        (
            [
                "GRANT MODEL_ADMIN, SYSTEM_ADMIN, PROCESS ON *.* TO g",
                "GRANT PREDICT ON MODEL * TO g",
            ],
            [
                "GRANT PROCESS ON *.* TO `g`@`%`",
                "GRANT MODEL_ADMIN,SYSTEM_ADMIN ON *.* TO `g`@`%`",
                "GRANT PREDICT ON MODEL * TO `g`@`%`",
            ]
        ),
        (
            ["GRANT SELECT ON `a``b`.* TO g", "GRANT SELECT ON `a\\_b`.* TO g"],
            [
                "GRANT USAGE ON *.* TO `g`@`%`", "GRANT SELECT ON `a\\_b`.* TO `g`@`%`",
                "GRANT SELECT ON `a``b`.* TO `g`@`%`",
            ]
        ),
        (
            [
                "GRANT ALL ON *.* TO g WITH GRANT OPTION", "GRANT SELECT ON shop.t TO g",
                "REVOKE ALL PRIVILEGES, GRANT OPTION FROM g",
            ],
            ["GRANT USAGE ON *.* TO `g`@`%`"]
        ),
    ]

    @Test("SHOW GRANTS prints the statements that make an account's rights", arguments: grants)
    func showGrants(statements: [String], shown: [String]) throws {
        try root.query("CREATE USER g")
        for sql in statements { try root.query(sql) }
        #expect(try root.query("SHOW GRANTS FOR g").rows.map { $0[0] } == shown)
        // What is printed makes the same rights.
        try root.query("DROP USER g")
        try root.query("CREATE USER g")
        for sql in shown { try root.query(sql) }
        #expect(try root.query("SHOW GRANTS FOR g").rows.map { $0[0] } == shown)
        let own = try connect("g").query("SHOW GRANTS")
        #expect(own.rows.map { $0[0] } == shown)
        #expect(own.names == ["Grants for g@%"])
    }

    @Test("SHOW CREATE USER prints the statement that makes the account again")
    func showCreateUser() throws {
        try root.query(
            "CREATE USER s IDENTIFIED BY 'p' REQUIRE SSL WITH MAX_USER_CONNECTIONS 3 "
                + "PASSWORD EXPIRE ACCOUNT LOCK ATTRIBUTE '{\"team\": 7}' COMMENT 'it''s'"
        )
        try root.query("CREATE USER n IDENTIFIED WITH mysql_native_password BY 'p'")
        let native = "*7B9EBEED26AA52ED10C0F549FA863F13C39E0209"
        for user in ["s", "n"] {
            let sql = try #require(try root.query("SHOW CREATE USER \(user)").cell)
            #expect(!sql.contains("'p'"))
            #expect(user == "s" || sql.contains("WITH 'mysql_native_password' AS '\(native)'"))
            try root.query("DROP USER \(user)")
            try root.query(sql)
            #expect(try root.query("SHOW CREATE USER \(user)").cell == sql)
        }
        #expect(
            try root.query(
                "SELECT attribute->>'$.team', attribute->>'$.comment' "
                    + "FROM information_schema.user_attributes WHERE user = 's'"
            ).rows == [["7", "it's"]]
        )
        #expect(
            try root.query(
                "SELECT ssl_type, max_user_connections, password_expired, account_locked, plugin "
                    + "FROM mysql.user WHERE user = 's'"
            ).rows == [["ANY", "3", "Y", "Y", "caching_sha2_password"]]
        )
    }

    @Test("the hash of a password is shown to who may make accounts, to nobody else")
    func hashes() throws {
        try root.query("CREATE USER s IDENTIFIED WITH mysql_native_password BY 'p', reader")
        try root.query("GRANT SELECT ON mysql.* TO reader")
        let reader = try connect("reader")
        let show = "SHOW CREATE USER s"
        func hashIsShown() throws -> Bool {
            try #require(try reader.query(show).cell).contains(" AS '*")
        }
        #expect(try !hashIsShown())
        #expect(try reader.query(show).cell?.contains("'mysql_native_password' REQUIRE") == true)
        try root.query("GRANT CREATE USER ON *.* TO reader")
        #expect(try hashIsShown())
    }

    @Test("rights that change are the session's at its next statement, prepared ones too")
    func changesTakeEffect() throws {
        try root.query("CREATE USER m")
        let client = try connect("m")
        let select = "SELECT n FROM shop.t WHERE id = 1"
        #expect(try outcome(client, select).hasPrefix("1142 SELECT command denied"))
        try root.query("GRANT SELECT ON shop.t TO m")
        #expect(try client.query(select).cell == "10")
        try client.query("PREPARE s FROM 'SELECT n FROM shop.t WHERE id = ?'")
        try client.query("SET @id = 2")
        for _ in 0..<3 { #expect(try client.query("EXECUTE s USING @id").cell == "20") }
        #expect(
            try outcome(client, "UPDATE shop.t SET n = 5 WHERE id = 1").hasPrefix("1142 UPDATE")
        )
        try root.query("REVOKE SELECT ON shop.t FROM m")
        for sql in [select, "EXECUTE s USING @id"] {
            #expect(try outcome(client, sql).hasPrefix("1142 SELECT"), "\(sql)")
        }
        try root.query("GRANT ALL ON shop.* TO m")
        #expect(try client.query(select).cell == "10")
        try root.query("DROP USER m")
        #expect(try outcome(client, select).hasPrefix("1142 SELECT"))
        #expect(try client.query("SELECT 1").cell == "1")
        #expect(throws: RawClient.ServerFailure.self) { try connect("m") }
    }

    @Test("nobody gives more than it may give, or takes over who may do more")
    func escalation() throws {
        try root.query("CREATE USER maker, other")
        try root.query("GRANT CREATE USER ON *.* TO maker")
        try root.query("GRANT SELECT, INSERT ON shop.* TO maker WITH GRANT OPTION")
        try root.query("GRANT SELECT ON `d_`.* TO maker WITH GRANT OPTION")
        try root.query("CREATE USER keeper")
        try root.query("GRANT SYSTEM_ADMIN ON *.* TO keeper")
        let maker = try connect("maker")
        let other = try connect("other")
        let expected: [(RawClient, String, String)] = [
            (maker, "CREATE USER third", "OK"), (maker, "ALTER USER other IDENTIFIED BY 'p'", "OK"),
            (maker, "GRANT SELECT ON shop.* TO other", "OK"),
            (maker, "GRANT SELECT ON shop.t TO other", "OK"),
            (maker, "GRANT UPDATE ON shop.* TO other", "1044"),
            (maker, "GRANT SELECT ON `d_`.* TO other", "OK"),
            (maker, "GRANT SELECT ON d1.* TO other", "OK"),
            (maker, "GRANT SELECT ON `d%`.* TO other", "1044"),
            (maker, "REVOKE SELECT ON `d%`.* FROM other", "1044"),
            (maker, "GRANT SELECT ON *.* TO other", "1045"),
            (maker, "GRANT SYSTEM_ADMIN ON *.* TO maker", "1045"),
            (maker, "GRANT PREDICT ON MODEL * TO maker", "1227"),
            (maker, "ALTER USER root@localhost IDENTIFIED BY 'p'", "1227"),
            (maker, "SET PASSWORD FOR keeper = 'p'", "1227"), (maker, "DROP USER keeper", "1227"),
            (maker, "RENAME USER keeper TO mine", "1227"),
            (maker, "CREATE TOKEN FOR keeper", "1227"),
            (maker, "REVOKE ALL PRIVILEGES, GRANT OPTION FROM keeper", "1227"),
            (maker, "SHOW GRANTS FOR keeper", "1044"), (other, "CREATE USER fourth", "1227"),
            (other, "DROP USER maker", "1227"), (other, "SET PASSWORD FOR maker = 'p'", "1227"),
            (other, "SET PASSWORD = 'mine'", "OK"),
            (other, "ALTER USER USER() IDENTIFIED BY 'x' REPLACE 'other'", "3891"),
            (other, "SET PASSWORD = 'x' REPLACE ''", "3891"),
            (other, "SET PASSWORD = 'x' REPLACE 'mine'", "OK"),
            (other, "ALTER USER USER() IDENTIFIED BY 'y' REPLACE 'mine'", "3891"),
            (other, "ALTER USER USER() IDENTIFIED BY '' REPLACE 'x'", "OK"),
            (other, "ALTER USER USER() IDENTIFIED BY '' REPLACE 'x'", "3891"),
            (other, "ALTER USER USER() IDENTIFIED BY '' REPLACE ''", "OK"),
            (maker, "ALTER USER other IDENTIFIED BY 'p' REPLACE ''", "3893"),
            (maker, "CREATE USER fifth IDENTIFIED BY 'p' REPLACE ''", "1235"),
            (other, "ALTER USER other ACCOUNT LOCK", "1227"),
            (other, "GRANT SELECT ON shop.t TO other", "1142"),
            (other, "FLUSH PRIVILEGES", "1227"), (other, "SET GLOBAL require_hint = ON", "1227"),
        ]
        for (client, sql, outcome) in expected {
            let found = try self.outcome(client, sql)
            #expect(found.hasPrefix(outcome), "\(sql): \(found)")
        }
        #expect(
            try other.query("SELECT user FROM information_schema.user_attributes").rows == [
                ["other"]
            ]
        )
        #expect(try outcome(other, "SELECT user FROM mysql.user").hasPrefix("1142"))
    }

    @Test("a database is entered by who may do anything in it")
    func entering() throws {
        try root.query("CREATE USER e")
        #expect(throws: RawClient.ServerFailure.self) { try connect("e", database: "shop") }
        let client = try connect("e")
        #expect(
            try outcome(client, "USE shop")
                == "1044 Access denied for user 'e'@'%' to database 'shop'"
        )
        #expect(try outcome(client, "USE nothing").hasPrefix("1044"))
        // COM_INIT_DB and COM_FIELD_LIST.
        #expect(throws: RawClient.ServerFailure.self) {
            try client.command([2] + Array("shop".utf8))
        }
        try root.query("GRANT INSERT ON shop.t TO e")
        try client.query("USE shop")
        #expect(try client.query("SHOW TABLES").rows == [["t"]])
        try client.query("INSERT INTO t VALUES (3, 30)")
        client.localFile = Array("4\t40\n".utf8)
        let load = "LOAD DATA LOCAL INFILE 'f' INTO TABLE t"
        #expect(try client.query(load).affectedRows == 1)
        #expect(
            try outcome(client, "LOAD DATA LOCAL INFILE 'f' REPLACE INTO TABLE t").hasPrefix("1142")
        )
        try root.query("DELETE FROM shop.t WHERE id > 2")
    }

    @Test("the process list and KILL are about one's own connections")
    func processes() throws {
        try root.query("CREATE USER p, q")
        let (first, second) = (try connect("p"), try connect("q"))
        #expect(try Set(first.query("SHOW PROCESSLIST").rows.map { $0[1] }) == ["p"])
        #expect(
            try outcome(first, "KILL \(second.connectionID)")
                == "1095 You are not owner of thread \(second.connectionID)"
        )
        let own = try connect("p")
        #expect(try outcome(first, "KILL \(own.connectionID)") == "OK")
        try root.query("GRANT PROCESS, CONNECTION_ADMIN ON *.* TO p")
        #expect(
            try Set(first.query("SHOW PROCESSLIST").rows.map { $0[1] }).isSuperset(of: ["p", "q"])
        )
        #expect(try outcome(first, "KILL \(second.connectionID)") == "OK")
    }

    @Test("passwords are shown nowhere")
    func secrets() throws {
        try root.query("CREATE USER h")
        let client = try connect("h")
        let secret = "hush-hush"
        for sql in [
            "ALTER USER h IDENTIFIED BY '\(secret)' NONSENSE",
            "SET @@nothing = 1, PASSWORD = '\(secret)'", "ALTER USER h IDENTIFIED BY '\(secret)",
        ] {
            #expect(try !outcome(client, sql).contains(secret), "\(sql)")
            let warnings = try client.query("SHOW WARNINGS").rows.flatMap { $0 }
            #expect(!warnings.contains { $0?.contains(secret) == true }, "\(sql)")
        }
        try client.query("SET @hidden = 'SELECT SLEEP(5) /* x */ -- IDENTIFIED'")
        try client.start("SELECT SLEEP(20), 'IDENTIFIED BY ' AS a, PASSWORD('\(secret)')")
        let list = try root.query("SHOW FULL PROCESSLIST").rows
        #expect(!list.flatMap { $0 }.contains { $0?.contains(secret) == true })
        #expect(!server.log(tail: 100_000).contains(secret))
    }
}
