import BorealBoost
import Testing

@testable import BorealGraph

@Suite struct GraphBuilderTests {
    /// The numbers of a tensor for one row.
    private func run(
        _ row: [Double],
        _ body: (inout GraphBuilder) throws(GraphError) -> TensorID
    ) throws -> [Double] {
        var builder = GraphBuilder(featureCount: row.count)
        let tensor = try body(&builder)
        let columns = (0..<builder.width(of: tensor)).map { "c\($0)" }
        let output = GraphOutput(name: "o", role: .other, tensor: tensor, columnNames: columns)
        let graph = try ModelGraph(
            inputs: row.indices.map { GraphInput(name: "f\($0)") },
            operators: builder.operators,
            outputs: [output],
            task: .transformation
        )
        let batch = try GraphBatch(values: row, featureCount: row.count)
        return try graph.run(batch, outputs: graph.outputs).doubles(0)
    }

    @Test("columns in their own order need no operator")
    func sameColumns() throws {
        var builder = GraphBuilder(featureCount: 3)
        #expect(try builder.columns([0, 1, 2], of: .features) == .features)
        #expect(builder.operators.isEmpty)
        #expect(try builder.columns([2, 0], of: .features) == TensorID(1))
        #expect(builder.width(of: TensorID(1)) == 2)
    }

    @Test("one tensor joined is itself")
    func joinOne() throws {
        var builder = GraphBuilder(featureCount: 3)
        #expect(try builder.join([.features]) == .features)
    }

    @Test("columns are picked and put side by side")
    func columns() throws {
        let answer = try run([1, 2, 3]) { builder throws(GraphError) in
            let last = try builder.columns([2], of: .features)
            return try builder.join([last, .features])
        }
        #expect(answer == [3, 1, 2, 3])
    }

    @Test("scaling in each of its orders")
    func scaling() throws {
        let forms: [(ScaleOperator.Form, Double)] = [
            (.subtractDivide, 2), (.subtractMultiply, 8), (.multiplyAdd, 13),
        ]
        for (form, want) in forms {
            let answer = try run([5]) { builder throws(GraphError) in
                try builder.scale(.features, shift: [1], factor: [2], form)
            }
            #expect(answer == (form == .multiplyAdd ? [11] : [want]))
        }
    }

