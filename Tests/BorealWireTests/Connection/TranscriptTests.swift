import BorealWire
import Foundation
import Testing

@Suite struct TranscriptTests {
    private static let key: RSAKeyPair? = try? RSAKeyPair(
        privateKeyPEM: Fixture.bytes("transcripts", "rsa-test-key.pem")
    )  // Without the key the RSA transcripts fail, which tells enough.

    @Test("there are transcripts") func thereAreTranscripts() {
        #expect(Transcript.all.count >= 50)
    }

    @Test("the server answers each conversation as the protocol says", arguments: Transcript.all)
    func replay(name: String) throws {
        try replay(name) { [$0] }
    }

    @Test("no answer depends on how the bytes arrive", arguments: Transcript.all)
    func replayByteByByte(name: String) throws {
        try replay(name) { bytes in bytes.map { [$0] } }
    }

    @Test("bytes of several packets may come at once", arguments: Transcript.all)
    func replayInRandomPieces(name: String) throws {
        var generator = SeededGenerator(state: 1)
        try replay(name) { bytes in
            var pieces: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...rest.count, using: &generator)
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            return pieces
        }
    }

    /// Feeds each run of client lines, cut by `cut`, and compares the run of server lines that
    /// follows.
    private func replay(_ name: String, cut: ([UInt8]) -> [[UInt8]]) throws {
        let transcript = try Transcript(name)
        var driver = ScriptedDriver(
            transcript.configuration(),
            accounts: try transcript.accounts(),
            key: Self.key
        )
        var pending: [UInt8] = []
        var written: [UInt8] = []
        for line in transcript.lines {
            switch line {
            case .client(let bytes): pending += bytes
            case .server(let expected, let meaning):
                for piece in cut(pending) { try driver.receive(piece) }
                pending = []
                written += driver.written()
                let got = written.prefix(expected.count)
                #expect(hexText(got) == hexText(expected), "\(meaning)")
                written.removeFirst(got.count)
            }
        }
        #expect(written.isEmpty, "more was written than expected: \(hexText(written))")
        for piece in cut(pending) { try driver.receive(piece) }
        #expect(driver.written().isEmpty)
        #expect(driver.end == transcript.end)
    }
}
