import Foundation
import Testing

/// Clients that write and read other character sets than UTF-8: their bytes, and those they get.
@Suite("Character sets of clients", .serialized)
final class CharacterSetTests {
    static let server = Result { try ServerProcess.ephemeral() }
    private let server: ServerProcess

    init() throws { server = try Self.server.get() }

    private func client(_ collation: UInt8, flags: UInt32 = 0) throws -> RawClient {
        try RawClient(port: server.mysqlPort, extraFlags: flags, collation: collation)
    }

    /// The payloads of the definitions and rows that a command is answered with.
    private func payloads(_ command: [UInt8], _ client: RawClient) throws -> [[UInt8]] {
        try client.start(command: command)
        let count = try client.readPacket()
        if count.first == 0xFF || count.first == 0 { return [count] }
        var payloads: [[UInt8]] = []
        for _ in 0..<Int(count[0]) { payloads.append(try client.readPacket()) }
        _ = try client.readPacket()
        while true {
            let packet = try client.readPacket()
            if packet.first == 0xFE, packet.count < 9 { return payloads }
            payloads.append(packet)
        }
    }

    private func cell(_ text: [UInt8], _ client: RawClient) throws -> [UInt8] {
        try Array(#require(try payloads([3] + text, client).last).dropFirst())
    }

    private func latin1(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

    @Test("a latin1 client writes and reads latin1, others read the same text in theirs")
    func latin1() throws {
        let client = try client(8)
        try client.query("CREATE DATABASE sets")
        try client.query("USE sets")
        try client.query("CREATE TABLE t (id INT PRIMARY KEY, c VARCHAR(20), b BLOB, j JSON)")
        let values = "1, 'caf\u{E9} \u{80}', _binary'\u{E9}', '[\"\u{E9}\"]'"
        let insert = latin1("INSERT INTO t VALUES (\(values))")
        #expect(try client.command([3] + insert).affectedRows == 1)
        #expect(try client.query("SELECT HEX(c) FROM t").cell == "636166C3A920E282AC")
        #expect(try client.query("SELECT HEX(b) FROM t").cell == "E9")
        #expect(try cell(latin1("SELECT c FROM t"), client) == latin1("caf\u{E9} \u{80}"))
        #expect(try cell(latin1("SELECT b FROM t"), client) == [0xE9])
        #expect(try cell(latin1("SELECT j FROM t"), client) == latin1("[\"\u{E9}\"]"))
        #expect(try cell(latin1("SELECT id FROM t WHERE c = 'caf\u{E9} \u{80}'"), client) == [0x31])
        let other = try self.client(45)
        #expect(try other.query("SELECT c FROM sets.t").cell == "café €")
        try other.query("SET NAMES cp850")
        #expect(try cell(latin1("SELECT c FROM sets.t"), other) == latin1("caf\u{82} ?"))
        try other.query("SET character_set_results = NULL")
        #expect(try other.query("SELECT c FROM sets.t").cell == "café €")
    }

    @Test("names, definitions and errors are in the client's set")
    func names() throws {
        let client = try client(8)
        let definition = try #require(
            try payloads([3] + latin1("SELECT 'a' AS `\u{E9}t\u{E9}`"), client).first
        )
        #expect(definition.contains(0xE9) && !definition.contains(0xC3))
        let error = try payloads([3] + latin1("SELECT 1 FROM `\u{E9}`.`\u{E9}`"), client)[0]
        #expect(error.contains(0xE9) && !error.contains(0xC3))
        #expect(try payloads([2] + latin1("\u{E9}"), client)[0].contains(0xE9))
        #expect(try client.query("SELECT 'a'").columns[0].charset == 8)
        #expect(try client.query("SELECT 1").columns[0].charset == 63)
        try client.query("SET NAMES utf8mb4")
        #expect(try client.query("SELECT 'é'").columns[0].charset == 255)
        #expect(try client.query("SELECT 'é'").cell == "é")
        #expect(try client.failure(of: "SELECT `é`").message.contains("'é'"))
    }

    @Test("parameters of text are in the client's set, those of bytes are bytes")
    func parameters() throws {
        let client = try client(51)
        try client.start(command: [0x16] + Array("SELECT HEX(?), HEX(?), ?".utf8))
        let prepared = try client.readPacket()
        try #require(prepared.first == 0)
        for _ in 0..<8 { _ = try client.readPacket() }
        let execute: [UInt8] =
            [0x17, prepared[1], 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0xFD, 0, 0xFC, 0, 0xFE, 0]
            + [1, 0xCF, 1, 0xCF, 2, 0xCF, 0xF0]
        let row = try #require(try payloads(execute, client).last)
        #expect(row == [0, 0, 4] + Array("D09F".utf8) + [2] + Array("CF".utf8) + [2, 0xCF, 0xF0])
    }

    @Test("a statement reads and answers in the sets that those before it left")
    func script() throws {
        let client = try client(45, flags: 1 << 16)
        let text = Array("SET NAMES latin1; SELECT HEX('".utf8) + [0xE9] + Array("')".utf8)
        #expect(try client.command([3] + text).isResultSet == false)
        let answer = try client.readAnswer()
        #expect(answer.cell == "C3A9" && answer.columns[0].charset == 8)
        #expect(try client.query("SELECT @@character_set_results").cell == "latin1")
    }

    @Test("a set that is not converted is an error that changes nothing")
    func refused() throws {
        let client = try client(45)
        let rows = [("gbk", 1115), ("sjis", 1115), ("utf16", 1231), ("ucs2", 1231), ("no", 1115)]
        for (name, number) in rows {
            #expect(try client.failure(of: "SET NAMES \(name)").number == number)
        }
        #expect(try client.query("SELECT @@character_set_client").cell == "utf8mb4")
    }

    @Test("what counts has no sign: variables and the connection's number")
    func unsigned() throws {
        let client = try client(45)
        let rows: [(String, Bool)] = [
            ("@@max_allowed_packet", true), ("@@global.wait_timeout", true),
            ("@@port", true), ("CONNECTION_ID()", true), ("@@autocommit", false),
            ("@@foreign_key_checks", false), ("@@version", false),
        ]
        for (expression, isUnsigned) in rows {
            let column = try client.query("SELECT \(expression)").columns[0]
            #expect((column.flags & 0x20 != 0) == isUnsigned, "\(expression)")
        }
    }
}
