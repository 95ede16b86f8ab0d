import BorealBase
import BorealCatalog
import BorealGraph

/// The text of DESCRIBE MODEL, and the JSON of importances that it is made from.
enum ModelDescription {
    /// Features sorted by share of gain, most important first.
    ///
    /// - Returns: `[{"feature": name, "gain": share, "split": share}, ...]`; empty without any
    ///   split.
    static func importances(of graph: ModelGraph) -> JSON? {
        guard let features = FeatureShare.all(of: graph) else { return nil }
        let ordered = features.enumerated().sorted { left, right in
            (right.element.gain, left.offset) < (left.element.gain, right.offset)
        }
        return .array(
            ordered.map { _, feature in
                .object([
                    ("feature", .string(feature.name)), ("gain", .number(feature.gain)),
                    ("split", .number(feature.split)),
                ])
            }
        )
    }

    /// The cell that DESCRIBE MODEL answers: the documented text and nothing more, a failed
    /// model's error as its last line.
    static func text(_ bound: BoundModel) -> String {
        var lines = [
            "basic information:", "model_name:\(bound.model.name)",
            "model_class:\(bound.version.modelClass)",
        ]
        // The catalog stores what `importances(of:)` printed; anything else has no importances.
        if let features = (try? JSON.parse(bound.version.outcome.importances))?.array {
            lines += ["feature important:", "features,imp_gain,imp_split"]
            for feature in features {
                let name = feature["feature"]?.string ?? ""
                let gain = rounded(feature["gain"]?.double ?? 0)
                let split = rounded(feature["split"]?.double ?? 0)
                lines.append("\(name),\(gain),\(split)")
            }
        }
        if let failure = bound.version.failure {
            lines.append("error: \(failure.number) \(failure.sentence)")
        }
        return lines.joined(separator: "\n")
    }

    /// Four decimals without trailing zeros: `0.187`, and `0` for nothing.
    private static func rounded(_ value: Double) -> String {
        let text = ((value * 10_000).rounded() / 10_000).description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
