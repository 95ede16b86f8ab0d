import BorealGraph

/// What a loss function means for predictions.
struct CatBoostLoss {
    /// How sums become answers.
    enum Link {
        case identity
        /// One score, two classes.
        case binary
        case softmax
        /// Score by score.
        case sigmoid
        case exponential
        /// A mean, and the logarithm of a standard deviation that becomes a variance.
        case uncertainty
    }

    let link: Link
    let task: GraphTask

    init(_ model: CatBoostModel) {
        switch model.loss {
        case "Logloss", "CrossEntropy", "Focal":
            (link, task) = model.dimension == 1 ? (.binary, .binary) : (.softmax, .multiclass)
        case "MultiClass": (link, task) = (.softmax, .multiclass)
        case "MultiClassOneVsAll": (link, task) = (.sigmoid, .multiclass)
        case "MultiLogloss", "MultiCrossEntropy": (link, task) = (.sigmoid, .binary)
        case "Poisson", "Tweedie": (link, task) = (.exponential, .regression)
        case "RMSEWithUncertainty" where model.dimension == 2:
            (link, task) = (.uncertainty, .regression)
        case let name where Self.rankings.contains(name): (link, task) = (.identity, .ranking)
        case "":
            // Files without parameters tell their question by their classes alone.
            switch (model.classes.count, model.dimension) {
            case (2, 1): (link, task) = (.binary, .binary)
            case (let count, let scores) where count == scores && count > 1:
                (link, task) = (.softmax, .multiclass)
            default: (link, task) = (.identity, .regression)
            }
        default: (link, task) = (.identity, .regression)
        }
    }

    private static let rankings: Set<String> = [
        "YetiRank", "YetiRankPairwise", "PairLogit", "PairLogitPairwise", "QueryRMSE",
        "QuerySoftMax", "QueryCrossEntropy", "StochasticFilter", "StochasticRank", "LambdaMart",
        "GroupQuantile",
    ]

    /// The classes of a classifier, in the order of its scores; nil for everything else.
    func labels(_ model: CatBoostModel) -> Labels? {
        guard task == .binary || task == .multiclass else { return nil }
        if task == .binary, link != .binary { return nil }
        let count = model.dimension == 1 ? 2 : model.dimension
        guard model.classes.count == count else {
            return .integer((0..<count).map { Int64($0) })
        }
        switch model.classType {
        case "Integer":
            let numbers = model.classes.compactMap { Int64($0) }
            return numbers.count == count ? .integer(numbers) : .text(model.classes)
        case "Float":
            let numbers = model.classes.compactMap { Double($0) }
            return numbers.count == count ? .double(numbers) : .text(model.classes)
        case "Boolean":
            return .text(model.classes.map { $0 == "true" ? "True" : $0 == "false" ? "False" : $0 })
        default: return .text(model.classes)
        }
    }
}
