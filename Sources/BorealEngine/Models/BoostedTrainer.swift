package import BorealBase
package import BorealBoost
package import BorealFormats
package import BorealGraph
import Glibc

/// Trains a boosted model on a training set and makes its graph and files.
package struct BoostedTrainer: Sendable {
    /// How far training is.
    package struct Progress: Sendable {
        /// `training 37/100, 12 s left`
        package let text: String
        /// 0 to 1.
        package let fraction: Double
    }

    /// A trained model.
    package struct Trained: Sendable {
        /// What PREDICT runs.
        package let graph: ModelGraph
        /// What training measured.
        package let model: TrainedModel
        /// One line a trial of a search; empty without.
        let trials: [String]

        /// The artifact: LightGBM's text.
        ///
        /// - Throws: `malformedModel` when the format cannot hold the model.
        package func artifactText() throws(ServerError) -> [UInt8] {
            do {
                return try LightGBMTextWriter.write(graph)
            } catch {
                throw ServerError(format: error)
            }
        }

        /// The model in another format.
        ///
        /// - Throws: `unsupported` when the format cannot hold the model.
        package func file(_ format: ExportFormat) throws(ServerError) -> [UInt8] {
            do {
                return try format.write(graph)
            } catch {
                throw ServerError(format: error)
            }
        }
    }

    private let settings: Settings

    package init(settings: Settings) { self.settings = settings }

    /// Trains on the threads of the trainer; the caller waits.
    ///
    /// - Throws: `memoryLimit` before any work when it would take too much; training errors;
    ///   `interrupted`.
    package func train(
        _ given: TrainingSetBuilder.Output,
        features: [String],
        label: String,
        cancellation: CancellationFlag = CancellationFlag(),
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) throws(ServerError) -> Trained {
        var set = given
        let trials = try search(&set, cancellation: cancellation, progress: progress)
        var parameters = set.parameters
        parameters.threads = threads(wanted: parameters.threads)
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
        var metadata = ModelMetadata()
        metadata.featureColumns = features
        metadata.labelColumns = [label]
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
            return Trained(graph: graph, model: model, trials: trials)
        } catch {
            throw ServerError(graph: error)
        }
    }

    /// `n_jobs`, at most `train_threads_max`, at most one a core.
    func threads(wanted: Int) -> Int {
        let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let limit = settings.integer("train_threads_max")
        let most = limit > 0 ? min(limit, cores) : cores
        return wanted > 0 ? min(wanted, most) : most
    }

    /// - Parameter copies: of the table that are held beside it.
    func checkMemory(
        _ trainer: Trainer,
        _ set: TrainingSetBuilder.Output,
        copies: Int = 0
    ) throws(ServerError) {
        let data = set.data
        let wide = data.columns.count { column in
            guard case .categories(_, let count) = column else { return false }
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
        let limit = MemoryLimit.bytes(settings.text("train_memory_limit"))
        guard bytes <= limit else {
            throw ServerError(
                .memoryLimit,
                "Training would take about \(bytes >> 20) MiB; train_memory_limit allows "
                    + "\(limit >> 20) MiB"
            )
        }
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

/// Reads `train_memory_limit`: a share of the machine's memory, or bytes.
enum MemoryLimit {
    /// - Parameter text: `50%`, or a number with an optional suffix K, M or G; half of the memory
    ///   when it is neither.
    static func bytes(_ text: String) -> Int {
        let memory = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
        if text.hasSuffix("%"), let share = Int(text.dropLast()), (1...100).contains(share) {
            return memory / 100 * share
        }
        let shift: Int =
            switch text.utf8.last.map({ $0 | 0x20 }) {
            case UInt8(ascii: "k"): 10
            case UInt8(ascii: "m"): 20
            case UInt8(ascii: "g"): 30
            default: 0
            }
        guard let number = Int(shift == 0 ? text : String(text.dropLast())), number > 0,
            number <= Int.max >> shift
        else { return memory / 2 }
        return number << shift
    }
}
