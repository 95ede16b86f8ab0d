import Foundation
import Testing

/// The classes of the dialect beside lightgbm, from CREATE MODEL to the answer.
@Suite("Model classes in SQL", .serialized)
final class ModelClassTests {
    static let server = Result { try ServerProcess.ephemeral() }
    private static let numbers = "Flight,DayOfWeek,Time,Length"

    let server: ServerProcess
    let client: RawClient

    init() throws {
        server = try Self.server.get()
        client = try server.connect()
        guard try client.query("SHOW DATABASES LIKE 'db4ai'").rows.isEmpty else {
            try client.query("USE db4ai")
            return
        }
        try client.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
        try client.loadAirlines("airlines_test", from: "airlines_sample_test.csv")
        try client.query("USE db4ai")
    }

    /// Trains and answers how that ended.
    private func create(
        _ name: String,
        _ modelClass: String,
        label: String,
        columns: String = numbers,
        _ parameters: String = ""
    ) throws -> String {
        try client.query(
            "/*polar4ai*/CREATE MODEL \(name) WITH (model_class='\(modelClass)', "
                + "x_cols='\(columns)', y_cols='\(label)', model_parameter=(\(parameters)))"
                + "AS (SELECT * FROM airlines_train)"
        )
        return try client.newestStatus(of: name)
    }

    private func evaluate(
        _ name: String,
        label: String,
        columns: String = numbers,
        _ metrics: String
    ) throws -> [String: Double] {
        let task =
            try client.query(
                "/*polar4ai*/SELECT \(label) FROM EVALUATE(MODEL \(name), "
                    + "SELECT * FROM airlines_test) WITH (x_cols='\(columns)', "
                    + "y_cols='\(label)', metrics='\(metrics)')"
            ).cell ?? ""
        let results = try client.task(task)["results"] ?? ""
        let json = try JSONSerialization.jsonObject(with: Data(results.utf8))
        return json as? [String: Double] ?? [:]
    }

    private func create(
        _ course: Course,
        label: String,
        columns: String = numbers
    ) throws -> String {
        try client.query(
            "/*polar4ai*/CREATE MODEL \(course.name) WITH (model_class='\(course.modelClass)', "
                + "x_cols='\(columns)', y_cols='\(label)', "
                + "model_parameter=(\(course.parameters))) "
                + "AS (SELECT * FROM airlines_train LIMIT \(course.rows))"
        )
        return try client.newestStatus(of: course.name)
    }

    private func verify(_ name: String) throws {
        let task = try client.query("VERIFY MODEL \(name)").cell ?? ""
        let results = try client.task(task)["results"] ?? ""
        #expect(results.contains("\"model\": \"equal\""), "\(results)")
    }

    /// What PREDICT shows for some rows.
    private func predictions(_ name: String, columns: String = numbers) throws -> [String] {
        try client.query(
            "/*polar4ai*/SELECT Delay FROM PREDICT(MODEL \(name), SELECT * FROM airlines_test "
                + "LIMIT 50) WITH (x_cols='\(columns)', y_cols='')"
        ).rows.map { ($0.last ?? nil) ?? "" }
    }

    /// A class with parameters, how many rows teach it, and what it must reach at least.
    struct Course: CustomTestStringConvertible, Sendable {
        let modelClass: String
        var parameters = ""
        var rows = 800
        let least: Double
        var testDescription: String { "\(modelClass) \(parameters)" }
        /// A name of its own.
        var name: String {
            modelClass + String(parameters.utf8.reduce(0) { ($0 * 31 + Int($1)) % 100_003 })
        }
    }

    /// scikit-learn on the same rows: auc 0.5425, 0.5878, 0.5833.
    static let classifiers = [
        Course(
            modelClass: "gbdt",
            parameters: "n_estimators=60, max_depth=3",
            rows: 100_000,
            least: 0.6
        ),
        Course(modelClass: "gbdt", parameters: "loss='exponential', max_depth=3", least: 0.55),
        Course(modelClass: "randomforestcls", parameters: "n_estimators=10", least: 0.52),
        Course(modelClass: "logisticreg", parameters: "normalize=True", least: 0.57),
        Course(modelClass: "svc", parameters: "probability=True", least: 0.56),
    ]

