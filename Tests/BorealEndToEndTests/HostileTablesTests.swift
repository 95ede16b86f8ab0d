import Foundation
import Glibc
import Testing

/// Statements on tables that ask for too much: of text, of depth, of memory, of time.
@Suite("Hostile statements", .serialized)
final class HostileTablesTests {
    /// With little memory, so that bombs go off early.
    static let server = Result {
        try ServerProcess(
            arguments: ["--ephemeral"],
            environment: ["BOREAL_STATEMENT_MEMORY_LIMIT": "256M"]
        )
    }

    private let server: ServerProcess
    private let client: RawClient

    init() throws {
        server = try Self.server.get()
        client = try server.connect()
        try client.query("CREATE DATABASE IF NOT EXISTS hostile")
        try client.query("USE hostile")
        try client.query("CREATE TABLE IF NOT EXISTS wide (id INT PRIMARY KEY, s VARCHAR(500))")
        let rows = (0..<2_000).map { "(\($0), '\($0)\(String(repeating: "w", count: 400))')" }
        try client.query("INSERT IGNORE INTO wide VALUES " + rows.joined(separator: ","))
        try client.query("CREATE TABLE IF NOT EXISTS target (id INT, s LONGTEXT)")
    }

    /// The rows, or the number of the error; no word of SQLite in it.
    private func outcome(_ sql: String, _ client: RawClient? = nil) throws -> String {
        do {
            let answer = try (client ?? self.client).query(sql)
            return answer.rows.map { $0.map { $0 ?? "NULL" }.joined(separator: ",") }
                .joined(separator: ";")
        } catch let error as RawClient.ServerFailure {
            #expect(!error.message.lowercased().contains("sqlite"), "\(error)")
            return "!\(error.number)"
        }
    }

    // MARK: - Length and depth

    @Test("a statement of 64 MiB is run, one that is longer is 1153")
    func length() throws {
        // More than fits one packet of the protocol.
        let text = String(repeating: "x", count: 17 << 20)
        #expect(try outcome("INSERT INTO target VALUES (1, '\(text)')") == "")
        #expect(try outcome("SELECT LENGTH(s) FROM target") == String(17 << 20))
        #expect(try outcome("TRUNCATE target") == "")
        // The command's own byte counts.
        let room = (64 << 20) - 1 - "SELECT 1 /**/".utf8.count
        let comment = String(repeating: "-", count: room)
        #expect(try outcome("SELECT 1 /*\(comment)*/") == "1")
        #expect(try outcome("SELECT 1 /*\(comment)-*/") == "!1153")
    }

    @Test("any nesting and any number of UNION branches is an answer or MySQL's error")
    func depth() throws {
        let nests: [(open: String, core: String, close: String)] = [
            ("(", "1", ")"), ("NOT ", "1", ""), ("CONCAT(", "1", ")"), ("-(", "1", ")"),
            ("CASE WHEN 1 THEN ", "1", " END"), ("(SELECT ", "1", ")"), ("IF(1, ", "1", ", 0)"),
            ("EXISTS (SELECT ", "1", ")"), ("1 IN (SELECT ", "1", ")"), ("(1, 1) = (1, ", "1", ")"),
            ("JSON_ARRAY(", "1", ")"), ("CAST(", "1", " AS CHAR)"), ("1 + 2 * (", "1", ")"),
        ]
        for nest in nests {
            for levels in [20, 199, 200, 201, 5_000] {
                let open = String(repeating: nest.open, count: levels)
                let close = String(repeating: nest.close, count: levels)
                let answer = try outcome("SELECT \(open)\(nest.core)\(close) IS NULL")
                let isFair = ["0", "1", "!1064", "!1235", "!1241", "!1436"].contains(answer)
                #expect(isFair, "\(levels) of '\(nest.open)': \(answer)")
            }
        }
        for kind in ["UNION ALL", "UNION"] {
            for count in [500, 501, 3_000] {
                let list = (0..<count).map { "SELECT \($0)" }.joined(separator: " \(kind) ")
                let answer = try outcome("SELECT COUNT(*) FROM (\(list)) t")
                #expect(answer == String(count) || count > 500 && answer == "!1235", "\(answer)")
            }
        }
    }

