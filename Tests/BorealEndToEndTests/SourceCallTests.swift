import Foundation
import TestPrograms
import Testing

/// SELECTs over tables of a real MariaDB behind Boreal whose lists call functions of models.
@Suite(.serialized, .wantsMariaDB)
struct SourceCallTests: SourceSuite {
    /// `shop.orders` and `local.orders` with the same 900 rows, `many` with 10,000 in both, some
    /// of them with NULL, and a model.
    private static let shared = Result {
        try SourceFixture { place in
            try place.makeOrders()
            let client = try place.server.connect(database: "shop")
            let shape = "(id INT PRIMARY KEY, amount DOUBLE, late INT, c VARCHAR(9))"
            _ = try client.query("CREATE TABLE many \(shape)")
            _ = try client.query(
                "INSERT INTO many SELECT seq, IF(seq % 11 = 0, NULL, seq / 8), seq DIV 7 % 2, "
                    + "IF(seq % 13 = 0, NULL, CONCAT('c', seq % 4)) FROM seq_1_to_10000"
            )
            for table in ["orders", "many"] {
                _ = try client.query("CREATE TABLE local.\(table) \(shape)")
                let rows = try client.query("SELECT * FROM \(table)").rows.map { row in
                    "(" + row.map { $0.map { "'\($0)'" } ?? "NULL" }.joined(separator: ",") + ")"
                }
                let values = rows.joined(separator: ",")
                _ = try client.query("INSERT INTO local.\(table) VALUES \(values)")
            }
            _ = try client.query(SourceFixture.create("m", "SELECT * FROM local.orders"))
            let ends = try client.statuses(of: "m", until: ["saved", "failed"])
            #expect(ends.last == "saved")
        }
    }

    let fixture: SourceFixture

    init() throws {
        fixture = try Self.shared.get()
        proxy.heal()
    }

    private static let call = "PREDICT_ROW('m', amount, c)"

