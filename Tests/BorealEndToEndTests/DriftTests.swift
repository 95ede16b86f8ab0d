import Foundation
import Testing

/// DRIFT: new rows beside those that a model was trained on.
@Suite("Drift in SQL", .serialized)
final class DriftTests {
    static let server = Result { try ServerProcess.ephemeral() }

    let server: ServerProcess
    let client: RawClient

    init() throws {
        server = try Self.server.get()
        client = try server.connect()
        try client.query("CREATE DATABASE IF NOT EXISTS db4ai")
        try client.query("USE db4ai")
        guard try client.query("SHOW TABLES LIKE 'airlines_train'").rows.isEmpty else { return }
        try client.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
        try client.loadAirlines("airlines_test", from: "airlines_sample_test.csv")
        try client.createAirlinesModel("m", trees: 3)
        #expect(try client.statuses(of: "m", until: ["saved", "failed"]).last == "saved")
    }

    /// Rows of the answer by feature.
    private func drift(_ query: String, _ options: String = "") throws -> [String: [String: String]]
    {
        let answer = try client.query("SELECT * FROM DRIFT(MODEL m, \(query))\(options)")
        #expect(
            answer.names == [
                "feature", "psi", "ks", "p_value", "missing_before", "missing_now",
                "missing_change", "unseen_rows", "unseen_share",
            ]
        )
        var features: [String: [String: String]] = [:]
        for row in answer.rows {
            features[row[0] ?? ""] = Dictionary(
                uniqueKeysWithValues: zip(answer.names, row.map { $0 ?? "NULL" })
            )
        }
        #expect(features.count == 7)
        return features
    }

    private func number(_ text: String?) -> Double { Double(text ?? "") ?? .nan }

    @Test("the training rows themselves have not drifted")
    func same() throws {
        for (name, row) in try drift("SELECT * FROM airlines_train") {
            #expect(number(row["psi"]) == 0, "\(name)")
            #expect(row["unseen_rows"] == "0")
        }
    }

    @Test("other rows of the same kind have hardly drifted, selected ones have")
    func selected() throws {
        for (name, row) in try drift("SELECT * FROM airlines_test") where !name.hasPrefix("Airport")
        {
            #expect(number(row["psi"]) < 0.02, "\(name)")
        }
        let late = try drift("SELECT * FROM airlines_test WHERE Time > 1000")
        #expect(number(late["Time"]?["psi"]) > 1)
        #expect(number(late["Time"]?["ks"]) > 0.5)
        #expect(number(late["Time"]?["p_value"]) < 1e-9)
        #expect(late["Airline"]?["ks"] == "NULL")
        let few = try drift("SELECT * FROM airlines_test", " WITH (bins_num=2)")
        #expect(number(few["Time"]?["psi"]) < 0.01)
    }

    @Test("missing values and categories that training never saw are told apart")
    func missing() throws {
        let rows = try drift(
            "SELECT IF(DayOfWeek = 1, 'ZZ', Airline) AS Airline, Flight, AirportFrom, AirportTo, "
                + "DayOfWeek, IF(DayOfWeek < 3, NULL, Time) AS Time, Length FROM airlines_test"
        )
        let count = "SELECT COUNT(*) FROM airlines_test WHERE DayOfWeek"
        let mondays = try client.query("\(count) = 1").cell ?? ""
        let all = number(try client.query("\(count) > 0").cell)
        let missing = number(try client.query("\(count) < 3").cell) / all
        #expect(rows["Airline"]?["unseen_rows"] == mondays)
        #expect(number(rows["Airline"]?["missing_now"]) == 0)
        #expect(number(rows["Airline"]?["psi"]) > 0.25)
        #expect(abs(number(rows["Time"]?["missing_now"]) - missing) < 1e-12)
        #expect(rows["Time"]?["missing_change"] == rows["Time"]?["missing_now"])
    }

    @Test("columns under other names are taken by place with x_cols")
    func renamed() throws {
        let rows = try drift(
            "SELECT Airline AS a, Flight AS b, AirportFrom AS c, AirportTo AS d, DayOfWeek AS e, "
                + "Time AS f, Length AS g FROM airlines_train",
            " WITH (x_cols='a,b,c,d,e,f,g')"
        )
        #expect(number(rows["Time"]?["psi"]) == 0)
    }

    @Test("the select list chooses columns, and a prepared statement tells them")
    func columns() throws {
        let answer = try client.query(
            "SELECT psi, feature AS name FROM DRIFT(MODEL m, SELECT * FROM airlines_test)"
        )
        #expect(answer.names == ["psi", "name"])
        #expect(answer.columns[0].type == 5)
        #expect(answer.rows.count == 7)
    }

    @Test("a model trained again on the same rows keeps the same bytes")
    func verify() throws {
        let task = try client.query("VERIFY MODEL m").cell ?? ""
        let row = try client.task(task)
        #expect(row["results"]?.contains("\"model\": \"equal\"") == true, "\(row)")
    }

    @Test("a model of another class keeps its rows too")
    func otherClass() throws {
        try client.query(
            "CREATE MODEL line WITH (model_class='linearreg', x_cols='Time,Length', "
                + "y_cols='Delay') AS (SELECT * FROM airlines_train)"
        )
        #expect(try client.statuses(of: "line", until: ["saved", "failed"]).last == "saved")
        let answer = try client.query(
            "SELECT feature, psi FROM DRIFT(MODEL line VERSION v1, SELECT * FROM airlines_train)"
        )
        #expect(answer.rows == [["Time", "0.0"], ["Length", "0.0"]])
    }

    @Test(
        "what cannot be answered is refused by name",
        arguments: [
            ("MODEL nope, SELECT 1", "9053"), ("MODEL m, SELECT 1 AS x", "1054"),
            ("MODEL m, SELECT * FROM airlines_test LIMIT 0", "9062"),
            ("MODEL m, SELECT * FROM nope", "1146"),
        ]
    )
    func refused(_ inner: String, _ number: String) throws {
        let failure = try client.failure(of: "SELECT * FROM DRIFT(\(inner))")
        #expect("\(failure.number)" == number, "\(failure)")
        let option = try client.failure(
            of: "SELECT * FROM DRIFT(MODEL m, SELECT * FROM airlines_test) WITH (bins_num=1)"
        )
        #expect(option.number == 9055)
    }

    @Test("a model from elsewhere keeps no training distribution")
    func uploaded() throws {
        let files = try FileServer([
            "m.pkl": .file(try Fixtures.bytes("models/seed000-lgb-pkl/lgb.pkl"))
        ])
        defer { files.stop() }
        try client.query("UPLOAD MODEL other WITH (model_location='\(files.url("m.pkl"))')")
        #expect(try client.statuses(of: "other", until: ["saved", "failed"]).last == "saved")
        let failure = try client.failure(
            of: "SELECT * FROM DRIFT(MODEL other, SELECT * FROM airlines_test)"
        )
        #expect(failure.number == 9057)
    }
}
