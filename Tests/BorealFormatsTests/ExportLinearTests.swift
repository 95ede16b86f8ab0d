import BorealBoost
import BorealGraph
import Foundation
import Testing

@testable import BorealFormats

/// Linear models and clusters as our learners make them.
enum ExportSamples {
    static let inputs = ["age", "height", "x<1>"].map { GraphInput(name: $0) }

    /// `[10 * 3]`
    static let rows: [Double] = (0..<30).map { Double(($0 * 37) % 23) / 4 - 2 }

    static func output(
        _ role: GraphOutput.Role,
        _ tensor: TensorID,
        _ columns: [String]
    ) -> GraphOutput {
        GraphOutput(name: role.rawValue, role: role, tensor: tensor, columnNames: columns)
    }

    /// Centred features times a matrix; one score answers a number or two classes, three scores
    /// three classes.
    static func linear(_ task: GraphTask, isCentred: Bool = true) throws -> ModelGraph {
        let weights = [0.5, -1.25, 0.1, 2, 0.3, -0.7, -1, 0.125, 0.9]
        let bias = [0.25, -0.5, 1.0 / 3]
        let count = task == .multiclass ? 3 : 1
        var builder = GraphBuilder(featureCount: 3)
        let centred =
            isCentred
            ? try builder.scale(.features, shift: [1.5, -0.3, 0.1], .subtractMultiply) : .features
        let score = try builder.product(
            centred,
            weights: Array(weights.prefix(3 * count)),
            bias: Array(bias.prefix(count)),
            width: count
        )
        guard task != .regression else {
            return try ModelGraph(
                inputs: inputs,
                operators: builder.operators,
                outputs: [
                    output(.value, score, ["pred"]),
                    output(.prediction, score, ["predicted_results"]),
                ],
                task: task
            )
        }
        let names = task == .binary ? ["no", "yes"] : ["a", "b", "c"]
        let shares =
            task == .binary
            ? try builder.bothClasses(try builder.link(score, .sigmoid(scale: 1)))
            : try builder.link(score, .softmax)
        let label =
            task == .binary
            ? try builder.add { ThresholdCodeOperator(input: score, output: $0, width: 1) }
            : try builder.greatest(score)
        return try ModelGraph(
            inputs: inputs,
            operators: builder.operators,
            outputs: [
                output(.probabilities, shares, names.map { "proba_" + $0 }),
                output(.value, label, ["pred"]),
                output(.prediction, label, ["predicted_results"]),
            ],
            task: task,
            labels: .text(names)
        )
    }

    /// `boosting_type='gblinear'`: trees of one leaf, a missing value adds nothing.
    static func trees(_ link: ScoreLink, _ task: GraphTask) throws -> ModelGraph {
        var trees: [Tree] = []
        for (feature, factor) in [(Int32(0), 0.5), (1, -1.25), (2, 0.1)] {
            var tree = Tree()
            tree.leafValue = [0]
            tree.linear = Tree.LinearLeaves(
                constants: [0],
                coefficients: [[factor]],
                features: [[feature]]
            )
            trees.append(tree)
        }
        var start = Tree()
        start.leafValue = [0.75]
        return try ModelGraph(
            BoostedModel(
                ensemble: TreeEnsemble(
                    trees: [start] + trees,
                    scoresPerRow: 1,
                    featureCount: 3
                ),
                inputs: inputs,
                link: link,
                task: task
            )
        )
    }

    /// Three centers around means, as class `kmeans` keeps them.
    static func clusters() throws -> ModelGraph {
        var builder = GraphBuilder(featureCount: 3)
        let centred = try builder.scale(.features, shift: [0.5, -0.25, 1], .subtractMultiply)
        let squares = try builder.add { output throws(GraphError) in
            try DistancesOperator(
                input: centred,
                output: output,
                inputWidth: 3,
                points: [0, 0, 0, 2, -1, 1.5, -2, 1, 0.1],
                metric: .squaredEuclidean
            )
        }
        let nearest = try builder.greatest(try builder.map(squares, .negate))
        let distances = try builder.map(squares, .squareRoot)
        return try ModelGraph(
            inputs: inputs,
            operators: builder.operators,
            outputs: [
                output(.value, nearest, ["pred"]),
                output(.prediction, nearest, ["predicted_results"]),
                GraphOutput(
                    name: "transform",
                    role: .other,
                    tensor: distances,
                    columnNames: ["t0", "t1", "t2"]
                ),
            ],
            task: .clustering
        )
    }

