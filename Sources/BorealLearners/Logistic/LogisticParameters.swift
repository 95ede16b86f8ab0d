import BorealBoost

/// The parameters of `logisticreg`.
struct LogisticParameters: Sendable {
    /// The one loss there is, under the names that libraries give it.
    private enum Loss: String, CaseIterable { case logLoss = "log_loss" }
    private enum Penalty: String, CaseIterable { case none, l1, l2, elasticnet }
    /// What classes weigh.
    enum ClassWeight: String, CaseIterable {
        /// All rows alike.
        case none = "None"
        /// All classes alike.
        case balanced
    }

    /// Whether coefficients cost anything.
    let isPenalized: Bool
    /// How little they cost: the loss is multiplied by it.
    let c: Double
    /// What share of the cost is by absolute value.
    let l1Ratio: Double
    /// Whether there is an intercept.
    let hasIntercept: Bool
    /// What classes weigh.
    let classWeight: ClassWeight
    /// Iterations at most.
    let iterationsMax: Int
    /// Training ends when no slope of the mean loss is above this.
    let tolerance: Double
    /// Whether features are divided by their standard deviation first.
    let normalizes: Bool
    /// `n_jobs`
    let threads: Int
    /// `random_state`
    let seed: Int64
    /// All of them, in the documented order.
    let values: [(name: String, value: ParameterValue)]

    init(_ pairs: [(name: String, value: ParameterValue)]) throws(TrainingError) {
        var reader = try ParameterReader(pairs)
        let isNamed = pairs.contains { $0.name.lowercased() == "penalty" && $0.value != .none }
        let penalty = try reader.word("penalty", default: Penalty.l2)
        c = try reader.real("C", default: 1, from: 0, to: 1e100, excludesLower: true)
        let ratio = try reader.real("l1_ratio", default: penalty == .l1 ? 1 : 0, from: 0, to: 1)
        // Without a penalty's name the ratio alone chooses it.
        switch penalty {
        case .l1 where ratio != 1, .l2 where isNamed && ratio != 0:
            throw .conflict(
                parameter: "l1_ratio",
                with: "penalty",
                reason: "penalty='elasticnet' takes a share of both"
            )
        default: break
        }
        isPenalized = penalty != .none
        l1Ratio = penalty == .none ? 0 : ratio
        hasIntercept = try reader.flag("fit_intercept", default: true)
        classWeight = try reader.word("class_weight", default: ClassWeight.none)
        iterationsMax = try reader.integer("max_iter", default: 100, in: 1...1_000_000_000)
        tolerance = try reader.real("tol", default: 1e-4, from: 0, excludesLower: true)
        normalizes = try reader.flag("normalize", default: false)
        _ = try reader.word(
            "objective",
            aliases: ["loss"],
            default: Loss.logLoss,
            synonyms: [
                "binary": .logLoss, "multiclass": .logLoss, "multinomial": .logLoss,
                "logistic": .logLoss, "deviance": .logLoss,
            ]
        )
        threads = try reader.integer("n_jobs", default: 4, in: -1...1_024)
        let first = Int(Int32.min), last = Int(UInt32.max)
        seed = Int64(try reader.integer("random_state", default: 1, in: first...last))
        try reader.finish()
        values = reader.values
    }
}
