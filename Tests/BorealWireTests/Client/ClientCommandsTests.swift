import BorealBase
import Testing

@testable import BorealWire

/// Commands and their answers, against our own server, in every shape that the two can agree on.
@Suite struct ClientCommandsTests {
    /// What changes the bytes of answers.
    static let shapes: [CapabilityFlags] = [
        .ofClients, .ofClients.subtracting(.deprecateEOF), .ofClients.subtracting(.sessionTrack),
        .ofClients.union(.compress),
    ]

    private func pair(_ shape: CapabilityFlags) throws -> WirePair {
        var configuration = ClientConversation.Configuration.anna()
        configuration.capabilities = shape.union([.localFiles, .multiStatements])
        let account = try AccountCredentials(password: "secret", plugin: .nativePassword)
        var pair = WirePair(configuration, account: account, serverHas: .compress)
        try pair.run()
        #expect(pair.told == ["loggedIn"])
        return pair
    }

    /// Without the EOF packets that only some shapes have.
    private func plain(_ told: [String]) -> [String] {
        told.filter { !$0.hasPrefix("endOfDefinitions") }
    }

    @Test("results, several results, and errors are taken apart", arguments: shapes)
    func results(_ shape: CapabilityFlags) throws {
        var pair = try pair(shape)
        let one = ["columnCount", "1", "1", "endOfRows."]
        let cases: [(String, [String])] = [
            ("SELECT 1", one), ("DO 1", ["ok ."]), ("DO 1; SELECT 1", ["ok "] + one),
            ("SELEKT", ["ERROR 1064 (42000): You have an error in your SQL syntax."]),
            ("SELECT types", ["columnCount", "n", "i", "u", "d", "t"]),
        ]
        for (text, expected) in cases {
            let told = plain(try pair.ask { $0.query(Array(text.utf8), into: &$1) })
            #expect(Array(told.prefix(expected.count)) == expected, "\(text)")
            #expect(pair.client.isReady)
        }
        _ = try pair.ask { $0.query(Array("BEGIN".utf8), into: &$1) }
        #expect(pair.client.status.contains(.inTransaction))
    }

    @Test("statements are prepared, run with values of every type, and closed", arguments: shapes)
    func prepared(_ shape: CapabilityFlags) throws {
        var pair = try pair(shape)
        let values: [ParameterValue] = [
            .null, .integer(-5), .unsigned(.max), .real(0.5), .decimal("1.20"), .text("å"),
            .bytes([1, 255]), .dateTime("2026-11-27 10:00:00"),
        ]
        let text = "ECHO" + String(repeating: " ?", count: values.count)
        let told = plain(try pair.ask { $0.prepare(Array(text.utf8), into: &$1) })
        #expect(told.count == 1 + 2 * values.count && told.first == "prepared")
        _ = try pair.ask { $0.execute(1, values, opensCursor: false, into: &$1) }
        guard case .executeStatement(_, let received, false)? = pair.server.actions.last else {
            Issue.record("nothing was run")
            return
        }
        // Times travel as text.
        #expect(received == values.dropLast() + [.text("2026-11-27 10:00:00")])
        let row = pair.told.first { $0.contains("integer(-5)") }
        #expect(row != nil && pair.told.last == "endOfRows.")
        #expect(try pair.ask { $0.resetStatement(1, into: &$1) } == ["ok ."])
        #expect(
            try pair.ask { $0.fetch(1, rows: 5, into: &$1) }
                == ["ERROR 1421 (HY000): The statement (1) has no open cursor.."]
        )
        #expect(try pair.ask { $0.closeStatement(1, into: &$1) } == [])
        #expect(pair.server.actions.last == .closeStatement(id: 1))
    }

    @Test("the other commands have their answers", arguments: shapes)
    func others(_ shape: CapabilityFlags) throws {
        var pair = try pair(shape)
        #expect(try pair.ask { $0.ping(into: &$1) } == ["ok ."])
        #expect(try pair.ask { $0.initDatabase("shop", into: &$1) } == ["ok ."])
        #expect(try pair.ask { $0.initDatabase("nodb", into: &$1) }.first?.contains("1049") == true)
        #expect(try pair.ask { $0.resetConnection(into: &$1) } == ["ok ."])
        let raw: [([UInt8], [String])] = [
            ([0x09], ["Uptime: 1  Threads: 1."]), ([0x1b, 0, 0], ["endOfRows."]),
            ([0x04] + Array("t".utf8) + [0], ["id", "name", "endOfRows."]),
            ([0x0e], ["ok ."]),
        ]
        for (payload, expected) in raw {
            let told = try pair.ask { client, output in
                let isSent = payload.withUnsafeBytes { client.relay($0, into: &output) }
                #expect(isSent)
            }
            #expect(told == expected)
        }
        let refused = try pair.ask { client, output in
            for payload in [[UInt8](), [0x11], [0x12, 1, 2]] {
                #expect(!payload.withUnsafeBytes { client.relay($0, into: &output) })
            }
        }
        #expect(refused == [])
        _ = try pair.ask { $0.quit(into: &$1) }
        #expect(pair.server.end == "quit" && pair.client.isClosed)
    }

    @Test("a file is sent when the server asks for it, in parts and empty", arguments: shapes)
    func file(_ shape: CapabilityFlags) throws {
        var pair = try pair(shape)
        pair.file = [Array("a\nb\n".utf8), Array("c\n".utf8)]
        let info = "ok Records: 3  Deleted: 0  Skipped: 0  Warnings: 0."
        #expect(
            try pair.ask { $0.query(Array("LOAD a.csv".utf8), into: &$1) } == ["localInfile", info]
        )
        pair.file = []
        #expect(try pair.ask { $0.query(Array("LOAD a.csv".utf8), into: &$1) }.count == 2)
        pair.file = [Array("bad".utf8)]
        #expect(
            try pair.ask { $0.query(Array("LOAD a.csv".utf8), into: &$1) }.last
                == "ERROR 1366 (HY000): Incorrect value."
        )
        #expect(try pair.ask { $0.ping(into: &$1) } == ["ok ."])
    }
}

