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

    @Test(
        "a client of MariaDB's library gets numbers of servers, with the others in the sentence",
        arguments: [
            (ServerErrorCode.upstreamUnreachable, ServerErrorCode.foreignConnection),
            (.upstreamHostUnknown, .foreignConnection), (.upstreamTLS, .foreignConnection),
            (.upstreamPluginUnknown, .foreignConnection),
            (.upstreamAuthentication, .foreignConnection), (.upstreamLost, .foreignQuery),
            (.upstreamPacketTooLarge, .foreignQuery), (.upstreamMalformedPacket, .foreignQuery),
            (.noSuchTable, .noSuchTable), (.modelMissing, .modelMissing),
        ]
    )
    func numbersOfServers(code: ServerErrorCode, expected: ServerErrorCode) throws {
        let strict = try #require(ErrorNumbers(ConnectAttributes([("_client_name", "libmariadb")])))
        let other = try #require(ErrorNumbers(ConnectAttributes([("_client_name", "libmysql")])))
        #expect(ErrorNumbers(ConnectAttributes([("_pid", "1")])) == nil)
        for (numbers, told) in [(strict, expected), (other, code)] {
            var output = ByteBuffer()
            ERRPacket(ServerError(code, "gone")).encode(into: &output, numbers: numbers)
            let sentence = told == code ? "gone" : "\(code.rawValue): gone"
            let number = [UInt8(told.rawValue & 0xff), UInt8(told.rawValue >> 8)]
            #expect(output.bytes == [0xff] + number + Array("#\(code.sqlState)\(sentence)".utf8))
        }
    }
}
