import BorealBase
import Testing

@testable import BorealWire

@Suite struct ServerConversationTests {
    private static let anna = ["anna": AccountCredentials(isPasswordEmpty: true)]

    private static func configuration() -> ServerConversation.Configuration {
        ServerConversation.Configuration(
            connectionID: 7,
            serverVersion: "8.0.36-boreal",
            nonce: Array(0x41..<0x41 + 20),
            isSecureChannel: false
        )
    }

    /// The client's half of the shortest login.
    private static let login: [UInt8] = {
        var output = ByteBuffer()
        var packets = PacketWriter(sequenceID: 1)
        let flags: CapabilityFlags = [.protocol41, .secureConnection, .pluginAuth, .localFiles]
        packets.packet(&output) {
            $0.append(littleEndian: UInt64(flags.rawValue), bytes: 4)
            $0.append(zeros: 28)
            $0.append(nulTerminated: "anna")
            $0.append(0)
            $0.append(nulTerminated: "caching_sha2_password")
        }
        return output.bytes
    }()

    private func loggedIn() throws -> ScriptedDriver {
        var driver = ScriptedDriver(Self.configuration(), accounts: Self.anna)
        try driver.receive(Self.login)
        _ = driver.written()
        return driver
    }

    private func command(_ payload: [UInt8]) -> [UInt8] {
        [
            UInt8(payload.count & 255), UInt8(payload.count >> 8 & 255), UInt8(payload.count >> 16),
            0,
        ] + payload
    }

    @Test("the login tells the driver who comes")
    func loginAction() throws {
        let driver = try loggedIn()
        guard case .lookUpAccount(let login) = driver.actions.first else {
            Issue.record("the first action is no look-up")
            return
        }
        #expect(login.userName == "anna" && login.database == nil && !login.isUserChange)
        #expect(login.capabilities == [.protocol41, .secureConnection, .pluginAuth, .localFiles])
        #expect(driver.actions.last == .authenticated(login))
        #expect(driver.conversation.isAuthenticated && driver.conversation.isIdle)
    }

    /// Packets of a client's file; the first has number 2.
    private func file(_ parts: [[UInt8]]) -> [UInt8] {
        parts.enumerated().flatMap { index, part in
            var packet = command(part)
            packet[3] = UInt8(truncatingIfNeeded: index + 2)
            return packet
        }
    }

    /// A conversation that has asked for a file.
    private func askingForFile() throws -> ServerConversation {
        var driver = try loggedIn()
        command(Array("\u{3}LOAD".utf8)).withUnsafeBytes { driver.conversation.receive($0) }
        var output = ByteBuffer()
        #expect(driver.conversation.poll(into: &output) == .query(Array("LOAD".utf8)))
        driver.conversation.complete(.requestLocalInfile(fileName: "f"))
        #expect(driver.conversation.poll(into: &output) == nil)
        return driver.conversation
    }

    @Test("what came of a file is handed on together, up to a bound; its end comes by itself")
    func fileParts() throws {
        var conversation = try askingForFile()
        var output = ByteBuffer()
        let parts = (0..<300).map { [UInt8](repeating: UInt8($0 & 255), count: 1_000) }
        file(parts + [[]]).withUnsafeBytes { conversation.receive($0) }
        var received: [[UInt8]] = []
        while case .localInfileData(let bytes)? = conversation.poll(into: &output) {
            received.append(bytes)
            if received.count == 2 { break }
            conversation.complete(.localInfileConsumed)
        }
        #expect(received.map(\.count) == [263_000, 37_000])
        #expect(received.flatMap(\.self) == parts.flatMap(\.self))
        conversation.complete(.localInfileConsumed)
        #expect(conversation.poll(into: &output) == .localInfileEnd)
        conversation.complete(.ok(OKPacket()))
        #expect(conversation.poll(into: &output) == nil)
        // The answer goes on behind the 301 packets of the client.
        #expect(output.bytes[3] == UInt8((2 + 301) & 255) && conversation.isIdle)
    }

    @Test(
        "an error in a part that had the end with it is told at once, else when the end comes",
        arguments: [true, false]
    )
    func fileRefused(hasEnd: Bool) throws {
        var conversation = try askingForFile()
        var output = ByteBuffer()
        let wire = file([[1], [2], []])
        wire.dropLast(hasEnd ? 0 : 4).withUnsafeBytes { conversation.receive($0) }
        #expect(conversation.poll(into: &output) == .localInfileData([1, 2]))
        conversation.complete(.error(ServerError(.diskFull, "full")))
        #expect(conversation.poll(into: &output) == nil)
        #expect(output.isEmpty != hasEnd)
        if !hasEnd {
            wire.suffix(4).withUnsafeBytes { conversation.receive($0) }
            #expect(conversation.poll(into: &output) == nil)
        }
        #expect(output.bytes[3] == 5 && output.bytes[4] == 0xFF && conversation.isIdle)
    }

