import Foundation
import TestPrograms
import Testing

/// Versions of models: RETRAIN, the default one, dropping, asking one by name, DIFF.
@Suite("Versions", .serialized)
struct VersionTests {
    private static let server: Result<ServerProcess, any Error> = Result {
        try ServerProcess.ephemeral()
    }

    private let server: ServerProcess
    private let client: RawClient

    init() throws {
        server = try Self.server.get()
        client = try server.connect()
        try client.query("CREATE DATABASE IF NOT EXISTS db4ai")
        try client.query("USE db4ai")
    }

    /// A table with two classes that `a` tells apart, and a model of it that is saved.
    private func make(_ model: String, orReplace: Bool = false) throws {
        if !orReplace {
            try client.query(
                "CREATE TABLE t_\(model) (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b INT, y INT)"
            )
            try fill(model) { $0 % 100 < 50 ? 0 : 1 }
        }
        try client.query(
            """
            CREATE \(orReplace ? "OR REPLACE " : "")MODEL \(model) WITH (model_class='lightgbm',
            x_cols='a,b', y_cols='y', model_parameter=(n_estimators=10, num_leaves=8))
            AS (SELECT * FROM t_\(model))
            """
        )
        #expect(try client.newestStatus(of: model) == "saved")
    }

    /// Replaces the rows: `a` counts from 0 to 99 again and again.
    private func fill(_ model: String, _ label: (Int) -> Int) throws {
        try client.query("DELETE FROM t_\(model)")
        let rows = (0..<600).map { "(\($0 % 100), \($0 * 7 % 13), \(label($0)))" }
        try client.query("INSERT INTO t_\(model) (a, b, y) VALUES \(rows.joined(separator: ","))")
    }

    /// What a version says about `a` from 0 to 99.
    private func predictions(_ model: String, _ version: String = "") throws -> [String?] {
        try client.query(
            "SELECT a FROM PREDICT(MODEL \(model) \(version), SELECT DISTINCT a, 1 AS b "
                + "FROM t_\(model) ORDER BY a) WITH (x_cols='a,b')"
        ).rows.map { $0[1] }
    }

    private func versions(_ model: String) throws -> [[String?]] {
        try client.query("SHOW VERSIONS FOR MODEL \(model)").rows.map { [$0[0], $0[2], $0[3]] }
    }

    @Test("RETRAIN makes the next version of today's rows; the old one serves until it is saved")
    func retrain() throws {
        try make("r")
        let old = try predictions("r")
        #expect(old.count { $0 == "1" } == 50)
        try fill("r") { $0 % 100 < 20 ? 0 : 1 }
        #expect(try predictions("r") == old)
        try client.query("USE mysql")
        try client.query("/*polar4ai*/ALTER MODEL r RETRAIN")
        try client.query("USE db4ai")
        #expect(try client.newestStatus(of: "r") == "saved")
        #expect(try versions("r") == [["v1", "saved", ""], ["v2", "saved", "yes"]])
        #expect(try predictions("r").count { $0 == "1" } == 80)
        #expect(try predictions("r", "VERSION v1") == old)
        #expect(try predictions("r", "VERSION 'V2'").count { $0 == "1" } == 80)
        // The functions name a version behind a colon.
        let row = try client.query(
            "SELECT PREDICT_ROW('r', 30, 1), PREDICT_ROW('r:v1', 30, 1), "
                + "PREDICT_ROW('R:V2', 30, 1), PREDICT_PROBA('r:v1', 30, 1) < 0.5"
        ).rows[0]
        #expect(row == ["1", "0", "1", "1"])
        for call in ["PREDICT_ROW('r:v9', 30, 1)", "PREDICT_ROW('gone:v1', 30, 1)"] {
            #expect(try client.failure(of: "SELECT \(call)").number == 9053)
        }
        // A version that was retrained can be verified and retrained.
        try client.query("ALTER MODEL r RETRAIN")
        #expect(try client.newestStatus(of: "r") == "saved")
        let task = try client.task(try client.query("VERIFY MODEL r VERSION v3").cell ?? "")
        #expect(task["results"]?.contains(#""model": "equal", "data": "equal""#) == true)
        let stale = try client.task(try client.query("VERIFY MODEL r VERSION v1").cell ?? "")
        #expect(stale["results"]?.contains(#""data": "different""#) == true)
    }

