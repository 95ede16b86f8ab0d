import BorealGraph
import Testing

@testable import BorealFormats

/// Scales and shifts of channels become part of the weights beside them, and change nothing else.
@Suite struct NetworkFoldingTests {
    /// A network of one input of `shape`; the closure answers the names of its outputs.
    private func model(
        _ shape: [Int],
        _ nodes: (inout NetworkGraph) -> [String]
    ) throws -> ModelGraph {
        let origin = NetworkGraph.Origin(
            format: .onnx,
            library: "test",
            formatVersion: "",
            estimator: ""
        )
        var network = NetworkGraph(origin)
        network.input("x", shape: shape)
        for (place, name) in nodes(&network).enumerated() { network.output(name, as: "y\(place)") }
        return try network.imported().graph
    }

    /// Numbers between -1 and 1, always the same.
    private func numbers(_ shape: [Int], seed: Int, above low: Double = -1) -> NetworkTensor {
        let values = (0..<shape.reduce(1, *)).map { place in
            let step = Double((place * 7919 + seed * 104_729) % 1009) / 1009
            return Float(low + step * (1 - low))
        }
        return NetworkTensor(shape: shape, values: values)
    }

    /// BatchNormalization of channels with drawn statistics.
    private func normalized(
        _ value: String,
        _ channels: Int,
        _ network: inout NetworkGraph
    ) -> String {
        var inputs = [value]
        for seed in 1...3 { inputs.append(network.constant(numbers([channels], seed: seed))) }
        inputs.append(network.constant(numbers([channels], seed: 4, above: 0.1)))
        return network.node("BatchNormalization", inputs)
    }

    private func rows(_ graph: ModelGraph) -> [Double] {
        numbers([6, graph.inputs.count], seed: 9).values.map { Double($0) }
    }

    /// What the first output answers to some rows.
    private func answers(_ graph: ModelGraph) throws -> [Double] {
        try ONNXBench.answer(graph, rows(graph))
    }

    private func count<Step: GraphOperator>(_ type: Step.Type, _ graph: ModelGraph) -> Int {
        graph.operators.count { $0 is Step }
    }

    /// Networks that have a scale to lose, by the shape of a row.
    private enum Form: String, CaseIterable, CustomTestStringConvertible {
        case gemm, addedRow, convolution, sequence, groups, before, chain

        var testDescription: String { rawValue }

        var shape: [Int] {
            switch self {
            case .gemm, .addedRow, .before, .chain: [5]
            case .convolution, .groups: [2, 5, 4]
            case .sequence: [2, 9]
            }
        }
    }

    /// The value before the last operator of a form, and behind it.
    private func build(_ form: Form, _ network: inout NetworkGraph) -> (String, String) {
        switch form {
        case .gemm:
            let inputs = ["x", weights([5, 7], &network), weights([7], &network)]
            let product = network.node("Gemm", inputs)
            return (product, normalized(product, 7, &network))
        case .addedRow:
            let product = network.node("MatMul", ["x", weights([5, 7], &network)])
            let sum = network.node("Add", [weights([7], &network), product])
            return (product, normalized(sum, 7, &network))
        case .convolution:
            let inputs = ["x", weights([3, 2, 2, 3], &network), weights([3], &network)]
            let sums = network.node("Conv", inputs, ["pads": .integers([1, 1, 1, 1])])
            return (sums, network.node("Relu", [normalized(sums, 3, &network)]))
        case .groups:
            let sums = network.node(
                "Conv",
                ["x", weights([4, 1, 2, 2], &network)],
                ["group": .integer(2)]
            )
            return (sums, normalized(sums, 4, &network))
        case .sequence:
            let sums = network.node("Conv", ["x", weights([3, 2, 3], &network)])
            return (sums, normalized(sums, 3, &network))
        case .before:
            let scaled = normalized("x", 5, &network)
            return (scaled, network.node("Gemm", [scaled, weights([5, 7], &network)]))
        case .chain:
            let first = network.node("Gemm", ["x", weights([5, 5], &network)])
            let scaled = normalized(network.node("Tanh", [first]), 5, &network)
            let second = network.node("Gemm", [scaled, weights([5, 3], &network)])
            return (scaled, normalized(second, 3, &network))
        }
    }

