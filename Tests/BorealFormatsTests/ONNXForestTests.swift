import BorealBoost
import BorealGraph
import Testing

@testable import BorealFormats

/// Tree ensembles of `ai.onnx.ml`, from attributes to answers.
@Suite struct ONNXForestTests {
    /// A node of a tree in the lists of versions 1 to 3.
    private struct Line {
        var tree: Int64 = 0
        var number: Int64
        var mode: String
        var feature: Int64 = 0
        var value: Float = 0
        var yes: Int64 = 0
        var no: Int64 = 0
        var passes: Int64 = 0
    }

    private func numbers(_ values: [Int64]) -> ONNXNodeAttribute {
        var attribute = ONNXNodeAttribute()
        attribute.integers = values
        return attribute
    }

    private func reals(_ values: [Float]) -> ONNXNodeAttribute {
        var attribute = ONNXNodeAttribute()
        attribute.floats = values
        return attribute
    }

    /// A node with the given lines; each leaf has the weight of its number for target 0.
    private func node(_ lines: [Line]) -> ONNXNode {
        var node = ONNXNode(operation: "TreeEnsembleRegressor", domain: "ai.onnx.ml")
        var modes = ONNXNodeAttribute()
        modes.strings = lines.map(\.mode)
        let leaves = lines.filter { $0.mode == "LEAF" }
        node.attributes = [
            "nodes_treeids": numbers(lines.map(\.tree)),
            "nodes_nodeids": numbers(lines.map(\.number)), "nodes_modes": modes,
            "nodes_featureids": numbers(lines.map(\.feature)),
            "nodes_values": reals(lines.map(\.value)),
            "nodes_truenodeids": numbers(lines.map(\.yes)),
            "nodes_falsenodeids": numbers(lines.map(\.no)),
            "nodes_missing_value_tracks_true": numbers(lines.map(\.passes)),
            "target_treeids": numbers(leaves.map(\.tree)),
            "target_nodeids": numbers(leaves.map(\.number)),
            "target_ids": numbers(leaves.map { _ in 0 }),
            "target_weights": reals(leaves.map { Float($0.number) }),
        ]
        return node
    }

    /// One test and two leaves: 1 for those that pass, 2 for all others.
    private func stump(_ mode: String, _ value: Float, passes: Int64 = 0) -> [Line] {
        [
            Line(number: 0, mode: mode, value: value, yes: 1, no: 2, passes: passes),
            Line(number: 1, mode: "LEAF"), Line(number: 2, mode: "LEAF"),
        ]
    }

    /// What trees answer for values of the one feature.
    private func answers(_ lines: [Line], _ values: [Double]) throws -> [Double] {
        let node = node(lines)
        let forest = try ONNXForest(numbered: node, prefix: "target", targetCount: 1)
        var compiler = ONNXForestCompiler(forest, node, isFloat: true, width: 1)
        let ensemble = try compiler.ensemble()
        try ensemble.validate()
        return values.map { value in
            var row = [value]
            for question in compiler.questions {
                let isMember = question.numbers.contains(value)
                row.append(value.isNaN ? .nan : (isMember ? 1 : 0))
            }
            return ensemble.trees.reduce(0) { $0 + $1.output(row) }
        }
    }

    private func reason(_ lines: [Line]) -> String {
        do {
            _ = try answers(lines, [0])
            return "no error"
        } catch { return "\(error)" }
    }

    @Test(
        "each mode compares as it says, also at the threshold",
        arguments: [
            ("BRANCH_LEQ", [1.0, 1, 2]), ("BRANCH_LT", [1, 2, 2]), ("BRANCH_GTE", [2, 1, 1]),
            ("BRANCH_GT", [2, 2, 1]), ("BRANCH_EQ", [2, 1, 2]), ("BRANCH_NEQ", [1, 2, 1]),
        ]
    )
    func modes(mode: String, wanted: [Double]) throws {
        let half = 0.5
        let given = [Double(Float(half).nextDown), half, Double(Float(half).nextUp)]
        #expect(try answers(stump(mode, 0.5), given) == wanted)
    }

