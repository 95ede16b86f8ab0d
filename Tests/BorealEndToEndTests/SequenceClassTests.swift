import Foundation
import TestPrograms
import Testing

/// The class `bst`, from the vendor's statements in the mariadb client to files on the command
/// line.
@Suite("Sequences in SQL", .serialized)
final class SequenceClassTests {
    static let server = Result { try ServerProcess.ephemeral() }

    let server: ServerProcess
    let client: RawClient

    /// Sequences of eight behaviours in which 0 and 1 occur once each. The target is 1 where 0
    /// comes first; what occurs how often says nothing.
    private static let rows: [(events: [Int], target: Int)] = (0..<1_200).map { row in
        func drawn(_ number: Int, _ most: Int) -> Int {
            var bits = UInt64(row * 32 + number) &* 0x9E37_79B9_7F4A_7C15
            bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
            return Int((bits ^ bits >> 31) >> 20) % most
        }
        var events = (0..<8).map { 2 + drawn($0, 10) }
        let (a, b) = (drawn(8, 8), drawn(9, 7))
        let second = b < a ? b : b + 1
        events[a] = 0
        events[second] = 1
        return (events, a < second ? 1 : 0)
    }

    init() throws {
        server = try Self.server.get()
        client = try server.connect()
        guard try client.query("SHOW DATABASES LIKE 'games'").rows.isEmpty else {
            try client.query("USE games")
            return
        }
        try client.query("CREATE DATABASE games")
        try client.query("USE games")
        try client.query(
            """
            CREATE TABLE seqential_train (uid VARCHAR(255), event_list LONGTEXT, target INT,
            val_row INT, other_feature1 DOUBLE, stats LONGTEXT)
            """
        )
        let rows = Self.rows.enumerated().map { index, row in
            let stats = index % 2 == 0 ? "{\"money\": \(index), \"age\": 3}" : "[3, \(index)]"
            return "('u\(index)', '\(row.events)', \(row.target), \(index % 4 == 3 ? 1 : 0), "
                + "\(index % 9), '\(stats)')"
        }
        try client.query("INSERT INTO seqential_train VALUES " + rows.joined(separator: ", "))
        try client.query(
            "CREATE TABLE seqential_test AS SELECT * FROM seqential_train WHERE val_row = 1"
        )
    }

    private static let shape =
        "window_size=12, sequence_length=8, x_seq_cols='event_list', x_value_cols='other_feature1'"

    /// The same with a width that heads divide.
    private static let even = shape + ", auto_heads=0, num_heads=2"

    /// Trains and answers how that ended.
    private func create(
        _ name: String,
        columns: String = "event_list,other_feature1",
        _ parameters: String,
        query: String = "SELECT * FROM seqential_train",
        label: String = "target"
    ) throws -> String {
        try client.query(
            "/*polar4ai*/CREATE MODEL \(name) WITH (model_class='bst', x_cols='\(columns)', "
                + "y_cols='\(label)', model_parameter=(\(parameters))) AS (\(query))"
        )
        return try client.newestStatus(of: name)
    }

    private func evaluate(_ name: String, _ metrics: String, columns: String) throws
        -> [String: Double]
    {
        let task =
            try client.query(
                "/*polar4ai*/SELECT uid,target FROM EVALUATE(MODEL \(name), "
                    + "SELECT * FROM seqential_test) WITH (x_cols='\(columns)', "
                    + "y_cols='target', metrics='\(metrics)')"
            ).cell ?? ""
        let results = try client.task(task)["results"] ?? ""
        let json = try JSONSerialization.jsonObject(with: Data(results.utf8))
        return json as? [String: Double] ?? [:]
    }

    private static let program = ProgramRun.find("mariadb")