    @Test("the default moves by name, to a usable version only; it cannot be dropped")
    func defaults() throws {
        try make("d")
        let old = try predictions("d")
        try fill("d") { $0 % 100 < 90 ? 0 : 1 }
        try make("d", orReplace: true)
        let new = try predictions("d")
        #expect(new.count { $0 == "1" } == 10)
        try client.query("ALTER MODEL d SET DEFAULT_VERSION=v1")
        #expect(try predictions("d") == old)
        #expect(try versions("d") == [["v1", "saved", "yes"], ["v2", "saved", ""]])
        let cases = [
            ("ALTER MODEL d SET DEFAULT_VERSION=v7", 9053, "Model 'd@v7' does not exist"),
            ("ALTER MODEL d DROP VERSION v7", 9053, "Model 'd@v7' does not exist"),
            (
                "ALTER MODEL d DROP VERSION v1", 9055,
                "Invalid option 'v1': the default version of 'd' cannot be dropped"
            ),
            ("ALTER MODEL gone RETRAIN", 9053, "Model 'gone' does not exist"),
            ("SHOW MODEL d VERSION v7", 9053, "Model 'd@v7' does not exist"),
            (
                "SELECT a FROM PREDICT(MODEL d VERSION v7, SELECT 1 AS a, 1 AS b) "
                    + "WITH (x_cols='a,b')", 9053, "Model 'd@v7' does not exist"
            ),
        ]
        for (statement, number, message) in cases {
            let failure = try client.failure(of: statement)
            #expect(failure.number == number && failure.message == message, "\(failure)")
        }
        try client.query("ALTER MODEL d SET DEFAULT_VERSION 'V2'")
        #expect(try predictions("d") == new)
        try client.query("ALTER MODEL d DROP VERSION v1")
        #expect(try versions("d") == [["v2", "saved", "yes"]])
        try client.query("ALTER MODEL d RETRAIN")
        #expect(try client.newestStatus(of: "d") == "saved")
        #expect(try versions("d").map { $0[0] } == ["v2", "v3"])
    }

