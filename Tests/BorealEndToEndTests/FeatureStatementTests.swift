import Foundation
import TestPrograms
import Testing

/// Statistics of columns: the FEATURE statements, and the same as functions behind FROM.
///
/// Expectations on the airlines sample are those of SciPy 1.17 and of the formulas in NumPy.
@Suite("Statistics in SQL", .serialized)
final class FeatureStatementTests {
    static let server = Result { try ServerProcess.ephemeral() }

    let server: ServerProcess
    let client: RawClient

    init() throws {
        server = try Self.server.get()
        client = try server.connect()
        try client.query("CREATE DATABASE IF NOT EXISTS db4ai")
        try client.query("USE db4ai")
        guard try client.query("SHOW TABLES LIKE 'airlines_test'").rows.isEmpty else { return }
        try client.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
        try client.loadAirlines("airlines_test", from: "airlines_sample_test.csv")
        try client.query("CREATE TABLE bad (x DOUBLE, t VARCHAR(8), y INT)")
        try client.query("INSERT INTO bad VALUES (1, 'a', 0), (2, 'b', 1), (3, NULL, 2)")
    }

    /// The sentence of the error, its number in front; `none` for a statement that works.
    private func failure(_ text: String) -> String {
        do {
            let failure = try client.failure(of: text)
            return "\(failure.number) \(failure.message)"
        } catch { return "none" }
    }

    private func isClose(_ cell: String?, _ value: Double, within: Double = 1e-12) -> Bool {
        abs((Double(cell ?? "") ?? .nan) - value) <= within
    }

    /// Polls SHOW FEATURE until it ends; status, path and results.
    private func ended(_ name: String) throws -> [String?] {
        let deadline = Date().addingTimeInterval(60)
        while true {
            let answer = try client.query("/*polar4ai*/SHOW FEATURE \(name)")
            #expect(answer.names == ["featureStatus", "featurePath", "results"])
            let row = answer.rows[0]
            if ["saved", "failed"].contains(row[0] ?? "") || Date() > deadline { return row }
            usleep(5_000)
        }
    }