    /// scikit-learn on the same rows: r2 0.0866, 0.0054, 0.1045, 0.0224.
    static let regressions = [
        Course(modelClass: "gbrt", parameters: "n_estimators=40, max_depth=3", least: 0.05),
        Course(modelClass: "gbrt", parameters: "objective='huber', max_depth=2", least: 0.02),
        Course(modelClass: "randomforestreg", parameters: "n_estimators=10", least: -0.05),
        Course(modelClass: "linearreg", least: 0.1),
        Course(modelClass: "svr", least: 0.01),
    ]

    @Test(
        "a classifier is trained, judged and asked, and trains to the same bytes again",
        arguments: classifiers
    )
    func classify(_ course: Course) throws {
        let name = course.name
        #expect(try create(course, label: "Delay") == "saved")
        let found = try evaluate(name, label: "Delay", "acc,auc,Fscore,ks")
        #expect(found["auc"] ?? 0 > course.least, "\(found)")
        let task =
            try client.query(
                "SELECT Delay FROM EVALUATE(MODEL \(name), SELECT * FROM airlines_test) "
                    + "WITH (x_cols='\(Self.numbers)', y_cols='Delay', metrics='confusion_matrix')"
            ).cell ?? ""
        let matrix = try client.task(task)["results"] ?? ""
        let head = "{\"confusion_matrix\": {\"labels\": [\"0\", \"1\"], \"matrix\": [["
        #expect(matrix.hasPrefix(head), "\(matrix)")
        #expect(try Set(predictions(name)).isSubset(of: ["0", "1"]))
        try verify(name)
    }

    @Test(
        "a regression is trained, judged and asked, and trains to the same bytes again",
        arguments: regressions
    )
    func regress(_ course: Course) throws {
        let (name, columns) = (course.name, "Flight,DayOfWeek,Time,Delay")
        #expect(try create(course, label: "Length", columns: columns) == "saved")
        let found = try evaluate(name, label: "Length", columns: columns, "r2_score,mse,mae")
        #expect(found["r2_score"] ?? -9 > course.least, "\(found)")
        #expect(try predictions(name, columns: columns).allSatisfy { Double($0) != nil })
        try verify(name)
    }

    @Test("deepfm takes texts, NULL and validation rows, and answers a probability")
    func deepfm() throws {
        let columns = "Airline,AirportFrom,AirportTo,DayOfWeek,Time"
        try client.query(
            "CREATE MODEL deep WITH (model_class='deepfm', x_cols='\(columns)', y_cols='Delay', "
                + "valid=(SELECT * FROM airlines_test LIMIT 500), model_parameter=(epochs=3, "
                + "dnn_hidden_units='16,8', learning_rate=0.005)) "
                + "AS (SELECT * FROM airlines_train LIMIT 4000)"
        )
        #expect(try client.newestStatus(of: "deep") == "saved")
        let found = try evaluate("deep", label: "Delay", columns: columns, "acc,auc")
        #expect(found["auc"] ?? 0 > 0.6, "\(found)")
        let shown = try predictions("deep", columns: columns)
        #expect(shown.allSatisfy { (0...1).contains(Double($0) ?? -1) }, "\(shown)")
        let facts = try client.query("DESC MODEL EXTENDED deep").rows.flatMap { $0 }
        let text = facts.compactMap(\.self).joined(separator: "\n")
        #expect(text.contains("\"val_loss\"") && text.contains("\"validation_rows\": 500"))
        let missing = try client.query(
            "SELECT * FROM PREDICT(MODEL deep, SELECT 'ZZ' AS Airline, NULL AS AirportFrom, "
                + "'LAX' AS AirportTo, 3 AS DayOfWeek, NULL AS Time) WITH (x_cols='\(columns)')"
        ).rows
        #expect(missing.count == 1 && Double(missing[0].last.flatMap(\.self) ?? "") != nil)
    }

