import BorealBase
import BorealBoost
import BorealGraph
import Glibc
import Testing

@testable import BorealLearners

@Suite("deepfm")
struct DeepFMTests {
    typealias Parameters = [(name: String, value: ParameterValue)]

    /// Two texts and a number of which label 1 depends as `(a = b) xor (x > 0)`, mostly.
    private func table(_ rows: Int, seed: UInt64 = 1) -> LearningSet {
        var (a, b, x, y) = ([Int32](), [Int32](), [Double](), [Double]())
        for row in 0..<rows {
            let bits = RandomNumbers.at(UInt64(row), key: seed)
            a.append(Int32(bits & 3) - (row % 50 == 7 ? 8 : 0))
            b.append(Int32(bits >> 2 & 3))
            x.append(row % 40 == 3 ? .nan : Double(bits >> 40) * 0x1p-23 - 1)
            let isSame = (bits & 3) == (bits >> 2 & 3)
            y.append(isSame != (x[row] > 0) ? 1 : 0)
        }
        let texts = ["k", "l", "m", "n"]
        let names = ["a", "b", "x"]
        // Four texts are not too many for a dictionary.
        let dictionary = (try? CategoryDictionary(.text(texts))).map { FeatureKind.category($0) }
        let kinds: [FeatureKind] = [dictionary ?? .number, dictionary ?? .number, .number]
        return LearningSet(
            data: TrainingData(
                columns: [
                    .categories(a, count: 4), .categories(b, count: 4), .doubles(x),
                ],
                label: y,
                names: names
            ),
            inputs: zip(names, kinds).map { GraphInput(name: $0, kind: $1) },
            labels: .text(["no", "yes"])
        )
    }

    private func train(
        _ set: LearningSet,
        _ parameters: Parameters = [],
        threads: Int = 1,
        flag: CancellationFlag = CancellationFlag(),
        report: @escaping @Sendable (LearningProgress) -> Void = { _ in }
    ) throws -> LearnedModel {
        try LearnerClass.deepfm.learner(parameters).train(
            set,
            LearningRun(threads: threads, cancellation: flag, report: report)
        )
    }

    /// Rows as a graph takes them.
    private func rows(_ set: LearningSet) -> [Double] {
        (0..<set.rowCount).flatMap { row in
            set.data.columns.map { column in
                switch column {
                case .doubles(let values): values[row]
                case .categories(let codes, _): codes[row] < 0 ? .nan : Double(codes[row])
                default: .nan
                }
            }
        }
    }

    private func answers(
        _ model: LearnedModel,
        _ values: [Double],
        _ role: GraphOutput.Role = .prediction
    ) throws -> [Double] {
        let batch = try GraphBatch(values: values, featureCount: 3)
        return try model.graph.run(batch, roles: [role]).doubles(0)
    }

    private let small: Parameters = [
        ("dnn_hidden_units", .text("16,8")), ("embedding_dim", .integer(4)),
    ]

    @Test("What depends on pairs of features is learnt, and held-out rows are answered")
    func learns() throws {
        let parameters: Parameters =
            small + [("epochs", .integer(40)), ("learning_rate", .real(0.01))]
        let model = try train(table(1_500), parameters)
        let other = table(400, seed: 2)
        let answers = try answers(model, rows(other))
        let right = zip(answers, other.data.label).count { ($0 > 0.5) == ($1 == 1) }
        #expect(right > 360)
        #expect(answers.allSatisfy { (0...1).contains($0) })
        #expect(model.graph.task == .binary && !model.graph.answersLabel)
        #expect(model.graph.output(.probabilities)?.columnNames == ["proba_no", "proba_yes"])
        #expect(model.graph.output(.prediction)?.columnNames == ["predicted_results"])
    }

