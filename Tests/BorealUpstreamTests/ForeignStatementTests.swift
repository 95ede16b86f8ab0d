import BorealWire
import Testing

@testable import BorealUpstream

/// Commands about statements of sources by name, byte by byte.
@Suite struct ForeignStatementTests {
    private func statement(_ parameters: UInt8) throws -> ForeignStatement {
        // status, id 7, one column, the parameters, filler, warnings
        let answer: [UInt8] = [0, 7, 0, 0, 0, 1, 0, parameters, 0, 0, 0, 0]
        return try #require(ForeignStatement(prepared: answer, isReading: true))
    }

    private let head: [UInt8] = [0x17, 1, 0, 0, 0x80, 0, 1, 0, 0, 0]

    @Test("the answer to a preparation is read, and gets another number")
    func prepared() throws {
        let found = try statement(2)
        #expect(found.id == 7 && found.parameterCount == 2 && found.isReading)
        let answer: [UInt8] = [0, 7, 0, 0, 0, 1, 0, 2, 0]
        let renumbered = ForeignStatement.renumbered(answer, 0x8000_0001)
        #expect(renumbered == [0, 1, 0, 0, 0x80, 1, 0, 2, 0])
        #expect(ForeignStatement.id(renumbered) == 0x8000_0001)
        #expect(ForeignStatement(prepared: [0, 7, 0, 0, 0], isReading: true) == nil)
        #expect(ForeignStatement(prepared: [0xff] + answer.dropFirst(), isReading: true) == nil)
        #expect(ForeignStatement.renumbered([0x17], 5) == [0x17])
        #expect(ForeignStatement.id([0x17]) == 0)
    }

    @Test("a command keeps everything but its number, where no names are written")
    func plain() throws {
        let body: [UInt8] = [0, 1, 8, 0, 5, 0, 0, 0, 0, 0, 0, 0]
        let sent = try statement(1).command(head + body, isNamed: false)
        #expect(sent == [0x17, 7, 0, 0, 0, 0, 1, 0, 0, 0] + body)
        let closing = try statement(1).command([0x19, 1, 0, 0, 0x80], isNamed: true)
        #expect(closing == [0x19, 7, 0, 0, 0])
    }

    @Test("names of values are left out")
    func named() throws {
        var given = head
        given[5] = 0x08
        let body: [UInt8] = [2, 0, 1, 8, 0, 0, 253, 0, 3, 0x61, 0x62, 0x63, 1, 2, 3]
        let sent = try statement(2).command(given + body, isNamed: true)
        #expect(sent == [0x17, 7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 8, 0, 253, 0, 1, 2, 3])
        let again = try statement(2).command(given + [2, 0, 0, 1, 2, 3], isNamed: true)
        #expect(again == [0x17, 7, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3])
        let none = try statement(0).command(given + [0], isNamed: true)
        #expect(none == [0x17, 7, 0, 0, 0, 0, 1, 0, 0, 0])
        #expect(try statement(0).command(head, isNamed: true).count == 10)
    }

    @Test(
        "an execution that is cut off, or brings other values, is refused",
        arguments: [
            [], [3], [2], [2, 0], [2, 0, 1, 8], [2, 0, 1, 8, 0], [2, 0, 1, 8, 0, 9, 1],
            [0xfc, 2], [0xfe, 2, 0, 0, 0, 0, 0, 0, 0], [0xff],
        ] as [[UInt8]]
    )
    func hostile(_ body: [UInt8]) throws {
        let statement = try statement(2)
        #expect(throws: WireError.self) { try statement.command(head + body, isNamed: true) }
        #expect(throws: WireError.self) {
            try statement.command([0x17, 1, 0, 0, 0], isNamed: true)
        }
    }
}
