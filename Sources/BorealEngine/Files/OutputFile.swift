package import BorealBase
import Glibc

/// Writes a result of the command line.
package enum OutputFile {
    /// Replaces a file; after a failure the old one is still there.
    ///
    /// - Throws: `diskFull` or `unknownError` with the path.
    package static func write(_ bytes: [UInt8], to path: String) throws(ServerError) {
        let temporary = path + ".part"
        guard let file = fopen(temporary, "we") else { throw failure(path) }
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count, rename(temporary, path) == 0 else {
            let error = failure(path)
            unlink(temporary)
            throw error
        }
    }

    private static func failure(_ path: String) -> ServerError {
        let reason = String(cString: strerror(errno))
        return ServerError(
            errno == ENOSPC ? .diskFull : .unknownError,
            "cannot write '\(path)': \(reason)"
        )
    }
}
