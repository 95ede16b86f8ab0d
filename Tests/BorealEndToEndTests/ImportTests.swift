import Foundation
import Testing

/// Models of boosted trees that are imported, and ML_PREDICT on them.
@Suite("Imported models", .serialized)
struct ImportTests {
    private static let server = Result {
        try ServerProcess(
            arguments: ["--ephemeral"],
            environment: ["BOREAL_IMPORT_DIR": Fixtures.root + "/models"]
        )
    }

    private let client: RawClient

    init() throws { client = try Self.server.get().connect() }

    /// The first lines of a fixture's file, split into cells.
    private func lines(_ path: String) throws -> [[String]] {
        try Fixtures.text("models/" + path).split(separator: "\n").prefix(5).map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    private func inputs(_ fixture: String) throws -> String {
        try lines(fixture + "/rows.csv")[0].map { "\($0) DOUBLE" }.joined(separator: ", ")
    }

    /// The cells of a row as arguments.
    private func arguments(_ fixture: String, row: Int) throws -> String {
        try lines(fixture + "/rows.csv")[row].map { $0.isEmpty ? "NULL" : $0 + "e0" }
            .joined(separator: ", ")
    }

    private func create(
        _ name: String,
        _ location: String,
        _ inputs: String,
        type: String = "BOOSTED_TREE_CLASSIFIER",
        _ further: String = ""
    ) -> String {
        """
        CREATE MODEL \(name) WITH VERSION v1 INPUT (\(inputs))
        OPTIONS (MODEL_SOURCE_TYPE='IMPORT', MODEL_TYPE='\(type)', LOCATION='\(location)',
        ROLEARN='acs:ram::1234:role/aliyunodpsdefaultrole'\(further)) COMMENT 'trees'
        """
    }

    private func folder(_ fixture: String) -> String {
        "file://\(Fixtures.root)/models/\(fixture)/"
    }

    /// What DESCRIBE says of a model that failed.
    private func failure(of model: String) throws -> String {
        #expect(try client.statuses(of: model, until: ["saved", "failed"]).last == "failed")
        return try client.query("/*polar4ai*/DESCRIBE MODEL \(model)").rows[0][1] ?? ""
    }

    private func expected(_ label: String, _ probabilities: [String]) -> String {
        let digits = probabilities.map { Float($0)?.description ?? "" }
        return "{\"label\": \"\(label)\", \"probs\": [\(digits.joined(separator: ", "))]}"
    }

    @Test("line 32: a classifier, imported from a folder, tells label and probabilities")
    func classifier() throws {
        let fixture = "xgb305-clf-pkl5"
        try client.query(create("trees", folder(fixture), try inputs(fixture)))
        #expect(try client.statuses(of: "trees", until: ["saved", "failed"]).last == "saved")
        let wanted = try lines(fixture + "/expected.csv")
        for row in 1...3 {
            let arguments = try arguments(fixture, row: row)
            for version in ["v1", "DEFAULT_VERSION", "'v1'"] {
                let answer = try client.query("SELECT ML_PREDICT(trees, \(version), \(arguments))")
                #expect(
                    answer.rows[0][0] == expected(wanted[row][0], Array(wanted[row][1...2]))
                )
            }
        }
        #expect(
            try client.query("SELECT ML_PREDICT('trees', v1, 1, 2, 3, 4, 5, 6, 7)->>'$.label'")
                .rows[0][0]?.isEmpty == false
        )
        let shown = try client.query("DESC MODEL EXTENDED trees").rows.description
        #expect(shown.contains("BOOSTED_TREE_CLASSIFIER") && shown.contains("role/"))
    }

    @Test("a booster without labels tells the place of the likelier class")
    func booster() throws {
        let fixture = "xgb214-json-categorical"
        let server = try FileServer([
            "m/model.json": .file(try Fixtures.bytes("models/\(fixture)/model.json"))
        ])
        defer { server.stop() }
        try client.query(create("raw", server.url("m"), try inputs(fixture)))
        #expect(try client.statuses(of: "raw", until: ["saved", "failed"]).last == "saved")
        let positive = Float(try lines(fixture + "/expected.csv")[1][0]) ?? 0
        let answer = try client.query(
            "SELECT ML_PREDICT(raw, v1, \(try arguments(fixture, row: 1)))"
        )
        #expect(
            answer.rows[0][0]
                == expected("1", [(1 - positive).description, positive.description])
        )
    }

    @Test("a regressor answers its number as text, over a table and in UPDATE")
    func regressor() throws {
        let fixture = "lgb333-reg-quantile-joblib-zlib"
        let server = try FileServer([
            "deep/model.pkl": .file(try Fixtures.bytes("models/\(fixture)/model.pkl"))
        ])
        defer { server.stop() }
        let columns = try inputs(fixture)
        let type = "BOOSTED_TREE_REGRESSOR"
        try client.query(create("line", server.url("deep/"), columns, type: type))
        #expect(try client.statuses(of: "line", until: ["saved", "failed"]).last == "saved")
        try client.query("CREATE DATABASE IF NOT EXISTS d")
        try client.query("CREATE TABLE d.line (id INT PRIMARY KEY, \(columns), p VARCHAR(40))")
        for row in 1...3 {
            let cells = try arguments(fixture, row: row)
            try client.query("INSERT INTO d.line VALUES (\(row), \(cells), NULL)")
        }
        let names = try lines(fixture + "/rows.csv")[0].joined(separator: ", ")
        let call = "ML_PREDICT(line, v1, \(names))"
        let wanted = try lines(fixture + "/expected.csv")[1...3].map { Double($0[0])?.description }
        let rows = try client.query("SELECT \(call) FROM d.line ORDER BY id").rows
        #expect(rows.map { $0[0] } == wanted)
        try client.query("UPDATE d.line SET p = \(call)")
        #expect(try client.query("SELECT p FROM d.line ORDER BY id").rows == rows)
    }

    @Test("columns are held to INPUT: their number, order and types")
    func columns() throws {
        let fixture = "xgb305-clf-pkl5"
        var inputs = try lines(fixture + "/rows.csv")[0].map { "\($0) DOUBLE" }
        inputs[3] = "ints BIGINT"
        try client.query(
            create("typed", folder(fixture), inputs.joined(separator: ", "))
        )
        #expect(try client.statuses(of: "typed", until: ["saved", "failed"]).last == "saved")
        let cases = [
            ("1, 2, 3, 4, 5, 6", "6 columns"), ("1, 2, 3, 4, 5, 6, 7, 8", "8 columns"),
            ("1, 2, 3, 4.5, 5, 6, 7", "'ints' BIGINT"), ("'1', 2, 3, 4, 5, 6, 7", "'num_a' DOUBLE"),
            ("1, 2, x'00', 4, 5, 6, 7", "'zeroish' DOUBLE"),
        ]
        for (arguments, word) in cases {
            let failure = try client.failure(of: "SELECT ML_PREDICT(typed, v1, \(arguments))")
            #expect(failure.number == 9055 && failure.message.contains(word), "\(failure)")
        }
        let sql = "SELECT ML_PREDICT(typed, v1, 1.5, NULL, 3, 4, 5e0, 6, 7)->>'$.label'"
        #expect(try client.query(sql).rows[0][0] != nil)
        #expect(try client.failure(of: "SELECT ML_PREDICT(typed, v2, 1)").number == 9053)
        #expect(try client.failure(of: "SELECT ML_PREDICT(no_such, v1, 1)").number == 9053)
    }

    @Test("a further version is imported too, and leaves the default as it is")
    func versions() throws {
        let fixture = "xgb305-clf-pkl5"
        try client.query(create("two", folder(fixture), try inputs(fixture)))
        #expect(try client.newestStatus(of: "two") == "saved")
        try client.query("ALTER MODEL two ADD VERSION v2 WITH OPTIONS () COMMENT 'again'")
        #expect(try client.newestStatus(of: "two") == "saved")
        let versions = try client.query("SHOW VERSIONS FOR MODEL two").rows
        #expect(versions.map { $0[0] } == ["v1", "v2"])
        #expect(versions.map { $0[3] } == ["yes", ""])
        let type = "MODEL_TYPE='BOOSTED_TREE_REGRESSOR'"
        let failure = try client.failure(
            of: "ALTER MODEL two ADD VERSION v3 WITH OPTIONS (\(type))"
        )
        #expect(failure.number == 9055 && failure.message.contains("cannot change"))
        try client.query(
            "CREATE MODEL IF NOT EXISTS two WITH VERSION v9 "
                + "OPTIONS (MODEL_SOURCE_TYPE='IMPORT')"
        )
        #expect(try client.query("SHOW VERSIONS FOR MODEL two").rows.count == 2)
    }

    @Test(
        "what cannot be imported is refused at once, by name",
        arguments: [
            ("file:///etc/", "", 9060, "import_dir"), ("file://x/", "", 9060, "file:///"),
            ("file://ROOT/models/../", "", 9060, "import_dir"),
            ("file://ROOT/models/no_such", "", 9060, "no such"),
            ("oss://bucket", "", 9060, "oss://endpoint/bucket"),
            ("oss://end point/bucket/dir/", "", 9060, "oss://endpoint/bucket"),
            ("ftp://host/x", "", 9060, "ftp"), ("http://u:p@host/x", "", 9060, "password"),
            ("http://169.254.169.254/", "", 9060, "169.254.169.254"),
            ("http://127.0.0.1:1/", ", TASKS='chat'", 9055, "TASKS"),
            ("http://127.0.0.1:1/", ", location='x'", 9055, "twice"),
        ]
    )
    func refused(_ location: String, _ further: String, _ number: Int, _ word: String) throws {
        let place = location.replacingOccurrences(of: "ROOT", with: Fixtures.root)
        let sql = create("bad", place, "a DOUBLE", further)
        let failure = try client.failure(of: sql)
        #expect(failure.number == number && failure.message.contains(word), "\(failure)")
        #expect(try client.query("SHOW MODELS LIKE 'bad'").rows.isEmpty)
    }

    @Test("INPUT and a known type are demanded")
    func demanded() throws {
        let none = try client.failure(
            of: create("bad", folder("xgb305-clf-pkl5"), "a DOUBLE")
                .replacingOccurrences(of: "INPUT (a DOUBLE)", with: "")
        )
        #expect(none.number == 9055 && none.message.contains("INPUT"))
        let type = try client.failure(
            of: create("bad", folder("xgb305-clf-pkl5"), "a DOUBLE", type: "LINEAR_REG")
        )
        #expect(type.number == 9055 && type.message.contains("BOOSTED_TREE_REGRESSOR"))
        let blob = try client.failure(
            of: create("bad", folder("xgb305-clf-pkl5"), "a BINARY")
        )
        #expect(blob.number == 9055 && blob.message.contains("'a'"))
    }

    @Test("a file that is not what the statement says leaves a failed model that says why")
    func mismatches() throws {
        let server = try FileServer([
            "text/model.json": .file(Array("{}".utf8)), "down/model.json": .status(500),
            "empty/x": .status(404),
        ])
        defer { server.stop() }
        let fixture = "xgb305-clf-pkl5"
        let all = try inputs(fixture)
        let cases = [
            (create("m1", folder(fixture), all, type: "BOOSTED_TREE_REGRESSOR"), "9055", "binary"),
            (create("m2", folder(fixture), "a DOUBLE"), "9055", "7 features"),
            (create("m3", server.url("text/"), all), "9061", "malformed"),
            (create("m4", server.url("down/"), all), "9060", "status 500"),
            (create("m5", server.url("empty"), all), "9061", "model.ubj"),
            (create("m6", "file://\(Fixtures.root)/models/", all), "9061", "no model file"),
            (create("m7", folder("skl172-linearsvc-pkl5"), all), "9061", "boosted trees"),
        ]
        for (place, (sql, number, word)) in cases.enumerated() {
            try client.query(sql)
            let text = try failure(of: "m\(place + 1)")
            #expect(text.contains(number) && text.contains(word), "\(sql) \(text)")
        }
    }
}
