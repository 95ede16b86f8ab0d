public import BorealBase

/// What the registry keeps beside models: the REST contract's connectors, model groups and tasks,
/// and sources by name. What stands in its body is for whoever wrote it to read.
public struct CatalogDocument: Equatable, Sendable {
    /// What a document is.
    public enum Kind: String, CaseIterable, Sendable {
        case connector
        case modelGroup = "model_group"
        case task
        /// Another MySQL server that is reached by name; its id is the name in lower case.
        case source
    }

    /// What it is.
    public let kind: Kind
    /// Unique among documents of its kind; letters, digits, `_` and `-`.
    public let id: String
    /// The account that made it, as `user@host`.
    public internal(set) var owner: String
    /// 1 at first, one more with each change.
    public internal(set) var revision: Int64
    /// The number of its last change among those of all documents.
    public internal(set) var sequence: Int64
    /// When it was made.
    public let created: Instant
    /// When it was changed last.
    public internal(set) var updated: Instant
    /// A JSON object without secrets.
    public internal(set) var body: String
    /// A JSON object of sealed secrets by name; empty for none.
    public internal(set) var secrets: String
    /// The model that it belongs to and is dropped with: a connector that was given with the model.
    public let model: ModelID?
}

/// What the REST contract keeps of a model beside its versions.
public struct ModelContract: Equatable, Sendable {
    /// What it is called by over REST; empty for a model of SQL, which is called by its name.
    public var id: String
    /// Undeployed by hand: a call does not deploy it again.
    public var isUndeployed: Bool
    /// A JSON object: group, rate limit, times and the like; empty for a model of SQL.
    public var details: String

    /// - Parameters: see the stored properties.
    public init(id: String = "", isUndeployed: Bool = false, details: String = "") {
        self.id = id
        self.isUndeployed = isUndeployed
        self.details = details
    }
}
