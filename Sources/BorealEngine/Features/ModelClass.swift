import BorealBase
import BorealLearners

/// The algorithms of the dialect (1.4) that this server trains.
package enum ModelClass: String, CaseIterable, Sendable {
    case lightgbm
    case gbdt
    case gbrt
    case randomforestreg
    case linearreg
    case deepfm
    case bst
    case kmeans
    case svr
    case randomforestcls
    case logisticreg
    case svc

    /// The class of an uploaded model, which is not trained here.
    static let external = "external"
    /// The class of a model that runs elsewhere.
    package static let remote = "remote"

    /// The value of `model_class`, compared without case.
    init?(option: String) {
        let folded = option.asciiLowercased
        guard let match = Self.allCases.first(where: { $0.rawValue == folded }) else { return nil }
        self = match
    }

    /// The class among those that boost as scikit-learn does; nil for all others.
    var gradientClass: GradientBoostingParameters.Class? {
        GradientBoostingParameters.Class(rawValue: rawValue)
    }

    /// The class among the learners; nil for what is boosted.
    var learnerClass: LearnerClass? { LearnerClass(rawValue: rawValue) }
}
