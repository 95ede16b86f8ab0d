import BorealBase
import BorealGraph
import Glibc
import Testing

@testable import BorealFormats

@Suite struct XGBoostTests {
    /// A model of one tree whose root asks feature 0.
    private func text(
        version: String = "[2,1,0]",
        root: String = #""split_conditions":[0.5,1,2],"default_left":[1,0,0]"#,
        extra: String = "",
        objective: String = "reg:squarederror",
        learner: String =
            #""base_score":"5E-1","num_class":"0","num_feature":"1","num_target":"1""#,
        attributes: String = ""
    ) -> String {
        """
        {"learner":{"attributes":{\(attributes)},"feature_names":["x"],"feature_types":["c"],
        "gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1"},
        "tree_info":[0],"trees":[{"left_children":[1,-1,-1],"right_children":[2,-1,-1],
        "split_indices":[0,0,0],\(root)\(extra),"sum_hessian":[4,1,3],
        "tree_param":{"num_nodes":"3","size_leaf_vector":"1"}}]},"name":"gbtree"},
        "learner_model_param":{\(learner)},"objective":{"name":"\(objective)"}},
        "version":\(version)}
        """
    }

    private func graph(_ text: String) throws -> ModelGraph {
        try ModelReader.read(Array(text.utf8), fileName: "m.json").graph
    }

    private func raw(_ graph: ModelGraph, _ values: [Double]) throws -> [Double] {
        let batch = try GraphBatch(values: values, featureCount: 1)
        return try graph.run(batch, roles: [.raw]).doubles(0)
    }

    @Test("rows are 32-bit numbers, and a threshold itself goes right")
    func thresholds() throws {
        let graph = try graph(text())
        #expect(try raw(graph, [0.49999999, 0.5, 0.4999, .nan]) == [2.5, 2.5, 1.5, 1.5])
    }

    private let categories = #"""
        ,"split_type":[1,0,0],"categories":[1,33],"categories_nodes":[0],
        "categories_segments":[0],"categories_sizes":[2]
        """#

    @Test("categories of a set go right; those beyond it by default before 1.7, left since")
    func categorySets() throws {
        let right = #""split_conditions":[0,1,2],"default_left":[0,0,0]"#
        let values: [Double] = [1, 33, 2, 64, -1, .nan]
        let now = try graph(text(root: right, extra: categories))
        #expect(try raw(now, values) == [2.5, 2.5, 1.5, 1.5, 1.5, 2.5])
        let before = try graph(text(version: "[1,6,2]", root: right, extra: categories))
        #expect(try raw(before, values) == [2.5, 2.5, 1.5, 2.5, 2.5, 2.5])
        let left = try graph(text(version: "[1,6,2]", extra: categories))
        #expect(try raw(left, values) == [2.5, 2.5, 1.5, 1.5, 1.5, 1.5])
    }

    @Test("the base score is in the space of the answers, since 3.1 one for each score")
    func baseScores() throws {
        let poisson = try graph(text(objective: "count:poisson"))
        let log = Double(logf(0.5))
        #expect(abs(try raw(poisson, [1])[0] - (2 + log)) < 1e-6)
        let targets =
            #""base_score":"[1E0,2E0]","num_class":"0","num_feature":"1","num_target":"2""#
        let two = try graph(text(learner: targets))
        #expect(try raw(two, [1]) == [3, 2])
        let three = targets.replacing("[1E0,2E0]", with: "[1E0,2E0,3E0]")
        #expect(throws: FormatError.self) { try graph(text(learner: three)) }
    }

    @Test("a file that a classifier saved answers its classes")
    func wrapper() throws {
        let mark =
            #""scikit_learn":"{\"type\": \"XGBClassifier\", \"missing\": NaN, \"_le\": "#
            + #"{\"classes_\": [\"no\", \"yes\"]}}""#
        let graph = try graph(text(objective: "binary:logistic", attributes: mark))
        #expect(graph.labels == .text(["no", "yes"]))
        let batch = try GraphBatch(values: [1], featureCount: 1)
        let results = try graph.run(batch, roles: [.value, .prediction])
        #expect(results.text(0, row: 0) == "yes" && results.text(1, row: 0) == "yes")
        #expect(graph.output(.probabilities)?.columnNames == ["proba_no", "proba_yes"])
    }

    @Test("a data frame's categories match by text, and their codes as numbers")
    func dataFrameCategories() throws {
        let cats = #""cats":{"enc":[{"offsets":[0,2,4],"values":[115,49,115,50]}]},"trees":"#
        let text = text(extra: categories).replacing(#""trees":"#, with: cats)
        let graph = try graph(text)
        var values = ByteColumn()
        var validity = Validity()
        for cell in ["s1", "s2", "1.0", "0", "s3", "7"] {
            values.append(cell)
            validity.append(isNull: false)
        }
        let column = Column(
            name: "x",
            type: .varchar(),
            storage: .bytes(values),
            validity: validity
        )
        let binder = try FeatureBinder(inputs: graph.inputs, names: ["x"])
        let batch = try binder.bind(RowBatch(columns: [column], rowCount: 6))
        #expect(batch.values.prefix(4) == [0, 1, 1, 0])
        #expect(batch.values.suffix(2).allSatisfy(\.isNaN) && batch.unseenCategories == 2)
    }

    @Test("errors name the tree and the node")
    func damage() {
        let child = text().replacing("[2,-1,-1]", with: "[7,-1,-1]")
        let error = #expect(throws: FormatError.self) { try graph(child) }
        #expect(error?.description.contains("tree 0: node 0 has a child 7") == true)
        let objective = text(objective: "reg:unheard")
        #expect(
            throws: FormatError.unsupportedFormat(.xgboostJSON, detail: "objective 'reg:unheard'")
        ) { try graph(objective) }
        let short = text(root: #""split_conditions":[0.5],"default_left":[1,0,0]"#)
        #expect(throws: FormatError.self) { try graph(short) }
    }
}
