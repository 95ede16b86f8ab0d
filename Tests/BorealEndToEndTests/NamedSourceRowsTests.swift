import Foundation
import TestPrograms
import Testing

/// Statements on models whose rows are those of sources by name, at two real MariaDB servers: with
/// and without a source that everything else goes to.
@Suite(
    .serialized,
    .enabled(if: MariaDBServer.isInstalled, "mariadbd is not installed")
)
struct NamedSourceRowsTests {
    /// Two sources, one behind a network that can break, and two servers that know both by name.
    private final class Place: Sendable {
        let west: MariaDBServer
        let east: MariaDBServer
        let proxy: ByteProxy
        /// Without `--source`.
        let alone: ServerProcess
        /// With east as its `--source`, not by way of the proxy.
        let beside: ServerProcess

        init() throws {
            west = try MariaDBServer()
            east = try MariaDBServer()
            proxy = try ByteProxy(to: west.port)
            alone = try ServerProcess.ephemeral()
            beside = try ServerProcess.ephemeral(["--source", east.url()])
            for source in [west, east] {
                let client = try source.connect(database: "shop")
                _ = try client.query(
                    "CREATE TABLE orders (id INT PRIMARY KEY, amount DOUBLE, late INT, "
                        + "c VARCHAR(9))"
                )
                _ = try client.query(
                    "INSERT INTO orders SELECT seq, seq * 1.25, seq DIV 7 % 2, "
                        + "CONCAT('c', seq % 3) FROM seq_1_to_900"
                )
            }
            for server in [alone, beside] { try Self.fill(server, proxy, west, east) }
        }

        /// Both sources, `polar4ai.orders` with the same 900 rows, and a model of them.
        private static func fill(
            _ server: ServerProcess,
            _ proxy: ByteProxy,
            _ west: MariaDBServer,
            _ east: MariaDBServer
        ) throws {
            let root = try server.connect()
            _ = try root.query("CREATE SOURCE west OPTIONS (URL '\(west.url(port: proxy.port))')")
            _ = try root.query("CREATE SOURCE East OPTIONS (URL '\(east.url())')")
            _ = try root.query("CREATE DATABASE IF NOT EXISTS polar4ai")
            _ = try root.query(
                "CREATE TABLE polar4ai.orders (id INT PRIMARY KEY, amount DOUBLE, late INT, "
                    + "c VARCHAR(9))"
            )
            let rows = (1...900).map {
                "(\($0), \(Double($0) * 1.25), \($0 / 7 % 2), 'c\($0 % 3)')"
            }
            _ = try root.query("INSERT INTO polar4ai.orders VALUES " + rows.joined(separator: ","))
            _ = try root.query(NamedSourceRowsTests.create("m", "SELECT * FROM polar4ai.orders"))
            #expect(try root.statuses(of: "m", until: ["saved", "failed"]).last == "saved")
        }
    }

    private static let shared = Result { try Place() }

    private let place: Place

    init() throws {
        place = try Self.shared.get()
        place.proxy.heal()
    }

    private var servers: [ServerProcess] { [place.alone, place.beside] }

    private static func create(_ name: String, _ query: String) -> String {
        "CREATE MODEL \(name) WITH (model_class='lightgbm', x_cols='amount,c', y_cols='late', "
            + "model_parameter=(n_estimators=10)) AS (\(query))"
    }

    private func predict(_ query: String) -> String {
        "SELECT * FROM PREDICT(MODEL m, \(query)) WITH (x_cols='amount,c')"
    }

    @Test("PREDICT over rows of a source answers what it answers over the same rows here")
    func sameAnswers() throws {
        for server in servers {
            let client = try server.connect()
            for range in ["id <= 7", "id < 0", "id > 0", "amount BETWEEN 100 AND 200"] {
                let here = try client.query(
                    predict("SELECT * FROM polar4ai.orders WHERE \(range) ORDER BY id")
                )
                for table in ["west.shop.orders", "`EAST`.`shop`.orders"] {
                    let query = "SELECT * FROM \(table) WHERE \(range) ORDER BY id"
                    let there = try client.query(predict(query))
                    #expect(there.rows == here.rows && there.names == here.names, "\(range)")
                    let hinted = try client.query("/*polar4ai*/" + predict(query))
                    #expect(hinted.rows == here.rows)
                }
            }
            let joined =
                "SELECT o.amount, o.c FROM west.shop.orders o JOIN west.shop.orders p "
                + "USING (id) WHERE o.id IN (SELECT id FROM west.shop.orders WHERE id < 4)"
            #expect(try client.query(predict(joined)).rows.count == 3)
        }
    }

