import Foundation
import Testing

/// The options of PREDICT, and what the server tells of a model without asking it.
@Suite("Options and plans of PREDICT", .serialized)
struct PredictOptionTests {
    /// A server with a small model `m` of the airlines' test rows.
    private func model() throws -> (server: ServerProcess, client: RawClient) {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.loadAirlines("airlines_train", from: "airlines_sample_test.csv")
        try client.query("USE db4ai")
        try client.createAirlinesModel("m", trees: 3)
        #expect(try client.statuses(of: "m", until: ["saved", "failed"]).last == "saved")
        return (server, client)
    }

    private func predict(_ options: String, query: String = "SELECT * FROM airlines_train LIMIT 50")
        -> String
    {
        "SELECT Delay FROM PREDICT(MODEL m, \(query)) "
            + "WITH (x_cols='\(airlinesFeatures)'\(options))"
    }

    @Test("outputs come in the order asked, the threshold decides the label, files hold the same")
    func outputs() throws {
        let (server, client) = try model()
        let answer = try client.query(predict(", output='proba, RAW, leaf', threshold=0.3"))
        let added = [
            "predicted_results", "proba_0", "proba_1", "raw", "leaf_0", "leaf_1", "leaf_2",
        ]
        #expect(answer.names == ["Delay"] + added)
        #expect(answer.rows.count == 50)
        for row in answer.rows {
            let later = Double(row[3] ?? "") ?? -1
            #expect(row[1] == (later >= 0.3 ? "1" : "0"))
            let raw = Double(row[4] ?? "") ?? .nan
            #expect(abs(1 / (1 + exp(-raw)) - later) < 1e-12)
        }
        let all = try client.query(predict(", output='all'"))
        let rest = ["pred", "proba_0", "proba_1", "raw", "leaf_0", "leaf_1", "leaf_2"]
        #expect(all.names == ["Delay", "predicted_results"] + rest)
        #expect(all.rows.map { $0[3] } == answer.rows.map { $0[2] })
        // Every cut has its label; the default is the greater of two probabilities.
        for (threshold, label) in [("0", "1"), ("'1'", "0")] {
            let rows = try client.query(predict(", threshold=\(threshold)")).rows
            #expect(rows.allSatisfy { $0[1] == label }, "\(threshold)")
        }
        let plain = try client.query(predict(", output='label'"))
        #expect(plain.names == ["Delay", "predicted_results"])
        let task =
            try client.query(
                predict(", output='proba,raw,leaf', threshold=0.3, mode='async'")
            ).cell ?? ""
        let state = try client.task(task)
        #expect(state["taskStatus"] == "finish", "\(state)")
        let file = String(decoding: try httpGet(state["filePath"] ?? "").body, as: UTF8.self)
        let lines = file.components(separatedBy: "\r\n").dropLast()
        #expect(lines.first == (["Delay"] + added).joined(separator: ","))
        let online = answer.rows.map { $0.map { $0 ?? "" }.joined(separator: ",") }
        #expect(Array(lines.dropFirst()) == online)
        _ = server
    }

    @Test("PREPARE announces as many columns as the statement answers")
    func prepared() throws {
        let (server, client) = try model()
        let rows = "SELECT * FROM airlines_train LIMIT 2"
        let cases = [
            predict(", output='proba,leaf', explain='shap', on_error='null'", query: rows),
            predict(", output='raw', mode='async'", query: rows), "EXPLAIN " + predict(""),
            "SELECT Delay FROM EXPLAIN(MODEL m, \(rows)) WITH (x_cols='\(airlinesFeatures)')",
            "SELECT * FROM EXPLAIN(MODEL m, \(rows)) WITH (x_cols='\(airlinesFeatures)', "
                + "method='dependence', features='Time')",
            "/*polar4ai*/EXPLAIN MODEL m", "SHOW CATEGORIES FOR MODEL m, Airline", "VERIFY MODEL m",
        ]
        for text in cases {
            try client.start(command: [0x16] + Array(text.utf8))
            let answer = try client.readPacket()
            try #require(answer.first == 0, "\(text)")
            let columns = Int(answer[5])
            for _ in 0..<(columns > 0 ? columns + 1 : 0) { _ = try client.readPacket() }
            #expect(try client.query(text).columns.count == columns, "\(text)")
        }
        _ = server
    }

