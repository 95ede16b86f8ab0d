import Synchronization

/// Streams bytes into a new artifact while it hashes them.
///
/// Nothing is visible before `finish()`; a writer that is dropped without it leaves nothing behind.
/// One thread at a time.
public final class ArtifactWriter {
    private let store: ArtifactStore
    private let file: TemporaryFile
    private let hasher: SHA256Hasher
    private let fileExtension: String

    init(store: ArtifactStore, fileExtension: String, bytesMax: Int) throws(CatalogError) {
        self.store = store
        self.fileExtension = fileExtension
        hasher = try SHA256Hasher()
        file = try TemporaryFile(
            in: store.directory,
            bytesMax: Int64(bytesMax),
            isDurable: store.isDurable
        )
    }

    /// Bytes written so far.
    public var bytes: Int64 { file.bytes }

    /// Appends bytes.
    ///
    /// - Throws: `CatalogError.diskFull`, `.tooLarge`, `.file`; the writer is closed then.
    public func write(_ buffer: UnsafeRawBufferPointer) throws(CatalogError) {
        try file.write(buffer)
        try hasher.update(buffer)
    }

    /// Appends bytes.
    ///
    /// - Throws: `CatalogError.diskFull`, `.tooLarge`, `.file`; the writer is closed then.
    public func write(_ array: [UInt8]) throws(CatalogError) {
        try withBytes(of: array) { (buffer) throws(CatalogError) in try write(buffer) }
    }

    /// Makes the file durable under its hash. The row that refers to it is still to be committed.
    ///
    /// - Throws: `CatalogError.diskFull`, `.file`; nothing is left then.
    public func finish() throws(CatalogError) -> PublishedArtifact {
        try file.synchronize()
        store.observe(.synchronized)
        let hash = try hasher.finish()
        let bytes = file.bytes
        try store.publish(file, hash: hash)
        return PublishedArtifact(
            store: store,
            reference: ArtifactReference(hash: hash, bytes: bytes, fileExtension: fileExtension)
        )
    }

    /// Gives up: nothing is left.
    public func cancel() { file.discard() }
}

/// A file that is whole and durable, but that no row refers to yet.
///
/// Hand it to `CatalogTransaction.publish` or `finishTask`. When it goes out of use without a
/// commit, the file goes away again.
public final class PublishedArtifact: Sendable {
    private let store: ArtifactStore
    private let pinned = Atomic<Bool>(true)
    /// Hash, size and ending.
    public let reference: ArtifactReference

    init(store: ArtifactStore, reference: ArtifactReference) {
        self.store = store
        self.reference = reference
    }

    deinit { unpin() }

    /// True until a commit took it: the file is certainly there.
    var isPinned: Bool { pinned.load(ordering: .acquiring) }

    /// From here on the rows alone decide how long the file stays.
    func unpin() {
        if pinned.exchange(false, ordering: .acquiringAndReleasing) { store.unpin(reference.hash) }
    }
}

/// Calls `body` with the bytes of an array, with a typed error.
func withBytes(
    of array: [UInt8],
    _ body: (UnsafeRawBufferPointer) throws(CatalogError) -> Void
) throws(CatalogError) {
    var failure: CatalogError?
    array.withUnsafeBytes { buffer in
        do throws(CatalogError) { try body(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
}
