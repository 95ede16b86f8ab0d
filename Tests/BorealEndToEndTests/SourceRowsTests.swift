import Foundation
import Testing

/// Statements on models whose rows are those of a real MariaDB behind Boreal.
@Suite(.serialized, .wantsMariaDB)
struct SourceRowsTests: SourceSuite {
    /// `shop.orders` and `local.orders` with the same 900 rows, and a model of them.
    private static let shared = Result {
        try SourceFixture { place in
            try place.makeOrders()
            let client = try place.server.connect()
            _ = try client.query(
                "CREATE TABLE local.orders (id INT PRIMARY KEY, amount DOUBLE, late INT, "
                    + "c VARCHAR(9))"
            )
            let rows = (1...900).map {
                "(\($0), \(Double($0) * 1.25), \($0 / 7 % 2), 'c\($0 % 3)')"
            }
            _ = try client.query("INSERT INTO local.orders VALUES " + rows.joined(separator: ","))
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

    private func predict(_ query: String, _ items: String = "*") -> String {
        "SELECT \(items) FROM PREDICT(MODEL m, \(query)) WITH (x_cols='amount,c')"
    }

    @Test("PREDICT over rows of the source answers what it answers over the same rows here")
    func sameAnswers() throws {
        let client = try server.connect(database: "shop")
        for range in ["id <= 7", "id < 0", "id > 0", "amount BETWEEN 100 AND 200"] {
            let here = try client.query(
                predict("SELECT * FROM local.orders WHERE \(range) ORDER BY id")
            )
            let there = try client.query(
                predict("SELECT * FROM orders WHERE \(range) ORDER BY id")
            )
            #expect(there.rows == here.rows && there.names == here.names, "\(range)")
        }
        let other = try server.connect()
        #expect(
            try other.query(predict("SELECT * FROM shop.orders LIMIT 3")).rows.count == 3
        )
        #expect(
            try client.failure(of: predict("SELECT o.* FROM orders o, orders p")).number == 9_050
        )
        #expect(try client.query("SELECT COUNT(*) FROM orders").cell == "900")
    }

    /// Columns of every type with two values of each.
    private static let types: [(String, String, String)] = [
        ("TINYINT", "-128", "127"), ("TINYINT UNSIGNED", "0", "255"), ("BOOL", "0", "1"),
        ("SMALLINT", "-32768", "1"), ("SMALLINT UNSIGNED", "65535", "0"),
        ("MEDIUMINT", "-8388608", "8388607"), ("MEDIUMINT UNSIGNED", "16777215", "1"),
        ("INT", "-2147483648", "7"), ("INT UNSIGNED", "4294967295", "1"),
        ("INT(8) ZEROFILL", "42", "43"), ("BIGINT", "-9223372036854775808", "1"),
        ("BIGINT UNSIGNED", "18446744073709551615", "1"), ("YEAR", "1901", "2155"),
        ("FLOAT", "0.5", "-3.25"), ("DOUBLE", "1e300", "-0.1"),
        ("DECIMAL(20,4)", "-1234567890123456.7891", "0.5"), ("DECIMAL(5,0)", "99999", "-1"),
        ("BIT(10)", "b'1000000001'", "b'0'"), ("DATE", "'2024-02-29'", "'0001-01-01'"),
        ("DATETIME", "'2024-02-29 23:59:59'", "'1000-01-01 00:00:00'"),
        ("DATETIME(3)", "'2024-02-29 23:59:59.120'", "'2024-01-01 00:00:00'"),
        ("TIMESTAMP(6)", "'2024-02-29 23:59:59.000001'", "'2024-01-01 00:00:00'"),
        ("TIME", "'-838:59:59'", "'00:00:01'"), ("TIME(2)", "'12:13:14.15'", "'00:00:00'"),
        ("CHAR(5)", "'abc'", "''"), ("VARCHAR(20)", "'å€😀'", "'it''s'"),
        ("TINYTEXT", "'t'", "''"), ("TEXT", "REPEAT('x', 300)", "'ü'"),
        ("LONGTEXT", "REPEAT('yz', 40000)", "''"), ("BINARY(3)", "x'00ff01'", "x'616263'"),
        ("VARBINARY(9)", "x'00'", "x''"), ("BLOB", "x'cafe'", "x'00'"),
        ("ENUM('x','y')", "'y'", "'x'"), ("SET('a','b','c')", "'a,c'", "''"),
    ]

