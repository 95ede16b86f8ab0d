import BorealBase
import Testing

@testable import BorealWire

@Suite struct OKPacketTests {
    private func encoded(_ packet: OKPacket, _ capabilities: CapabilityFlags) -> String {
        var output = ByteBuffer()
        packet.encode(into: &output, capabilities: capabilities)
        return hexText(output.bytes)
    }

    @Test("counts are length-encoded, then come status and warnings")
    func counts() {
        let packet = OKPacket(
            affectedRows: 300,
            lastInsertID: 5,
            status: [.autocommit],
            warnings: 2
        )
        #expect(encoded(packet, []) == "00fc2c010502000200")
    }

    @Test("session changes travel only to a client that tracks them")
    func sessionTrack() {
        let packet = OKPacket(sessionChanges: [
            .systemVariable(name: "autocommit", value: "OFF"), .schema("a"),
            .state(isChanged: true),
            .transactionState("T_______"),
        ])
        #expect(encoded(packet, []) == "00000002000000")
        let expected =
            "00000002400000" + "00" + "24"
            + "000f" + "0a" + hexText("autocommit".utf8) + "03" + hexText("OFF".utf8)
            + "0102" + "0161" + "0202" + "0131" + "0509" + "08" + hexText("T_______".utf8)
        #expect(encoded(packet, .sessionTrack) == expected)
    }

    @Test("a status that claims changes without any is corrected")
    func falseStatus() {
        let packet = OKPacket(status: [.autocommit, .sessionStateChanged])
        #expect(encoded(packet, .sessionTrack) == "00000002000000")
    }
}