    @Test("a product of the wrong depth is refused where it is added")
    func wrongDepth() {
        var builder = GraphBuilder(featureCount: 3)
        #expect(throws: GraphError.self) {
            try builder.product(.features, weights: [1, 2], bias: [], width: 1)
        }
        #expect(builder.operators.isEmpty)
        #expect(builder.types.count == 1)
    }

    @Test("what nobody made cannot be read")
    func unknownTensor() {
        var builder = GraphBuilder(featureCount: 1)
        #expect(throws: GraphError.self) {
            try builder.add {
                ConstantOperator(input: TensorID(7), output: $0, inputWidth: 1, values: [1])
            }
        }
    }

    @Test("the greatest is the first of equals, the last greatest the last")
    func greatest() throws {
        var builder = GraphBuilder(featureCount: 3)
        let first = try builder.greatest(.features)
        let last = try builder.add { LastGreatestOperator(input: .features, output: $0, width: 3) }
        let outputs = [first, last].enumerated().map {
            GraphOutput(name: "o\($0)", role: .other, tensor: $1, columnNames: ["c"])
        }
        let graph = try ModelGraph(
            inputs: (0..<3).map { GraphInput(name: "f\($0)") },
            operators: builder.operators,
            outputs: outputs,
            task: .multiclass
        )
        let batch = try GraphBatch(values: [4, 9, 9], featureCount: 3)
        let results = try graph.run(batch, outputs: graph.outputs)
        #expect(results.double(0, row: 0) == 1)
        #expect(results.double(1, row: 0) == 2)
    }

    @Test("links, divided before")
    func links() throws {
        let answer = try run([2, 4]) { builder throws(GraphError) in
            try builder.link(.features, .identity, divisor: 2)
        }
        #expect(answer == [1, 2])
        let both = try run([0]) { builder throws(GraphError) in
            try builder.bothClasses(try builder.link(.features, .sigmoid(scale: 1)))
        }
        #expect(both == [0.5, 0.5])
    }

    @Test("numbers are rounded to 32 bits and stay doubles")
    func rounding() throws {
        let answer = try run([0.1]) { builder throws(GraphError) in
            try builder.roundedToFloat(.features)
        }
        #expect(answer == [Double(Float(0.1))])
    }

    @Test("trees hand out their sums and themselves")
    func trees() throws {
        var tree = Tree()
        tree.splitFeature = [0]
        tree.threshold = [1]
        tree.decisionType = [8]
        tree.leftChild = [-1]
        tree.rightChild = [-2]
        tree.leafValue = [10, 20]
        let ensemble = TreeEnsemble(trees: [tree, tree], scoresPerRow: 1, featureCount: 1)
        let answer = try run([0.5]) { builder throws(GraphError) in
            try builder.trees(ensemble, over: .features).sums
        }
        #expect(answer == [20])
    }

    @Test("the leaves' own numbers")
    func leafNumbers() throws {
        var tree = Tree()
        tree.splitFeature = [0]
        tree.threshold = [1]
        tree.decisionType = [8]
        tree.leftChild = [-1]
        tree.rightChild = [-2]
        tree.leafValue = [10, 20]
        let ensemble = TreeEnsemble(trees: [tree], scoresPerRow: 1, featureCount: 1)
        let answer = try run([3]) { builder throws(GraphError) in
            let (_, step) = try builder.trees(ensemble, over: .features)
            let leaves = try builder.add { TreeLeafOperator(step, output: $0) }
            return try builder.add {
                LeafNumberOperator(input: leaves, output: $0, numbers: [[7, 9]])
            }
        }
        #expect(answer == [9])
    }

    @Test("weighted sums, in order and divided")
    func weightedSum() throws {
        let answer = try run([1, 2]) { builder throws(GraphError) in
            try builder.add { output throws(GraphError) in
                try WeightedSumOperator(
                    inputs: [.features, .features],
                    output: output,
                    width: 2,
                    weights: [1, 3],
                    divisor: 2
                )
            }
        }
        #expect(answer == [2, 4])
        #expect(throws: GraphError.self) {
            try WeightedSumOperator(
                inputs: [.features],
                output: .features,
                width: 1,
                weights: [1, 2]
            )
        }
    }

    @Test("votes go to classes, others' weights to all but the chosen one")
    func votes() throws {
        let answer = try run([3, -1]) { builder throws(GraphError) in
            var codes: [TensorID] = []
            for column in 0..<2 {
                let one = try builder.columns([column], of: .features)
                codes.append(
                    try builder.add { ThresholdCodeOperator(input: one, output: $0, width: 1) }
                )
            }
            let all = codes
            return try builder.add { output throws(GraphError) in
                try VoteOperator(
                    inputs: all,
                    output: output,
                    classCount: 2,
                    weights: [2, 1],
                    otherWeights: [-2, -1],
                    divisor: 2
                )
            }
        }
        #expect(answer == [-0.5, 0.5])
    }

    @Test("a threshold counts as above only where it is said to")
    func threshold() throws {
        for includes in [false, true] {
            let answer = try run([0]) { builder throws(GraphError) in
                try builder.add {
                    ThresholdCodeOperator(
                        input: .features,
                        output: $0,
                        width: 1,
                        includesThreshold: includes
                    )
                }
            }
            #expect(answer == [includes ? 1 : 0])
        }
    }

    @Test("codes become what their table says, beyond it nothing")
    func codeTables() throws {
        for (input, want) in [(-1.0, 4.0), (1.0, 5.0)] {
            let answer = try run([input]) { builder throws(GraphError) in
                let code = try builder.add {
                    ThresholdCodeOperator(input: .features, output: $0, width: 1)
                }
                let turned = try builder.add {
                    CodeTableOperator(input: code, output: $0, tables: [.codes([1, 0])])
                }
                return try builder.add {
                    CodeTableOperator(input: turned, output: $0, tables: [.numbers([5, 4])])
                }
            }
            #expect(answer == [want])
        }
        let beyond = try run([1]) { builder throws(GraphError) in
            let code = try builder.add {
                ThresholdCodeOperator(input: .features, output: $0, width: 1)
            }
            return try builder.add {
                CodeTableOperator(input: code, output: $0, tables: [.numbers([5])])
            }
        }
        #expect(beyond[0].isNaN)
    }

    @Test("missing numbers are replaced and marked by NaN or by a number")
    func missing() throws {
        let filled = try run([.nan, -1, 4]) { builder throws(GraphError) in
            try builder.add { output throws(GraphError) in
                try ImputeOperator(
                    input: .features,
                    output: output,
                    missing: [.nan, -1, .nan],
                    replacements: [7, 8, 9]
                )
            }
        }
        #expect(filled == [7, 8, 4])
        let marks = try run([.nan, -1, 4]) { builder throws(GraphError) in
            try builder.add { output throws(GraphError) in
                try MissingMarkOperator(
                    input: .features,
                    output: output,
                    inputWidth: 3,
                    columns: [2, 1, 0],
                    missing: [.nan, -1, .nan]
                )
            }
        }
        #expect(marks == [0, 1, 1])
    }

    @Test("powers: Yeo-Johnson on both sides of zero, Box-Cox")
    func powers() throws {
        let both = try run([3, -3, 0]) { builder throws(GraphError) in
            try builder.add {
                PowerTransformOperator(
                    input: .features,
                    output: $0,
                    exponents: [0.5, 1.5, 2],
                    isBoxCox: false
                )
            }
        }
        #expect(both == [2, -2, 0])
        let boxCox = try run([4, 1]) { builder throws(GraphError) in
            try builder.add {
                PowerTransformOperator(
                    input: .features,
                    output: $0,
                    exponents: [0.5, 0],
                    isBoxCox: true
                )
            }
        }
        #expect(abs(boxCox[0] - 2) < 1e-15 && boxCox[1] == 0)
    }

    @Test("kernels over vectors, and sums of several runs of them")
    func kernels() throws {
        let kernels: [(KernelOperator.Kernel, Double)] = [
            (.linear, 2 * 3.0 + 3 * 2.0 + 1),
            (.polynomial(gamma: 1, coefficient: 1, degree: 2), 2 * 16.0 + 3 * 9.0 + 1),
            (.radial(gamma: 0), 6),
        ]
        for (kernel, want) in kernels {
            let answer = try run([1, 2]) { builder throws(GraphError) in
                try builder.add { output throws(GraphError) in
                    try KernelOperator(
                        input: .features,
                        output: output,
                        inputWidth: 2,
                        vectors: [1, 1, 0, 1],
                        kernel: kernel,
                        sums: [
                            [
                                .init(first: 0, coefficients: [2]),
                                .init(first: 1, coefficients: [3]),
                            ]
                        ],
                        bias: [1]
                    )
                }
            }
            #expect(answer == [want])
        }
        #expect(throws: GraphError.self) {
            try KernelOperator(
                input: .features,
                output: TensorID(1),
                inputWidth: 2,
                vectors: [1, 1],
                kernel: .linear,
                sums: [[.init(first: 1, coefficients: [1])]],
                bias: [0]
            )
        }
    }

    @Test("probabilities of pairs add up to one, and agree with the pairs")
    func pairwiseProbabilities() throws {
        let answer = try run([2, 3, 1]) { builder throws(GraphError) in
            try builder.add { output throws(GraphError) in
                try PairwiseProbabilityOperator(
                    input: .features,
                    output: output,
                    classCount: 3,
                    slopes: [-1, -1, -1],
                    shifts: [0, 0, 0]
                )
            }
        }
        #expect(abs(answer.reduce(0, +) - 1) < 1e-12)
        #expect(answer[0] > answer[1] && answer[1] > answer[2])
    }

    @Test("distances, likelihoods and norms")
    func measures() throws {
        let distances = try run([3, 4]) { builder throws(GraphError) in
            try builder.add { output throws(GraphError) in
                try DistancesOperator(
                    input: .features,
                    output: output,
                    inputWidth: 2,
                    points: [0, 0, 3, 4],
                    metric: .euclidean
                )
            }
        }
        #expect(distances == [5, 0])
        let norms = try run([3, 4, 2]) { builder throws(GraphError) in
            try builder.add { SquaredNormOperator(input: .features, output: $0, groups: [2, 1]) }
        }
        #expect(norms == [25, 4])
        let table = try run([1, 0]) { builder throws(GraphError) in
            try builder.add { output throws(GraphError) in
                try CategoryLikelihoodOperator(
                    input: .features,
                    output: output,
                    tables: [[[1, 2]], [[10]]],
                    bias: [100]
                )
            }
        }
        #expect(table == [112])
    }

    @Test("logarithms of shares are shares when raised")
    func logSoftmax() throws {
        let answer = try run([1000, 1000]) { builder throws(GraphError) in
            let logs = try builder.add {
                LogSoftmaxOperator(input: .features, output: $0, inputWidth: 2)
            }
            return try builder.map(logs, .exponential)
        }
        #expect(answer.allSatisfy { abs($0 - 0.5) < 1e-12 })
    }

    @Test("scores of SAMME.R are symmetric for two classes")
    func samme() throws {
        let answer = try run([0.25, 0.75]) { builder throws(GraphError) in
            try builder.add { SammeOperator(input: .features, output: $0, inputWidth: 2) }
        }
        #expect(abs(answer[0] + answer[1]) < 1e-15 && answer[1] > 0)
    }

    @Test("an isolation forest without depth finds everything usual")
    func isolation() throws {
        let answer = try run([8]) { builder throws(GraphError) in
            try builder.add { IsolationScoreOperator(input: .features, output: $0, divisor: 8) }
        }
        #expect(answer == [-0.5])
    }

    @Test("ways through a tree of centres")
    func centers() throws {
        for (x, want) in [(1.0, 5.0), (9.0, 6.0)] {
            let answer = try run([x]) { builder throws(GraphError) in
                try builder.add { output throws(GraphError) in
                    try CenterTreeOperator(
                        input: .features,
                        output: output,
                        inputWidth: 1,
                        points: [5, 0, 10],
                        nodes: [
                            .init(children: [1, 2], label: -1), .init(children: [], label: 5),
                            .init(children: [], label: 6),
                        ]
                    )
                }
            }
            #expect(answer == [want])
        }
    }
}
