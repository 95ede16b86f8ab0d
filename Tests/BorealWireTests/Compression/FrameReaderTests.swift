import BorealBase
import Testing

@testable import BorealWire

@Suite struct FrameReaderTests {
    /// COM_PING as a packet.
    private static let ping: [UInt8] = [1, 0, 0, 0, 0x0E]

    private func stored(_ payload: [UInt8], number: UInt8 = 0) -> [UInt8] {
        let count = payload.count
        return [UInt8(count & 255), UInt8(count >> 8 & 255), UInt8(count >> 16), number, 0, 0, 0]
            + payload
    }

    private func give(_ reader: inout FrameReader, _ bytes: [UInt8]) {
        bytes.withUnsafeBytes { reader.receive($0) }
    }

    @Test("a frame is taken when it is whole, not before")
    func cut() throws {
        let bytes = stored(Self.ping)
        for place in 1..<bytes.count {
            var reader = FrameReader(.zlib)
            var packets = PacketReader()
            give(&reader, Array(bytes[..<place]))
            #expect(try reader.next(&packets) == .nothing)
            give(&reader, Array(bytes[place...]))
            #expect(try reader.next(&packets) == .stored)
            #expect(try packets.next(limit: 100))
            #expect(reader.bufferedBytes == 0)
        }
    }

    @Test("numbers must be in order", arguments: [1, 7, 255] as [UInt8])
    func outOfOrder(_ number: UInt8) {
        var reader = FrameReader(.zlib)
        var packets = PacketReader()
        give(&reader, stored(Self.ping, number: number))
        #expect(throws: WireError.packetsOutOfOrder(expected: 0, received: number)) {
            try reader.next(&packets)
        }
    }

    @Test("a packet may lie in several frames, and several in one")
    func spanning() throws {
        var reader = FrameReader(.zlib)
        var packets = PacketReader()
        give(&reader, stored(Array(Self.ping[..<3])))
        give(&reader, stored(Array(Self.ping[3...]) + Self.ping, number: 1))
        #expect(try reader.next(&packets) == .stored)
        #expect(try !packets.next(limit: 100))
        #expect(try reader.next(&packets) == .stored)
        #expect(try packets.next(limit: 100))
        try packets.take { _ in }
        packets.nextSequenceID = 0
        #expect(try packets.next(limit: 100))
        #expect(reader.lastSequenceID == 1 && reader.nextSequenceID == 2)
    }

    @Test("a packed frame is handed out with the length it claims")
    func packed() throws {
        var reader = FrameReader(.zlib)
        var packets = PacketReader()
        give(&reader, [2, 0, 0, 0, 0xff, 0xff, 0xff, 1, 2])
        guard case .packed(let frame) = try reader.next(&packets) else {
            Issue.record("not packed")
            return
        }
        #expect(frame.plainBytes == 0xff_ffff && frame.payload == [1, 2])
    }

    @Test("inside frames the packets' own numbers do not count")
    func innerNumbers() throws {
        var packets = PacketReader()
        let wrong: [UInt8] = [1, 0, 0, 9, 0x0E]
        wrong.withUnsafeBytes { packets.receive($0) }
        packets.checksSequenceIDs = false
        #expect(try packets.next(limit: 100))
        #expect(packets.nextSequenceID == 10)
    }
}
