import Testing

@testable import BorealGraph

/// Operators that classical models and their preparation are made of.
@Suite struct RowOperatorTests {
    /// What an operator over the features answers for one row.
    private func answer(
        _ row: [Double],
        _ make: (TensorID) throws(GraphError) -> any GraphOperator
    ) throws -> [Double] {
        var builder = GraphBuilder(featureCount: row.count)
        let output = try builder.add(make)
        let width = builder.width(of: output)
        let graph = try ModelGraph(
            inputs: row.indices.map { GraphInput(name: "f\($0)") },
            operators: builder.operators,
            outputs: [
                GraphOutput(
                    name: "o",
                    role: .other,
                    tensor: output,
                    columnNames: (0..<width).map { "o\($0)" }
                )
            ],
            task: .transformation
        )
        let batch = try GraphBatch(values: row, featureCount: row.count)
        return try graph.run(batch, outputs: graph.outputs).doubles(0)
    }

    @Test("categories become what their table says, missing and unknown ones too")
    func categories() throws {
        let table = CategoryTable([(7, 0), (2, 1), (7, 5)], missing: 9, unknown: -1)
        #expect([7, 2, .nan, 3].map { table[$0] } == [0, 1, 9, -1])
        let answer = try answer([2, .nan]) { output throws(GraphError) in
            try OneHotOperator(
                input: .features,
                output: output,
                tables: [table, CategoryTable([(1, 0)], missing: .nan, unknown: -1)],
                widths: [10, 1]
            )
        }
        #expect(answer.prefix(10).enumerated().allSatisfy { $1 == ($0 == 1 ? 1 : 0) })
        #expect(answer[10].isNaN)
    }

    @Test("a place beyond its columns is refused when the operator is made")
    func oneHotPlaces() {
        #expect(throws: GraphError.self) {
            try OneHotOperator(
                input: .features,
                output: TensorID(1),
                tables: [CategoryTable([(1, 3)], missing: 0, unknown: 0)],
                widths: [3]
            )
        }
    }

    @Test("curves answer as NumPy's interp does")
    func curves() throws {
        let curve = try PiecewiseLinearOperator.Curve(x: [0, 1, 1, 3], y: [0, 10, 20, 40])
        #expect([-1, 0.5, 1, 2, 9].map { curve.value($0) } == [0, 5, 20, 30, 40])
        #expect(curve.value(.nan).isNaN)
        let ended = try PiecewiseLinearOperator.Curve(x: [0, 1], y: [0, 1], endsAtPoints: true)
        #expect(ended.value(2).isNaN && ended.value(1) == 1)
        #expect(throws: GraphError.self) {
            try PiecewiseLinearOperator.Curve(x: [1, 0], y: [0, 1])
        }
    }

    @Test("the inverse of the normal distribution is good to 14 digits")
    func normalQuantiles() {
        let known = [
            (0.975, 1.959963984540054), (0.1, -1.2815515655446004), (1e-7, -5.199337582192817),
        ]
        for (p, want) in known {
            #expect(abs(QuantileOperator.inverse(p) - want) < 1e-13 * abs(want))
        }
        #expect(QuantileOperator.inverse(0.5).magnitude < 1e-15)
    }

    @Test("bins, products, medians, norms")
    func rows() throws {
        let bins = try answer([2, 5]) {
            BinsOperator(input: .features, output: $0, edges: [[1, 2, 3], [5.5]])
        }
        #expect(bins == [2, 0])
        let products = try answer([2, 3]) { output throws(GraphError) in
            try PolynomialOperator(
                input: .features,
                output: output,
                inputWidth: 2,
                terms: [[], [1], [0, 1, 1]]
            )
        }
        #expect(products == [1, 3, 18])
        let median = try answer([5, 1, 3]) {
            WeightedMedianOperator(input: .features, output: $0, weights: [1, 1, 5])
        }
        #expect(median == [3])
        let shares = try answer([0, 0]) {
            NormalizeRowsOperator(
                input: .features,
                output: $0,
                inputWidth: 2,
                measure: .sumOrEven
            )
        }
        #expect(shares == [0.5, 0.5])
    }

    @Test("neighbours at the very place count alone")
    func neighbors() throws {
        func ask(_ row: [Double], _ weighs: Bool) throws -> [Double] {
            try answer(row) { output throws(GraphError) in
                try NeighborsOperator(
                    input: .features,
                    output: output,
                    inputWidth: 1,
                    points: [0, 1, 4, 9],
                    targets: .numbers([10, 20, 30, 40], width: 1),
                    neighborCount: 3,
                    metric: .euclidean,
                    weighsDistance: weighs
                )
            }
        }
        #expect(try ask([1], true) == [20])
        #expect(try ask([1], false) == [20])
        #expect(try ask([5], false) == [30])
    }

    @Test("pairs of classes vote; confidences tell equal votes apart")
    func pairs() throws {
        let votes = try answer([1, -1, 1]) {
            PairwiseScoreOperator(inputs: [.features], output: $0, classCount: 3, rule: .votes)
        }
        #expect(votes == [1, 1, 1])
        let scores = try answer([-2, 1, -1]) {
            PairwiseScoreOperator(
                inputs: [.features],
                output: $0,
                classCount: 3,
                rule: .confidences
            )
        }
        let sixth = 1.0 / 6
        let want: [Double] = [1 + sixth, 1 - sixth, 1]
        #expect(scores == want)
    }

    @Test("a tree of centres must lead forwards")
    func centers() {
        #expect(throws: GraphError.self) {
            try CenterTreeOperator(
                input: .features,
                output: TensorID(1),
                inputWidth: 1,
                points: [0, 1],
                nodes: [.init(children: [1, 0], label: 0), .init(children: [], label: 1)]
            )
        }
    }

    @Test("a model within a model answers as it does alone")
    func subgraph() throws {
        var inner = GraphBuilder(featureCount: 2)
        let sum = try inner.product(.features, weights: [2, 3], bias: [1], width: 1)
        let graph = try ModelGraph(
            inputs: [GraphInput(name: "a"), GraphInput(name: "b")],
            operators: inner.operators,
            outputs: [GraphOutput(name: "v", role: .value, tensor: sum, columnNames: ["v"])],
            task: .regression
        )
        let answer = try answer([10, 20]) { output in
            SubgraphOperator(graph, input: .features, outputs: [output])
        }
        #expect(answer == [81])
    }
}