    private func results(_ text: String?) throws -> [String: Any] {
        let data = Data((text ?? "").utf8)
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test("an information value runs in the background and ends as JSON and as a file of bins")
    func informationValue() throws {
        let ok = try client.query(
            """
            /*polar4ai*/CREATE FEATURE iv_001 WITH (feature_class='iv', x_cols='Airline,Time',
            y_cols='Delay', parameters=(categorical_feature='Airline', bins_num=5,
            bins_method='quantile')) AS (SELECT * FROM airlines_train)
            """
        )
        #expect(!ok.isResultSet && ok.affectedRows == 0)
        let row = try ended("iv_001")
        #expect(row[0] == "saved")
        let values = try results(row[2])
        #expect(isClose("\(values["Airline"] ?? "")", 0.2972369374877001))
        #expect(isClose("\(values["Time"] ?? "")", 0.1245720933573024))
        let file = try httpGet(row[1] ?? "")
        #expect(file.status == 200)
        let lines = String(decoding: file.body, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(
            lines[0] == "feature,bin,lower,upper,non_events,events,share,event_rate,woe,iv"
        )
        // A line for each airline, five for the time, the header and the end.
        #expect(lines.count == 18 + 5 + 2)
        let text = try client.query("DESCRIBE FEATURE iv_001")
        #expect(text.names == ["feature_name", "feature_description"])
        #expect(text.rows[0][1]?.hasPrefix("basic information:\nfeature_name:iv_001") == true)
        #expect(text.rows[0][1]?.contains("\nAirline,0.297") == true)
    }

    @Test("psi reads its two tables itself, the expected one is predict_table")
    func stability() throws {
        try client.query(
            """
            CREATE FEATURE psi_001 WITH (feature_class='psi', x_cols='Airline,Time',
            parameters=(actual_table='airlines_test', predict_table='db4ai.airlines_train',
            bin_num=10, bins_method='quantile', categorical_feature='Airline'))
            """
        )
        let row = try ended("psi_001")
        #expect(row[0] == "saved")
        let values = try results(row[2])
        #expect(isClose("\(values["Airline"] ?? "")", 0.0031460701077135225))
        #expect(isClose("\(values["Time"] ?? "")", 0.0035192639223388155))
    }

    @Test("pearson ends as a matrix; USING takes over columns and rows")
    func pearson() throws {
        try client.query(
            """
            CREATE FEATURE p1 WITH (feature_class='pearson', x_cols='Time,Length,Airline',
            parameters=(null_strategy='mean', categorical_feature='Airline'))
            AS (SELECT * FROM airlines_train)
            """
        )
        let matrix = try results(try ended("p1")[2])
        let line = try #require(matrix["Time"] as? [String: Any])
        #expect(matrix.count == 2)
        #expect(isClose("\(line["Length"] ?? "")", -0.016973276746679845))
        #expect(isClose("\(line["Time"] ?? "")", 1))
        try client.query("CREATE FEATURE s1 WITH (feature_class='spearman') USING FEATURE p1")
        let ranks = try results(try ended("s1")[2])
        let other = try #require(ranks["Length"] as? [String: Any])
        #expect(isClose("\(other["Time"] ?? "")", -0.03539020491147044))
    }

    @Test("SHOW FEATURES lists, LIKE and WHERE narrow, DROP removes row and file")
    func listing() throws {
        try client.query(
            "CREATE FEATURE gone WITH (feature_class='pearson', x_cols='Time') "
                + "AS (SELECT * FROM airlines_test)"
        )
        let path = try ended("gone")[1] ?? ""
        #expect(try httpGet(path).status == 200)
        let shown = try client.query("/*polar4ai*/SHOW FEATURES LIKE 'gon%'")
        #expect(shown.names == ["feature_name", "feature_class", "feature_status"])
        #expect(shown.rows == [["gone", "pearson", "saved"]])
        let other = try client.query("SHOW FEATURES WHERE feature_status='none'")
        #expect(other.rows.isEmpty)
        try client.query("DROP FEATURE gone")
        #expect(try httpGet(path).status == 404)
        #expect(failure("SHOW FEATURE gone") == "9053 Feature 'gone' does not exist")
        #expect(failure("DROP FEATURE gone") == "9053 Feature 'gone' does not exist")
        #expect(failure("DROP FEATURE IF EXISTS gone") == "none")
    }

    @Test("UPDATE computes again, on the rows as they are and with what it changes")
    func update() throws {
        try client.query("CREATE TABLE up (a DOUBLE, b DOUBLE, c DOUBLE)")
        try client.query("INSERT INTO up VALUES (1, 1, 3), (2, 2, 1), (3, 3, 2)")
        try client.query(
            "CREATE FEATURE u WITH (feature_class='pearson', x_cols='a,b') AS (SELECT * FROM up)"
        )
        let first = try results(try ended("u")[2])
        let before = try #require((first["a"] as? [String: Any])?["b"] as? Double)
        #expect(abs(before - 1) < 1e-12)
        try client.query("INSERT INTO up VALUES (4, -9, 5)")
        try client.query("/*polar4ai*/UPDATE FEATURE u")
        let second = try results(try ended("u")[2])
        let after = try #require((second["a"] as? [String: Any])?["b"] as? Double)
        #expect(after < 0)
        try client.query("/*polar4ai*/UPDATE FEATURE u SET x_cols='a,c'")
        let third = try results(try ended("u")[2])
        #expect(third.keys.sorted() == ["a", "c"])
    }

    @Test("the rows are those at the statement, whatever happens afterwards")
    func snapshot() throws {
        try client.query("CREATE TABLE moving (a DOUBLE, b DOUBLE)")
        try client.query("INSERT INTO moving VALUES (1, 1), (2, 2), (3, 3)")
        try client.query(
            "CREATE FEATURE held WITH (feature_class='pearson', x_cols='a,b') "
                + "AS (SELECT * FROM moving)"
        )
        try client.query("DELETE FROM moving")
        #expect(try ended("held")[0] == "saved")
    }

    @Test(
        "what can be known is an error of the statement, and nothing is left behind",
        arguments: [
            ("feature_class='iv', x_cols='Time', y_cols='Delay'", "9052 Feature 'taken' already"),
            ("feature_class='graph'", "9057 'feature_class graph' is not supported"),
            ("feature_class='wrong', x_cols='Time'", "9055 Invalid option 'feature_class'"),
            ("feature_class='iv', x_cols='Time'", "9055 Invalid option 'y_cols'"),
            ("feature_class='iv', x_cols='Nope', y_cols='Delay'", "1054 Unknown column 'Nope'"),
            ("feature_class='iv', x_cols='Time', y_cols='Nope'", "1054 Unknown column 'Nope'"),
            ("feature_class='psi', x_cols='Time'", "9055 Invalid option 'AS'"),
            ("feature_class='iv', x_cols='Time', y_cols='Delay', z=1", "9055 Invalid option 'z'"),
        ]
    )
    func refused(_ options: String, _ expected: String) throws {
        if try client.query("SHOW FEATURES LIKE 'taken'").rows.isEmpty {
            try client.query(
                "CREATE FEATURE taken WITH (feature_class='pearson', x_cols='Time') "
                    + "AS (SELECT * FROM airlines_test)"
            )
        }
        let name = expected.contains("taken") ? "taken" : "nothing"
        let message = failure(
            "CREATE FEATURE \(name) WITH (\(options)) AS (SELECT * FROM airlines_test)"
        )
        #expect(message.hasPrefix(expected), "\(message)")
        #expect(try client.query("SHOW FEATURES LIKE 'nothing'").rows.isEmpty)
    }

    @Test("what shows in the rows is status failed with its number, and the name is free again")
    func failed() throws {
        try client.query(
            "CREATE FEATURE f WITH (feature_class='iv', x_cols='x', y_cols='y') "
                + "AS (SELECT * FROM bad)"
        )
        let row = try ended("f")
        #expect(row[0] == "failed" && row[1] == "" && row[2] == "")
        let text = try client.query("DESCRIBE FEATURE f").rows[0][1] ?? ""
        #expect(
            text.hasSuffix(
                "error: 9055 Invalid option 'y_cols': label 'y' has 3 values; an information value "
                    + "needs two"
            )
        )
        try client.query(
            "CREATE FEATURE f WITH (feature_class='iv', x_cols='t', y_cols='y') "
                + "AS (SELECT * FROM bad WHERE y < 2)"
        )
        #expect(try ended("f")[0] == "saved")
    }

    @Test("psi without SELECT on a table, and statements of others, are refused")
    func rights() throws {
        try client.query("CREATE USER IF NOT EXISTS sam IDENTIFIED BY ''")
        try client.query("GRANT MODEL_ADMIN ON *.* TO sam")
        try client.query("CREATE USER IF NOT EXISTS eve IDENTIFIED BY ''")
        try client.query("GRANT SELECT ON db4ai.* TO eve")
        let sam = try RawClient(port: server.mysqlPort, user: "sam")
        let noSelect = try sam.failure(
            of: """
                CREATE FEATURE s WITH (feature_class='psi', x_cols='Time',
                parameters=(actual_table='db4ai.airlines_test',
                predict_table='db4ai.airlines_train'))
                """
        )
        #expect([1142, 1044].contains(noSelect.number), "\(noSelect)")
        let eve = try RawClient(port: server.mysqlPort, user: "eve", database: "db4ai")
        let noRight = try eve.failure(
            of: "CREATE FEATURE e WITH (feature_class='pearson', x_cols='Time') "
                + "AS (SELECT * FROM airlines_test)"
        )
        #expect(noRight.number == 1227)
        try client.query(
            "CREATE FEATURE mine WITH (feature_class='pearson', x_cols='Time') "
                + "AS (SELECT * FROM airlines_test)"
        )
        for statement in [
            "SHOW FEATURE mine", "DROP FEATURE mine", "/*polar4ai*/UPDATE FEATURE mine",
        ] {
            #expect(try eve.failure(of: statement).number == 1142)
        }
        #expect(try eve.query("SHOW FEATURES").rows.isEmpty)
        // The functions need nothing but the rows.
        let answer = try eve.query(
            "SELECT * FROM PEARSON(SELECT * FROM airlines_test) WITH (x_cols='Time,Length')"
        )
        #expect(answer.rows.count == 1)
    }

    @Test("a promised feature survives kill -9, and the directory is clean")
    func restart() throws {
        let folder = TestRun.folder + "feature-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess.onData(folder)
        var client = try server.connect()
        try client.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
        for (index, kind) in ["iv", "pearson", "iv"].enumerated() {
            try client.query(
                "CREATE FEATURE f\(index) WITH (feature_class='\(kind)', "
                    + "x_cols='Time,Length,Flight', y_cols='Delay') "
                    + "AS (SELECT * FROM db4ai.airlines_train)"
            )
        }
        server.killNine()
        try server.start()
        client = try server.connect()
        let deadline = Date().addingTimeInterval(60)
        while Date() < deadline {
            let rows = try client.query("SHOW FEATURES").rows
            if rows.allSatisfy({ ["saved", "failed"].contains($0[2]) }) { break }
            usleep(10_000)
        }
        let rows = try client.query("SHOW FEATURES").rows
        #expect(rows.map { $0[0] } == ["f0", "f1", "f2"])
        #expect(rows.map { $0[2] } == ["saved", "saved", "saved"])
        #expect(server.terminate() == 0)
        let check = try ProgramRun(ServerProcess.binary, ["check", "--data", folder])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }

    // MARK: - Functions

    @Test("IV answers a row a column, with detail='bins' a row a bin")
    func informationValueTable() throws {
        let answer = try client.query(
            """
            SELECT * FROM IV(SELECT * FROM airlines_train) WITH (x_cols='Airline,Time',
            y_cols='Delay', bins_num=5, bins_method='quantile')
            """
        )
        #expect(answer.names == ["feature", "iv", "bins", "missing"])
        #expect(answer.rows.map { $0[0] } == ["Airline", "Time"])
        #expect(isClose(answer.rows[0][1], 0.2972369374877001))
        #expect(isClose(answer.rows[1][1], 0.1245720933573024))
        #expect(answer.rows[1][2] == "5")
        let bins = try client.query(
            """
            SELECT bin, woe AS weight FROM IV((SELECT * FROM airlines_train))
            WITH (x_cols='DayOfWeek', y_cols='Delay', categorical_feature='DayOfWeek',
            detail='bins')
            """
        )
        #expect(bins.names == ["bin", "weight"])
        #expect(bins.rows.map { $0[0] } == ["1", "2", "3", "4", "5", "6", "7"])
    }

    @Test("PSI and KS take the expected rows first", arguments: ["", "("])
    func twoQueries(_ open: String) throws {
        let close = open.isEmpty ? "" : ")"
        let queries =
            "\(open)SELECT Time, Airline FROM airlines_train\(close), "
            + "\(open)SELECT Airline, Time FROM airlines_test\(close)"
        let psi = try client.query(
            "SELECT feature, psi FROM PSI(\(queries)) WITH (x_cols='Airline,Time', "
                + "bins_num=10, bins_method='quantile')"
        )
        #expect(isClose(psi.rows[0][1], 0.0031460701077135225))
        #expect(isClose(psi.rows[1][1], 0.0035192639223388155))
        let ks = try client.query("SELECT * FROM ks(\(queries)) WITH (x_cols='Time')")
        #expect(ks.names == ["feature", "ks", "p_value"])
        #expect(isClose(ks.rows[0][1], 0.01075675333138204))
        #expect(isClose(ks.rows[0][2], 0.7006641287446047, within: 2e-3))
    }

    @Test("PEARSON and SPEARMAN answer pairs, or each column against y_cols")
    func correlations() throws {
        let pairs = try client.query(
            "SELECT * FROM PEARSON(SELECT * FROM airlines_train) WITH (x_cols='Time,Length,Delay')"
        )
        #expect(pairs.names == ["feature", "other", "pearson", "p_value"])
        #expect(pairs.rows.count == 3)
        #expect(isClose(pairs.rows[0][2], -0.016973276746679845))
        #expect(isClose(pairs.rows[0][3], 0.012544875341469659, within: 1e-9))
        let label = try client.query(
            "SELECT * FROM PEARSON(SELECT * FROM airlines_train) WITH (x_cols='Time,Length', "
                + "y_cols='Delay')"
        )
        #expect(label.rows.map { $0[1] } == ["Delay", "Delay"])
        #expect(isClose(label.rows[0][2], 0.15113004058438168))
        let ranks = try client.query(
            "SELECT spearman FROM SPEARMAN(SELECT * FROM airlines_train) "
                + "WITH (x_cols='Time,Length')"
        )
        #expect(isClose(ranks.rows[0][0], -0.03539020491147044))
    }

    @Test("every binning method answers", arguments: ["chi", "quantile", "step", "dt", "kmean"])
    func methods(_ method: String) throws {
        let answer = try client.query(
            "SELECT * FROM IV(SELECT * FROM airlines_train) WITH (x_cols='Time,Length,Flight', "
                + "y_cols='Delay', bins_num=6, bins_method='\(method)')"
        )
        #expect(answer.rows.count == 3)
        for row in answer.rows {
            #expect((2...6).contains(Int(row[2] ?? "") ?? 0))
            #expect((Double(row[1] ?? "") ?? -1) > 0)
        }
    }

    @Test("a function sees the session's own changes")
    func ownChanges() throws {
        try client.query("CREATE TABLE own (a DOUBLE, b DOUBLE)")
        try client.query("BEGIN")
        try client.query("INSERT INTO own VALUES (1, 1), (2, 2), (4, 3)")
        let answer = try client.query(
            "SELECT pearson FROM PEARSON(SELECT * FROM own) WITH (x_cols='a,b')"
        )
        try client.query("ROLLBACK")
        #expect(answer.rows.count == 1)
        #expect(
            failure("SELECT * FROM PEARSON(SELECT * FROM own) WITH (x_cols='a,b')")
                .hasPrefix("9062 The query returned no rows")
        )
    }

