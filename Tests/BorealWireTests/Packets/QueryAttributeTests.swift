import Testing

@testable import BorealWire

/// Attributes in front of COM_QUERY and behind the parameters of COM_STMT_EXECUTE.
@Suite struct QueryAttributeTests {
    private static let named: CapabilityFlags = [.queryAttributes]

    private func command(
        _ bytes: [UInt8],
        _ capabilities: CapabilityFlags = named
    ) throws -> ClientCommand {
        var table = PreparedStatementTable(longDataBytesMax: 0)
        table.add(table.newID(), parameterCount: 1)
        return try bytes.withUnsafeBytes {
            try ClientCommand(decoding: $0, capabilities: capabilities, statements: &table)
        }
    }

    @Test("what stands in front of a text")
    func query() throws {
        let rows: [([UInt8], String, [QueryAttribute])] = [
            ([0x00, 0x01, 0x61], "a", []),
            (
                [0x01, 0x01, 0x00, 0x01, 0xfe, 0x00, 0x01, 0x6e, 0x02, 0x68, 0x69, 0x61, 0x62],
                "ab", [QueryAttribute(name: "n", value: .text("hi"))]
            ),
            (
                [0x02, 0x01, 0x01, 0x01, 0xfe, 0x00, 0x01, 0x6e, 0x01, 0x80, 0x01, 0x6d, 0xff],
                "",
                [
                    QueryAttribute(name: "n", value: .null),
                    QueryAttribute(name: "m", value: .unsigned(255)),
                ]
            ),
        ]
        for (bytes, text, attributes) in rows {
            let expected = ClientCommand.query(Array(text.utf8), attributes: attributes)
            #expect(try command([0x03] + bytes) == expected)
        }
        // Without the capability, the same bytes are text.
        #expect(try command([0x03, 0x00, 0x01], []) == .query([0x00, 0x01], attributes: []))
    }

    @Test("counts that lie, flags that are missing, and packets that end early")
    func broken() {
        let rows: [[UInt8]] = [
            [], [0x00], [0x00, 0x02, 0x61], [0x01, 0x01],
            [0x01, 0x01, 0x00, 0x00, 0xfe, 0x00, 0x00],
            [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0xfb, 0x01],
            [0x01, 0x01, 0x00, 0x01, 0xfe, 0x00, 0xfd, 0xff, 0xff, 0xff],
            [0xfd, 0x00, 0x00, 0x01, 0x01] + [UInt8](repeating: 0, count: 70_000),
            [0x01, 0x01, 0x00, 0x01, 0xee, 0x00, 0x00, 0x00],
        ]
        for bytes in rows {
            #expect(throws: WireError.self) { try command([0x03] + bytes) }
        }
    }

    @Test("behind the parameters of an execution, whose types are remembered")
    func execution() throws {
        let head: [UInt8] = [0x17, 1, 0, 0, 0, 0x08, 1, 0, 0, 0]
        let both: [UInt8] = [2, 0, 1, 0x01, 0, 0, 0xfe, 0, 1, 0x6e, 7, 1, 0x78]
        let expected = COMStatementExecute(
            statementID: 1,
            parameters: [.integer(7)],
            attributes: [QueryAttribute(name: "n", value: .text("x"))],
            opensCursor: false
        )
        #expect(try command(head + both) == .statementExecute(expected))
        var table = PreparedStatementTable(longDataBytesMax: 0)
        table.add(table.newID(), parameterCount: 1)
        for bytes in [Array((head + both)[1...]), Array(head[1...]) + [2, 0, 0, 7, 1, 0x78]] {
            let again = try bytes.withUnsafeBytes { try table.execute($0, Self.named) }
            #expect(again == expected)
        }
        // Fewer values than parameters.
        #expect(throws: WireError.wrongArguments("mysqld_stmt_execute")) {
            try command(head + [0])
        }
    }
}
