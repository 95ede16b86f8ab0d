import BorealBase
import CZlib
import Testing

@testable import BorealWire

/// Conversations in compressed frames, by a driver that does everything at once.
@Suite struct CompressedConversationTests {
    private static let flags: CapabilityFlags = [
        .protocol41, .secureConnection, .pluginAuth, .localFiles,
    ]

    private func login(_ flags: CapabilityFlags, level: UInt8? = nil) -> [UInt8] {
        var output = ByteBuffer()
        var packets = PacketWriter(sequenceID: 1)
        packets.packet(&output) {
            $0.append(littleEndian: UInt64(flags.rawValue), bytes: 4)
            $0.append(zeros: 28)
            $0.append(nulTerminated: "anna")
            $0.append(0)
            $0.append(nulTerminated: "caching_sha2_password")
            if let level { $0.append(level) }
        }
        return output.bytes
    }

    private func driver(_ offered: CapabilityFlags = .compress) -> ScriptedDriver {
        var configuration = ServerConversation.Configuration(
            connectionID: 7,
            serverVersion: "8.0.36-boreal",
            nonce: Array(0x41..<0x41 + 20),
            isSecureChannel: false
        )
        configuration.capabilities.formUnion(offered)
        return ScriptedDriver(
            configuration,
            accounts: ["anna": AccountCredentials(isPasswordEmpty: true)]
        )
    }

    private func loggedIn() throws -> ScriptedDriver {
        var driver = driver()
        try driver.receive(login(Self.flags.union(.compress)))
        _ = driver.written()
        return driver
    }

    /// One frame, packed when that is asked for.
    private func frame(_ packets: [UInt8], number: UInt8 = 0, isPacked: Bool = false) -> [UInt8] {
        var size = compressBound(UInt(packets.count))
        var packed = [UInt8](repeating: 0, count: Int(size))
        if isPacked {
            compress(&packed, &size, packets, UInt(packets.count))
            packed = Array(packed[..<Int(size)])
        } else {
            packed = packets
        }
        var header = CompressedFrame.header(
            packed: packed.count,
            plain: isPacked ? packets.count : 0
        )
        header[3] = number
        return header + packed
    }

    private func packet(_ payload: [UInt8], number: UInt8 = 0) -> [UInt8] {
        let count = payload.count
        return [UInt8(count & 255), UInt8(count >> 8 & 255), UInt8(count >> 16), number] + payload
    }

    private let okay: [UInt8] = [7, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]

    @Test("the login's OK is plain, what follows is in frames")
    func begins() throws {
        var driver = driver()
        _ = driver.written()
        try driver.receive(login(Self.flags.union(.compress)))
        #expect(driver.conversation.compression == .zlib)
        #expect(driver.written() == [7, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0])
        try driver.receive(frame(packet([0x0E])))
        #expect(driver.written() == frame(okay, number: 1))
    }

    @Test("without both sides' bit nothing is compressed")
    func notAgreed() throws {
        for (offered, asked) in [(CapabilityFlags.compress, CapabilityFlags()), ([], .compress)] {
            var driver = driver(offered)
            try driver.receive(login(Self.flags.union(asked)))
            #expect(driver.conversation.agreedCompression == nil)
            _ = driver.written()
            try driver.receive(packet([0x0E]))
            #expect(driver.written() == okay)
        }
    }

    @Test("zlib wins over zstd, and a level of zstd must exist")
    func agreement() throws {
        let both: CapabilityFlags = [.compress, .zstdCompression]
        var first = driver(both)
        try first.receive(login(Self.flags.union(both), level: 3))
        #expect(first.conversation.compression == .zlib)
        for (level, expected) in [
            (UInt8(22), WireCompression.zstd(level: 22)), (0, nil), (23, nil),
        ] {
            var driver = driver(both)
            try driver.receive(login(Self.flags.union(.zstdCompression), level: level))
            #expect(driver.conversation.compression == expected)
            #expect((driver.end == "closed") == (expected == nil))
        }
    }

