import Foundation
import Testing

/// One model of each format on its whole way: uploaded, deployed, asked, evaluated.
@Suite("Uploads of every format", .serialized)
struct UploadFormatTests {
    /// A model of the fixtures and the column of its expected answers that SQL shows.
    struct Upload: CustomTestStringConvertible, Sendable {
        let name: String
        let column: String
        var isClassifier = true
        var testDescription: String { name }
    }

    static let uploads: [Upload] = [
        Upload(name: "xgb305-clf-pkl5", column: "pred"),
        Upload(name: "xgb214-json-categorical", column: "pred", isClassifier: false),
        Upload(name: "cat128-cbm-cats-onehot", column: "class"),
        Upload(name: "skl113-pipeline-ohe-logistic", column: "pred"),
        Upload(name: "skl172-linearsvc-pkl5", column: "pred"),
        Upload(name: "skl132-rf-multioutput-pkl5", column: "", isClassifier: false),
        Upload(name: "onnx-pipeline-strings-ohe", column: "output_label"),
        Upload(name: "pmml-tree-default-child", column: "cls"),
    ]

    private struct Table {
        var header: [String]
        var rows: [[String]]

        /// - Parameter path: below `Fixtures`; cells hold no commas.
        init(_ path: String) throws {
            let lines = try Fixtures.text(path).split(separator: "\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            }
            header = lines.first ?? []
            rows = Array(lines.dropFirst().prefix(60))
        }

        func column(_ name: String) -> [String]? {
            header.firstIndex(of: name).map { place in rows.map { $0[place] } }
        }
    }

    /// Rows of a model as a table of its own, with the expected answers as column `wanted`.
    private func load(_ rows: Table, _ wanted: [String], into name: String, _ client: RawClient)
        throws
    {
        let isText = rows.header.indices.map { column in
            rows.rows.contains { !$0[column].isEmpty && Double($0[column]) == nil }
        }
        let types = zip(rows.header, isText).map { "`\($0)` \($1 ? "VARCHAR(100)" : "DOUBLE")" }
        try client.query(
            "CREATE TABLE `\(name)` (id INT PRIMARY KEY, wanted VARCHAR(100), "
                + types.joined(separator: ", ") + ")"
        )
        func literal(_ text: String, isText: Bool) -> String {
            if text.isEmpty { return "NULL" }
            return isText ? "'\(text.replacingOccurrences(of: "'", with: "''"))'" : text
        }
        let values = zip(rows.rows, wanted).enumerated().map { index, row in
            let cells = zip(row.0, isText).map { literal($0, isText: $1) }
            let label = literal(row.1, isText: true)
            return "(\(index), \(label), \(cells.joined(separator: ", ")))"
        }
        try client.query("INSERT INTO `\(name)` VALUES " + values.joined(separator: ", "))
    }

    private func isSame(_ left: String?, _ right: String) -> Bool {
        guard let left else { return right.isEmpty }
        if left == right { return true }
        guard let a = Double(left), let b = Double(right) else { return false }
        return abs(a - b) <= 1e-5 * max(1, abs(b))
    }

