import Foundation
import Testing

/// CREATE MODEL with rows that judge the training.
@Suite("Validation rows", .serialized)
final class ValidationTests {
    static let server = Result { try ServerProcess.ephemeral() }

    let server: ServerProcess
    let client: RawClient

    init() throws {
        server = try Self.server.get()
        client = try server.connect()
        try client.query("CREATE DATABASE IF NOT EXISTS judged")
        try client.query("USE judged")
        try client.query(
            "CREATE TABLE IF NOT EXISTS points (id INT PRIMARY KEY, x DOUBLE, c VARCHAR(8), y INT)"
        )
        guard try client.query("SELECT COUNT(*) FROM points").cell == "0" else { return }
        let rows = (0..<600).map { id in
            let x = Double((id * 7_919) % 601) / 601
            let isNoise = (id * 31) % 7 == 0
            return "(\(id), \(x), 'c\(id % 5)', \((x > 0.5) != isNoise ? 1 : 0))"
        }
        try client.query("INSERT INTO points VALUES " + rows.joined(separator: ","))
    }

    private func create(
        _ name: String,
        _ options: String,
        _ parameters: String = "n_estimators=200, early_stopping_round=5, metric='auc'",
        query: String = "SELECT * FROM points WHERE id < 400"
    ) throws -> String {
        try client.query(
            """
            CREATE OR REPLACE MODEL \(name) WITH (model_class='lightgbm', x_cols='x,c', y_cols='y'
            \(options), model_parameter=(\(parameters))) AS (\(query))
            """
        )
        return try client.newestStatus(of: name)
    }

    private func facts(_ name: String) throws -> [String: Any] {
        let rows = try client.query("DESC MODEL EXTENDED \(name)").rows
        let text = rows.first { $0[0] == "model" }?[1] ?? "{}"
        let json = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return json as? [String: Any] ?? [:]
    }

    @Test("a validation query ends training early, and its rounds can be read")
    func query() throws {
        let valid = ", valid=(SELECT y, c, x FROM points WHERE id >= 400)"
        #expect(try create("early", valid) == "saved")
        let facts = try facts("early")
        let validation = try #require(facts["validation"] as? [String: Any])
        let best = try #require(validation["best_round"] as? Int)
        #expect(validation["stopped_early"] as? Bool == true)
        #expect(facts["trees"] as? Int == best)
        #expect(validation["rounds"] as? Int == best + 5)
        let area = (validation["best"] as? [String: Any])?["auc"] as? Double ?? 0
        #expect(area > 0.7 && area <= 1)
        let last = try #require(validation["last"] as? [[String: Any]])
        #expect(last.last?["round"] as? Int == best + 5)
        #expect(last.allSatisfy { ($0["auc"] as? Double ?? 2) <= area })
        // What EVALUATE says of the same rows is what training saw at its best round.
        let task =
            try client.query(
                "SELECT y FROM EVALUATE(MODEL early, SELECT * FROM points WHERE id >= 400) "
                    + "WITH (x_cols='x,c', y_cols='y', metrics='auc')"
            ).cell ?? ""
        let results = try client.task(task)["results"] ?? ""
        #expect(results == "{\"auc\": \((area * 10_000).rounded() / 10_000)}", "\(results)")
        let options = try client.query("DESC MODEL EXTENDED early").rows.first {
            $0[0] == "options"
        }
        #expect(options?[1]?.contains("\"valid\": \"SELECT y, c, x") == true, "\(options ?? [])")
    }

    @Test("a drawn share is the same every time, and is not trained on")
    func fraction() throws {
        #expect(try create("drawn", ", valid_fraction=0.25") == "saved")
        let first = try facts("drawn")
        #expect(try create("drawn", ", valid_fraction=0.25") == "saved")
        let second = try facts("drawn")
        #expect(first["validation"] as? NSDictionary == second["validation"] as? NSDictionary)
        let reading = try #require(first["reading"] as? [String: Any])
        let judged = reading["validation_rows"] as? Int ?? 0
        #expect((60...140).contains(judged), "\(judged)")
        #expect(reading["rows"] as? Int == 400)
        #expect(try create("drawn", ", valid_fraction=0.25", "random_state=2") == "saved")
        let other = try facts("drawn")["validation"] as? NSDictionary
        #expect(other != first["validation"] as? NSDictionary)
    }

    @Test(
        "what cannot judge is an error before OK",
        arguments: [
            (", valid=(SELECT x, c FROM points)", 1054), (", valid=(SELECT * FROM nowhere)", 1146),
            (", valid='SELECT 1'", 9055), (", valid=(SELECT @a AS x, c, y FROM points)", 1235),
            (", valid_fraction=1", 9055), (", valid_fraction='much'", 9055),
            (", valid_fraction=0.2, valid=(SELECT * FROM points)", 9055), ("", 9055),
        ]
    )
    func refused(_ options: String, _ number: Int) throws {
        let error = try client.failure(
            of: """
                CREATE MODEL refused WITH (model_class='lightgbm', x_cols='x,c', y_cols='y'
                \(options), model_parameter=(early_stopping_round=5))
                AS (SELECT * FROM points)
                """
        )
        #expect(error.number == number, "\(error)")
        #expect(try client.query("SHOW MODELS LIKE 'refused'").rows.isEmpty)
    }

    @Test(
        "validation rows that do not fit end the model as failed",
        arguments: [
            (", valid=(SELECT * FROM points WHERE id < 0)", "There are no validation rows"),
            (", valid=(SELECT x, c, 7 AS y FROM points)", "does not occur in the training data"),
            (", valid=(SELECT x, c, NULL AS y FROM points)", "the label is NULL"),
            (", valid=(SELECT c AS x, c, y FROM points)", "'x'"),
        ]
    )
    func unfit(_ options: String, _ phrase: String) throws {
        #expect(try create("unfit", options) == "failed")
        let text = try client.query("DESCRIBE MODEL unfit").rows[0][1] ?? ""
        #expect(text.contains("error: 9062") && text.contains(phrase), "\(text)")
        try client.query("DROP MODEL unfit")
    }

    @Test("validation rows need the right to read their table")
    func rights() throws {
        try client.query("CREATE DATABASE hidden")
        try client.query("CREATE TABLE hidden.points AS SELECT * FROM judged.points")
        try client.query("CREATE USER judge")
        try client.query("GRANT SELECT ON judged.* TO judge")
        try client.query("GRANT MODEL_ADMIN ON *.* TO judge")
        let judge = try RawClient(port: server.mysqlPort, user: "judge", database: "judged")
        let error = try judge.failure(
            of: """
                CREATE MODEL peek WITH (model_class='lightgbm', x_cols='x', y_cols='y',
                valid=(SELECT * FROM hidden.points)) AS (SELECT * FROM points)
                """
        )
        #expect(error.number == 1142, "\(error)")
    }
}
