import BorealBase
import BorealBoost
import BorealGraph

/// What stands around the numbers of every XGBoost model: names, objective, where sums begin.
struct XGBoostHead {
    private let answer: ExportedAnswer
    private let objective: String
    /// What scores are multiplied with, where XGBoost's link has no scale of its own.
    let scale: Double

    /// - Parameter divisor: what scores are divided by before the link.
    /// - Throws: `FormatError.notExportable`.
    init(_ answer: ExportedAnswer, divisor: Double = 1) throws(FormatError) {
        self.answer = answer
        let average = 1 / divisor
        switch (answer.link, answer.task) {
        case (.identity, .ranking): (objective, scale) = ("rank:ndcg", average)
        case (.identity, _): (objective, scale) = ("reg:squarederror", average)
        // Of several scores each is a target of its own.
        case (.sigmoid(let factor), _):
            objective = answer.isClassifier ? "binary:logistic" : "reg:logistic"
            scale = factor * average
        case (.softmax, _): (objective, scale) = ("multi:softprob", average)
        case (.exponential, _): (objective, scale) = ("count:poisson", average)
        default:
            throw .notExportable(
                .xgboost,
                reason: "it has no objective with the link \(answer.link)"
            )
        }
    }

    /// All before the booster.
    func writeBeginning(_ text: ExportSink) {
        let inputs = answer.inputs
        text.append("{\"learner\":{\"attributes\":{},\"feature_names\":")
        text.append(JSON.array(inputs.map { .string(Self.name($0.name)) }).description)
        text.append(",\"feature_types\":")
        text.append(
            JSON.array(inputs.map { .string($0.kind.isCategorical ? "c" : "float") }).description
        )
        text.append(",\"gradient_booster\":")
    }

    /// All behind the booster.
    func writeEnd(_ text: ExportSink) {
        text.append(",\"learner_model_param\":{")
        // The margin that sums begin with is what these answers stand for: zero.
        let base: String =
            switch objective {
            case "binary:logistic", "reg:logistic": "5E-1"
            case "count:poisson": "1E0"
            default: "0E0"
            }
        let classes = objective == "multi:softprob" ? answer.scores : 0
        let targets = objective == "multi:softprob" ? 1 : answer.scores
        text.append("\"base_score\":\"\(base)\",\"boost_from_average\":\"0\",")
        text.append("\"num_class\":\"\(classes)\",\"num_feature\":\"\(answer.inputs.count)\",")
        text.append("\"num_target\":\"\(targets)\"},\"objective\":{\"name\":\"\(objective)\"")
        text.append(parameters)
        text.append("}},\"version\":[2,0,0]}")
    }

    private var parameters: String {
        switch objective {
        case "multi:softprob": ",\"softmax_multiclass_param\":{\"num_class\":\"\(answer.scores)\"}"
        case "count:poisson": ",\"poisson_regression_param\":{\"max_delta_step\":\"0.7\"}"
        case "rank:ndcg":
            ",\"lambdarank_param\":{\"lambdarank_pair_method\":\"topk\"}"
        default: ",\"reg_loss_param\":{\"scale_pos_weight\":\"1\"}"
        }
    }

    /// XGBoost takes no name with these characters.
    private static func name(_ name: String) -> String {
        String(name.map { "[]<".contains($0) ? "_" : $0 })
    }
}

/// Writes a linear model as XGBoost's `gblinear`, whose numbers are of 32 bits.
struct XGBoostLinearWriter: ModelWriter {
    private let linear: ExportedLinear
    private let head: XGBoostHead

    /// - Throws: `FormatError.notExportable`.
    init(_ linear: ExportedLinear) throws(FormatError) {
        self.linear = linear
        head = try XGBoostHead(linear.answer)
    }

    /// The factors of a feature stand next to each other; the terms come last.
    func write(to text: ExportSink) throws(ExportError) {
        head.writeBeginning(text)
        text.append("{\"model\":{\"boosted_rounds\":1,\"weights\":")
        var weights: [Float] = []
        for feature in linear.answer.inputs.indices {
            weights += linear.factors.map { Float($0[feature] * head.scale) }
        }
        weights += linear.terms.map { Float($0 * head.scale) }
        text.list(weights)
        text.append("},\"name\":\"gblinear\"}")
        head.writeEnd(text)
        try text.check()
    }
}
