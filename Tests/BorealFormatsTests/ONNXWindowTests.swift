import BorealGraph
import Testing

@testable import BorealFormats

/// Operators of `ai.onnx` whose windows slide over pictures, each by what the standard says.
@Suite struct ONNXWindowTests {
    /// A network of one input of `shape`; the closure answers the name of its last value.
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

    /// What nodes make of rows.
    private func run(
        _ rows: [Double],
        _ shape: [Int],
        _ nodes: (inout NetworkGraph) -> String
    ) throws -> [Double] {
        try ONNXBench.answer(try model(shape, nodes), rows)
    }

    /// Why nodes are refused.
    private func reason(_ shape: [Int], _ nodes: (inout NetworkGraph) -> String) -> String {
        do {
            _ = try model(shape, nodes)
            return "no error"
        } catch { return "\(error)" }
    }

    private let nine: [Double] = [1, 2, 3, 4, 5, 6, 7, 8, 9]

    /// A filter of ones.
    private func ones(_ shape: [Int], _ network: inout NetworkGraph) -> String {
        let count = shape.reduce(1, *)
        return network.constant(
            NetworkTensor(shape: shape, values: Array(repeating: 1, count: count))
        )
    }

    @Test(
        "Conv pads at the edges that it is told, or as many as keep the extent",
        arguments: [
            ([:], [12.0, 16, 24, 28]),
            (["pads": .integers([0, 0, 1, 1])], [12.0, 16, 9, 24, 28, 15, 15, 17, 9]),
            (["auto_pad": .text("SAME_UPPER")], [12.0, 16, 9, 24, 28, 15, 15, 17, 9]),
            (["auto_pad": .text("SAME_LOWER")], [1.0, 3, 5, 5, 12, 16, 11, 24, 28]),
            (["auto_pad": .text("VALID"), "strides": .integers([2, 1])], [12.0, 16]),
            (["dilations": .integers([2, 2])], [20.0]),
        ] as [([String: ONNXNodeAttribute], [Double])]
    )
    func convolution(_ attributes: [String: ONNXNodeAttribute], _ wanted: [Double]) throws {
        let answers = try run(nine, [1, 3, 3]) {
            $0.node("Conv", ["x", ones([1, 1, 2, 2], &$0)], attributes)
        }
        #expect(answers == wanted)
    }

    @Test("A sequence has one axis, groups see channels of their own, Relu makes them positive")
    func groups() throws {
        let answers = try run([1, 2, 3, -10, -20, -40], [2, 3]) {
            let bias = $0.constant(NetworkTensor(shape: [2], values: [0.5, 1]))
            let sums = $0.node(
                "Conv",
                ["x", ones([2, 1, 2], &$0), bias],
                ["group": .integer(2)]
            )
            return $0.node("Relu", [sums])
        }
        #expect(answers == [3.5, 5.5, 0, 0])
    }

    @Test("What a convolution answers stays as it is where others read it beside the Relu")
    func shared() throws {
        let answers = try run([1, -2], [1, 2]) {
            let sums = $0.node("Conv", ["x", ones([1, 1, 1], &$0)])
            return $0.node("Add", [$0.node("Relu", [sums]), sums])
        }
        #expect(answers == [2, -2])
    }

    @Test("Windows become their greatest number or mean, a whole picture too")
    func pools() throws {
        let window = ["kernel_shape": ONNXNodeAttribute.integers([2, 2])]
        let greatest = try run(nine, [1, 3, 3]) { $0.node("MaxPool", ["x"], window) }
        #expect(greatest == [5, 6, 8, 9])
        let mean = try run(nine, [1, 3, 3]) { $0.node("AveragePool", ["x"], window) }
        #expect(mean == [3, 4, 6, 7])
        let whole = try run(nine + nine, [1, 3, 3]) { $0.node("GlobalAveragePool", ["x"]) }
        #expect(whole == [5, 5])
        #expect(try run(nine, [1, 3, 3]) { $0.node("GlobalMaxPool", ["x"]) } == [9])
    }

    @Test("What windows make is one row for the product behind them")
    func poolThenProduct() throws {
        let answers = try run(nine + nine, [2, 3, 3]) {
            let window = ["kernel_shape": ONNXNodeAttribute.integers([2, 2])]
            let pooled = $0.node("MaxPool", ["x"], window)
            let row = $0.node("Flatten", [pooled])
            return $0.node("Gemm", [row, ones([8, 1], &$0)])
        }
        #expect(answers == [56])
    }

