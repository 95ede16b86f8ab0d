import Glibc

/// Files that only their owner may read: keys and passwords.
enum PrivateFile {
    /// Replaces a file; a crash leaves the old one or the new one.
    ///
    /// - Returns: 0, or the `errno` of what failed; then nothing has changed.
    static func write(_ bytes: [UInt8], to path: String) -> Int32 {
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return errno }
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        var code = written == bytes.count ? 0 : written < 0 ? errno : ENOSPC
        if code == 0, fsync(descriptor) != 0 { code = errno }
        close(descriptor)
        if code == 0, rename(temporary, path) != 0 { code = errno }
        if code != 0 { unlink(temporary) }
        return code
    }
}
