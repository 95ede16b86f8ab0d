import BorealGraph
import Glibc

/// What an objective means for predictions.
struct XGBoostObjective {
    /// How sums become answers.
    let link: FloatLink
    /// What question the model answers.
    let task: GraphTask
    /// True for `multi:softmax`, which answers the class.
    var answersClass = false
    /// How a base score becomes a raw score.
    private let inverse: Inverse

    private enum Inverse { case identity, logit, logarithm }

    /// - Parameter model: its objective as the file has it; `gpu:` before the name is the same.
    /// - Throws: `FormatError.unsupportedFormat` for an unknown name.
    init(_ model: XGBoostModel) throws(FormatError) {
        var name = model.objective
        name = name.hasPrefix("gpu:") ? String(name.dropFirst(4)) : name
        switch name {
        case "reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:pseudohubererror",
            "reg:absoluteerror", "reg:quantileerror", "reg:expectileerror":
            (link, task, inverse) = (.identity, .regression, .identity)
        case "rank:pairwise", "rank:ndcg", "rank:map":
            (link, task, inverse) = (.identity, .ranking, .identity)
        case "reg:logistic":
            (link, task, inverse) = (.sigmoid, .regression, .logit)
        case "binary:logistic":
            (link, task, inverse) = (.sigmoid, .binary, .logit)
        case "binary:logitraw":
            // Its base score has been a raw score since 1.3.
            let isOld = model.isBefore(1, 3)
            (link, task, inverse) = (.identity, .binary, isOld ? .logit : .identity)
        case "binary:hinge":
            (link, task, inverse) = (.step, .binary, .identity)
        case "count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft":
            (link, task, inverse) = (.exponential, .regression, .logarithm)
        case "multi:softprob", "multi:softmax":
            (link, task, inverse) = (.softmax, .multiclass, .identity)
            answersClass = name == "multi:softmax"
        default:
            throw .unsupportedFormat(model.format, detail: "objective '\(name.prefix(64))'")
        }
    }

    /// The raw score of a base score, in the library's own arithmetic.
    func raw(_ base: Float) -> Float {
        switch inverse {
        case .identity: base
        case .logit: -logf(1 / base - 1)
        case .logarithm: logf(base)
        }
    }
}
