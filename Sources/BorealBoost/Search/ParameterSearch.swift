public import BorealBase

/// Tries several sets of parameters on one table and tells which judges best.
///
/// The table is binned once, candidates are trained one after the other, each with early stopping
/// on the validation rows. The first metric decides; of equals the earlier candidate.
public struct ParameterSearch: Sendable {
    /// One set of parameters.
    public struct Candidate: Sendable {
        /// All of them.
        public var parameters: TrainingParameters
        /// Those in which it differs from the others: `learning_rate=0.1, num_leaves=31`.
        public var text: String

        /// - Parameters: see the stored properties.
        public init(parameters: TrainingParameters, text: String) {
            self.parameters = parameters
            self.text = text
        }
    }

    /// How much is spent on whom.
    public enum Plan: Sendable {
        /// Every candidate gets all of its rounds.
        case exhaustive
        /// Every candidate gets a quarter of its rounds, the better half of them half, and the
        /// better half of those all (successive halving, Jamieson and Talwalkar 2016).
        case halving
    }

    /// One training.
    public struct Trial: Equatable, Sendable {
        /// Which candidate.
        public var candidate: Int
        /// Rounds it might have had.
        public var roundsMax: Int
        /// Rounds up to its best one.
        public var rounds: Int
        /// The first metric at that round.
        public var metric: TrainedModel.MetricValue
    }

    /// What a search found.
    public struct Outcome: Sendable {
        /// In the order trained.
        public var trials: [Trial]
        /// The best one's place in `trials`.
        public var best: Int
    }

    /// How far a search is.
    public struct Progress: Sendable {
        /// Trials begun.
        public var trial: Int
        /// Trials in all.
        public var trials: Int
        /// The candidate that is trained.
        public var candidate: Candidate
        /// How far that is.
        public var step: TrainingProgress
    }

    /// What is tried.
    public let candidates: [Candidate]
    /// How.
    public let plan: Plan

    /// - Parameters: see the stored properties; at least one candidate, all of one objective and
    ///   first metric.
    public init(_ candidates: [Candidate], _ plan: Plan) {
        precondition(!candidates.isEmpty, "a search among nothing")
        self.candidates = candidates
        self.plan = plan
    }

    /// Shares of the rounds and of the candidates, as divisors.
    private var rungs: [(rounds: Int, candidates: Int)] {
        switch plan {
        case .exhaustive: [(1, 1)]
        case .halving: candidates.count < 4 ? [(1, 1)] : [(4, 1), (2, 2), (1, 4)]
        }
    }

    /// Trains the candidates.
    ///
    /// - Parameters:
    ///   - validation: what they are judged by.
    ///   - cancellation: looked at at least every 10 ms of work.
    ///   - progress: called after each round, on a thread of the trainer's.
    /// - Throws: `TrainingError`; `cancelled`.
    public func run(
        _ data: TrainingData,
        validation: TrainingData,
        continuing: TreeEnsemble? = nil,
        cancellation: CancellationFlag = CancellationFlag(),
        progress: (@Sendable (Progress) -> Void)? = nil
    ) throws(TrainingError) -> Outcome {
        let sizes = rungs.map { (candidates.count + $0.candidates - 1) / $0.candidates }
        let total = sizes.reduce(0, +)
        let binned = try Trainer(trial(0, divisor: 1)).bin(
            data,
            validation: validation,
            cancellation: cancellation
        )
        var trials: [Trial] = []
        var left = Array(candidates.indices)
        for (rung, size) in zip(rungs, sizes) {
            left = Array(left.prefix(size)).sorted()
            var results: [Trial] = []
            for index in left {
                let number = trials.count + results.count + 1
                let parameters = trial(index, divisor: rung.rounds)
                let candidate = candidates[index]
                let model = try Trainer(parameters).train(
                    data,
                    validation: validation,
                    binned: binned,
                    continuing: continuing,
                    cancellation: cancellation
                ) { step in
                    progress?(
                        Progress(trial: number, trials: total, candidate: candidate, step: step)
                    )
                }
                let round = min(model.rounds, model.history.count)
                guard round > 0, let metric = model.history[round - 1].first else {
                    throw .noValidationData
                }
                results.append(
                    Trial(
                        candidate: index,
                        roundsMax: parameters.iterations,
                        rounds: round,
                        metric: metric
                    )
                )
            }
            trials += results
            left = Self.ranked(results).map(\.candidate)
        }
        let best = trials.lastIndex { $0.candidate == left[0] }
        return Outcome(trials: trials, best: best ?? 0)
    }

    /// The parameters of a trial: with early stopping, and with bins that all trials share.
    private func trial(_ index: Int, divisor: Int) -> TrainingParameters {
        var parameters = candidates[index].parameters
        let all = parameters.iterations
        parameters.iterations = divisor == 1 ? all : min(all, max(10, all / divisor))
        if parameters.earlyStoppingRounds == 0 {
            parameters.earlyStoppingRounds = max(10, all / 10)
        }
        parameters.usesFirstMetricOnly = true
        parameters.filtersFeatures = false
        return parameters
    }

    /// The best first; what is no number is last.
    static func ranked(_ trials: [Trial]) -> [Trial] {
        func loss(_ trial: Trial) -> Double {
            if trial.metric.value.isNaN { return .infinity }
            return trial.metric.metric.greaterIsBetter ? -trial.metric.value : trial.metric.value
        }
        return trials.enumerated().sorted { left, right in
            (loss(left.element), left.offset) < (loss(right.element), right.offset)
        }.map(\.element)
    }
}
