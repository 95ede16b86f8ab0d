import Glibc

/// An open regular file that is sent as a body.
///
/// It is open from the start, so that what is sent is what was there when the request was answered,
/// even if the file is removed meanwhile.
public final class HTTPFile: Sendable {
    /// Closed when the object goes.
    let descriptor: Int32
    /// Bytes.
    public let size: Int

    /// Opens a file. Follows no symbolic link at the end of the path. Call it on a worker.
    ///
    /// - Returns: nil when there is no such regular file or it may not be read.
    public init?(path: String) {
        let opened = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard opened >= 0 else { return nil }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            return nil
        }
        descriptor = opened
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Reads up to `count` bytes at `offset`; nil on an error, empty at the end.
    func read(at offset: Int, count: Int) -> [UInt8]? {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(
                    descriptor,
                    buffer.baseAddress?.advanced(by: filled),
                    count - filled,
                    offset + filled
                )
                if got > 0 {
                    filled += got
                } else if got == 0 || errno != EINTR {
                    failed = got < 0
                    return
                }
            }
        }
        return failed ? nil : bytes
    }
}
