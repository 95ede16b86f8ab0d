package import BorealBase
import BorealBoost
import BorealFormats
package import BorealGraph

/// Trains a boosted model on a training set and makes its graph and files.
package struct BoostedTrainer: Sendable {
    package typealias Progress = ModelTrainer.Progress

    let settings: Settings

    package init(settings: Settings) { self.settings = settings }

    /// Trains on the threads of the trainer; the caller waits.
    ///
    /// - Throws: `memoryLimit` before any work when it would take too much; training errors;
    ///   `interrupted`.
    package func train(
        _ rows: TrainingSetBuilder.Output,
        metadata given: ModelMetadata,
        cancellation: CancellationFlag = CancellationFlag(),
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) throws(ServerError) -> TrainingResult {
        var set = rows
        let trials = try search(&set, cancellation: cancellation, progress: progress)
        var parameters = set.parameters
        parameters.threads = settings.trainingThreads(wanted: parameters.threads)
        let trainer = Trainer(parameters)
        try checkMemory(trainer, set)
        let model: TrainedModel
        do {
            model = try trainer.train(
                set.data,
                validation: set.validation?.data,
                continuing: set.initial,
                cancellation: cancellation
            ) { step in
                progress(Self.progress(step))
            }
        } catch {
            throw ServerError(training: error.inQuery(set))
        }
        var metadata = given
        metadata.objective = Self.objective(parameters)
        do {
            let graph = try ModelGraph(
                BoostedModel(
                    ensemble: model.ensemble,
                    inputs: set.inputs,
                    link: Self.link(parameters),
                    task: set.task,
                    labels: set.labels,
                    answersLabel: set.labels != nil,
                    valueIsLabel: false,
                    metadata: metadata
                )
            )
            return TrainingResult(
                graph: graph,
                storage: .lightgbm,
                boosted: model,
                trials: trials
            )
        } catch {
            throw ServerError(graph: error)
        }
    }

    /// - Parameter copies: of the table that are held beside it.
    func checkMemory(
        _ trainer: Trainer,
        _ set: TrainingSetBuilder.Output,
        copies: Int = 0
    ) throws(ServerError) {
        let data = set.data
        let wide = data.columns.count { column in
            guard case .categories(_, let count) = column else {
                return trainer.parameters.maxBin > 256
            }
            return count > 255 && !trainer.encodes(column)
        }
        let categories = data.columns.reduce(0) { sum, column in
            if case .categories(_, let count) = column { sum + count } else { sum }
        }
        let bytes =
            categories * 32
            + copies * (data.rowCount * (data.columns.count + 2) * 8)
            + (set.initial == nil ? 0 : data.rowCount * trainer.parameters.scoresPerRow * 8)
            + trainer.memoryEstimate(
                rows: data.rowCount + (set.validation?.data.rowCount ?? 0),
                features: data.columns.count,
                wideFeatures: wide,
                encodedFeatures: data.columns.count { trainer.encodes($0) }
            )
        try settings.checkTrainingMemory(bytes)
    }

    static func progress(_ step: TrainingProgress) -> Progress {
        var text = "training \(step.round)/\(step.rounds)"
        if let metric = step.metrics.first {
            let value = (metric.value * 10_000).rounded() / 10_000
            text += ", \(metric.name) \(value)"
        }
        text += ", \(Int(step.secondsLeft.rounded(.up))) s left"
        return Progress(text: text, fraction: Double(step.round) / Double(max(1, step.rounds)))
    }

    private static func link(_ parameters: TrainingParameters) -> ScoreLink {
        switch parameters.objective {
        case .binary, .oneVersusAll: .sigmoid(scale: parameters.sigmoid)
        case .exponential: .sigmoid(scale: 2)
        case .multiclass: .softmax
        case .crossEntropy: .sigmoid(scale: 1)
        case .crossEntropyLambda: .softplus
        case .poisson, .gamma, .tweedie: .exponential
        case .regression, .regressionL1, .fair, .quantile, .mape:
            parameters.takesRootOfLabel ? .signedSquare : .identity
        case .huber, .lambdarank, .rankXENDCG: .identity
        }
    }

    /// The objective as LightGBM's text spells it.
    static func objective(_ parameters: TrainingParameters) -> String {
        let name = parameters.objective.rawValue
        let sigmoid = parameters.sigmoid.description
        let slope = "sigmoid:" + (sigmoid.hasSuffix(".0") ? String(sigmoid.dropLast(2)) : sigmoid)
        switch parameters.objective {
        case .binary: return "\(name) \(slope)"
        case .exponential: return "binary sigmoid:2"
        case .multiclass: return "\(name) num_class:\(parameters.classCount)"
        case .oneVersusAll: return "\(name) num_class:\(parameters.classCount) \(slope)"
        default: return parameters.takesRootOfLabel ? "\(name) sqrt" : name
        }
    }
}