    @Test("values of every type arrive as those of embedded tables do")
    func everyType() throws {
        let client = try server.connect(database: "shop")
        let names = Self.types.indices.map { "c\($0)" }
        let columns = zip(names, Self.types).map { "\($0) \($1.0) NULL" }.joined(separator: ", ")
        let rows = [
            "1.5, 'a', " + Self.types.map { $0.1 }.joined(separator: ", "),
            "2.5, 'b', " + Self.types.map { $0.2 }.joined(separator: ", "),
            "3.5, 'c', " + Self.types.map { _ in "NULL" }.joined(separator: ", "),
        ]
        var answers: [[[String?]]] = []
        for table in ["shop.every", "local.every"] {
            _ = try client.query(
                "CREATE TABLE \(table) (amount DOUBLE, c CHAR(1), \(columns)) "
                    + "CHARACTER SET utf8mb4"
            )
            for row in rows { _ = try client.query("INSERT INTO \(table) VALUES (\(row))") }
            answers.append(
                try client.query(predict("SELECT * FROM \(table) ORDER BY amount")).rows
            )
        }
        #expect(answers[0].count == 3)
        for (there, here) in zip(answers[0], answers[1]) {
            for (place, name) in (["amount", "c"] + Self.types.map(\.0)).enumerated() {
                #expect(there[place] == here[place], "\(name)")
            }
            #expect(there.last == here.last)
        }
        // What only the source has.
        let shapes = try client.query(
            predict(
                "SELECT 1.5 amount, 'x' c, POINT(1, 2) p, NULL n, CAST('{}' AS CHAR) j FROM dual"
            )
        )
        #expect(shapes.rows.count == 1 && shapes.rows[0][3] == nil)
    }

