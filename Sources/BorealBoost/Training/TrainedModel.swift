/// What training leaves behind.
public struct TrainedModel: Sendable {
    /// The trees, up to the best round when training stopped early; behind those of the model that
    /// training went on from.
    public var ensemble: TreeEnsemble
    /// Rounds trained and kept.
    public var rounds: Int
    /// True when validation data ended training before `num_iterations`.
    public var stoppedEarly: Bool
    /// `[rounds trained]`: what the metrics said on the validation data after each round.
    public var history: [[MetricValue]]
    /// Seconds it took to find and fill bins.
    public var binSeconds: Double
    /// Seconds it took to grow the trees.
    public var trainSeconds: Double
    /// Columns that could split something; the others were constant or nearly so.
    public var usedFeatures: [Int]

    /// One metric of one round.
    public struct MetricValue: Equatable, Sendable {
        /// Which.
        public var metric: TrainingMetric
        /// Where the metric is cut: `eval_at` of `ndcg` and `map`, and `multi_error_top_k`.
        public var position: Int?
        /// How much.
        public var value: Double

        /// LightGBM's name: `auc`, `ndcg@3`.
        public var name: String { position.map { "\(metric.rawValue)@\($0)" } ?? metric.rawValue }
    }
}

/// How far training is; given after each round.
public struct TrainingProgress: Sendable {
    /// Rounds done.
    public var round: Int
    /// Rounds wanted.
    public var rounds: Int
    /// The metrics on the validation data; empty without.
    public var metrics: [TrainedModel.MetricValue]
    /// What the rest will take at the pace so far; early stopping may cut it short.
    public var secondsLeft: Double
}
