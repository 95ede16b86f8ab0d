public import BorealBase
import Synchronization

/// All that the catalog holds, as values. A transaction changes a copy; readers share one.
struct CatalogContent: Sendable {
    struct Artifact: Equatable, Sendable {
        var bytes: Int64
        var referenceCount: Int64
    }

    var models = ShardedMap<String, Model>()
    /// Which model a version belongs to, by key.
    var modelOfVersion = ShardedMap<ModelVersionID, String>()
    var tasks = ShardedMap<TaskID, OfflineTask>()
    var jobs = ShardedMap<JobID, Job>()
    var features = ShardedMap<String, FeatureRecord>()
    /// Which feature a row id means, by key.
    var keyOfFeature = ShardedMap<FeatureID, String>()
    var artifacts = ShardedMap<String, Artifact>()
    var accounts: [AccountName: Account] = [:]
    /// Grows with each change of an account, so that sessions can tell cheaply.
    var accountsRevision: UInt64 = 1
    /// Tokens by the SHA-256 of what a client sends.
    var tokens: [[UInt8]: AccountToken] = [:]
    var settings: [String: String] = [:]
    var serverKeys: [String: [UInt8]] = [:]
    var uploads: [String: Upload] = [:]
    var budgets: [BudgetRecord.Key: BudgetRecord] = [:]

    /// What the REST contract keeps, by id.
    var documents: [CatalogDocument.Kind: ShardedMap<String, CatalogDocument>] = [:]
    /// Connectors that belong to a model, by its id.
    var ownConnectors: [ModelID: String] = [:]
    /// Which model an id of the REST contract means, by key.
    var modelOfContract = ShardedMap<String, String>()
    /// The number of the last change of a document.
    var documentSequence: Int64 = 0

    func model(_ name: String) -> Model? { models[name.asciiLowercased] }

    func feature(_ id: FeatureID) -> FeatureRecord? {
        keyOfFeature[id].flatMap { features[$0] }
    }

    func bound(_ id: ModelVersionID) -> BoundModel? {
        guard let key = modelOfVersion[id], let model = models[key], let version = model.version(id)
        else { return nil }
        return BoundModel(model: model, version: version)
    }
}

/// The registry at one moment. It never changes and costs nothing to keep or to pass around.
public final class CatalogSnapshot: Sendable {
    let content: CatalogContent
    /// Grows with every commit, so that a cache can tell whether anything happened.
    public let generation: UInt64

    init(content: CatalogContent, generation: UInt64) {
        self.content = content
        self.generation = generation
    }

    // MARK: - Models

    /// All models by creation time, then name.
    public var models: [Model] {
        content.models.values.sorted { ($0.created, $0.key) < ($1.created, $1.key) }
    }

    /// The model of that name, in any case.
    public func model(named name: String) -> Model? { content.model(name) }

    /// Binds a name, and a version if one is given, to what they stand for now.
    ///
    /// - Parameter version: nil for the default version.
    /// - Throws: `CatalogError.modelNotFound`, `.versionNotFound`.
    public func resolve(_ name: String, version: String? = nil) throws(CatalogError) -> BoundModel {
        guard let model = content.model(name) else { throw .modelNotFound(name: name) }
        guard let version else { return BoundModel(model: model, version: model.defaultVersion) }
        guard let found = model.version(named: version) else {
            throw .versionNotFound(model: model.name, version: version)
        }
        return BoundModel(model: model, version: found)
    }

    /// The version of that row id with its model; nil once it was dropped.
    public func bound(_ id: ModelVersionID) -> BoundModel? { content.bound(id) }

    // MARK: - Tasks and jobs

    /// All tasks by start time, then id.
    public var tasks: [OfflineTask] {
        content.tasks.values.sorted {
            $0.started == $1.started
                ? ($0.id.high, $0.id.low) < ($1.id.high, $1.id.low) : $0.started < $1.started
        }
    }

    /// The task of that id.
    public func task(_ id: TaskID) -> OfflineTask? { content.tasks[id] }

