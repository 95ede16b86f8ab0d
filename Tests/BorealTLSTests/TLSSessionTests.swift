import BorealBase
import BorealTLS
import COpenSSL
import Foundation
import Testing

@Suite struct TLSSessionTests {
    private let identity: Identity
    private let context: TLSContext

    init() throws {
        identity = try Identity()
        context = try TLSContext(identity.configuration)
    }

    @Test(
        "a handshake ends in plain bytes both ways, however its bytes arrive",
        arguments: [(TLS1_2_VERSION, "TLSv1.2"), (TLS1_3_VERSION, "TLSv1.3")],
        [1, 7, 1 << 16]
    )
    func bothWays(_ version: (Int32, String), _ size: Int) throws {
        let authority = identity.configuration.certificateFile
        let client = try TLSClient(version: version.0, authority: authority)
        let server = try TLSSession(context)
        let peer = try #require(try connect(client, server, size: size))
        #expect(peer.version == version.1)
        #expect(peer.cipher.contains("GCM") || peer.cipher.contains("CHACHA20"))
        #expect(peer.certificate == nil && !peer.isResumed)
        let question = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try server.decrypted(client.encrypt(question)) == question)
        #expect(client.decrypt(try server.encrypted(question)) == question)
    }

    @Test("records may be cut anywhere")
    func cutRecords() throws {
        let client = try TLSClient()
        let server = try TLSSession(context)
        _ = try connect(client, server)
        let text = Array(repeating: UInt8(ascii: "x"), count: 40_000)
        let wire = client.encrypt(text)
        var plain: [UInt8] = []
        var rest = wire[...]
        while !rest.isEmpty {
            plain += try server.decrypted(Array(rest.prefix(999)))
            rest = rest.dropFirst(999)
        }
        #expect(plain == text)
    }

    @Test("bytes behind the client's last flight are kept for the filter")
    func earlyBytes() throws {
        let client = try TLSClient(version: TLS1_3_VERSION)
        let server = try TLSSession(context)
        let (_, flight) = server.answer(try client.handshake([]))
        let finished = try client.handshake(flight)
        let early = client.encrypt(Array("early".utf8))
        guard case .finished(_, let rest) = server.answer(finished + early).0 else {
            Issue.record("the handshake did not finish")
            return
        }
        #expect(try server.decrypted(rest) == Array("early".utf8))
    }

    @Test("a ticket saves the next handshake")
    func resumption() throws {
        let first = try TLSClient(version: TLS1_3_VERSION)
        _ = try connect(first, try TLSSession(context))
        let session = try #require(first.session)
        defer { SSL_SESSION_free(session) }
        let second = try TLSClient(version: TLS1_3_VERSION, session: session)
        let peer = try #require(try connect(second, try TLSSession(context)))
        #expect(peer.isResumed && second.isResumed)
        #expect(context.counts.finishedAccepts == 2)
    }

    @Test(
        "what is no TLS fails and says so to the client",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", "http request"),
            ("\u{3}SELECT 1 and more", "wrong version number"),
            ("\u{17}\u{3}\u{3}\u{0}\u{5}hello", "unexpected message"),
        ]
    )
    func garbage(_ text: String, _ reason: String) throws {
        let server = try TLSSession(context)
        let (progress, wire) = server.answer(Array(text.utf8))
        guard case .failed(.handshakeFailed(let why)) = progress else {
            Issue.record("\(progress)")
            return
        }
        #expect(why.contains(reason), "\(why)")
        // An alert record, if OpenSSL has one for it.
        #expect(wire.isEmpty || wire.first == 21)
    }

    @Test("a version below 1.2 is refused")
    func oldVersion() throws {
        let client = try TLSClient(version: TLS1_1_VERSION)
        let hello = (try? client.handshake([])) ?? []
        guard !hello.isEmpty else { return }  // This OpenSSL's client cannot even ask.
        guard case .failed = try TLSSession(context).answer(hello).0 else {
            Issue.record("TLS 1.1 was accepted")
            return
        }
    }

    @Test("a changed byte is an error, the end of the stream is not")
    func brokenRecord() throws {
        let client = try TLSClient()
        let server = try TLSSession(context)
        _ = try connect(client, server)
        var wire = client.encrypt(Array("hello".utf8))
        wire[wire.count - 1] ^= 1
        #expect(throws: TLSError.self) { try server.decrypted(wire) }

        let other = try TLSClient()
        let open = try TLSSession(context)
        _ = try connect(other, open)
        var plain = ByteBuffer()
        var answer = ByteBuffer()
        let goodbye = other.goodbye()
        let goesOn = try goodbye.withUnsafeBytes {
            try open.decode($0, plain: &plain, wire: &answer)
        }
        #expect(!goesOn && plain.isEmpty)
    }

    @Test("a peer may change its keys, but not for ever", arguments: [false, true])
    func keyUpdates(asksForOne: Bool) throws {
        let client = try TLSClient(version: TLS1_3_VERSION)
        let server = try TLSSession(context)
        _ = try connect(client, server)
        let text = Array("text".utf8)
        for _ in 0..<3 {
            let updates = (0..<Limits.keyUpdatesMax).flatMap { _ in
                client.keyUpdate(asksForOne: asksForOne)
            }
            var (plain, wire) = (ByteBuffer(), ByteBuffer())
            _ = try (updates + client.encrypt(text)).withUnsafeBytes {
                try server.decode($0, plain: &plain, wire: &wire)
            }
            #expect(plain.bytes == text)
            #expect(client.decrypt(wire.bytes + (try server.encrypted(text))) == text)
        }
        let flood = (0..<10_000).flatMap { _ in client.keyUpdate(asksForOne: asksForOne) }
        var wire = ByteBuffer()
        var plain = ByteBuffer()
        #expect(throws: TLSError.broken(reason: "the peer changes keys and sends nothing")) {
            try flood.withUnsafeBytes { try server.decode($0, plain: &plain, wire: &wire) }
        }
        // It answered a few of them at most.
        #expect(wire.count < 4_096)
    }

    @Test("a client certificate that does not verify ends the handshake, none at all does not")
    func clientCertificates() throws {
        var configuration = identity.configuration
        configuration.authorityFile = configuration.certificateFile
        let asking = try TLSContext(configuration)
        let bare = try TLSClient(version: TLS1_3_VERSION)
        #expect(try connect(bare, try TLSSession(asking))?.certificate == nil)
        // Signed by nobody the server knows, and not made for clients.
        let other = try Identity()
        let stranger = try TLSClient(version: TLS1_3_VERSION, identity: other.configuration)
        do {
            _ = try connect(stranger, try TLSSession(asking))
            Issue.record("a stranger's certificate was accepted")
        } catch TLSError.handshakeFailed(let reason) {
            #expect(reason.contains("certificate verify failed"))
        }
    }
}
