import Foundation
import Testing

/// CREATE MODEL that searches its parameters, and that goes on from another model.
@Suite("Search and continued training", .serialized)
final class SearchTests {
    static let server = Result { try ServerProcess.ephemeral() }

    let server: ServerProcess
    let client: RawClient

    init() throws {
        server = try Self.server.get()
        client = try server.connect()
        try client.query("CREATE DATABASE IF NOT EXISTS tuned")
        try client.query("USE tuned")
        try client.query(
            """
            CREATE TABLE IF NOT EXISTS points (id INT PRIMARY KEY, x DOUBLE, z DOUBLE,
            c VARCHAR(8), part VARCHAR(8), y INT)
            """
        )
        guard try client.query("SELECT COUNT(*) FROM points").cell == "0" else { return }
        let rows = (0..<500).map { id in
            let x = Double((id * 7_919) % 601) / 601
            let z = Double((id * 104_729) % 503) / 503
            let isNoise = (id * 31) % 9 == 0
            let part = id % 6 == 0 ? "test" : id % 50 == 1 ? "other" : "train"
            let y = (x + 0.3 * z > 0.6) != isNoise ? 1 : 0
            return "(\(id), \(x), \(z), 'c\(id % 4 + (id >= 400 ? 2 : 0))', '\(part)', \(y))"
        }
        try client.query("INSERT INTO points VALUES " + rows.joined(separator: ","))
    }

    private func statement(
        _ name: String,
        _ parameters: String,
        _ options: String = "",
        query: String = "SELECT * FROM points"
    ) -> String {
        """
        CREATE OR REPLACE MODEL \(name) WITH (model_class='lightgbm', x_cols='x,z,c', y_cols='y'
        \(options), model_parameter=(\(parameters))) AS (\(query))
        """
    }

    private func create(
        _ name: String,
        _ parameters: String,
        _ options: String = "",
        query: String = "SELECT * FROM points"
    ) throws -> String {
        try client.query(statement(name, parameters, options, query: query))
        return try client.newestStatus(of: name)
    }

    private func description(_ name: String) throws -> [String: String] {
        let rows = try client.query("DESC MODEL EXTENDED \(name)").rows
        return Dictionary(rows.map { ($0[0] ?? "", $0[1] ?? "") }) { first, _ in first }
    }

    private func facts(_ name: String) throws -> [String: Any] {
        let text = try description(name)["model"] ?? "{}"
        let json = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return json as? [String: Any] ?? [:]
    }

    /// The trials as DESC MODEL EXTENDED shows them.
    private func trials(_ name: String) throws -> [String] {
        let fields = try description(name)
        return (1...300).prefix { fields["trial \($0)"] != nil }.compactMap {
            fields["trial \($0)"]
        }
    }

    /// The rounds of the trial marked as best.
    private func bestRounds(_ trials: [String]) -> Int? {
        let best = trials.filter { $0.hasSuffix("(best)") }
        #expect(best.count == 1, "\(trials)")
        return best.first?.split(separator: ": ").last?.split(separator: " ").first.flatMap {
            Int($0)
        }
    }

    @Test("a grid over tagged rows tries every combination and trains the winner anew")
    func grid() throws {
        let parameters = """
            n_estimators=20, automl_column='part', automl_train_tag='train', automl_test_tag='test',
            automl_learning_rate='0.001,0.1', automl_num_leaves='4,16', metric='auc'
            """
        #expect(try create("grid", parameters) == "saved")
        let trials = try trials("grid")
        #expect(trials.count == 4, "\(trials)")
        #expect(trials.first?.hasPrefix("learning_rate=0.001, num_leaves=4: ") == true)
        #expect(trials.allSatisfy { $0.contains(" of 20 rounds, auc 0.") }, "\(trials)")
        let facts = try facts("grid")
        #expect(facts["trees"] as? Int == bestRounds(trials))
        #expect(facts["trials"] == nil)
        // Rows of no tag are left out, and the winner is judged by the same rows as the trials.
        let validation = try #require(facts["validation"] as? [String: Any])
        #expect(validation["rounds"] as? Int == facts["trees"] as? Int)
        let plain = "n_estimators=20, automl_column='part', automl_train_tag='test', "
        #expect(try create("grid", plain + "automl_test_tag='train'") == "failed")
        let failure = try client.query("SHOW VERSIONS FOR MODEL grid").rows.last?[5] ?? ""
        #expect(failure.hasPrefix("9055") && failure.contains("4 to 9 times"), "\(failure)")
    }

