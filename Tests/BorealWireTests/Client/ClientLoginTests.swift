import BorealBase
import Testing

@testable import BorealWire

/// A client's way in, against our own server.
@Suite struct ClientLoginTests {
    private static let password = "secret"

    private func login(
        _ configuration: ClientConversation.Configuration,
        _ account: AccountCredentials,
        serverHas extra: CapabilityFlags = []
    ) throws -> [String] {
        var pair = WirePair(configuration, account: account, serverHas: extra)
        try pair.run()
        return pair.told
    }

    private static func fastAccount() throws -> AccountCredentials {
        var account = try AccountCredentials(password: password, plugin: .cachingSHA2Password)
        let once = try MessageDigest.digest(.sha256, Array(password.utf8))
        account.fastHash = try MessageDigest.digest(.sha256, once)
        return account
    }

    @Test("an account of each plugin is opened, by the switch that the server asks for")
    func plugins() throws {
        var secure = ClientConversation.Configuration.anna()
        secure.isSecureChannel = true
        let native = try AccountCredentials(password: Self.password, plugin: .nativePassword)
        let sha2 = try AccountCredentials(password: Self.password, plugin: .cachingSHA2Password)
        #expect(try login(.anna(), native) == ["loggedIn"])
        #expect(try login(.anna(), Self.fastAccount()) == ["loggedIn"])
        #expect(try login(secure, sha2) == ["loggedIn"])
        #expect(try login(.anna(""), AccountCredentials(password: "")) == ["loggedIn"])
    }

    @Test("the password itself travels inside TLS or under a key that is believed, else not at all")
    func fullPath() throws {
        let account = try AccountCredentials(password: Self.password, plugin: .cachingSHA2Password)
        let refusal = WireError.passwordNotSafe(plugin: "caching_sha2_password")
        #expect(try login(.anna(), account) == ["failed: \(refusal)"])
        #expect(
            try login(.anna(), account, serverHas: .ssl) == ["startTLS", "loggedIn"]
        )
        var believing = ClientConversation.Configuration.anna()
        believing.believesPublicKey = true
        #expect(try login(believing, account) == ["loggedIn"])
    }

    @Test("TLS is begun when it is offered or demanded, and its lack is an error when demanded")
    func demands() throws {
        let account = try AccountCredentials(password: Self.password, plugin: .nativePassword)
        var configuration = ClientConversation.Configuration.anna()
        configuration.tls = .never
        #expect(try login(configuration, account, serverHas: .ssl) == ["loggedIn"])
        configuration.tls = .always
        #expect(try login(configuration, account, serverHas: .ssl) == ["startTLS", "loggedIn"])
        #expect(try login(configuration, account) == ["failed: \(WireError.tlsNotOffered)"])
    }

    @Test("a wrong password and an unknown database come back as the server's own errors")
    func refusals() throws {
        let account = try AccountCredentials(password: "other", plugin: .nativePassword)
        let told = try login(.anna(), account)
        #expect(told.count == 1)
        #expect(told.first?.contains("Access denied for user 'anna'@'localhost'") == true)
        var configuration = ClientConversation.Configuration.anna("other")
        configuration.database = "nodb"
        #expect(try login(configuration, account).first?.contains("Unknown database") == true)
        #expect(WireError.refused(ServerError(.accessDenied, "x")).clientError(of: "h").number > 0)
    }

    @Test("a change of user begins anew, with the last challenge or one that the server sends")
    func changeOfUser() throws {
        let native = try AccountCredentials(password: Self.password, plugin: .nativePassword)
        for account in [native, try Self.fastAccount()] {
            var pair = WirePair(.anna(), account: account)
            try pair.run()
            let told = try pair.ask {
                $0.beginAnew(database: "shop", collation: .utf8mb4Binary, into: &$1)
            }
            #expect(told == ["loggedIn"])
            #expect(try pair.ask { $0.ping(into: &$1) } == ["ok ."])
        }
    }

    @Test("no description of a configuration shows the password")
    func passwordIsHidden() {
        let configuration = ClientConversation.Configuration.anna("h1dden")
        var dumped = ""
        dump(configuration, to: &dumped)
        dump(ClientConversation(configuration), to: &dumped)
        #expect(!"\(configuration)\(String(reflecting: configuration))\(dumped)".contains("h1dden"))
    }
}

/// A server that means no good, or is none.
@Suite struct HostileServerTests {
    /// The client's events for bytes of a server, one packet an array with the given number.
    private func events(
        _ packets: [(UInt8, [UInt8])],
        _ configuration: ClientConversation.Configuration = .anna()
    ) -> [ClientConversation.Event] {
        var client = ClientConversation(configuration)
        var output = ByteBuffer()
        var events: [ClientConversation.Event] = []
        for (number, payload) in packets {
            let header = [
                UInt8(payload.count & 255), UInt8(payload.count >> 8 & 255),
                UInt8(payload.count >> 16), number,
            ]
            (header + payload).withUnsafeBytes { client.receive($0) }
            while let event = client.poll(into: &output) { events.append(event) }
        }
        return events
    }

