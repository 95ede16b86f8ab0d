import BorealBase
import BorealGraph
import Testing

@testable import BorealFormats

@Suite struct CatBoostTests {
    /// Two features and one tree of two splits: the lowest bit asks x0 > 0.5, the next x1 > 2.
    private func text(
        values: String = "1,2,3,4",
        splits: String = #"{"split_index":0},{"split_index":2}"#,
        nan: String = "AsIs",
        scale: String = "[1,[10]]",
        loss: String = "RMSE",
        classes: String = ""
    ) -> String {
        """
        {"features_info":{"float_features":[
        {"borders":[0.5,0.75],"feature_index":0,"flat_feature_index":0,"feature_id":"x0",
        "nan_value_treatment":"\(nan)"},
        {"borders":[2],"feature_index":1,"flat_feature_index":1,"feature_id":"",
        "nan_value_treatment":"AsIs"}]},
        "model_info":{"params":{"loss_function":{"type":"\(loss)","params":{"alpha":"0.5"}}}
        \(classes)},
        "oblivious_trees":[{"leaf_values":[\(values)],"leaf_weights":[1,2,3,4],
        "splits":[\(splits)]}],"scale_and_bias":\(scale)}
        """
    }

    private func graph(_ text: String) throws -> ModelGraph {
        try ModelReader.read(Array(text.utf8), fileName: "m.json").graph
    }

    private func raw(_ graph: ModelGraph, _ values: [Double]) throws -> [Double] {
        let batch = try GraphBatch(values: values, featureCount: graph.inputs.count)
        return try graph.run(batch, roles: [.raw]).doubles(0)
    }

    @Test("splits are the bits of the leaf's number, and a border itself is not above it")
    func leaves() throws {
        let graph = try graph(text())
        #expect(graph.inputs.map(\.name) == ["x0", "1"])
        let rows: [Double] = [0.5, 2, 0.6, 2, 0.5, 3, 0.6, 3]
        #expect(try raw(graph, rows) == [11, 12, 13, 14])
        let batch = try GraphBatch(values: rows, featureCount: 2)
        #expect(try graph.run(batch, roles: [.leaf]).doubles(0) == [0, 1, 2, 3])
    }

    @Test("NaN is above every border where the file says so, below it else")
    func missing() throws {
        #expect(try raw(try graph(text(nan: "AsFalse")), [.nan, 0]) == [11])
        #expect(try raw(try graph(text(nan: "AsTrue")), [.nan, 0]) == [12])
    }

    @Test("scale and bias come last, several biases too")
    func scale() throws {
        #expect(try raw(try graph(text(scale: "[2,[0.5]]")), [0, 0]) == [2.5])
        let two = try graph(text(values: "1,2,3,4,5,6,7,8", scale: "[1,[10,20]]"))
        #expect(try raw(two, [1, 0]) == [13, 24])
        #expect(throws: FormatError.self) { try graph(text(scale: "[1,[1,2,3]]")) }
    }

    @Test("losses tell how scores become answers")
    func losses() throws {
        func value(_ loss: String) throws -> [String] {
            let graph = try graph(text(scale: "[1,[0]]", loss: loss))
            let batch = try GraphBatch(values: [0, 0], featureCount: 2)
            let results = try graph.run(batch, roles: [.value, .prediction])
            return [results.text(0, row: 0), results.text(1, row: 0)]
        }
        #expect(try value("MAE") == ["1.0", "1.0"])
        #expect(try value("Poisson") == ["2.718281828459045", "2.718281828459045"])
        #expect(try value("Logloss") == ["1", "1"])
    }

    @Test("classes keep the type of the labels")
    func classes() throws {
        let names = #","class_params":{"class_label_type":"String","class_names":["no","yes"]}"#
        let graph = try graph(text(loss: "Logloss", classes: names))
        #expect(graph.labels == .text(["no", "yes"]))
        #expect(graph.output(.probabilities)?.columnNames == ["proba_no", "proba_yes"])
        let floats = #","class_params":{"class_label_type":"Float","class_names":[0.5,1.5]}"#
        #expect(
            try self.graph(text(loss: "Logloss", classes: floats)).labels == .double([0.5, 1.5])
        )
    }

    @Test("splits and leaves that are not there are refused")
    func damage() {
        for broken in [
            text(values: "1,2,3"), text(values: ""), text(splits: #"{"split_index":9}"#),
            text(splits: #"{"split_index":-1}"#), text(splits: "{}"),
        ] {
            #expect(throws: FormatError.self) { try graph(broken) }
        }
        let words = text().replacing("float_features", with: "text_features")
        #expect(
            throws: FormatError.unsupportedFormat(.catboostJSON, detail: "features of text")
        ) { try graph(words) }
    }

    @Test("a leaf beside a split has the smaller number, as in the library")
    func leafNumbers() throws {
        let inner =
            #"{"split":{"split_index":2},"left":{"value":1,"weight":1},"#
            + #""right":{"value":2,"weight":1}}"#
        let tree =
            #""trees":[{"left":\#(inner),"right":{"value":3,"weight":2},"#
            + #""split":{"split_index":0}}]"#
        let start = text().prefix { $0 != "\u{0}" }.replacing("oblivious_trees", with: "unused")
        let graph = try graph(String(start).replacing(#""unused""#, with: tree + #","unused""#))
        let batch = try GraphBatch(values: [0, 0, 0, 9, 9, 0], featureCount: 2)
        let results = try graph.run(batch, roles: [.raw, .leaf])
        #expect(results.doubles(0) == [11, 12, 13])
        #expect(results.doubles(1) == [1, 2, 0])
    }

    @Test("a document whose offsets lead nowhere is refused")
    func offsets() throws {
        let whole = try Zoo.bytes("cat128-cbm-cats-onehot/model.cbm")
        for offset in stride(from: 8, to: min(whole.count, 400), by: 4) {
            var damaged = whole
            for index in 0..<4 { damaged[offset + index] = 0xFF }
            // Some of these bytes are text that nobody reads; none may end the process.
            _ = try? ModelReader.read(damaged, fileName: "m.cbm")
        }
        var root = whole
        root[11] = 0x7F
        #expect(throws: FormatError.self) { try ModelReader.read(root, fileName: "m.cbm") }
        let cut = Array(whole.prefix(6_000))
        #expect(throws: FormatError.self) { try ModelReader.read(cut, fileName: "m.cbm") }
    }

    @Test("inspection tells the kinds of the features")
    func inspection() throws {
        let inspection = try Zoo.model("cat128-json-cats-ctr").inspection
        #expect(inspection.library == "CatBoost" && inspection.objective == "Logloss")
        #expect(inspection.featureKinds.count { $0 == "hashed category" } == 2)
        #expect(inspection.operators.prefix(2) == ["TargetStatistics", "TreeEnsemble"])
        let pickled = try Zoo.model("cat122-pkl4-quantile").inspection
        #expect(pickled.estimator == "catboost.core.CatBoostRegressor")
        #expect(pickled.objective == "Quantile:alpha=0.7")
    }
}