    @Test("a search without a grid is the same every time and trains on all rows in the end")
    func standard() throws {
        let parameters = "automl=True, n_estimators=40, min_samples_leaf=10"
        #expect(try create("auto", parameters) == "saved")
        let first = try description("auto")
        let trials = try trials("auto")
        #expect(trials.count == 16 + 8 + 4)
        #expect(trials.allSatisfy { !$0.contains("min_data_in_leaf") })
        let facts = try facts("auto")
        #expect(facts["trees"] as? Int == bestRounds(trials))
        #expect(facts["validation"] == nil)
        #expect(try create("auto", parameters) == "saved")
        #expect(try description("auto")["artifact"] == first["artifact"])
        #expect(try create("auto", parameters, ", valid_fraction=0.4") == "saved")
        #expect(try self.trials("auto") != trials)
    }

    @Test("trials show in the process list and can be killed")
    func killed() throws {
        let rates = (1...200).map { "0.\(1_000 + $0)" }.joined(separator: ",")
        try client.query(
            statement(
                "endless",
                "n_estimators=100000, early_stopping_round=100000, "
                    + "automl_learning_rate='\(rates)'"
            )
        )
        var row: [String?] = []
        let deadline = Date().addingTimeInterval(60)
        while Date() < deadline, row.isEmpty {
            let rows = try client.query("SHOW FULL PROCESSLIST").rows
            row = rows.first { $0.contains { $0?.contains("trial 1/200") == true } } ?? []
            usleep(10_000)
        }
        let state = row.compactMap { $0 }.first { $0.contains("trial 1/200") } ?? ""
        #expect(state.contains("learning_rate=0.1001, training "), "\(row)")
        try client.query("DROP MODEL endless")
        while Date() < deadline {
            let rows = try client.query("SHOW FULL PROCESSLIST").rows
            if !rows.contains(where: { $0.contains { $0?.contains("trial") == true } }) { return }
            usleep(10_000)
        }
        Issue.record("the search went on")
    }

    @Test("a continued model holds the first one's trees, knows new categories, and sums up")
    func continued() throws {
        let before = "SELECT * FROM points WHERE id < 400"
        let after = "SELECT * FROM points WHERE id >= 200"
        #expect(try create("first", "n_estimators=10", query: before) == "saved")
        let further = "n_estimators=5, init_model='first'"
        #expect(try create("second", further, query: after) == "saved")
        #expect(try facts("second")["trees"] as? Int == 15)
        let codes = try client.query("SHOW CATEGORIES FOR MODEL second, c").rows.map { $0[0] }
        #expect(codes == ["c0", "c1", "c2", "c3", "c4", "c5"])
        func column(_ model: String, _ output: String) throws -> [[Double]] {
            try client.query(
                "SELECT id FROM PREDICT(MODEL \(model), SELECT * FROM points WHERE id < 300) "
                    + "WITH (x_cols='x,z,c', output='\(output)')"
            ).rows.map { $0.dropFirst(2).map { Double($0 ?? "") ?? .nan } }
        }
        // The leaves of the first ten trees are those of the first model.
        let leaves = try column("second", "leaf")
        #expect(leaves.map { Array($0.prefix(10)) } == (try column("first", "leaf")))
        let (old, new) = (try column("first", "raw"), try column("second", "raw"))
        let moved = zip(old, new).map { abs($0[0] - $1[0]) }
        #expect(moved.allSatisfy { $0 < 1.5 } && moved.contains { $0 > 0.01 })
        try client.query("DROP MODEL first")
        #expect(try column("second", "raw") == new)
        let verify = try client.failure(of: "VERIFY MODEL second")
        #expect(verify.number == 9057)
    }

    @Test("a model that cannot be continued is refused with the reason")
    func refused() throws {
        #expect(try create("base", "n_estimators=3") == "saved")
        let cases = [
            ("init_model='nobody'", 9053, "nobody"),
            ("init_model='base', loss='regression'", 9055, "its objective is binary"),
            ("init_model='base', boosting_type='rf', subsample=0.5", 9055, "averaged"),
            ("init_model='base', init_score_col='z'", 9055, "one of the two"),
        ]
        for (parameters, number, phrase) in cases {
            let error = try client.failure(of: statement("more", parameters))
            #expect(error.number == number && error.message.contains(phrase), "\(error)")
        }
        let other = try client.failure(
            of: """
                CREATE MODEL more WITH (model_class='lightgbm', x_cols='z,x,c', y_cols='y',
                model_parameter=(init_model='base')) AS (SELECT * FROM points)
                """
        )
        #expect(other.number == 9055 && other.message.contains("'x,z,c', in that order"))
        // The rows tell of another label and of numbers in place of text.
        let rows = [
            ("SELECT x, z, c, y + 1 AS y FROM points", "does not know the label '2'"),
            ("SELECT x, z, id AS c, y FROM points", "feature 'c' is a text category there"),
        ]
        for (query, phrase) in rows {
            #expect(try create("more", "init_model='base'", query: query) == "failed")
            let text = try client.query("DESCRIBE MODEL more").rows[0][1] ?? ""
            #expect(text.contains("error: 9055") && text.contains(phrase), "\(text)")
            try client.query("DROP MODEL more")
        }
    }
}
