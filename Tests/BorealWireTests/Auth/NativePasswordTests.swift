import Testing

@testable import BorealWire

@Suite struct NativePasswordTests {
    private let nonce = Array<UInt8>(0x41..<0x41 + 20)

    @Test("the verifier is what PASSWORD('...') printed")
    func verifier() throws {
        let verifier = try NativePassword.Verifier(password: "mypass")
        #expect(verifier.text == "*6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4")
        #expect(try NativePassword.Verifier(text: verifier.text.lowercased()) == verifier)
    }

    @Test("a text that is no verifier is refused", arguments: ["", "*", "*zz", "6C89"])
    func malformed(text: String) {
        #expect(throws: WireError.self) { try NativePassword.Verifier(text: text) }
    }

    @Test("a scramble opens only with its password and its nonce")
    func scramble() throws {
        let verifier = try NativePassword.Verifier(password: "secret")
        let scramble = try NativePassword.scramble(password: "secret", nonce: nonce)
        let other = Array(nonce.reversed())
        #expect(try NativePassword.check(scramble: scramble, nonce: nonce, verifier: verifier))
        #expect(try !NativePassword.check(scramble: scramble, nonce: other, verifier: verifier))
        let wrong = try NativePassword.scramble(password: "Secret", nonce: nonce)
        #expect(try !NativePassword.check(scramble: wrong, nonce: nonce, verifier: verifier))
        #expect(try !NativePassword.check(scramble: [1], nonce: nonce, verifier: verifier))
        #expect(try NativePassword.scramble(password: "", nonce: nonce).isEmpty)
    }
}
