import Foundation
import Testing

/// The conformance list of the dialect, line by line, against a running server.
@Suite("Conformance with the dialect", .serialized)
final class ConformanceTests {
    /// One server for the suite: a table, a trained model.
    static let server = Result { () throws -> ServerProcess in
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        let empty = try client.query("/*polar4ai*/SHOW MODELS")
        #expect(empty.names == ["model_name", "model_class", "model_status"])
        #expect(empty.rows.isEmpty)
        try client.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
        try client.loadAirlines("airlines_test", from: "airlines_sample_test.csv")
        try client.createAirlinesModel()
        #expect(
            try client.statuses(of: "airlines_gbm", until: ["saved", "failed"]).last == "saved"
        )
        return server
    }

    let server: ServerProcess
    let client: RawClient

    init() throws {
        server = try Self.server.get()
        client = try server.connect(database: "db4ai")
    }

    @Test("lines 2 and 3: CREATE MODEL answers OK at once and passes through its states")
    func creationIsAsynchronous() throws {
        let answer = try client.query(
            """
            /*polar4ai*/CREATE MODEL slow WITH (model_class='lightgbm',
            x_cols='\(airlinesFeatures)', y_cols='Delay',
            model_parameter=(n_estimators=400, num_leaves=64))
            AS (SELECT * FROM db4ai.airlines_train)
            """
        )
        #expect(!answer.isResultSet && answer.affectedRows == 0 && answer.warnings == 0)
        let seen = try client.statuses(of: "slow", until: ["saved", "failed"])
        #expect(seen.count > 1)
        #expect(seen.last == "saved")
        let order = ["loading_data", "training", "trained", "saved"]
        #expect(seen.allSatisfy(order.contains))
        #expect(seen == order.filter(seen.contains))
    }

    @Test("lines 4 and 5: SHOW MODEL's columns, and a link good for 100 minutes")
    func showModel() throws {
        let answer = try client.query("/*polar4ai*/SHOW MODEL airlines_gbm")
        #expect(answer.names == ["modelStatus", "modelPath"])
        let path = try #require(answer.rows[0][1])
        for member in ["OSSAccessKeyId=", "Expires=", "Signature="] {
            #expect(path.contains(member))
        }
        let expires = try #require(Self.expiry(of: path))
        #expect(abs(expires - Date().timeIntervalSince1970 - 6_000) < 60)
    }

    static func expiry(of link: String) -> Double? {
        link.components(separatedBy: "Expires=").last.flatMap { Double($0.prefix { $0.isNumber }) }
    }

    @Test("line 6: the link works, and answers 403 when altered or expired, 404 when unknown")
    func signedLink() throws {
        let path = try #require(try client.query("SHOW MODEL airlines_gbm").rows[0][1])
        let good = try httpGet(path)
        #expect(good.status == 200)
        #expect(good.body.count > 1_000)
        let later = path.replacingOccurrences(of: "Expires=1", with: "Expires=2")
        #expect(try httpGet(later).status == 403)
        let expired = path.replacingOccurrences(of: "Expires=", with: "Expires=1&x=")
        #expect(try httpGet(expired).status == 403)
        let start = path.components(separatedBy: "/artifacts/")[0]
        #expect(
            try httpGet(start + "/artifacts/" + String(repeating: "0", count: 64) + "/m.pkl")
                .status == 403
        )
        #expect(try httpGet(start + "/nowhere").status == 404)
        let part = try httpGet(path, headers: ["Range: bytes=10-19"])
        #expect(part.status == 206)
        #expect(part.body == Array(good.body[10..<20]))
    }

    @Test("line 7: DESCRIBE MODEL sorts importances by gain, four decimals, each adding up to 1")
    func describe() throws {
        let answer = try client.query("/*polar4ai*/DESCRIBE MODEL airlines_gbm")
        #expect(answer.names == ["model_name", "model_description"])
        #expect(answer.rows[0][0] == "airlines_gbm")
        let lines = try #require(answer.rows[0][1]).split(separator: "\n").map(String.init)
        #expect(
            Array(lines.prefix(5)) == [
                "basic information:", "model_name:airlines_gbm", "model_class:lightgbm",
                "feature important:", "features,imp_gain,imp_split",
            ]
        )
        let rows = lines.dropFirst(5).map { $0.split(separator: ",").map(String.init) }
        #expect(
            Set(rows.map { $0[0] }) == Set(airlinesFeatures.split(separator: ",").map(String.init))
        )
        for column in [1, 2] {
            let sum = rows.map { Double($0[column]) ?? .nan }.reduce(0, +)
            #expect(abs(sum - 1) < 0.001)
        }
        let gains = rows.map { Double($0[1]) ?? .nan }
        #expect(gains == gains.sorted(by: >))
    }

    @Test("lines 8 to 10: EVALUATE starts a task whose result is the metric")
    func evaluate() throws {
        let answer = try client.query(
            """
            /*polar4ai*/SELECT Delay FROM EVALUATE(MODEL airlines_gbm,
            SELECT * FROM db4ai.airlines_test) WITH (x_cols='\(airlinesFeatures)', y_cols='Delay',
            metrics='acc')
            """
        )
        #expect(answer.names == ["task_id"])
        let id = try #require(answer.cell)
        let uuid = try Regex(
            "^[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
        )
        #expect(id.firstMatch(of: uuid) != nil)
        let shown = try client.query("/*polar4ai*/SHOW TASK `\(id)`")
        #expect(shown.names == ["taskStatus", "filePath", "results", "startTime", "endTime"])
        let row = try client.task(id)
        #expect(row["taskStatus"] == "finish")
        let results = try #require(row["results"])
        #expect(results.firstMatch(of: try Regex("^\\{\"acc\": 0\\.[0-9]{1,4}\\}$")) != nil)
        for time in ["startTime", "endTime"] {
            let shape = try Regex("^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6}$")
            #expect((row[time] ?? "").firstMatch(of: shape) != nil)
        }
    }

    @Test("lines 11 and 12: PREDICT appends predicted_results and keeps types and order")
    func predict() throws {
        let answer = try client.query(
            """
            /*polar4ai*/SELECT Delay FROM PREDICT(MODEL airlines_gbm,
            SELECT * FROM db4ai.airlines_test LIMIT 10) WITH (x_cols='\(airlinesFeatures)')
            """
        )
        #expect(answer.names == ["Delay", "predicted_results"])
        #expect(answer.columns[0].type == 3, "LONG")
        #expect([0xFD, 0xFE, 0xFC].contains(answer.columns[1].type), "text")
        let expected = try client.query("SELECT Delay FROM db4ai.airlines_test LIMIT 10")
        #expect(answer.rows.map { $0[0] } == expected.rows.map { $0[0] })
        #expect(answer.rows.allSatisfy { $0[1] == "0" || $0[1] == "1" }, "line 25")
        let all = try client.query(
            """
            SELECT * FROM PREDICT (MODEL airlines_gbm, SELECT * FROM airlines_test LIMIT 1)
            WITH (x_cols='\(airlinesFeatures)')
            """
        )
        #expect(
            all.names == airlinesFeatures.split(separator: ",").map(String.init)
                + ["Delay", "predicted_results"]
        )
    }

    @Test("line 13: 1,000 rows pass, 1,001 are error 9050 to the letter")
    func onlineLimit() throws {
        func text(_ limit: Int) -> String {
            """
            /*polar4ai*/SELECT Delay FROM PREDICT(MODEL airlines_gbm, SELECT * FROM
            db4ai.airlines_test LIMIT \(limit)) WITH (x_cols='\(airlinesFeatures)')
            """
        }
        #expect(try client.query(text(1_000)).rows.count == 1_000)
        let error = try client.failure(of: text(1_001))
        #expect(error.number == 9050)
        #expect(error.state == "HY000")
        #expect(
            error.message == "Please limit the SQL selected data length to less than '1000' or "
                + "convert to offline prediction"
        )
    }

    @Test("lines 14 to 17: offline prediction, SHOW TASKS, SHOW TASK, DROP TASK")
    func offline() throws {
        let answer = try client.query(
            """
            /*polar4ai*/SELECT Delay, Airline FROM PREDICT(MODEL airlines_gbm, SELECT * FROM
            db4ai.airlines_test) WITH (x_cols='\(airlinesFeatures)', mode='async')
            """
        )
        #expect(answer.names == ["task_id"])
        let id = try #require(answer.cell)
        let row = try client.task(id)
        #expect(row["taskStatus"] == "finish")
        #expect(row["results"] == "")
        let file = try httpGet(try #require(row["filePath"]))
        #expect(file.status == 200)
        let lines = String(decoding: file.body, as: UTF8.self)
            .split(separator: "\r\n")
        #expect(lines[0] == "Delay,Airline,predicted_results")
        #expect(lines.count == 5_338)

        let tasks = try client.query("/*polar4ai*/SHOW TASKS")
        #expect(
            tasks.names == ["task_id", "task_type", "task_status", "start_timestr", "end_timestr"]
        )
        #expect(tasks.rows.contains { $0[0] == id && $0[1] == "prediction" && $0[2] == "finish" })
        let starts = tasks.rows.map { $0[3] ?? "" }
        #expect(starts == starts.sorted())
        #expect(try client.query("SHOW TASK \(id)").rows[0][0] == "finish")
        #expect(try client.query("/*polar4ai*/SHOW TASK '\(id)'").rows[0][0] == "finish")
        #expect(!(try client.query("/*polar4ai*/DROP TASK `\(id)`").isResultSet))
        #expect(try client.failure(of: "/*polar4ai*/SHOW TASK `\(id)`").number == 9058)
        #expect(try httpGet(try #require(row["filePath"])).status == 404)
    }

    @Test("lines 18 and 24: an uploaded pickle serves the ten numbers of the workflow document")
    func upload() throws {
        let files = try FileServer([
            "lgb.pkl": .file(try Fixtures.bytes("models/seed000-lgb-pkl/lgb.pkl")),
            "requirements.txt": .file(Array("lightgbm==3.3.3\n".utf8)),
        ])
        defer { files.stop() }
        try client.loadRegressionRows()
        let answer = try client.query(
            """
            /*polar4ai*/UPLOAD MODEL my_model WITH (
            model_location='\(files.url("lgb.pkl"))?Expires=1',
            req_location='\(files.url("requirements.txt"))')
            """
        )
        #expect(!answer.isResultSet)
        #expect(try client.statuses(of: "my_model", until: ["saved", "failed"]).last == "saved")
        try client.query("/*polar4ai*/DEPLOY MODEL my_model")
        #expect(
            try client.statuses(of: "my_model", until: ["serving", "failed"]).last == "serving"
        )
        let columns = (1...28).map { "x\($0)" }.joined(separator: ",")
        let predicted = try client.query(
            """
            /*polar4ai*/SELECT Y FROM PREDICT(MODEL my_model, SELECT * FROM db4ai.regression_test
            ORDER BY id LIMIT 10) WITH (x_cols='\(columns)', y_cols='')
            """
        )
        let expected = try Fixtures.text("models/seed000-lgb-pkl/expected.csv")
            .split(separator: "\n").dropFirst().prefix(10).map {
                String($0.split(separator: ",")[0])
            }
        #expect(predicted.rows.map { $0[1] } == expected)
        #expect(predicted.rows[0] == ["0.0", "0.6262147669037363"])
        let models = try client.query("/*polar4ai*/SHOW MODELS")
        #expect(models.rows.contains(["my_model", "external", "serving"]))
    }

    @Test("line 19: a dropped model is gone")
    func drop() throws {
        try client.createAirlinesModel("dropped", trees: 3)
        #expect(try client.statuses(of: "dropped", until: ["saved", "failed"]).last == "saved")
        #expect(!(try client.query("/*polar4ai*/DROP MODEL dropped").isResultSet))
        #expect(!(try client.query("SHOW MODELS").rows.contains { $0[0] == "dropped" }))
        let error = try client.failure(of: "/*polar4ai*/SHOW MODEL dropped")
        #expect(error.number == 9053)
        #expect(error.message == "Model 'dropped' does not exist")
    }

    @Test(
        "line 20: keywords in any case, blanks after the hint and before parentheses",
        arguments: [
            "/*polar4ai*/show models", "/* polar4ai */ Show Models;", "/*POLAR4AI*/\nSHOW\tMODELS",
            "/*Polar for AI*/SHOW MODELS", "show models", "-- c\n/*polar4ai*/SHOW MODELS",
        ]
    )
    func spellings(_ text: String) throws {
        #expect(try client.query(text).names == ["model_name", "model_class", "model_status"])
    }

    @Test("line 20 and 21: lower case PREDICT, blanks, y_cols=''")
    func predictSpellings() throws {
        let answer = try client.query(
            """
            /*polar4ai*/ select Delay from predict ( model airlines_gbm, select * from
            db4ai.airlines_test limit 3 )with( x_cols = '\(airlinesFeatures)', y_cols='' );
            """
        )
        #expect(answer.rows.count == 3)
    }

    @Test(
        "line 23: what is unknown is an error that names it",
        arguments: [
            ("model_class='lightgbm', x_cols='Time', y_cols='Delay', colour='red'", 9055, "colour"),
            ("model_class='oracle', x_cols='Time', y_cols='Delay'", 9051, "oracle"),
            ("model_class='lightgbm', x_cols='Tme', y_cols='Delay'", 1054, "Tme"),
            ("model_class='lightgbm', x_cols='Time', y_cols='Dely'", 1054, "Dely"),
            ("model_class='lightgbm', x_cols='Time,time', y_cols='Delay'", 9055, "time"),
            ("model_class='lightgbm', x_cols='Time,Delay', y_cols='Delay'", 9055, "Delay"),
            ("model_class='lightgbm', y_cols='Delay'", 9055, "x_cols"),
            (
                "model_class='lightgbm', x_cols='Time', y_cols='Delay', model_parameter=(leafs=3)",
                9055, "leafs"
            ),
            (
                """
                model_class='lightgbm', x_cols='Time', y_cols='Delay',
                model_parameter=(n_estimators=0)
                """, 9055, "n_estimators"
            ),
        ]
    )
    func unknownThings(_ options: String, _ number: Int, _ word: String) throws {
        let error = try client.failure(
            of: "/*polar4ai*/CREATE MODEL bad WITH (\(options)) AS (SELECT * FROM airlines_train)"
        )
        #expect(error.number == number)
        #expect(error.message.contains("'\(word)'"))
        #expect(try client.failure(of: "/*polar4ai*/SHOW MODEL bad").number == 9053)
    }

    @Test(
        "line 23: metrics and models that do not fit",
        arguments: [
            ("airlines_gbm", "precisn", 9055, "precisn"),
            ("airlines_gbm", "r2_score", 9059, "r2_score"),
            ("nobody", "acc", 9053, "nobody"),
        ]
    )
    func unknownMetrics(_ model: String, _ metric: String, _ number: Int, _ word: String) throws {
        let before = try client.query("SHOW TASKS").rows.count
        let error = try client.failure(
            of: """
                /*polar4ai*/SELECT Delay FROM EVALUATE(MODEL \(model), SELECT * FROM airlines_test)
                WITH (x_cols='\(airlinesFeatures)', y_cols='Delay', metrics='\(metric)')
                """
        )
        #expect(error.number == number)
        #expect(error.message.contains("'\(word)'"))
        #expect(try client.query("SHOW TASKS").rows.count == before)
    }
}
