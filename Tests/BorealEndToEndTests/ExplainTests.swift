import Foundation
import Testing

/// Explanations as SQL asks for them.
@Suite("Explanations in SQL", .serialized)
struct ExplainTests {
    private let arguments = "Airline,Flight,AirportFrom,AirportTo,DayOfWeek,Time,Length"

    /// A server with the airlines' test rows and a model `m` of them.
    private func model() throws -> (server: ServerProcess, client: RawClient) {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.loadAirlines("airlines_train", from: "airlines_sample_test.csv")
        try client.query("USE db4ai")
        try client.createAirlinesModel("m", trees: 5)
        #expect(try client.statuses(of: "m", until: ["saved", "failed"]).last == "saved")
        return (server, client)
    }

    /// A model `c` of three classes.
    private func addClasses(_ client: RawClient) throws {
        try client.query(
            "CREATE TABLE three AS SELECT Flight, Time, Length, MOD(DayOfWeek, 3) AS y "
                + "FROM airlines_train LIMIT 600"
        )
        try client.query(
            "CREATE MODEL c WITH (model_class='lightgbm', x_cols='Flight,Time,Length', "
                + "y_cols='y', model_parameter=(loss='multiclass', n_estimators=4)) "
                + "AS (SELECT * FROM three)"
        )
        #expect(try client.statuses(of: "c", until: ["saved", "failed"]).last == "saved")
    }

    private func predict(_ options: String) -> String {
        "SELECT Delay FROM PREDICT(MODEL m, SELECT * FROM airlines_train LIMIT 40) "
            + "WITH (x_cols='\(airlinesFeatures)'\(options))"
    }

    private func explain(_ options: String = "", model: String = "m", _ query: String? = nil)
        -> String
    {
        "SELECT * FROM EXPLAIN(MODEL \(model), \(query ?? "SELECT * FROM airlines_train LIMIT 40"))"
            + " WITH (x_cols='\(model == "m" ? airlinesFeatures : "Flight,Time,Length")'\(options))"
    }

    private func numbers(_ row: some Sequence<String?>) -> [Double] {
        row.map { Double($0 ?? "") ?? .nan }
    }

    private func contributions(_ json: String?) throws -> [[String: Any]] {
        let data = Data((json ?? "").utf8)
        return try #require(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    }

    @Test("contributions and bias add up to the raw score, in a table and in PREDICT's column")
    func additivity() throws {
        let (server, client) = try model()
        let raw = try client.query(predict(", output='raw', explain='shap', top=100"))
        #expect(raw.names == ["Delay", "predicted_results", "raw", "shap", "shap_bias"])
        let table = try client.query(explain())
        let features = airlinesFeatures.split(separator: ",").map(String.init)
        #expect(
            table.names == features + ["Delay"] + features.map { "shap_" + $0 }
                + ["shap_bias", "raw"]
        )
        // DOUBLE.
        #expect(table.columns[8...16].allSatisfy { $0.type == 5 })
        #expect(table.rows.count == 40)
        for (row, other) in zip(table.rows, raw.rows) {
            let parts = numbers(row[8...15])
            let score = Double(row[16] ?? "") ?? .nan
            #expect(abs(parts.reduce(0, +) - score) < 1e-9)
            #expect(row[16] == other[2] && row[15] == other[4])
            let told = try contributions(other[3])
            let byName = Dictionary(uniqueKeysWithValues: zip(features, parts))
            for (index, member) in told.enumerated() {
                let name = try #require(member["feature"] as? String)
                let value = try #require(member["contribution"] as? Double)
                // The reader of JSON here may miss the last bit.
                #expect(abs(value - (byName[name] ?? .nan)) < 1e-12 && value != 0)
                if index > 0 {
                    #expect(abs(value) <= abs(told[index - 1]["contribution"] as? Double ?? 0))
                }
                let cell = row[features.firstIndex(of: name) ?? 0] ?? ""
                #expect("\(member["value"] ?? "")" == cell)
            }
            #expect(told.count == parts.dropLast().count { $0 != 0 })
        }
        let two = try client.query(predict(", explain='shap', top=2"))
        for (row, other) in zip(two.rows, raw.rows) {
            let all = try contributions(other[3]).prefix(2).map { $0["feature"] as? String }
            #expect(try contributions(row[2]).map { $0["feature"] as? String } == all)
        }
        _ = server
    }