    @Test("a version that fails shows its error and is never the default")
    func failed() throws {
        try make("f")
        let old = try predictions("f")
        try fill("f") { $0 % 3 }
        try client.query("ALTER MODEL f RETRAIN")
        #expect(try client.newestStatus(of: "f") == "failed")
        let rows = try client.query("SHOW VERSIONS FOR MODEL f").rows
        #expect(rows.map { $0[3] } == ["yes", ""])
        #expect(rows[1][5]?.hasPrefix("9055 ") == true && rows[1][5]?.contains("3 values") == true)
        #expect(try predictions("f") == old)
        #expect(try client.query("SHOW MODEL f").rows[0][0] == "saved")
        #expect(try client.query("SHOW MODEL f VERSION v2").rows[0] == ["failed", ""])
        let text = try client.query("DESCRIBE MODEL f VERSION v2").rows[0][1] ?? ""
        #expect(text.contains("error: 9055"))
        for statement in [
            "ALTER MODEL f SET DEFAULT_VERSION = v2", "VERIFY MODEL f VERSION v2",
            "EXPORT MODEL f VERSION v2 TO 'f.txt'", "DEPLOY MODEL f VERSION v2",
            "EXPLAIN MODEL f VERSION v2",
        ] { #expect(try client.failure(of: statement).number == 9054, "\(statement)") }
        // What can be known at the statement makes no version.
        try client.query("RENAME TABLE t_f TO t_elsewhere")
        #expect(try client.failure(of: "ALTER MODEL f RETRAIN").number == 1146)
        #expect(try versions("f").count == 2)
    }

    @Test("every statement that asks a model takes a version, and binds it once")
    func statements() throws {
        try make("s")
        try fill("s") { $0 % 100 < 20 ? 0 : 1 }
        try client.query("ALTER MODEL s RETRAIN")
        #expect(try client.newestStatus(of: "s") == "saved")
        func accuracy(_ version: String) throws -> String {
            let id =
                try client.query(
                    "SELECT * FROM EVALUATE(MODEL s \(version), SELECT * FROM t_s) "
                        + "WITH (x_cols='a,b', y_cols='y', metrics='acc')"
                ).cell ?? ""
            if version.hasSuffix("v1") {
                // What becomes of the version now is nothing to the task.
                try client.query("ALTER MODEL s DROP VERSION v1")
            }
            return try client.task(id)["results"] ?? ""
        }
        let described = try client.query("DESC MODEL EXTENDED s VERSION v1").rows
        #expect(described.contains(["version", "v1"]))
        let one = try client.query("SHOW MODEL s VERSION v1").rows[0][1] ?? ""
        #expect(
            try httpGet(one).body != httpGet(client.query("SHOW MODEL s").rows[0][1] ?? "").body
        )
        try client.query("DEPLOY MODEL s VERSION v1")
        let deadline = Date().addingTimeInterval(30)
        while try versions("s")[0][1] != "serving", Date() < deadline { usleep(5_000) }
        #expect(try versions("s") == [["v1", "serving", ""], ["v2", "saved", "yes"]])
        let export = try client.query("EXPORT MODEL s VERSION v1 TO 'old' FORMAT 'lightgbm'").cell
        #expect(try client.task(export ?? "")["taskStatus"] == "finish")
        let plan = try client.query(
            "EXPLAIN SELECT a FROM PREDICT(MODEL s VERSION v1, SELECT 1 AS a, 2 AS b) "
                + "WITH (x_cols='a,b')"
        ).rows
        #expect(plan[1][2]?.hasPrefix("version v1,") == true)
        #expect(try client.query("EXPLAIN MODEL s VERSION v1").rows.count == 2)
        let raw = ["v1", "v2"].map { version in
            try? client.query(
                "SELECT a FROM EXPLAIN(MODEL s VERSION \(version), SELECT 30 AS a, 1 AS b) "
                    + "WITH (x_cols='a,b')"
            ).rows[0].last
        }
        #expect(Double((raw[0] ?? "") ?? "") ?? 1 < 0 && Double((raw[1] ?? "") ?? "") ?? -1 > 0)
        #expect(try client.query("SHOW CATEGORIES FOR MODEL s VERSION v1, a").rows.isEmpty)
        #expect(try accuracy("") == #"{"acc": 1.0}"#)
        #expect(try accuracy("VERSION v1") == #"{"acc": 0.7}"#)
        #expect(try versions("s").count == 1)
    }

