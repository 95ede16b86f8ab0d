package import BorealBase
import Glibc

/// Writes a result of the command line under a temporary name; the file has its own name when it is
/// whole.
///
/// After a failure, or when it goes out of use without `commit()`, an older file of the name is as
/// it was, and nothing else is left. One thread at a time.
package final class OutputFile {
    private let path: String
    private let temporary: String
    private var descriptor: Int32

    /// Begins a file.
    ///
    /// - Throws: `diskFull` or `unknownError` with the path, as all of its calls.
    package init(_ path: String) throws(ServerError) {
        self.path = path
        temporary = path + ".part"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit { discard() }

    /// Appends bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(ServerError) {
        var rest = bytes
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw failure() }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
    }

    /// Brings the bytes to the disk and gives the file its name.
    package func commit() throws(ServerError) {
        guard fsync(descriptor) == 0 || errno == EINVAL, rename(temporary, path) == 0 else {
            throw failure()
        }
        close(descriptor)
        descriptor = -1
    }

    private func discard() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        unlink(temporary)
    }

    /// What happened, before all traces are removed.
    private func failure() -> ServerError {
        let error = Self.failure(path)
        discard()
        return error
    }

    private static func failure(_ path: String) -> ServerError {
        let reason = String(cString: strerror(errno))
        return ServerError(
            errno == ENOSPC ? .diskFull : .unknownError,
            "cannot write '\(path)': \(reason)"
        )
    }
}
