import COpenSSL

/// What functions of OpenSSL's write that know no other place than a BIO.
enum MemoryBIO {
    /// The bytes that `write` puts into the BIO; nil when it does not answer 1.
    static func bytes(_ write: (OpaquePointer) -> Int32) -> [UInt8]? {
        guard let bio = BIO_new(BIO_s_mem()) else { return nil }
        defer { BIO_free(bio) }
        guard write(bio) == 1 else { return nil }
        var start: UnsafeMutablePointer<CChar>?
        let count = boreal_bio_memory(bio, &start)
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
