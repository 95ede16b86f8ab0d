import BorealBase
import BorealBoost
import BorealGraph
import Glibc
import Testing

@testable import BorealLearners

@Suite("bst")
struct BSTTests {
    typealias Parameters = [(name: String, value: ParameterValue)]

    private func random(_ index: Int, _ key: UInt64, below most: Int) -> Int {
        Int(RandomNumbers.at(UInt64(index), key: key) >> 16) % most
    }

    /// Sequences of eight of twelve ids in which 0 and 1 occur once each; label 1 has 0 before 1,
    /// so a bag of ids says nothing. A number and a list of two numbers say nothing either.
    private func table(_ rows: Int, seed: UInt64 = 1) -> LearningSet {
        var lists = NumberLists()
        var pairs = NumberLists()
        var labels: [Double] = []
        for row in 0..<rows {
            var ids = (0..<8).map { 2 + random(row * 16 + $0, seed, below: 10) }
            let (a, b) = (random(row, seed + 7, below: 8), random(row, seed + 8, below: 7))
            let second = b < a ? b : b + 1
            ids[a] = 0
            ids[second] = 1
            lists.append(ids.map { Float($0) })
            pairs.append([Float(row % 3), Float(row % 5)])
            labels.append(a < second ? 1 : 0)
        }
        let handles = FeatureColumn.doubles((0..<rows).map { Double($0) })
        let numbers = FeatureColumn.doubles((0..<rows).map { Double($0 % 7) * 1_000 })
        let names = ["events", "level", "stats"]
        var data = TrainingData(columns: [handles, numbers, handles], label: labels, names: names)
        data.lists = [0: lists, 2: pairs]
        let form = SequenceForm(ids: 12, length: 8)
        let kinds: [FeatureKind] = [
            .list(.sequence(form)), .number, .list(.numbers(count: 2)),
        ]
        return LearningSet(
            data: data,
            inputs: zip(names, kinds).map {
                GraphInput(name: $0, kind: $1, takesMissing: false)
            },
            labels: .integer([0, 1])
        )
    }

    private let required: Parameters = [
        ("window_size", .integer(12)), ("sequence_length", .integer(8)),
        ("x_seq_cols", .text("events")), ("x_value_cols", .text("level")),
        ("x_statics_cols", .text("stats")), ("auto_heads", .integer(0)),
        ("num_heads", .integer(2)), ("data_normalization", .integer(1)),
        ("dnn_hidden_units", .text("16,8")),
    ]
    private let quick: Parameters = [
        ("batch_size", .integer(32)), ("learning_rate", .real(0.004)),
        ("max_epoch", .integer(12)), ("version", .integer(1)),
    ]

    private func train(
        _ set: LearningSet,
        _ parameters: Parameters = [],
        threads: Int = 1,
        flag: CancellationFlag = CancellationFlag(),
        report: @escaping @Sendable (LearningProgress) -> Void = { _ in }
    ) throws -> LearnedModel {
        try LearnerClass.bst.learner(required + parameters).train(
            set,
            LearningRun(threads: threads, cancellation: flag, report: report)
        )
    }

    private func answers(
        _ model: LearnedModel,
        _ set: LearningSet,
        _ role: GraphOutput.Role = .prediction
    ) throws -> [Double] {
        let values = (0..<set.rowCount).flatMap { row in
            set.data.columns.map { $0.numbers[row] }
        }
        let batch = try GraphBatch(
            values: values,
            featureCount: 3,
            lists: FeatureLists((0..<3).map { set.data.lists[$0] })
        )
        return try model.graph.run(batch, roles: [role]).doubles(0)
    }

    private func fact(_ model: LearnedModel, _ name: String) -> JSON? {
        model.facts.first { $0.key == name }?.value
    }

