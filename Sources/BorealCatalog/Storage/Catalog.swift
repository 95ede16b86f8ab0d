import BorealBase
import BorealSQLite
import Glibc
import Synchronization

/// The registry: the only truth about models, versions, tasks, jobs, artifacts, accounts, settings.
///
/// Reading is free: `snapshot` is an immutable value, no SQLite behind it. Writing is one closure:
/// everything it does is committed together or not at all, and readers see it only once it is on
/// the disk.
///
///     let bound = try catalog.write { change in
///         let bound = try change.createModel(name, owner: owner, definition: definition)
///         try change.addJob(
///             NewJob(kind: "train", payload: json, subject: bound.subject, user: owner)
///         )
///         return bound
///     }
///
/// Closures of concurrent writers share one commit (one fsync for many). They run one after the
/// other, so they must be short and must not wait for anything.
///
/// Unchecked: all mutable state is guarded by `monitor`.
public final class Catalog: @unchecked Sendable {
    /// Writers whose changes are committed together.
    private final class CommitGroup {
        var draft: CatalogContent
        var memberCount = 0
        var isChanged = false
        var isDone = false
        var failure: CatalogError?
        /// Kept alive, and so pinned, until readers see the rows that refer to them.
        var adopted: [PublishedArtifact] = []
        /// Artifacts whose last reference may have gone.
        var released: Set<String> = []

        init(draft: CatalogContent) { self.draft = draft }
    }

    private let statements: PreparedStatements
    private let monitor = ThreadMonitor()
    /// Writers that have not run their closure yet; the group waits for them before it commits.
    let arriving = Atomic<Int>(0)
    private var group: CommitGroup?
    /// The thread that runs its closure now, to find a `write` inside a `write`; 0 for none.
    private let writer = Atomic<UInt>(0)
    private var isOpen = true
    private let snapshots: SnapshotBox
    private let clock: @Sendable () -> Instant
    private let startSeconds: Int64
    let store: ArtifactStore
    let layout: DataLayout
    /// Where files without a name may be made: what a start finds there it sweeps.
    public var artifactFolder: String { layout.artifacts }
    /// Where tasks keep what they have got so far, in files that begin with the task's id.
    public var answersFolder: String { layout.answers }

    /// Removes the files of tasks that are over or gone.
    ///
    /// - Returns: how many there were.
    public func sweepAnswers() -> Int {
        let open = Set(snapshot.tasks.filter { !$0.status.isFinal }.map(\.id.description))
        let left = FileSystem.names(in: layout.answers).filter { name in
            !open.contains(String(name.prefix { $0 != "." }))
        }
        return left.count { unlink("\(layout.answers)/\($0)") == 0 }
    }

    /// Opens the catalog of a data directory, making or migrating it as needed.
    ///
    /// - Throws: `CatalogError.formatTooNew`, `.notACatalog`, `.corrupt`, `.database`, `.file`.
    public convenience init(_ directory: DataDirectory) throws(CatalogError) {
        try self.init(layout: directory.layout, isDurable: !directory.isEphemeral)
    }

    /// - Parameters:
    ///   - isDurable: false waits for no disk, for data that ends with the process.
    ///   - clock: replaced by tests.
    ///   - observe: told of each step of a publication, for tests of crashes.
    init(
        layout: DataLayout,
        isDurable: Bool,
        clock: @escaping @Sendable () -> Instant = { .now },
        observe: @escaping @Sendable (PublicationStep) -> Void = { _ in }
    ) throws(CatalogError) {
        try FileSystem.makeDirectory(layout.artifacts)
        var options = SQLiteConnection.Options()
        options.synchronous = isDurable ? .full : .off
        let connection = try catching { () throws(SQLiteError) in
            try SQLiteConnection(.file(layout.catalog), options: options)
        }
        try Schema.prepare(connection, path: layout.catalog)
        try catching { () throws(SQLiteError) in
            try connection.execute("PRAGMA foreign_keys = ON")
        }
        var content = try CatalogLoader(connection).load()
        if content.serverKeys["link"] == nil {
            let key = try [UInt8].random(32)
            try catching { () throws(SQLiteError) in
                try connection.run(
                    "INSERT INTO server_keys (name, key, created) VALUES ('link', ?, ?)",
                    [.blob(key), .integer(clock().microseconds)]
                )
            }
            content.serverKeys["link"] = key
        }
        let snapshots = SnapshotBox(CatalogSnapshot(content: content, generation: 0))
        statements = PreparedStatements(connection)
        self.layout = layout
        self.clock = clock
        self.snapshots = snapshots
        startSeconds = Instant.now.seconds
        store = ArtifactStore(
            directory: layout.artifacts,
            isDurable: isDurable,
            snapshots: snapshots,
            observe: observe
        )
    }

    /// The registry as it is now. Keep it for the length of a statement, not longer.
    public var snapshot: CatalogSnapshot { snapshots.current }

    /// Grows with each change of an account or its rights: a session compares it before each
    /// statement, which costs a nanosecond.
    public var accountsRevision: UInt64 { snapshots.accountsRevision.load(ordering: .acquiring) }

    // MARK: - Writing

    /// Runs a change and commits it; readers see it when this returns.
    ///
    /// - Throws: what `body` throws (nothing of it is kept then), `CatalogError.diskFull` and
    ///   `.database` when the commit failed, `.closed` after `close()`.
    @discardableResult
    public func write<R>(_ body: (CatalogTransaction) throws -> R) throws -> R {
        try commit(body).get()
    }