    /// Two vectors in three runs, as class `svr` keeps them.
    static func machine(_ kernel: KernelOperator.Kernel) throws -> ModelGraph {
        var builder = GraphBuilder(featureCount: 3)
        let sums = try builder.add { output throws(GraphError) in
            try KernelOperator(
                input: .features,
                output: output,
                inputWidth: 3,
                vectors: [0.5, -1, 0.25, 1, 2, -0.75, 9, 9, 9, -1.5, 0, 0.1],
                kernel: kernel,
                sums: [
                    [
                        .init(first: 0, coefficients: [1.5, -0.75]),
                        .init(first: 3, coefficients: [2]),
                    ]
                ],
                bias: [0.3]
            )
        }
        return try ModelGraph(
            inputs: inputs,
            operators: builder.operators,
            outputs: [
                output(.value, sums, ["pred"]), output(.prediction, sums, ["predicted_results"]),
            ],
            task: .regression
        )
    }

    static let kernels: [KernelOperator.Kernel] = [
        .linear, .radial(gamma: 0.3), .polynomial(gamma: 0.5, coefficient: 1, degree: 3),
        .sigmoid(gamma: 0.2, coefficient: -0.1),
    ]

    /// Two trees for three classes whose leaves are the shares of the classes.
    static func forest(classes: Int) throws -> ModelGraph {
        var trees: [Tree] = []
        for threshold in [0.5, -0.25] {
            var tree = Tree()
            tree.splitFeature = [threshold > 0 ? 0 : 2]
            tree.threshold = [threshold]
            tree.decisionType = [2 | 8]
            tree.leftChild = [~0]
            tree.rightChild = [~1]
            tree.leafValue = classes == 2 ? [0.2, 0.9] : [0.5, 0.25, 0.25, 0.1, 0.6, 0.3]
            trees.append(tree)
        }
        let width = classes == 2 ? 1 : classes
        return try ModelGraph(
            BoostedModel(
                ensemble: TreeEnsemble(
                    trees: trees,
                    scoresPerRow: width,
                    leafWidth: width,
                    featureCount: 3,
                    isAveraged: true
                ),
                inputs: inputs,
                link: .identity,
                task: classes == 2 ? .binary : .multiclass,
                labels: .integer((0..<classes).map { Int64($0) }),
                answersLabel: true
            )
        )
    }

    /// Probabilities of classifiers, the value of everything else.
    static func answers(_ graph: ModelGraph, _ rows: [Double] = rows) throws -> [Double] {
        let role: GraphOutput.Role = graph.output(.probabilities) == nil ? .value : .probabilities
        let batch = try GraphBatch(values: rows, featureCount: 3)
        return try graph.run(batch, roles: [role]).doubles(0)
    }
}

/// Models without trees in the formats that can say them, read back by our own importers.
@Suite struct ExportLinearTests {
    private func again(_ graph: ModelGraph, _ format: ExportFormat) throws -> ModelGraph {
        try ModelReader.read(
            try format.write(graph),
            fileName: "m." + format.fileExtension
        ).graph
    }

    private func expectSame(
        _ graph: ModelGraph,
        _ format: ExportFormat,
        _ tolerance: Double,
        rows: [Double] = ExportSamples.rows
    ) throws {
        let first = try ExportSamples.answers(graph, rows)
        let second = try ExportSamples.answers(try again(graph, format), rows)
        #expect(first.count == second.count)
        for (a, b) in zip(first, second) {
            #expect(abs(a - b) <= tolerance * max(1, abs(a)), "\(format.rawValue): \(a), \(b)")
        }
    }

    @Test("linear models come back", arguments: [GraphTask.regression, .binary, .multiclass])
    func linear(task: GraphTask) throws {
        for isCentred in [true, false] {
            let graph = try ExportSamples.linear(task, isCentred: isCentred)
            try expectSame(graph, .onnx, 1e-14)
            try expectSame(graph, .pmml, 1e-14)
        }
        // XGBoost's own file gives the probability of the second of two classes.
        guard task != .binary else { return }
        try expectSame(try ExportSamples.linear(task), .xgboost, 1e-6)
    }

    @Test("a value that is missing adds nothing to a model of one-leaf trees")
    func trees() throws {
        let rows = ExportSamples.rows + [.nan, 1, 2, 3, .nan, .nan]
        let graph = try ExportSamples.trees(.identity, .regression)
        for (format, tolerance) in [(ExportFormat.onnx, 1e-15), (.pmml, 1e-15), (.xgboost, 1e-6)] {
            try expectSame(graph, format, tolerance, rows: rows)
            let counts = try ExportSamples.trees(.exponential, .regression)
            try expectSame(counts, format, 1e-5, rows: rows)
        }
    }

