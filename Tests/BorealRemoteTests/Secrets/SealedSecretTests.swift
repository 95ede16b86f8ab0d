import Testing

@testable import BorealRemote

@Suite("Secrets at rest")
struct SealedSecretTests {
    static func secret(_ text: String) -> SecretBytes { SecretBytes(text.utf8) }

    @Test(
        "what is sealed opens again",
        arguments: ["", "k", "sk-planted-key", String(repeating: "x", count: 9_000)]
    )
    func roundTrip(text: String) throws {
        let key = try MasterKey.random()
        let sealed = try SealedSecret(Self.secret(text), model: "m", field: "token", key: key)
        #expect(sealed.keyID == key.id)
        if text.count > 2 { #expect(!sealed.text.contains(text)) }
        let read = try SealedSecret(text: sealed.text)
        #expect(read == sealed)
        #expect(read.opened(model: "m", field: "token", key: key)?.text == text)
    }

    @Test("the same secret is sealed differently each time")
    func nonces() throws {
        let key = try MasterKey.random()
        let texts = try (0..<50).map { _ in
            try SealedSecret(Self.secret("same"), model: "m", field: "f", key: key).text
        }
        #expect(Set(texts).count == 50)
    }

    @Test("the name of a key and its base64 are the same in every release")
    func knownKey() throws {
        // The name of a key is fixed: stored secrets carry it.
        let zeros = try MasterKey(SecretBytes([UInt8](repeating: 0, count: 32)))
        #expect(zeros.base64 == "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        #expect(try MasterKey(base64: zeros.base64 + "\n").id == zeros.id)
        #expect(zeros.id == "5703532b116251f0")
    }

    @Test("another model, field or key opens nothing")
    func wrongPlace() throws {
        let key = try MasterKey.random()
        let sealed = try SealedSecret(Self.secret("s"), model: "m", field: "f", key: key)
        #expect(sealed.opened(model: "n", field: "f", key: key) == nil)
        #expect(sealed.opened(model: "m", field: "g", key: key) == nil)
        #expect(sealed.opened(model: "mf", field: "", key: key) == nil)
        #expect(try sealed.opened(model: "m", field: "f", key: .random()) == nil)
    }

    @Test("a damaged byte, wherever, opens nothing")
    func damage() throws {
        let key = try MasterKey.random()
        let sealed = try SealedSecret(Self.secret("secret"), model: "m", field: "f", key: key)
        let digits = Array(sealed.text.utf8)
        let start = digits.count - digits.reversed().prefix { $0 != UInt8(ascii: ":") }.count
        for place in start..<digits.count {
            var changed = digits
            changed[place] =
                changed[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            // Some changes make no base64 any more: refused as well.
            guard let damaged = try? SealedSecret(text: String(decoding: changed, as: UTF8.self))
            else {
                continue
            }
            #expect(damaged.opened(model: "m", field: "f", key: key) == nil, "byte \(place)")
        }
    }

    @Test(
        "what is no stored secret is refused",
        arguments: [
            "", "a", "boreal1:k:", "boreal1:k:AAAA",
            "boreal2:k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "boreal1:k:!!",
        ]
    )
    func malformed(text: String) {
        let error = #expect(throws: RemoteModelError.self) { try SealedSecret(text: text) }
        #expect(error?.code == .config)
    }

    @Test(
        "a master key is 32 bytes in base64",
        arguments: ["", "AAAA", "not base64!", String(repeating: "A", count: 64)]
    )
    func badKeys(text: String) {
        let error = #expect(throws: RemoteModelError.self) { try MasterKey(base64: text) }
        #expect(error?.code == .config)
        #expect(error.map { text.isEmpty || !$0.text.contains(text) } == true)
    }

    @Test("a secret beyond measure is refused")
    func tooLong() throws {
        let key = try MasterKey.random()
        let long = String(repeating: "x", count: SealedSecret.secretBytesMax + 1)
        #expect(throws: RemoteModelError.self) {
            try SealedSecret(Self.secret(long), model: "m", field: "f", key: key)
        }
    }
}
