import Testing

@testable import BorealWire

@Suite struct RSAKeyPairTests {
    @Test("a pair survives being written and read")
    func roundTrip() throws {
        let pem = try Fixture.bytes("transcripts", "rsa-test-key.pem")
        let pair = try RSAKeyPair(privateKeyPEM: pem)
        let again = try RSAKeyPair(privateKeyPEM: try pair.privateKeyPEM())
        #expect(again.publicKeyPEM == pair.publicKeyPEM)
        #expect(pair.publicKeyPEM.starts(with: Array("-----BEGIN PUBLIC KEY-----".utf8)))
    }

    @Test(
        "what is no private RSA key is refused",
        arguments: ["", "-----BEGIN PRIVATE KEY-----\nAA"]
    )
    func malformed(text: String) {
        #expect(throws: WireError.malformedKey("RSA private key")) {
            try RSAKeyPair(privateKeyPEM: Array(text.utf8))
        }
    }

    @Test("bytes that are no ciphertext decrypt to nothing")
    func garbage() throws {
        let pem = try Fixture.bytes("transcripts", "rsa-test-key.pem")
        let pair = try RSAKeyPair(privateKeyPEM: pem)
        #expect(pair.decrypt([]) == nil)
        #expect(pair.decrypt([1, 2, 3]) == nil)
        #expect(pair.decrypt([UInt8](repeating: 0x55, count: 256)) == nil)
    }

    @Test("a new pair is of 2,048 bits")
    func generate() throws {
        let pair = try RSAKeyPair.generate()
        #expect(pair.publicKeyPEM.count == 451)
    }
}