    @Test("a value that is no option's is 9055 and names the option")
    func errors() throws {
        let (server, client) = try model()
        let cases: [(options: String, option: String)] = [
            (", output='probability'", "output"), (", output='raw,,leaf'", "output"),
            (", output='raw,RAW'", "output"), (", threshold=1.5", "threshold"),
            (", threshold=-0.1", "threshold"), (", threshold='high'", "threshold"),
            (", threshold=(a=1)", "threshold"), (", on_error='ignore'", "on_error"),
            (", on_error=1", "on_error"), (", thresold=0.5", "thresold"),
        ]
        for (options, option) in cases {
            for mode in ["", ", mode='async'"] {
                let failure = try client.failure(of: predict(options + mode))
                #expect(failure.number == 9055, "\(options)")
                #expect(failure.message.hasPrefix("Invalid option '\(option)'"), "\(failure)")
            }
        }
        try client.query(
            "CREATE MODEL r WITH (model_class='lightgbm', x_cols='Flight,Time', y_cols='Length', "
                + "model_parameter=(loss='regression', n_estimators=2)) "
                + "AS (SELECT * FROM airlines_train LIMIT 500)"
        )
        #expect(try client.statuses(of: "r", until: ["saved", "failed"]).last == "saved")
        for (option, word) in [("threshold", "0.5"), ("output", "'proba'")] {
            let failure = try client.failure(
                of: "SELECT Length FROM PREDICT(MODEL r, SELECT * FROM airlines_train LIMIT 1) "
                    + "WITH (x_cols='Flight,Time', \(option)=\(word))"
            )
            #expect(failure.number == 9055)
            #expect(failure.message.hasPrefix("Invalid option '\(option)'"))
        }
        _ = server
    }

    @Test("with on_error='null' a bad value costs its row and no other")
    func badRows() throws {
        let (server, client) = try model()
        try client.query("CREATE TABLE odd AS SELECT * FROM airlines_train LIMIT 3")
        try client.query("ALTER TABLE odd MODIFY Flight VARCHAR(20)")
        try client.query("ALTER TABLE odd ADD COLUMN n INT AUTO_INCREMENT PRIMARY KEY")
        try client.query("UPDATE odd SET Flight = 'seven' WHERE n = 2")
        let query = "SELECT * FROM odd ORDER BY n"
        #expect(try client.failure(of: predict("", query: query)).number == 9062)
        let answer = try client.query(
            predict(", on_error='null', output='proba', threshold=0.4", query: query)
        )
        #expect(answer.names == ["Delay", "predicted_results", "proba_0", "proba_1", "status"])
        let sentence = "Row 2, column 'Flight': 'seven' is no number"
        #expect(answer.rows.map { $0[4] } == ["ok", sentence, "ok"])
        #expect(answer.rows[1][1...3].allSatisfy { $0 == nil })
        for row in [answer.rows[0], answer.rows[2]] {
            #expect(row[1...3].allSatisfy { $0 != nil })
        }
        let task =
            try client.query(
                predict(", on_error='null', mode='async'", query: query)
            ).cell ?? ""
        let state = try client.task(task)
        let file = String(decoding: try httpGet(state["filePath"] ?? "").body, as: UTF8.self)
        let lines = file.components(separatedBy: "\r\n")
        #expect(lines[0] == "Delay,predicted_results,status")
        #expect(lines[2].hasSuffix(",,\"\(sentence)\""))
        _ = server
    }

    @Test("categories that training never saw are one warning with a count for each column")
    func unseen() throws {
        let (server, client) = try model()
        let rows = "SELECT 'AA' Airline, 1 Flight, 'no such' AirportFrom, 'neither' AirportTo, "
        let query = (0..<3).map { "\(rows) \($0) DayOfWeek, 1 Time, 2 Length, 0 Delay" }
            .joined(separator: " UNION ALL ")
        let answer = try client.query(predict("", query: query))
        #expect(answer.rows.count == 3)
        #expect(answer.warnings == 1)
        let expected =
            "Categories that training never saw count as missing: AirportFrom (3), AirportTo (3)"
        #expect(try client.query("SHOW WARNINGS").rows == [["Warning", "9065", expected]])
        #expect(try client.query(predict("")).warnings == 0)
        #expect(try client.query("SHOW WARNINGS").rows.isEmpty)
        _ = server
    }

