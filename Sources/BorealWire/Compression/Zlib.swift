import CZlib

/// A state of zlib's compression, used for one frame after the other.
// Unchecked: the pool lends it to one thread at a time.
final class Deflater: @unchecked Sendable {
    static let pool = ContextPool { Deflater() }

    /// On the heap: zlib keeps a pointer to it.
    private let stream: UnsafeMutablePointer<z_stream>
    /// zlib's largest window, with its header.
    private static let windowBits: Int32 = 15

    private init?() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard boreal_deflate_init(stream, WireCompression.zlibLevel, Self.windowBits) == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Nil when it does not fit.
    func pack(
        _ plain: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer,
        level: Int32
    ) -> Int? {
        assert(level == WireCompression.zlibLevel, "contexts are made with one level")
        guard deflateReset(stream) == Z_OK else { return nil }
        // zlib only reads from there.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: plain.assumingMemoryBound(to: UInt8.self).baseAddress
        )
        stream.pointee.avail_in = UInt32(plain.count)
        stream.pointee.next_out = target.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(target.count)
        guard deflate(stream, Z_FINISH) == Z_STREAM_END else { return nil }
        return target.count - Int(stream.pointee.avail_out)
    }
}

/// A state of zlib's decompression, used for one frame after the other.
// Unchecked: the pool lends it to one thread at a time.
final class Inflater: @unchecked Sendable {
    static let pool = ContextPool { Inflater() }

    private let stream: UnsafeMutablePointer<z_stream>
    private static let windowBits: Int32 = 15

    private init?() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard boreal_inflate_init(stream, Self.windowBits) == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Nil when the bytes are broken or do not fit.
    func unpack(
        _ packed: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard inflateReset(stream) == Z_OK else { return nil }
        // zlib only reads from there.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: packed.assumingMemoryBound(to: UInt8.self).baseAddress
        )
        stream.pointee.avail_in = UInt32(packed.count)
        stream.pointee.next_out = target.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(target.count)
        guard inflate(stream, Z_FINISH) == Z_STREAM_END, stream.pointee.avail_in == 0 else {
            return nil
        }
        return target.count - Int(stream.pointee.avail_out)
    }
}
