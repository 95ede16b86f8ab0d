import BorealBase
import Testing

@testable import BorealWire

@Suite struct WireCompressionTests {
    private static let algorithms: [WireCompression] =
        [.zlib] + (WireCompression.hasZstandard ? [.zstd(level: 3), .zstd(level: 19)] : [])

    /// Text that packs well, or noise that does not.
    private static func bytes(_ count: Int, isNoise: Bool = false) -> [UInt8] {
        var generator = SeededGenerator(state: UInt64(count))
        // The rest of a long one is all the same: debug builds are slow.
        let varied = min(count, 10_000)
        guard isNoise else {
            return (0..<varied).map { UInt8($0 / 7 % 100) }
                + [UInt8](repeating: 7, count: count - varied)
        }
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    private func frames(
        of bytes: [UInt8],
        _ compression: WireCompression,
        from sequenceID: UInt8 = 0
    ) -> [UInt8] {
        var buffer = ByteBuffer(bytes)
        var next = sequenceID
        compression.seal(&buffer, from: 0)
        WireCompression.number(&buffer, &next)
        return buffer.bytes
    }

    /// What a client reads, by a reader that is not the server's.
    private func plain(
        _ frames: [UInt8],
        _ algorithm: WireCompression.Algorithm
    ) throws -> (bytes: [UInt8], numbers: [UInt8]) {
        var (bytes, numbers): ([UInt8], [UInt8]) = ([], [])
        var rest = frames[...]
        while rest.count >= 7 {
            let head = Array(rest.prefix(7)).map { Int($0) }
            let packed = head[0] | head[1] << 8 | head[2] << 16
            let size = head[4] | head[5] << 8 | head[6] << 16
            let payload = Array(rest.dropFirst(7).prefix(packed))
            numbers.append(UInt8(head[3]))
            if size == 0 {
                bytes += payload
            } else {
                bytes += try CompressedFrame(
                    algorithm: algorithm,
                    payload: payload,
                    plainBytes: size
                ).unpacked()
            }
            rest = rest.dropFirst(7 + packed)
        }
        #expect(rest.isEmpty)
        return (bytes, numbers)
    }

    @Test(
        "what is packed unpacks to itself",
        arguments: algorithms,
        [1, 49, 50, 51, 1_000, 70_000, 0xff_ffff, 0x100_0010]
    )
    func roundTrip(_ compression: WireCompression, _ count: Int) throws {
        let bytes = Self.bytes(count)
        let sealed = frames(of: bytes, compression, from: 250)
        let read = try plain(sealed, compression.algorithm)
        #expect(read.bytes == bytes)
        #expect(
            read.numbers == (0..<read.numbers.count).map { UInt8(truncatingIfNeeded: 250 + $0) }
        )
        #expect(read.numbers.count == (count + 0xff_fffe) / 0xff_ffff)
        if count >= 1_000 { #expect(sealed.count < count / 4) }
    }

    @Test(
        "levels of zstd that would take hundreds of megabytes are done with a lower one",
        .enabled(if: WireCompression.hasZstandard, "the system has no libzstd")
    )
    func levelCap() throws {
        // Words in no order: what is packed tells how hard it was tried.
        var generator = SeededGenerator(state: 5)
        let words = (0..<500).map { _ in Self.bytes(Int.random(in: 3...9, using: &generator)) }
        let text = (0..<20_000).flatMap { _ in
            words[Int(generator.next() % 500)] + [UInt8(generator.next() % 4)]
        }
        let sizes = (1...22).map { frames(of: text, .zstd(level: $0)) }
        #expect(sizes[0] != sizes[5])
        for level in 7...22 { #expect(sizes[level - 1] == sizes[5], "level \(level)") }
        #expect(WireCompression.zstd(level: 22).level == 22)
    }

    @Test("few bytes and noise are stored as they are", arguments: algorithms)
    func stored(_ compression: WireCompression) {
        for bytes in [Self.bytes(49), Self.bytes(4_000, isNoise: true)] {
            let sealed = frames(of: bytes, compression)
            #expect(Array(sealed[4..<7]) == [0, 0, 0])
            #expect(Array(sealed[7...]) == bytes)
        }
    }

    @Test("what stands in front of the place is left alone")
    func behind() throws {
        for count in [10, 500] {
            var buffer = ByteBuffer(Array("front".utf8) + Self.bytes(count))
            var next: UInt8 = 3
            WireCompression.zlib.seal(&buffer, from: 5)
            WireCompression.number(&buffer, from: 5, &next)
            #expect(Array(buffer.bytes.prefix(5)) == Array("front".utf8))
            let read = try plain(Array(buffer.bytes.dropFirst(5)), .zlib)
            #expect(read.bytes == Self.bytes(count) && read.numbers == [3] && next == 4)
        }
    }

    @Test("nothing makes no frame")
    func nothing() {
        #expect(frames(of: [], .zlib).isEmpty)
    }

    @Test("a frame that lies about its length is refused", arguments: algorithms)
    func liars(_ compression: WireCompression) throws {
        let sealed = frames(of: Self.bytes(10_000), compression)
        let payload = Array(sealed[7...])
        for claimed in [1, 9_999, 10_001, 0xff_ffff] {
            let frame = CompressedFrame(
                algorithm: compression.algorithm,
                payload: payload,
                plainBytes: claimed
            )
            #expect(throws: WireError.malformedFrame) { try frame.unpacked() }
        }
    }

    @Test("broken payloads are refused, whatever they are", arguments: algorithms)
    func broken(_ compression: WireCompression) {
        let good = Array(frames(of: Self.bytes(10_000), compression)[7...])
        var changed = good
        changed[good.count / 2] ^= 0x55
        for payload in [
            [], [0], Array(good.dropLast()), good + [0], Self.bytes(500, isNoise: true),
        ] {
            let frame = CompressedFrame(
                algorithm: compression.algorithm,
                payload: payload,
                plainBytes: 10_000
            )
            #expect(throws: WireError.malformedFrame) { try frame.unpacked() }
        }
    }

    @Test(
        "what the server allows is listed",
        arguments: [
            ("zlib,zstd,uncompressed", true, true), ("zlib", true, false),
            ("uncompressed", false, true), ("ZLIB,uncompressed", true, true),
        ]
    )
    func policy(_ list: String, _ zlib: Bool, _ none: Bool) {
        let policy = CompressionPolicy(list: list)
        #expect(policy.capabilities.contains(.compress) == zlib)
        #expect(policy.allowsNone == none)
    }

    @Test("zstd is offered where the system has it")
    func zstd() {
        #expect(
            CompressionPolicy.all.capabilities.contains(.zstdCompression)
                == WireCompression.hasZstandard
        )
        #expect(!CompressionPolicy(list: "zlib").capabilities.contains(.zstdCompression))
    }

    @Test("contexts are made as needed and used again")
    func pool() {
        let made = CountedContexts()
        let pool = ContextPool { made.next() }
        let first = pool.with { $0 }
        #expect(first == 1 && pool.with { $0 } == 1)
        let nested = pool.with { one in pool.with { other in [one, other] } ?? [] }
        #expect(nested == [1, 2])
        #expect(made.count == 2)
    }

    @Test("without memory for a context there is none")
    func noContext() {
        let pool = ContextPool<Int> { nil }
        #expect(pool.with { $0 } == nil)
    }
}

/// Counts what a pool asks for.
// Unchecked: one test uses it on its own thread.
private final class CountedContexts: @unchecked Sendable {
    private(set) var count = 0

    func next() -> Int? {
        count += 1
        return count
    }
}
