public import BorealBase

/// What an offline task does; raw values are what SHOW TASKS prints.
public enum TaskType: String, Sendable, CaseIterable {
    /// EVALUATE.
    case evaluation
    /// PREDICT with `mode='async'`.
    case prediction
    /// CREATE MODEL, listed only when a setting asks for it.
    case training
    /// SELECT ... FROM EXPLAIN in the background.
    case explanation
    /// VERIFY MODEL.
    case verification
    /// EXPORT MODEL.
    case export
}

/// A task as SHOW TASK shows it: an evaluation, a prediction or a training.
public struct OfflineTask: Equatable, Sendable {
    /// UUID of version 1.
    public let id: TaskID
    /// What it does.
    public let type: TaskType
    /// The account it belongs to.
    public internal(set) var owner: String
    /// The model it bound when it was accepted; empty for none.
    public let modelName: String
    /// The version it bound, as a name; empty for none.
    public let versionName: String
    /// The version it bound; the row may be gone, the artifact is kept until the task ends.
    public let versionID: ModelVersionID?
    /// The statement's text, secrets taken out.
    public let statement: String
    /// When the statement was accepted.
    public let started: Instant
    /// Where it is in its life.
    public internal(set) var status: TaskStatus
    /// When it ended; nil before.
    public internal(set) var ended: Instant?
    /// JSON: the metrics of an evaluation, `{"error": ...}` of a failure; empty otherwise.
    public internal(set) var results: String
    /// The result file.
    public internal(set) var artifact: ArtifactReference?
    /// The bound version's model file, kept for this task until it ends.
    public internal(set) var modelArtifact: ArtifactReference?
    /// How often it began again after a restart of the server.
    public internal(set) var restarted: Int
}

/// What a new task is made of.
public struct NewTask: Sendable {
    /// From `TaskIDGenerator`.
    public var id: TaskID
    /// What it does.
    public var type: TaskType
    /// The account it belongs to.
    public var owner: String
    /// The model it works with.
    public var model: BoundModel?
    /// The statement's text, secrets taken out.
    public var statement: String

    /// - Parameters: see the stored properties.
    public init(
        id: TaskID,
        type: TaskType,
        owner: String,
        model: BoundModel? = nil,
        statement: String = ""
    ) {
        self.id = id
        self.type = type
        self.owner = owner
        self.model = model
        self.statement = statement
    }
}