    @Test("DIFF tells what two versions say otherwise about the same rows")
    func diff() throws {
        try make("c")
        try fill("c") { $0 % 100 < 20 ? 0 : 1 }
        try client.query("ALTER MODEL c RETRAIN")
        #expect(try client.newestStatus(of: "c") == "saved")
        let id =
            try client.query(
                "/*polar4ai*/DIFF MODEL c VERSION v1, V2 ON (SELECT * FROM t_c) "
                    + "WITH (y_cols='y', metrics='acc,auc', s_cols='id,a')"
            ).cell ?? ""
        let task = try client.task(id)
        let results = task["results"] ?? ""
        #expect(task["taskStatus"] == "finish")
        let head =
            #"{"model": "c", "from": "v1", "to": "v2", "rows": 600, "changed": 180, "#
            + #""changed_share": 0.3, "largest_probability_change": "#
        #expect(results.hasPrefix(head), "\(results)")
        #expect(
            results.contains(
                #""metrics": {"acc": {"from": 0.7, "to": 1.0, "shift": 0.3}, "auc": "#
            ),
            "\(results)"
        )
        #expect(results.contains(#""importances": [{"feature": ""#), "\(results)")
        let lines = String(decoding: try httpGet(task["filePath"] ?? "").body, as: UTF8.self)
            .split(separator: "\r\n")
        #expect(lines.count == 181)
        #expect(lines[0] == "id,a,predicted_results_v1,predicted_results_v2")
        for line in lines.dropFirst() {
            let cells = line.split(separator: ",").compactMap { Int($0) }
            #expect((20..<50).contains(cells[1]) && cells[2...] == [0, 1])
        }
        let listed = try client.query("SHOW TASKS WHERE task_id = '\(id)'").rows[0]
        #expect(listed[1] == "comparison")
        let plain = try client.query("DIFF MODEL c VERSION v2, v1 ON (SELECT a, b FROM t_c)").cell
        let other = try client.task(plain ?? "")
        #expect(other["results"]?.contains(#""changed": 180"#) == true)
        #expect(other["results"]?.contains("metrics") == false)
    }

    @Test(
        "DIFF of numbers tells how far they lie apart; a dropped version is compared all the same"
    )
    func diffOfNumbers() throws {
        try client.query("CREATE TABLE t_n (a INT, y DOUBLE)")
        let rows = (0..<300).map { "(\($0 % 10), \($0 % 10))" }
        try client.query("INSERT INTO t_n VALUES \(rows.joined(separator: ","))")
        let parameters = "loss='regression', n_estimators=5, learning_rate=1"
        try client.query(
            "CREATE MODEL n WITH (model_class='lightgbm', x_cols='a', y_cols='y', "
                + "model_parameter=(\(parameters))) AS (SELECT * FROM t_n)"
        )
        #expect(try client.newestStatus(of: "n") == "saved")
        try client.query("UPDATE t_n SET y = y + 2.5 WHERE a = 9")
        try client.query("ALTER MODEL n RETRAIN")
        #expect(try client.newestStatus(of: "n") == "saved")
        let id =
            try client.query(
                "DIFF MODEL n VERSION v2, v1 ON (SELECT * FROM t_n) WITH (y_cols='y')"
            ).cell ?? ""
        try client.query("ALTER MODEL n DROP VERSION v1")
        let results = try client.task(id)["results"] ?? ""
        let json = try JSONSerialization.jsonObject(with: Data(results.utf8)) as? [String: Any]
        let largest = (json?["largest_change"] as? Double) ?? 0
        #expect(abs(largest - 2.5) < 1e-6, "\(results)")
        #expect(((json?["mean_change"] as? Double) ?? 0) >= 0.25 - 1e-9)
        let metrics = json?["metrics"] as? [String: [String: Double]]
        #expect((metrics?["r2_score"]?["shift"] ?? 0) < 0, "\(results)")
    }

    @Test("what is wrong with a DIFF is told at the statement")
    func diffErrors() throws {
        try make("e")
        try client.query("ALTER MODEL e RETRAIN")
        #expect(try client.newestStatus(of: "e") == "saved")
        let rows = "ON (SELECT * FROM t_e)"
        let cases: [(String, Int)] = [
            ("DIFF MODEL e VERSION v1, v1 \(rows)", 9055),
            ("DIFF MODEL e VERSION v1, v9 \(rows)", 9053),
            ("DIFF MODEL gone VERSION v1, v2 \(rows)", 9053),
            ("DIFF MODEL e VERSION v1, v2 ON (SELECT a FROM t_e)", 1054),
            ("DIFF MODEL e VERSION v1, v2 \(rows) WITH (y_cols='z')", 1054),
            ("DIFF MODEL e VERSION v1, v2 \(rows) WITH (metrics='acc')", 9055),
            ("DIFF MODEL e VERSION v1, v2 \(rows) WITH (y_cols='y', metrics='mse')", 9059),
            ("DIFF MODEL e VERSION v1, v2 \(rows) WITH (mode='async')", 9055),
            ("DIFF MODEL e VERSION v1 \(rows)", 1064),
        ]
        for (statement, number) in cases {
            #expect(try client.failure(of: statement).number == number, "\(statement)")
        }
        let id = try client.query("DIFF MODEL e VERSION v1, v2 ON (SELECT * FROM t_e LIMIT 0)").cell
        let task = try client.task(id ?? "")
        #expect(task["taskStatus"] == "fail" && task["filePath"] == "")
        #expect(task["results"]?.contains("no rows") == true)
    }

    @Test("statements on versions can be prepared; comments are shown; only owners may alter")
    func others() throws {
        try make("p")
        try client.query("ALTER MODEL p RETRAIN")
        #expect(try client.newestStatus(of: "p") == "saved")
        try client.query("SET @v = 'v1', @w = 'v2', @c = 'it''s old', @a = 30")
        let steps = [
            ("ALTER MODEL p SET DEFAULT_VERSION = ?", "@v"),
            ("ALTER MODEL p VERSION ? SET COMMENT = ?", "@v, @c"),
            (
                "SELECT a FROM PREDICT(MODEL p VERSION ?, SELECT ? AS a, 1 AS b) "
                    + "WITH (x_cols=''a,b'')", "@w, @a"
            ),
            ("DIFF MODEL p VERSION ?, ? ON (SELECT * FROM t_p WHERE a = ?)", "@v, @w, @a"),
            ("ALTER MODEL p DROP VERSION ?", "@w"),
        ]
        for (text, values) in steps {
            try client.query("PREPARE s FROM '\(text)'")
            try client.query("EXECUTE s USING \(values)")
        }
        #expect(try versions("p") == [["v1", "saved", "yes"]])
        try client.query("ALTER MODEL p SET COMMENT='all of it'")
        let described = try client.query("DESC MODEL EXTENDED p").rows
        let comments = described.filter { ["comment", "version_comment"].contains($0[0]) }
        #expect(comments == [["comment", "all of it"], ["version_comment", "it's old"]])
        let comment =
            "SELECT COMMENT FROM information_schema.BOREAL_MODELS "
            + "WHERE MODEL_NAME = 'p' AND VERSION = 'v1'"
        #expect(try client.query(comment).cell == "it's old")
        let long = String(repeating: "x", count: 1_025)
        #expect(try client.failure(of: "ALTER MODEL p SET COMMENT '\(long)'").number == 9055)
        try client.query("CREATE USER IF NOT EXISTS asker")
        try client.query("GRANT PREDICT ON MODEL p TO asker")
        try client.query("GRANT SELECT ON db4ai.* TO asker")
        let asker = try RawClient(port: server.mysqlPort, user: "asker", database: "db4ai")
        #expect(
            try asker.query("SELECT PREDICT_ROW('p:v1', 1, 1)").cell == "0"
        )
        for action in [
            "RETRAIN", "SET DEFAULT_VERSION=v1", "DROP VERSION v1", "SET COMMENT='mine'",
        ] {
            let failure = try asker.failure(of: "ALTER MODEL p \(action)")
            #expect(failure.number == 1142 && failure.message.hasPrefix("ALTER command denied"))
        }
    }

    @Test("the audit log tells the version that a statement was about")
    func audit() throws {
        let folder = TestRun.folder + "versions-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess.onData(folder)
        let client = try server.connect()
        try client.query("CREATE DATABASE d")
        try client.query("USE d")
        try client.query("CREATE TABLE t (a INT, y INT)")
        let rows = (0..<100).map { "(\($0), \($0 / 50))" }
        try client.query("INSERT INTO t VALUES \(rows.joined(separator: ","))")
        let create =
            "MODEL m WITH (model_class='lightgbm', x_cols='a', y_cols='y', "
            + "model_parameter=(n_estimators=2)) AS (SELECT * FROM t)"
        for statement in [
            "CREATE \(create)", "CREATE OR REPLACE \(create)", "ALTER MODEL m RETRAIN",
        ] {
            try client.query(statement)
            #expect(try client.newestStatus(of: "m") == "saved")
        }
        try client.query("ALTER MODEL m SET DEFAULT_VERSION = v2")
        try client.query("DIFF MODEL m VERSION v1, v3 ON (SELECT * FROM t)")
        try client.query("ALTER MODEL m DROP VERSION v1")
        try client.query("SELECT a FROM PREDICT(MODEL m, SELECT 1 AS a) WITH (x_cols='a')")
        #expect(server.terminate() == 0)
        let log = try String(contentsOfFile: folder + "/audit.log", encoding: .utf8)
        let labels = log.split(separator: "\n").compactMap { line -> String? in
            let json = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let statement = json?["statement"] as? String ?? ""
            return statement.hasPrefix("SHOW") ? nil : json?["model"] as? String
        }
        #expect(labels == ["m@v1", "m@v2", "m@v3", "m@v2", "m@v3", "m@v1", "m@v2"])
    }
}
