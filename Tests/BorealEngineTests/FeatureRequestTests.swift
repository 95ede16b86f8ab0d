import BorealBase
import BorealSQL
import BorealStatistics
import Testing

@testable import BorealEngine

/// Options as a statement spells them.
enum FeatureOptions {
    static func list(_ options: String) throws -> OptionList {
        let parsed = try StatementParser.parse("CREATE FEATURE f WITH (\(options))")
        guard case .model(.createFeature(let node)) = parsed.kind else {
            throw ServerError(.unknownError, "no CREATE FEATURE")
        }
        return node.options
    }
}

@Suite("What CREATE FEATURE asks for")
struct FeatureRequestTests {
    /// The request of a statement.
    private func request(
        _ options: String,
        query: String? = "SELECT * FROM t"
    ) throws -> FeatureRequest {
        var request = FeatureRequest(query: query, database: "d", sqlMode: "", timeZone: "UTC")
        try request.apply(try list(options))
        return request
    }

    private func list(_ options: String) throws -> OptionList {
        try FeatureOptions.list(options)
    }

    private func failure(_ options: String, query: String? = "SELECT 1") -> String {
        do throws(any Error) {
            let request = try request(options, query: query)
            _ = try request.queries(try request.statistic())
            return "none"
        } catch {
            return (error as? ServerError)?.message ?? "\(error)"
        }
    }

    @Test("The documented statements are read with the documented defaults")
    func documented() throws {
        let iv = try request(
            "feature_class='iv', x_cols='a, b', y_cols='Delay', "
                + "parameters=(categorical_feature='a')"
        ).statistic()
        #expect(iv.kind == .iv)
        #expect(iv.columns == ["a", "b"])
        #expect(iv.label == "Delay")
        #expect(iv.categorical == ["a"])
        #expect(iv.binning.method == .chi)
        #expect(iv.binning.binCount == 10)
        let pearson = try request(
            "feature_class='pearson', x_cols='a,b,c', "
                + "parameters=(null_strategy='median', categorical_feature='B')"
        ).statistic()
        #expect(pearson.columns == ["a", "c"])
        #expect(pearson.nulls == .median)
    }

    @Test("psi reads the two tables it names, the expected one first")
    func tables() throws {
        let psi = try request(
            "feature_class='psi', x_cols='a,b`c', parameters=(actual_table='now', "
                + "predict_table='d.`then`', bin_num=5, bins_method='step')",
            query: nil
        )
        let statistic = try psi.statistic()
        #expect(statistic.binning.method == .step)
        #expect(statistic.binning.binCount == 5)
        #expect(
            try psi.queries(statistic) == [
                "SELECT `a`, `b``c` FROM `d`.`then`", "SELECT `a`, `b``c` FROM `now`",
            ]
        )
    }

    @Test(
        "What cannot be computed is refused by name",
        arguments: [
            ("x_cols='a'", "feature_class"), ("feature_class='x', x_cols='a'", "'x' is none of"),
            ("feature_class='graph'", "'feature_class graph' is not supported"),
            ("feature_class='iv', x_cols='a'", "y_cols"),
            ("feature_class='iv', x_cols='a,y', y_cols='Y'", "column 'Y' is the label"),
            ("feature_class='iv', x_cols='a', y_cols='y,z'", "not 2"),
            ("feature_class='iv', x_cols='a', y_cols='y', parameters=(bins_num=1)", "2 to 1000"),
            ("feature_class='iv', x_cols='a', y_cols='y', parameters=(x=1)", "unknown parameter"),
            ("feature_class='iv', x_cols='a', y_cols='y', bins_method='x'", "'x' is none of"),
            (
                "feature_class='iv', x_cols='a', y_cols='y', bins_num=3, bin_num=4",
                "says the same"
            ),
            (
                "feature_class='iv', x_cols='a', y_cols='y', bins_num=3, parameters=(bins_num=4)",
                "given twice"
            ),
            (
                "feature_class='iv', x_cols='a', y_cols='y', categorical_feature='b'",
                "column 'b' is not in x_cols"
            ),
            (
                "feature_class='pearson', x_cols='a', parameters=(null_strategy='zero')",
                "'zero' is none of mean, median"
            ),
            (
                "feature_class='pearson', x_cols='a', parameters=(categorical_feature='a')",
                "no column is left"
            ),
            ("feature_class='psi', x_cols='a'", "reads actual_table"),
            ("feature_class='ks', x_cols='a', y_cols='b'", "takes no label"),
        ]
    )
    func refused(_ options: String, _ sentence: String) {
        let message = failure(options)
        #expect(message.contains(sentence), "\(message)")
    }

    @Test("psi without one of its tables, and names that are no table, are refused")
    func noTable() {
        let psi = "feature_class='psi', x_cols='a', parameters=(predict_table="
        #expect(failure(psi + "'e')", query: nil).contains("actual_table"))
        for name in ["'a.b.c.d'", "'`a'", "'.a'", "''"] {
            let message = failure(psi + name + ", actual_table='a')", query: nil)
            #expect(message.contains("predict_table"), "\(message)")
        }
    }

    @Test("The stored form is read back as it was")
    func json() throws {
        let request = try request("feature_class='iv', x_cols='a', y_cols='y', bins_num=3")
        #expect(try FeatureRequest(json: request.json.description) == request)
    }

    @Test("UPDATE changes what it names, and either spelling of the number of bins")
    func update() throws {
        var changed = try request("feature_class='iv', x_cols='a', y_cols='y', bin_num=3")
        try changed.apply(try list("bins_num=7, bins_method='dt'"))
        let statistic = try changed.statistic()
        #expect(statistic.binning.binCount == 7)
        #expect(statistic.binning.method == .dt)
        #expect(statistic.label == "y")
        try changed.apply(try list("bin_num=4"))
        #expect(try changed.statistic().binning.binCount == 4)
    }

    @Test("USING takes columns and rows, not the parameters")
    func using() throws {
        let iv = try request(
            "feature_class='iv', x_cols='a,b', y_cols='y', bins_num=3, categorical_feature='b'"
        )
        let pearson = try FeatureRequest.using(iv, try list("feature_class='pearson'"))
        #expect(try pearson.statistic().columns == ["a"])
        #expect(try pearson.statistic().label == nil)
        #expect(pearson.query == "SELECT * FROM t")
        let other = try FeatureRequest.using(iv, try list("feature_class='iv'"))
        #expect(try other.statistic().label == "y")
        #expect(try other.statistic().binning.binCount == 10)
    }
}