    @Test("lists of 10,000 values of any types are answered")
    func lists() throws {
        let numbers = (0..<10_000).map(String.init).joined(separator: ", ")
        let mixed = (0..<2_500).map { "\($0), '\($0)a', \($0).5, \($0)e0" }.joined(separator: ", ")
        let pairs = (0..<5_000).map { "(\($0), '\($0)')" }.joined(separator: ", ")
        let dates = (0..<10_000).map { "'2020-01-01 00:00:\($0 % 60)'" }.joined(separator: ", ")
        let cases = [
            ("id IN (\(numbers))", "2000"), ("id NOT IN (\(mixed))", "0"),
            ("s IN ('y', \(mixed))", "2000"), ("s NOT IN ('y', NULL, \(numbers))", "0"),
            ("(id, s) IN (\(pairs))", "0"), ("(id, s) NOT IN (\(pairs))", "2000"),
            ("id IN (\(dates), 5)", "1"), ("NULL IN (\(mixed))", "0"),
        ]
        for (condition, expected) in cases {
            let answer = try outcome("SELECT COUNT(*) FROM wide WHERE \(condition)")
            #expect(answer == expected, "\(condition.prefix(40))")
        }
    }

    // MARK: - Memory

    @Test(
        "what would take gigabytes ends in 1038 or at its time, and the server stays small",
        arguments: [
            "SELECT "
                + (0..<20).map { "REPEAT('\($0)', 30000000) AS a\($0)" }.joined(separator: ","),
            "SELECT a.s, b.s, REPEAT('z', 2000) AS c FROM wide a, wide b, wide c ORDER BY 2, 3, 1",
            "SELECT DISTINCT CONCAT(a.s, b.s, c.s) FROM wide a, wide b, wide c LIMIT 4000000, 1",
            "WITH RECURSIVE r AS (SELECT 1 n, REPEAT('x', 1000000) s UNION ALL "
                + "SELECT n + 1, s FROM r) SELECT COUNT(*) FROM r",
            "WITH RECURSIVE r AS (SELECT 1 n, REPEAT('x', 1000) s UNION ALL "
                + "SELECT n + 1, s FROM r) SELECT MAX(n) FROM (SELECT * FROM r ORDER BY s, n) t",
            "SELECT LENGTH(GROUP_CONCAT(a.s, b.s)) FROM wide a, wide b",
            "SELECT LENGTH(GROUP_CONCAT(DISTINCT a.s, b.s ORDER BY b.s)) FROM wide a, wide b",
            "SELECT LENGTH(JSON_ARRAYAGG(a.s)) FROM wide a, wide b",
            "SELECT a.id, COUNT(*) OVER (ORDER BY a.s, b.s, c.s) FROM wide a, wide b, wide c",
            "SELECT COUNT(DISTINCT a.s, b.s, c.id) FROM wide a, wide b, wide c",
        ]
    )
    func bombs(_ sql: String) throws {
        try client.query("SET cte_max_recursion_depth = 4294967295, max_execution_time = 350")
        try client.query("SET group_concat_max_len = 4294967295")
        let before = server.residentMebibytes
        let start = Date()
        let answer = try outcome(sql)
        #expect(["!1038", "!3024"].contains(answer), "\(answer.prefix(60))")
        #expect(Date().timeIntervalSince(start) < 20)
        #expect(server.residentMebibytes < max(before, 200) + 400, "from \(before)")
        #expect(
            try outcome("SELECT COUNT(*) FROM wide", server.connect(database: "hostile")) == "2000"
        )
    }

    @Test("a text that would be too long is NULL, as beyond max_allowed_packet")
    func longTexts() throws {
        let cases = [
            ("SELECT LENGTH(REPEAT('x', 60000000))", "60000000"),
            ("SELECT REPEAT('x', 100000000)", "NULL"), ("SELECT SPACE(100000000)", "NULL"),
            ("SELECT REPLACE(REPEAT('a', 100000), 'a', REPEAT('b', 1000))", "NULL"),
            ("SELECT LPAD('x', 100000000, 'y')", "NULL"),
            ("SELECT a.s INTO @v FROM wide a, wide b, wide c", "!1172"),
            ("SET @a = REPEAT('x', 60000000)", ""), ("SET @b = @a, @c = @a, @d = @a", ""),
            ("SET @e = @a", "!1038"), ("SELECT @f := @a", "!1038"),
            ("SELECT 1, LENGTH(@d) INTO @e, @a", ""), ("SELECT @e, @a, @f", "1,60000000,NULL"),
        ]
        for (sql, expected) in cases {
            #expect(try outcome(sql).prefix(20) == expected, "\(sql)")
        }
    }

    // MARK: - Time

    private static let endless = [
        "WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT 1 FROM r) SELECT COUNT(*) FROM r",
        "SELECT COUNT(*) FROM wide a, wide b, wide c WHERE a.s > b.s",
        "SELECT a.s, b.s FROM wide a, wide b, wide c ORDER BY 2, 1",
        "SELECT SLEEP(100)",
        "INSERT INTO target SELECT a.id, 'x' FROM wide a, wide b, wide c "
            + "WHERE a.s > b.s AND b.s > c.s AND c.s > a.s",
        "INSERT INTO target SELECT COUNT(*), 'x' FROM wide a, wide b, wide c, target t",
        "UPDATE target SET id = 2 WHERE (SELECT COUNT(*) FROM wide a, wide b, wide c) > 1",
        "DELETE FROM target WHERE (SELECT COUNT(*) FROM wide a, wide b, wide c) > 1",
        "CREATE TABLE made AS SELECT COUNT(*) AS n FROM wide a, wide b, wide c",
    ]

    @Test(
        "KILL QUERY ends a statement in the middle of a long step, and nothing else",
        arguments: endless
    )
    func kill(_ sql: String) throws {
        try client.query("SET cte_max_recursion_depth = 4294967295")
        try client.query("INSERT INTO target VALUES (0, 'kept')")
        try client.query("BEGIN")
        let isDefinition = sql.hasPrefix("CREATE")
        if !isDefinition { try client.query("INSERT INTO target VALUES (1, 'first')") }
        let other = try server.connect(database: "hostile")
        try client.start(sql)
        #expect(try other.seesStatement(of: client))
        usleep(100_000)
        let start = Date()
        try other.query("KILL QUERY \(client.connectionID)")
        do {
            let answer = try client.readAnswer()
            // SLEEP answers 1 when it is interrupted.
            #expect(answer.cell == "1" && sql.contains("SLEEP"), "\(sql): \(answer.rows.prefix(2))")
        } catch let error as RawClient.ServerFailure {
            #expect(error.number == 1317, "\(sql): \(error)")
        }
        let milliseconds = Date().timeIntervalSince(start) * 1_000
        #expect(milliseconds < 10_000, "\(sql): \(milliseconds) ms")
        // Of the transaction everything else is still there.
        let rows = try client.query("SELECT id, s FROM target ORDER BY id").rows
        #expect(rows == (isDefinition ? [["0", "kept"]] : [["0", "kept"], ["1", "first"]]))
        try client.query("ROLLBACK")
        #expect(try other.query("SELECT COUNT(*) FROM target").cell == "1")
        try other.query("TRUNCATE target")
        #expect(try other.failure(of: "SELECT 1 FROM made").number == 1146)
    }

    @Test("time and recursion have their limits and numbers")
    func limits() throws {
        try client.query("SET max_execution_time = 200")
        for sql in Self.endless.prefix(3) {
            let start = Date()
            try client.query("SET cte_max_recursion_depth = 4294967295")
            #expect(try outcome(sql) == "!3024", "\(sql)")
            #expect(Date().timeIntervalSince(start) < 10)
        }
        try client.query("SET max_execution_time = 0, cte_max_recursion_depth = 1000")
        #expect(try outcome(Self.endless[0]) == "!3636")
    }
}