    @Test(
        "a SELECT with calls answers what it answers over the same rows here",
        arguments: [
            "SELECT id, \(call) FROM TABLE_ ORDER BY id",
            "SELECT \(call) AS p, PREDICT_PROBA('m', amount, c), UPPER(c) u FROM TABLE_ "
                + "WHERE late = 1 ORDER BY id DESC LIMIT 10",
            "SELECT *, PREDICT_ROW('m', amount * 2, CONCAT('c', id % 3)) `a b`, o.c "
                + "FROM TABLE_ o ORDER BY 1 LIMIT 5, 20",
            "SELECT o.id, EXPLAIN_ROW('m', o.amount, p.c) e FROM TABLE_ o "
                + "JOIN TABLE_ p ON p.id = o.id + 1 WHERE o.id < 30 ORDER BY o.id",
            "SELECT PREDICT_ROW('m', NULL, c), PREDICT_ROW('m', amount, NULL), "
                + "PREDICT_PROBA('m', 5, 'c1'), PREDICT_ROW('m', -2.5, 'it''s') FROM TABLE_ "
                + "ORDER BY id LIMIT 3",
            "SELECT id, \(call) FROM TABLE_ WHERE id < 0",
            "SELECT c, PREDICT_PROBA('m', AVG(amount), c) p FROM TABLE_ GROUP BY c ORDER BY c",
            "select predict_row ( 'm:v1' , /* a, b) */ amount -- c)\n , c ) from TABLE_ "
                + "where id=7;",
            "SELECT ML_PREDICT(m, v1, amount, c) x, \(call), \(call) FROM TABLE_ "
                + "ORDER BY id LIMIT 9",
        ]
    )
    func sameAnswers(_ text: String) throws {
        let client = try server.connect(database: "shop")
        let here = try client.query(text.replacing("TABLE_", with: "local.orders"))
        let there = try client.query(text.replacing("TABLE_", with: "orders"))
        #expect(there.rows == here.rows && there.names == here.names)
        #expect(there.isResultSet && there.warnings == here.warnings)
        for (there, here) in zip(there.columns, here.columns) where here.name.contains("(") {
            #expect(there == here)
        }
        let many = text.replacing("TABLE_", with: "local.many")
        #expect(
            try client.query(text.replacing("TABLE_", with: "many")).rows
                == client.query(many).rows
        )
        #expect(try client.query("SELECT COUNT(*) FROM orders").cell == "900")
    }

    /// A table with columns of every type, with three rows.
    private func makeEvery(_ client: RawClient) throws {
        _ = try client.query(
            "CREATE OR REPLACE TABLE every (amount DOUBLE, c CHAR(1), a TINYINT UNSIGNED, "
                + "b INT(8) ZEROFILL, d BIGINT UNSIGNED, e YEAR, f FLOAT, g DOUBLE(9,3), "
                + "h FLOAT(7,2), i DECIMAL(20,4), j BIT(10), k DATE, l DATETIME(3), "
                + "m TIMESTAMP(6) NULL, n TIME(2), o CHAR(5), p LONGTEXT, q VARBINARY(9), "
                + "r ENUM('x','y'), s SET('a','b'), t POINT) CHARACTER SET utf8mb4"
        )
        _ = try client.query(
            "INSERT INTO every VALUES (1.5, 'a', 255, 42, 18446744073709551615, 1901, 0.1, "
                + "1234.5, 3.14159, -1234567890123456.7891, b'1000000001', '2024-02-29', "
                + "'2024-02-29 23:59:59.12', '2024-02-29 23:59:59.000001', '-838:59:59', 'abc', "
                + "REPEAT('å€', 40000), x'00ff', 'y', 'a,b', POINT(1, 2)), "
                + "(2, 'b', 0, 0, 1, 2155, -3.25e20, 0, 0, 0.5, 0, '0001-01-01', "
                + "'1000-01-01', '2024-01-01', '00:00:01', '', '', '', 'x', '', NULL), "
                + "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
                + "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
        )
    }

    @Test("the other columns are those that the source answers by itself")
    func otherColumns() throws {
        let client = try server.connect(database: "shop")
        try makeEvery(client)
        let plain = try client.query("SELECT *, 1 + 1, 'x', NULL FROM every ORDER BY amount")
        let called = try client.query(
            "SELECT *, 1 + 1, 'x', NULL, \(Self.call) FROM every ORDER BY amount"
        )
        #expect(called.rows.map { Array($0.dropLast()) } == plain.rows)
        #expect(Array(called.names.dropLast()) == plain.names)
        // What an expression is may be told in other words for a cursor.
        #expect(called.columns.map(\.type).prefix(21) == plain.columns.map(\.type).prefix(21))
        #expect(called.columns.map(\.flags).prefix(21) == plain.columns.map(\.flags).prefix(21))
        #expect(called.rows.allSatisfy { $0.last != .some(nil) })
    }

    @Test("the rows are those that the client's own session sees")
    func ownSession() throws {
        let client = try server.connect(database: "shop")
        let text = "SELECT id, \(Self.call) FROM orders WHERE id > 900"
        _ = try client.query("BEGIN")
        _ = try client.query("INSERT INTO orders VALUES (901, 1, 0, 'c1'), (902, 1, 0, 'c1')")
        let inside = try client.query(text)
        #expect(inside.rows.map { $0[0] } == ["901", "902"] && inside.status & 1 == 1)
        #expect(try server.connect(database: "shop").query(text).rows.isEmpty)
        _ = try client.query("DELETE FROM orders WHERE id = 902")
        #expect(try client.query(text).rows.count == 1)
        _ = try client.query("ROLLBACK")
        let outside = try client.query(text)
        #expect(outside.rows.isEmpty && outside.status & 1 == 0)
        _ = try client.query("CREATE TEMPORARY TABLE tt AS SELECT 1 id, 5.5 amount, 'c2' c")
        _ = try client.query("SET @wanted = 5.5, @kind = 'c2'")
        let values = try client.query(
            "SELECT PREDICT_PROBA('m', @wanted, @kind), PREDICT_PROBA('m', amount, c) FROM tt "
                + "WHERE amount = @wanted"
        ).rows
        #expect(values.count == 1 && values[0][0] == values[0][1] && values[0][0] != nil)
        _ = try client.query("SET NAMES latin1")
        let cell = try client.query("SELECT _utf8mb4 x'c3a5' x, \(Self.call) FROM tt")
        #expect(cell.rows.count == 1 && cell.names == ["x", Self.call])
    }

    @Test(
        "statements of the protocol are prepared and take values in every place",
        .enabled(if: ModelService.isAvailable, "python3 is not installed")
    )
    func prepared() throws {
        let client = try server.connect(database: "shop")
        try makeEvery(client)
        // The two columns are told at PREPARE.
        let text = "SELECT id, \(Self.call) AS p FROM orders WHERE id < ? ORDER BY id"
        try client.start(command: [0x16] + Array(text.utf8))
        let head = try client.readPacket()
        try #require(head.first == 0, "\(head)")
        #expect(head[5] == 2 && head[7] == 1, "\(head)")
        let program = """
            import mysql.connector
            c = mysql.connector.connect(host='127.0.0.1', port=\(server.mysqlPort),
                user='root', password='', database='shop', autocommit=True, use_pure=True)
            p = c.cursor(prepared=True)
            q = c.cursor()
            for least, kind, most in ((3, 'c1', 5), (890, "it's", 2), (1000, '', 1)):
                p.execute("SELECT id, PREDICT_PROBA(?, amount, ?) p, ? x FROM orders "
                    "WHERE id > ? ORDER BY id LIMIT ?", ('m', kind, kind, least, most))
                there = p.fetchall()
                q.execute("SELECT id, PREDICT_PROBA('m', amount, %s) p, %s x FROM local.orders "
                    "WHERE id > %s ORDER BY id LIMIT %s", (kind, kind, least, most))
                print(len(there), there == q.fetchall(), p.column_names)
            # The connector cannot read a YEAR.
            names = ', '.join('amount c a b d f g h i j k l m n o p q r s t'.split())
            rows = []
            for call in ('', ", PREDICT_PROBA('m', amount, c) p"):
                p = c.cursor(prepared=True)
                p.execute('SELECT ' + names + call + ' FROM every WHERE amount > ?', (0,))
                rows.append([row[:20] for row in p.fetchall()])
            print(len(rows[0]), rows[0] == rows[1] or rows)
            """
        let run = try ProgramRun("/usr/bin/env", ["python3", "-c", program])
        let names = "('id', 'p', 'x')"
        #expect(
            run.output == "5 True \(names)\n2 True \(names)\n0 True \(names)\n2 True\n",
            "\(run.output)\(run.errors)"
        )
        let other = try server.connect(database: "shop")
        _ = try other.query("/*polar4ai*/SET @most = 4")
        _ = try other.query(
            "/*polar4ai*/PREPARE p FROM 'SELECT PREDICT_ROW(''m'', amount, c) FROM orders LIMIT ?'"
        )
        #expect(try other.query("/*polar4ai*/EXECUTE p USING @most").rows.count == 4)
    }

    @Test("what an answer would have to decide at the source is 1235, and says what")
    func refused() throws {
        let client = try server.connect(database: "shop")
        let cases: [(String, String)] = [
            ("SELECT id FROM orders WHERE \(Self.call) = 1", "PREDICT_ROW in WHERE"),
            ("SELECT id, \(Self.call) p FROM orders ORDER BY p", "ORDER BY with the answer"),
            ("SELECT *, \(Self.call) FROM orders ORDER BY 5", "the place of PREDICT_ROW"),
            ("SELECT \(Self.call) FROM orders GROUP BY 1", "the place of PREDICT_ROW"),
            ("SELECT COUNT(*) FROM orders GROUP BY \(Self.call)", "PREDICT_ROW in GROUP BY"),
            ("SELECT 1 + \(Self.call) FROM orders", "PREDICT_ROW inside an expression"),
            ("SELECT DISTINCT \(Self.call) FROM orders", "DISTINCT"),
            ("SELECT \(Self.call) FROM orders UNION SELECT 1", "UNION"),
            ("SELECT * FROM (SELECT \(Self.call) FROM orders) q", "PREDICT_ROW in FROM"),
            ("INSERT INTO orders SELECT \(Self.call) FROM orders", "INSERT"),
            ("SELECT 1 _boreal_call_0, \(Self.call) FROM orders", "_boreal_call_0"),
            ("SET @x = (SELECT \(Self.call) FROM orders)", "functions of models"),
        ]
        for (text, words) in cases {
            let failure = try client.failure(of: text)
            #expect(failure.number == 1_235, "\(text): \(failure)")
            #expect(failure.description.contains(words), "\(text): \(failure)")
        }
        _ = try client.query("SET sql_mode = 'NO_BACKSLASH_ESCAPES'")
        _ = try client.query("/*polar4ai*/SELECT 1")
        let text = "SELECT PREDICT_ROW('m', amount, '\\') FROM orders"
        #expect(try client.failure(of: text).number == 1_235)
        #expect(try client.query("SELECT COUNT(*) FROM orders").cell == "900")
    }

    @Test("errors of the source and of the calls are told in place of rows")
    func errors() throws {
        let client = try server.connect(database: "shop")
        let cases: [(String, Int)] = [
            ("SELECT \(Self.call) FROM missing", 1_146),
            ("SELECT PREDICT_ROW('m', amount, nope) FROM orders", 1_054),
            ("SELECT \(Self.call) FROM orders WHERE", 1_064),
            ("SELECT PREDICT_ROW('m', amount, ) FROM orders", 1_064),
            ("SELECT PREDICT_ROW('m', amount FROM orders", 1_064),
            ("SELECT \(Self.call) FROM orders LIMIT ?", 1_064),
            ("SELECT PREDICT_ROW('nope', amount) FROM orders", 9_053),
            ("SELECT PREDICT_ROW(c, amount, c) FROM orders", 9_055),
            ("SELECT PREDICT_ROW('m', c, c) FROM orders", 9_062),
            ("SELECT AI_NOSUCHTHING(c) FROM orders", 1_305),
        ]
        for (text, number) in cases {
            let error = try client.failure(of: text)
            #expect(error.number == number, "\(text): \(error)")
        }
        let few = "SELECT PREDICT_ROW('m', amount) FROM "
        #expect(
            try client.failure(of: few + "orders").description
                == client.failure(of: few + "local.orders").description
        )
        _ = try client.query("/*polar4ai*/CREATE USER nobody@localhost IDENTIFIED BY ''")
        _ = try client.query("/*polar4ai*/GRANT UPSTREAM ON *.* TO nobody@localhost")
        let nobody = try RawClient(port: server.mysqlPort, user: "nobody", database: "shop")
        #expect(try nobody.query("SELECT COUNT(*) FROM orders").cell == "900")
        let refusal = try nobody.failure(of: "SELECT \(Self.call) FROM orders")
        let usual = try nobody.failure(of: "SELECT PREDICT_ROW('m', 1, 'c1')")
        #expect(refusal.description == usual.description, "\(refusal)")
        _ = try client.query("/*polar4ai*/CREATE USER reader@localhost IDENTIFIED BY ''")
        _ = try client.query("/*polar4ai*/GRANT PREDICT ON MODEL m TO reader@localhost")
        let reader = try RawClient(port: server.mysqlPort, user: "reader")
        let text = "SELECT \(Self.call) FROM shop.orders"
        #expect(try reader.failure(of: text).number == 1_227)
    }

    @Test("a source that dies in the middle is 2013, and ends the session that was there")
    func death() throws {
        let text =
            "SELECT seq, PREDICT_ROW('m', seq, 'c1'), REPEAT('x', 500) FROM seq_1_to_30000"
        for bytes in [0, 40, 400, 20_000, 6_000_000] {
            proxy.heal()
            let client = try server.connect(database: "shop")
            #expect(try client.query("SELECT 1").cell == "1")
            proxy.breakAfter(answerBytes: bytes)
            #expect(try client.lossNumber(of: text) == 2_013, "\(bytes)")
        }
        proxy.heal()
        let client = try server.connect(database: "shop")
        #expect(try client.query(text).rows.count == 30_000)
    }

    @Test("KILL QUERY ends what runs at the source, and the session goes on")
    func kill() throws {
        let client = try server.connect(database: "shop")
        let killer = try server.connect()
        _ = try client.query("SELECT 1")
        try client.start("SELECT PREDICT_ROW('m', SLEEP(60), c) FROM orders")
        try source.wait(for: "SLEEP(60)")
        let id = try killer.query("/*polar4ai*/SHOW PROCESSLIST").rows.first {
            $0.contains { $0?.contains("SLEEP(60)") == true }
        }?[0]
        _ = try killer.query("KILL QUERY \(id ?? "")")
        let answer = Result { try client.readAnswer() }
        #expect(throws: RawClient.ServerFailure.self) { try answer.get() }
        try source.wait(for: "SLEEP(60)", isRunning: false)
        #expect(try client.query("SELECT \(Self.call) FROM orders LIMIT 4").rows.count == 4)
        _ = try client.query("SELECT 1")
        #expect(try source.forgetsStatements())
    }

    @Test("a client that does not read holds the source back, and not this server's memory")
    func unread() throws {
        let text =
            "SELECT PREDICT_ROW('m', seq, 'c1'), REPEAT('x', 500) FROM shop.seq_1_to_200000"
        let reader = try server.connect()
        let before = server.residentMebibytes
        try reader.start(text)
        let other = try server.connect(database: "shop")
        for _ in 0..<20 {
            #expect(try other.query("SELECT \(Self.call) FROM orders LIMIT 4").rows.count == 4)
        }
        #expect(server.residentMebibytes - before < 40)
        #expect(try reader.readAnswer().rows.count == 200_000)
        #expect(server.residentMebibytes - before < 90)
    }

    @Test(
        "remote models are asked about the source's rows, and what failed is warned of",
        .enabled(if: ModelService.isAvailable, "python3 is not installed")
    )
    func remote() throws {
        let remote = try RemoteFixture(["--ephemeral", "--source", source.url(port: proxy.port)])
        let client = try remote.server.connect(database: "shop")
        _ = try client.query(remote.definition("chat", "chat", ", RETRIES='0'"))
        _ = try client.query(
            "CREATE OR REPLACE TABLE texts AS SELECT id, IF(id = 4, '[[fault:500]]', c) c "
                + "FROM orders"
        )
        let text = "SELECT id, AI_CallText('chat', c) a, c FROM texts ORDER BY id"
        let answer = try client.query(text)
        #expect(answer.rows.count == 900 && answer.warnings == 1)
        for (index, row) in answer.rows.enumerated() {
            let expected = index == 3 ? nil : "echo:c\((index + 1) % 3)"
            #expect(row[0] == String(index + 1) && row[1] == expected, "\(row)")
        }
        let warnings = try client.query("SHOW WARNINGS").rows
        #expect(warnings.count == 1 && warnings[0][1] == "9064", "\(warnings)")
        #expect(
            try client.query("SELECT AI_CallText('chat', 'hello') FROM orders LIMIT 2").rows
                == [["echo:hello"], ["echo:hello"]]
        )
        let failure = try client.failure(of: text.replacing("ORDER", with: "WHERE id = 4 ORDER"))
        #expect(failure.number == 9_064, "\(failure)")
        // A model that does not answer holds nobody up, and KILL ends the wait.
        try client.start("SELECT AI_CallText('chat', '[[fault:hang]]') FROM orders LIMIT 1")
        let killer = try remote.server.connect(database: "shop")
        #expect(try killer.query("SELECT COUNT(*) FROM orders").cell == "900")
        _ = try killer.query("KILL QUERY \(client.connectionID)")
        let killed = Result { try client.readAnswer() }
        #expect(throws: RawClient.ServerFailure.self) { try killed.get() }
        #expect(try client.query("SELECT COUNT(*) FROM texts").cell == "900")
    }
}