    @Test("commands behind a running one wait, and reading stops at a bound")
    func pipelining() throws {
        var conversation = try loggedIn().conversation
        var output = ByteBuffer()
        let ping = command([0x0e])
        command([0x03, 0x31]).withUnsafeBytes { conversation.receive($0) }
        #expect(conversation.poll(into: &output) == .query([0x31]))
        #expect(conversation.wantsInput)
        let many = [UInt8](
            (0..<WireLimits.pipelinedBytesMax / ping.count + 1).map { _ in ping }.joined()
        )
        many.withUnsafeBytes { conversation.receive($0) }
        #expect(conversation.poll(into: &output) == nil)
        #expect(output.isEmpty && !conversation.wantsInput && !conversation.isIdle)
        conversation.complete(.commandDone(nextSequenceID: 1))
        #expect(conversation.poll(into: &output) == nil)
        while conversation.isHeldBack {
            #expect(!conversation.wantsInput || many.count < WireLimits.pipelinedBytesMax * 2)
            conversation.resume()
            #expect(conversation.poll(into: &output) == nil)
        }
        // Eleven bytes of OK for each five of ping.
        #expect(output.count == many.count / ping.count * 11)
        #expect(conversation.wantsInput && conversation.isIdle)
    }

    @Test("a driver that reads on regardless loses the connection, not the memory")
    func overflow() throws {
        var conversation = try loggedIn().conversation
        var output = ByteBuffer()
        command([0x03, 0x31]).withUnsafeBytes { conversation.receive($0) }
        _ = conversation.poll(into: &output)
        let flood = [UInt8](repeating: 0, count: 1 << 20)
        for _ in 0..<4 { flood.withUnsafeBytes { conversation.receive($0) } }
        guard case .close(.packetTooLarge) = conversation.poll(into: &output) else {
            Issue.record("the connection went on")
            return
        }
        #expect(conversation.poll(into: &output) == nil)
        conversation.complete(.ok(OKPacket()))
        #expect(conversation.poll(into: &output) == nil)
    }

    @Test("a conversation is a value: a copy goes its own way")
    func value() throws {
        var first = try loggedIn().conversation
        var second = first
        var output = ByteBuffer()
        command([0x0e]).withUnsafeBytes { first.receive($0) }
        _ = first.poll(into: &output)
        #expect(output.count == 11)
        var other = ByteBuffer()
        #expect(second.poll(into: &other) == nil && other.isEmpty)
        command([0x01]).withUnsafeBytes { second.receive($0) }
        #expect(second.poll(into: &other) == .quit)
    }

    @Test("a query of 17 MiB arrives in one piece")
    func largeQuery() throws {
        var conversation = try loggedIn().conversation
        var output = ByteBuffer()
        var packets = PacketWriter(sequenceID: 0)
        var input = ByteBuffer()
        let text = [UInt8](repeating: 0x20, count: 17 << 20)
        packets.packet(&input) {
            $0.append(0x03)
            $0.append(contentsOf: text)
        }
        input.withUnsafeBytes { conversation.receive($0) }
        #expect(conversation.poll(into: &output) == .query(text))
        #expect(conversation.responseWriter().sequenceID == 2)
    }

    @Test("a client turned away at once gets an ERR with sequence id 0")
    func refused() {
        var output = ByteBuffer()
        ServerConversation.refuse(
            ServerError(.tooManyConnections, "Too many connections"),
            into: &output
        )
        #expect(
            hexText(output.bytes) == "1d000000ff1004" + hexText("#08004Too many connections".utf8)
        )
    }

    @Test("without an RSA key the full exchange over plain TCP is denied")
    func noKey() throws {
        var driver = ScriptedDriver(Self.configuration())
        var output = ByteBuffer()
        var packets = PacketWriter(sequenceID: 1)
        packets.packet(&output) {
            $0.append(contentsOf: Self.login[4..<36])
            $0.append(nulTerminated: "eva")
            $0.append(contentsOf: [3, 1, 2, 3])
            $0.append(nulTerminated: "caching_sha2_password")
        }
        try driver.receive(output.bytes)
        try driver.receive(hex("0100000302"))
        #expect(driver.end == "closed")
        #expect(driver.actions.contains(.rsaKeyNeeded))
        #expect(!driver.conversation.isAuthenticated)
    }

    @Test("an error of the wire is told by its number")
    func errors() {
        #expect(WireError.unknownCommand(9).serverError.code == .unknownCommand)
        let denied = WireError.accessDenied(user: "u", host: "h", isPasswordUsed: false)
        #expect(denied.serverError.message == "Access denied for user 'u'@'h' (using password: NO)")
    }

    @Test("an idle client that is sent away reads the error as its next answer")
    func endIdle() throws {
        var conversation = try loggedIn().conversation
        var output = ByteBuffer()
        conversation.end(with: ServerError(.serverShutdown, "bye"), into: &output)
        #expect(hexText(output.bytes) == "0c000001ff1d04" + hexText("#08S01bye".utf8))
        command([0x0e]).withUnsafeBytes { conversation.receive($0) }
        #expect(conversation.poll(into: &output) == nil && !conversation.wantsInput)
    }

    @Test("an error never lands in the middle of a running command's rows")
    func endRunning() throws {
        var conversation = try loggedIn().conversation
        var output = ByteBuffer()
        command([0x03, 0x31]).withUnsafeBytes { conversation.receive($0) }
        _ = conversation.poll(into: &output)
        conversation.end(with: ServerError(.serverShutdown, "bye"), into: &output)
        #expect(output.isEmpty)
    }
}