    @Test("below zero are negative numbers, and minus zero is none of them")
    func zero() throws {
        let values = [-Double(Float.leastNonzeroMagnitude), -0.0, 0]
        #expect(try answers(stump("BRANCH_LT", 0), values) == [1, 2, 2])
        #expect(try answers(stump("BRANCH_GTE", -0.0), values) == [2, 1, 1])
    }

    @Test(
        "what is missing fails, unless the node says that it passes, or is different from a number",
        arguments: [
            ("BRANCH_LEQ", 2.0), ("BRANCH_LT", 2), ("BRANCH_GTE", 2), ("BRANCH_GT", 2),
            ("BRANCH_EQ", 2), ("BRANCH_NEQ", 1),
        ]
    )
    func missing(mode: String, wanted: Double) throws {
        #expect(try answers(stump(mode, 0.5), [.nan]) == [wanted])
        #expect(try answers(stump(mode, 0.5, passes: 1), [.nan]) == [1])
    }

    @Test("numbers of nodes and trees may have gaps and come mixed")
    func numbering() throws {
        let lines = [
            Line(tree: 9, number: 70, mode: "BRANCH_LEQ", value: 0, yes: 3, no: 5),
            Line(tree: 4, number: 1, mode: "LEAF"), Line(tree: 9, number: 3, mode: "LEAF"),
            Line(tree: 9, number: 5, mode: "LEAF"),
        ]
        #expect(try answers(lines, [-1, 1]) == [4, 6])
    }

    @Test("a chain of equalities with one way out is a set of numbers")
    func chain() throws {
        let lines = [
            Line(number: 0, mode: "BRANCH_EQ", value: 3, yes: 3, no: 1),
            Line(number: 1, mode: "BRANCH_EQ", value: 7.5, yes: 3, no: 2),
            Line(number: 2, mode: "BRANCH_EQ", value: -1, yes: 3, no: 4),
            Line(number: 3, mode: "LEAF"), Line(number: 4, mode: "LEAF"),
        ]
        #expect(try answers(lines, [3, 7.5, -1, 7, 0, .nan]) == [3, 3, 3, 4, 4, 4])
    }

    @Test("a node with two parents is refused where it is no such chain")
    func sharedNode() {
        let lines = [
            Line(number: 0, mode: "BRANCH_LEQ", value: 3, yes: 3, no: 1),
            Line(number: 1, mode: "BRANCH_LEQ", value: 7, yes: 3, no: 4),
            Line(number: 3, mode: "LEAF"), Line(number: 4, mode: "LEAF"),
        ]
        #expect(reason(lines).contains("two parents"))
    }

    @Test(
        "what is no tree is refused",
        arguments: [
            ("twice", 1, 2, 1), ("not there", 1, 9, 2), ("two parents", 1, 1, 2),
            ("beside", 0, 1, 2),
        ]
    )
    func noTree(words: String, yes: Int64, no: Int64, last: Int64) {
        let lines = [
            Line(number: 0, mode: "BRANCH_LEQ", yes: yes, no: no),
            Line(number: 1, mode: "LEAF"), Line(number: last, mode: "LEAF"),
        ]
        let text = reason(lines)
        #expect(text.contains(words) || words == "beside" && text != "no error", "\(text)")
    }

    @Test("two trees under one number are refused")
    func twoRoots() {
        let lines = [Line(number: 0, mode: "LEAF"), Line(number: 1, mode: "LEAF")]
        #expect(reason(lines).contains("two roots"))
    }

    @Test("a mode or a feature that there is not is refused")
    func unknownParts() {
        #expect(reason(stump("BRANCH_ABOUT", 0)).contains("BRANCH_ABOUT"))
        var lines = stump("BRANCH_LEQ", 0)
        lines[0].feature = 1
        #expect(reason(lines).contains("feature 1 of 1"))
        lines[0].feature = -1
        #expect(reason(lines).contains("feature -1"))
    }

