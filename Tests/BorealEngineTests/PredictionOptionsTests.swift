import BorealBase
import BorealGraph
import BorealSQL
import Testing

@testable import BorealEngine

@Suite("Options of PREDICT and EXPLAIN")
struct PredictionOptionsTests {
    private func request(_ options: String) throws -> PredictRequest {
        let text = "SELECT a FROM PREDICT(MODEL m, SELECT 1 a) WITH (x_cols='a'\(options))"
        guard case .model(.predict(let node)) = try StatementParser.parse(text).kind else {
            throw ServerError(.unknownError, "no PREDICT")
        }
        return try RequestReader.predict(node)
    }

    private func influence(_ options: String) throws -> InfluenceRequest? {
        let text = "SELECT * FROM EXPLAIN(MODEL m, SELECT 1 a) WITH (x_cols='a'\(options))"
        guard case .model(.explainRows(let node)) = try StatementParser.parse(text).kind else {
            throw ServerError(.unknownError, "no EXPLAIN")
        }
        return try RequestReader.influence(node)
    }

    @Test(
        "outputs, threshold, contributions and bad rows as written",
        arguments: [
            ("", "[] nil nil false"), (", output='label'", "[] nil nil false"),
            (", output=' RAW , proba'", "[raw proba] nil nil false"),
            (", output='leaf,label'", "[leaf] nil nil false"),
            (", threshold=0.25", "[] 0.25 nil false"), (", threshold='1'", "[] 1.0 nil false"),
            (", threshold=None, top=None", "[] nil nil false"),
            (", explain='SHAP'", "[] nil 5 false"), (", explain=shap, top='2'", "[] nil 2 false"),
            (", on_error='null'", "[] nil nil true"), (", on_error='Fail'", "[] nil nil false"),
            (", on_error=''", "[] nil nil false"),
        ]
    )
    func values(_ options: String, _ expected: String) throws {
        let answer = try request(options).answer
        let outputs = answer.outputs.map(\.rawValue).joined(separator: " ")
        let threshold = answer.threshold.map { "\($0)" } ?? "nil"
        let most = answer.contributionsMax.map { "\($0)" } ?? "nil"
        #expect("[\(outputs)] \(threshold) \(most) \(answer.keepsBadRows)" == expected)
    }

    @Test(
        "what is no option's value names the option",
        arguments: [
            (", threshold=nan", "threshold"), (", threshold='inf'", "threshold"),
            (", threshold=1.0001", "threshold"), (", top=2.5, explain='shap'", "top"),
            (", top=1", "top"), (", top=99999999999, explain='shap'", "top"),
            (", explain='gain'", "explain"), (", output=''''", "output"), (", output=5", "output"),
            (", on_error='skip'", "on_error"),
        ]
    )
    func errors(_ options: String, _ name: String) {
        let error = #expect(throws: ServerError.self) { try request(options) }
        #expect(error?.code == .invalidOption)
        #expect(error?.message.hasPrefix("Invalid option '\(name)'") == true, "\(options)")
    }

