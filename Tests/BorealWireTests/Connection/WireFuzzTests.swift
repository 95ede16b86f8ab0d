import BorealBase
import Testing

@testable import BorealWire

@Suite struct WireFuzzTests {
    private static let key: RSAKeyPair? = try? RSAKeyPair(
        privateKeyPEM: Fixture.bytes("transcripts", "rsa-test-key.pem")
    )  // Without the key the transcripts fail, which tells enough.

    /// Feeds bytes, and checks that the machine still makes sense.
    private func feed(_ bytes: [UInt8], to driver: inout ScriptedDriver) throws {
        try driver.receive(bytes)
        #expect(driver.end.isEmpty || driver.conversation.poll(into: &driver.output) == nil)
        #expect(driver.output.count < 64 << 20)
        _ = driver.written()
    }

    @Test("transcripts with flipped bytes end in an answer or an error, never in a crash")
    func mutated() throws {
        var generator = SeededGenerator(state: 3)
        for name in Transcript.all {
            let transcript = try Transcript(name)
            let accounts = try transcript.accounts()
            for _ in 0..<12 {
                var driver = ScriptedDriver(
                    transcript.configuration(),
                    accounts: accounts,
                    key: Self.key
                )
                for case .client(var bytes) in transcript.lines {
                    for _ in 0..<Int.random(in: 0...2, using: &generator) {
                        let place = Int.random(in: 0..<bytes.count, using: &generator)
                        bytes[place] = UInt8.random(in: 0...255, using: &generator)
                    }
                    try feed(bytes, to: &driver)
                }
            }
        }
    }

    @Test("a login cut anywhere, with its length corrected, is refused or read")
    func truncatedLogin() throws {
        let transcript = try Transcript("native-login.txt")
        guard case .client(let bytes) = transcript.lines[1] else { return }
        for count in 0..<bytes.count - 4 {
            var driver = ScriptedDriver(transcript.configuration())
            let header = [UInt8(count & 255), UInt8(count >> 8), 0, 1]
            try feed(header + bytes[4..<4 + count], to: &driver)
            // A strange user: whatever was read, the end is no session.
            #expect(!driver.conversation.isAuthenticated)
        }
    }

    @Test("random commands get exactly one answer each, or end the connection")
    func randomCommands() throws {
        var generator = SeededGenerator(state: 5)
        let transcript = try Transcript("ping.txt")
        for _ in 0..<200 {
            var driver = ScriptedDriver(
                transcript.configuration(),
                accounts: try transcript.accounts(),
                key: Self.key
            )
            guard case .client(let login) = transcript.lines[1] else { return }
            try feed(login, to: &driver)
            for _ in 0..<20 where driver.end.isEmpty {
                let count = Int.random(in: 0...40, using: &generator)
                var payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                if count > 0 { payload[0] = UInt8.random(in: 0...0x20, using: &generator) }
                try feed([UInt8(count), 0, 0, 0] + payload, to: &driver)
            }
        }
    }

    @Test("noise from the first byte on")
    func noise() throws {
        var generator = SeededGenerator(state: 11)
        let transcript = try Transcript("ping.txt")
        for _ in 0..<500 {
            var driver = ScriptedDriver(transcript.configuration(), key: Self.key)
            let bytes = (0..<300).map { _ in UInt8.random(in: 0...255, using: &generator) }
            try feed(bytes, to: &driver)
            #expect(!driver.conversation.isAuthenticated)
        }
    }
}
