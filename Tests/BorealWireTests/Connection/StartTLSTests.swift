import BorealBase
import BorealWire
import Testing

/// The place in a conversation where TLS begins.
@Suite struct StartTLSTests {
    /// `client_flag` with and without CLIENT_SSL, then a large packet, utf8mb4 and the filler.
    private func request(ssl: Bool = true) -> [UInt8] {
        let flags: [UInt8] = [0x8D, ssl ? 0xAA : 0xA2, 0xBF, 0]
        return [32, 0, 0, 1] + flags + [0, 0, 0, 1, 45] + Array(repeating: 0, count: 23)
    }

    private func conversation(offersTLS: Bool = true) -> ServerConversation {
        var configuration = ServerConversation.Configuration(
            connectionID: 7,
            serverVersion: "8.0.36-boreal",
            nonce: Array(0x41..<0x41 + 20),
            isSecureChannel: false
        )
        if offersTLS { configuration.capabilities.insert(.ssl) }
        return ServerConversation(configuration)
    }

    private func actions(
        _ conversation: inout ServerConversation,
        _ bytes: [UInt8]
    ) -> [ServerConversation.Action] {
        var output = ByteBuffer()
        bytes.withUnsafeBytes { conversation.receive($0) }
        var actions: [ServerConversation.Action] = []
        while let action = conversation.poll(into: &output) { actions.append(action) }
        return actions
    }

    private func started(_ conversation: inout ServerConversation) {
        var output = ByteBuffer()
        conversation.start(into: &output)
    }

    @Test("what comes behind the request belongs to the handshake")
    func earlyBytes() {
        var machine = conversation()
        started(&machine)
        let hello: [UInt8] = [0x16, 3, 1, 0, 5, 1, 2]
        #expect(actions(&machine, request() + hello) == [.startTLS(received: hello)])
        #expect(!machine.isSecureChannel && !machine.isAuthenticated)
    }

    @Test("a login in clear behind the request does not count as one")
    func injected() {
        var machine = conversation()
        started(&machine)
        let login: [UInt8] = [1, 0, 0, 2, 0x0E]
        #expect(actions(&machine, request() + login) == [.startTLS(received: login)])
        machine.complete(.tlsStarted)
        #expect(actions(&machine, []).isEmpty)
        #expect(machine.isSecureChannel)
    }

    @Test("without the flag, or without the offer, it is a login that ends too early")
    func noRequest() {
        var plain = conversation()
        started(&plain)
        let error = WireError.truncated(packet: "HandshakeResponse41", field: "username")
        #expect(actions(&plain, request(ssl: false)) == [.close(error)])
        var unable = conversation(offersTLS: false)
        started(&unable)
        #expect(actions(&unable, request()) == [.close(error)])
    }

    @Test("nothing is read while the handshake runs")
    func waits() {
        var machine = conversation()
        started(&machine)
        _ = actions(&machine, request())
        #expect(actions(&machine, [1, 0, 0, 2, 0x0E]).isEmpty)
        #expect(!machine.isIdle)
    }
}
