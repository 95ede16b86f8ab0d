import Glibc

/// An open artifact: it can be read to its end even if its last reference goes meanwhile.
public final class ArtifactHandle: Sendable {
    /// Hash, size and ending.
    public let reference: ArtifactReference
    /// Where it lies; only good for programs that open it at once.
    public let path: String
    /// Open for reading for as long as the handle lives.
    public let descriptor: Int32

    /// - Throws: `CatalogError.artifactMissing`, `.file`.
    init(_ reference: ArtifactReference, path: String) throws(CatalogError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT
                ? .artifactMissing(hash: reference.hash) : .system("open", path)
        }
        self.reference = reference
        self.path = path
    }

    deinit { close(descriptor) }

    /// Reads up to `buffer.count` bytes from `offset`, without moving any position.
    ///
    /// - Returns: bytes read; fewer than asked only at the end.
    public func read(
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int64
    ) throws(CatalogError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let position = off_t(offset) + off_t(done)
            let count = pread(descriptor, rest.baseAddress, rest.count, position)
            if count < 0 {
                if errno == EINTR { continue }
                throw .system("read", path)
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// The whole file.
    public func bytes() throws(CatalogError) -> [UInt8] {
        var all = [UInt8](repeating: 0, count: Int(clamping: reference.bytes))
        var outcome: Result<Int, CatalogError> = .success(0)
        all.withUnsafeMutableBytes { buffer in
            do throws(CatalogError) {
                outcome = .success(try read(into: buffer, at: 0))
            } catch {
                outcome = .failure(error)
            }
        }
        let count = try outcome.get()
        guard count == all.count else { throw .artifactMissing(hash: reference.hash) }
        return all
    }
}
