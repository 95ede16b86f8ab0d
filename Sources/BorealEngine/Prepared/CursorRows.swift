import BorealBase
import Glibc
import Synchronization

/// What all cursors of the server hold together.
final class CursorBudget: Sendable {
    struct Held: Equatable {
        var memory = 0
        var file = 0
        var files = 0
    }

    private let memoryBytes: Int
    private let fileBytes: Int
    private let filesMax: Int
    private let state = Mutex(Held())

    /// What they hold now.
    var held: Held { state.withLock { $0 } }

    init(
        memoryBytes: Int = Limits.cursorsMemoryBytes,
        fileBytes: Int = Limits.cursorsFileBytes,
        filesMax: Int = Limits.cursorFilesMax
    ) {
        self.memoryBytes = memoryBytes
        self.fileBytes = fileBytes
        self.filesMax = filesMax
    }

    /// Takes memory.
    ///
    /// - Returns: false when all cursors have as much as they may.
    func takeMemory(_ bytes: Int) -> Bool {
        state.withLock { held in
            guard held.memory + bytes <= memoryBytes else { return false }
            held.memory += bytes
            return true
        }
    }

    /// Takes a file, or room in one.
    ///
    /// - Throws: `tableIsFull`.
    func takeFile(_ bytes: Int, isNew: Bool) throws(ServerError) {
        let isTaken = state.withLock { held in
            guard held.file + bytes <= fileBytes, held.files + (isNew ? 1 : 0) <= filesMax
            else { return false }
            held.file += bytes
            if isNew { held.files += 1 }
            return true
        }
        guard !isTaken else { return }
        throw ServerError(
            .tableIsFull,
            "The rows of all open cursors may have \(fileBytes) bytes in \(filesMax) files; "
                + "close some"
        )
    }

    func giveBack(memory: Int, file: Int, files: Int) {
        state.withLock { held in
            held.memory -= memory
            held.file -= file
            held.files -= files
        }
    }
}

/// The rows of a cursor, kept as they go to the client: in memory up to `cursorMemoryBytes`, the
/// rest in a file that has no name and is gone with the process.
///
/// First written from beginning to end, then read the same way.
final class CursorRows {
    /// Bytes read from the file at a time.
    private static let chunkBytes = 256 << 10
    /// Bytes of memory taken from the budget at a time.
    private static let memoryStep = 16 << 10
    /// Bytes in front of each row that tell its length.
    private static let lengthBytes = 4

    /// Rows that were not read yet.
    private(set) var rowsLeft = 0
    private var memory = ByteBuffer()
    private let folder: String
    private var descriptor: Int32 = -1
    private var written = 0
    private var read = 0
    private let budget: CursorBudget
    /// What was taken from the budget.
    private var memoryTaken = 0
    private var taken = 0
    private var hasFile = false

    /// - Parameters:
    ///   - budget: what all cursors share.
    ///   - folder: where the file goes if one is needed.
    init(_ budget: CursorBudget, folder: String) {
        self.budget = budget
        self.folder = folder
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        budget.giveBack(memory: memoryTaken, file: taken, files: hasFile ? 1 : 0)
    }

    /// Keeps a row.
    ///
    /// - Throws: `tableIsFull` when all cursors together hold too much, `diskFull`.
    func append(_ row: UnsafeRawBufferPointer) throws(ServerError) {
        memory.append(littleEndian: UInt64(row.count), bytes: Self.lengthBytes)
        memory.append(row)
        rowsLeft += 1
        guard memory.count < Limits.cursorMemoryBytes, hasRoom else { return try spill() }
    }

    /// True when what is in memory may be there.
    private var hasRoom: Bool {
        while memoryTaken < memory.count {
            guard budget.takeMemory(Self.memoryStep) else { return false }
            memoryTaken += Self.memoryStep
        }
        return true
    }

    /// The next row; valid inside `body` only. Nothing when no row is left.
    ///
    /// - Throws: `errorOnRead` when the file cannot be read.
    func next(_ body: (UnsafeRawBufferPointer) -> Void) throws(ServerError) {
        guard rowsLeft > 0 else { return }
        try fill(Self.lengthBytes)
        let count = Int(
            memory.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self).littleEndian }
        )
        try fill(Self.lengthBytes + count)
        memory.withUnsafeBytes { bytes in
            body(
                UnsafeRawBufferPointer(
                    rebasing: bytes[Self.lengthBytes..<Self.lengthBytes + count]
                )
            )
        }
        memory.consume(Self.lengthBytes + count)
        rowsLeft -= 1
        if rowsLeft == 0 { memory.release() }
    }

    /// Ends the writing: what is in memory stays there only if nothing went to the file, so that
    /// the rows are read in their order.
    func seal() throws(ServerError) {
        if descriptor >= 0, !memory.isEmpty { try spill() }
    }

    private func spill() throws(ServerError) {
        if descriptor < 0 { try openFile() }
        try budget.takeFile(memory.count, isNew: false)
        taken += memory.count
        while !memory.isEmpty {
            let count = memory.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress, $0.count, off_t(written))
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("write")
            }
            memory.consume(count)
            written += count
        }
    }

    private func openFile() throws(ServerError) {
        try budget.takeFile(0, isNew: true)
        hasFile = true
        var generator = SystemRandomNumberGenerator()
        // The prefix is that of unfinished files, which a start sweeps.
        let path = "\(folder)/.part-\(getpid())-\(String(generator.next(), radix: 16))"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("make") }
        unlink(path)
    }

    /// Has at least `count` unread bytes in memory.
    private func fill(_ count: Int) throws(ServerError) {
        while memory.count < count {
            let wanted = min(max(Self.chunkBytes, count - memory.count), written - read)
            var got = 0
            if wanted > 0 {
                memory.append(upTo: wanted) { target in
                    got = pread(descriptor, target, wanted, off_t(read))
                    return max(0, got)
                }
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw failure("read") }
            read += got
        }
    }

    private func failure(_ verb: String) -> ServerError {
        let reason = String(cString: strerror(errno))
        return ServerError(
            errno == ENOSPC ? .diskFull : .unknownError,
            "cannot \(verb) the rows of a cursor in '\(folder)': \(reason)"
        )
    }
}