    @Test(
        "Pad fills, repeats, reflects and cuts",
        arguments: [
            ("constant", [0, 0, 1, 0, 0, 2], [7.0, 1, 2, 3, 7, 7]),
            ("edge", [0, 0, 1, 0, 0, 2], [1.0, 1, 2, 3, 3, 3]),
            ("reflect", [0, 0, 2, 0, 0, 1], [3.0, 2, 1, 2, 3, 2]),
            ("wrap", [0, 0, 1, 0, 0, 1], [3.0, 1, 2, 3, 1]),
            ("constant", [0, 0, -1, 0, 0, 0], [2.0, 3]),
        ]
    )
    func pad(_ mode: String, _ ends: [Int], _ wanted: [Double]) throws {
        let answers = try run([1, 2, 3], [1, 3]) {
            $0.node("Pad", ["x", $0.list(ends), $0.scalar(7)], ["mode": .text(mode)])
        }
        #expect(answers == wanted)
    }

    @Test("Batch, instance, group and layer normalization scale and shift by channel")
    func normalizations() throws {
        let rows: [Double] = [1, 3, 10, 20]
        let batch = try run(rows, [2, 2]) { network in
            let parts = [[2, 1], [0, 1], [1, 10], [4, 25]].map { values in
                network.constant(NetworkTensor(shape: [2], values: values))
            }
            return network.node("BatchNormalization", ["x"] + parts, ["epsilon": .number(0)])
        }
        #expect(batch == [0, 2, 1, 3])
        func scaled(_ operation: String, _ more: [String: ONNXNodeAttribute]) throws -> [Double] {
            try run(rows, [2, 2]) { network in
                let parts = [[2, 1], [0, 5]].map { values in
                    network.constant(NetworkTensor(shape: [2], values: values))
                }
                let epsilon = ["epsilon": ONNXNodeAttribute.number(0)]
                return network.node(operation, ["x"] + parts, epsilon.merging(more) { $1 })
            }
        }
        #expect(try scaled("InstanceNormalization", [:]) == [-2, 2, 4, 6])
        let groups = try scaled("GroupNormalization", ["num_groups": .integer(2)])
        #expect(groups == [-2, 2, 4, 6])
        let layer = try scaled("LayerNormalization", ["axis": .integer(-1)])
        #expect(layer == [-2, 6, -2, 6])
    }

    @Test("What does not fit is refused by the name of its node")
    func refused() {
        func conv(_ shape: [Int], _ more: [String: ONNXNodeAttribute] = [:]) -> String {
            reason([2, 3, 3]) { $0.node("Conv", ["x", ones(shape, &$0)], more, title: "c1") }
        }
        for (text, part) in [
            (conv([1, 3, 1, 1]), "over 2 channels"), (conv([1, 2, 4, 1]), "no place"),
            (conv([1, 2, 1]), "rank"), (conv([1, 2, 1, 1], ["group": .integer(0)]), "0 groups"),
            (conv([1, 2, 1, 1], ["group": .integer(.max)]), "groups"),
            (conv([1, 2, 2, 2], ["kernel_shape": .integers([3, 3])]), "kernel"),
            (conv([1, 2, 1, 1], ["strides": .integers([0, 1])]), "strides"),
            (conv([1, 2, 1, 1], ["strides": .integers([1])]), "axes"),
            (conv([1, 2, 1, 1], ["pads": .integers([-1, 0, 0, 0])]), "windows"),
            (conv([1, 2, 1, 1], ["pads": .integers([1 << 25, 0, 0, 0])]), "no place"),
            (conv([1, 2, 1, 1], ["auto_pad": .text("SOME")]), "SOME"),
        ] {
            #expect(text.contains("'c1'") && text.contains(part), "\(text)")
        }
        let volume = reason([1, 2, 2, 2]) {
            $0.node("Conv", ["x", ones([1, 1, 1, 1, 1], &$0)], title: "c3")
        }
        #expect(volume.contains("'c3'") && volume.contains("3 axes"), "\(volume)")
        let huge = reason([1, 3, 3]) {
            $0.node("Pad", ["x", $0.list([0, 0, 0, 0, 0, 0, 1 << 24, 1 << 24])], title: "p")
        }
        #expect(huge.contains("limit") || huge.contains("more than"), "\(huge)")
        let rows = reason([1, 3, 3]) {
            $0.node("Pad", ["x", $0.list([1, 0, 0, 0, 0, 0, 0, 0])], title: "p")
        }
        #expect(rows.contains("'p'") && rows.contains("rows"), "\(rows)")
    }
}
