import Foundation
import Testing

/// EXPORT MODEL: a model in the formats of other libraries.
@Suite("Export", .serialized)
struct ExportTests {
    /// What a finished export left.
    private func file(
        _ statement: String,
        _ client: RawClient
    ) throws -> (state: [String: String], bytes: [UInt8]) {
        let state = try client.task(client.query(statement).cell ?? "")
        #expect(state["taskStatus"] == "finish", "\(state)")
        return (state, try httpGet(state["filePath"] ?? "").body)
    }

    @Test("each format is a file behind a link; SQL gives the model's own doubles")
    func formats() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.loadAirlines("airlines_train", from: "airlines_sample_test.csv")
        try client.query("USE db4ai")
        try client.createAirlinesModel("m", trees: 3)
        #expect(try client.statuses(of: "m", until: ["saved", "failed"]).last == "saved")
        let beginnings = [
            ("lightgbm", "txt", "tree\nversion=v4"), ("xgboost", "json", "{\"learner\":"),
            ("pmml", "pmml", "<?xml version"), ("json", "json", "{\"format\": \"boreal-trees\""),
            ("sql", "sql", "(1E0 / (1E0 + EXP("),
        ]
        for (format, ending, beginning) in beginnings {
            let (state, bytes) = try file("EXPORT MODEL m TO 'delays' FORMAT '\(format)'", client)
            #expect(state["filePath"]?.contains("/delays.\(ending)?") == true, "\(state)")
            #expect(state["results"]?.contains("\"bytes\": \(bytes.count)") == true, "\(state)")
            #expect(String(decoding: bytes, as: UTF8.self).hasPrefix(beginning))
        }
        // The file's ending says the format.
        let onnx = try file("/*polar4ai*/EXPORT MODEL m TO 'delays.onnx';", client)
        #expect(Array(onnx.bytes.prefix(2)) == [8, 10])
        let list = String(
            decoding: try file("EXPORT MODEL m TO 'delays.sql'", client).bytes,
            as: UTF8.self
        )
        let columns = "Airline, Flight, AirportFrom, AirportTo, DayOfWeek, Time, Length"
        let both = try client.query(
            "SELECT s.proba_1, PREDICT_PROBA('m', \(columns)) AS p FROM "
                + "(SELECT t.*, \(list) FROM airlines_train AS t LIMIT 200) AS s"
        )
        #expect(both.rows.count == 200)
        for row in both.rows {
            let probabilities = row[1] ?? ""
            #expect(probabilities.contains(row[0] ?? "nothing"), "\(row)")
        }
        try client.query("CREATE USER stranger")
        let stranger = try RawClient(port: server.mysqlPort, user: "stranger")
        for (statement, number) in [
            ("EXPORT MODEL nobody TO 'x.sql'", 9053), ("EXPORT MODEL m TO 'x'", 9055),
            ("EXPORT MODEL m TO 'x' FORMAT 'exe'", 9055), ("EXPORT MODEL m TO '../x.sql'", 9055),
            ("EXPORT MODEL m 'x.sql'", 1064),
        ] {
            #expect(try client.failure(of: statement).number == number, "\(statement)")
        }
        #expect(try stranger.failure(of: "EXPORT MODEL m TO 'x.sql'").number == 1142)
        try client.query("SHUTDOWN")
    }

    @Test("model_type puts a PMML document or an ONNX file behind modelPath")
    func modelTypes() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.loadAirlines("airlines_train", from: "airlines_sample_test.csv")
        try client.query("USE db4ai")
        for (kind, beginning) in [("pmml", "<?xml"), ("onnx", "\u{8}\n")] {
            try client.query(
                "/*polar4ai*/CREATE MODEL \(kind) WITH (model_class='lightgbm', "
                    + "x_cols='Time,Length', y_cols='Delay', "
                    + "model_parameter=(n_estimators=2, model_type='\(kind)')) "
                    + "AS (SELECT Time, Length, Delay FROM airlines_train)"
            )
            #expect(try client.statuses(of: kind, until: ["saved", "failed"]).last == "saved")
            let path = try client.query("SHOW MODEL \(kind)").rows.first?[1] ?? ""
            let body = try httpGet(path).body
            #expect(String(decoding: body, as: UTF8.self).hasPrefix(beginning), "\(path)")
        }
    }
}
