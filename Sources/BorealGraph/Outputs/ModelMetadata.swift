public import BorealBase

/// What question a model answers.
public enum GraphTask: String, Equatable, Sendable, CaseIterable {
    case binary
    case multiclass
    case regression
    case ranking
    /// A group that nobody named.
    case clustering
    /// 1 for what looks like the training data, -1 for what does not.
    case outlierDetection = "outlier_detection"
    /// New features.
    case transformation
}

/// What a model knows about itself beyond its arithmetic.
public struct ModelMetadata: Equatable, Sendable {
    /// The feature columns of the statement that trained it; empty for models from elsewhere.
    public var featureColumns: [String] = []
    /// The label columns of that statement.
    public var labelColumns: [String] = []
    /// The objective as the library spells it, parameters included: `binary sigmoid:1`.
    public var objective: String?
    /// Parameters it was trained with.
    public var trainingParameters: JSON?
    /// A summary of each feature as training saw it, for drift.
    public var trainingDistribution: JSON?

    /// Nothing known.
    public init() {}
}

/// How much a feature matters to a tree ensemble.
public struct FeatureImportance: Equatable, Sendable {
    /// The feature's name.
    public let name: String
    /// Sum of the gains of its splits.
    public let gain: Double
    /// Its splits.
    public let splits: Int
}
