import Foundation
import TestPrograms
import Testing

/// What clients of the protocol see beside rows: cursors, tracked changes, attributes, time limits,
/// and what becomes of statements that are sent ahead.
@Suite("The protocol", .serialized)
final class ProtocolTests {
    static let server = Result { try ServerProcess.ephemeral() }
    private let server: ServerProcess

    init() throws { server = try Self.server.get() }

    private func client(
        _ flags: UInt32 = 0,
        collation: UInt8 = 45
    ) throws -> RawClient {
        try RawClient(port: server.mysqlPort, extraFlags: flags, collation: collation)
    }

    // MARK: - Cursors

    private enum Flag {
        static let multiStatements: UInt32 = 1 << 16
        static let sessionTrack: UInt32 = 1 << 23
        static let queryAttributes: UInt32 = 1 << 27
    }

    /// Prepares a text without parameters.
    private func prepare(_ text: String, _ client: RawClient) throws -> UInt8 {
        try client.start(command: [0x16] + Array(text.utf8))
        let answer = try client.readPacket()
        try #require(answer.first == 0, "\(answer)")
        let columns = Int(answer[5])
        for _ in 0..<(columns > 0 ? columns + 1 : 0) { _ = try client.readPacket() }
        return answer[1]
    }

    /// Opens a cursor; the status of the EOF packet behind the columns.
    private func open(_ id: UInt8, _ client: RawClient) throws -> UInt8 {
        try client.start(command: [0x17, id, 0, 0, 0, 1, 1, 0, 0, 0])
        let count = try client.readPacket()
        try #require(count.first != 0xFF, "\(count)")
        for _ in 0..<Int(count[0]) { _ = try client.readPacket() }
        let end = try client.readPacket()
        try #require(end.first == 0xFE)
        return end[3]
    }

    /// Rows of one fetch, and the status behind them; or the number of the error.
    private func fetch(_ id: UInt8, _ count: UInt8, _ client: RawClient) throws -> (Int, UInt8) {
        try client.start(command: [0x1C, id, 0, 0, 0, count, 0, 0, 0])
        var rows = 0
        while true {
            let packet = try client.readPacket()
            if packet.first == 0xFF { return (Int(packet[1]) | Int(packet[2]) << 8, 0) }
            if packet.first == 0xFE, packet.count < 9 { return (rows, packet[3]) }
            rows += 1
        }
    }

    @Test("a cursor's rows come as they are asked for, as they were when it was opened")
    func cursor() throws {
        let client = try client()
        for text in ["CREATE DATABASE cursors", "USE cursors", "CREATE TABLE t (a INT)"] {
            try client.query(text)
        }
        try client.query("INSERT INTO t VALUES (1), (2), (3), (4), (5)")
        let id = try prepare("SELECT a FROM t ORDER BY a", client)
        #expect(try fetch(id, 1, client) == (1_421, 0))
        #expect(try open(id, client) & 0x40 != 0)
        #expect(try fetch(id, 2, client) == (2, 0x42))
        try client.query("DELETE FROM t")
        #expect(try fetch(id, 3, client) == (3, 0x42))
        // All are sent; the end shows with the next fetch.
        #expect(try fetch(id, 3, client) == (0, 0x82))
        #expect(try fetch(id, 3, client) == (1_421, 0))
        // COM_STMT_RESET closes it, and so does another execution.
        #expect(try open(id, client) & 0x40 != 0)
        #expect(try client.command([0x1A, id, 0, 0, 0]).ok.first == 0)
        #expect(try fetch(id, 1, client) == (1_421, 0))
        // A statement without a result has no cursor.
        let change = try prepare("INSERT INTO t VALUES (7)", client)
        let answer = try client.command([0x17, change, 0, 0, 0, 1, 1, 0, 0, 0])
        #expect(answer.affectedRows == 1)
        #expect(try fetch(change, 1, client) == (1_421, 0))
    }

