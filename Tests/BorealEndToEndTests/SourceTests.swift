import Foundation
import TestPrograms
import Testing

/// Boreal in front of a real MariaDB: ordinary statements are MariaDB's, statements on models are
/// Boreal's.
@Suite(.serialized, .wantsMariaDB)
struct SourceTests: SourceSuite {
    private static let shared = Result { try SourceFixture() }

    let fixture: SourceFixture

    init() throws {
        fixture = try Self.shared.get()
    }

    @Test("answers through Boreal are those of the source, column by column, error by error")
    func sameAnswers() throws {
        let direct = try source.connect(database: "shop")
        let through = try server.connect(database: "shop")
        let statements = [
            "CREATE OR REPLACE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(20), d DOUBLE,"
                + " n DECIMAL(20,4), u BIGINT UNSIGNED, t DATETIME(6), b BLOB, e ENUM('x','y'))",
            "INSERT INTO t (a,d,n,u,t,b,e) VALUES ('å',1e300,1.2345,18446744073709551615,"
                + "'2026-11-27 10:00:00.123456',x'00ff27','y')",
            "INSERT INTO t VALUES (7,NULL,NULL,NULL,NULL,NULL,NULL,NULL)",
            "SELECT * FROM t", "SELECT t.a, COUNT(*) c FROM t GROUP BY 1 WITH ROLLUP",
            "SELECT * FROM t WHERE id < 0", "SELECT 1/0, NULL, 'x', 1e0, CAST('{}' AS JSON)",
            "SELECT 1/0", "SHOW WARNINGS", "SELEKT 1", "SELECT * FROM missing",
            "SELECT nope FROM t",
            "INSERT INTO t (id) VALUES (1)", "SET @a = 5", "SELECT @a", "SET NAMES utf8mb4",
            "SELECT REPEAT('x', 100000)", "SHOW CREATE TABLE t", "SHOW TABLES", "DESCRIBE t",
            "EXPLAIN SELECT * FROM t", "CREATE TEMPORARY TABLE tt AS SELECT 1 x",
            "SELECT * FROM tt",
            "DROP TEMPORARY TABLE tt", "PREPARE s FROM 'SELECT ? + 1'", "EXECUTE s USING @a",
            "DEALLOCATE PREPARE s", "BEGIN", "DELETE FROM t", "ROLLBACK", "SELECT COUNT(*) FROM t",
            "SELECT DATABASE()", "USE mysql", "SELECT DATABASE()", "USE nosuch", "USE shop",
            "CREATE OR REPLACE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END", "SELECT model FROM t",
            "CREATE OR REPLACE TABLE model (task INT)", "SELECT task FROM model",
            "DROP TABLE model",
            "SET STATEMENT max_statement_time=1 FOR SELECT 7", "SELECT seq FROM seq_1_to_3",
            "SELECT @@version", "DROP TABLE t",
        ]
        let expected = try statements.map { try direct.seen($0) }
        for (text, answer) in zip(statements, expected) {
            #expect(try through.seen(text) == answer, "\(text)")
        }
        #expect(try through.query("SELECT USER()").cell?.hasPrefix("app@") == true)
    }

    @Test("a hundred thousand rows and a cell of 20 MB arrive whole")
    func large() throws {
        let client = try server.connect(database: "shop")
        let rows = try client.query("SELECT seq, REPEAT('x', seq % 50) FROM seq_1_to_100000")
        #expect(rows.rows.count == 100_000 && rows.rows.last?.first == "100000")
        let cell = try client.query("SELECT REPEAT('y', 20000000)").cell
        #expect(cell?.utf8.count == 20_000_000)
        #expect(try client.query("SELECT 1").cell == "1")
    }

