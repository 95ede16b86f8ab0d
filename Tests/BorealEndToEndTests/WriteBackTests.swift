import Foundation
import TestPrograms
import Testing

/// PREDICT ... INTO: predictions in a table, written with the file of the task.
@Suite("Write-back", .serialized)
struct WriteBackTests {
    private static let server: Result<ServerProcess, any Error> = Result {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try prepare(client)
        return server
    }

    /// Tables and a small model.
    private static func prepare(_ client: RawClient) throws {
        try client.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
        try client.loadAirlines("airlines_test", from: "airlines_sample_test.csv")
        try client.query(
            "CREATE TABLE db4ai.flights (id INT AUTO_INCREMENT PRIMARY KEY, price DECIMAL(8,2), "
                + "day DATE, kind ENUM('short','long')) "
                + "SELECT *, Length / 7 AS price, '2024-02-29' AS day, "
                + "IF(Length > 120, 'long', 'short') AS kind FROM db4ai.airlines_test"
        )
        try client.createAirlinesModel("m", trees: 8)
        guard try client.statuses(of: "m", until: ["saved", "failed"]).last == "saved" else {
            throw ServerProcess.StartFailure(output: "the model failed")
        }
    }

    private let server: ServerProcess
    private let client: RawClient

    init() throws {
        server = try Self.server.get()
        client = try server.connect(database: "db4ai")
    }

    private func predict(
        _ columns: String,
        _ options: String,
        into table: String,
        query: String = "SELECT * FROM db4ai.flights"
    ) -> String {
        """
        /*polar4ai*/SELECT \(columns) FROM PREDICT(MODEL m, \(query))
        WITH (x_cols='\(airlinesFeatures)', \(options)) INTO \(table)
        """
    }

    private func finished(_ statement: String) throws -> [String: String] {
        try client.task(try client.query(statement).cell ?? "")
    }

