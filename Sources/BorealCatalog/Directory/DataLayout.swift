/// Where everything lies in a data directory; paths only, nothing is opened.
public struct DataLayout: Equatable, Sendable {
    /// The directory itself, without a trailing slash.
    public let root: String

    /// - Parameter root: the directory.
    public init(root: String) {
        var trimmed = root
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        self.root = trimmed
    }

    /// Registry, tasks, users, connectors, settings.
    public var catalog: String { "\(root)/catalog.db" }
    /// All embedded databases.
    public var tables: String { "\(root)/tables.db" }
    /// Immutable model files and task results, `<2>/<sha256>` below.
    public var artifacts: String { "\(root)/artifacts" }
    /// What `PUT /uploads/NAME` left.
    public var uploads: String { "\(root)/uploads" }
    /// What unfinished tasks on remote models have got so far, a database each.
    public var answers: String { "\(root)/answers" }
    /// Certificate and keys.
    public var tls: String { "\(root)/tls" }
    /// How the first account connects.
    public var clientConfiguration: String { "\(root)/client.cnf" }
    /// One line a model statement.
    public var auditLog: String { "\(root)/audit.log" }
    /// Held with `flock` while a server runs; its process id is inside.
    public var lock: String { "\(root)/lock" }

    /// Where an artifact lies.
    public func artifact(hash: String) -> String { "\(artifacts)/\(hash.prefix(2))/\(hash)" }
}