    @Test(
        "wrong questions are refused by name",
        arguments: [
            ("IV(SELECT * FROM bad) WITH (x_cols='x', y_cols='y')", "9055"),
            ("IV(SELECT * FROM bad) WITH (x_cols='x')", "9055 Invalid option 'y_cols'"),
            ("PEARSON(SELECT * FROM bad) WITH (x_cols='x,t')", "9062 Row 1, column 't': 'a'"),
            ("PEARSON(SELECT * FROM bad) WITH (x_cols='nope')", "1054 Unknown column 'nope'"),
            ("PEARSON(SELECT * FROM bad) WITH (x_cols='x', z=1)", "9055 Invalid option 'z'"),
            ("KS(SELECT * FROM bad) WITH (x_cols='x')", "1064"),
            ("PSI(SELECT 1 AS x, SELECT x FROM bad) WITH (x_cols='t')", "1054"),
            (
                "IV(SELECT * FROM bad) WITH (x_cols='x', y_cols='y', detail='all')",
                "9055 Invalid option 'detail'"
            ),
            ("KS(SELECT x FROM bad WHERE x > 9, SELECT 1 AS x) WITH (x_cols='x')", "9062"),
        ]
    )
    func wrong(_ function: String, _ expected: String) {
        let message = failure("SELECT * FROM \(function)")
        #expect(message.hasPrefix(expected), "\(message)")
        #expect(failure("SELECT 1") == "none")
    }

    @Test("unknown columns of the select list are 1054, and iv may still name a table")
    func names() throws {
        #expect(
            failure("SELECT nope FROM PEARSON(SELECT 1 AS a) WITH (x_cols='a')")
                .hasPrefix("1054 Unknown column 'nope' in 'field list'")
        )
        try client.query("CREATE TABLE iv (psi INT)")
        try client.query("INSERT INTO iv VALUES (7)")
        #expect(try client.query("SELECT psi FROM iv").cell == "7")
        try client.query("DROP TABLE iv")
    }
}