    @Test("statements on models run here, with or without the source")
    func models() throws {
        let client = try server.connect()
        #expect(try client.query("SHOW MODELS").rows.isEmpty)
        #expect(try client.failure(of: "DESCRIBE MODEL nope").number == 9_053)
        #expect(try client.failure(of: "CREATE MODEL m WITH").number == 1_064)
        _ = try client.query("SELECT * FROM boreal_ai.providers")
        // Embedded tables have names of their own, and models are fed from them.
        _ = try client.query("CREATE TABLE local.e (a INT, y INT)")
        _ = try client.query("INSERT INTO local.e VALUES (1,0),(2,1),(3,0),(4,1)")
        #expect(try client.query("SELECT SUM(a) FROM local.e").cell == "10")
        #expect(
            try client.failure(
                of: "CREATE MODEL m WITH (model_class='lightgbm', x_cols='a', "
                    + "y_cols='y') AS (SELECT * FROM shop_rows)"
            ).number == 1_146
        )
        _ = try client.query(
            "CREATE MODEL m WITH (model_class='lightgbm', x_cols='a', y_cols='y', "
                + "model_parameter=(n_estimators=2)) AS (SELECT * FROM local.e)"
        )
        _ = try client.query("DROP TABLE local.e")
        // With the hint everything is Boreal's.
        #expect(try client.query("/*polar4ai*/SELECT VERSION()").cell?.contains("boreal") == true)
        #expect(try client.query("SELECT VERSION()").cell?.contains("MariaDB") == true)
    }

    @Test("what cannot be is refused by name, and the session goes on")
    func refused() throws {
        let client = try server.connect(database: "shop")
        for text in [
            "SELECT a FROM t WHERE PREDICT_ROW('m', a)",
            "INSERT INTO t SELECT AI_GENERATE('m', 'x')",
            "SET @x = AI_GENERATE('m', 'x')", "USE polar4ai",
        ] {
            #expect(try client.failure(of: text).number == 1_235, "\(text)")
        }
        #expect(try client.query("SELECT 1").cell == "1")
    }

    @Test("the source takes an account with the right to it, and nobody else")
    func rights() throws {
        let root = try server.connect()
        _ = try root.query("/*polar4ai*/CREATE USER guest@localhost IDENTIFIED BY ''")
        let guest = try RawClient(port: server.mysqlPort, user: "guest")
        #expect(try guest.failure(of: "SELECT 1").number == 1_227)
        _ = try guest.query("SHOW MODELS")
        _ = try root.query("/*polar4ai*/GRANT UPSTREAM ON *.* TO guest@localhost")
        #expect(try guest.query("SELECT 1").cell == "1")
    }

    @Test("the password of the source is shown nowhere")
    func secrecy() throws {
        let client = try server.connect()
        let shown =
            try client.query("/*polar4ai*/SHOW VARIABLES").rows
            + client.query("/*polar4ai*/SHOW PROCESSLIST").rows
        #expect(!"\(shown)".contains("pass word") && !"\(shown)".contains("pass%20word"))
        let log = server.log(tail: 100_000)
        #expect(log.contains("the source answers") && !log.contains("pass"))
    }

    @Test("KILL QUERY ends a statement at the source, by the id that the client was given")
    func kill() throws {
        let sleeper = try server.connect()
        let killer = try server.connect()
        #expect(sleeper.connectionID > 1 << 30)
        try sleeper.start("SELECT SLEEP(60)")
        try source.wait(for: "SLEEP(60)")
        _ = try killer.query("KILL QUERY \(sleeper.connectionID)")
        // MariaDB ends SLEEP early and calls it an answer; other statements are 1317.
        let answer = Result { try sleeper.readAnswer() }
        if case .failure(let error) = answer {
            #expect((error as? RawClient.ServerFailure)?.number == 1_317)
        }
        #expect(try sleeper.query("SELECT 2").cell == "2")
    }

    @Test("a client that hangs up takes its statement at the source with it")
    func hangUp() throws {
        var sleeper: RawClient? = try server.connect()
        try sleeper?.start("SELECT SLEEP(61)")
        try source.wait(for: "SLEEP(61)")
        sleeper?.vanish()
        sleeper = nil
        try source.wait(for: "SLEEP(61)", isRunning: false)
    }

    @Test("a client that does not read slows the source down, and nobody else")
    func slowReader() throws {
        let other = try server.connect(database: "shop")
        let rows = "SELECT seq, REPEAT('x', 1000) FROM shop.seq_1_to_60000"
        let reader = try server.unread(rows, of: source) {
            let there = try other.query("SELECT COUNT(*) FROM shop.seq_1_to_10").cell
            #expect(there == "10")
            _ = try other.query("SHOW MODELS")
        }
        #expect(try reader.readAnswer().rows.count == 60_000)
        #expect(try reader.query("SELECT 7").cell == "7")
    }

    @Test("LOAD DATA LOCAL is passed on, a file of any size and a wrong one")
    func loadData() throws {
        let client = try RawClient(port: server.mysqlPort, database: "shop", extraFlags: 0x80)
        _ = try client.query("CREATE OR REPLACE TABLE l (a INT PRIMARY KEY, b VARCHAR(20))")
        client.localFile = Array((0..<200_000).map { "\($0)\tv\($0)\n" }.joined().utf8)
        let answer = try client.query("LOAD DATA LOCAL INFILE 'x.tsv' INTO TABLE l")
        #expect(answer.affectedRows == 200_000)
        #expect(try client.query("SELECT SUM(a) FROM l").cell == "19999900000")
        #expect(
            try client.failure(of: "LOAD DATA LOCAL INFILE 'x' INTO TABLE missing").number == 1_146
        )
        client.localFile = []
        #expect(
            try client.query("LOAD DATA LOCAL INFILE 'x' INTO TABLE l").affectedRows == 0
        )
        _ = try client.query("DROP TABLE l")
    }

    @Test("a dump through Boreal is the dump of the source, byte for byte")
    func dump() throws {
        guard let program = ProgramRun.find("mariadb-dump") ?? ProgramRun.find("mysqldump") else {
            return
        }
        let client = try source.connect(database: "shop")
        for text in [
            "CREATE OR REPLACE TABLE d1 (id INT PRIMARY KEY, t TEXT, b BLOB, d DOUBLE, x DATETIME)",
            "INSERT INTO d1 SELECT seq, REPEAT('å\\'', seq % 40), MD5(seq), seq / 7, "
                + "'2026-01-01' + INTERVAL seq HOUR FROM seq_1_to_5000",
            "CREATE OR REPLACE VIEW v1 AS SELECT id, d FROM d1 WHERE id < 10",
            "CREATE OR REPLACE PROCEDURE p1() SELECT COUNT(*) FROM d1",
            "CREATE OR REPLACE TRIGGER g1 BEFORE INSERT ON d1 FOR EACH ROW SET NEW.d = 0",
        ] {
            _ = try client.query(text)
        }
        func dump(_ port: Int, _ words: [String]) throws -> String {
            let run = try ProgramRun(
                program,
                [
                    "--no-defaults", "-h127.0.0.1", "-P\(port)", "-uroot", "--skip-ssl",
                    "--routines", "--triggers", "--skip-dump-date",
                ] + words + ["shop"]
            )
            #expect(run.status == 0, "\(run.errors)")
            return run.output
        }
        for words in [[], ["--single-transaction"], ["-C", "--hex-blob"]] {
            let direct = try dump(source.port, words)
            #expect(try dump(server.mysqlPort, words) == direct, "\(words)")
            #expect(direct.utf8.count > 100_000)
        }
    }
}
