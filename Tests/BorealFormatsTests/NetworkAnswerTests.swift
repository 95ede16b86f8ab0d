import BorealGraph
import Testing

@testable import BorealFormats

/// What the last function of a network says of its answers: probabilities of classes, or numbers.
@Suite struct NetworkAnswerTests {
    /// The columns of `shape`, through nodes.
    private func model(
        _ shape: [Int],
        _ nodes: (inout NetworkGraph) -> String
    ) throws -> ModelGraph {
        let origin = NetworkGraph.Origin(
            format: .onnx,
            library: "test",
            formatVersion: "",
            estimator: ""
        )
        var network = NetworkGraph(origin)
        network.input("x", shape: shape)
        let last = nodes(&network)
        network.output(last, as: "y")
        return try network.imported().graph
    }

    @Test(
        "the last function tells the task",
        arguments: [
            ([3], "Softmax", .multiclass, 3), ([2], "Softmax", .binary, 2),
            ([3], "LogSoftmax", .multiclass, 3), ([1], "Sigmoid", .binary, 2),
            ([3], "Sigmoid", .transformation, nil), ([3], "Relu", .transformation, nil),
            ([1], "Tanh", .regression, nil), ([1], "Softmax", .regression, nil),
            ([3], "Hardmax", .transformation, nil), ([2, 2], "Softmax", .transformation, nil),
        ] as [([Int], String, GraphTask, Int?)]
    )
    func tasks(_ shape: [Int], _ last: String, _ task: GraphTask, _ classes: Int?) throws {
        let graph = try model(shape) { $0.node(last, ["x"]) }
        #expect(graph.task == task)
        let output = graph.output(.probabilities)
        #expect(output?.columnNames == classes.map { (0..<$0).map { "proba_\($0)" } })
        #expect(graph.labels == nil)
    }

    @Test(
        "probabilities add up to 1, and what is answered stays the file's own",
        arguments: ["Softmax", "LogSoftmax", "Sigmoid"]
    )
    func probabilities(_ last: String) throws {
        let graph = try model([last == "Sigmoid" ? 1 : 3]) { $0.node(last, ["x"]) }
        let row = last == "Sigmoid" ? [0.0] : [1.0, 3, 2]
        let batch = try GraphBatch(values: row, featureCount: row.count)
        let results = try graph.run(batch, roles: [.probabilities, .value, .prediction])
        let shares = results.doubles(0)
        #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
        switch last {
        case "Sigmoid":
            #expect(shares == [0.5, 0.5] && results.doubles(1) == [0.5])
            #expect(results.doubles(2) == [0.5])
        case "Softmax":
            #expect(results.doubles(1) == shares && results.doubles(2) == [1])
        default:
            #expect(results.doubles(1).allSatisfy { $0 < 0 } && results.doubles(2) == [1])
        }
        #expect(graph.allOutputs.map(\.name) == ["y"])
    }

    @Test("a network with probabilities is written and read again as one")
    func stored() throws {
        let graph = try model([3]) { $0.node("LogSoftmax", ["x"]) }
        var bytes: [UInt8] = []
        let sink = ExportSink { bytes.append(contentsOf: $0) }
        try BorealWriter(graph).write(to: sink)
        try sink.finish()
        let read = try ModelReader.read(bytes, fileName: "m.boreal").graph
        #expect(read.task == .multiclass && read.labels == nil)
        #expect(read.output(.probabilities) == graph.output(.probabilities))
    }
}