    @Test("the rows are those that the client's own session sees")
    func ownSession() throws {
        let client = try server.connect(database: "shop")
        let count = "SELECT amount, c FROM orders WHERE id > 900"
        _ = try client.query("BEGIN")
        _ = try client.query("INSERT INTO orders VALUES (901, 1, 0, 'c1')")
        #expect(try client.query(predict(count)).rows.count == 1)
        #expect(try server.connect(database: "shop").query(predict(count)).rows.isEmpty)
        _ = try client.query("ROLLBACK")
        #expect(try client.query(predict(count)).rows.isEmpty)
        _ = try client.query("CREATE TEMPORARY TABLE tt AS SELECT 5.5 amount, 'c2' c")
        _ = try client.query("SET @wanted = 5.5")
        #expect(
            try client.query(predict("SELECT * FROM tt WHERE amount = @wanted")).rows.count == 1
        )
        _ = try client.query("CREATE DATABASE IF NOT EXISTS other")
        _ = try client.query("CREATE TABLE other.elsewhere AS SELECT 5.5 amount, 'c2' c")
        _ = try client.query("USE other")
        #expect(try client.query(predict("SELECT * FROM elsewhere")).rows.count == 1)
        _ = try client.query("SET NAMES latin1")
        let cell = try client.query(predict("SELECT 1 amount, _utf8mb4 x'c3a5' c FROM dual")).rows
        #expect(cell.count == 1)
    }

    @Test("errors of the source are told as it tells them; what cannot be is refused by name")
    func errors() throws {
        let client = try server.connect(database: "shop")
        let cases: [(String, Int)] = [
            (predict("SELECT * FROM missing"), 1_146),
            (predict("SELECT nope FROM orders"), 1_054),
            (predict("SELECT * FROM orders WHERE"), 1_064),
            (predict("SELECT * FROM nowhere.orders"), 1_146),
            (predict("SELECT o.* FROM orders o JOIN local.orders l ON o.id = l.id"), 1_235),
            (predict("SELECT PREDICT_ROW('m', amount) FROM orders"), 1_235),
            (SourceFixture.create("n", "SELECT * FROM missing"), 1_146),
            (SourceFixture.create("n", "SELECT amount, c FROM orders"), 1_054),
            ("SELECT * FROM PREDICT(MODEL nope, SELECT * FROM orders) WITH (x_cols='a')", 9_053),
        ]
        for (text, number) in cases {
            let error = try client.failure(of: text)
            #expect(error.number == number, "\(text): \(error)")
        }
        #expect(try client.query("SHOW MODELS LIKE 'n'").rows.isEmpty)
        _ = try client.query("/*polar4ai*/CREATE USER reader@localhost IDENTIFIED BY ''")
        _ = try client.query("/*polar4ai*/GRANT PREDICT ON MODEL m TO reader@localhost")
        let reader = try RawClient(port: server.mysqlPort, user: "reader")
        #expect(try reader.failure(of: predict("SELECT * FROM shop.orders")).number == 1_227)
        #expect(try client.query("SELECT COUNT(*) FROM orders").cell == "900")
    }

    @Test("a model trained on rows of the source is the model trained on the same rows here")
    func sameModel() throws {
        let client = try server.connect(database: "shop")
        var artifacts: [String] = []
        for (name, table) in [("there", "orders"), ("here", "local.orders")] {
            let rows = "SELECT * FROM \(table) WHERE id <= 800 ORDER BY id"
            let valid = "SELECT * FROM \(table) WHERE id > 800 ORDER BY id"
            _ = try client.query(SourceFixture.create(name, rows, ", valid=(\(valid))"))
            #expect(try client.statuses(of: name, until: ["saved", "failed"]).last == "saved")
            let path = try client.query("SHOW MODEL \(name)").rows[0][1] ?? ""
            artifacts.append(path.split(separator: "/").dropLast().last.map(String.init) ?? "")
        }
        #expect(artifacts[0] == artifacts[1] && artifacts[0].utf8.count == 64)
        var metrics: [String?] = []
        for table in ["orders", "local.orders"] {
            let id = try client.query(
                "SELECT late FROM EVALUATE(MODEL there, SELECT * FROM \(table)) "
                    + "WITH (x_cols='amount,c', y_cols='late', metrics='auc,acc')"
            ).cell
            let task = try client.task(id ?? "")
            #expect(task["taskStatus"] == "finish", "\(task)")
            metrics.append(task["results"])
        }
        #expect(metrics[0] == metrics[1])
    }

    @Test("jobs and statistics read the source; INTO makes a table here")
    func jobs() throws {
        let client = try server.connect(database: "shop")
        let id = try client.query(
            "SELECT id, predicted_results FROM PREDICT(MODEL m, SELECT * FROM orders) WITH "
                + "(x_cols='amount,c', s_cols='id', mode='async') INTO predicted"
        ).cell
        let task = try client.task(id ?? "")
        #expect(task["taskStatus"] == "finish", "\(task)")
        #expect(try client.query("SELECT COUNT(*) FROM polar4ai.predicted").cell == "900")
        var answers: [[[String?]]] = []
        for table in ["orders", "local.orders"] {
            answers.append(
                try client.query(
                    "SELECT * FROM IV(SELECT * FROM \(table)) WITH (x_cols='amount', "
                        + "y_cols='late')"
                ).rows
            )
        }
        #expect(answers[0] == answers[1] && !answers[0].isEmpty)
        _ = try client.query(
            "CREATE FEATURE f WITH (feature_class='iv', x_cols='amount', y_cols='late') "
                + "AS (SELECT * FROM orders)"
        )
        let deadline = Date().addingTimeInterval(60)
        var status = ""
        while status != "saved", status != "failed", Date() < deadline {
            status = try client.query("SHOW FEATURE f").rows[0][0] ?? ""
            usleep(5_000)
        }
        #expect(status == "saved")
    }

    @Test("two hundred thousand rows go through memory for a few thousand")
    func manyRows() throws {
        let client = try server.connect(database: "shop")
        let query = "SELECT seq amount, seq % 2 late, REPEAT('x', 500) c FROM seq_1_to_200000"
        // The source's hundred megabytes never stand here at once.
        let before = server.residentMebibytes
        let answer = try client.query(
            "SELECT * FROM PSI(SELECT * FROM (\(query)) a, SELECT * FROM (\(query)) b) "
                + "WITH (x_cols='amount')"
        )
        #expect(answer.rows.count == 1)
        #expect(server.residentMebibytes - before < 90)
        #expect(try client.query("SELECT COUNT(*) FROM orders").cell == "900")
    }

    @Test("a source that dies in the middle of a training read fails the model with 2013")
    func deathOfTraining() throws {
        let client = try server.connect()
        let query = "SELECT seq amount, seq % 2 late, 'c' c FROM seq_1_to_100000"
        for (place, bytes) in [500, 3_000, 70_000, 700_000].enumerated() {
            proxy.heal()
            // What is asked before OK takes a few hundred bytes.
            let name = "dies\(place)"
            proxy.breakAfter(answerBytes: bytes)
            do {
                _ = try client.query(SourceFixture.create(name, query))
                #expect(try client.statuses(of: name, until: ["saved", "failed"]).last == "failed")
                let lines = try client.query("DESCRIBE MODEL \(name)").rows
                #expect(
                    lines.contains { $0.contains { $0?.contains("error: 2013") == true } },
                    "\(bytes): \(lines)"
                )
            } catch let failure as RawClient.ServerFailure {
                #expect([2_003, 2_013].contains(failure.number), "\(bytes): \(failure)")
                #expect(bytes == 500)
            }
        }
        proxy.heal()
        #expect(try server.connect().query("SELECT 1").cell == "1")
    }

    @Test("a source that dies under PREDICT is 2013, and ends the session that was there")
    func deathOfPrediction() throws {
        for bytes in [0, 40, 400, 20_000] {
            proxy.heal()
            let client = try server.connect(database: "shop")
            #expect(try client.query("SELECT 1").cell == "1")
            proxy.breakAfter(answerBytes: bytes)
            let error = try client.failure(
                of: predict("SELECT seq amount, REPEAT('c', 100) c FROM seq_1_to_900")
            )
            #expect(error.number == 2_013, "\(bytes): \(error)")
            #expect(throws: RawClient.ClientFailure.self) { try client.query("SELECT 1") }
        }
        proxy.heal()
        // Who only uses embedded tables does not notice.
        proxy.breakAfter(answerBytes: 0)
        let client = try server.connect()
        let own = predict("SELECT * FROM local.orders LIMIT 2")
        #expect(try client.query(own).rows.count == 2)
        #expect(
            [2_003, 2_013].contains(
                try client.failure(of: predict("SELECT * FROM shop.orders")).number
            )
        )
        #expect(try client.query(own).rows.count == 2)
    }

    @Test("KILL QUERY ends what a statement on models does at the source, and the session goes on")
    func kill() throws {
        let client = try server.connect(database: "shop")
        let killer = try server.connect()
        _ = try client.query("SELECT 1")
        let text = "SELECT SLEEP(60) amount, 'c' c FROM dual"
        try client.start(predict(text))
        try source.wait(for: "SLEEP(60)")
        let id = try killer.query("/*polar4ai*/SHOW PROCESSLIST").rows.first {
            $0.contains { $0?.contains("SLEEP(60)") == true }
        }?[0]
        _ = try killer.query("KILL QUERY \(id ?? "")")
        let answer = Result { try client.readAnswer() }
        #expect(throws: RawClient.ServerFailure.self) { try answer.get() }
        try source.wait(for: "SLEEP(60)", isRunning: false)
        #expect(try client.query("SELECT 41 + 1").cell == "42")
        #expect(try client.query(predict("SELECT * FROM orders LIMIT 4")).rows.count == 4)
    }

    @Test("a model that is dropped while its job reads stops the reading at the source")
    func droppedJob() throws {
        let client = try server.connect(database: "shop")
        let slow = "SELECT amount, c, late, SLEEP(0.5) FROM orders"
        _ = try client.query(SourceFixture.create("slow", slow))
        try source.wait(for: "SLEEP(0.5)")
        _ = try client.query("DROP MODEL slow")
        try source.wait(for: "SLEEP(0.5)", isRunning: false)
        #expect(try client.query(predict("SELECT * FROM orders LIMIT 1")).rows.count == 1)
    }

    @Test("nothing stays behind at the source: no prepared statement, no connection of a job")
    func leftovers() throws {
        let client = try server.connect(database: "shop")
        let direct = try source.connect()
        for text in [
            predict("SELECT * FROM orders LIMIT 1"), predict("SELECT o.* FROM orders o, orders p"),
            "EXPLAIN " + predict("SELECT * FROM orders"), predict("SELECT nope amount FROM orders"),
            predict("SELECT id FROM orders"),
        ] {
            // Some of them are errors; what matters is what they leave.
            _ = try? client.query(text)
        }
        _ = try client.query("SELECT 1")
        func connections() throws -> Int {
            let row = try direct.query("SHOW GLOBAL STATUS LIKE 'Threads_connected'").rows[0]
            return try #require(Int(row[1] ?? ""))
        }
        #expect(try source.forgetsStatements())
        let before = try connections()
        _ = try client.query(SourceFixture.create("leaves", "SELECT * FROM orders"))
        #expect(try client.statuses(of: "leaves", until: ["saved", "failed"]).last == "saved")
        // One of before may have been about to end.
        let areGone = try eventually(within: 30) { try connections() <= before }
        #expect(areGone)
        #expect(try source.forgetsStatements())
    }

    @Test("values of a prepared statement reach the inner query")
    func prepared() throws {
        let client = try server.connect(database: "shop")
        _ = try client.query("/*polar4ai*/SET @most = 5")
        _ = try client.query(
            "/*polar4ai*/PREPARE p FROM 'SELECT * FROM PREDICT(MODEL m, SELECT * FROM orders "
                + "WHERE id <= ?) WITH (x_cols=''amount,c'')'"
        )
        #expect(try client.query("/*polar4ai*/EXECUTE p USING @most").rows.count == 5)
    }
}