    @Test("The graph computes what training computed, to the bit, NULL and unseen values too")
    func graphIsTheNetwork() throws {
        let set = table(200)
        var reader = try ParameterReader(small + [("dnn_dropout", .real(0.2))])
        let settings = try DeepFMParameters(&reader)
        let workshop = Workshop(LearningRun())
        let indexes = (0..<200).map { Int32($0) }
        let encoder = try FieldEncoder(set.data, rows: indexes, workshop)
        let encoded = try encoder.rows(of: set.data, workshop) { Float($0) }
        let network = DeepFMNetwork(
            settings,
            columns: encoder.columns,
            training: encoded,
            indexes: indexes,
            validation: nil,
            bias: 0.25
        )
        try indexes.withUnsafeBufferPointer { rows in
            for step in 1...5 { _ = try network.learn(rows, step: step, workshop) }
        }
        network.fillUnnamed()
        var scores: [Double] = []
        try network.score(encoded, indexes, workshop) { scores.append(Double($1)) }
        let graph = try DeepFMGraph(network: network, columns: encoder.columns, target: nil)
            .build(set)
        let model = LearnedModel(graph: graph)
        #expect(try answers(model, rows(set), .raw) == scores)
        #expect(graph.inputs.map(\.unseen) == [.marked, .marked, .missing])
        // An unseen category, infinite numbers, a row of nothing.
        let odd = try answers(model, [-1, 9, .infinity, .nan, .nan, .nan, 0, 0, -.infinity], .raw)
        #expect(odd.allSatisfy { $0.isFinite })
    }

    @Test("Equal rows and parameters make equal models at any number of threads")
    func threads() throws {
        let set = table(500)
        let parameters: Parameters =
            small + [("epochs", .integer(3)), ("dnn_dropout", .real(0.3)), ("l2", .real(0.01))]
        let models = try [1, 2, 3].map { try train(set, parameters, threads: $0) }
        let raw = try models.map { try answers($0, rows(set), .raw) }
        #expect(raw[0] == raw[1] && raw[1] == raw[2])
        for (left, right) in zip(models[0].facts, models[2].facts) {
            #expect(left.key == right.key && left.value == right.value)
        }
        let other = try train(set, parameters + [("random_state", .integer(2))])
        #expect(try answers(other, rows(set), .raw) != raw[0])
    }

    @Test("A step goes down the gradient of the loss, for every weight")
    func gradients() throws {
        let set = table(12)
        let rate = 1.0
        var reader = try ParameterReader([
            ("dnn_hidden_units", .text("3,2")), ("embedding_dim", .integer(2)),
            ("optimizer", .text("sgd")), ("learning_rate", .real(rate)), ("l2", .integer(0)),
        ])
        let settings = try DeepFMParameters(&reader)
        let workshop = Workshop(LearningRun())
        let indexes = (0..<12).map { Int32($0) }
        let encoder = try FieldEncoder(set.data, rows: indexes, workshop)
        let encoded = try encoder.rows(of: set.data, workshop) { Float($0) }
        let network = DeepFMNetwork(
            settings,
            columns: encoder.columns,
            training: encoded,
            indexes: indexes,
            validation: nil,
            bias: 0.1
        )
        // One step before, since biases that are zero put units right on the rectifier's corner.
        _ = try indexes.withUnsafeBufferPointer { try network.learn($0, step: 1, workshop) }
        let before = PlainDeepFM(network)
        _ = try indexes.withUnsafeBufferPointer { try network.learn($0, step: 2, workshop) }
        let after = PlainDeepFM(network)
        #expect(before.weights.count == network.weightCount)
        var moved = 0
        for index in before.weights.indices {
            var (above, below) = (before, before)
            above.weights[index] += 1e-5
            below.weights[index] -= 1e-5
            let slope = (above.loss(encoded) - below.loss(encoded)) / 2e-5
            let step = (before.weights[index] - after.weights[index]) / rate
            #expect(abs(step - slope) < 2e-6, "weight \(index)")
            if abs(slope) > 1e-4 { moved += 1 }
        }
        #expect(moved > 20)
    }

    @Test("Numbers are learnt in any unit")
    func regression() throws {
        var set = table(600)
        set.data.label = set.data.label.map { 1e6 + 5e4 * $0 }
        set.labels = nil
        let parameters: Parameters =
            small + [
                ("task", .text("regression")), ("epochs", .integer(40)),
                ("learning_rate", .real(0.01)),
            ]
        let model = try train(set, parameters)
        let answers = try answers(model, rows(set))
        let error = zip(answers, set.data.label).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        #expect(error / 600 < 0.3 * 6.25e8)
        #expect(model.graph.task == .regression && model.graph.labels == nil)
        let losses = model.facts.first { $0.key == "val_mse" }
        #expect(losses != nil)
    }

