import BorealBase
import BorealBoost
import BorealGraph

/// Stacking: models of other classes that learn from what the network makes of the training rows,
/// the numbers that its last layer reads. Their probabilities are averaged.
struct BSTStack {
    /// Who gives a probability.
    enum Member {
        case network
        /// A model over the numbers that the last layer reads.
        case graph(ModelGraph)
    }

    private let job: BSTJob
    private let settings: BSTParameters

    init(_ job: BSTJob, _ settings: BSTParameters) {
        self.job = job
        self.settings = settings
    }

    /// Trains all members; none without stacking.
    ///
    /// - Throws: `TrainingError` of their classes; `.cancelled`.
    func train(
        _ set: LearningSet,
        _ run: LearningRun,
        _ workshop: Workshop
    ) throws(TrainingError) -> [Member] {
        guard !settings.members.isEmpty else { return [] }
        let rows = try table(set, workshop)
        var members: [Member] = []
        for member in settings.members {
            try run.checkCancellation()
            switch member {
            case .bst: members.append(.network)
            case .gbdt: members.append(.graph(try boosted(rows, run)))
            case .svc:
                let learner = try SVCLearner([
                    ("probability", .boolean(true)), ("random_state", .integer(settings.seed)),
                ])
                members.append(.graph(try learner.train(rows, run).graph))
            case .randomTrees:
                let learner = try ForestLearner(
                    [("random_state", .integer(settings.seed))],
                    isClassification: true
                )
                members.append(.graph(try learner.train(rows, run).graph))
            }
        }
        return members
    }

    /// What the network makes of the rows, as a table.
    private func table(
        _ set: LearningSet,
        _ workshop: Workshop
    ) throws(TrainingError) -> LearningSet {
        let (values, width) = try job.network.lastHidden(job.rows, job.indexes, workshop)
        let columns = (0..<width).map { column in
            FeatureColumn.doubles(
                job.indexes.indices.map { Double(values[$0 * width + column]) }
            )
        }
        let names = (0..<width).map { "hidden_\($0)" }
        return LearningSet(
            data: TrainingData(
                columns: columns,
                label: set.data.label,
                names: names,
                weights: set.data.weights
            ),
            inputs: names.map { GraphInput(name: $0) },
            labels: set.labels
        )
    }

    /// Class `gbdt` with its defaults.
    private func boosted(
        _ rows: LearningSet,
        _ run: LearningRun
    ) throws(TrainingError) -> ModelGraph {
        let given = try GradientBoostingParameters(
            .gbdt,
            [("random_state", .integer(settings.seed))]
        )
        var parameters = try given.training(
            rows: rows.rowCount,
            features: rows.inputs.count,
            classes: 2
        )
        parameters.threads = run.threads
        let model = try Trainer(parameters).train(
            rows.data,
            validation: nil,
            cancellation: run.cancellation
        ) { step in
            run.report(
                LearningProgress(
                    unit: "stacked tree",
                    done: step.round,
                    total: step.rounds,
                    secondsLeft: step.secondsLeft
                )
            )
        }
        do throws(GraphError) {
            return try ModelGraph(
                BoostedModel(
                    ensemble: model.ensemble,
                    inputs: rows.inputs,
                    link: .sigmoid(scale: parameters.sigmoid),
                    task: .binary,
                    labels: rows.labels
                )
            )
        } catch {
            throw .diverged(advice: "the stacked trees make no model: \(error)")
        }
    }
}
