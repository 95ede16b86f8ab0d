import Glibc
import Synchronization

/// What a test watches while a file is published and a transaction commits.
enum PublicationStep: Sendable, CaseIterable {
    /// The temporary file is whole and on the disk.
    case synchronized
    /// It has its name.
    case renamed
    /// The row is in the open transaction.
    case committing
    /// SQLite committed, readers still see the old snapshot.
    case committed
    /// Readers see the new snapshot; files without a reference are still there.
    case swapped
}

/// The files below `artifacts/`, by content.
///
/// It keeps which files are between `finish()` and their commit (pins), so that removing the last
/// reference to the same bytes at that moment does not take the file away.
final class ArtifactStore: Sendable {
    private struct State {
        /// Publications under way, by hash.
        var pins: [String: Int] = [:]
        /// False after `close`, when files may no longer be removed.
        var isOpen = true
    }

    let directory: String
    let isDurable: Bool
    let observe: @Sendable (PublicationStep) -> Void
    private let snapshots: SnapshotBox
    /// Temporary names from before: the directory is this process's alone, so whoever began them is
    /// gone.
    private let leftovers: Set<String>
    private let state = Mutex(State())

    init(
        directory: String,
        isDurable: Bool,
        snapshots: SnapshotBox,
        observe: @escaping @Sendable (PublicationStep) -> Void
    ) {
        self.directory = directory
        self.isDurable = isDurable
        self.snapshots = snapshots
        self.observe = observe
        leftovers = Set(
            FileSystem.names(in: directory).filter { $0.hasPrefix(TemporaryFile.prefix) }
        )
    }

    func path(of hash: String) -> String { "\(directory)/\(hash.prefix(2))/\(hash)" }

    /// Gives a finished temporary file its name and pins it.
    func publish(_ file: TemporaryFile, hash: String) throws(CatalogError) {
        let shelf = "\(directory)/\(hash.prefix(2))"
        if try FileSystem.makeDirectory(shelf), isDurable {
            try FileSystem.synchronizeDirectory(directory)
        }
        // The rename and the pin are one step for `removeUnreferenced`.
        let renamed = state.withLock { state -> Result<Void, CatalogError> in
            do throws(CatalogError) {
                try file.rename(to: path(of: hash))
                state.pins[hash, default: 0] += 1
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try renamed.get()
        observe(.renamed)
        guard isDurable else { return }
        do throws(CatalogError) {
            try FileSystem.synchronizeDirectory(shelf)
        } catch {
            unpin(hash)
            throw error
        }
    }

    /// Ends a publication: a file that no commit took goes away.
    func unpin(_ hash: String) {
        state.withLock { state in
            guard let pins = state.pins[hash] else { return }
            state.pins[hash] = pins > 1 ? pins - 1 : nil
        }
        removeUnreferenced([hash])
    }

    func close() {
        state.withLock { $0.isOpen = false }
    }

    /// Removes files that nothing refers to and nobody is publishing.
    ///
    /// A publication swaps its snapshot before it lets go of its pin, so one of the two is seen.
    func removeUnreferenced(_ hashes: some Sequence<String>) {
        state.withLock { state in
            guard state.isOpen else { return }
            for hash in hashes where state.pins[hash] == nil {
                if snapshots.current.content.artifacts[hash] == nil { unlink(path(of: hash)) }
            }
        }
    }

    /// Removes the temporary names of an earlier process, and temporary and unreferenced files that
    /// are older than `startSeconds`.
    ///
    /// - Returns: how many files went.
    func sweep(olderThanSeconds startSeconds: Int64) -> Int {
        var removed = 0
        for name in FileSystem.names(in: directory) {
            let path = "\(directory)/\(name)"
            if name.hasPrefix(TemporaryFile.prefix) {
                guard let file = FileSystem.file(path) else { continue }
                let isOld = file.modifiedSeconds < startSeconds || leftovers.contains(name)
                if isOld, unlink(path) == 0 { removed += 1 }
            } else if name.utf8.count == 2, FileSystem.isDirectory(path) {
                removed += sweepShelf(path, olderThanSeconds: startSeconds)
            }
        }
        return removed
    }

    private func sweepShelf(_ shelf: String, olderThanSeconds startSeconds: Int64) -> Int {
        var removed = 0
        for hash in FileSystem.names(in: shelf) where ArtifactReference.isHash(hash) {
            let path = "\(shelf)/\(hash)"
            guard let file = FileSystem.file(path), file.modifiedSeconds < startSeconds else {
                continue
            }
            removeUnreferenced([hash])
            if FileSystem.file(path) == nil { removed += 1 }
        }
        return removed
    }
}
