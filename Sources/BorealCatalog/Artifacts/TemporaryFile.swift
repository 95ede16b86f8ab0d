import Glibc

/// A file under a temporary name that becomes visible only when it is whole.
///
/// `commit` is: fsync the bytes, rename, fsync the directory. Whatever happens before the rename
/// leaves nothing but a temporary name, which the sweep at start-up removes.
final class TemporaryFile {
    /// What every temporary name begins with; no artifact and no upload may.
    static let prefix = ".part-"

    let path: String
    private(set) var bytes: Int64 = 0
    private let bytesMax: Int64
    private let isDurable: Bool
    private var descriptor: Int32

    /// - Parameters:
    ///   - directory: on the same file system as where the file will be.
    ///   - bytesMax: more than that is `CatalogError.tooLarge`.
    ///   - isDurable: false skips every fsync, for data that ends with the process.
    init(in directory: String, bytesMax: Int64, isDurable: Bool) throws(CatalogError) {
        var generator = SystemRandomNumberGenerator()
        path = "\(directory)/\(Self.prefix)\(getpid())-\(String(generator.next(), radix: 16))"
        self.bytesMax = bytesMax
        self.isDurable = isDurable
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("open", path) }
    }

    deinit { discard() }

    func write(_ buffer: UnsafeRawBufferPointer) throws(CatalogError) {
        guard descriptor >= 0 else { throw .writerClosed }
        guard Int64(buffer.count) <= bytesMax - bytes else {
            discard()
            throw .tooLarge(limit: Int(bytesMax))
        }
        var rest = buffer
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                let error = CatalogError.system("write", path)
                discard()
                throw error
            }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
        bytes += Int64(buffer.count)
    }

    /// Brings the bytes to the disk. The file can only be renamed afterwards.
    func synchronize() throws(CatalogError) {
        guard descriptor >= 0 else { throw .writerClosed }
        if isDurable, fsync(descriptor) != 0 {
            let error = CatalogError.system("fsync", path)
            discard()
            throw error
        }
    }

    /// Gives the file its name; an older file of that name is replaced in one step.
    func rename(to target: String) throws(CatalogError) {
        guard descriptor >= 0 else { throw .writerClosed }
        guard Glibc.rename(path, target) == 0 else {
            let error = CatalogError.system("rename", target)
            discard()
            throw error
        }
        close(descriptor)
        descriptor = -1
    }

    /// Removes the file unless it was renamed.
    func discard() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        unlink(path)
    }
}

/// Small calls on files and directories, with our errors.
enum FileSystem {
    /// Makes a directory of our own (0700) if it is not there.
    ///
    /// - Returns: true when it was made.
    @discardableResult
    static func makeDirectory(_ path: String) throws(CatalogError) -> Bool {
        if mkdir(path, 0o700) == 0 { return true }
        guard errno == EEXIST else { throw .system("mkdir", path) }
        guard isDirectory(path) else {
            throw .directoryUnusable(path: path, reason: .notADirectory)
        }
        return false
    }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes renames and new names in a directory survive a power cut.
    static func synchronizeDirectory(_ path: String) throws(CatalogError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("fsync", path) }
    }

    /// The names in a directory without `.` and `..`, in no order; empty when it cannot be read.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Size and last change in seconds since 1970 of a regular file; nil for anything else.
    static func file(_ path: String) -> (bytes: Int64, modifiedSeconds: Int64)? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return (Int64(status.st_size), Int64(status.st_mtim.tv_sec))
    }

    /// Removes a directory and all below it, following no links; what cannot be removed stays.
    static func removeTree(_ path: String) {
        for name in names(in: path) {
            let child = "\(path)/\(name)"
            var status = stat()
            guard lstat(child, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR { removeTree(child) } else { unlink(child) }
        }
        rmdir(path)
    }
}

extension CatalogError {
    /// The error of the call that just failed, from `errno`.
    static func system(_ operation: String, _ path: String) -> CatalogError {
        let code = errno
        return code == ENOSPC || code == EDQUOT
            ? .diskFull : .file(operation: operation, path: path, code: code)
    }
}
