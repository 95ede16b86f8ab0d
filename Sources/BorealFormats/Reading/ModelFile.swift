public import BorealBase
import Glibc

/// Reads model files from disk.
public enum ModelFile {
    /// The bytes of a file.
    ///
    /// They are copied, not mapped: a mapped file that somebody shortens would end the process.
    ///
    /// - Throws: `FormatError.unreadable`, `.empty`, and `.tooLarge` beyond `bytesMax`.
    public static func read(
        path: String,
        bytesMax: Int = Limits.modelBytesMax
    ) throws(FormatError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(path: path, code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(
                path: path,
                code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL
            )
        }
        guard status.st_size <= bytesMax else {
            throw .tooLarge(ModelReader.formatHint(fileName: path), what: "bytes", limit: bytesMax)
        }
        guard status.st_size > 0 else { throw .empty }
        return try read(descriptor, path: path, size: Int(status.st_size))
    }

    private static func read(
        _ descriptor: Int32,
        path: String,
        size: Int
    ) throws(FormatError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                guard let base = buffer.baseAddress else { return }
                let got = Glibc.read(descriptor, base + count, size - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                guard got > 0 else { return }
                count += got
            }
        }
        guard failure == 0 else { throw .unreadable(path: path, code: failure) }
        guard !bytes.isEmpty else { throw .empty }
        return bytes
    }
}
