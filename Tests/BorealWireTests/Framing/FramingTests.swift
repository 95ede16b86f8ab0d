import BorealBase
import Testing

@testable import BorealWire

@Suite struct FramingTests {
    private static let full = WireLimits.framePayloadBytes

    /// Bytes that differ from their neighbours, so that a shift shows.
    private static func payload(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { space, written in
            for i in 0..<count { space[i] = UInt8(truncatingIfNeeded: i &* 31 ^ i >> 11) }
            written = count
        }
    }

    /// Frames as the manual describes them, made the slow way.
    private static func frames(_ payload: [UInt8], from first: UInt8) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = payload[...]
        var id = first
        while true {
            let part = rest.prefix(full)
            bytes += [UInt8(part.count & 0xff), UInt8(part.count >> 8 & 0xff)]
            bytes += [UInt8(part.count >> 16), id]
            bytes += part
            rest = rest.dropFirst(part.count)
            id &+= 1
            if part.count < full { return bytes }
        }
    }

    private static let sizes = [0, 1, 250, full - 1, full, full + 1, 2 * full, 2 * full + 5]

    @Test(
        "a payload is split at 16 MiB, and an exact multiple ends in an empty packet",
        arguments: sizes
    )
    func split(size: Int) {
        let payload = Self.payload(size)
        var writer = PacketWriter(sequenceID: 254)
        var output = ByteBuffer([9, 9])
        payload.withUnsafeBytes { writer.packet(&output, payload: $0) }
        #expect(output.bytes == [9, 9] + Self.frames(payload, from: 254))
        #expect(writer.sequenceID == 254 &+ UInt8(size / Self.full + 1))
    }

    @Test("a split payload comes back whole", arguments: sizes)
    func join(size: Int) throws {
        let payload = Self.payload(size)
        var reader = PacketReader()
        reader.nextSequenceID = 255
        let bytes = Self.frames(payload, from: 255) + Self.frames([7], from: 3)
        let cut = max(1, bytes.count / 3 + 1)
        var packets: [[UInt8]] = []
        for start in stride(from: 0, to: bytes.count, by: cut) {
            bytes[start..<min(start + cut, bytes.count)].withUnsafeBytes { reader.receive($0) }
            while packets.isEmpty, try reader.next(limit: 64 << 20) {
                packets.append(try reader.take { Array($0) })
            }
        }
        #expect(packets == [payload])
        #expect(reader.bufferedBytes == 5)
        reader.nextSequenceID = 3
        #expect(try reader.next(limit: 1))
        #expect(try reader.take { Array($0) } == [7])
        #expect(reader.bufferedBytes == 0)
    }

    @Test("the limit counts the payload of all frames together")
    func limitAcrossFrames() throws {
        let bytes = Self.frames(Self.payload(Self.full + 10), from: 0)
        var reader = PacketReader()
        bytes.withUnsafeBytes { reader.receive($0) }
        #expect(throws: WireError.packetTooLarge(bytes: Self.full + 10, limit: Self.full + 9)) {
            try reader.next(limit: Self.full + 9)
        }
        var roomy = PacketReader()
        bytes.withUnsafeBytes { roomy.receive($0) }
        #expect(try roomy.next(limit: Self.full + 10))
    }

    @Test("a header alone is enough to refuse a packet")
    func headerAlone() {
        var reader = PacketReader()
        hex("ffffff00").withUnsafeBytes { reader.receive($0) }
        #expect(throws: WireError.packetTooLarge(bytes: Self.full, limit: 1_000)) {
            try reader.next(limit: 1_000)
        }
    }

    @Test("a frame with another sequence id is refused, also inside a long packet")
    func outOfOrder() throws {
        var reader = PacketReader()
        hex("0000000100").withUnsafeBytes { reader.receive($0) }
        #expect(throws: WireError.packetsOutOfOrder(expected: 0, received: 1)) {
            try reader.next(limit: 10)
        }
        var bytes = Self.frames(Self.payload(Self.full), from: 0)
        bytes[bytes.count - 1] = 5
        var long = PacketReader()
        bytes.withUnsafeBytes { long.receive($0) }
        #expect(throws: WireError.packetsOutOfOrder(expected: 1, received: 5)) {
            try long.next(limit: 64 << 20)
        }
    }
}