    @Test("Rows that are given judge in place of a share of the others")
    func validation() throws {
        var set = table(300)
        func fact(_ model: LearnedModel, _ name: String) -> JSON? {
            model.facts.first { $0.key == name }?.value
        }
        let split = try train(set, small)
        #expect(fact(split, "validation_rows") != .number(0))
        set.validation = table(50, seed: 9).data
        let given = try train(set, small)
        #expect(fact(given, "validation_rows") == .number(50))
        #expect(fact(given, "training_rows") == .number(300))
        set.validation = nil
        let none = try train(set, small + [("validation_split", .integer(0))])
        #expect(fact(none, "validation_rows") == .number(0) && fact(none, "best_epoch") == nil)
    }

    @Test(
        "Parameters that are wrong or contradict each other are refused",
        arguments: [
            ([("task", .text("regression")), ("loss", .text("binary_crossentropy"))], "loss"),
            ([("task", .text("binary")), ("loss", .text("mean_squared_error"))], "loss"),
            ([("task", .text("ranking"))], "task"),
            ([("task", .text("regression")), ("metrics", .text("accuracy"))], "accuracy"),
            ([("validation_split", .integer(1))], "validation_split"),
            ([("validation_split", .real(-0.1))], "validation_split"),
            ([("epochs", .integer(0))], "epochs"),
            ([("batch_size", .integer(0))], "batch_size"),
            ([("optimizer", .text("lion"))], "optimizer"),
            ([("dnn_hidden_units", .text(""))], "dnn_hidden_units"),
            ([("dnn_hidden_units", .text("8,x"))], "dnn_hidden_units"),
            ([("dnn_hidden_units", .text("5000"))], "dnn_hidden_units"),
            ([("dnn_dropout", .integer(1))], "dnn_dropout"),
            ([("learning_rate", .integer(0))], "learning_rate"),
            ([("embeding_dim", .integer(4))], "embedding_dim"),
        ] as [(Parameters, String)]
    )
    func refusals(_ parameters: Parameters, _ word: String) {
        let error = #expect(throws: TrainingError.self) {
            try LearnerClass.deepfm.learner(parameters)
        }
        #expect(error.map { "\($0)".contains(word) } == true)
    }

    @Test("The dialect's spellings and defaults hold; task and loss follow each other")
    func defaults() throws {
        func shown(_ parameters: Parameters) throws -> [String] {
            try LearnerClass.deepfm.learner(parameters).parameters.map { "\($0.name)=\($0.value)" }
        }
        #expect(
            try shown([]).prefix(7) == [
                "metrics=accuracy", "loss=binary_crossentropy", "optimizer=adam",
                "validation_split=0.2", "epochs=6", "batch_size=64", "task=binary",
            ]
        )
        let other = try shown([
            ("loss", .text("mean_squared_error")), ("optimizer", .text("RMSDROP")),
        ])
        #expect(other[0] == "metrics=mse" && other[6] == "task=regression")
        #expect(other[2] == "optimizer=rmsprop" && other.contains("learning_rate=0.001"))
        let units = try shown([
            ("dnn_hidden_units", .text("(8, 4)")), ("task", .text("Regression")),
        ])
        #expect(units[1] == "loss=mean_squared_error")
    }

    @Test("Rows that nothing can be learnt from are an error")
    func badRows() {
        func expect(_ error: TrainingError, _ change: (inout LearningSet) -> Void) {
            var set = table(40)
            change(&set)
            #expect(throws: error) { try train(set, small) }
        }
        expect(.emptyTrainingSet) { $0.data = $0.data.taking([]) }
        expect(.noFeatures) { $0.data.columns = [] }
        expect(.labelNotFinite(row: 3)) { $0.data.label[3] = .nan }
        expect(.labelOutOfRange(row: 5, value: 2, classCount: 2)) { $0.data.label[5] = 2 }
        expect(.singleLabelValue(value: 1)) {
            $0.data.label = [Double](repeating: 1, count: 40)
        }
        expect(.tooFewRows(parameter: "validation_split", value: "0.2", rows: 1)) {
            $0.data = $0.data.taking([0])
        }
        expect(.valueNotFinite(column: "x", row: 0, value: .infinity)) {
            $0.data.columns[2] = .doubles([.infinity] + [Double](repeating: 0, count: 39))
        }
        expect(.weightsAllZero) { $0.data.weights = [Float](repeating: 0, count: 40) }
        expect(.inValidation(.emptyTrainingSet)) { $0.validation = $0.data.taking([]) }
    }

    @Test("Constant, huge and missing columns make a model of finite numbers")
    func oddColumns() throws {
        var set = table(100)
        set.data.columns = [
            .doubles([Double](repeating: 7, count: 100)),
            .doubles((0..<100).map { $0 % 2 == 0 ? 1.7e308 : -1.7e308 }),
            .doubles([Double](repeating: .nan, count: 100)),
        ]
        set.inputs = ["a", "b", "x"].map { GraphInput(name: $0) }
        let model = try train(set, small + [("epochs", .integer(2))])
        #expect(try answers(model, rows(set)).allSatisfy { $0.isFinite })
        #expect(try answers(model, [0, 0, 0, 1e308, -1e-308, 5]).allSatisfy { $0.isFinite })
    }

    @Test("Weights count: a row of weight zero is as good as absent, and progress is told")
    func weights() throws {
        let set = table(200)
        var weighted = set
        weighted.data.weights = (0..<200).map { $0 < 100 ? 1 : 0 }
        weighted.data.label = (0..<200).map { $0 < 100 ? set.data.label[$0] : 0.0 }
        var other = weighted
        other.data.label = (0..<200).map { $0 < 100 ? set.data.label[$0] : 1.0 }
        let models = try [weighted, other].map { try train($0, small + [("l2", .integer(0))]) }
        #expect(try answers(models[0], rows(set)) == answers(models[1], rows(set)))
    }

    @Test("The wish to stop ends training after any epoch")
    func cancellation() {
        let flag = CancellationFlag()
        #expect(throws: TrainingError.cancelled) {
            try train(table(300), small + [("epochs", .integer(100))], threads: 2, flag: flag) {
                if $0.unit == "epoch", $0.done == 2 { flag.cancel() }
            }
        }
    }
}

