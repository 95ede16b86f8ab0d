import Testing

@testable import BorealWire

@Suite struct CachingSHA2Tests {
    private let nonce = Array<UInt8>(0x41..<0x41 + 20)

    @Test("a verifier is 70 bytes of text and reads back")
    func stored() throws {
        let verifier = try CachingSHA2.Verifier(password: "secret")
        #expect(verifier.stored.count == 70)
        #expect(verifier.stored.starts(with: Array("$A$005$".utf8)))
        #expect(verifier.stored.allSatisfy { $0 > 0x20 && $0 < 0x7f })
        #expect(try CachingSHA2.Verifier(stored: verifier.stored) == verifier)
        #expect(try verifier.check(password: Array("secret".utf8)))
        #expect(try !verifier.check(password: Array("Secret".utf8)))
        #expect(try !verifier.check(password: []))
        #expect(try CachingSHA2.Verifier(password: "secret") != verifier)
    }

    @Test("a text that is no verifier is refused")
    func malformed() throws {
        var stored = try CachingSHA2.Verifier(password: "x").stored
        stored[6] = 0
        #expect(throws: WireError.self) { try CachingSHA2.Verifier(stored: stored) }
        #expect(throws: WireError.self) { try CachingSHA2.Verifier(stored: []) }
        #expect(throws: WireError.self) {
            try CachingSHA2.Verifier(stored: Array("$A$000$".utf8) + stored[7...])
        }
    }

    @Test("a password longer than 256 bytes is neither made nor checked")
    func longPassword() throws {
        let long = String(repeating: "p", count: 257)
        #expect(throws: WireError.self) { try CachingSHA2.Verifier(password: long) }
        let verifier = try CachingSHA2.Verifier(password: String(long.dropLast()))
        #expect(try verifier.check(password: Array(long.utf8.dropLast())))
        #expect(try !verifier.check(password: Array(long.utf8)))
    }

    @Test("a scramble opens only with its password and its nonce")
    func scramble() throws {
        let hash = try CachingSHA2.fastHash(password: Array("secret".utf8))
        let scramble = try CachingSHA2.scramble(password: "secret", nonce: nonce)
        #expect(try CachingSHA2.check(scramble: scramble, nonce: nonce, fastHash: hash))
        let other = nonce + [0]
        #expect(try !CachingSHA2.check(scramble: scramble, nonce: other, fastHash: hash))
        let short = Array(scramble.dropLast())
        #expect(try !CachingSHA2.check(scramble: short, nonce: nonce, fastHash: hash))
    }

    @Test("credentials from a clear password hold the verifiers asked for")
    func credentials() throws {
        let both = try AccountCredentials(password: "secret")
        #expect(both.native != nil && both.cachingSHA2 != nil && !both.isPasswordEmpty)
        let native = try AccountCredentials(password: "secret", plugin: .nativePassword)
        #expect(native.native != nil && native.cachingSHA2 == nil)
        let empty = try AccountCredentials(password: "")
        #expect(empty.isPasswordEmpty && empty.native == nil && empty.cachingSHA2 == nil)
    }

    @Test("what may be printed shows no password, hash or verifier")
    func printing() throws {
        let credentials = try AccountCredentials(password: "secret")
        let verifier = try #require(credentials.cachingSHA2)
        let check = PasswordCheck(
            answer: Array("secret\0".utf8),
            nonce: nonce,
            key: nil,
            verifier: verifier
        )
        let outcome = try check.run()
        #expect(outcome.isAccepted)
        let action = ServerConversation.Action.checkPassword(check)
        #expect("\(action)" == "checkPassword(PasswordCheck)")
        #expect("\(outcome) \(Optional(outcome) as Any)" == "accepted Optional(accepted)")
        #expect(
            "\(credentials)" == "AccountCredentials(mysql_native_password, caching_sha2_password)"
        )
        let completion = ServerConversation.Completion.account(credentials)
        #expect(!"\(completion)".contains("\(verifier.salt)"))
    }
}
