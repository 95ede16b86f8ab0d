public import BorealBoost

/// The classes of the dialect that learn here, beside the boosted ones.
public enum LearnerClass: String, CaseIterable, Sendable {
    case bst
    case deepfm
    case kmeans
    case linearreg
    case logisticreg
    case randomforestcls
    case randomforestreg
    case svc
    case svr

    /// Whether texts are features of the class.
    public var takesText: Bool { self == .deepfm }

    /// The class with its parameters.
    ///
    /// - Throws: `TrainingError` for a parameter that is unknown or out of range.
    public func learner(
        _ parameters: [(name: String, value: ParameterValue)]
    ) throws(TrainingError) -> any Learner {
        switch self {
        case .bst: return try BSTLearner(parameters)
        case .deepfm: return try DeepFMLearner(parameters)
        case .kmeans: return try KMeansLearner(parameters)
        case .linearreg: return try LinearLearner(parameters)
        case .logisticreg: return try LogisticLearner(parameters)
        case .randomforestcls: return try ForestLearner(parameters, isClassification: true)
        case .randomforestreg: return try ForestLearner(parameters, isClassification: false)
        case .svc: return try SVCLearner(parameters)
        case .svr: return try SVRLearner(parameters)
        }
    }
}
