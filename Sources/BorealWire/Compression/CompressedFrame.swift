/// A frame of the client's, as it came: to be unpacked where that takes long, on a worker.
public struct CompressedFrame: Equatable, Sendable {
    /// What packed it.
    let algorithm: WireCompression.Algorithm
    /// Behind the header.
    let payload: [UInt8]
    /// What the header says the payload unpacks to; at most 0xffffff.
    let plainBytes: Int

    /// The bytes that were packed.
    ///
    /// Room is made for as many as the header says and never for more, whatever the payload would
    /// grow to.
    ///
    /// - Throws: `malformedFrame` when the payload is broken, or holds more or less than it says.
    public func unpacked() throws(WireError) -> [UInt8] {
        var count = 0
        let plain = [UInt8](unsafeUninitializedCapacity: plainBytes) { target, filled in
            payload.withUnsafeBytes { packed in
                count = unpack(packed, UnsafeMutableRawBufferPointer(target)) ?? -1
            }
            filled = max(0, count)
        }
        guard count == plainBytes else { throw .malformedFrame }
        return plain
    }

    private func unpack(
        _ packed: UnsafeRawBufferPointer,
        _ target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        switch algorithm {
        case .zlib: Inflater.pool.with { $0.unpack(packed, into: target) } ?? nil
        case .zstd: Zstandard.unpack(packed, into: target)
        }
    }

    /// `compressed payload length` (3), `compressed sequence id` (1, here 0), `payload length
    /// before compression` (3, 0 for a payload that is not compressed).
    static func header(packed: Int, plain: Int) -> [UInt8] {
        [
            UInt8(truncatingIfNeeded: packed), UInt8(truncatingIfNeeded: packed >> 8),
            UInt8(truncatingIfNeeded: packed >> 16), 0, UInt8(truncatingIfNeeded: plain),
            UInt8(truncatingIfNeeded: plain >> 8), UInt8(truncatingIfNeeded: plain >> 16),
        ]
    }
}