    @Test("lists of different lengths are refused")
    func lengths() {
        for name in ["nodes_values", "nodes_featureids", "target_ids", "target_weights"] {
            var broken = node(stump("BRANCH_LEQ", 0))
            broken.attributes[name] = nil
            #expect(throws: FormatError.self) {
                try ONNXForest(numbered: broken, prefix: "target", targetCount: 1)
            }
        }
    }

    @Test("targets beyond their number are refused, and so are too many of them")
    func targets() {
        var broken = node(stump("BRANCH_LEQ", 0))
        broken.attributes["target_ids"] = numbers([0, 1])
        #expect(throws: FormatError.self) {
            try ONNXForest(numbered: broken, prefix: "target", targetCount: 1)
        }
        for count in [0, -1, Int64.max] {
            #expect(throws: FormatError.self) {
                try ONNXForest(
                    numbered: node(stump("BRANCH_LEQ", 0)),
                    prefix: "target",
                    targetCount: count
                )
            }
        }
    }

    @Test("trees of one target each become trees of single numbers, in rounds")
    func rounds() throws {
        var two = node([
            Line(tree: 0, number: 1, mode: "LEAF"), Line(tree: 1, number: 2, mode: "LEAF"),
        ])
        two.attributes["target_ids"] = numbers([2, 2])
        let forest = try ONNXForest(numbered: two, prefix: "target", targetCount: 3)
        var compiler = ONNXForestCompiler(forest, two, isFloat: true, width: 1)
        let ensemble = try compiler.ensemble()
        #expect(ensemble.leafWidth == 1)
        #expect(ensemble.trees.map(\.leafValue) == [[0], [0], [1], [0], [0], [2]])
    }

    @Test("a leaf with several targets is a vector, with what is absent where it says nothing")
    func vectors() throws {
        var one = node([Line(number: 1, mode: "LEAF")])
        one.attributes["target_treeids"] = numbers([0, 0])
        one.attributes["target_nodeids"] = numbers([1, 1])
        one.attributes["target_ids"] = numbers([2, 0])
        one.attributes["target_weights"] = reals([5, 7])
        let forest = try ONNXForest(numbered: one, prefix: "target", targetCount: 3)
        var compiler = ONNXForestCompiler(forest, one, isFloat: true, width: 1, absent: .nan)
        let values = try compiler.ensemble().trees[0].leafValue
        #expect(values[0] == 7 && values[1].isNaN && values[2] == 5)
        var marks = ONNXForestCompiler(forest, one, isFloat: true, width: 1, marksOnly: true)
        #expect(try marks.ensemble().trees[0].leafValue == [1, 0, 1])
    }

    // MARK: - Inputs

    @Test("an input of several columns is as many features, one of a single column has its name")
    func featureNames() throws {
        let graph = try ONNXBench.model { graph in
            graph.addInput("a", type: .double, width: 2)
            graph.addInput("b", type: .double, width: 1)
            graph.node("Concat", ["b", "a"], [.integer("axis", 1)], into: "y")
            graph.addOutput("y", type: .double, width: 3)
        }
        #expect(graph.inputs.map(\.name) == ["a_0", "a_1", "b"])
        #expect(try ONNXBench.answer(graph, [1, 2, 3]) == [3, 1, 2])
    }

    @Test("text that no node looks for has no code")
    func textInputs() throws {
        let graph = try ONNXBench.model { graph in
            graph.addInput("t", type: .string, width: 1)
            let wanted = graph.constant(.strings(["a", "c"]), dimensions: [2])
            let isEqual = graph.node("Equal", ["t", wanted])
            graph.node("Cast", [isEqual], [.integer("to", 11)], into: "y")
            graph.addOutput("y", type: .double, width: 2)
        }
        guard case .category(let known) = graph.inputs[0].kind else {
            Issue.record("no text")
            return
        }
        #expect(known.categories == .text(["a", "c"]))
        #expect(try ONNXBench.answer(graph, [0, 1, -1, .nan]) == [1, 0, 0, 1, 0, 0, 0, 0])
    }

    @Test("whole inputs are cut off, truth values are what is not 0")
    func wholeInputs() throws {
        let graph = try ONNXBench.model { graph in
            graph.addInput("n", type: .integer, width: 1)
            graph.addInput("f", type: .boolean, width: 1)
            let flag = graph.node("Cast", ["f"], [.integer("to", 7)])
            graph.node("Concat", ["n", flag], [.integer("axis", 1)], into: "y")
            graph.addOutput("y", type: .integer, width: 2)
        }
        #expect(try ONNXBench.answer(graph, [2.9, 0, -2.9, 7]) == [2, 0, -2, 1])
    }
}
