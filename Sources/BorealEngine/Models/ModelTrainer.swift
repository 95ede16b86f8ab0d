package import BorealBase
import BorealBoost
import BorealFormats
import BorealGraph
import BorealLearners
import Glibc

/// Trains a model on a training set, whatever its class.
package struct ModelTrainer: Sendable {
    /// How far training is.
    package struct Progress: Sendable {
        /// `training 37/100, 12 s left`
        package let text: String
        /// 0 to 1.
        package let fraction: Double
    }

    private let settings: Settings

    package init(settings: Settings) { self.settings = settings }

    /// Trains on the threads of the trainer; the caller waits.
    ///
    /// - Parameter label: the label column; nil for a class that takes none.
    /// - Throws: `memoryLimit` before any work when it would take too much; training errors;
    ///   `interrupted`.
    package func train(
        _ set: TrainingSetBuilder.Output,
        features: [String],
        label: String?,
        cancellation: CancellationFlag = CancellationFlag(),
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) throws(ServerError) -> TrainingResult {
        var metadata = ModelMetadata()
        metadata.featureColumns = features
        metadata.labelColumns = label.map { [$0] } ?? []
        let wanted = set.learner.map(\.threads) ?? set.parameters.threads
        let threads = settings.trainingThreads(wanted: wanted)
        if !set.inputs.contains(where: \.kind.isList) {
            metadata.trainingDistribution = set.distribution(threads: threads)
        }
        guard let learner = set.learner else {
            return try BoostedTrainer(settings: settings).train(
                set,
                metadata: metadata,
                cancellation: cancellation,
                progress: progress
            )
        }
        let bytes = learner.memoryEstimate(
            rows: set.data.rowCount + (set.validation?.data.rowCount ?? 0),
            features: set.data.columns.count,
            threads: threads
        )
        try settings.checkTrainingMemory(bytes)
        let run = LearningRun(threads: threads, cancellation: cancellation) { step in
            progress(Progress(text: step.text, fraction: step.fraction))
        }
        do {
            let model = try learner.train(
                LearningSet(
                    data: set.data,
                    validation: set.validation?.data,
                    inputs: set.inputs,
                    labels: set.labels,
                    metadata: metadata
                ),
                run
            )
            return TrainingResult(graph: model.graph, storage: .boreal, facts: model.facts)
        } catch {
            throw ServerError(training: error.inQuery(set))
        }
    }
}

extension Settings {
    /// `n_jobs`, at most `train_threads_max`, at most one a core.
    func trainingThreads(wanted: Int) -> Int {
        let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let limit = integer("train_threads_max")
        let most = limit > 0 ? min(limit, cores) : cores
        return wanted > 0 ? min(wanted, most) : most
    }

    /// - Throws: `memoryLimit` when training would take more than `train_memory_limit`.
    func checkTrainingMemory(_ bytes: Int) throws(ServerError) {
        let limit = MemoryLimit.bytes(text("train_memory_limit"))
        if bytes > limit { throw Self.tooLarge(bytes, limit) }
    }

    private static func tooLarge(_ bytes: Int, _ limit: Int) -> ServerError {
        ServerError(
            .memoryLimit,
            "Training would take about \(bytes >> 20) MiB; train_memory_limit allows "
                + "\(limit >> 20) MiB"
        )
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