    @Test(
        "a linear model of 32-bit numbers keeps its bits in XGBoost's file, and is near in others"
    )
    func floats() throws {
        let name = "xgb176-json-gblinear"
        let graph = try Zoo.model(name).graph
        let features = try Zoo.features(name, graph)
        let first = try graph.run(features, roles: [.value]).doubles(0)
        for (format, tolerance) in [(ExportFormat.xgboost, 0), (.onnx, 1e-5), (.pmml, 1e-5)] {
            let again = try again(graph, format)
            let batch = try GraphBatch(values: features.values, featureCount: graph.inputs.count)
            let second = try again.run(batch, roles: [.value]).doubles(0)
            for (a, b) in zip(first, second) {
                #expect(abs(a - b) <= tolerance * max(1, abs(a)), "\(format.rawValue)")
            }
        }
        let error = #expect(throws: FormatError.self) { try ExportFormat.sql.write(graph) }
        #expect(error?.description.contains("32-bit") == true)
    }

    @Test("SQL is a sum of products, NULL counts as zero where the model says so")
    func sql() throws {
        let plain = try ExportFormat.sql.write(
            try ExportSamples.linear(.regression, isCentred: false)
        )
        #expect(
            String(decoding: plain, as: UTF8.self) == """
                (0.25E0
                 + 0.5E0 * `age`
                 + -1.25E0 * `height`
                 + 1.000000000000000056e-01 * `x<1>`) AS `pred`

                """
        )
        let trees = try ExportFormat.sql.write(try ExportSamples.trees(.sigmoid(scale: 1), .binary))
        let text = String(decoding: trees, as: UTF8.self)
        #expect(
            text.hasPrefix("(1E0 / (1E0 + EXP(-1.0E0 * (0.75E0\n + 0.5E0 * COALESCE(`age`, 0E0)")
        )
        #expect(text.hasSuffix(")))) AS `proba_1`\n"))
    }

    @Test("clusters come back under their numbers", arguments: [ExportFormat.onnx, .pmml])
    func clusters(format: ExportFormat) throws {
        let graph = try ExportSamples.clusters()
        let again = try again(graph, format)
        let batch = try GraphBatch(values: ExportSamples.rows, featureCount: 3)
        let first = try graph.run(batch, roles: [.prediction])
        let second = try again.run(batch, roles: [.prediction])
        let names = (0..<10).map { first.text(0, row: $0) }
        #expect((0..<10).map { second.text(0, row: $0) } == names)
        #expect(Set(names).count == 3)
    }

    @Test("the distances of clusters are scores of the ONNX file")
    func distances() throws {
        let graph = try ExportSamples.clusters()
        let again = try again(graph, .onnx)
        let batch = try GraphBatch(values: ExportSamples.rows, featureCount: 3)
        let wanted = try graph.run(batch, roles: [.other]).doubles(0)
        let outputs = again.allOutputs.filter { $0.columnNames.count == 3 }
        #expect(outputs.count == 1)
        let got = try again.run(batch, outputs: outputs).doubles(0)
        for (a, b) in zip(wanted, got) { #expect(abs(a - b) <= 1e-13) }
    }

    @Test("vector machines come back", arguments: ExportSamples.kernels)
    func machines(kernel: KernelOperator.Kernel) throws {
        let graph = try ExportSamples.machine(kernel)
        try expectSame(graph, .onnx, 1e-14)
        try expectSame(graph, .pmml, 1e-14)
    }

    @Test("machines and clusters have no place in formats of trees")
    func noTrees() throws {
        for graph in [try ExportSamples.machine(.linear), try ExportSamples.clusters()] {
            for format in [ExportFormat.xgboost, .lightgbm, .sql, .json] {
                #expect(throws: FormatError.self) { try format.write(graph) }
            }
        }
    }

    @Test("shares of a forest come back from PMML and ONNX", arguments: [2, 3])
    func forests(classes: Int) throws {
        let graph = try ExportSamples.forest(classes: classes)
        try expectSame(graph, .pmml, 1e-15)
        try expectSame(graph, .onnx, 1e-15)
    }

    @Test("scores of several classes, each with a sigmoid, are targets of XGBoost")
    func oneVersusAll() throws {
        let name = "lgb460-txt-multiclassova"
        let graph = try Zoo.model(name).graph
        let again = try again(graph, .xgboost)
        let features = try Zoo.features(name, graph)
        let first = try graph.run(features, roles: [.probabilities]).doubles(0)
        let second = try again.run(features, roles: [.probabilities]).doubles(0)
        #expect(first.count == second.count)
        for (a, b) in zip(first, second) { #expect(abs(a - b) <= 1e-5) }
    }

    @Test(
        "what has no place in a format is said",
        arguments: [ExportFormat.lightgbm, .json, .pickle]
    )
    func refused(format: ExportFormat) throws {
        let graph = try ExportSamples.linear(.regression)
        let error = #expect(throws: FormatError.self) { try format.write(graph) }
        #expect(error?.description.contains("neither a single tree ensemble") == true)
    }
}
