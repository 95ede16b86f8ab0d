public import BorealBase

/// The row id of a model; never used twice.
public struct ModelID: Hashable, Comparable, Sendable {
    /// The row id.
    public let rawValue: Int64
    /// - Parameter rawValue: the row id.
    public init(rawValue: Int64) { self.rawValue = rawValue }
    /// Older before newer.
    public static func < (left: ModelID, right: ModelID) -> Bool { left.rawValue < right.rawValue }
}

/// The row id of a version; never used twice, so it names one set of bytes for ever.
public struct ModelVersionID: Hashable, Comparable, Sendable {
    /// The row id.
    public let rawValue: Int64
    /// - Parameter rawValue: the row id.
    public init(rawValue: Int64) { self.rawValue = rawValue }
    /// Older before newer.
    public static func < (left: ModelVersionID, right: ModelVersionID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A name in the registry with its versions, one of which is the default.
public struct Model: Equatable, Sendable {
    /// The row id.
    public let id: ModelID
    /// The name it is found by: lower-cased.
    public let key: String
    /// The name as its creator wrote it.
    public let name: String
    /// The account that made it, as `'user'@'host'` without quotes.
    public internal(set) var owner: String
    /// When the name was created.
    public let created: Instant
    /// What `COMMENT` said, at most `CatalogLimits.commentBytesMax` bytes.
    public internal(set) var comment: String
    /// The version that answers when none is named.
    public internal(set) var defaultVersionID: ModelVersionID
    /// The number the next version gets; numbers of dropped versions do not come back.
    public internal(set) var nextNumber: Int
    /// In the order of their numbers; never empty.
    public internal(set) var versions: [ModelVersion]
    /// What the REST contract keeps of it.
    public internal(set) var contract = ModelContract()

    /// The version that answers when none is named.
    public var defaultVersion: ModelVersion {
        // The loader and every change keep the default among the versions; the first stands in for
        // a catalog that lost it, which `CatalogCheck` reports.
        versions.first { $0.id == defaultVersionID } ?? versions[0]
    }

    /// The class of the default version.
    public var modelClass: String { defaultVersion.modelClass }
    /// The status of the default version.
    public var status: ModelStatus { defaultVersion.status }

    /// The version of that name, in any case.
    public func version(named name: String) -> ModelVersion? {
        let key = name.asciiLowercased
        return versions.first { $0.name == key }
    }

    /// The version of that row id.
    public func version(_ id: ModelVersionID) -> ModelVersion? { versions.first { $0.id == id } }
}

/// One set of bytes that a model's name stands or stood for.
public struct ModelVersion: Equatable, Sendable {
    /// The row id.
    public let id: ModelVersionID
    /// 1 for the first one.
    public let number: Int
    /// `v1`, `v2`, ... or the name that MaxCompute statements gave; lower-cased.
    public let name: String
    /// The account that made this version.
    public internal(set) var owner: String
    /// Where it is in its life.
    public internal(set) var status: ModelStatus
    /// What the creating statement said about it.
    public internal(set) var definition: VersionDefinition
    /// Why it failed; nil unless `status` is `failed`.
    public internal(set) var failure: ModelFailure?
    /// The model file.
    public internal(set) var artifact: ArtifactReference?
    /// The pickle beside it (`model_type='pkl'`).
    public internal(set) var secondArtifact: ArtifactReference?
    /// What is known since it was stored.
    public internal(set) var outcome: VersionOutcome
    /// True when it becomes the default as soon as it is stored.
    public internal(set) var promotes: Bool
    /// When the statement was accepted.
    public let created: Instant
    /// When it was stored; nil before.
    public internal(set) var saved: Instant?
    /// When the row changed last.
    public internal(set) var changed: Instant
    /// How often its job began again after a restart of the server.
    public internal(set) var restarted: Int

    /// The class as clients see it.
    public var modelClass: String { definition.modelClass }
}

/// What the statement that makes a version says about it.
public struct VersionDefinition: Equatable, Sendable {
    /// `lightgbm`, `external`, ... lower-case.
    public var modelClass: String
    /// What is learned: `binary`, `multiclass`, `regression`, `clustering`; empty while unknown.
    public var taskKind: String
    /// The text of the statement, secrets taken out; RETRAIN runs it again.
    public var statement: String
    /// JSON object: `x_cols`, `y_cols` and the parameters as stored.
    public var options: String
    /// What `COMMENT` said about this version.
    public var comment: String
    /// Where an upload came from, credentials taken out; empty for a trained model.
    public var location: String
    /// What a remote model is called with, encrypted; no statement shows it. Empty for none.
    public var sealedKey: String

    /// - Parameters: see the stored properties.
    public init(
        modelClass: String,
        taskKind: String = "",
        statement: String = "",
        options: String = "{}",
        comment: String = "",
        location: String = "",
        sealedKey: String = ""
    ) {
        self.modelClass = modelClass
        self.taskKind = taskKind
        self.statement = statement
        self.options = options
        self.comment = comment
        self.location = location
        self.sealedKey = sealedKey
    }
}

/// What is known about a version once it is stored; each text is JSON or empty.
public struct VersionOutcome: Equatable, Sendable {
    /// What DESCRIBE and DESC EXTENDED show beyond the definition.
    public var description: String
    /// Features with their importances, in the order of DESCRIBE.
    public var importances: String
    /// What the model was trained on: rows, columns, distribution.
    public var fingerprint: String

    /// - Parameters: see the stored properties.
    public init(description: String = "", importances: String = "", fingerprint: String = "") {
        self.description = description
        self.importances = importances
        self.fingerprint = fingerprint
    }
}

/// Why a version failed, as the client reads it.
public struct ModelFailure: Equatable, Sendable {
    /// The number of the error table.
    public let number: Int
    /// The sentence.
    public let sentence: String

    /// - Parameters: see the stored properties.
    public init(number: Int, sentence: String) {
        self.number = number
        self.sentence = sentence
    }
}

/// A model and one of its versions, bound once when a statement is accepted.
///
/// It is a value: whatever happens to the registry afterwards, the statement keeps what it bound.
public struct BoundModel: Equatable, Sendable {
    /// The model as it was.
    public let model: Model
    /// The version as it was.
    public let version: ModelVersion

    /// - Parameter version: one of the model's.
    public init(model: Model, version: ModelVersion) {
        self.model = model
        self.version = version
    }

    /// `name@version`, for logs.
    public var label: String { "\(model.name)@\(version.name)" }
}