    @Test("a cursor over more rows than memory shall hold goes through a file")
    func longCursor() throws {
        let client = try client()
        let text = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
            SELECT i, REPEAT('x', 5000) FROM n
            """
        let id = try prepare(text, client)
        #expect(try open(id, client) & 0x40 != 0)
        var rows = 0
        while true {
            let (count, status) = try fetch(id, 250, client)
            rows += count
            if status & 0x80 != 0 { break }
            try #require(status & 0x40 != 0)
        }
        #expect(rows == 900)
    }

    // MARK: - The session

    /// The changes behind an OK packet: its bytes after affected rows, id, status, warnings, info.
    private func changes(_ statement: String, _ client: RawClient) throws -> String {
        let ok = try client.query(statement).ok
        guard ok.count > 8 else { return "" }
        return String(decoding: ok[8...].map { $0 >= 0x20 ? $0 : 0x2E }, as: UTF8.self)
    }

    @Test("an OK packet tells what of the session has changed, to clients that want to know")
    func tracking() throws {
        let client = try client(Flag.sessionTrack)
        let rows: [(String, String)] = [
            ("CREATE DATABASE tracked", ""), ("USE tracked", "...tracked"),
            ("SET autocommit = 0", "...autocommit.OFF"), ("SET autocommit = 1", "...autocommit.ON"),
            ("SET time_zone = '+02:00'", "...time_zone.+02:00"), ("SET sql_mode = ''", ""),
            ("SET session_track_system_variables = '*'", "session_track_system_variables.*"),
            ("SET sql_mode = ''", "...sql_mode."), ("SET session_track_schema = OFF", "OFF"),
            ("USE tracked", ""), ("SET session_track_state_change = ON", "..1"), ("DO 1", ""),
            ("SET @a = 1", "...1"), ("SET session_track_transaction_info = STATE", "STATE"),
            ("START TRANSACTION", "T_______"), ("DO 1", ""), ("COMMIT", "________"),
        ]
        for (statement, expected) in rows {
            let told = try changes(statement, client)
            #expect(expected.isEmpty ? told.isEmpty : told.contains(expected), "\(statement)")
        }
        let names = try changes("SET NAMES latin1", client)
        for name in ["character_set_client.latin1", "character_set_results.latin1"] {
            #expect(names.contains(name))
        }
        let silent = try self.client()
        #expect(try changes("USE tracked", silent) == "")
    }

    @Test("the login's collation is the connection's, unless nobody knows it")
    func collation() throws {
        let rows: [(UInt8, String)] = [
            (8, "latin1 latin1_swedish_ci"), (33, "utf8mb3 utf8mb3_general_ci"),
            (45, "utf8mb4 utf8mb4_general_ci"), (255, "utf8mb4 utf8mb4_0900_ai_ci"),
            (63, "binary binary"), (51, "cp1251 cp1251_general_ci"),
            (0, "utf8mb4 utf8mb4_0900_ai_ci"), (35, "utf8mb4 utf8mb4_0900_ai_ci"),
            (28, "utf8mb4 utf8mb4_0900_ai_ci"), (1, "utf8mb4 utf8mb4_0900_ai_ci"),
        ]
        for (id, expected) in rows {
            let client = try client(collation: id)
            let text = "SELECT CONCAT(@@character_set_client, ' ', @@collation_connection)"
            #expect(try client.query(text).cell == expected, "\(id)")
        }
    }

    @Test("attributes that came with a statement can be read in it, and are gone after it")
    func attributes() throws {
        let client = try client(Flag.queryAttributes)
        let text = Array("SELECT mysql_query_attribute_string('trace')".utf8)
        let trace: [UInt8] = [0xFE, 0, 5] + Array("trace".utf8) + [4] + Array("a1b2".utf8)
        #expect(try client.command([3, 1, 1, 0, 1] + trace + text).cell == "a1b2")
        #expect(try client.command([3, 0, 1] + text).rows == [[nil]])
    }

    @Test("what a client tells about itself at log-in can be read")
    func attributesOfLogin() throws {
        let run = try ProgramRun(
            #require(ProgramRun.find("mariadb")),
            [
                "--no-defaults", "--skip-ssl", "-h127.0.0.1", "-P\(server.mysqlPort)", "-uroot",
                "-N",
                "-e",
                "SELECT attr_value FROM performance_schema.session_connect_attrs "
                    + "WHERE processlist_id = CONNECTION_ID() AND attr_name = '_client_name'",
            ]
        )
        #expect(run.output == "libmariadb\n", "\(run.errors)")
    }

    // MARK: - Time

    @Test("a client that says nothing for wait_timeout is told 4031 and let go")
    func inactivity() throws {
        let client = try client()
        try client.query("SET wait_timeout = 1")
        let packet = try client.readPacket()
        #expect(packet.first == 0xFF)
        #expect(Int(packet[1]) | Int(packet[2]) << 8 == 4_031)
        #expect(throws: RawClient.ClientFailure.self) { try client.query("SELECT 1") }
    }

    @Test("KILL takes an expression, and ends one's own connection with 1317 or without a word")
    func kill() throws {
        let (killer, victim) = (try client(), try client())
        try victim.start("SELECT SLEEP(60)")
        try killer.query("SET @id = \(victim.connectionID)")
        let running =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT S%'"
        let isUnderWay = try eventually { try killer.query(running).cell == "1" }
        #expect(isUnderWay)
        try killer.query("KILL QUERY @id + 0")
        do { #expect(try victim.readAnswer().cell == "1") } catch let error
            as RawClient.ServerFailure
        {
            #expect(error.number == 1_317)
        }
        #expect(try victim.query("SELECT 2").cell == "2")
        #expect(try killer.failure(of: "KILL 99999 + 1").number == 1_094)
    }

    // MARK: - Statements sent ahead

    private func packet(_ text: String) -> [UInt8] {
        [UInt8(text.utf8.count + 1 & 0xFF), UInt8((text.utf8.count + 1) >> 8), 0, 0, 3]
            + Array(text.utf8)
    }

    @Test("statements that were sent ahead are answered in their order, short ones among long ones")
    func pipelined() throws {
        let client = try client()
        for text in ["CREATE DATABASE ahead", "USE ahead", "CREATE TABLE k (id INT PRIMARY KEY)"] {
            try client.query(text)
        }
        try client.query("INSERT INTO k VALUES (1), (2), (3)")
        // The first of each kind is read by the parser, the later ones are known.
        var bytes: [UInt8] = []
        var expected: [String?] = []
        for number in 0..<600 {
            switch number % 4 {
            case 0: bytes += packet("SELECT \(number % 8)")
            case 1: bytes += packet("SELECT id FROM k WHERE id = \(number % 3 + 1)")
            case 2: bytes += packet("SELECT COUNT(*) FROM k, k AS l")
            default: bytes += packet("SELECT id FROM k WHERE id = 99")
            }
            expected.append(
                [String(number % 8), String(number % 3 + 1), "9", nil][number % 4]
            )
        }
        try client.writeRaw(bytes)
        for (number, cell) in expected.enumerated() {
            #expect(try client.readAnswer().cell == cell, "\(number)")
        }
    }

    @Test("a client that sends statements and reads no answers is made to wait")
    func unread() throws {
        let (client, watcher) = (try client(), try client())
        let before = server.residentMebibytes
        let one = packet("SELECT REPEAT('x', 200000)")
        try client.writeRaw([[UInt8]](repeating: one, count: 1_000).flatMap { $0 })
        // Each is 200 kB: were all made at once, it would be 200 MB.
        for _ in 0..<50 { #expect(try watcher.query("SELECT 1").cell == "1") }
        #expect(server.residentMebibytes < before + 48)
        for _ in 0..<1_000 { #expect(try client.readAnswer().cell?.count == 200_000) }
    }

    @Test("a lookup whose text was seen before sees what has become of its table since")
    func rememberedText() throws {
        let client = try client()
        for text in ["CREATE DATABASE seen", "USE seen"] { try client.query(text) }
        try client.query("CREATE TABLE s (id INT PRIMARY KEY, v VARCHAR(9))")
        try client.query("INSERT INTO s VALUES (1, 'one'), (2, 'two')")
        func look(_ id: Int) throws -> String? {
            try client.query("SELECT * FROM s WHERE id = \(id)").rows.first?.last ?? nil
        }
        for id in [1, 2, 1] { #expect(try look(id) == (id == 1 ? "one" : "two")) }
        try client.query("START TRANSACTION")
        try client.query("UPDATE s SET v = 'mine' WHERE id = 1")
        #expect(try look(1) == "mine")
        try client.query("ROLLBACK")
        #expect(try look(1) == "one")
        try client.query("ALTER TABLE s ADD COLUMN w INT DEFAULT 5")
        #expect(try look(2) == "5")
        try client.query("DROP TABLE s")
        #expect(try client.failure(of: "SELECT * FROM s WHERE id = 1").number == 1_146)
        #expect(try client.query("SELECT 1 + 1").cell == "2")
        try client.query("SET sql_mode = 'ANSI_QUOTES'")
        #expect(try client.query("SELECT 1 + 1").cell == "2")
        let counted = try client.query("SHOW SESSION STATUS LIKE 'Com_select'").rows[0][1]
        #expect(Int(counted ?? "") ?? 0 >= 8)
    }

    @Test("what one session has planned, another takes over only if it means the same there")
    func plansOfOthers() throws {
        let first = try client()
        for text in ["CREATE DATABASE one", "CREATE DATABASE two", "CREATE USER lena"] {
            try first.query(text)
        }
        for (name, value) in [("one", 1), ("two", 2)] {
            try first.query("CREATE TABLE \(name).t (id INT PRIMARY KEY, v INT)")
            try first.query("INSERT INTO \(name).t VALUES (1, \(value)), (2, \(value * 10))")
        }
        func look(_ database: String, _ id: Int, user: String = "root") throws -> String? {
            let client = try RawClient(port: server.mysqlPort, user: user, database: database)
            return try client.query("SELECT v FROM t WHERE id = \(id)").cell
        }
        for _ in 0..<2 {
            #expect(try look("one", 1) == "1")
            #expect(try look("two", 2) == "20")
        }
        try first.query("GRANT SELECT ON two.t TO lena")
        #expect(try look("two", 1, user: "lena") == "2")
        try first.query("REVOKE SELECT ON two.t FROM lena")
        try first.query("GRANT INSERT ON two.t TO lena")
        let failure = #expect(throws: RawClient.ServerFailure.self) {
            try look("two", 1, user: "lena")
        }
        #expect(failure?.number == 1_142)
        // A temporary table of the same name is another table.
        let own = try RawClient(port: server.mysqlPort, database: "one")
        try own.query("CREATE TEMPORARY TABLE t (id INT PRIMARY KEY, v INT)")
        #expect(try own.query("SELECT v FROM t WHERE id = 1").rows.isEmpty)
        #expect(try look("one", 1) == "1")
        try first.query("ALTER TABLE one.t MODIFY v VARCHAR(9)")
        try first.query("UPDATE one.t SET v = 'x' WHERE id = 1")
        #expect(try look("one", 1) == "x")
    }

    // MARK: - Administration

    @Test("COM_DEBUG and COM_REFRESH are answered, and COM_SHUTDOWN ends the server in order")
    func administration() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        #expect(try client.command([0x07, 1]).ok.first == 0)
        try client.start(command: [0x0D])
        #expect(try client.readPacket().first == 0xFE)
        try client.start(command: [0x08, 0])
        #expect(try client.readPacket().first == 0xFE)
        #expect(server.waitForExit() == 0)
    }

    @Test("a KILL QUERY that comes while its statement changes threads is not lost")
    func killInTransit() throws {
        let server = try ServerProcess.ephemeral()
        let holder = try server.connect()
        for text in [
            "CREATE DATABASE d", "CREATE TABLE d.t (a INT)", "BEGIN", "INSERT INTO d.t VALUES (0)",
        ] {
            try holder.query(text)
        }
        let victim = try server.connect()
        let killer = try RawClient(port: server.mysqlPort, extraFlags: 0x1_0000)
        let id = victim.connectionID
        // Whoever sees the statement run kills it; how long after its beginning differs by turns.
        let text =
            "SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = \(id) AND INFO IS NOT NULL; "
            + "KILL QUERY \(id)"
        var seen = 0
        for turn in 0..<400 {
            try victim.start("INSERT INTO d.t VALUES (1)")
            var isSeen = false
            repeat {
                usleep(UInt32(turn % 40) * 10)
                try killer.start(text)
                isSeen = try !killer.readAnswer().rows.isEmpty
                _ = try killer.readAnswer()
            } while !isSeen && !victim.hasAnswer(withinMilliseconds: 5)
            if isSeen { seen += 1 }
            try #require(victim.hasAnswer(withinMilliseconds: 60_000), "turn \(turn)")
            let failure = #expect(throws: RawClient.ServerFailure.self) {
                try victim.readAnswer()
            }
            #expect(failure?.number == 1_317)
        }
        #expect(seen > 50)
    }

    @Test("SHUTDOWN takes its right, is answered, and ends the server in order")
    func shutdownStatement() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.query("CREATE USER ann")
        let ann = try RawClient(port: server.mysqlPort, user: "ann")
        let refusal = try ann.failure(of: "SHUTDOWN")
        #expect(refusal.number == 1227 && refusal.message.contains("SHUTDOWN"))
        #expect(try client.failure(of: "SHUTDOWN NOW").number == 1064)
        try client.query("GRANT SHUTDOWN ON *.* TO ann")
        // Others' statements end before it does.
        let watcher = try server.connect()
        try client.start("SELECT SLEEP(1), 'whole'")
        #expect(try watcher.seesStatement(of: client))
        #expect(try ann.query("shutdown").ok.first == 0)
        #expect(try client.readAnswer().rows == [["0", "whole"]])
        #expect(server.waitForExit() == 0)
    }

    @Test("what is wrong with hints is told at PREPARE, and their time holds at each execution")
    func preparedHints() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.query("PREPARE s FROM 'SELECT /*+ MAX_EXECUTION_TIME(9) BOGUS */ SLEEP(5)'")
        #expect(try client.query("SHOW WARNINGS").rows.count == 1)
        for _ in 0..<2 {
            // A SLEEP that is interrupted answers 1.
            #expect(try client.query("EXECUTE s").cell == "1")
            #expect(try client.query("SHOW WARNINGS").rows.isEmpty)
        }
    }
}
