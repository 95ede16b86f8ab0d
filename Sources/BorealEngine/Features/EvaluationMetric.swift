import BorealBase

/// A metric EVALUATE can answer, with the documented spelling as raw value.
enum EvaluationMetric: String, CaseIterable, Sendable {
    case acc
    case auc
    case ks
    case fscore = "Fscore"
    case r2Score = "r2_score"
    case mse
    case rmse
    case mae
    case mape
    case mapePlus = "mape_plus"
    case logloss
    case precision
    case recall
    case confusionMatrix = "confusion_matrix"
    case silhouette

    /// What a model answers, as far as metrics care.
    enum Question: String, Sendable {
        case binary
        case multiclass
        case regression
        case clustering
    }

    /// Reads the value of `metrics=`: one name or several, separated by commas.
    ///
    /// - Throws: `invalidOption` for an empty list or an unknown name.
    static func list(_ option: String) throws(ServerError) -> [EvaluationMetric] {
        var metrics: [EvaluationMetric] = []
        for part in option.split(separator: ",", omittingEmptySubsequences: false) {
            let name = String(part).trimmingBlanks
            let folded = name.asciiLowercased
            guard let metric = allCases.first(where: { $0.rawValue.asciiLowercased == folded })
            else {
                let valid = allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalidOption("metrics", "unknown metric '\(name)'; valid values: \(valid)")
            }
            if !metrics.contains(metric) { metrics.append(metric) }
        }
        return metrics
    }

    /// False for what is a table.
    var isNumber: Bool { self != .confusionMatrix }

    /// True when the metric means something for the task.
    func applies(to question: Question) -> Bool {
        switch self {
        case .acc, .auc, .fscore, .logloss, .precision, .recall, .confusionMatrix:
            question == .binary || question == .multiclass
        case .ks: question == .binary
        case .r2Score, .mse, .rmse, .mae, .mape, .mapePlus: question == .regression
        case .silhouette: question == .clustering
        }
    }

    /// The value as the result prints it; null for one that there is none of.
    func finite(_ value: Double) -> JSON { value.isFinite ? json(value) : .null }

    /// The value as the result prints it: four decimals for the five documented metrics, all others
    /// in full.
    func json(_ value: Double) -> JSON {
        switch self {
        case .acc, .auc, .ks, .fscore, .r2Score: .number((value * 10_000).rounded() / 10_000)
        default: .number(value)
        }
    }
}

extension String {
    /// Without blanks, tabs and line breaks at both ends.
    var trimmingBlanks: String {
        let bytes = utf8
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard let first = bytes.firstIndex(where: { !isBlank($0) }),
            let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[first...last])
    }
}