    @Test("an uploaded model answers in SQL what its library answers", arguments: uploads)
    func upload(_ upload: Upload) throws {
        let folder = "models/\(upload.name)"
        let manifest = try JSONSerialization.jsonObject(
            with: Data(try Fixtures.bytes("\(folder)/manifest.json"))
        )
        let file = (manifest as? [String: Any])?["model_file"] as? String ?? ""
        let files = try FileServer([file: .file(try Fixtures.bytes("\(folder)/\(file)"))])
        defer { files.stop() }
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.query("CREATE DATABASE zoo")
        try client.query("USE zoo")
        let rows = try Table("\(folder)/rows.csv")
        let expected = try Table("\(folder)/expected.csv")
        let wanted = expected.column(upload.column) ?? rows.rows.map { _ in "" }
        try load(rows, wanted, into: "t", client)
        try client.query("UPLOAD MODEL m WITH (model_location='\(files.url(file))')")
        let statuses = try client.statuses(of: "m", until: ["saved", "failed"])
        #expect(statuses.last == "saved")
        try client.query("DEPLOY MODEL m")
        #expect(try client.statuses(of: "m", until: ["serving", "failed"]).last == "serving")
        let columns = rows.header.joined(separator: ",")
        let answer = try client.query(
            "SELECT id FROM PREDICT(MODEL m, SELECT * FROM t ORDER BY id) "
                + "WITH (x_cols='\(columns)')"
        )
        #expect(answer.rows.count == rows.rows.count)
        for (row, want) in zip(answer.rows, wanted) where !want.isEmpty {
            #expect(isSame(row[1], want), "row \(row[0] ?? ""): \(row[1] ?? "NULL"), not \(want)")
        }
        if upload.column.isEmpty {
            // Several numbers a row are one JSON array, compared with as many columns.
            #expect(answer.rows.allSatisfy { $0[1]?.hasPrefix("[") == true })
            let pairs = try expected.rows.map { row in try row.map { try #require(Double($0)) } }
            try evaluateTargets(pairs, columns, client)
            return
        }
        guard upload.isClassifier else { return }
        let state = try client.task(
            client.query(
                "SELECT id FROM EVALUATE(MODEL m, SELECT * FROM t WHERE wanted IS NOT NULL) "
                    + "WITH (x_cols='\(columns)', y_cols='wanted', metrics='acc')"
            ).cell ?? ""
        )
        #expect(state["results"]?.contains("\"acc\": 1") == true, "\(state)")
        let facts = try client.query("DESC MODEL EXTENDED m").rows
        #expect(facts.contains { $0[1]?.contains("\"operators\": [") == true }, "\(facts)")
    }

    /// EVALUATE of a model of two answers a row, whose labels lie 1 and 3 above them.
    private func evaluateTargets(
        _ answers: [[Double]],
        _ features: String,
        _ client: RawClient
    ) throws {
        try client.query("CREATE TABLE truth (id INT PRIMARY KEY, a DOUBLE, b DOUBLE)")
        let rows = answers.enumerated().map { "(\($0), \($1[0] + 1), \($1[1] + 3))" }
        try client.query("INSERT INTO truth VALUES " + rows.joined(separator: ", "))
        func results(_ options: String) throws -> String? {
            try client.task(
                client.query(
                    "SELECT id FROM EVALUATE(MODEL m, SELECT t.*, a, b FROM t JOIN truth "
                        + "ON t.id = truth.id) WITH (x_cols='\(features)', \(options))"
                ).cell ?? ""
            )["results"]
        }
        func numbers(_ text: String?) throws -> [String: Any] {
            let json = try JSONSerialization.jsonObject(with: Data((text ?? "").utf8))
            return try #require(json as? [String: Any])
        }
        let means = try numbers(results("y_cols='a,b', metrics='mse,mae'"))
        #expect(abs(try #require(means["mse"] as? Double) - 5) < 1e-9, "\(means)")
        #expect(abs(try #require(means["mae"] as? Double) - 2) < 1e-9, "\(means)")
        let each = try numbers(
            results("y_cols='a,b', metrics='mse', multioutput='raw_values'")
        )
        let errors = try #require(each["mse"] as? [String: Double])
        #expect(Set(errors.keys) == ["a", "b"])
        #expect(abs(try #require(errors["a"]) - 1) < 1e-9, "\(errors)")
        #expect(abs(try #require(errors["b"]) - 9) < 1e-9, "\(errors)")
        for (options, part) in [
            ("y_cols='a', metrics='mse'", "name as many label columns"),
            ("y_cols='a', metrics='mse', multioutput='raw_values'", "several label columns"),
            ("y_cols='a,b', metrics='mse', multioutput='variance'", "'variance'"),
        ] {
            let failure = try client.failure(
                of: "SELECT id FROM EVALUATE(MODEL m, SELECT * FROM t JOIN truth "
                    + "ON t.id = truth.id) WITH (x_cols='\(features)', \(options))"
            )
            #expect(failure.number == 9055 && failure.message.contains(part), "\(failure)")
        }
    }
}