/// Answers that our own server does not give.
@Suite struct AnswerReaderTests {
    private func read(
        _ form: AnswerReader.Form,
        _ packets: [[UInt8]],
        _ capabilities: CapabilityFlags = .ofClients.union(.localFiles)
    ) throws -> [AnswerPacket] {
        var reader = AnswerReader(capabilities)
        reader.begin(form)
        let read = try packets.map { packet in try packet.withUnsafeBytes { try reader.read($0) } }
        #expect(reader.isOver)
        return read
    }

    private let old = CapabilityFlags.ofClients.subtracting(.deprecateEOF)
    private let definition: [UInt8] = [3, 0x64, 0x65, 0x66]
    private func eof(_ status: UInt8) -> [UInt8] { [0xfe, 0, 0, status, 0] }

    @Test("a cursor's columns end the answer, and its rows come by and by")
    func cursor() throws {
        #expect(
            try read(.results, [[1], definition, eof(0x42)], old)
                == [.columnCount, .definition, .endOfDefinitions]
        )
        #expect(try read(.fetched, [[0, 0, 1], eof(0x82)], old) == [.row, .endOfRows])
        let end: [UInt8] = [0xfe, 0, 0, 0x42, 0, 0, 0]
        #expect(
            try read(.results, [[1], definition, end]) == [.columnCount, .definition, .endOfRows]
        )
    }

    @Test("an error in the middle of rows, of definitions, and behind a result ends the answer")
    func errors() throws {
        let error: [UInt8] = [0xff, 1, 4]
        #expect(
            try read(.results, [[1], definition, [1, 0x31], error])
                == [.columnCount, .definition, .row, .error]
        )
        #expect(try read(.results, [[2], definition, error]).last == .error)
        #expect(try read(.results, [[0, 0, 0, 0x0a, 0, 0, 0], error]) == [.ok, .error])
        #expect(try read(.line, [error]) == [.error])
    }

    @Test("a row whose first cell has 16 MiB is no end of rows, in either shape")
    func hugeRow() throws {
        let row = [0xfe, 0, 0, 0, 1, 0, 0, 0, 0] + [UInt8](repeating: 0x61, count: 0xff_ffff)
        #expect(
            try read(.results, [[1], definition, eof(2), row, eof(2)], old)
                == [.columnCount, .definition, .endOfDefinitions, .row, .endOfRows]
        )
        let end: [UInt8] = [0xfe, 0, 0, 2, 0, 0, 0]
        #expect(
            try read(.results, [[1], definition, row, end])
                == [.columnCount, .definition, .row, .endOfRows]
        )
    }

    @Test("what has no place where it comes is refused")
    func unexpected() {
        let cases: [(AnswerReader.Form, [[UInt8]])] = [
            (.okay, [[1]]), (.okay, [[]]), (.results, [[0xfb]]), (.results, [[0xfc, 0xff, 0xff]]),
            (.results, [[1, 2]]), (.results, [[0xfe, 0, 0, 2, 0]]), (.prepared, [[1]]),
            (.prepared, [[0, 1, 0]]), (.end, [[7]]),
            (.prepared, [[0, 1, 0, 0, 0, 0xff, 0xff, 0, 0]]),
        ]
        for (form, packets) in cases {
            #expect(throws: WireError.self) { try read(form, packets, old) }
        }
        #expect(throws: WireError.self) { try read(.results, [[1], definition, [1]], old) }
        #expect(throws: WireError.self) { try read(.okay, [[0, 0, 0, 2, 0, 0, 0], [0]]) }
    }
}
