import BorealGraph
import Testing

@testable import BorealFormats

@Suite struct ONNXReaderTests {
    // MARK: - The wire format

    private func fields(_ bytes: [UInt8]) throws -> [ProtobufReader.Field] {
        var reader = ProtobufReader(bytes, 0..<bytes.count)
        var fields: [ProtobufReader.Field] = []
        while let field = try reader.next() { fields.append(field) }
        return fields
    }

    @Test("fields come with number, value and place")
    func wireTypes() throws {
        let found = try fields([
            0x08, 0x96, 0x01, 0x12, 0x02, 0x68, 0x69, 0x1D, 0, 0, 0x80, 0x3F,
        ])
        #expect(found.map(\.number) == [1, 2, 3])
        #expect(found.map(\.offset) == [0, 3, 7])
        #expect(try found[0].integer() == 150)
        #expect(try found[2].float() == 1)
    }

    @Test(
        "what is no message is refused where it breaks",
        arguments: [
            ([0x08], 1), ([0x08, 0x80, 0x80], 1), ([UInt8](repeating: 0xFF, count: 40), 0),
            ([0x12, 0x05, 0x61], 0), ([0x0B], 0), ([0x00, 0x01], 0), ([0x1D, 0x00], 1),
            ([0x09, 1, 2, 3], 1), ([0x08] + [UInt8](repeating: 0x80, count: 9) + [0x02], 1),
        ]
    )
    func broken(bytes: [UInt8], offset: Int) {
        #expect {
            try fields(bytes)
        } throws: { error in
            guard case .malformed(.onnx, let place, _)? = error as? FormatError else {
                return false
            }
            return place == offset
        }
    }

    @Test("negative numbers are ten bytes long, packed lists as good as single ones")
    func numbers() throws {
        let minusOne = [UInt8](repeating: 0xFF, count: 9) + [0x01]
        #expect(try fields([0x08] + minusOne)[0].integer() == -1)
        let bytes: [UInt8] = [0x3A, 0x03, 0x01, 0x80, 0x02, 0x38, 0x05]
        var numbers: [Int64] = []
        for field in try fields(bytes) { try field.appendIntegers(bytes, to: &numbers) }
        #expect(numbers == [1, 256, 5])
    }

    // MARK: - Graphs

    @Test("what nodes compute of constants is computed when the file is read")
    func folded() throws {
        let graph = try ONNXBench.model { graph in
            graph.addInput("x", type: .double, width: 2)
            let a = graph.constant(.doubles([2, 3]), dimensions: [2])
            let b = graph.node("Mul", [a, graph.scalar(10)])
            let c = graph.node("Exp", [graph.node("Sub", [b, b])])
            graph.node("Mul", ["x", graph.node("Add", [b, c])], into: "y")
            graph.addOutput("y", type: .double, width: 2)
        }
        #expect(graph.operators.filter { $0 is PairwiseOperator }.count == 1)
        #expect(try ONNXBench.answer(graph, [1, 1, 2, -1]) == [21, 31, 42, -31])
    }

    @Test("nodes may stand in any order")
    func order() throws {
        let graph = try ONNXBench.model { graph in
            graph.addInput("x", type: .double, width: 1)
            graph.node("Neg", ["later"], into: "y")
            graph.node("Abs", ["x"], into: "later")
            graph.addOutput("y", type: .double, width: 1)
        }
        #expect(try ONNXBench.answer(graph, [-3, 4]) == [-3, -4])
    }

    @Test("a shape that is computed from the number of rows keeps the rows apart")
    func rowsInShapes() throws {
        let graph = try ONNXBench.model { graph in
            graph.addInput("x", type: .double, width: 4)
            let index = graph.constant(.integers([0]), dimensions: [1])
            let rows = graph.node("Gather", [graph.node("Shape", ["x"]), index])
            let rest = graph.constant(.integers([2, 2]), dimensions: [2])
            let shape = graph.node("Concat", [rows, rest], [.integer("axis", 0)])
            let cube = graph.node("Reshape", ["x", shape])
            graph.node("Transpose", [cube], [.integers("perm", [0, 2, 1])], into: "y")
            graph.addOutput("y", type: .double, width: 4)
        }
        #expect(try ONNXBench.answer(graph, [1, 2, 3, 4, 5, 6, 7, 8]) == [1, 3, 2, 4, 5, 7, 6, 8])
    }

    @Test(
        "what mixes rows is refused by the node's name",
        arguments: [
            ("ReduceSum", [ONNXAttribute](), "works across rows"),
            ("Softmax", [.integer("axis", 0)], "works across rows"),
            ("Flatten", [.integer("axis", 0)], "mixes rows"),
            ("ArgMax", [.integer("axis", 0)], "works across rows"),
        ]
    )
    func acrossRows(operation: String, attributes: [ONNXAttribute], words: String) {
        let text = ONNXBench.reason { graph in
            graph.addInput("x", type: .double, width: 2)
            graph.node(operation, ["x"], attributes, into: "y")
            graph.addOutput("y", type: .double, width: 2)
        }
        #expect(text.contains(words) && text.contains(operation), "\(text)")
    }

    @Test(
        "an operator that is not known is refused by its name",
        arguments: [("Conv", ""), ("LSTM", ""), ("NonZero", ""), ("Attention", "com.microsoft")]
    )
    func unknown(operation: String, domain: String) {
        let text = ONNXBench.reason { graph in
            graph.addInput("x", type: .double, width: 2)
            graph.node(operation, domain: domain, ["x"], into: "y")
            graph.addOutput("y", type: .double, width: 2)
        }
        #expect(text.contains("not supported") && text.contains(operation), "\(text)")
    }

    @Test("elements of different types, lost inputs and too much of everything are refused")
    func refused() {
        let types = ONNXBench.reason { graph in
            graph.addInput("x", type: .double, width: 2)
            graph.node("Add", ["x", graph.constant(.integers([1]), dimensions: [1])], into: "y")
            graph.addOutput("y", type: .double, width: 2)
        }
        #expect(types.contains("int64"), "\(types)")
        let lost = ONNXBench.reason { graph in
            graph.addInput("x", type: .double, width: 2)
            graph.node("Add", ["x", "nothing"], into: "y")
            graph.addOutput("y", type: .double, width: 2)
        }
        #expect(lost.contains("nobody makes the input 'nothing'"))
        let huge = ONNXBench.reason { graph in
            graph.addInput("x", type: .double, width: 2)
            let shape = graph.constant(.integers([1 << 20, 1 << 20, 2]), dimensions: [3])
            graph.node("Expand", ["x", shape], into: "y")
            graph.addOutput("y", type: .double, width: 2)
        }
        #expect(huge.contains("elements"), "\(huge)")
    }

    @Test("a file that is cut or changed anywhere is refused or read, and nothing else")
    func damaged() throws {
        var generator = SeededGenerator(state: 11)
        for name in [
            "onnx-treeensemble-v5-sum", "onnx-pipeline-strings-ohe", "onnx-svc-rbf-opset12",
        ] {
            let intact = try Zoo.bytes("\(name)/model.onnx")
            for round in 0..<120 {
                var bytes = intact
                if round % 2 == 0 {
                    bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
                } else {
                    for _ in 0..<3 {
                        let place = Int.random(in: 0..<bytes.count, using: &generator)
                        bytes[place] = UInt8.random(in: 0...255, using: &generator)
                    }
                }
                do throws(FormatError) {
                    let graph = try ModelReader.read(bytes, fileName: "m.onnx").graph
                    let rows = [Double](repeating: 0.5, count: graph.inputs.count)
                    #expect(throws: Never.self) { try ONNXBench.answer(graph, rows) }
                } catch { #expect(!error.description.isEmpty) }
            }
        }
    }
}
