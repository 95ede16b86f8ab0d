import COpenSSL

/// Bytes that are wiped when nobody holds them any more: keys, and what keys open.
package final class SecretBytes: Sendable {
    // Written in `init` and wiped in `deinit` only, where no other thread can see it.
    nonisolated(unsafe) private let storage: UnsafeMutableRawBufferPointer

    /// A copy; wiping the original is the caller's.
    package init(_ bytes: some Collection<UInt8>) {
        storage = .allocate(byteCount: bytes.count, alignment: 1)
        storage.copyBytes(from: bytes)
    }

    /// Whatever `fill` writes into so many zeros.
    init(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        storage = .allocate(byteCount: count, alignment: 1)
        storage.initializeMemory(as: UInt8.self, repeating: 0)
        fill(storage)
    }

    deinit {
        OPENSSL_cleanse(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    package var count: Int { storage.count }

    /// Lends the bytes.
    package func withBytes<Answer>(_ body: (UnsafeRawBufferPointer) -> Answer) -> Answer {
        body(UnsafeRawBufferPointer(storage))
    }

    /// A copy as text, for a header that is about to be sent; nothing wipes it.
    package var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
