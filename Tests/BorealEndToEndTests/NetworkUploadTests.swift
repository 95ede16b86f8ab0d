import Foundation
import TestPrograms
import Testing

/// Networks on their whole way: uploaded with what they are, deployed, asked, evaluated.
@Suite("Uploads of networks", .serialized)
struct NetworkUploadTests {
    static let names = [
        "onnx-torch-cnn17", "torch2150-statedict-zip", "torch2150-statedict-legacy",
        "torch2150-safetensors-bn", "torch2150-checkpoint-optimizer", "torch2150-torchscript",
        "torch2150-torchscript-cnn", "torch2150-export-pt2", "tf2151-keras-h5",
        "tf2151-keras-v3", "tf2151-savedmodel", "tf2151-weights", "tf2151-checkpoint-bn",
    ]

    /// Rows, answers and description of a model of the fixtures.
    private struct Network {
        let file: String
        let bytes: [UInt8]
        /// JSON of the option `architecture`; nil for formats that need none.
        let architecture: String?
        let rows: [[Substring]]
        let answers: [[Double]]

        init(_ name: String) throws {
            let folder = "models/\(name)"
            let manifest =
                try JSONSerialization.jsonObject(
                    with: Data(try Fixtures.bytes("\(folder)/manifest.json"))
                ) as? [String: Any] ?? [:]
            let model = manifest["model_file"] as? String ?? ""
            let files = manifest["files"] as? [String] ?? []
            // Formats of several files come as one archive.
            file = files.count > 1 ? "\(name).tar.gz" : model
            bytes =
                files.count > 1
                ? try Self.archive(files, in: "\(Fixtures.root)/\(folder)")
                : try Fixtures.bytes("\(folder)/\(model)")
            let told = try manifest["architecture"].map {
                String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self)
            }
            let needsNone = ["onnx", "torchscript", "pt2", "keras", "savedmodel"]
            architecture = needsNone.contains { name.contains($0) } ? nil : told
            func table(_ path: String) throws -> [[Substring]] {
                let lines = try Fixtures.text("\(folder)/\(path)").split(separator: "\n")
                return lines.dropFirst().map {
                    $0.split(separator: ",", omittingEmptySubsequences: false)
                }
            }
            // The first rows have no missing cells.
            rows = Array(try table("rows.csv").prefix(20))
            answers = try table("expected.csv").prefix(20).map { row in
                row.map { Double($0) ?? .nan }
            }
        }

        /// Files of a folder as tar makes an archive of them.
        private static func archive(_ files: [String], in folder: String) throws -> [UInt8] {
            let place = try TemporaryFolder()
            let path = place.path + "/archive.tar.gz"
            let tar = try ProgramRun("tar", ["-czf", path, "-C", folder] + files)
            #expect(tar.status == 0, "\(tar.errors)")
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        }

