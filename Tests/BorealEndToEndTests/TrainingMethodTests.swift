import Foundation
import Testing

/// Ways of training that SQL chooses: ordered categories and linear models; and what is refused.
@Suite("Ways of training in SQL", .serialized)
final class TrainingMethodTests {
    static let server = Result { try ServerProcess.ephemeral() }

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

    /// Trains on the airlines and answers how that ended.
    private func create(
        _ name: String,
        _ parameters: String,
        columns: String = airlinesFeatures
    ) throws -> String {
        try client.query(
            "CREATE OR REPLACE MODEL \(name) WITH (model_class='lightgbm', x_cols='\(columns)', "
                + "y_cols='Delay', model_parameter=(n_estimators=40, num_leaves=31, max_depth=-1, "
                + "learning_rate=0.1, \(parameters))) AS (SELECT * FROM airlines_train)"
        )
        return try client.newestStatus(of: name)
    }

    private func area(_ name: String, columns: String = airlinesFeatures) throws -> Double {
        let task =
            try client.query(
                "SELECT Delay FROM EVALUATE(MODEL \(name), SELECT * FROM airlines_test) "
                    + "WITH (x_cols='\(columns)', y_cols='Delay', metrics='auc')"
            ).cell ?? ""
        let results = try client.task(task)["results"] ?? ""
        let json = try JSONSerialization.jsonObject(with: Data(results.utf8))
        return (json as? [String: Double])?["auc"] ?? 0
    }

    @Test("ordered categories rank the airlines better, and train to the same bytes again")
    func ordered() throws {
        #expect(try create("sets", "categorical_method='lightgbm'") == "saved")
        #expect(try create("ordered", "categorical_method='ordered'") == "saved")
        let (sets, ordered) = (try area("sets"), try area("ordered"))
        #expect(ordered > sets + 0.002, "\(ordered) \(sets)")
        let again = try client.task(client.query("VERIFY MODEL ordered").cell ?? "")
        #expect(again["results"]?.contains("\"model\": \"equal\"") == true, "\(again)")
        let unknown = "SELECT 'ZZ' AS Airline, 1 AS Flight, 'Q' AS AirportFrom, NULL AS AirportTo, "
        let rows = try client.query(
            "SELECT * FROM PREDICT(MODEL ordered, \(unknown) 3 AS DayOfWeek, 700 AS Time, "
                + "90 AS Length) WITH (x_cols='\(airlinesFeatures)')"
        ).rows
        #expect(rows.count == 1 && ["0", "1"].contains(rows[0].last ?? nil))
    }

    @Test("a linear model is saved, scored and explained by its terms")
    func linear() throws {
        let columns = "Flight,Time,Length,DayOfWeek"
        let parameters = "boosting_type='gblinear', lambda_l2=0.00001"
        #expect(try create("terms", parameters, columns: columns) == "saved")
        #expect(try area("terms", columns: columns) > 0.55)
        let rows = try client.query(
            "SELECT Delay FROM PREDICT(MODEL terms, SELECT * FROM airlines_test LIMIT 20) "
                + "WITH (x_cols='\(columns)', output='raw', explain='shap', top=9)"
        ).rows
        #expect(rows.count == 20)
        for row in rows {
            let cells = row.map { $0 ?? "" }
            let terms = try JSONSerialization.jsonObject(with: Data(cells[3].utf8))
            let sum = (terms as? [[String: Any]] ?? []).reduce(Double(cells[4]) ?? .nan) {
                $0 + ($1["contribution"] as? Double ?? .nan)
            }
            #expect(abs(sum - (Double(cells[2]) ?? .nan)) < 1e-9, "\(cells)")
        }
    }

    @Test("a linear model of text, and a table beyond the memory limit, fail with their reason")
    func refusals() throws {
        #expect(try create("words", "boosting_type='gblinear'") == "failed")
        let reason = try client.query("DESCRIBE MODEL words").rows.joined()
        #expect(
            reason.contains { $0?.contains("gblinear takes numbers, not categories") == true },
            "\(reason)"
        )
        try client.query("SET GLOBAL train_memory_limit = '8M'")
        defer { _ = try? client.query("SET GLOBAL train_memory_limit = '50%'") }
        #expect(try create("large", "n_jobs=1") == "failed")
        let limit = try client.query("DESCRIBE MODEL large").rows.joined()
        #expect(
            limit.contains { $0?.contains("train_memory_limit allows 8 MiB") == true },
            "\(limit)"
        )
    }
}