    private func greeting(
        plugin: String = "mysql_native_password",
        capabilities: CapabilityFlags = .offered
    ) -> [UInt8] {
        var output = ByteBuffer()
        HandshakeV10(
            serverVersion: "10.11.19-MariaDB",
            connectionID: 3,
            nonce: Array(0x41..<0x41 + 20),
            capabilities: capabilities,
            collation: .utf8mb4GeneralCI,
            status: .autocommit,
            authPlugin: plugin
        ).encode(into: &output)
        return output.bytes
    }

    private let ok: [UInt8] = [0, 0, 0, 2, 0, 0, 0]

    @Test("a greeting cut anywhere is an error and never a crash")
    func truncatedGreeting() {
        let whole = greeting()
        for count in 0..<whole.count - 22 {
            guard case .failed = events([(0, Array(whole[..<count]))]).last else {
                Issue.record("a greeting of \(count) bytes was accepted")
                continue
            }
        }
    }

    @Test("what a server may not do ends the conversation with an error that says what it was")
    func misbehaviour() {
        let switchTo: (String) -> [UInt8] = { [0xfe] + Array($0.utf8) + [0] }
        let challenge = Array(repeating: UInt8(0x42), count: 20)
        let cases: [([(UInt8, [UInt8])], WireError)] = [
            ([(0, [9, 0])], .protocolTooOld),
            ([(0, greeting(capabilities: [.protocol41]))], .protocolTooOld),
            (
                [(0, greeting()), (2, switchTo("client_ed25519") + challenge)],
                .unknownAuthPlugin("client_ed25519")
            ),
            ([(0, greeting()), (2, [0xfe])], .unknownAuthPlugin("mysql_old_password")),
            (
                [(0, greeting()), (2, switchTo("mysql_clear_password"))],
                .passwordNotSafe(plugin: "mysql_clear_password")
            ),
            (
                [(0, greeting()), (2, switchTo("mysql_native_password") + [1, 2])],
                .malformed(packet: "AuthSwitchRequest", field: "plugin provided data")
            ),
            (
                [(0, greeting()), (2, [1, 4])],
                .unexpectedPacket("more of a plugin that has no more")
            ),
            ([(0, greeting()), (9, ok)], .packetsOutOfOrder(expected: 2, received: 9)),
            (
                [(0, greeting()), (2, ok), (0, ok)],
                .unexpectedPacket("a packet that nobody asked for")
            ),
        ]
        for (packets, error) in cases {
            #expect(events(packets).last == .failed(error))
        }
    }

    @Test("an error in place of the greeting, or out of the blue, is the server's own")
    func errors() {
        let early: [UInt8] = [0xff, 0x10, 0x04] + Array("Too many connections".utf8)
        let late: [UInt8] = [0xff, 0x87, 0x07] + Array("#70100Connection was killed".utf8)
        guard case .failed(.refused(let first)) = events([(0, early)]).last,
            case .failed(.refused(let second)) = events([(0, greeting()), (2, ok), (0, late)]).last
        else {
            Issue.record("the errors did not arrive")
            return
        }
        #expect(first.description == "ERROR 1040 (HY000): Too many connections")
        #expect(second.description == "ERROR 1927 (70100): Connection was killed")
    }

    @Test("a login that switches for ever is ended, and a huge packet refused at its header")
    func bounds() {
        let challenge = Array(repeating: UInt8(0x42), count: 20)
        var packets: [(UInt8, [UInt8])] = [(0, greeting())]
        for turn in 0..<40 {
            let request = [0xfe] + Array("mysql_native_password".utf8) + [0] + challenge
            packets.append((UInt8(2 + 2 * turn), request))
        }
        #expect(events(packets).last == .failed(.unexpectedPacket("a login that does not end")))
        var client = ClientConversation(.anna())
        var output = ByteBuffer()
        let header: [UInt8] = [0xff, 0xff, 0xff, 0]
        header.withUnsafeBytes { client.receive($0) }
        let limit = WireLimits.loginPacketBytesMax
        #expect(
            client.poll(into: &output)
                == .failed(.packetTooLarge(bytes: 0xff_ffff, limit: limit))
        )
    }

    @Test("bytes in front of the TLS handshake are refused, as they would count as inside")
    func injection() {
        var client = ClientConversation(.anna())
        var output = ByteBuffer()
        let payload = greeting(capabilities: .offered.union(.ssl))
        let packet = [UInt8(payload.count), 0, 0, 0] + payload + [7, 0, 0, 2] + ok
        packet.withUnsafeBytes { client.receive($0) }
        #expect(
            client.poll(into: &output)
                == .failed(.unexpectedPacket("bytes in front of the TLS handshake"))
        )
        #expect(client.poll(into: &output) == nil && client.isClosed)
    }

    @Test("answers with flipped bytes end in an event, never in a crash")
    func fuzz() throws {
        var generator = SeededGenerator(state: 9)
        var pair = WirePair(.anna(), account: try AccountCredentials(password: "secret"))
        let answer = pair.server.written() + [7, 0, 0, 2] + ok
        for _ in 0..<2_000 {
            var bytes = answer
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
                    UInt8.random(in: 0...255, using: &generator)
            }
            var client = ClientConversation(.anna())
            var output = ByteBuffer()
            bytes.withUnsafeBytes { client.receive($0) }
            while let event = client.poll(into: &output) {
                if case .failed = event { #expect(client.isClosed) }
            }
            #expect(output.count < 4_096)
        }
    }
}