    @Test("statistics, EXPLAIN and EVALUATE read sources by name, each query its own")
    func otherStatements() throws {
        for server in servers {
            let client = try server.connect()
            var answers: [[[String?]]] = []
            for table in ["west.shop.orders", "east.shop.orders", "polar4ai.orders"] {
                answers.append(
                    try client.query(
                        "SELECT * FROM IV(SELECT * FROM \(table)) WITH (x_cols='amount', "
                            + "y_cols='late')"
                    ).rows
                )
            }
            #expect(answers[0] == answers[2] && answers[1] == answers[2] && !answers[0].isEmpty)
            let psi = try client.query(
                "SELECT * FROM PSI(SELECT * FROM west.shop.orders, SELECT * FROM east.shop.orders) "
                    + "WITH (x_cols='amount')"
            )
            #expect(psi.rows.count == 1)
            let plan = try client.query("EXPLAIN " + predict("SELECT * FROM west.shop.orders"))
            #expect(plan.rows.contains { $0.contains("lightgbm") || $0[0] == "model" })
            var metrics: [String?] = []
            for table in ["west.shop.orders", "polar4ai.orders"] {
                let id = try client.query(
                    "SELECT late FROM EVALUATE(MODEL m, SELECT * FROM \(table)) "
                        + "WITH (x_cols='amount,c', y_cols='late', metrics='auc,acc')"
                ).cell
                let task = try client.task(id ?? "")
                #expect(task["taskStatus"] == "finish", "\(task)")
                metrics.append(task["results"])
            }
            #expect(metrics[0] == metrics[1])
        }
    }

    @Test("a model trained on rows of a source is the model trained on the same rows here")
    func training() throws {
        for server in servers {
            let client = try server.connect()
            var artifacts: [String] = []
            for (name, table) in [("there", "west.shop.orders"), ("here", "polar4ai.orders")] {
                _ = try client.query(Self.create(name, "SELECT * FROM \(table) ORDER BY id"))
                #expect(try client.statuses(of: name, until: ["saved", "failed"]).last == "saved")
                let path = try client.query("SHOW MODEL \(name)").rows[0][1] ?? ""
                artifacts.append(path.split(separator: "/").dropLast().last.map(String.init) ?? "")
            }
            #expect(artifacts[0] == artifacts[1] && artifacts[0].utf8.count == 64)
            for (name, options, rows) in [
                ("f", "feature_class='iv', y_cols='late'", "AS (SELECT * FROM west.shop.orders)"),
                (
                    "g",
                    "feature_class='psi', parameters=(actual_table='west.shop.orders', "
                        + "predict_table='East.shop.orders')", ""
                ),
            ] {
                _ = try client.query(
                    "CREATE FEATURE \(name) WITH (\(options), x_cols='amount') \(rows)"
                )
                let deadline = Date().addingTimeInterval(60)
                var status = ""
                while status != "saved", status != "failed", Date() < deadline {
                    status = try client.query("SHOW FEATURE \(name)").rows[0][0] ?? ""
                    usleep(5_000)
                }
                #expect(status == "saved", "\(name)")
            }
        }
    }

