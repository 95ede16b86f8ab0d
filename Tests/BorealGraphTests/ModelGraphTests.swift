import BorealBase
import BorealBoost
import Glibc
import Testing

@testable import BorealGraph

@Suite struct ModelGraphTests {
    /// A graph of one feature with these outputs.
    private func graph(_ outputs: [GraphOutput], labels: Labels? = nil) throws -> ModelGraph {
        let place = ArgMaxOperator(input: .features, output: TensorID(1), width: 1)
        return try ModelGraph(
            inputs: [GraphInput(name: "x")],
            operators: [place],
            outputs: outputs,
            task: .clustering,
            labels: labels
        )
    }

    @Test("outputs that the file names come first; a role's own name may be theirs too")
    func nativeOutputs() throws {
        func output(_ name: String, _ role: GraphOutput.Role, native: Bool) -> GraphOutput {
            GraphOutput(
                name: name,
                role: role,
                tensor: .features,
                columnNames: [name],
                isNative: native
            )
        }
        let own = [
            output("value", .value, native: false), output("extra", .other, native: false),
            output("leaf", .leaf, native: false),
        ]
        #expect(try graph(own).allOutputs.map(\.name) == ["value", "leaf", "extra"])
        let named = own + [output("value", .other, native: true)]
        #expect(try graph(named).allOutputs.map(\.isNative) == [true])
        #expect(throws: GraphError.self) { try graph(own + own) }
    }

    @Test("a model that answers its features answers them, and not what memory held before")
    func features() throws {
        let output = GraphOutput(.value, .features, ["x"])
        let values = (0..<5_000).map { Double($0) / 7 }
        let batch = try GraphBatch(values: values, featureCount: 1)
        let results = try graph([output]).run(batch, roles: [.value], threads: 2)
        #expect(results.doubles(0) == values)
    }

