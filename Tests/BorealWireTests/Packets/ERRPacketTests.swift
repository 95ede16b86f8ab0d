import BorealBase
import Testing

@testable import BorealWire

@Suite struct ERRPacketTests {
    private func message(_ text: String) -> [UInt8] {
        var output = ByteBuffer()
        ERRPacket(ServerError(.noSuchTable, text)).encode(into: &output)
        return output.bytes
    }

    @Test("number, SQLSTATE and sentence")
    func layout() {
        #expect(hexText(message("gone")) == "ff7a04" + "23" + hexText("42S02gone".utf8))
    }

    @Test(
        "a long sentence ends before the character that does not fit",
        arguments: [509, 510, 511, 512]
    )
    func truncated(prefix: Int) {
        let text = String(repeating: "x", count: prefix) + "😀tail"
        let bytes = message(text).dropFirst(9)
        #expect(bytes.count == prefix)
        #expect(String(validating: Array(bytes), as: UTF8.self) != nil)
    }

    @Test("a character that ends at the limit stays")
    func exactFit() {
        let bytes = message(String(repeating: "x", count: 508) + "😀tail").dropFirst(9)
        #expect(bytes.count == 512)
    }
}
