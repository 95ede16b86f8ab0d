import BorealHTTP
import COpenSSL
import Glibc

/// The file with the master key: base64 in one line, readable by its owner alone.
package struct MasterKeyFile: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The file when no setting names one: in the user's configuration, never beside the data.
    package static func defaultPath(_ environment: (String) -> String?) -> String {
        if let folder = environment("XDG_CONFIG_HOME"), folder.hasPrefix("/") {
            return folder + "/boreal/master.key"
        }
        return (environment("HOME") ?? "") + "/.config/boreal/master.key"
    }

    private func failure(_ reason: String) -> RemoteModelError {
        RemoteModelError(.config, "master key file '\(path)': \(reason)")
    }

    /// The key; nil when there is no file.
    ///
    /// - Throws: `RemoteModelError` CONFIG for a file that others may read, that is not ours, or
    ///   that holds no key.
    package func read() throws(RemoteModelError) -> MasterKey? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure(String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw failure("is no file")
        }
        guard status.st_uid == geteuid() else { throw failure("belongs to another user") }
        guard status.st_mode & 0o077 == 0 else {
            throw failure("others may read it; its mode must be 0600")
        }
        var bytes = [UInt8](repeating: 0, count: 256)
        defer { OPENSSL_cleanse(&bytes, bytes.count) }
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw failure(String(cString: strerror(errno))) }
        do {
            return try MasterKey(base64: String(decoding: bytes[..<count], as: UTF8.self))
        } catch { throw failure(error.text) }
    }

    /// The key of the file; a new one, written there, when there is no file. Two servers that
    /// start at once end with the same key.
    ///
    /// - Throws: `RemoteModelError` CONFIG also for a file that cannot be made.
    package func readOrMake() throws(RemoteModelError) -> MasterKey {
        if let key = try read() { return key }
        let key = try MasterKey.random()
        let temporary = try write(key)
        defer { unlink(temporary) }
        guard link(temporary, path) == 0 else {
            if errno == EEXIST, let key = try read() { return key }
            throw failure(String(cString: strerror(errno)))
        }
        return key
    }

    /// Where the key of a rotation lies until all secrets are sealed with it.
    var next: MasterKeyFile { MasterKeyFile(path: path + ".next") }

    /// The key that takes this one's place: that of a rotation which did not end, else a new one,
    /// written beside this one.
    ///
    /// - Throws: `RemoteModelError` CONFIG without a key here, and for a file that cannot be made.
    func readOrMakeNext() throws(RemoteModelError) -> MasterKey {
        guard try read() != nil else { throw failure("does not exist") }
        return try next.readOrMake()
    }

    /// Puts the key of a rotation in place of the one there; a crash leaves one or the other.
    ///
    /// - Throws: `RemoteModelError` CONFIG for a file that cannot be renamed.
    func adoptNext() throws(RemoteModelError) {
        guard rename(next.path, path) == 0 else { throw failure(String(cString: strerror(errno))) }
    }

    /// Writes a key beside the file and says where.
    private func write(_ key: MasterKey) throws(RemoteModelError) -> String {
        makeFolders()
        let temporary = "\(path).\(getpid()).new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        let line = Array((key.base64 + "\n").utf8)
        let count = Glibc.write(descriptor, line, line.count)
        guard count == line.count, fsync(descriptor) == 0 else {
            let code = count < 0 ? errno : ENOSPC
            unlink(temporary)
            throw failure(String(cString: strerror(code)))
        }
        return temporary
    }

    /// The folders of the file, for nobody else; what stands in the way shows when the file is
    /// made.
    private func makeFolders() {
        var place = path.startIndex
        while let slash = path[place...].firstIndex(of: "/") {
            if slash > path.startIndex { mkdir(String(path[..<slash]), 0o700) }
            place = path.index(after: slash)
        }
    }
}