    @Test("codes are told by the output's own words, else by the labels")
    func dictionaries() throws {
        let output = GraphOutput(
            name: "group",
            role: .value,
            tensor: TensorID(1),
            columnNames: ["group"],
            dictionary: .text(["near"])
        )
        let batch = try GraphBatch(values: [5], featureCount: 1)
        let labels = Labels.integer([7])
        let named = try graph([output], labels: labels).run(batch, roles: [.value])
        #expect(named.text(0, row: 0) == "near")
        var plain = output
        plain.dictionary = nil
        #expect(
            try graph([plain], labels: labels).run(batch, roles: [.value]).text(0, row: 0) == "7"
        )
        plain.dictionary = .text([])
        #expect(try graph([plain]).run(batch, roles: [.value]).text(0, row: 0).isEmpty)
    }

    private func run(_ graph: ModelGraph, _ values: [Double], _ role: GraphOutput.Role) throws
        -> [Double]
    {
        let batch = try GraphBatch(values: values, featureCount: graph.inputs.count)
        return try graph.run(batch, roles: [role]).doubles(0)
    }

    @Test("trees are summed, NaN takes the default side")
    func sums() throws {
        let graph = try SmallModels.regression()
        #expect(try run(graph, [-1, 0, 1, 1, .nan, 1], .value) == [11, 22, 21])
        #expect(try run(graph, [-1, 0, 1, 1], .leaf) == [0, 0, 1, 1])
    }

    @Test(
        "a link is computed with the C library's functions",
        arguments: [
            (ScoreLink.sigmoid(scale: 0.7), 1 / (1 + exp(-0.7 * 11))), (.exponential, exp(11)),
            (.signedSquare, 121), (.softplus, log1p(exp(11))), (.identity, 11),
        ]
    )
    func links(link: ScoreLink, answer: Double) throws {
        let graph = try SmallModels.regression(link: link)
        #expect(try run(graph, [-1, 0], .value) == [answer])
        #expect(try run(graph, [-1, 0], .raw) == [11])
    }

    @Test("an averaged forest divides for its value, not for its raw score")
    func averaged() throws {
        let graph = try SmallModels.regression(isAveraged: true)
        #expect(try run(graph, [-1, 0], .raw) == [11])
        #expect(try run(graph, [-1, 0], .value) == [5.5])
    }

    @Test("a classifier answers labels and probabilities that add up to one")
    func classes() throws {
        let graph = try SmallModels.classifier(labels: .text(["lo", "mid", "hi"]))
        let batch = try GraphBatch(values: [-1, 1], featureCount: 1)
        let results = try graph.run(batch, roles: [.prediction, .probabilities, .raw])
        #expect(results.text(0, row: 0) == "lo")
        #expect(results.text(0, row: 1) == "hi")
        #expect(results.outputs[1].columnNames == ["proba_lo", "proba_mid", "proba_hi"])
        #expect(results.outputs[2].columnNames == ["raw_lo", "raw_mid", "raw_hi"])
        let sum = (0..<3).reduce(0) { $0 + results.double(1, row: 0, column: $1) }
        #expect(abs(sum - 1) < 1e-15)
    }

    @Test("without labels a vector answers the position of its greatest member")
    func vector() throws {
        let graph = try SmallModels.classifier(labels: nil, answersLabel: false)
        let batch = try GraphBatch(values: [1], featureCount: 1)
        let results = try graph.run(batch, roles: [.prediction, .value])
        #expect(results.text(0, row: 0) == "2")
        #expect(results.width(of: 1) == 3)
    }

    @Test(
        "arg-max takes the first of equals, and a NaN before all",
        arguments: [
            ([1.0, 3, 3], 1), ([5, 5, 5], 0), ([1, .nan, 9], 1), ([-.infinity, -1, -2], 1),
        ]
            as [([Double], Int32)]
    )
    func argMax(values: [Double], position: Int32) {
        var values = values
        var answer: Int32 = -1
        let step = ArgMaxOperator(input: TensorID(0), output: TensorID(1), width: 3)
        withUnsafeMutableBytes(of: &answer) { output in
            values.withUnsafeMutableBytes { input in
                var pointers = [input.baseAddress, output.baseAddress]
                pointers.withUnsafeMutableBufferPointer { list in
                    guard let base = list.baseAddress else { return }
                    step.run(rowCount: 1, memory: TensorMemory(pointers: base))
                }
            }
        }
        #expect(answer == position)
    }

    @Test("the answer does not depend on threads")
    func threads() throws {
        let graph = try SmallModels.regression(link: .sigmoid(scale: 0.01))
        var values: [Double] = []
        for i in 0..<20_000 { values += [Double(i % 7) - 3, Double(i % 5) / 4] }
        let batch = try GraphBatch(values: values, featureCount: 2)
        let one = try graph.run(batch, roles: [.value, .leaf])
        let four = try graph.run(batch, roles: [.value, .leaf], threads: 4)
        #expect(one.doubles(0) == four.doubles(0))
        #expect(one.doubles(1) == four.doubles(1))
        #expect(one.rowCount == 20_000)
    }

    @Test("a set flag ends a run")
    func cancellation() throws {
        let flag = CancellationFlag()
        flag.cancel()
        let batch = try GraphBatch(values: [1, 2], featureCount: 2)
        #expect(throws: GraphError.cancelled) {
            try SmallModels.regression().run(batch, roles: [.value], cancellation: flag)
        }
    }

    @Test("no rows are answered by no rows")
    func noRows() throws {
        let batch = try GraphBatch(values: [], featureCount: 2)
        #expect(try SmallModels.regression().run(batch, roles: [.prediction]).rowCount == 0)
    }

    @Test("what a model does not have is an error")
    func missing() throws {
        let graph = try SmallModels.regression()
        let batch = try GraphBatch(values: [1, 2], featureCount: 2)
        #expect(throws: GraphError.outputMissing(role: .probabilities)) {
            try graph.run(batch, roles: [.probabilities])
        }
        let wide = try GraphBatch(values: [1, 2, 3], featureCount: 3)
        #expect(throws: GraphError.featureCountMismatch(expected: 2, given: 3)) {
            try graph.run(wide, roles: [.value])
        }
    }

    @Test("a damaged ensemble and operators that do not fit are refused")
    func invalid() throws {
        var tree = SmallModels.stump(0, 0, 1, 2)
        tree.leftChild = [0]
        let circle = BoostedModel(
            ensemble: TreeEnsemble(trees: [tree], scoresPerRow: 1, featureCount: 1),
            inputs: [GraphInput(name: "x")],
            link: .identity,
            task: .regression
        )
        #expect(throws: GraphError.damagedEnsemble(.notATree(tree: 0))) { try ModelGraph(circle) }
        #expect(throws: GraphError.self) {
            try ModelGraph(
                inputs: [GraphInput(name: "x")],
                operators: [ArgMaxOperator(input: TensorID(5), output: TensorID(1), width: 1)],
                outputs: [],
                task: .regression
            )
        }
        #expect(throws: GraphError.self) {
            try SmallModels.classifier(labels: .integer([1, 2]))
        }
    }

    @Test("importances are gains and splits of each feature")
    func importances() throws {
        let found = try #require(try SmallModels.regression().featureImportances)
        #expect(found.map(\.name) == ["x0", "x1"])
        #expect(found.map(\.gain) == [1, 2])
        #expect(found.map(\.splits) == [1, 1])
    }

    @Test("a session answers row after row in the same memory")
    func session() throws {
        let graph = try SmallModels.regression()
        let session = try GraphSession(graph, roles: [.value, .prediction], rowsMax: 1)
        for (row, answer) in [([-1.0, 0.0], "11.0"), ([1, 1], "22.0")] {
            session.runOne(row)
            var text: [UInt8] = []
            session.appendPrediction(output: 1, to: &text)
            #expect(String(decoding: text, as: UTF8.self) == answer)
            #expect(session.double(output: 0) == Double(answer))
        }
    }
}