        /// What `predicted_results` shows: the number, or the place of the greatest.
        var shown: [Double] {
            answers.map { row in
                guard row.count > 1, let greatest = row.max() else { return row.first ?? .nan }
                return Double(row.firstIndex(of: greatest) ?? -1)
            }
        }
    }

    @Test("an uploaded network answers in SQL what its library answers", arguments: names)
    func upload(_ name: String) throws {
        let network = try Network(name)
        let files = try FileServer([network.file: .file(network.bytes)])
        defer { files.stop() }
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.query("CREATE DATABASE zoo")
        try client.query("USE zoo")
        let columns = network.rows[0].indices.map { "c\($0)" }
        let types = columns.map { "\($0) DOUBLE" }.joined(separator: ", ")
        try client.query("CREATE TABLE t (id INT PRIMARY KEY, wanted DOUBLE, \(types))")
        let values = zip(network.rows, network.shown).enumerated().map { index, row in
            "(\(index), \(row.1), \(row.0.joined(separator: ", ")))"
        }
        try client.query("INSERT INTO t VALUES " + values.joined(separator: ", "))
        var options = "model_location='\(files.url(network.file))'"
        if let text = network.architecture { options += ", architecture='\(text)'" }
        try client.query("UPLOAD MODEL m WITH (\(options))")
        let statuses = try client.statuses(of: "m", until: ["saved", "failed"])
        let facts = try client.query("DESC MODEL EXTENDED m").rows
        try #require(statuses.last == "saved", "\(facts)")
        try client.query("DEPLOY MODEL m")
        #expect(try client.statuses(of: "m", until: ["serving", "failed"]).last == "serving")
        let list = columns.joined(separator: ",")
        let answer = try client.query(
            "SELECT id FROM PREDICT(MODEL m, SELECT * FROM t ORDER BY id) WITH (x_cols='\(list)')"
        )
        #expect(answer.rows.count == network.rows.count)
        for (row, want) in zip(answer.rows, network.shown) {
            let got = row[1].flatMap { Double($0) } ?? .nan
            #expect(abs(got - want) <= 1e-5 + 1e-4 * abs(want), "row \(row): not \(want)")
        }
        try evaluate(network, list, client)
    }

    /// The metrics of a task.
    private func metrics(
        _ client: RawClient,
        _ features: String,
        _ label: String,
        _ names: String
    ) throws -> [String: Double] {
        let state = try client.task(
            client.query(
                "SELECT id FROM EVALUATE(MODEL m, SELECT * FROM t) "
                    + "WITH (x_cols='\(features)', y_cols='\(label)', metrics='\(names)')"
            ).cell ?? ""
        )
        let results = Data((state["results"] ?? "").utf8)
        let json = try JSONSerialization.jsonObject(with: results)
        return try #require(json as? [String: Double], "\(state)")
    }

    /// A number is compared as one, several by the place of the greatest; what they are is known of
    /// those that add up to 1.
    private func evaluate(_ network: Network, _ features: String, _ client: RawClient) throws {
        guard network.answers[0].count > 1 else {
            let found = try metrics(client, features, "wanted", "mse")
            #expect(try #require(found["mse"]) < 1e-10)
            return
        }
        #expect(try metrics(client, features, "wanted", "acc,Fscore") == ["acc": 1, "Fscore": 1])
        let statement =
            "SELECT id FROM EVALUATE(MODEL m, SELECT * FROM t) WITH (x_cols='\(features)', "
        if abs(network.answers[0].reduce(0, +) - 1) < 1e-3 {
            let found = try metrics(client, features, "wanted", "logloss,acc")
            let losses = network.answers.map { -log($0.max() ?? 0) }
            let loss = losses.reduce(0, +) / Double(losses.count)
            #expect(abs(try #require(found["logloss"]) - loss) < 1e-5)
        } else {
            let failure = try client.failure(of: statement + "y_cols='wanted', metrics='logloss')")
            #expect(failure.number == 9059, "\(failure)")
        }
        let failure = try client.failure(of: statement + "y_cols='wanted,id', metrics='mse')")
        #expect(failure.number == 9055, "\(failure)")
        #expect(failure.message.contains("\(network.answers[0].count) numbers"), "\(failure)")
    }

    @Test("weights without a description fail with what is missing, a wrong one fails at once")
    func refused() throws {
        let network = try Network("torch2150-statedict-zip")
        let files = try FileServer([network.file: .file(network.bytes)])
        defer { files.stop() }
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        let location = "model_location='\(files.url(network.file))'"
        try client.query("UPLOAD MODEL bare WITH (\(location))")
        #expect(try client.statuses(of: "bare", until: ["saved", "failed"]).last == "failed")
        let lines = try client.query("DESCRIBE MODEL bare").rows
        let text = lines.compactMap { $0.last ?? nil }.joined()
        #expect(text.contains("9061") && text.contains("architecture="), "\(lines)")
        for (architecture, part) in [
            (#"{"type":"rnn"}"#, "mlp, linear, cnn, sequential"), ("{", "JSON"),
            (#"{"type":"mlp","in":28,"hiden":[16],"out":1}"#, "hidden"),
        ] {
            do {
                try client.query(
                    "UPLOAD MODEL m WITH (\(location), architecture='\(architecture)')"
                )
                Issue.record("\(architecture) was taken")
            } catch let error as RawClient.ServerFailure {
                #expect(error.number == 9055, "\(error)")
                #expect(error.message.contains("architecture"), "\(error)")
                #expect(error.message.contains(part), "\(error)")
            }
        }
    }
}
