import BorealBase
import Testing

@testable import BorealWire

@Suite struct HandshakeResponse41Tests {
    private func decode(_ bytes: [UInt8], offered: CapabilityFlags) throws -> HandshakeResponse41 {
        try ByteBuffer(bytes).withUnsafeBytes { payload throws(WireError) in
            try HandshakeResponse41(decoding: payload, offered: offered)
        }
    }

    @Test("capabilities in force are the client's and the server's")
    func intersection() throws {
        // Everything set; the server offers so little that the layout is the oldest one.
        let bytes = hex("ffffffff 00000001 2d") + [UInt8](repeating: 0, count: 23) + hex("6100 00")
        let response = try decode(bytes, offered: [.protocol41, .secureConnection])
        #expect(response.capabilities == [.protocol41, .secureConnection])
        #expect(response.userName == "a" && response.database == nil)
        #expect(response.collation == .utf8mb4GeneralCI)
        #expect(response.packetBytesMax == 1 << 24)
    }

    @Test("a database and a plugin name may end with the packet instead of a NUL")
    func missingNul() throws {
        let flags = CapabilityFlags([.protocol41, .connectWithDatabase, .pluginAuth]).rawValue
        var output = ByteBuffer()
        output.append(littleEndian: UInt64(flags), bytes: 4)
        output.append(zeros: 28)
        output.append(contentsOf: hex("6100 00") + Array("shop\0mysql_native_password".utf8))
        let response = try decode(output.bytes, offered: .offered)
        #expect(response.database == "shop")
        #expect(response.authPlugin == "mysql_native_password")
    }

    @Test("more attributes than the bound are refused")
    func attributeBound() {
        let flags = CapabilityFlags([.protocol41, .connectAttributes]).rawValue
        var output = ByteBuffer()
        output.append(littleEndian: UInt64(flags), bytes: 4)
        output.append(zeros: 28)
        output.append(contentsOf: hex("6100 00"))
        let pairs = WireLimits.connectAttributesMax + 1
        output.append(lengthEncoded: UInt64(2 * pairs))
        output.append(zeros: 2 * pairs)
        #expect(throws: WireError.self) { try decode(output.bytes, offered: .offered) }
        output.truncate(to: output.end - 2)
    }
}
