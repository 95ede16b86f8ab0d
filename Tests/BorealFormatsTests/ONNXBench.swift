import BorealGraph

@testable import BorealFormats

/// Small ONNX models for tests, made node by node.
enum ONNXBench {
    /// The graph that the reader makes of a file.
    static func model(_ build: (inout ONNXGraph) -> Void) throws -> ModelGraph {
        var graph = ONNXGraph()
        build(&graph)
        return try ModelReader.read(bytes(of: graph.model()), fileName: "m.onnx").graph
    }

    /// A message in memory.
    static func bytes(of message: ProtobufWriter) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let sink = ExportSink { bytes.append(contentsOf: $0) }
        try message.write(to: sink)
        try sink.finish()
        return bytes
    }

    /// The first output of rows, one behind the other.
    static func answer(_ graph: ModelGraph, _ rows: [Double]) throws -> [Double] {
        let batch = try GraphBatch(values: rows, featureCount: graph.inputs.count)
        return try graph.run(batch, outputs: graph.allOutputs).doubles(0)
    }

    /// Why the reader refuses a file.
    static func reason(_ build: (inout ONNXGraph) -> Void) -> String {
        do {
            _ = try model(build)
            return "no error"
        } catch { return "\(error)" }
    }

    /// What nodes make of rows of `width` numbers; the last answers the name of its output.
    static func run(
        _ rows: [Double],
        width: Int,
        _ nodes: (inout ONNXGraph) -> String
    ) throws -> [Double] {
        let graph = try model { graph in
            graph.addInput("x", type: .double, width: width)
            let last = nodes(&graph)
            graph.node("Identity", [last], into: "y")
            graph.addOutput("y", type: .double, width: width)
        }
        return try answer(graph, rows)
    }
}

extension ONNXGraph {
    /// Whole numbers as a list.
    mutating func list(_ numbers: [Int]) -> String {
        constant(.integers(numbers), dimensions: [numbers.count])
    }
}