    @Test("a command may lie in many frames, a frame hold many commands")
    func spanning() throws {
        var driver = try loggedIn()
        let ping = packet([0x0E])
        for (number, byte) in ping.enumerated() {
            try driver.receive(frame([byte], number: UInt8(number)))
        }
        #expect(driver.written() == frame(okay, number: 5))
        try driver.receive(frame(ping + ping + ping, isPacked: true))
        let answers = driver.written()
        #expect(answers.count == 3 * okay.count + 7)
        try driver.receive(frame(ping))
        #expect(driver.written() == frame(okay, number: 1))
    }

    @Test("a large frame is a worker's, and what is in it a command like any other")
    func unpacking() throws {
        var driver = try loggedIn()
        let text = Array("DO 1".utf8) + Array(repeating: 0x20, count: 100_000)
        try driver.receive(frame(packet([3] + text), isPacked: true))
        guard case .unpack = driver.actions[driver.actions.count - 2] else {
            Issue.record("\(driver.actions.count) actions")
            return
        }
        #expect(driver.actions.last == .query(text))
        #expect(driver.written() == frame(okay, number: 1))
    }

    @Test("nothing is taken while a worker unpacks")
    func waiting() throws {
        var machine = try loggedIn().conversation
        var output = ByteBuffer()
        let large = frame(packet([3] + Array(repeating: 0x20, count: 100_000)), isPacked: true)
        (large + frame(packet([0x0E]))).withUnsafeBytes { machine.receive($0) }
        guard case .unpack(let bomb) = machine.poll(into: &output) else {
            Issue.record("not unpacked")
            return
        }
        #expect(machine.poll(into: &output) == nil)
        #expect(!machine.isIdle)
        machine.complete(.unpacked(.success(try bomb.unpacked())))
        guard case .query = machine.poll(into: &output) else {
            Issue.record("no query")
            return
        }
    }

    @Test("broken frames and wrong numbers end the connection, with an error in a frame")
    func broken() throws {
        var liar = frame(packet([0x0E]), isPacked: true)
        liar[4] = 200
        for (bytes, number) in [
            (liar, 1_157), (frame(packet([0x0E]), number: 3), 1_156),
            ([3, 0, 0, 0, 9, 0, 0, 1, 2, 3], 1_157),
        ] {
            var driver = try loggedIn()
            try driver.receive(bytes)
            #expect(driver.end == "closed")
            let written = driver.written()
            let place = 7 + 4
            try #require(written.count > place + 3)
            // The packet is short enough not to be compressed, or begins with a plain header.
            if Array(written[4..<7]) == [0, 0, 0] {
                #expect(Int(written[place + 1]) | Int(written[place + 2]) << 8 == number)
            }
        }
    }

    @Test("a frame that claims 16 MiB takes no more, and a packet no more than is allowed")
    func bomb() throws {
        var driver = try loggedIn()
        var zeros = packet(Array(repeating: 0, count: 0xff_fff0))
        // Announces a packet above max_allowed_packet; the zeros behind it never count.
        zeros[0] = 0xff
        zeros[1] = 0xff
        zeros[2] = 0xff
        let bytes = frame(zeros, isPacked: true)
        #expect(bytes.count < 20_000)
        try driver.receive(bytes)
        #expect(driver.end == "")
        #expect(driver.conversation.reader.bufferedBytes <= 0x100_0000)
    }

    @Test("thousands of commands at once leave others a turn in between")
    func heldBack() throws {
        var machine = try loggedIn().conversation
        var output = ByteBuffer()
        let many = Array(repeating: packet([0x0E]), count: 3_000).flatMap { $0 }
        frame(many, isPacked: true).withUnsafeBytes { machine.receive($0) }
        var turns = 1
        #expect(machine.poll(into: &output) == nil)
        while machine.isHeldBack {
            #expect(output.count < 20_000 * turns)
            machine.resume()
            #expect(machine.poll(into: &output) == nil)
            turns += 1
        }
        #expect(turns == 3)
        #expect(machine.isIdle)
    }

    @Test("an idle client that is sent away reads the error in a frame")
    func sentAway() throws {
        var machine = try loggedIn().conversation
        var output = ByteBuffer()
        machine.end(with: ServerError(.serverShutdown, "bye"), into: &output)
        #expect(output.bytes[3] == 1 && output.bytes[7 + 3] == 1 && output.bytes[7 + 4] == 0xff)
    }
}
