import Testing

@testable import BorealWire

@Suite struct PreparedStatementTableTests {
    /// COM_STMT_SEND_LONG_DATA without its first byte.
    private func longData(_ id: UInt8, _ index: UInt8, _ count: Int) -> [UInt8] {
        [id, 0, 0, 0, index, 0] + [UInt8](repeating: 0x61, count: count)
    }

    private func execution(of table: inout PreparedStatementTable, _ id: UInt8) throws
        -> [ParameterValue]
    {
        let bytes: [UInt8] = [id, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0xfd, 0]
        var taken = table
        defer { table = taken }
        return try bytes.withUnsafeBytes { try taken.execute($0, []).parameters }
    }

    @Test("data sent ahead is bounded over all statements, and what is used up makes room")
    func longDataLimit() throws {
        var table = PreparedStatementTable(longDataBytesMax: 10)
        for _ in 0..<2 { table.add(table.newID(), parameterCount: 1) }
        longData(1, 0, 6).withUnsafeBytes { table.receiveLongData($0) }
        longData(2, 0, 5).withUnsafeBytes { table.receiveLongData($0) }
        #expect(throws: WireError.longDataTooLarge(limit: 10)) { try execution(of: &table, 2) }
        #expect(try execution(of: &table, 1) == [.text("aaaaaa")])
        longData(2, 0, 10).withUnsafeBytes { table.receiveLongData($0) }
        #expect(try execution(of: &table, 2) == [.text("aaaaaaaaaa")])
        longData(1, 0, 10).withUnsafeBytes { table.receiveLongData($0) }
        let isFound = table.remove(1)
        #expect(isFound)
        longData(2, 0, 10).withUnsafeBytes { table.receiveLongData($0) }
        #expect(try execution(of: &table, 2) == [.text("aaaaaaaaaa")])
    }

    @Test("ids go on counting and pass over those in use")
    func identities() {
        var table = PreparedStatementTable(longDataBytesMax: 0)
        let first = [table.newID(), table.newID(), table.newID()]
        #expect(first == [1, 2, 3])
        table.add(4, parameterCount: 0)
        let next = table.newID()
        #expect(next == 5)
        let found = [table.remove(1), table.remove(4)]
        #expect(found == [false, true])
        table.add(6, parameterCount: 0)
        table.removeAll()
        #expect(table.count == 0)
    }

    @Test("values cut anywhere are an error and never read beyond the packet")
    func truncated() throws {
        let types: [FieldType] = [
            .tiny, .short, .long, .longLong, .float, .double, .newDecimal, .varString, .blob, .date,
            .dateTime, .time, .year, .bit, .json,
        ]
        for type in types {
            for count in 0..<16 {
                let bytes = [UInt8](repeating: 0x0c, count: count)
                bytes.withUnsafeBytes { body in
                    var reader = PayloadReader(body, packet: "COM_STMT_EXECUTE")
                    let type = ParameterType(field: type, isUnsigned: count % 2 == 1)
                    // Whether there is a value depends on the count; that it ends does not.
                    _ = try? reader.value(type)
                    #expect(reader.remaining >= 0)
                }
            }
        }
    }
}
