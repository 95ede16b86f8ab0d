import BorealBase
import BorealGraph
import Testing

@testable import BorealFormats

@Suite("Files of TensorFlow") struct TensorFlowFileTests {
    private func checkpoint() throws -> TensorFlowCheckpoint {
        try TensorFlowCheckpoint(
            try Zoo.bytes("tf2151-weights/w.index"),
            stem: "w",
            ModelFiles.beside("\(Zoo.root)/tf2151-weights/w.index"),
            format: .tensorflowCheckpoint
        )
    }

    @Test("the index lists variables, the numbers lie beside it")
    func variables() throws {
        let checkpoint = try checkpoint()
        let weights = try checkpoint.weights()
        #expect(
            weights.modules.map(\.name) == [
                "layer_with_weights-0", "layer_with_weights-1", "layer_with_weights-2",
            ]
        )
        #expect(weights.modules[0].tensors["kernel"]?.shape == [28, 10])
        #expect(
            weights.modules[1].tensors.keys.sorted() == [
                "beta", "gamma", "moving_mean", "moving_variance",
            ]
        )
        let keys = try checkpoint.keysByVariable()
        #expect(!keys.isEmpty)
        #expect(throws: FormatError.self) { try checkpoint.tensors(["gone"]) }
    }

    @Test("an index without its numbers says which file is missing")
    func missing() throws {
        let bytes = try Zoo.bytes("tf2151-weights/w.index")
        do {
            _ = try ModelReader.read(bytes, fileName: "w.index")
            Issue.record("it was read")
        } catch { #expect("\(error)".contains("w.data-00000-of-00001"), "\(error)") }
    }

    @Test("a SavedModel alone says that its folder belongs into one archive")
    func graphAlone() throws {
        let bytes = try Zoo.bytes("tf2151-savedmodel/saved_model.pb")
        do {
            _ = try ModelReader.read(bytes, fileName: "saved_model.pb")
            Issue.record("it was read")
        } catch { #expect("\(error)".contains("variables/variables.index"), "\(error)") }
    }

    // MARK: - Graphs made here

    /// A SavedModel of one signature from `x` of `width` numbers to the output of node `y`.
    private func model(width: Int, _ nodes: [(String, String, [String])]) throws -> [UInt8] {
        func shape(_ writer: inout ProtobufWriter, _ number: Int) {
            writer.put(number) { shape in
                shape.put(2) { $0.put(1, -1) }
                shape.put(2) { $0.put(1, width) }
            }
        }
        func info(_ writer: inout ProtobufWriter, _ number: Int, _ node: String) {
            writer.put(number) { entry in
                entry.put(1, node)
                entry.put(2) { info in
                    info.put(1, "\(node):0")
                    info.put(2, 1)
                    shape(&info, 3)
                }
            }
        }
        var file = ProtobufWriter()
        file.put(1, 1)
        file.put(2) { meta in
            meta.put(2) { graph in
                for (name, operation, inputs) in nodes {
                    graph.put(1) { node in
                        node.put(1, name)
                        node.put(2, operation)
                        for input in inputs { node.put(3, input) }
                    }
                }
            }
            meta.put(5) { entry in
                entry.put(1, "serving_default")
                entry.put(2) { signature in
                    info(&signature, 1, "x")
                    info(&signature, 2, "y")
                }
            }
        }
        return try ONNXBench.bytes(of: file)
    }

    private func reason(_ nodes: [(String, String, [String])]) throws -> String {
        do {
            _ = try ModelReader.read(try model(width: 2, nodes), fileName: "saved_model.pb")
            return "no error"
        } catch { return "\(error)" }
    }

    @Test("nodes are followed back from the answer")
    func followed() throws {
        let bytes = try model(
            width: 3,
            [
                ("x", "Placeholder", []), ("r", "Relu", ["x"]), ("n", "Neg", ["x"]),
                ("s", "AddV2", ["r", "n", "^unused"]), ("y", "Identity", ["s"]),
                ("unused", "WriteFile", []),
            ]
        )
        let graph = try ModelReader.read(bytes, fileName: "saved_model.pb").graph
        #expect(graph.allOutputs.map(\.name) == ["out"])
        #expect(try ONNXBench.answer(graph, [1, -2, 3]) == [0, 2, 0])
    }

    @Test("circles, missing nodes and unknown operations are refused by name")
    func refused() throws {
        let x = ("x", "Placeholder", [String]())
        #expect(
            try reason([x, ("a", "Neg", ["b"]), ("b", "Neg", ["a"]), ("y", "Neg", ["a"])]).contains(
                "waits"
            )
        )
        #expect(try reason([x, ("y", "Neg", ["gone"])]).contains("'gone'"))
        let file = try reason([x, ("y", "ReadFile", ["x"])])
        #expect(file.contains("'y' (ReadFile)") && file.contains("tf2onnx"), "\(file)")
        #expect(try reason([x, ("y", "PartitionedCall", ["x"])]).contains("function"))
        #expect(try reason([x, ("y", "While", ["x"])]).contains("While"))
    }

    @Test("a chain of a hundred thousand nodes needs no deep stack")
    func longChain() throws {
        var nodes: [(String, String, [String])] = [("x", "Placeholder", [])]
        for index in 0..<100_000 {
            nodes.append(("n\(index)", "Identity", [index == 0 ? "x" : "n\(index - 1)"]))
        }
        nodes.append(("y", "Neg", ["n99999"]))
        let bytes = try model(width: 1, nodes)
        let graph = try ModelReader.read(bytes, fileName: "saved_model.pb").graph
        #expect(try ONNXBench.answer(graph, [2]) == [-2])
    }

    @Test("any byte of an index may be wrong")
    func damage() throws {
        let bytes = try Zoo.bytes("tf2151-weights/w.index")
        let files = ModelFiles.beside("\(Zoo.root)/tf2151-weights/w.index")
        var read = 0
        for place in stride(from: 0, to: bytes.count, by: 3) {
            var damaged = bytes
            damaged[place] ^= 0xFF
            let checkpoint = try? TensorFlowCheckpoint(
                damaged,
                stem: "w",
                files,
                format: .tensorflowCheckpoint
            )
            if (try? checkpoint?.weights()) != nil { read += 1 }
        }
        #expect(read < bytes.count / 3)
    }
}
