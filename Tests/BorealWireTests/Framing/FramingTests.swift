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

    @Test("packets taken many at a time are those taken one by one, wherever the bytes are cut")
    func manyAtOnce() throws {
        let payloads = [[1], [2, 0], [], [3, 3], [9, 1], [4], [5]].map { $0.map(UInt8.init) }
        var id: UInt8 = 253
        let bytes = payloads.flatMap { payload in
            defer { id &+= 1 }
            return Self.frames(payload, from: id)
        }
        for cut in 1...bytes.count {
            var reader = PacketReader()
            reader.nextSequenceID = 253
            var taken: [[UInt8]] = []
            for start in stride(from: 0, to: bytes.count, by: cut) {
                bytes[start..<min(start + cut, bytes.count)].withUnsafeBytes { reader.receive($0) }
                while try reader.next(limit: 9) {
                    taken.append(try reader.take { Array($0) })
                    // The packet that begins with 9 is left to `next`.
                    try reader.takeWhole(limit: 9) { payload in
                        guard payload.first != 9 else { return false }
                        taken.append(Array(payload))
                        return true
                    }
                }
            }
            #expect(taken == payloads && reader.bufferedBytes == 0, "cut at every \(cut)")
            #expect(reader.nextSequenceID == 253 &+ UInt8(payloads.count))
        }
    }

    @Test("what is wrong with a packet among many is left for whoever looks at it alone")
    func wrongAmongMany() throws {
        let good = Self.frames([1], from: 0) + Self.frames([2], from: 1)
        let cases: [([UInt8], WireError)] = [
            (Self.frames([3], from: 7), .packetsOutOfOrder(expected: 2, received: 7)),
            (Self.frames(Self.payload(10), from: 2), .packetTooLarge(bytes: 10, limit: 9)),
        ]
        for (bad, error) in cases {
            var reader = PacketReader()
            (good + bad).withUnsafeBytes { reader.receive($0) }
            var taken: [[UInt8]] = []
            try reader.takeWhole(limit: 9) { payload in
                taken.append(Array(payload))
                return true
            }
            #expect(taken == [[1], [2]])
            #expect(throws: error) { try reader.next(limit: 9) }
        }
        // What the taker throws stays with its packet.
        var reader = PacketReader()
        good.withUnsafeBytes { reader.receive($0) }
        #expect(throws: WireError.self) {
            try reader.takeWhole(limit: 9) { payload throws(WireError) in
                guard payload.first == 1 else {
                    throw WireError.malformed(packet: "row", field: "end")
                }
                return true
            }
        }
        #expect(reader.bufferedBytes == 5)
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
