import BorealGraph

/// What an objective line means for predictions (LightGBM's `ObjectiveFunction::ConvertOutput`).
struct LightGBMObjective {
    /// How sums become answers.
    let link: ScoreLink
    /// What question the model answers.
    let task: GraphTask

    /// - Parameters:
    ///   - line: name and parameters, `binary sigmoid:1`; nil and `custom` for a custom objective.
    ///   - classCount: sums of a row.
    /// - Throws: `FormatError.unsupportedFormat` for an unknown name.
    init(_ line: String?, classCount: Int) throws(FormatError) {
        let words = (line ?? "").split(separator: " ")
        let isSquareRoot = words.dropFirst().contains("sqrt")
        switch words.first ?? "none" {
        case "regression", "regression_l2", "mean_squared_error", "mse", "l2", "regression_l1",
            "mae", "l1",
            "fair", "quantile", "mape":
            link = isSquareRoot ? .signedSquare : .identity
            task = .regression
        case "huber", "none", "custom", "null", "na":
            link = .identity
            task = .regression
        case "poisson", "gamma", "tweedie":
            link = .exponential
            task = .regression
        case "cross_entropy", "xentropy":
            link = .sigmoid(scale: 1)
            task = .regression
        case "cross_entropy_lambda", "xentlambda":
            link = .softplus
            task = .regression
        case "binary":
            link = .sigmoid(scale: try Self.scale(words))
            task = .binary
        case "multiclass", "softmax":
            link = .softmax
            task = .multiclass
        case "multiclassova", "multiclass_ova", "ova", "ovr":
            link = .sigmoid(scale: try Self.scale(words))
            task = .multiclass
        case "lambdarank", "rank_xendcg", "xendcg":
            link = .identity
            task = .ranking
        case let name:
            throw .unsupportedFormat(.lightgbmText, detail: "objective '\(name.prefix(64))'")
        }
        guard task == .multiclass ? classCount > 1 : (task != .binary || classCount == 1) else {
            throw .malformed(
                .lightgbmText,
                offset: 0,
                reason: "objective '\(words.first ?? "")' with \(classCount) classes"
            )
        }
    }

    private static func scale(_ words: [Substring]) throws(FormatError) -> Double {
        guard let word = words.first(where: { $0.hasPrefix("sigmoid:") }) else { return 1 }
        guard let scale = Double(word.dropFirst("sigmoid:".count)), scale.isFinite, scale > 0 else {
            throw .malformed(.lightgbmText, offset: 0, reason: "'\(word.prefix(64))'")
        }
        return scale
    }
}
