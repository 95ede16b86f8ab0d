import BorealBase

@testable import BorealWire

/// Our client and our server, joined without a socket: what one writes the other reads at once.
struct WirePair {
    var client: ClientConversation
    var server: ScriptedDriver
    /// What the client told, in order, rows and errors with what is in them.
    var told: [String] = []
    /// Sent when the server asks for a file, in parts.
    var file: [[UInt8]] = []
    private var output = ByteBuffer()

    /// The key of the transcripts; without it those tests fail, which tells enough.
    static let key: RSAKeyPair? = try? RSAKeyPair(
        privateKeyPEM: Fixture.bytes("transcripts", "rsa-test-key.pem")
    )

    init(
        _ client: ClientConversation.Configuration,
        account: AccountCredentials,
        serverHas extra: CapabilityFlags = []
    ) {
        var configuration = ServerConversation.Configuration(
            connectionID: 7,
            serverVersion: "8.0.36-boreal",
            nonce: Array(0x41..<0x41 + 20),
            isSecureChannel: client.isSecureChannel
        )
        configuration.capabilities.formUnion(extra)
        self.client = ClientConversation(client)
        server = ScriptedDriver(configuration, accounts: ["anna": account], key: Self.key)
    }

    /// Carries bytes both ways until nobody has more to say.
    mutating func run() throws {
        while true {
            let toClient = server.written()
            toClient.withUnsafeBytes { client.receive($0) }
            drain()
            let toServer = output.bytes
            output.consume(toServer.count)
            guard !toClient.isEmpty || !toServer.isEmpty else { return }
            try server.receive(toServer)
        }
    }

    private mutating func drain() {
        while let event = client.poll(into: &output) {
            switch event {
            case .startTLS:
                told.append("startTLS")
                client.tlsStarted(into: &output)
            case .unpack(let frame): client.unpacked((try? frame.unpacked()) ?? [])
            case .loggedIn: told.append("loggedIn")
            case .packet(let packet, let isLast):
                told.append(describe(packet) + (isLast ? "." : ""))
                if packet == .localInfile { sendFile() }
            case .failed(let error): told.append("failed: \(error)")
            }
        }
    }

    private mutating func sendFile() {
        for part in file { part.withUnsafeBytes { client.sendFile($0, into: &output) } }
        client.sendFile(UnsafeRawBufferPointer(start: nil, count: 0), into: &output)
    }

    private func describe(_ packet: AnswerPacket) -> String {
        let capabilities = client.capabilities
        let text = try? client.withPacket { payload throws(WireError) in
            switch packet {
            case .error: try ERRPacket(decoding: payload).error.description
            case .ok:
                "ok \(try OKPacket(decoding: payload, capabilities: capabilities).info)"
            case .definition: try ColumnDefinition41(decoding: payload).name
            case .row, .line:
                String(
                    decoding: payload.filter { $0 >= 0x20 && $0 < 0x7f },
                    as: UTF8.self
                )
            default: "\(packet)"
            }
        }
        return text ?? "unreadable \(packet)"
    }

    /// Sends a command and tells what came of it.
    mutating func ask(
        _ command: (inout ClientConversation, inout ByteBuffer) -> Void
    ) throws -> [String] {
        told = []
        command(&client, &output)
        try run()
        return told
    }
}

extension ClientConversation.Configuration {
    /// The account of these tests.
    static func anna(_ password: String = "secret") -> ClientConversation.Configuration {
        ClientConversation.Configuration(userName: "anna", password: ClientPassword(password))
    }
}
