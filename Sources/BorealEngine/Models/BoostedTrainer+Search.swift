import BorealBase
import BorealBoost

extension BoostedTrainer {
    /// Tries the candidates and settles the parameters: the best one's, with its best round.
    ///
    /// Rows that were drawn to judge are trained on in the end; those of a validation query or of
    /// `automl_test_tag` are not.
    /// - Returns: one line a trial.
    func search(
        _ set: inout TrainingSetBuilder.Output,
        cancellation: CancellationFlag,
        progress: @escaping @Sendable (Progress) -> Void
    ) throws(ServerError) -> [String] {
        guard let options = set.search, options.isOn else { return [] }
        set.search = nil
        set.parameters.threads = settings.trainingThreads(wanted: set.parameters.threads)
        var judged = set
        if judged.validation == nil { try judged.split(set.drawnShare ?? SearchOptions.share) }
        guard let validation = judged.validation else { return [] }
        let search = options.search(with: set.parameters)
        let isDrawn = set.validation == nil
        for candidate in search.candidates {
            try checkMemory(Trainer(candidate.parameters), judged, copies: isDrawn ? 1 : 0)
        }
        let outcome: ParameterSearch.Outcome
        do {
            outcome = try search.run(
                judged.data,
                validation: validation.data,
                continuing: set.initial,
                cancellation: cancellation
            ) { step in
                progress(Self.progress(step))
            }
        } catch {
            throw ServerError(training: error.inQuery(judged))
        }
        let best = outcome.trials[outcome.best]
        set.parameters = search.candidates[best.candidate].parameters
        set.parameters.iterations = best.rounds
        set.parameters.earlyStoppingRounds = 0
        return outcome.trials.enumerated().map { index, trial in
            Self.line(trial, search.candidates[trial.candidate].text, index == outcome.best)
        }
    }

    /// `learning_rate=0.1, num_leaves=31: 42 of 100 rounds, auc 0.7123 (best)`
    private static func line(_ trial: ParameterSearch.Trial, _ text: String, _ isBest: Bool)
        -> String
    {
        "\(text): \(trial.rounds) of \(trial.roundsMax) rounds, "
            + "\(trial.metric.name) \(trial.metric.value)" + (isBest ? " (best)" : "")
    }

    private static func progress(_ step: ParameterSearch.Progress) -> Progress {
        let inner = progress(step.step)
        let done = Double(step.trial - 1) + inner.fraction
        return Progress(
            text: "trial \(step.trial)/\(step.trials), \(step.candidate.text), \(inner.text)",
            fraction: done / Double(max(1, step.trials))
        )
    }
}
