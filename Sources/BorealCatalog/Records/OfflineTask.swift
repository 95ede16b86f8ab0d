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
    /// DIFF MODEL.
    case comparison
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
    /// A file kept for this task: once it is done, its result; before, what it has to keep
    /// meanwhile, which is the file of `NewTask.otherModel` or that of `keepResult`.
    public internal(set) var artifact: ArtifactReference?
    /// The bound version's model file, kept for this task until it ends.
    public internal(set) var modelArtifact: ArtifactReference?
    /// How often it began again after a restart of the server.
    public internal(set) var restarted: Int

    /// The result file; nil while there is none.
    public var resultFile: ArtifactReference? { status.isFinal ? artifact : nil }
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
    /// A further one, whose file is `OfflineTask.artifact` until the task has a result.
    public var otherModel: BoundModel?
    /// The statement's text, secrets taken out.
    public var statement: String

    /// - Parameters: see the stored properties.
    public init(
        id: TaskID,
        type: TaskType,
        owner: String,
        model: BoundModel? = nil,
        otherModel: BoundModel? = nil,
        statement: String = ""
    ) {
        self.id = id
        self.type = type
        self.owner = owner
        self.model = model
        self.otherModel = otherModel
        self.statement = statement
    }
}