    @Test("EXPLAIN of PREDICT tells version, trees, bindings and conversions, and runs nothing")
    func plan() throws {
        let (server, client) = try model()
        let sql = predict(", output='raw'", query: "SELECT Time Zeit, t.* FROM airlines_train t")
        let plan = try client.query("EXPLAIN " + sql)
        #expect(plan.names == ["step", "name", "detail"])
        let rows = plan.rows.map { $0.map { $0 ?? "NULL" } }
        #expect(rows[0] == ["rows", "online", "at most 1000"])
        #expect(rows[1] == ["model", "m", "version v1, lightgbm, saved, binary"])
        #expect(rows[2][0...1] == ["trees", "3"])
        #expect(rows[3][0] == "kernel")
        let features = rows.filter { $0[0] == "feature" }
        #expect(features.map { $0[1] }.joined(separator: ",") == airlinesFeatures)
        #expect(features[1][2] == "from Flight (int): number")
        #expect(features[0][2].hasPrefix("from Airline (varchar): text, one of "))
        #expect(
            rows.filter { $0[0] == "column" }.map { $0[1] } == ["predicted_results", "raw"]
        )
        let other = try client.query("/*polar4ai*/DESC " + predict(", mode='async'"))
        #expect(other.rows[0][1] == "async")
        let cases: [(String, Int)] = [
            ("EXPLAIN " + predict("", query: "SELECT 1 AS a"), 1054),
            ("EXPLAIN " + predict(", output='x'"), 9055),
            ("EXPLAIN SELECT a FROM PREDICT(MODEL nobody, SELECT 1 a) WITH (x_cols='a')", 9053),
            (
                "EXPLAIN SELECT a FROM EVALUATE(MODEL m, SELECT 1 a) WITH (x_cols='a')", 1235
            ),
        ]
        for (sql, number) in cases {
            #expect(try client.failure(of: sql).number == number, "\(sql)")
        }
        _ = server
    }

    @Test("SHOW CATEGORIES lists what a feature's categories are, and takes LIKE")
    func categories() throws {
        let (server, client) = try model()
        let shown = try client.query("SHOW CATEGORIES FOR MODEL m, Airline")
        #expect(shown.names == ["category", "code"])
        let known = try client.query("SELECT DISTINCT Airline FROM airlines_train ORDER BY 1").rows
        #expect(shown.rows.map { $0[0] } == known.map { $0[0] })
        #expect(shown.rows.map { $0[1] } == known.indices.map { "\($0)" })
        let some = try client.query("SHOW CATEGORIES FOR MODEL m, airline WHERE category = 'AA'")
        #expect(some.rows.map { $0[0] } == ["AA"])
        let like = try client.query("SHOW CATEGORIES FOR MODEL m, airline LIKE 'A_'")
        #expect(like.rows.map { $0[0] } == known.compactMap { $0[0] }.filter { $0.hasPrefix("A") })
        #expect(try client.query("SHOW CATEGORIES FOR MODEL m, Flight").rows.isEmpty)
        #expect(try client.failure(of: "SHOW CATEGORIES FOR MODEL m, x").number == 1054)
        #expect(try client.failure(of: "SHOW CATEGORIES FOR MODEL x, a").number == 9053)
        _ = server
    }

    @Test("a model is verified by training again, and other rows are found out")
    func verify() throws {
        let (server, client) = try model()
        let fields = Dictionary(
            uniqueKeysWithValues: try client.query("DESC MODEL EXTENDED m").rows.map {
                ($0[0] ?? "", $0[1] ?? "")
            }
        )
        let fingerprint = fields["fingerprint"] ?? ""
        for part in ["\"data\": \"", "\"parameters\": \"", "\"seed\": 1", "\"engine\": \""] {
            #expect(fingerprint.contains(part), "\(fingerprint)")
        }
        // Another database and mode than at creation change nothing.
        try client.query("USE mysql")
        func verification() throws -> [String: String] {
            try client.task(client.query("VERIFY MODEL m").cell ?? "")
        }
        let same = try verification()
        #expect(same["taskStatus"] == "finish", "\(same)")
        let results = same["results"] ?? ""
        for part in ["model", "data", "parameters"] {
            #expect(results.contains("\"\(part)\": \"equal\""), "\(results)")
        }
        try client.query("UPDATE db4ai.airlines_train SET Delay = 1 - Delay LIMIT 40")
        let other = try verification()["results"] ?? ""
        #expect(other.contains("\"data\": \"different\""), "\(other)")
        #expect(other.contains("\"model\": \"different\""), "\(other)")
        #expect(other.contains("\"parameters\": \"equal\""), "\(other)")
        try client.query("DROP TABLE db4ai.airlines_train")
        #expect(try client.failure(of: "VERIFY MODEL m").number == 1146)
        #expect(try client.failure(of: "VERIFY MODEL nobody").number == 9053)
        // Whoever may ask the model may not train it.
        try client.query("CREATE USER reader")
        try client.query("GRANT PREDICT ON MODEL m TO reader")
        let reader = try RawClient(port: server.mysqlPort, user: "reader")
        #expect(try reader.query("SHOW CATEGORIES FOR MODEL m, Airline").rows.isEmpty == false)
        #expect(try reader.failure(of: "VERIFY MODEL m").number == 1142)
        try client.query("REVOKE PREDICT ON MODEL m FROM reader")
        #expect(try reader.failure(of: "SHOW CATEGORIES FOR MODEL m, Airline").number == 1142)
    }
}