    @Test(
        "the vendor's statements run in the mariadb client",
        .enabled(if: program != nil, "the mariadb client is not installed")
    )
    func vendorsStatements() throws {
        let program = try #require(Self.program)
        func run(_ text: String) throws -> String {
            let run = try ProgramRun(
                program,
                [
                    "--no-defaults", "-c", "-h127.0.0.1", "-P\(server.mysqlPort)", "-uroot", "-N",
                    "games", "-e", text,
                ]
            )
            #expect(run.errors.isEmpty, "\(run.errors)")
            return run.output.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        _ = try run(
            """
            /*polar4ai*/CREATE MODEL sequential_bst WITH (
            model_class = 'bst',
            x_cols = 'event_list,other_feature1',
            y_cols='target',
            model_parameter=(
              batch_size=128,
               window_size=900,
               sequence_length=3000,
               success_id=900,
               max_epoch=2,
               learning_rate=0.0008,
               val_flag=1,
               x_seq_cols='event_list',
               x_value_cols='other_feature1',
               val_metric='f1score',
               auto_data_statics='on',
               data_normalization=1,
               remove_seq_adjacent_duplicates='on',
               version=1)) AS (SELECT * FROM seqential_train);
            """
        )
        #expect(try client.newestStatus(of: "sequential_bst") == "saved")
        let evaluation = try run(
            """
            /*polar4ai*/SELECT uid,target FROM evaluate(MODEL sequential_bst,
            SELECT * FROM seqential_test) WITH
            (x_cols = 'event_list,other_feature1', y_cols='target', metrics='Fscore');
            """
        )
        let scores = try client.task(evaluation)["results"] ?? ""
        #expect(scores.hasPrefix("{\"Fscore\": "), "\(scores)")
        let prediction = try run(
            """
            /*polar4ai*/SELECT uid,target FROM PREDICT(MODEL sequential_bst,
            SELECT * FROM seqential_test) WITH (x_cols= 'event_list,other_feature1',mode='async');
            """
        )
        let done = try client.task(prediction)
        #expect(done["taskStatus"] == "finish")
        let file = try httpGet(done["filePath"] ?? "")
        let lines = String(decoding: file.body, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(lines.count == 302 && lines[0] == "uid,target,predicted_results")
        let facts = try client.query("DESC MODEL EXTENDED sequential_bst").rows.flatMap { $0 }
        let text = facts.compactMap(\.self).joined(separator: "\n")
        for word in ["\"val_f1score\"", "\"validation_rows\": 300", "\"training_rows\": 900"] {
            #expect(text.contains(word), "\(word) in \(text)")
        }
    }

    @Test("what depends on the order of events is learnt, and every way to ask answers the same")
    func order() throws {
        let columns = "event_list,other_feature1,stats"
        let status = try create(
            "ordered",
            columns: columns,
            Self.shape + ", x_statics_cols='stats', version=1, val_flag=1, max_epoch=12, "
                + "batch_size=32, learning_rate=0.004, data_normalization=1, auto_heads=0, "
                + "num_heads=2, dnn_hidden_units='16,8'"
        )
        #expect(status == "saved")
        let found = try evaluate("ordered", "auc,acc,Fscore", columns: columns)
        #expect(found["auc"] ?? 0 > 0.93, "\(found)")
        let bag = try bagOfEvents()
        #expect(bag < 0.6, "\(bag)")
        let shown = try client.query(
            "/*polar4ai*/SELECT uid,target FROM PREDICT(MODEL ordered, "
                + "SELECT * FROM seqential_test) WITH (x_cols='\(columns)')"
        ).rows
        let one = try client.query(
            "SELECT uid, target, PREDICT_ROW('ordered', event_list, other_feature1, stats) "
                + "FROM seqential_test"
        ).rows
        #expect(shown == one && Set(shown.map { $0[2] ?? "" }) == ["0", "1"])
        let mixed = try client.query(
            "SELECT PREDICT_ROW('ordered', '[2, 3, 0, 4, 5, 6, 1, 7]', 1, '[3,4]'), "
                + "PREDICT_ROW('ordered', '2,3,1,4,5,6,0,7', 1, '{\"money\": 4, \"age\": 3}'), "
                + "PREDICT_ROW('ordered', NULL, 1, '3,4')"
        ).rows[0]
        #expect(mixed[0] == "1" && mixed[1] == "0" && mixed[2] != nil, "\(mixed)")
        let task = try client.query("VERIFY MODEL ordered").cell ?? ""
        let results = try client.task(task)["results"] ?? ""
        #expect(results.contains("\"model\": \"equal\""), "\(results)")
    }

    /// The auc of boosted trees over how often each behaviour occurs.
    private func bagOfEvents() throws -> Double {
        let counts = (0..<12).map {
            "(CONCAT(',', REPLACE(REPLACE(REPLACE(event_list, '[', ''), ']', ''), ' ', ''), ',') "
                + "LIKE '%,\($0),%') AS c\($0)"
        }
        let columns = (0..<12).map { "c\($0)" }.joined(separator: ",")
        let query = "SELECT target, \(counts.joined(separator: ", ")) FROM "
        try client.query(
            "CREATE MODEL bag WITH (model_class='lightgbm', x_cols='\(columns)', y_cols='target') "
                + "AS (\(query) seqential_train WHERE val_row = 0)"
        )
        #expect(try client.newestStatus(of: "bag") == "saved")
        let task =
            try client.query(
                "SELECT target FROM EVALUATE(MODEL bag, \(query) seqential_test) "
                    + "WITH (x_cols='\(columns)', y_cols='target', metrics='auc')"
            ).cell ?? ""
        let results = try client.task(task)["results"] ?? ""
        let json = try JSONSerialization.jsonObject(with: Data(results.utf8))
        return (json as? [String: Double])?["auc"] ?? 1
    }

    @Test("several classes, numbers, stacking and the old version's validation columns train")
    func tasks() throws {
        let quick = Self.shape + ", max_epoch=2, batch_size=64, auto_heads=0, num_heads=2"
        #expect(
            try create(
                "several",
                quick + ", version=1, model_task_type='multi_classification', num_classes=3"
            ) == "saved"
        )
        let columns = "event_list,other_feature1"
        #expect(try evaluate("several", "acc,auc", columns: columns).count == 2)
        #expect(
            try create(
                "numbers",
                quick + ", version=1, model_task_type='regression', loss='msle', val_flag=1, "
                    + "val_metric='mape_plus'",
                query: "SELECT event_list, val_row, target + 0.5 AS target, other_feature1 "
                    + "FROM seqential_train"
            ) == "saved"
        )
        let errors = try evaluate("numbers", "r2_score,mse,mape,mape_plus", columns: columns)
        #expect(errors.count == 4, "\(errors)")
        #expect(
            try create(
                "stacked",
                quick + ", version=1, stacking='on', stacking_model='gbdt,svc,rt'"
            ) == "saved"
        )
        #expect(try evaluate("stacked", "auc", columns: columns)["auc"] != nil)
        #expect(
            try create(
                "old",
                quick + ", version=0, val_flag=1",
                query: "SELECT *, IF(val_row = 1, event_list, NULL) AS val_x_cols, "
                    + "IF(val_row = 1, target, NULL) AS val_y_cols FROM seqential_train"
            ) == "saved"
        )
        let facts = try client.query("DESC MODEL EXTENDED old").rows.flatMap { $0 }
        let text = facts.compactMap(\.self).joined(separator: "\n")
        #expect(
            text.contains("\"validation_rows\": 300") && text.contains("\"training_rows\": 1200")
        )
        let refused = try client.failure(
            of: "SELECT * FROM EXPLAIN(MODEL several, SELECT * FROM seqential_test) "
                + "WITH (x_cols='\(columns)', method='shap')"
        )
        #expect(refused.number == 9057, "\(refused)")
        let drift = try client.failure(
            of: "SELECT * FROM DRIFT(MODEL several, SELECT * FROM seqential_test)"
        )
        #expect(drift.number == 9057 || drift.number == 1064, "\(drift)")
    }

    @Test(
        "what can be told before rows are read is told at the statement",
        arguments: [
            ("sequence_length=8, x_seq_cols='event_list', x_value_cols=''", "window_size"),
            ("window_size=12, x_seq_cols='event_list', x_value_cols=''", "sequence_length"),
            ("window_size=12, sequence_length=8, auto_heads=0, x_value_cols=''", "x_seq_cols"),
            (shape + ", auto_heads=1, sequence_length=1", "given twice"),
            ("window_size=9, sequence_length=4, x_seq_cols='event_list', x_value_cols=''", "prime"),
            (
                even.replacingOccurrences(of: "other_feature1", with: "uid"),
                "'uid' is not in x_cols"
            ),
            (even.replacingOccurrences(of: "'other_feature1'", with: "''"), "is in none of"),
            (even + ", version=1, val_flag=1, val_metric='mse'", "val_metric"),
            (even + ", version=0, val_flag=1", "no columns 'val_x_cols' and 'val_y_cols'"),
            (even + ", stacking='on'", "version=1"),
        ]
    )
    func refusals(_ parameters: String, _ word: String) throws {
        let error = try client.failure(
            of: "CREATE MODEL none WITH (model_class='bst', x_cols='event_list,other_feature1', "
                + "y_cols='target', model_parameter=(\(parameters))) "
                + "AS (SELECT * FROM seqential_train)"
        )
        #expect(error.number == 9055 && error.message.contains(word), "\(error)")
        #expect(try client.query("SHOW MODELS LIKE 'none'").rows.isEmpty)
    }

    @Test("val_flag=1 without rows that judge is refused where it is known")
    func noJudges() throws {
        let error = try client.failure(
            of: "CREATE MODEL none WITH (model_class='bst', x_cols='event_list,other_feature1', "
                + "y_cols='target', model_parameter=(\(Self.shape), auto_heads=0, num_heads=2, "
                + "version=1, val_flag=1)) "
                + "AS (SELECT event_list, other_feature1, target FROM seqential_train)"
        )
        #expect(error.number == 9055 && error.message.contains("no column 'val_row'"), "\(error)")
    }

    @Test(
        "what only the rows tell leaves a failed model that says which row, what and what to do",
        arguments: [
            ("'[1, x]' AS event_list, 0 AS val_row", "column 'event_list': 'x' is no behaviour id"),
            ("'[1, 12]' AS event_list, 0 AS val_row", "12 is not below window_size=12"),
            ("'[1]' AS event_list, 2 AS val_row", "'2' is neither 0 (learns) nor 1 (judges)"),
        ]
    )
    func failures(_ columns: String, _ words: String) throws {
        let name = "bad\(words.utf8.reduce(0) { ($0 * 31 + Int($1)) % 1_000_003 })"
        #expect(
            try create(
                name,
                Self.shape + ", auto_heads=0, num_heads=2, version=1",
                query: "SELECT '1,2' AS event_list, 0 AS target, 1.5 AS other_feature1, "
                    + "0 AS val_row UNION ALL SELECT event_list, 1, 2.5, val_row FROM "
                    + "(SELECT \(columns)) t"
            ) == "failed"
        )
        let described = try client.query("DESCRIBE MODEL \(name)").rows[0][1] ?? ""
        #expect(described.contains("error: 9062 Row 2, "), "\(described)")
        #expect(described.contains(words), "\(described)")
    }

    @Test("no row that judges, and lists of other lengths, are told too")
    func emptyValidation() throws {
        let quick = Self.shape + ", auto_heads=0, num_heads=2, version=1"
        #expect(
            try create(
                "unjudged",
                quick + ", val_flag=1",
                query: "SELECT * FROM seqential_train WHERE val_row = 0"
            ) == "failed"
        )
        let described = try client.query("DESCRIBE MODEL unjudged").rows[0][1] ?? ""
        #expect(described.contains("error: 9062 There are no validation rows"), "\(described)")
        #expect(
            try create(
                "uneven",
                columns: "event_list,other_feature1,stats",
                quick + ", x_statics_cols='stats'",
                query: "SELECT event_list, target, other_feature1, stats FROM seqential_train "
                    + "UNION ALL SELECT '1', 0, 1, '[1]'"
            ) == "failed"
        )
        let uneven = try client.query("DESCRIBE MODEL uneven").rows[0][1] ?? ""
        #expect(uneven.contains("Row 1201, column 'stats': it has 1 numbers, where 2"), "\(uneven)")
    }

    @Test("a training is told batch by batch in the process list, and ends within one when dropped")
    func progress() throws {
        try client.query(
            "CREATE MODEL endless WITH (model_class='bst', x_cols='event_list,other_feature1', "
                + "y_cols='target', model_parameter=(\(Self.shape), auto_heads=0, num_heads=2, "
                + "max_epoch=100000)) AS (SELECT * FROM seqential_train)"
        )
        var states: [String] = []
        for _ in 0..<20_000 where states.last?.hasPrefix("training batch") != true {
            let rows = try client.query("SHOW PROCESSLIST").rows
            states += rows.compactMap { $0.first { $0?.hasPrefix("training") == true } ?? nil }
            usleep(5_000)
        }
        #expect(states.last?.hasPrefix("training batch") == true, "\(states.suffix(3))")
        #expect(states.last?.contains(", loss ") == true && states.last?.contains("s left") == true)
        try client.query("DROP MODEL endless")
        #expect(try client.query("SHOW MODELS LIKE 'endless'").rows.isEmpty)
    }

    @Test("files on the command line train and are answered")
    func commandLine() throws {
        let folder = TestRun.folder + "bst"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let lines = Self.rows.prefix(200).enumerated().map { index, row in
            "u\(index),\"\(row.events)\",\(row.target),\(index % 9)"
        }
        let table = "uid,event_list,target,other_feature1\n" + lines.joined(separator: "\n") + "\n"
        try table.write(toFile: folder + "/t.csv", atomically: true, encoding: .utf8)
        let boreal = ServerProcess.binary
        let trained = try ProgramRun(
            boreal,
            [
                "train", "--class", "bst", "--data", folder + "/t.csv", "--label", "target",
                "--out", folder + "/m.boreal", "--json",
            ]
                + [
                    "window_size=12", "sequence_length=8", "x_seq_cols=event_list",
                    "x_value_cols=other_feature1", "auto_heads=0", "num_heads=2",
                ].flatMap { ["--param", $0] }
        )
        #expect(trained.output.contains("\"training_rows\": 200"), "\(trained)")
        let answered = try ProgramRun(
            boreal,
            [
                "predict", "--model", folder + "/m.boreal", "--data", folder + "/t.csv",
                "--output", "proba",
            ]
        )
        #expect(answered.output.hasPrefix("proba_0,proba_1\n"), "\(answered)")
        #expect(answered.output.split(separator: "\n").count == 201)
    }
}