/// DeepFM as the paper writes it, in plain loops of Double.
private struct PlainDeepFM {
    var weights: [Double]
    private let tableStarts: [Int]
    private let layers: [(input: Int, output: Int, hasBias: Bool)]
    private let width: Int

    init(_ network: DeepFMNetwork) {
        width = network.width
        var weights = [Double(network.bias)]
        tableStarts = network.tables.map { table in
            defer { weights += table.block.weights.values.map(Double.init) }
            return weights.count
        }
        for layer in network.stack.layers { weights += layer.matrix + layer.biasValues }
        layers = network.stack.layers.map { ($0.inputWidth, $0.outputWidth, $0.bias != nil) }
        self.weights = weights
    }

    func loss(_ rows: EncodedRows) -> Double {
        (0..<rows.rowCount).reduce(0) { sum, row in
            let score = score(rows, row)
            return sum + Glibc.log(1 + Glibc.exp(score)) - score * Double(rows.labels[row])
        } / Double(rows.rowCount)
    }

    private func score(_ rows: EncodedRows, _ row: Int) -> Double {
        var score = weights[0]
        var vectors: [[Double]] = []
        for field in 0..<rows.fieldCount {
            let place = row * rows.fieldCount + field
            let start = tableStarts[field] + Int(rows.places[place]) * (width + 1)
            let factor = Double(rows.factors[place])
            let vector = weights[start...start + width].map { $0 * factor }
            score += vector[width]
            for other in vectors { for i in 0..<width { score += other[i] * vector[i] } }
            vectors.append(vector)
        }
        var values = vectors.flatMap { $0.prefix(width) }
        var start = weights.count
        for layer in layers {
            start -= layer.input * layer.output + (layer.hasBias ? layer.output : 0)
        }
        for (index, layer) in layers.enumerated() {
            let biases = start + layer.input * layer.output
            values = (0..<layer.output).map { output in
                var sum = layer.hasBias ? weights[biases + output] : 0
                for i in 0..<layer.input {
                    sum += values[i] * weights[start + output * layer.input + i]
                }
                return index < layers.count - 1 ? max(sum, 0) : sum
            }
            start = biases + (layer.hasBias ? layer.output : 0)
        }
        return score + values[0]
    }
}