    private func weights(_ shape: [Int], _ network: inout NetworkGraph) -> String {
        network.constant(numbers(shape, seed: 20 + shape.count))
    }

    @Test("answers are those of the network that keeps its scales", arguments: Form.allCases)
    private func agree(_ form: Form) throws {
        let folded = try model(form.shape) { [build(form, &$0).1] }
        // What is answered too has to stay as it is.
        let kept = try model(form.shape) {
            let (before, last) = build(form, &$0)
            return [last, before]
        }
        #expect(count(ChannelScaleOperator.self, folded) == 0)
        #expect(count(PairwiseOperator.self, folded) == 0)
        // The rectifier goes into the convolution behind the scale.
        let maps = form == .chain ? 1 : 0
        #expect(count(MapOperator.self, folded) == maps)
        let steps = count(ChannelScaleOperator.self, kept) + count(PairwiseOperator.self, kept)
        #expect(steps > 0)
        let (left, right) = (try answers(folded), try answers(kept))
        #expect(left.count == right.count && !left.isEmpty)
        for (a, b) in zip(left, right) {
            #expect(abs(a - b) <= 1e-5 * max(1, abs(b)), "\(a), not \(b)")
        }
    }

    @Test("a scale before padding stays, for the border is not scaled")
    func padded() throws {
        let graph = try model([2, 4, 4]) {
            let scaled = normalized("x", 2, &$0)
            let pads = ["pads": ONNXNodeAttribute.integers([1, 1, 1, 1])]
            return [$0.node("Conv", [scaled, weights([1, 2, 3, 3], &$0)], pads)]
        }
        #expect(count(ChannelScaleOperator.self, graph) == 1)
    }

    @Test(
        "what is read under another name too stays as it is",
        arguments: ["BatchNormalization", "Relu"]
    )
    func renamed(_ operation: String) throws {
        let graph = try model([1, 2]) {
            let filter = $0.constant(NetworkTensor(shape: [1, 1, 1], values: [1]))
            let sums = $0.node("Conv", ["x", filter])
            let other = $0.node("Identity", [sums])
            let ones = $0.constant(NetworkTensor(shape: [1], values: [3]))
            let zeros = $0.constant(NetworkTensor(shape: [1], values: [0]))
            let inputs = operation == "Relu" ? [other] : [other, ones, zeros, zeros, ones]
            return [$0.node("Add", [$0.node(operation, inputs), sums])]
        }
        let answer = try ONNXBench.answer(graph, [1, -2])
        if operation == "Relu" {
            #expect(answer == [2, -2])
        } else {
            // Three over the root of 3 and the epsilon.
            let scale = 1 + 3 / (3.00001).squareRoot()
            for (a, b) in zip(answer, [scale, -2 * scale]) { #expect(abs(a - b) < 1e-5) }
        }
    }

    @Test("a scale beyond 32 bits stays where it is")
    func infinite() throws {
        let graph = try model([1]) {
            let product = $0.node(
                "Gemm",
                ["x", $0.constant(NetworkTensor(shape: [1, 1], values: [1e30]))]
            )
            let large = $0.constant(NetworkTensor(shape: [1], values: [1e30]))
            let zero = $0.constant(NetworkTensor(shape: [1], values: [0]))
            let one = $0.constant(NetworkTensor(shape: [1], values: [1]))
            return [$0.node("BatchNormalization", [product, large, zero, zero, one])]
        }
        #expect(count(ChannelScaleOperator.self, graph) == 1)
        #expect(try ONNXBench.answer(graph, [0]) == [0])
    }

    @Test("rows that are added to a product are shifts only where each answer has one number")
    func addends() throws {
        let graph = try model([2]) {
            let product = $0.node("MatMul", ["x", weights([2, 2], &$0)])
            return [$0.node("Add", [product, $0.scalar(1)])]
        }
        #expect(count(PairwiseOperator.self, graph) == 1)
    }
}