    @Test("kmeans takes no label, answers cluster numbers and keeps its own file")
    func clusters() throws {
        #expect(try create("groups", "kmeans", label: "", "n_clusters=3") == "saved")
        #expect(try Set(predictions("groups")).isSubset(of: ["0", "1", "2"]))
        let link = try client.query("/*polar4ai*/SHOW MODEL groups").rows[0][1] ?? ""
        #expect(link.contains(".boreal?"), "\(link)")
        let facts = try client.query("DESC MODEL EXTENDED groups").rows
        let text = facts.compactMap(\.last).compactMap(\.self).joined(separator: "\n")
        #expect(text.contains("\"inertia\": "), "\(text)")
        let task =
            try client.query(
                "SELECT * FROM EVALUATE(MODEL groups, SELECT * FROM airlines_test) "
                    + "WITH (x_cols='\(Self.numbers)', y_cols='', metrics='silhouette')"
            ).cell ?? ""
        let results = try client.task(task)["results"] ?? ""
        #expect(results.hasPrefix("{\"silhouette\": 0."), "\(results)")
        let label = try client.failure(
            of: "SELECT * FROM EVALUATE(MODEL groups, SELECT * FROM airlines_test) "
                + "WITH (x_cols='\(Self.numbers)', y_cols='Delay', metrics='silhouette')"
        )
        #expect(label.message.contains("clusters are judged without a label"))
        let empty = try client.failure(
            of: "SELECT * FROM PREDICT(MODEL groups, SELECT 1 AS Flight, 2 AS DayOfWeek, "
                + "NULL AS Time, 4 AS Length) WITH (x_cols='\(Self.numbers)')"
        )
        #expect(
            empty.message
                == "Row 1, column 'Time': the value is NULL; the model takes no missing values"
        )
        let described = try client.query("DESCRIBE MODEL groups").rows[0][1] ?? ""
        #expect(described.hasSuffix("model_class:kmeans"), "\(described)")
    }

    @Test(
        "what a class does not take is told at the statement",
        arguments: [
            (
                "model_class='gbrt', x_cols='Airline,Time', y_cols='Length'", 9055,
                "Invalid option 'x_cols': column 'Airline' is text; the class 'gbrt' takes numbers"
            ),
            (
                "model_class='gbrt', x_cols='Time', y_cols='Airline'", 9055,
                "Invalid option 'y_cols': label 'Airline' is text; the class 'gbrt' takes numbers"
            ),
            (
                "model_class='gbdt', x_cols='Time', y_cols=''", 9055,
                "Invalid option 'y_cols': the class 'gbdt' needs a label column"
            ),
            (
                "model_class='kmeans', x_cols='Time', y_cols='', model_parameter=(clusters=3)",
                9055, "Invalid option 'clusters': unknown parameter; did you mean 'n_clusters'?"
            ),
        ]
    )
    func refusals(_ options: String, _ number: Int, _ sentence: String) throws {
        let error = try client.failure(
            of: "CREATE MODEL none WITH (\(options)) AS (SELECT * FROM airlines_train)"
        )
        #expect(error.number == number && error.message == sentence, "\(error)")
        #expect(try client.query("SHOW MODELS LIKE 'none'").rows.isEmpty)
    }

    @Test("what only the rows tell leaves a failed model that says why")
    func failures() throws {
        #expect(try create("crowd", "kmeans", label: "", "n_clusters=900000") == "failed")
        let described = try client.query("DESCRIBE MODEL crowd").rows[0][1] ?? ""
        #expect(described.contains("error: 9062 "), "\(described)")
        try client.query("CREATE TABLE holes (a INT, b INT)")
        try client.query("INSERT INTO holes VALUES (1, 2), (3, NULL), (5, 6)")
        try client.query(
            "CREATE MODEL holed WITH (model_class='kmeans', x_cols='a,b', y_cols='', "
                + "model_parameter=(n_clusters=2)) AS (SELECT * FROM holes)"
        )
        #expect(try client.newestStatus(of: "holed") == "failed")
        let reason = try client.query("DESCRIBE MODEL holed").rows[0][1] ?? ""
        #expect(reason.contains("Row 2, column 'b': the value is NULL"), "\(reason)")
    }
}
