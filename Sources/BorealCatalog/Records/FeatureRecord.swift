public import BorealBase

/// The row id of a feature; never used twice.
public struct FeatureID: Hashable, Comparable, Sendable {
    /// The row id.
    public let rawValue: Int64
    /// - Parameter rawValue: the row id.
    public init(rawValue: Int64) { self.rawValue = rawValue }
    /// Older before newer.
    public static func < (left: FeatureID, right: FeatureID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Where a feature is in its life. The raw values are what clients see.
public enum FeatureStatus: String, Sendable, CaseIterable {
    /// Its rows are being read, or it waits for its turn.
    case loadingData = "loading_data"
    /// The statistics are being computed.
    case computing
    /// They are stored.
    case saved
    /// Ended in an error.
    case failed

    /// True when the life of a feature knows the step from this status to `next`.
    public func canBecome(_ next: FeatureStatus) -> Bool {
        switch (self, next) {
        case (.loadingData, .computing), (.computing, .saved), (_, .failed): isUnfinished
        // UPDATE FEATURE.
        case (.saved, .loadingData), (.failed, .loadingData): true
        default: false
        }
    }

    /// True while a background job works towards `saved`.
    public var isUnfinished: Bool { self == .loadingData || self == .computing }
}

/// What CREATE FEATURE made: statistics of the columns of a query. It is not a model's feature.
public struct FeatureRecord: Equatable, Sendable {
    /// The row id.
    public let id: FeatureID
    /// What it is found by: the lower-cased name.
    public let key: String
    /// As the creator wrote it.
    public let name: String
    /// The account it belongs to.
    public internal(set) var owner: String
    /// What it is computed from.
    public internal(set) var definition: FeatureDefinition
    /// Where it is in its life.
    public internal(set) var status: FeatureStatus
    /// JSON, one member a column; empty before it is saved.
    public internal(set) var results: String
    /// What it ended in; nil unless it failed.
    public internal(set) var failure: ModelFailure?
    /// The CSV file of the bins.
    public internal(set) var artifact: ArtifactReference?
    /// When it was made.
    public let created: Instant
    /// When it was saved last; nil before.
    public internal(set) var saved: Instant?
    /// How often its job began again after a restart of the server.
    public internal(set) var restarted: Int
}

/// What a feature is computed from.
public struct FeatureDefinition: Equatable, Sendable {
    /// `iv`, `pearson`, `psi`, ...
    public var featureClass: String
    /// The statement's text, for people.
    public var statement: String
    /// JSON: columns, parameters, query and the settings that it runs with.
    public var request: String

    /// - Parameters: see the stored properties.
    public init(featureClass: String, statement: String, request: String) {
        self.featureClass = featureClass
        self.statement = statement
        self.request = request
    }
}
