import BorealBoost
import Testing

@testable import BorealGraph

/// Runs operators over one row of features.
enum OperatorRun {
    /// The last tensor's values for a row of features, as numbers.
    static func values(
        _ row: [Double],
        _ operators: [any GraphOperator]
    ) throws -> [Double] {
        let inputs = row.indices.map { GraphInput(name: "x\($0)") }
        let bare = try ModelGraph(
            inputs: inputs,
            operators: operators,
            outputs: [],
            task: .regression
        )
        let width = bare.tensorTypes.last?.width ?? 0
        let output = GraphOutput(
            name: "y",
            role: .other,
            tensor: TensorID(bare.tensorTypes.count - 1),
            columnNames: (0..<width).map { "y\($0)" }
        )
        let batch = try GraphBatch(values: row, featureCount: row.count)
        return try bare.run(batch, outputs: [output]).doubles(0)
    }
}

@Suite struct OperatorTests {
    private let wide = TensorType(.double, [3])

    @Test(
        "a function of each number",
        arguments: [
            (.negate, [-1, 2, 0]), (.absolute, [1, 2, 0]), (.rectify, [1, 0, 0]),
            (.sigmoid, [0.7310585786300049, 0.11920292202211755, 0.5]),
            (.leakyRectify(slope: 0.5), [1, -1, 0]), (.clip(low: -1, high: 0.5), [0.5, -1, 0]),
            (.binarize(threshold: 0), [1, 0, 0]), (.linear(factor: 2, term: 1), [3, -3, 1]),
            (.sign, [1, -1, 0]), (.softsign, [0.5, -2 / 3.0, 0]), (.power(2), [1, 4, 0]),
        ] as [(NumberFunction, [Double])]
    )
    func functions(function: NumberFunction, expected: [Double]) throws {
        let map = MapOperator(
            input: .features,
            output: TensorID(1),
            type: wide,
            function: function
        )
        #expect(try OperatorRun.values([1, -2, 0], [map]) == expected)
        let isNaN = try OperatorRun.values([.nan, 0, 0], [map])[0].isNaN
        #expect(isNaN || function == .binarize(threshold: 0))
    }

    @Test("a sum of 32-bit numbers is rounded to 32 bits")
    func floats() throws {
        let cast = CastOperator(input: .features, output: TensorID(1), type: wide, to: .float)
        let product = try MatrixProductOperator(
            input: TensorID(1),
            output: TensorID(2),
            type: TensorType(.float, [3]),
            weights: [1, 1, 1, 0, 0.1, 0],
            bias: [0, 1],
            width: 2
        )
        let values = try OperatorRun.values([16_777_216, 1, 0], [cast, product])
        #expect(values == [16_777_216, Double(1 + Float(0.1))])
    }

    @Test("products of any depth", arguments: [1, 7, 8, 9, 31])
    func products(depth: Int) throws {
        let row = (0..<depth).map(Double.init)
        let product = try MatrixProductOperator(
            input: .features,
            output: TensorID(1),
            type: TensorType(.double, [depth]),
            weights: row + row.map { -$0 },
            bias: [],
            width: 2
        )
        let sum = row.reduce(0) { $0 + $1 * $1 }
        #expect(try OperatorRun.values(row, [product]) == [sum, -sum])
    }

    @Test(
        "shift and factor in the order that was asked for",
        arguments: [
            (.subtractDivide, [2, 0.5]), (.subtractMultiply, [0.5, 2]), (.multiplyAdd, [2, 7]),
        ] as [(ScaleOperator.Form, [Double])]
    )
    func scales(form: ScaleOperator.Form, expected: [Double]) throws {
        let scale = try ScaleOperator(
            input: .features,
            output: TensorID(1),
            type: TensorType(.double, [2]),
            shift: [1, 3],
            factor: [0.5, 2],
            form: form
        )
        let row: [Double] = form == .multiplyAdd ? [2, 2] : [2, 4]
        #expect(try OperatorRun.values(row, [scale]) == expected)
    }

    @Test("columns of several tensors side by side")
    func columns() throws {
        let first = ColumnsOperator([2, 0], of: .features, type: wide, output: TensorID(1))
        let both = ColumnsOperator(
            joining: [TensorID(1), .features],
            types: [TensorType(.double, [2]), wide],
            output: TensorID(2)
        )
        #expect(try OperatorRun.values([5, 6, 7], [first, both]) == [7, 5, 5, 6, 7])
    }

    @Test("whole numbers out of a Double")
    func casts() throws {
        let cast = CastOperator(input: .features, output: TensorID(1), type: wide, to: .int64)
        #expect(try OperatorRun.values([-1.9, .nan, 1e30], [cast]) == [-1, 0, 0x1p63])
    }

    @Test("what does not fit together is refused")
    func misfits() {
        let map = MapOperator(input: .features, output: TensorID(1), type: wide, function: .negate)
        let far = ColumnsOperator([3], of: .features, type: wide, output: TensorID(1))
        let code = CastOperator(input: .features, output: TensorID(1), type: wide, to: .code)
        #expect(throws: GraphError.self) { try OperatorRun.values([1, 2], [map]) }
        #expect(throws: GraphError.self) { try OperatorRun.values([1, 2, 3], [far]) }
        #expect(throws: GraphError.self) { try OperatorRun.values([1, 2, 3], [code]) }
    }

    @Test("contributions behind a columnwise operator, of leaves with several numbers")
    func explains() throws {
        var tree = Tree()
        tree.splitFeature = [0, 1]
        tree.threshold = [Double(Float(0.1)), 0]
        tree.decisionType = [0, 0]
        tree.leftChild = [~0, ~1]
        tree.rightChild = [1, ~2]
        tree.leafValue = [1, 10, 2, 20, 3, 30]
        tree.internalCount = [4, 2]
        tree.leafCount = [2, 1, 1]
        var ensemble = TreeEnsemble(
            trees: [tree],
            scoresPerRow: 2,
            leafWidth: 2,
            featureCount: 2
        )
        ensemble.initialScores = [100, 1_000]
        let round = RoundToFloatOperator(input: .features, output: TensorID(1), width: 2)
        let trees = try TreeEnsembleOperator(ensemble, input: TensorID(1), output: TensorID(2))
        let raw = GraphOutput(
            name: "raw",
            role: .raw,
            tensor: TensorID(2),
            columnNames: ["a", "b"]
        )
        let graph = try ModelGraph(
            inputs: [GraphInput(name: "x"), GraphInput(name: "y")],
            operators: [round, trees],
            outputs: [raw],
            task: .regression
        )
        // The first number is above 0.1 until it is rounded.
        let batch = try GraphBatch(values: [0.1000000015, 5], featureCount: 2)
        #expect(try graph.run(batch, roles: [.raw]).doubles(0) == [101, 1_010])
        let all = try graph.additiveExplanation(batch)
        #expect(Array(all[row: 0, score: 0]) == [-0.875, 0.125, 101.75])
        #expect(Array(all[row: 0, score: 1]) == [-8.75, 1.25, 1_017.5])
    }
}