    @Test("methods over all rows are told from contributions of each row")
    func methods() throws {
        for none in ["", ", method=''", ", method='SHAP'"] { #expect(try influence(none) == nil) }
        let asked = try influence(
            ", method='permutation', y_cols='y', metrics='auc', seed=9, features='a'"
        )
        guard case .permutation("y", .auc, 5, 9)? = asked?.method else {
            Issue.record("\(String(describing: asked))")
            return
        }
        #expect(asked?.only == ["a"])
        guard case .dependence(20)? = try influence(", method=dependence")?.method else {
            Issue.record("no dependence of 20 points")
            return
        }
        let wrong = [
            (", method='permutation', y_cols='y,z', metrics='auc'", "y_cols"),
            (", method='permutation', y_cols='y', metrics='auc', seed=-1", "seed"),
            (", method='permutation', y_cols='y', metrics='auc', points=5", "points"),
            (", method='dependence', points=1001", "points"),
            (", method='dependence', mode='later'", "mode"),
        ]
        for (options, name) in wrong {
            let error = #expect(throws: ServerError.self) { try influence(options) }
            #expect(error?.message.hasPrefix("Invalid option '\(name)'") == true, "\(options)")
        }
    }

    @Test("a plan says what becomes of a cell")
    func conversions() throws {
        let text = FeatureKind.category(try CategoryDictionary(.text(["a", "b"])))
        let number = FeatureKind.category(try CategoryDictionary(.number([1, 2, 3])))
        let cases: [(ColumnType.Kind, FeatureKind, String)] = [
            (.long, .number, "number"), (.varchar, .number, "text read as a number"),
            (.decimal, .number, "text read as a number"), (.dateTime, .number, "seconds"),
            (.bit, .number, "bits as a number"),
            (.long, .integerCategory, "category by its whole number"),
            (.varchar, text, "text, one of 2 categories by bytes"),
            (.double, text, "decimal text, one of 2 categories by bytes"),
            (.long, number, "number, one of 3 categories by value"),
            (.text, number, "text read as a number, one of 3 categories by value"),
        ]
        for (type, kind, expected) in cases {
            #expect(PredictionPlan.conversion(type, kind) == expected)
        }
    }
}

@Suite("Fingerprints of training")
struct TrainingFingerprintTests {
    private func fingerprint(
        _ change: (inout [[Double]]) -> Void = { _ in },
        parameters: String = "",
        names: [String] = ["a", "b"]
    ) throws -> TrainingFingerprint {
        var columns: [[Double]] = [[1, 2, 3, 4], [5, 6, 7, .nan], [0, 1, 0, 1]]
        change(&columns)
        let text =
            "CREATE MODEL m WITH (model_class='lightgbm', x_cols='a,b', y_cols='y', "
            + "model_parameter=(\(parameters))) AS (SELECT 1)"
        guard case .model(.createModel(let node)) = try StatementParser.parse(text).kind else {
            throw ServerError(.unknownError, "no CREATE MODEL")
        }
        let request = try RequestReader.create(node)
        var builder = TrainingSetBuilder(features: names, label: "y")
        let batch = zip(names + ["y"], columns).map { name, values in
            Column(
                name: name,
                type: .double,
                storage: .double(values),
                validity: Validity(allValid: values.count)
            )
        }
        try builder.append(RowBatch(columns: batch, rowCount: columns[0].count))
        let payload = JobPayload(statement: text, database: "d", sqlMode: "", timeZone: "SYSTEM")
        return try TrainingFingerprint(try builder.finish(request.plan), payload)
    }

    @Test("any change of a value, a name, a label or the order shows, and threads do not")
    func sensitivity() throws {
        let base = try fingerprint()
        #expect(base.data.count == 64 && base.rows == 4)
        #expect(try fingerprint() == base)
        #expect(try fingerprint(parameters: "n_jobs=1") == base)
        let changes: [(inout [[Double]]) -> Void] = [
            { $0[0][1] = 2.5 }, { $0[1][3] = 0 }, { $0[2] = [1, 0, 0, 1] },
            { columns in for index in columns.indices { columns[index].swapAt(0, 1) } },
            { columns in for index in columns.indices { columns[index].append(1) } },
        ]
        for change in changes { #expect(try fingerprint(change).data != base.data) }
        #expect(try fingerprint(names: ["a", "c"]).data != base.data)
        let slower = try fingerprint(parameters: "learning_rate=0.01")
        #expect(slower.data == base.data && slower.parameters != base.parameters)
    }

    @Test("the stored form is read again, and verification names what differs")
    func stored() throws {
        let base = try fingerprint(parameters: "random_state=7")
        #expect(base.seed == 7)
        #expect(TrainingFingerprint(json: base.json.description) == base)
        for text in ["", "{}", "[", "{\"data\": 1}"] {
            #expect(TrainingFingerprint(json: text) == nil)
        }
        let other = try fingerprint({ $0[0][0] = 9 }, parameters: "random_state=7")
        let results = VerifyRunner.results(base, other, isSameModel: false)
        #expect(results["model"]?.string == "different")
        #expect(results["data"]?.string == "different")
        #expect(results["parameters"]?.string == "equal")
        #expect(VerifyRunner.results(nil, base, isSameModel: true)["data"]?.string == "unknown")
    }
}
