public import BorealBase

/// How the packets of a connection are compressed, once its login is over.
///
/// Compression is a layer below packets: bytes are cut into frames wherever they happen to end.
/// Each frame is compressed by itself, so a connection keeps no state and whoever has bytes to
/// send, the loop or a worker, can make frames of them; only their numbers must be given in order,
/// which `number(_:from:)` does afterwards.
public struct WireCompression: Equatable, Sendable {
    /// What packs the bytes of a frame.
    public enum Algorithm: String, Sendable {
        /// `CLIENT_COMPRESS`.
        case zlib
        /// `CLIENT_ZSTD_COMPRESSION_ALGORITHM`.
        case zstd
    }

    /// What packs the bytes.
    public let algorithm: Algorithm
    /// How hard it tries.
    public let level: Int32

    /// The level of zlib that MySQL uses too.
    public static let zlibLevel: Int32 = 6
    /// Levels of zstd that a client may ask for.
    public static let zstdLevels: ClosedRange<Int32> = 1...22

    /// zlib.
    public static let zlib = WireCompression(algorithm: .zlib, level: zlibLevel)

    /// The level above which zstd takes hundreds of megabytes and seconds for a frame: what a
    /// client asks for beyond it is done with this one, which it cannot tell.
    private static let zstdLevelInUseMax: Int32 = 6

    /// How hard it tries in fact.
    private var levelInUse: Int32 { min(level, Self.zstdLevelInUseMax) }

    /// zstd with the client's level.
    static func zstd(level: Int32) -> WireCompression {
        WireCompression(algorithm: .zstd, level: level)
    }

    /// True when the system has libzstd.
    public static var hasZstandard: Bool { Zstandard.library != nil }

    // MARK: - Making frames

    /// Replaces the bytes from `start` on by frames of them, all with number 0.
    public func seal(_ buffer: inout ByteBuffer, from start: Int) {
        guard buffer.end > start else { return }
        if buffer.end - start < WireLimits.compressedBytesMin {
            let header = CompressedFrame.header(packed: buffer.end - start, plain: 0)
            buffer.insert(contentsOf: header, at: start)
            return
        }
        var sealed = ByteBuffer()
        buffer.withUnsafeBytes { bytes in
            var rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            while !rest.isEmpty {
                let count = min(rest.count, WireLimits.compressedFrameBytes)
                frame(UnsafeRawBufferPointer(rebasing: rest[..<count]), into: &sealed)
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
        buffer.truncate(to: start)
        if start == 0 {
            buffer = sealed
        } else {
            sealed.withUnsafeBytes { buffer.append($0) }
        }
    }

    /// One frame of all the bytes; as they are when they are few or do not get fewer.
    private func frame(_ plain: UnsafeRawBufferPointer, into output: inout ByteBuffer) {
        let place = output.end
        output.append(zeros: WireLimits.compressedHeaderBytes)
        var packed = 0
        if plain.count >= WireLimits.compressedBytesMin {
            output.append(upTo: plain.count) { target in
                // One that does not fit is not smaller, and then is not wanted.
                packed =
                    pack(
                        plain,
                        into: UnsafeMutableRawBufferPointer(
                            start: target,
                            count: plain.count - 1
                        )
                    ) ?? 0
                return packed
            }
        }
        if packed == 0 { output.append(plain) }
        let header = CompressedFrame.header(
            packed: packed == 0 ? plain.count : packed,
            plain: packed == 0 ? 0 : plain.count
        )
        for (offset, byte) in header.enumerated() {
            output.overwrite(at: place + offset, littleEndian: UInt64(byte), bytes: 1)
        }
    }

    private func pack(
        _ plain: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        switch algorithm {
        case .zlib: Deflater.pool.with { $0.pack(plain, into: target, level: level) } ?? nil
        case .zstd: Zstandard.pack(plain, into: target, level: levelInUse)
        }
    }

    /// Gives the frames that fill the buffer from `start` on their numbers.
    ///
    /// - Parameter sequenceID: the first one's; afterwards the next one's.
    public static func number(
        _ buffer: inout ByteBuffer,
        from start: Int = 0,
        _ sequenceID: inout UInt8
    ) {
        buffer.withUnsafeMutableBytes { bytes in
            var place = start
            while place + WireLimits.compressedHeaderBytes <= bytes.count {
                let head = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self).littleEndian
                bytes[place + 3] = sequenceID
                sequenceID &+= 1
                place += WireLimits.compressedHeaderBytes + Int(head & 0xff_ffff)
            }
            assert(place == bytes.count, "frames fill the buffer")
        }
    }
}