    @Test("a model of several classes answers a line a class, and explains the one it predicts")
    func classes() throws {
        let (server, client) = try model()
        try addClasses(client)
        let query = "SELECT * FROM three LIMIT 20"
        let table = try client.query(explain(model: "c", query))
        #expect(
            table.names[3...] == [
                "y", "class", "shap_Flight", "shap_Time", "shap_Length", "shap_bias", "raw",
            ]
        )
        #expect(table.rows.count == 60)
        let predicted = try client.query(
            "SELECT y FROM PREDICT(MODEL c, \(query)) "
                + "WITH (x_cols='Flight,Time,Length', output='raw', explain='shap')"
        )
        for (index, row) in table.rows.enumerated() {
            let parts = numbers(row[5...8])
            #expect(abs(parts.reduce(0, +) - (Double(row[9] ?? "") ?? .nan)) < 1e-9)
            #expect(row[4] == "\(index % 3)")
            let other = predicted.rows[index / 3]
            #expect(row[9] == other[2 + index % 3])
            guard row[4] == other[1] else { continue }
            #expect(row[8] == other[6])
            let sum = try contributions(other[5]).reduce(0) {
                $0 + ($1["contribution"] as? Double ?? .nan)
            }
            #expect(abs(sum - parts.dropLast().reduce(0, +)) < 1e-9)
        }
        let shown = try client.query("EXPLAIN MODEL c USING (\(query))")
        #expect(shown.rows.count == 3)
        _ = server
    }

    @Test("EXPLAIN_ROW answers the JSON of PREDICT's explanation, wherever it stands")
    func function() throws {
        let (server, client) = try model()
        let table = try client.query(predict(", output='raw', explain='shap', top=7"))
        let rows = try client.query(
            "SELECT EXPLAIN_ROW('m', \(arguments)) FROM airlines_train LIMIT 40"
        ).rows
        #expect(rows.count == 40)
        for (row, other) in zip(rows, table.rows) {
            let label = "{\"prediction\": \"\(other[1] ?? "")\", "
            let rest = "\"raw\": \(other[2] ?? ""), \"bias\": \(other[4] ?? ""), "
            #expect(row[0] == label + rest + "\"contributions\": \(other[3] ?? "")}")
        }
        let first = try client.query(
            "SELECT JSON_UNQUOTE(JSON_EXTRACT(EXPLAIN_ROW('m', \(arguments)), "
                + "'$.contributions[0].feature')) f, COUNT(*) FROM airlines_train "
                + "GROUP BY f ORDER BY 2 DESC"
        )
        #expect(first.rows.isEmpty == false)
        let cases: [(String, Int)] = [
            ("SELECT EXPLAIN_ROW('nobody', 1)", 9053), ("SELECT EXPLAIN_ROW('m', 1)", 9055),
            ("SELECT EXPLAIN_ROW('m', 'AA', 'x', 'b', 'c', 1, 2, 3)", 9062),
        ]
        for (sql, number) in cases {
            #expect(try client.failure(of: sql).number == number, "\(sql)")
        }
        _ = server
    }

    @Test("EXPLAIN MODEL lists gain and splits, and with rows how far each feature moves the score")
    func importances() throws {
        let (server, client) = try model()
        let plain = try client.query("EXPLAIN MODEL m")
        #expect(plain.names == ["feature", "gain", "split", "shap"])
        #expect(plain.rows.count == 7)
        #expect(plain.rows.allSatisfy { $0[3] == nil })
        let gains = numbers(plain.rows.map { $0[1] })
        #expect(gains == gains.sorted(by: >))
        #expect(abs(gains.reduce(0, +) - 1) < 1e-9)
        // More rows than PREDICT answers, and than one step takes.
        let used = try client.query("EXPLAIN MODEL m USING (SELECT * FROM airlines_train)")
        let sums = try client.query("SELECT COUNT(*) FROM airlines_train").cell ?? ""
        #expect((Int(sums) ?? 0) > 300)
        let few = try client.query(
            "EXPLAIN MODEL m USING (SELECT * FROM airlines_train LIMIT 40) "
                + "WITH (x_cols='\(airlinesFeatures)')"
        )
        let table = try client.query(explain())
        let means = Dictionary(
            uniqueKeysWithValues: airlinesFeatures.split(separator: ",").enumerated().map {
                index,
                name in
                let column = numbers(table.rows.map { $0[8 + index] })
                return (String(name), column.reduce(0) { $0 + abs($1) } / 40)
            }
        )
        for answer in [used, few] {
            let found = numbers(answer.rows.map { $0[3] })
            #expect(found == found.sorted(by: >))
        }
        for row in few.rows {
            let expected = means[row[0] ?? ""] ?? .nan
            #expect(abs((Double(row[3] ?? "") ?? .nan) - expected) < 1e-9)
        }
        let cases: [(String, Int)] = [
            ("EXPLAIN MODEL nobody", 9053), ("EXPLAIN MODEL m USING (SELECT 1 a)", 1054),
            ("EXPLAIN MODEL m USING (SELECT * FROM airlines_train LIMIT 0)", 9062),
            ("EXPLAIN MODEL m USING (SELECT * FROM airlines_train) WITH (y_cols='a')", 9055),
        ]
        for (sql, number) in cases {
            #expect(try client.failure(of: sql).number == number, "\(sql)")
        }
        _ = server
    }

    @Test("the task's file holds what is answered online")
    func offline() throws {
        let (server, client) = try model()
        let online = try client.query(explain())
        let state = try client.task(client.query(explain(", mode='async'")).cell ?? "")
        #expect(state["taskStatus"] == "finish", "\(state)")
        let file = String(decoding: try httpGet(state["filePath"] ?? "").body, as: UTF8.self)
        let lines = file.components(separatedBy: "\r\n").dropLast()
        #expect(lines.first == online.names.joined(separator: ","))
        #expect(
            lines.dropFirst() == online.rows.map { $0.map { $0 ?? "" }.joined(separator: ",") }[...]
        )
        let types = try client.query("SHOW TASKS").rows.map { $0[1] }
        #expect(types == ["explanation"])
        _ = server
    }

    @Test("what is shuffled, moved or unknown is told before a task begins")
    func errors() throws {
        let (server, client) = try model()
        let cases: [(String, Int)] = [
            (predict(", top=3"), 9055), (predict(", explain='lime'"), 9055),
            (predict(", explain='shap', top=0"), 9055), (explain(", top=3"), 9055),
            (explain(", method='lime'"), 9055), (explain(", method='permutation'"), 9055),
            (explain(", method='permutation', y_cols='Delay', metrics='auc,acc'"), 9055),
            (explain(", method='permutation', y_cols='Delay', metrics='mse'"), 9059),
            (explain(", method='permutation', y_cols='nothing', metrics='auc'"), 1054),
            (
                explain(", method='permutation', y_cols='Delay', metrics='auc', repeats=1000"),
                9055
            ),
            (explain(", method='dependence'"), 9055),
            (explain(", method='dependence', features='nothing'"), 9055),
            (explain(", method='dependence', features='Time', points=1"), 9055),
            (explain(", method='dependence', features='Time', seed=1"), 9055),
            (explain("", "SELECT * FROM airlines_train a, (SELECT 1 UNION SELECT 2) b"), 9050),
            (
                "SELECT Delay FROM EXPLAIN(MODEL m, SELECT * FROM airlines_train) "
                    + "WITH (x_cols='\(airlinesFeatures)', method='dependence', features='Time')",
                9057
            ),
        ]
        for (sql, number) in cases {
            #expect(try client.failure(of: sql).number == number, "\(sql)")
        }
        #expect(try client.query("SHOW TASKS").rows.isEmpty)
        try client.query("CREATE USER reader")
        let reader = try RawClient(port: server.mysqlPort, user: "reader")
        let sql =
            "SELECT * FROM EXPLAIN(MODEL m, SELECT * FROM db4ai.airlines_train LIMIT 1) "
            + "WITH (x_cols='\(airlinesFeatures)')"
        #expect(try reader.failure(of: sql).number == 1142)
        #expect(try reader.failure(of: "EXPLAIN MODEL m").number == 1142)
        try client.query("GRANT PREDICT ON MODEL m TO reader")
        #expect(try reader.query("EXPLAIN MODEL m").rows.count == 7)
        // The model may be asked, the table may not be read.
        #expect(try reader.failure(of: sql).number == 1142)
        try client.query("GRANT SELECT ON db4ai.airlines_train TO reader")
        #expect(try reader.query(sql).rows.count == 1)
    }

    @Test("a model that is no sum over its features says so")
    func unexplainable() throws {
        let (server, client) = try model()
        try client.query(
            "CREATE MODEL l WITH (model_class='lightgbm', x_cols='Flight,Time', y_cols='Length', "
                + "model_parameter=(loss='regression', n_estimators=3, linear_tree=True)) "
                + "AS (SELECT * FROM airlines_train LIMIT 500)"
        )
        #expect(try client.statuses(of: "l", until: ["saved", "failed"]).last == "saved")
        let rows = "SELECT * FROM airlines_train LIMIT 5"
        for sql in [
            "SELECT * FROM EXPLAIN(MODEL l, \(rows)) WITH (x_cols='Flight,Time')",
            "SELECT * FROM PREDICT(MODEL l, \(rows)) WITH (x_cols='Flight,Time', explain='shap')",
            "SELECT EXPLAIN_ROW('l', 1, 2)", "EXPLAIN MODEL l USING (\(rows))",
        ] {
            let failure = try client.failure(of: sql)
            #expect(failure.number == 9057, "\(sql)")
        }
        #expect(try client.query("EXPLAIN MODEL l").rows.count == 2)
        _ = server
    }

    @Test("permutation importance and partial dependence run as tasks")
    func influence() throws {
        let (server, client) = try model()
        let rows = "SELECT * FROM airlines_train LIMIT 200"
        func state(_ options: String) throws -> [String: String] {
            try client.task(client.query(explain(options, rows)).cell ?? "")
        }
        func lines(_ state: [String: String]) throws -> [[String]] {
            let file = String(decoding: try httpGet(state["filePath"] ?? "").body, as: UTF8.self)
            return file.components(separatedBy: "\r\n").dropLast()
                .map { $0.components(separatedBy: ",") }
        }
        let asked = ", method='permutation', y_cols='Delay', metrics='auc', repeats=3, seed=7"
        let first = try state(asked)
        #expect(first["taskStatus"] == "finish", "\(first)")
        let results = try #require(
            JSONSerialization.jsonObject(with: Data((first["results"] ?? "").utf8))
                as? [String: Any]
        )
        let evaluated = try client.task(
            client.query(
                "SELECT Delay FROM EVALUATE(MODEL m, \(rows)) "
                    + "WITH (x_cols='\(airlinesFeatures)', y_cols='Delay', metrics='auc')"
            ).cell ?? ""
        )
        let baseline = try #require(results["baseline"] as? Double)
        let rounded = ((baseline * 10_000).rounded() / 10_000).description
        #expect(evaluated["results"] == "{\"auc\": \(rounded)}")
        #expect(results["rows"] as? Int == 200)
        let losses = try #require(results["importances"] as? [[String: Any]])
        let means = losses.map { $0["mean"] as? Double ?? .nan }
        #expect(losses.count == 7 && means == means.sorted(by: >) && (means.first ?? 0) > 0)
        #expect(try state(asked)["results"] == first["results"])
        let one = try lines(state(asked + ", features='time'"))
        #expect(one[0] == ["feature", "importance", "deviation"])
        #expect(one.count == 2)
        #expect(try lines(first).contains(one[1]))

        let moved = try state(", method='dependence', features='Time,Airline', points=6")
        #expect(moved["taskStatus"] == "finish", "\(moved)")
        let table = try lines(moved)
        #expect(table[0] == ["feature", "point", "proba_0", "proba_1"])
        let times = table.filter { $0[0] == "Time" }
        #expect((2...6).contains(times.count))
        #expect(moved["results"]?.contains("\"Time\": \(times.count)") == true)
        // The mean over the rows with the feature set in SQL.
        let sql =
            "SELECT AVG(PREDICT_PROBA('m', Airline, Flight, AirportFrom, AirportTo, "
            + "DayOfWeek, t, Length)) FROM (SELECT *, \(times[1][1]) t FROM airlines_train "
            + "LIMIT 200) x"
        let mean = Double(try client.query(sql).cell ?? "") ?? .nan
        #expect(abs(mean - (Double(times[1][3]) ?? .nan)) < 1e-9)
        let airlines = table.filter { $0[0] == "Airline" }.map { $0[1] }
        let known = try client.query("SHOW CATEGORIES FOR MODEL m, Airline").rows.map { $0[0] }
        #expect(airlines.allSatisfy(known.contains))
        _ = server
    }
}
