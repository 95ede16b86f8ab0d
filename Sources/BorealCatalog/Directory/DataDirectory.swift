import Glibc
import Synchronization

/// A data directory that this process holds: nobody else may serve from it meanwhile.
public final class DataDirectory: Sendable {
    /// Where everything lies.
    public let layout: DataLayout
    /// True when it goes away with the process.
    public let isEphemeral: Bool
    /// True when this call made the directory or found it empty.
    public let isNew: Bool
    private let lockDescriptor: Mutex<Int32>

    /// Takes a directory, making it (0700) and its folders as needed.
    ///
    /// - Throws: `CatalogError.directoryLocked` with the holder's process id,
    ///   `.directoryUnusable`, `.file`.
    public convenience init(_ path: String) throws(CatalogError) {
        let layout = DataLayout(root: path)
        try Self.makeDirectories(above: layout.root)
        let made = try FileSystem.makeDirectory(layout.root)
        let names = FileSystem.names(in: layout.root)
        let isNew = made || names.isEmpty
        guard isNew || Self.isOurs(names) else {
            throw .directoryUnusable(path: layout.root, reason: .foreignContent)
        }
        try self.init(layout: layout, isEphemeral: false, isNew: isNew)
    }

    /// A fresh folder (0700) below `TMPDIR` or `/tmp` that `close()` removes with all it holds.
    ///
    /// - Throws: `CatalogError.file`, `.diskFull`.
    public static func ephemeral() throws(CatalogError) -> DataDirectory {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let template = "\(parent.isEmpty ? "/tmp" : parent)/boreal-XXXXXX"
        var characters = Array(template.utf8CString)
        guard mkdtemp(&characters) != nil else { throw .system("mkdtemp", template) }
        let path = String(
            decoding: characters.dropLast().map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        return try DataDirectory(layout: DataLayout(root: path), isEphemeral: true, isNew: true)
    }

    private init(layout: DataLayout, isEphemeral: Bool, isNew: Bool) throws(CatalogError) {
        lockDescriptor = Mutex(try Self.takeLock(layout))
        self.layout = layout
        self.isEphemeral = isEphemeral
        self.isNew = isNew
        for folder in [layout.artifacts, layout.uploads, layout.answers, layout.tls] {
            try FileSystem.makeDirectory(folder)
        }
    }

    deinit { close() }

    /// Lets the directory go; an ephemeral one is removed. More calls do nothing.
    public func close() {
        let descriptor = lockDescriptor.withLock { descriptor in
            let held = descriptor
            descriptor = -1
            return held
        }
        guard descriptor >= 0 else { return }
        if isEphemeral { FileSystem.removeTree(layout.root) }
        // The file stays: removing it would let two processes hold two files of one name.
        ftruncate(descriptor, 0)
        // A child between fork and exec has the descriptor too; closing ours would not let go.
        flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
    }

    // MARK: - Lock

    private static func takeLock(_ layout: DataLayout) throws(CatalogError) -> Int32 {
        let descriptor = open(layout.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("open", layout.lock) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error: CatalogError =
                errno == EWOULDBLOCK
                ? .directoryLocked(path: layout.root, processID: readProcessID(descriptor))
                : .system("flock", layout.lock)
            Glibc.close(descriptor)
            throw error
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count
        else {
            let error = CatalogError.system("write", layout.lock)
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func readProcessID(_ descriptor: Int32) -> Int32 {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return 0 }
        let digits = buffer.prefix(count).prefix { $0 >= 0x30 && $0 <= 0x39 }
        return Int32(String(decoding: digits, as: UTF8.self)) ?? 0
    }

    // MARK: - Content

    /// A directory with other files than ours is most likely a mistake in a path. Hidden names are
    /// nobody's, and `lost+found` is on every fresh volume.
    private static func isOurs(_ names: [String]) -> Bool {
        names.contains("catalog.db") || names.contains("lock")
            || names.allSatisfy { $0.hasPrefix(".") || $0 == "lost+found" }
    }

    private static func makeDirectories(above path: String) throws(CatalogError) {
        var end = path.startIndex
        while let slash = path[path.index(after: end)...].firstIndex(of: "/") {
            try FileSystem.makeDirectory(String(path[..<slash]))
            end = slash
        }
    }
}