    @Test("what a query may not be is refused; the source's errors are told as they are")
    func errors() throws {
        for server in servers {
            let client = try server.connect()
            let cases: [(String, Int, String)] = [
                ("SELECT * FROM west.shop.missing", 1_146, "missing"),
                ("SELECT nope FROM west.shop.orders", 1_054, "nope"),
                ("SELECT * FROM west.shop.orders WHERE", 1_064, ""),
                ("SELECT * FROM west.shop.orders JOIN east.shop.u", 1_235, "'west' and 'east'"),
                ("SELECT * FROM west.shop.orders JOIN polar4ai.orders", 1_235, "polar4ai.orders"),
                ("SELECT * FROM west.shop.orders, orders", 1_235, "'orders' beside"),
                ("SELECT * FROM west.shop.orders WHERE id = @x", 1_235, "user variables"),
                ("SELECT PREDICT_ROW('m', amount) FROM west.shop.orders", 1_235, "functions"),
                ("SELECT o.* FROM west.shop.orders o, west.shop.orders p", 9_050, ""),
            ]
            for (query, number, words) in cases {
                let failure = try client.failure(of: predict(query))
                #expect(failure.number == number, "\(query): \(failure)")
                #expect(words.isEmpty || failure.description.contains(words), "\(failure)")
            }
            let none = Self.create("none", "SELECT * FROM west.shop.missing")
            #expect(try client.failure(of: none).number == 1_146)
            #expect(try client.query("SHOW MODELS LIKE 'none'").rows.isEmpty)
            for text in [
                "CREATE USER reader@localhost IDENTIFIED BY ''",
                "GRANT PREDICT ON MODEL m TO reader@localhost",
            ] {
                _ = try client.query("/*polar4ai*/" + text)
            }
            let reader = try RawClient(port: server.mysqlPort, user: "reader")
            let refused = try reader.failure(of: predict("SELECT * FROM west.shop.orders"))
            #expect(refused.number == 1_227)
        }
    }

    @Test("a transaction goes on around a statement that reads a source")
    func transaction() throws {
        let client = try place.alone.connect()
        _ = try client.query("CREATE TABLE polar4ai.kept (a INT)")
        _ = try client.query("BEGIN")
        _ = try client.query("INSERT INTO polar4ai.kept VALUES (1)")
        #expect(try client.query(predict("SELECT * FROM west.shop.orders LIMIT 3")).rows.count == 3)
        _ = try client.query("ROLLBACK")
        #expect(try client.query("SELECT COUNT(*) FROM polar4ai.kept").cell == "0")
    }

    @Test("a source that goes away is 2013, of the statement or of the model; the session goes on")
    func failures() throws {
        for server in servers {
            let client = try server.connect()
            let many = "SELECT amount, c FROM west.shop.orders LIMIT 900"
            for bytes in [0, 60, 500, 9_000] {
                place.proxy.breakAfter(answerBytes: bytes)
                let failure = try client.failure(of: predict(many))
                #expect([2_003, 2_013].contains(failure.number), "\(bytes): \(failure)")
                place.proxy.heal()
                #expect(try client.query(predict(many)).rows.count == 900)
            }
            let rows =
                "SELECT seq amount, seq % 2 late, 'c' c FROM west.shop.orders, "
                + "west.shop.seq_1_to_1000"
            place.proxy.breakAfter(answerBytes: 100_000)
            _ = try client.query(Self.create("dies", rows))
            #expect(try client.statuses(of: "dies", until: ["saved", "failed"]).last == "failed")
            let lines = try client.query("DESCRIBE MODEL dies").rows
            #expect(lines.contains { $0.contains { $0?.contains("error: 2013") == true } })
            place.proxy.heal()
            #expect(try client.query(predict(many)).rows.count == 900)
        }
    }

    @Test("calls of functions of models in a SELECT over a source by name are answered here")
    func calls() throws {
        for server in servers {
            let client = try server.connect()
            let list = "SELECT o.*, PREDICT_ROW('m', o.amount, o.c) p, UPPER(o.c) FROM "
            for rest in [" o ORDER BY o.id", " o WHERE o.id BETWEEN 7 AND 9 ORDER BY 1 LIMIT 2"] {
                let here = try client.query(list + "polar4ai.orders" + rest)
                for table in ["west.shop.orders", "`EAST`.`shop`.orders"] {
                    let there = try client.query(list + table + rest)
                    #expect(there.rows == here.rows && there.names == here.names)
                }
            }
            _ = try client.query("BEGIN")
            let few =
                "SELECT a.id, PREDICT_ROW('m', a.amount, west.shop.orders.c) x FROM "
                + "west.shop.orders JOIN west.shop.orders a USING (id) LIMIT 5"
            #expect(try client.query(few).rows.count == 5)
            _ = try client.query("COMMIT")
            #expect(try client.failure(of: few + " OFFSET").number == 1_064)
            let mixed = "SELECT PREDICT_ROW('m', amount, c) FROM west.shop.orders, east.shop.orders"
            #expect(try client.failure(of: mixed).number == 1_235)
        }
        let client = try place.alone.connect()
        _ = try client.query(
            "PREPARE p FROM 'SELECT id, PREDICT_ROW(?, amount, c) FROM west.shop.orders LIMIT ?'"
        )
        _ = try client.query("SET @m = 'm', @n = 3")
        #expect(try client.query("EXECUTE p USING @m, @n").rows.count == 3)
        place.proxy.breakAfter(answerBytes: 20_000)
        let long =
            "SELECT id, PREDICT_ROW('m', amount, c), REPEAT('x', 900) FROM west.shop.orders"
        #expect(try client.failure(of: long).number == 2_013)
        place.proxy.heal()
        // The client's own session stays.
        #expect(try client.query(long).rows.count == 900)
    }

