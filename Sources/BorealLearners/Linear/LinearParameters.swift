import BorealBoost

/// The parameters of `linearreg`.
struct LinearParameters: Sendable {
    /// The one loss there is, under the names that libraries give it.
    private enum Loss: String, CaseIterable { case squaredError = "squared_error" }

    /// Rounds of an iterative solver at most; nil for as many as it takes.
    let epochs: Int?
    /// Whether features are divided by their standard deviation first.
    let normalizes: Bool
    /// Whether there is an intercept.
    let hasIntercept: Bool
    /// How much large coefficients cost.
    let alpha: Double
    /// What share of that cost is by absolute value: 0 ridge, 1 lasso.
    let l1Ratio: Double
    /// When an iterative solver stops.
    let tolerance: Double
    /// Whether coefficients below 0 are ruled out.
    let isPositive: Bool
    /// `n_jobs`
    let threads: Int
    /// `random_state`
    let seed: Int64
    /// All of them, in the documented order.
    let values: [(name: String, value: ParameterValue)]

    init(_ pairs: [(name: String, value: ParameterValue)]) throws(TrainingError) {
        var reader = try ParameterReader(pairs)
        let epoch = try reader.integer(
            "epoch",
            aliases: ["max_iter"],
            default: -1,
            in: -1...1_000_000_000
        )
        guard epoch != 0 else {
            throw .outOfRange(parameter: "epoch", allowed: "-1 or [1, 1000000000]", value: "0")
        }
        epochs = epoch < 0 ? nil : epoch
        normalizes = try reader.flag("normalize", default: false)
        hasIntercept = try reader.flag("fit_intercept", default: true)
        alpha = try reader.real("alpha", default: 0, from: 0, to: 1e100)
        l1Ratio = try reader.real("l1_ratio", default: 0, from: 0, to: 1)
        tolerance = try reader.real("tol", default: 1e-4, from: 0, to: 1)
        isPositive = try reader.flag("positive", default: false)
        _ = try reader.word(
            "objective",
            aliases: ["loss"],
            default: Loss.squaredError,
            synonyms: [
                "regression": .squaredError, "ls": .squaredError, "mse": .squaredError,
                "l2": .squaredError,
            ]
        )
        threads = try reader.integer("n_jobs", default: 4, in: -1...1_024)
        let first = Int(Int32.min), last = Int(UInt32.max)
        seed = Int64(try reader.integer("random_state", default: 1, in: first...last))
        try reader.finish()
        values = reader.values
    }
}
