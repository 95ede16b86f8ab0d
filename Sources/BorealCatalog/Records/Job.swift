public import BorealBase

/// The row id of a background job; never used twice.
public struct JobID: Hashable, Comparable, Sendable {
    /// The row id.
    public let rawValue: Int64
    /// - Parameter rawValue: the row id.
    public init(rawValue: Int64) { self.rawValue = rawValue }
    /// Older before newer.
    public static func < (left: JobID, right: JobID) -> Bool { left.rawValue < right.rawValue }
}

/// What a background job works for: what disappears with it is its job.
public enum JobSubject: Hashable, Sendable {
    /// A version that is trained, uploaded or deployed.
    case version(ModelVersionID)
    /// An offline task.
    case task(TaskID)
    /// A feature that is computed.
    case feature(FeatureID)
    /// Nothing that could be dropped.
    case none
}

/// Work that was promised to a client and survives a restart.
public struct Job: Equatable, Sendable {
    /// The row id; the order of ids is the order of acceptance.
    public let id: JobID
    /// Which runner takes it.
    public let kind: String
    /// JSON: all that the runner needs.
    public let payload: String
    /// What it works for.
    public let subject: JobSubject
    /// The account it runs for.
    public internal(set) var user: String
    /// When it was accepted.
    public let created: Instant
    /// When a thread took it; nil while it waits and after an orderly stop.
    public internal(set) var started: Instant?
    /// How often the server died while it ran.
    public internal(set) var crashes: Int
}

/// What a new job is made of.
public struct NewJob: Sendable {
    /// Which runner takes it.
    public var kind: String
    /// JSON: all that the runner needs.
    public var payload: String
    /// What it works for.
    public var subject: JobSubject
    /// The account it runs for.
    public var user: String

    /// - Parameters: see the stored properties.
    public init(kind: String, payload: String, subject: JobSubject, user: String) {
        self.kind = kind
        self.payload = payload
        self.subject = subject
        self.user = user
    }
}
