import BorealBase
import Testing

@testable import BorealWire

@Suite struct LengthEncodedTests {
    /// From the manual's table of `int<lenenc>`.
    private static let table: [(UInt64, String)] = [
        (0, "00"), (1, "01"), (250, "fa"), (251, "fcfb00"), (255, "fcff00"), (256, "fc0001"),
        (65_535, "fcffff"), (65_536, "fd000001"), (16_777_215, "fdffffff"),
        (16_777_216, "fe0000000100000000"), (UInt64.max, "feffffffffffffffff"),
    ]

    @Test("an integer takes one, three, four or nine bytes", arguments: table)
    func encode(value: UInt64, expected: String) {
        var output = ByteBuffer()
        output.append(lengthEncoded: value)
        #expect(hexText(output.bytes) == expected)
        #expect(LengthEncoded.integerBytes(value) == expected.count / 2)
    }

    @Test("an integer reads back", arguments: table)
    func decode(value: UInt64, bytes: String) throws {
        let read = try ByteBuffer(hex(bytes + "aa")).withUnsafeBytes { payload throws(WireError) in
            var reader = PayloadReader(payload, packet: "Test")
            let value = try reader.lengthEncoded("value")
            #expect(reader.remaining == 1)
            return value
        }
        #expect(read == value)
    }

    @Test(
        "an integer that ends early, NULL and ERR are no integers",
        arguments: ["", "fc", "fc01", "fd0102", "fe01020304050607", "fb", "ff"]
    )
    func refuse(bytes: String) {
        #expect(throws: WireError.self) {
            try ByteBuffer(hex(bytes)).withUnsafeBytes { payload throws(WireError) in
                var reader = PayloadReader(payload, packet: "Test")
                _ = try reader.lengthEncoded("value")
            }
        }
    }

    @Test("a text is measured in bytes")
    func text() {
        var output = ByteBuffer()
        output.append(lengthEncoded: "åb")
        #expect(output.bytes == [3, 0xc3, 0xa5, 0x62])
        output.append(lengthEncoded: String(repeating: "x", count: 251))
        #expect(output.bytes[4...].prefix(4) == [0xfc, 0xfb, 0, 0x78])
    }
}