    /// All background jobs in the order of acceptance.
    public var jobs: [Job] { content.jobs.values.sorted { $0.id < $1.id } }

    /// The job of that id; nil once it is done or was dropped.
    public func job(_ id: JobID) -> Job? { content.jobs[id] }

    // MARK: - Features

    /// All features by creation time, then name.
    public var features: [FeatureRecord] {
        content.features.values.sorted { ($0.created, $0.key) < ($1.created, $1.key) }
    }

    /// The feature of that name, in any case.
    public func feature(named name: String) -> FeatureRecord? {
        content.features[name.asciiLowercased]
    }

    /// The feature of that row id; nil once it was dropped.
    public func feature(_ id: FeatureID) -> FeatureRecord? { content.feature(id) }

    // MARK: - Artifacts

    /// Size of an artifact that some row refers to; nil for any other hash.
    public func artifactBytes(hash: String) -> Int64? { content.artifacts[hash]?.bytes }

    // MARK: - Accounts, settings, keys, uploads

    /// All accounts by user, then host.
    public var accounts: [Account] {
        content.accounts.values.sorted {
            ($0.name.user, $0.name.host) < ($1.name.user, $1.name.host)
        }
    }

    /// The account of exactly that name.
    public func account(_ name: AccountName) -> Account? { content.accounts[name] }

    /// The account that a client from that address logs in to: the nearest host wins.
    ///
    /// - Parameter isLocal: loopback address or unix socket.
    public func account(user: String, address: String, isLocal: Bool) -> Account? {
        let hosts = [address] + (isLocal ? ["localhost"] : []) + ["%"]
        for host in hosts {
            if let found = content.accounts[AccountName(user: user, host: host)] { return found }
        }
        return nil
    }

    /// The account that a token opens now; nil for an unknown one and one whose time is over.
    ///
    /// - Parameter hash: SHA-256 of what the client sent.
    public func account(tokenHash hash: [UInt8], now: Instant = .now) -> Account? {
        guard let token = content.tokens[hash] else { return nil }
        if let expires = token.expires, expires <= now { return nil }
        return content.accounts[token.owner]
    }

    /// The tokens of an account, the oldest first.
    public func tokens(of owner: AccountName) -> [AccountToken] {
        content.tokens.values.filter { $0.owner == owner }.sorted {
            ($0.created, $0.name) < ($1.created, $1.name)
        }
    }

    /// Settings that SET GLOBAL made durable, by name.
    public var settings: [String: String] { content.settings }

    /// What users and models may use, in the order of the keys.
    public var budgets: [BudgetRecord] { content.budgets.values.sorted { $0.key < $1.key } }

    /// Random bytes that the server made for itself.
    public func serverKey(_ name: String) -> [UInt8]? { content.serverKeys[name] }

    /// Signs and checks links to artifacts.
    public var linkSigner: LinkSigner { LinkSigner(key: content.serverKeys["link"] ?? []) }

    /// All uploads by name.
    public var uploads: [Upload] { content.uploads.values.sorted { $0.name < $1.name } }

    /// The upload of that name.
    public func upload(named name: String) -> Upload? { content.uploads[name] }
}

/// Holds the snapshot that readers get; a commit swaps it.
final class SnapshotBox: Sendable {
    private let slot: Mutex<CatalogSnapshot>
    /// That of the snapshot, to be read without a lock.
    let accountsRevision: Atomic<UInt64>

    init(_ first: CatalogSnapshot) {
        slot = Mutex(first)
        accountsRevision = Atomic(first.content.accountsRevision)
    }

    var current: CatalogSnapshot { slot.withLock { $0 } }

    func swap(_ next: CatalogSnapshot) {
        // The old one is released outside the lock: it may be the last reference to much memory.
        let old = slot.withLock { snapshot in
            let old = snapshot
            snapshot = next
            return old
        }
        accountsRevision.store(next.content.accountsRevision, ordering: .releasing)
        withExtendedLifetime(old) {}
    }
}