    /// As `write`, for a change that throws nothing but `CatalogError`.
    @discardableResult
    public func update<R>(
        _ body: (CatalogTransaction) throws(CatalogError) -> R
    ) throws(CatalogError) -> R {
        do {
            return try commit(body).get()
        } catch let error as CatalogError {
            throw error
        } catch {
            assertionFailure("the body throws CatalogError only: \(error)")
            throw .closed
        }
    }

    private func commit<R>(
        _ body: (CatalogTransaction) throws -> R
    ) -> Result<R, any Error> {
        assert(
            writer.load(ordering: .relaxed) != pthread_self(),
            "write inside write waits for itself"
        )
        arriving.add(1, ordering: .acquiringAndReleasing)
        monitor.lock()
        arriving.subtract(1, ordering: .acquiringAndReleasing)
        guard isOpen else {
            monitor.unlock()
            return .failure(CatalogError.closed)
        }
        let group = self.group ?? CommitGroup(draft: snapshots.current.content)
        self.group = group
        writer.store(pthread_self(), ordering: .relaxed)
        let outcome = perform(body, in: group)
        writer.store(0, ordering: .relaxed)
        let isFull = group.memberCount >= CatalogLimits.groupCommitMax
        // Whoever arrives later takes the same decision, so the last one always commits.
        let isLast = arriving.load(ordering: .acquiring) == 0
        if isLast || isFull || group.failure != nil {
            settle(group)
        } else if case .success = outcome {
            while !group.isDone { monitor.wait() }
        }
        let isSettled = group.isDone
        monitor.unlock()
        if isSettled, !group.released.isEmpty { store.removeUnreferenced(group.released) }
        if case .success = outcome, let failure = group.failure { return .failure(failure) }
        return outcome
    }

    /// Runs one closure inside the group's transaction; what fails leaves no trace.
    private func perform<R>(
        _ body: (CatalogTransaction) throws -> R,
        in group: CommitGroup
    ) -> Result<R, any Error> {
        let change = CatalogTransaction(
            statements: statements,
            content: group.draft,
            now: clock()
        )
        do {
            let result = try body(change)
            try change.end()
            group.draft = change.content
            group.memberCount += 1
            group.isChanged = group.isChanged || change.isChanged
            group.adopted += change.adopted
            group.released.formUnion(change.released)
            return .success(result)
        } catch {
            do throws(CatalogError) {
                try change.undo()
            } catch {
                // SQLite ended the whole transaction (disk full, read error): all are lost.
                group.failure = error
            }
            return .failure(error)
        }
    }

    /// Commits a group and shows it to the readers, or undoes it for all its members.
    private func settle(_ group: CommitGroup) {
        if group.failure == nil, group.isChanged {
            store.observe(.committing)
            do throws(CatalogError) {
                try catching { () throws(SQLiteError) in try statements.run("COMMIT") }
                store.observe(.committed)
                let generation = snapshots.current.generation + 1
                snapshots.swap(CatalogSnapshot(content: group.draft, generation: generation))
                store.observe(.swapped)
                for artifact in group.adopted { artifact.unpin() }
            } catch {
                group.failure = error
            }
        }
        statements.connection.rollBack()
        if group.failure != nil { group.released = [] }
        group.isDone = true
        self.group = nil
        monitor.wakeAll()
    }

    // MARK: - Artifacts

    /// A stream into a new artifact.
    ///
    /// - Parameters:
    ///   - fileExtension: what a download's name ends in, without the point.
    ///   - bytesMax: a longer stream is `CatalogError.tooLarge`.
    public func makeArtifact(
        fileExtension: String,
        bytesMax: Int = .max
    ) throws(CatalogError) -> ArtifactWriter {
        try ArtifactWriter(store: store, fileExtension: fileExtension, bytesMax: bytesMax)
    }

    /// Opens an artifact; what is open can be read to its end whatever is dropped.
    ///
    /// - Throws: `CatalogError.artifactMissing` when the file is gone.
    public func open(_ reference: ArtifactReference) throws(CatalogError) -> ArtifactHandle {
        try ArtifactHandle(reference, path: store.path(of: reference.hash))
    }

    /// Opens the artifact of that hash, for the HTTP door.
    ///
    /// - Throws: `CatalogError.artifactNotFound` unless a row refers to it.
    public func open(hash: String) throws(CatalogError) -> ArtifactHandle {
        guard ArtifactReference.isHash(hash), let bytes = snapshot.artifactBytes(hash: hash) else {
            throw .artifactNotFound(hash: hash)
        }
        return try open(ArtifactReference(hash: hash, bytes: bytes, fileExtension: ""))
    }

    /// Removes what a crash left: temporary names and files that no row refers to.
    ///
    /// Files younger than the start of the process are left alone: somebody may be publishing them.
    ///
    /// - Returns: how many files went.
    @discardableResult
    public func sweepArtifacts() -> Int { store.sweep(olderThanSeconds: startSeconds) }

    /// Writes the log back into the file and refuses further changes. Snapshots stay readable.
    public func close() {
        monitor.withLock {
            isOpen = false
            store.close()
            // A log that cannot be written back now is read at the next start.
            _ = try? statements.connection.checkpoint(.truncate)
        }
    }

    /// Copies the catalog into one file while the server goes on, for `backup`.
    ///
    /// - Throws: `CatalogError.diskFull`, `.database`.
    public static func backUp(_ layout: DataLayout, to path: String) throws(CatalogError) {
        try catching { () throws(SQLiteError) in
            try SQLiteConnection(.readOnly(layout.catalog)).backUp(to: path)
        }
    }
}