    @Test("What depends on the order of events alone is learnt, and held-out rows are answered")
    func learnsOrder() throws {
        let model = try train(table(1_200), quick)
        let other = table(400, seed: 50)
        let shares = try answers(model, other, .probabilities)
        let scores = (0..<400).map { shares[2 * $0 + 1] }
        #expect(ClassificationMetrics.auc(other.data.label, scores: scores) > 0.95)
        let classes = try answers(model, other)
        #expect(zip(classes, other.data.label).count { $0 == $1 } > 340)
        #expect(model.graph.task == .binary && model.graph.answersLabel)
        #expect(model.graph.output(.probabilities)?.columnNames == ["proba_0", "proba_1"])
        #expect(fact(model, "heads") == .integer(2) && fact(model, "training_rows") != nil)
    }

    @Test("The graph computes what training computed, to the bit, and its file keeps all of it")
    func graphIsTheNetwork() throws {
        let set = table(60)
        for extra in [
            [("auto_data_statics", .text("on")), ("success_id", .integer(12))],
            [("num_blocks", .integer(2)), ("data_normalization", .integer(0))],
        ] as [Parameters] {
            let given = required.filter { pair in !extra.contains { $0.name == pair.name } }
            var reader = try ParameterReader(given + extra)
            let settings = try BSTParameters(&reader)
            let workshop = Workshop(LearningRun())
            let job = try BSTJob(set, settings, workshop, numbersMax: 1 << 28)
            try job.indexes.withUnsafeBufferPointer { rows in
                for step in 1...3 { _ = try job.network.learn(rows, step: step, workshop) }
            }
            let scores = try job.network.scores(job.rows, job.indexes, workshop)
            let graph = try BSTGraph(
                network: job.network,
                fields: job.fields,
                target: nil,
                labels: job.labels,
                members: []
            ).build(set)
            let model = LearnedModel(graph: graph)
            #expect(try answers(model, set, .raw) == scores.map(Double.init))
            let records = try StoredOperators.records(of: graph)
            let restored = try ModelGraph(
                inputs: graph.inputs,
                operators: StoredOperators.restore(records, featureCount: 3),
                outputs: graph.outputs,
                task: graph.task,
                labels: graph.labels
            )
            #expect(
                try answers(LearnedModel(graph: restored), set, .raw)
                    == scores.map(Double.init)
            )
        }
    }

    @Test("Any number of threads trains the same model to the bit")
    func threads() throws {
        let parameters = quick + [("max_epoch", .integer(2))]
        let given = parameters.filter { $0.name != "max_epoch" } + [("max_epoch", .integer(2))]
        let records = try [1, 3].map { threads in
            try StoredOperators.records(of: train(table(150), given, threads: threads).graph)
        }
        #expect(records[0] == records[1])
    }

    @Test(
        "Numbers are predicted by each of the losses",
        arguments: ["mse", "mae", "msle"]
    )
    func regression(_ loss: String) throws {
        var set = table(600)
        set.labels = nil
        set.data.label = set.data.label.map { 10 + 20 * $0 }
        let model = try train(
            set,
            quick + [("model_task_type", .text("regression")), ("loss", .text(loss))]
        )
        let found = try answers(model, set)
        #expect(RegressionMetrics.rSquared(set.data.label, found) > 0.7)
        #expect(model.graph.task == .regression && model.graph.labels == nil)
    }

    @Test("Several classes are those below num_classes, whether rows have them or not")
    func severalClasses() throws {
        var set = table(600)
        // The class is the order, and 2 when the last event is above 8; no row has 3.
        for row in 0..<600 {
            if set.data.lists[0]?[row].last ?? 0 > 8 { set.data.label[row] = 2 }
        }
        set.labels = .double([0, 1, 2])
        let parameters =
            quick + [
                ("model_task_type", .text("multi_classification")), ("num_classes", .integer(4)),
            ]
        let model = try train(set, parameters)
        let found = try answers(model, set)
        #expect(zip(found, set.data.label).count { $0 == $1 } > 480)
        #expect(model.graph.labels == .double([0, 1, 2, 3]) && model.graph.task == .multiclass)
        #expect(model.graph.output(.probabilities)?.columnNames.count == 4)
        set.labels = .integer([0, 1, 7])
        let wrong = TrainingError.labelUnsuitable(
            row: set.data.label.firstIndex(of: 2) ?? 0,
            value: 7,
            purpose: "multi_classification",
            rule: "classes are whole numbers below num_classes=4"
        )
        #expect(throws: wrong) { try train(set, parameters) }
    }

    @Test("The best of the epochs is kept, by the metric that is asked for")
    func validation() throws {
        var set = table(300)
        set.validation = table(100, seed: 9).data
        let parameters = quick + [("val_flag", .integer(1)), ("val_metric", .text("f1score"))]
        let model = try train(set, parameters)
        #expect(fact(model, "validation_rows") == .integer(100))
        let metrics = fact(model, "val_f1score")?.array?.compactMap(\.double) ?? []
        let best = Int(fact(model, "best_epoch")?.integer ?? 0)
        #expect(metrics.count == 12 && metrics.max() == metrics[best - 1])
        let rows = LearningSet(data: table(100, seed: 9).data, inputs: set.inputs)
        let found = try answers(model, rows)
        let again = ClassificationMetrics.precisionRecall(
            rows.data.label,
            predictions: found,
            of: 1
        ).f1
        #expect(abs(again - (metrics.max() ?? 0)) < 1e-12)
        set.validation = nil
        #expect(throws: TrainingError.inValidation(.emptyTrainingSet)) {
            try train(set, parameters)
        }
    }

    @Test("Stacked models answer together by what the network makes of a row")
    func stacking() throws {
        let parameters = quick + [("stacking", .text("on"))]
        let model = try train(
            table(400),
            parameters + [("stacking_model", .text("gbdt,rt,svc,bst"))]
        )
        let other = table(200, seed: 60)
        let shares = try answers(model, other, .probabilities)
        let scores = (0..<200).map { shares[2 * $0 + 1] }
        #expect(scores.allSatisfy { (0...1).contains($0) })
        #expect(ClassificationMetrics.auc(other.data.label, scores: scores) > 0.8)
        #expect(try StoredOperators.records(of: model.graph).count > 20)
        #expect(fact(model, "stacked")?.array?.count == 4)
    }

    @Test(
        "Parameters that are wrong or contradict each other are refused",
        arguments: [
            ([("window_size", .integer(0))], "window_size"),
            ([("sequence_length", .integer(3_001))], "[1, 3000]"),
            ([("success_id", .integer(13))], "[0, 12]"),
            ([("success_id", .text("x"))], "success_id"),
            ([("auto_heads", .integer(1))], "prime number"),
            ([("num_heads", .integer(0))], "num_heads"),
            ([("model_task_type", .text("ranking"))], "multi_classification"),
            ([("version", .integer(0)), ("stacking", .text("on"))], "version=1"),
            (
                [("version", .integer(0)), ("model_task_type", .text("multi_classification"))],
                "version=1"
            ),
            ([("num_classes", .integer(3))], "num_classes"),
            ([("loss", .text("mse"))], "CrossEntropyLoss"),
            ([("val_metric", .text("mape"))], "mape"),
            ([("stacking", .text("on")), ("stacking_model", .text("gbdt,cat"))], "cat"),
            ([("stacking", .text("on")), ("stacking_model", .text(""))], "stacking_model"),
            ([("x_statics_cols", .text("level"))], "named twice"),
            ([("x_seq_cols", .text(""))], "x_seq_cols"),
            ([("windowsize", .integer(4))], "window_size"),
            ([("version", .integer(2))], "version"),
        ] as [(Parameters, String)]
    )
    func refusals(_ changes: Parameters, _ word: String) {
        let kept = (required + [("version", .integer(1))]).filter { pair in
            !changes.contains { $0.name == pair.name }
        }
        let error = #expect(throws: TrainingError.self) {
            try LearnerClass.bst.learner(kept + changes)
        }
        #expect(error.map { "\($0)".contains(word) } == true, "\(String(describing: error))")
    }

    @Test("What must be given is asked for by name", arguments: [0, 1, 2, 3])
    func missing(_ index: Int) {
        var given = required
        let name = given.remove(at: index).name
        let error = #expect(throws: TrainingError.self) { try LearnerClass.bst.learner(given) }
        guard case .parameterMissing(let missing, let advice)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(missing == name && !advice.isEmpty)
    }

    @Test("The dialect's defaults hold; heads divide the width that its formula gives")
    func defaults() throws {
        func shown(_ parameters: Parameters) throws -> Set<String> {
            Set(
                try LearnerClass.bst.learner(parameters).parameters.map { "\($0.name)=\($0.value)" }
            )
        }
        let least: Parameters = [
            ("window_size", .integer(900)), ("sequence_length", .integer(3_000)),
            ("x_seq_cols", .text("event_list")), ("x_value_cols", .text("")),
        ]
        let found = try shown(least)
        let wanted = [
            "version=0", "model_task_type=classification", "num_classes=2", "batch_size=16",
            "max_epoch=1", "learning_rate=0.0002", "loss=CrossEntropyLoss", "val_flag=0",
            "val_metric=loss", "auto_data_statics=off", "auto_heads=1", "num_heads=4",
            "data_normalization=0", "remove_seq_adjacent_duplicates=off", "stacking=off",
            "stacking_model=gbdt,svc,rt",
        ]
        for pair in wanted { #expect(found.contains(pair), "\(pair)") }
        #expect(try shown(least + [("model_task_type", .text("regression"))]).contains("loss=mse"))
        for (window, length, width, heads) in [
            (900, 3_000, 86, 2), (900, 100, 42, 3), (100, 3_000, 66, 6), (1, 1, 4, 2),
        ] {
            var reader = try ParameterReader(
                least.dropFirst(2) + [
                    ("window_size", .integer(Int64(window))),
                    ("sequence_length", .integer(Int64(length))),
                ]
            )
            let settings = try BSTParameters(&reader)
            #expect(settings.width == width && settings.heads == heads)
        }
        var reader = try ParameterReader(
            least + [("auto_heads", .integer(0)), ("num_heads", .integer(8))]
        )
        #expect(try BSTParameters(&reader).width == 88)
    }

    @Test("Rows that nothing can be learnt from are an error")
    func badRows() {
        func expect(_ error: TrainingError, _ change: (inout LearningSet) -> Void) {
            var set = table(40)
            change(&set)
            #expect(throws: error) { try train(set) }
        }
        expect(.emptyTrainingSet) { $0.data = $0.data.taking([]) }
        expect(.labelOutOfRange(row: 5, value: 2, classCount: 2)) { $0.data.label[5] = 2 }
        expect(.singleLabelValue(value: 1)) { $0.data.label = [Double](repeating: 1, count: 40) }
        expect(.valueMissing(column: "level", row: 3, learner: "bst")) {
            $0.data.columns[1] = .doubles([0, 0, 0, .nan] + [Double](repeating: 0, count: 36))
        }
        expect(.valueNotFinite(column: "level", row: 0, value: .infinity)) {
            $0.data.columns[1] = .doubles([.infinity] + [Double](repeating: 0, count: 39))
        }
        expect(.noFeatures) { $0.inputs[0].kind = .number }
        var set = table(40)
        set.labels = nil
        set.data.label[7] = -1
        let error = TrainingError.labelUnsuitable(
            row: 7,
            value: -1,
            purpose: "msle",
            rule: "it takes the logarithm of 1 + label"
        )
        #expect(throws: error) {
            try train(
                set,
                [("model_task_type", .text("regression")), ("loss", .text("msle"))]
            )
        }
    }

    @Test("The wish to stop ends training after any epoch, and huge numbers make finite answers")
    func endings() throws {
        let flag = CancellationFlag()
        #expect(throws: TrainingError.cancelled) {
            try train(table(100), quick, threads: 2, flag: flag) {
                if $0.unit == "epoch", $0.done == 2 { flag.cancel() }
            }
        }
        var set = table(100)
        set.data.columns[1] = .doubles((0..<100).map { $0 % 2 == 0 ? 1.7e308 : -1.7e308 })
        let model = try train(set)
        #expect(try answers(model, set, .probabilities).allSatisfy { $0.isFinite })
    }
}
