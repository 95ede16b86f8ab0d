import BorealBase
import BorealBoost
import BorealGraph
import Testing

@testable import BorealFormats

@Suite struct LightGBMTextTests {
    /// One stump over `features` columns.
    static func text(
        _ changes: [String: String] = [:],
        features: String = "a b",
        tail: String = ""
    ) -> [UInt8] {
        let count = features.split(separator: " ").count
        var lines: [(String, String)] = [
            ("version", "v4"), ("num_class", "1"), ("num_tree_per_iteration", "1"),
            ("max_feature_idx", "\(count - 1)"),
            ("objective", "regression"), ("feature_names", features),
            ("feature_infos", "[0:1] 0:1:2"),
            ("Tree", "0"), ("num_leaves", "2"), ("num_cat", "0"), ("split_feature", "0"),
            ("threshold", "0.5"),
            ("decision_type", "2"), ("left_child", "-1"), ("right_child", "-2"),
            ("leaf_value", "1 2"), ("shrinkage", "1"),
        ]
        for (key, value) in changes {
            if let index = lines.firstIndex(where: { $0.0 == key }) {
                lines[index].1 = value
            } else {
                lines.insert((key, value), at: 0)
            }
        }
        let body = lines.map { "\($0.0)=\($0.1)" }.joined(separator: "\n")
        return Array("tree\n\(body)\n\n\nend of trees\n\(tail)".utf8)
    }

    private func read(_ bytes: [UInt8]) throws -> ModelGraph {
        try ModelReader.read(bytes, fileName: "m.txt").graph
    }

    @Test("the smallest text is a model, with Windows line ends too")
    func smallest() throws {
        let graph = try read(Self.text())
        #expect(graph.inputs.map(\.kind) == [.number, .integerCategory])
        let windows = String(decoding: Self.text(), as: UTF8.self).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        .joined(separator: "\r\n")
        #expect(
            try read(Array(windows.utf8)).treeEnsemble?.ensemble == graph.treeEnsemble?.ensemble
        )
    }

    @Test(
        "what does not fit is refused",
        arguments: [
            ["num_leaves": "3"], ["leaf_value": "1 2 3"], ["leaf_value": "1 x"],
            ["threshold": "0x1p3"],
            ["threshold": "nan"], ["split_feature": "2"], ["left_child": "0"],
            ["decision_type": "1"],
            ["decision_type": "99"], ["num_class": "2"], ["max_feature_idx": "2"],
            ["objective": "sorcery"],
            ["objective": "binary sigmoid:-1"], ["objective": "multiclass num_class:1"],
            ["version": "v5"],
            ["version": ""], ["boreal_meta": "7b"], ["boreal_meta": "zz"], ["boreal_meta": "7b7d"],
            ["num_leaves": "99999999999999999999"], ["shrinkage": "fast"],
        ]
    )
    func refused(changes: [String: String]) {
        #expect(throws: FormatError.self) { try read(Self.text(changes)) }
    }

    @Test("category lists go to the columns the parameters name")
    func declaredCategories() throws {
        let tail =
            "\nparameters:\n[categorical_feature: 0]\nend of parameters\n\n"
            + "pandas_categorical:[[\"x\", \"y\"]]\n"
        let graph = try read(Self.text(["feature_infos": "[0:1] [0:1]"], tail: tail))
        #expect(graph.inputs[0].kind == .category(try CategoryDictionary(.text(["x", "y"]))))
        #expect(graph.inputs[1].kind == .number)
    }

    @Test("category lists go to the columns that training treated as categories")
    func foundCategories() throws {
        let graph = try read(Self.text(tail: "\npandas_categorical:[[10, 20, 30.5]]\n"))
        #expect(graph.inputs[1].kind == .category(try CategoryDictionary(.number([10, 20, 30.5]))))
    }

    @Test("a list of categories beside integer categories goes to the column it can belong to")
    func mixedCategories() throws {
        let infos = "0:1:9 0:1"
        let graph = try read(
            Self.text(["feature_infos": infos], tail: "\npandas_categorical:[[\"u\", \"v\"]]\n")
        )
        #expect(graph.inputs.map(\.kind.name) == [.integerCategory, .textCategory])
    }

    @Test(
        "lists that could belong to several columns, or to none, are refused",
        arguments: [
            ("[0:1] [0:1]", "[[\"u\", \"v\"]]"), ("[0:9] [0:9]", "[[\"u\"]]"),
            ("0:1 0:1", "[[\"u\", 1], [2]]"),
        ]
    )
    func ambiguousCategories(infos: String, lists: String) {
        #expect(throws: FormatError.self) {
            try read(Self.text(["feature_infos": infos], tail: "\npandas_categorical:\(lists)\n"))
        }
    }

    @Test(
        "objectives map to their transforms",
        arguments: [
            ("binary sigmoid:0.7", ScoreLink.sigmoid(scale: 0.7), GraphTask.binary),
            ("regression sqrt", .signedSquare, .regression), ("poisson", .exponential, .regression),
            ("tweedie", .exponential, .regression),
            ("cross_entropy", .sigmoid(scale: 1), .regression),
            ("cross_entropy_lambda", .softplus, .regression), ("quantile", .identity, .regression),
            ("rank_xendcg", .identity, .ranking), ("custom", .identity, .regression),
        ]
    )
    func objectives(line: String, link: ScoreLink, task: GraphTask) throws {
        let objective = try LightGBMObjective(line, classCount: 1)
        #expect(objective.link == link)
        #expect(objective.task == task)
    }

    @Test("a text without 'end of trees' is cut, except in version 2 with all its trees")
    func missingEnd() throws {
        let whole = String(decoding: Self.text(), as: UTF8.self)
        let cut = whole.replacing("end of trees\n", with: "")
        #expect(throws: FormatError.self) { try read(Array(cut.utf8)) }
        let old = cut.replacing("version=v4", with: "version=v2\ntree_sizes=100")
        #expect(try read(Array(old.utf8)).treeEnsemble?.ensemble.trees.count == 1)
    }
}
