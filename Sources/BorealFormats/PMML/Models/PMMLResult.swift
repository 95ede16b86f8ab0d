/// What a model answers, by the slots where it stands after the model ran.
struct PMMLResult {
    /// What kind of question a model answers.
    enum Function: String {
        case regression
        case classification
        case clustering
    }

    /// What question it is.
    var function: Function
    /// The predicted number, or the class as a value of the target: a code or a number.
    var value: PMMLValue
    /// Classes or clusters in order; empty for regression.
    var classes: [String] = []
    /// The position of the predicted class; NaN for none.
    var label: Int32 = 0
    /// The first of as many probabilities as classes.
    var probabilities: Int32?
    /// The first of as many confidences as classes.
    var confidences: Int32?
    /// Distances or similarities, by the name of what is compared.
    var affinities: [String: Int32] = [:]
    /// The affinity of the winner.
    var winnerAffinity: Int32?
    /// Whom rank 1, 2, ... belongs to: slots of codes; and their affinities.
    var ranking: [Int32] = []
    /// Slots of the numbers of these ranks.
    var rankedAffinities: [Int32] = []
    /// A code.
    var entity: Int32?
    /// Codes, most important first.
    var reasons: [Int32] = []
    /// What the model and those in it declare as outputs, in order.
    var outputs: [PMMLOutput] = []
    /// The name of the target; nil when it has none.
    var targetName: String?
    /// Results of segments, by their ids.
    var segments: [String: PMMLResult] = [:]
}

/// A declared output.
struct PMMLOutput {
    /// The name that the document gives it.
    var name: String
    /// What it holds, and as which type.
    var value: PMMLValue
    /// False for what only later segments read.
    var isFinal: Bool
}

/// What a model is asked by the one around it.
struct PMMLContext {
    /// The classes in order, when the model around this one knows them.
    var classes: [String]?
    /// The target field of the model around this one.
    var target: PMMLDataField?
}