    @Test("KILL QUERY ends what a statement on models does at a source by name")
    func kill() throws {
        let client = try place.alone.connect()
        let killer = try place.alone.connect()
        try client.start(predict("SELECT SLEEP(60) amount, 'c' c FROM west.shop.orders LIMIT 1"))
        try place.west.wait(for: "SELECT SLEEP(60)")
        _ = try killer.query("KILL QUERY \(client.connectionID)")
        let answer = Result { try client.readAnswer() }
        #expect(throws: RawClient.ServerFailure.self) { try answer.get() }
        try place.west.wait(for: "SELECT SLEEP(60)", isRunning: false)
        #expect(try client.query(predict("SELECT * FROM west.shop.orders LIMIT 4")).rows.count == 4)
    }

    @Test("PREPARE tells the columns of PREDICT over rows of a source")
    func preparedColumns() throws {
        let beside = try place.beside.connect(database: "shop")
        let alone = try place.alone.connect()
        // `--source`'s own rows, and those of sources by name.
        for (client, table) in [
            (beside, "orders"), (beside, "west.shop.orders"), (alone, "east.shop.orders"),
        ] {
            for (condition, place) in [("id = 5", 5), ("id > 900", 0)] {
                let text = predict("SELECT id, amount, c FROM \(table) WHERE \(condition)")
                let expected = try client.query(text)
                #expect(expected.rows.count == (place == 0 ? 0 : 1))
                try client.start(command: [0x16] + Array(text.utf8))
                let answer = try client.readPacket()
                try #require(answer.first == 0, "\(answer)")
                #expect(Int(answer[5]) == 4 && answer[7] == 0, "\(table): \(answer)")
                var names: [String] = []
                for _ in 0..<4 {
                    let packet = try client.readPacket()
                    names.append(String(decoding: packet, as: UTF8.self))
                }
                _ = try client.readPacket()
                for (name, column) in zip(names, expected.names) { #expect(name.contains(column)) }
            }
        }
        let program = """
            import mysql.connector
            c = mysql.connector.connect(host='127.0.0.1', port=\(place.beside.mysqlPort),
                user='root', password='', database='shop', autocommit=True, use_pure=True)
            for table in ('orders', 'west.shop.orders'):
                p = c.cursor(prepared=True)
                for most in (3, 5):
                    p.execute('SELECT * FROM PREDICT(MODEL m, SELECT * FROM ' + table
                        + " WHERE id <= ?) WITH (x_cols='amount,c')", (most,))
                    print(len(p.fetchall()), p.column_names)
                p.close()
                p = c.cursor(prepared=True)
                p.execute("SELECT id, PREDICT_ROW('m', amount, c) p FROM " + table
                    + ' WHERE id <= ?', (4,))
                print(len(p.fetchall()), p.column_names)
                p.close()
            """
        let run = try ProgramRun("/usr/bin/env", ["python3", "-c", program])
        let names = "('id', 'amount', 'late', 'c', 'predicted_results')"
        #expect(
            run.output == [names, names].map { "3 \($0)\n5 \($0)\n4 ('id', 'p')\n" }.joined(),
            "\(run.output)\(run.errors)"
        )
    }
}