    @Test("the table has the projected columns in their types, the key and every prediction")
    func regular() throws {
        let row = try finished(
            predict(
                "id, price, day, kind, Delay AS late",
                "s_cols='id,Airline', output='proba', mode='async', into_type='regular', "
                    + "primary_key='id'",
                into: "res_regular"
            )
        )
        #expect(row["taskStatus"] == "finish" && row["results"] == "")
        let shown = try client.query("SHOW COLUMNS FROM polar4ai.res_regular").rows
        #expect(
            shown.map { "\($0[0] ?? "") \($0[1] ?? "") \($0[2] ?? "") \($0[3] ?? "")" } == [
                "id int NO PRI", "price decimal(8,2) YES ", "day date YES ",
                "kind enum('short','long') YES ", "late int YES ", "Airline varchar(8) YES ",
                "predicted_results bigint YES ", "proba_0 double YES ", "proba_1 double YES ",
            ]
        )
        let counts = try client.query(
            "SELECT COUNT(*), COUNT(predicted_results), SUM(f.Airline = r.Airline "
                + "AND f.price = r.price AND f.kind = r.kind AND f.Delay = r.late), "
                + "SUM(predicted_results = (proba_1 > proba_0)) "
                + "FROM polar4ai.res_regular r JOIN flights f USING (id)"
        ).rows
        let total = try client.query("SELECT COUNT(*) FROM flights").cell
        #expect(counts == [[total, total, total, total]])
        let online = try client.query(
            "SELECT id FROM PREDICT(MODEL m, SELECT * FROM flights ORDER BY id LIMIT 300) "
                + "WITH (x_cols='\(airlinesFeatures)', output='proba')"
        ).rows
        let stored = try client.query(
            "SELECT id, predicted_results, proba_0, proba_1 FROM polar4ai.res_regular "
                + "ORDER BY id LIMIT 300"
        ).rows
        for (one, other) in zip(online, stored) {
            #expect(one[0] == other[0] && one[1] == other[1])
            #expect(Double(one[3] ?? "") == Double(other[3] ?? ""))
        }
        let file = try httpGet(row["filePath"] ?? "")
        let lines = String(decoding: file.body, as: UTF8.self).split(separator: "\r\n")
        #expect(lines[0] == "id,price,day,kind,late,Airline,predicted_results,proba_0,proba_1")
        #expect("\(lines.count - 1)" == total)
    }

    @Test("into_type='db' calls the prediction result; an alias is kept, no type is regular")
    func names() throws {
        let cases = [
            ("id", "into_type='db'", ["id", "result"]),
            ("predicted_results AS p, id", "into_type='DB'", ["p", "id"]),
            ("id", "into_type='regular'", ["id", "predicted_results"]),
            ("id", "y_cols=''", ["id", "predicted_results"]),
        ]
        for (number, (columns, options, expected)) in cases.enumerated() {
            let table = "res_name\(number)"
            let query = "SELECT * FROM flights WHERE id < 20"
            let statement = predict(columns, "mode='async', \(options)", into: table, query: query)
            #expect(try finished(statement)["taskStatus"] == "finish")
            #expect(try client.query("SELECT * FROM polar4ai.\(table)").names == expected)
            #expect(try client.query("SELECT COUNT(*) FROM polar4ai.\(table)").cell == "19")
        }
        let joined = try client.query(
            "SELECT COUNT(*) FROM polar4ai.res_name0 r JOIN flights f USING (id) "
                + "WHERE r.result IN (0, 1)"
        )
        #expect(joined.cell == "19")
    }

    @Test("explanations, rejected rows and thresholds are written too")
    func options() throws {
        let statement = predict(
            "id",
            "mode='async', explain='shap', top=2, on_error='null', threshold=0.3",
            into: "res_options",
            query: "SELECT id, IF(id = 3, 'x', Flight) AS Flight, Airline, AirportFrom, AirportTo, "
                + "DayOfWeek, Time, Length FROM flights WHERE id < 6"
        )
        #expect(try finished(statement)["taskStatus"] == "finish")
        let rows = try client.query(
            "SELECT id, predicted_results, JSON_LENGTH(shap), shap_bias < 0, status = 'ok' "
                + "FROM polar4ai.res_options ORDER BY id"
        ).rows
        #expect(rows.count == 5)
        for row in rows where row[0] != "3" {
            #expect(row[1] != nil && row[2] == "2" && row[3] == "1" && row[4] == "1")
        }
        #expect(rows[2] == ["3", nil, nil, nil, "0"])
    }

    @Test("values of every type are written as they were")
    func types() throws {
        let columns = [
            ("ti", "TINYINT UNSIGNED", "255"), ("bi", "BIGINT", "-9223372036854775808"),
            ("ub", "BIGINT UNSIGNED", "18446744073709551615"), ("f", "FLOAT", "0.1"),
            ("d", "DOUBLE", "-1e300"), ("n", "DECIMAL(38,20)", "-0.00000000000000000001"),
            ("b", "BIT(10)", "b'1000000001'"), ("y", "YEAR", "2024"),
            ("da", "DATE", "'0001-01-01'"), ("dt", "DATETIME(6)", "'2024-02-29 23:59:59.999999'"),
            ("ts", "TIMESTAMP", "'2024-02-29 23:59:59'"), ("tm", "TIME(3)", "'-838:59:59.000'"),
            ("c", "CHAR(3)", "'é'"), ("v", "VARCHAR(20)", "''"),
            ("t", "MEDIUMTEXT", "REPEAT('größe', 30000)"), ("vb", "VARBINARY(4)", "X'00FF'"),
            ("bl", "BLOB", "X'FFFE'"), ("j", "JSON", "'{\"a\": [1, null]}'"),
            ("e", "ENUM('x','y')", "'y'"), ("s", "SET('p','q')", "'p,q'"),
        ]
        let definitions = columns.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        try client.query("CREATE TABLE kinds (id INT PRIMARY KEY, \(definitions))")
        let values = columns.map(\.2).joined(separator: ", ")
        let nulls = columns.map { _ in "NULL" }.joined(separator: ", ")
        try client.query("INSERT INTO kinds VALUES (1, \(values)), (2, \(nulls))")
        let features = airlinesFeatures.split(separator: ",").map { "1 AS \($0)" }
        let statement = predict(
            "id, " + columns.map(\.0).joined(separator: ", "),
            "mode='async'",
            into: "res_types",
            query: "SELECT k.*, \(features.joined(separator: ", ")) FROM kinds k"
        )
        let row = try finished(statement)
        #expect(row["taskStatus"] == "finish", "\(row)")
        for (name, type, _) in columns {
            let equal = try client.query(
                "SELECT COUNT(*) FROM kinds k JOIN polar4ai.res_types r USING (id) "
                    + "WHERE k.\(name) <=> r.\(name) AND HEX(k.\(name)) <=> HEX(r.\(name))"
            )
            #expect(equal.cell == "2", "\(name) \(type)")
        }
    }

    @Test("what can be known at the statement is told there, and no task is made")
    func refused() throws {
        try client.query("CREATE DATABASE IF NOT EXISTS polar4ai")
        try client.query("CREATE TABLE IF NOT EXISTS polar4ai.taken (a INT)")
        let cases: [(columns: String, options: String, table: String?, number: Int, words: String)]
        cases = [
            ("id", "mode='async'", "taken", 1050, "'taken'"),
            ("id", "into_type='db'", "res_x", 9055, "'mode'"),
            ("id", "mode='async', into_type='cold'", "res_x", 9055, "regular, db"),
            ("id", "mode='async', into_type='db'", nil, 9055, "'into_type'"),
            ("id", "mode='async', primary_key='id'", nil, 9055, "'primary_key'"),
            ("id", "mode='async', primary_key='Flight'", "res_x", 9055, "'Flight'"),
            ("id, id", "mode='async'", "res_x", 1060, "'id'"),
            ("id AS result", "mode='async', into_type='db'", "res_x", 1060, "'result'"),
            ("id", "mode='async', s_cols='nowhere'", "res_x", 1054, "s_cols"),
            ("id", "mode='async'", "`\(String(repeating: "x", count: 65))`", 1059, "xxx"),
        ]
        let before = try client.query("SHOW TASKS").rows.count
        for (columns, options, table, number, words) in cases {
            var statement = predict(columns, options, into: table ?? "")
            if table == nil { statement = statement.replacingOccurrences(of: " INTO ", with: "") }
            let failure = try client.failure(of: statement)
            #expect(failure.number == number, "\(statement): \(failure)")
            #expect(failure.message.contains(words), "\(failure)")
        }
        #expect(try client.query("SHOW TASKS").rows.count == before)
        let plan = try client.query(
            "EXPLAIN "
                + predict("id", "mode='async', primary_key='id'", into: "res_plan")
                .replacingOccurrences(of: "/*polar4ai*/", with: "")
        ).rows
        #expect(plan[1] == ["into", "polar4ai.res_plan", "in one transaction, primary key id"])
    }

    @Test("a key that comes twice or is NULL fails the task and leaves nothing")
    func duplicates() throws {
        let cases = [
            ("DayOfWeek", "SELECT * FROM flights", "1062 Duplicate entry"),
            (
                "k", "SELECT *, NULLIF(id, 50) AS k FROM flights",
                "1048 Column 'k' cannot be null"
            ),
        ]
        for (key, query, error) in cases {
            let row = try finished(
                predict(
                    "\(key)",
                    "mode='async', primary_key='\(key)'",
                    into: "res_twice",
                    query: query
                )
            )
            #expect(row["taskStatus"] == "fail" && row["filePath"] == "")
            #expect(row["results"]?.contains(error) == true, "\(row)")
            #expect(try client.failure(of: "SELECT * FROM polar4ai.res_twice").number == 1146)
        }
    }

    @Test("a job stands in line for the lock, and finds what others did meanwhile")
    func waiting() throws {
        let other = try server.connect(database: "db4ai")
        try other.query("CREATE TABLE IF NOT EXISTS held (a INT)")
        let query = "SELECT * FROM flights WHERE id < 100"
        for (round, end) in ["ROLLBACK", "DROP", "CREATE"].enumerated() {
            try other.query("BEGIN")
            try other.query("INSERT INTO held VALUES (1)")
            let table = "res_wait\(round)"
            let statement = predict("id", "mode='async'", into: table, query: query)
            let id = try client.query(statement).cell ?? ""
            let deadline = Date().addingTimeInterval(30)
            var state = ""
            while !state.contains("waiting to write 99 rows"), Date() < deadline {
                state = try client.query("SHOW PROCESSLIST").rows.compactMap { $0[6] }
                    .joined(separator: "|")
                usleep(5_000)
            }
            #expect(state.contains("waiting to write 99 rows"))
            let before = try client.query("SHOW TASK `\(id)`").rows[0]
            #expect(before[0] == "running" && before[1] == "")
            switch end {
            case "ROLLBACK":
                try other.query("ROLLBACK")
                #expect(try client.task(id)["taskStatus"] == "finish")
                #expect(try client.query("SELECT COUNT(*) FROM polar4ai.\(table)").cell == "99")
            case "DROP":
                try client.query("DROP TASK `\(id)`")
                try other.query("COMMIT")
                try other.query("INSERT INTO held VALUES (2)")
                #expect(try client.failure(of: "TABLE polar4ai.\(table)").number == 1146)
            default:
                try other.query("CREATE TABLE polar4ai.\(table) (a INT)")
                let row = try client.task(id)
                #expect(row["taskStatus"] == "fail")
                #expect(row["results"]?.contains("1050 Table '\(table)' already exists") == true)
            }
        }
    }

    @Test("it takes CREATE and INSERT on polar4ai")
    func rights() throws {
        try client.query("CREATE DATABASE IF NOT EXISTS polar4ai")
        try client.query("CREATE USER IF NOT EXISTS writer")
        try client.query("GRANT SELECT ON db4ai.* TO writer")
        try client.query("GRANT PREDICT ON MODEL m TO writer")
        let writer = try RawClient(port: server.mysqlPort, user: "writer", database: "db4ai")
        let statement = predict("id", "mode='async'", into: "res_rights")
        #expect(try writer.failure(of: statement).number == 1142)
        try client.query("GRANT CREATE, INSERT ON polar4ai.* TO writer")
        let row = try writer.task(try writer.query(statement).cell ?? "")
        #expect(row["taskStatus"] == "finish", "\(row)")
        #expect(try client.query("SELECT COUNT(*) > 0 FROM polar4ai.res_rights").cell == "1")
    }

    @Test("it can be prepared, with values for the options and the query")
    func prepared() throws {
        let text = predict(
            "id",
            "mode=?, primary_key=?",
            into: "res_prepared",
            query: "SELECT * FROM flights WHERE id <= ?"
        ).replacingOccurrences(of: "'", with: "''")
        try client.query("PREPARE p FROM '\(text)'")
        try client.query("SET @mode = 'async', @key = 'id', @most = 7")
        let id = try client.query("EXECUTE p USING @most, @mode, @key").cell ?? ""
        #expect(try client.task(id)["taskStatus"] == "finish")
        #expect(
            try client.query("SELECT MAX(id), COUNT(*) FROM polar4ai.res_prepared").rows == [
                ["7", "7"]
            ]
        )
    }

    @Test("kill -9 at any moment leaves no table and a job that runs again, or all of it")
    func kills() throws {
        let folder = TestRun.folder + "write-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess.onData(folder)
        do {
            let client = try server.connect()
            try Self.prepare(client)
            for _ in 0..<2 {
                try client.query(
                    "INSERT INTO db4ai.flights (\(airlinesFeatures), Delay) "
                        + "SELECT \(airlinesFeatures), Delay FROM db4ai.flights"
                )
            }
        }
        let total = try server.connect().query("SELECT COUNT(*) FROM db4ai.flights").cell
        // How long it takes when nothing happens; the kills are spread over that time.
        var microseconds = 0.0
        for round in 0..<11 {
            let table = "res\(round)"
            let client = try server.connect(database: "db4ai")
            let begin = Date()
            let statement = predict("id", "mode='async', primary_key='id'", into: table)
            let id = try client.query(statement).cell ?? ""
            if round == 0 {
                #expect(try client.task(id)["taskStatus"] == "finish")
                microseconds = Date().timeIntervalSince(begin) * 1_000_000
            } else {
                usleep(UInt32(microseconds * Double(round) / 10))
            }
            server.killNine()
            try server.start()
            let again = try server.connect(database: "db4ai")
            // Whatever the job does by now, nobody sees a part of the table.
            if let count = try? again.query("SELECT COUNT(*) FROM polar4ai.\(table)").cell {
                #expect(count == total, "round \(round)")
            }
            let row = try again.task(id)
            #expect(row["taskStatus"] == "finish", "round \(round): \(row)")
            let counts = try again.query(
                "SELECT COUNT(*), COUNT(predicted_results) FROM polar4ai.\(table)"
            ).rows
            #expect(counts == [[total, total]], "round \(round)")
            let file = try httpGet(row["filePath"] ?? "").body
            #expect(file.count { $0 == 0x0A } - 1 == Int(total ?? ""), "round \(round)")
        }
        #expect(server.terminate() == 0)
        let check = try ProgramRun(ServerProcess.binary, ["check", "--data", folder])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }
}
