import BorealBase
import Testing

@testable import BorealWire

/// What a client gets for another server's packets.
@Suite struct AnswerTranslatorTests {
    private let new = CapabilityFlags.ofClients
    private let old = CapabilityFlags.ofClients.subtracting([.deprecateEOF, .sessionTrack])

    /// The payloads that come out.
    private func translated(
        _ packets: [(AnswerPacket, [UInt8])],
        from server: CapabilityFlags,
        to client: CapabilityFlags,
        sequenceID: UInt8 = 7
    ) -> [[UInt8]] {
        var translator = AnswerTranslator(
            sequenceID: sequenceID,
            server: server,
            client: client
        )
        var output = ByteBuffer()
        for (packet, payload) in packets {
            payload.withUnsafeBytes { translator.append(packet, $0, into: &output) }
        }
        var rest = output.bytes[...]
        var payloads: [[UInt8]] = []
        while rest.count >= 4 {
            let header = Array(rest.prefix(4))
            #expect(header[3] == sequenceID &+ UInt8(payloads.count))
            let length = Int(header[0]) | Int(header[1]) << 8 | Int(header[2]) << 16
            payloads.append(Array(rest.dropFirst(4).prefix(length)))
            rest = rest.dropFirst(4 + length)
        }
        #expect(translator.sequenceID == sequenceID &+ UInt8(payloads.count))
        return payloads
    }

    private let row: [UInt8] = [1, 0x31]
    private let eof: [UInt8] = [0xfe, 3, 0, 2, 0]

    @Test("between equals, packets go on as they are, with the client's numbers")
    func equals() {
        let packets: [(AnswerPacket, [UInt8])] = [
            (.columnCount, [1]), (.definition, [3, 0x64, 0x65, 0x66]), (.endOfDefinitions, eof),
            (.row, row), (.endOfRows, eof), (.error, [0xff, 1, 4]),
        ]
        #expect(translated(packets, from: old, to: old) == packets.map(\.1))
    }

    @Test("a client without EOF packets gets none behind definitions, and an OK at the end")
    func withoutEOF() {
        let packets: [(AnswerPacket, [UInt8])] = [
            (.endOfDefinitions, eof), (.row, row), (.endOfRows, eof),
        ]
        let expected: [[UInt8]] = [row, [0xfe, 0, 0, 2, 0, 3, 0]]
        #expect(translated(packets, from: old, to: new) == expected)
        // A cursor's answer ends there, so it must be told.
        let cursor: [(AnswerPacket, [UInt8])] = [(.endOfDefinitions, [0xfe, 0, 0, 0x42, 0])]
        #expect(translated(cursor, from: old, to: new) == [[0xfe, 0, 0, 0x42, 0, 0, 0]])
    }

    @Test("changes of the session go to clients that asked for them only")
    func sessionChanges() {
        var output = ByteBuffer()
        let packet = OKPacket(
            affectedRows: 300,
            lastInsertID: 5,
            warnings: 2,
            info: "Records: 1",
            sessionChanges: [.schema("shop"), .systemVariable(name: "autocommit", value: "ON")]
        )
        packet.encode(into: &output, capabilities: new)
        let full = output.bytes
        #expect(translated([(.ok, full)], from: new, to: new) == [full])
        let client = new.subtracting(.sessionTrack)
        var plain = ByteBuffer()
        packet.encode(into: &plain, capabilities: client)
        #expect(translated([(.ok, full)], from: new, to: client) == [plain.bytes])
        // What is no OK packet goes on as it came.
        #expect(translated([(.ok, [0, 0xfe])], from: new, to: client) == [[0, 0xfe]])
    }

    @Test("what is written is read again, changes of the session included")
    func roundTrip() throws {
        let packet = OKPacket(
            affectedRows: 1 << 40,
            lastInsertID: 70_000,
            status: [.autocommit, .sessionStateChanged],
            info: "å",
            sessionChanges: [
                .state(isChanged: true), .transactionState("T_______"), .schema("s"),
                .transactionCharacteristics("START TRANSACTION;"),
                .systemVariable(name: "time_zone", value: "UTC"),
            ]
        )
        var output = ByteBuffer()
        packet.encode(into: &output, capabilities: new)
        let read = try output.withUnsafeBytes { payload throws(WireError) in
            try OKPacket(decoding: payload, capabilities: new)
        }
        #expect(read == packet)
    }
}
