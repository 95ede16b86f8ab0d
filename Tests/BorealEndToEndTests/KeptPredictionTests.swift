import Foundation
import TestPrograms
import Testing

/// PREDICT of one row by its key, again and again: the way without a parser must answer as the long
/// one does, whatever changed in between.
@Suite("One row predicted again and again", .serialized)
struct KeptPredictionTests {
    private let server: ServerProcess
    private let client: RawClient
    private let folder = TestRun.folder + "kept-\(UUID().uuidString)"

    init() throws {
        server = try ServerProcess.onData(folder)
        client = try server.connect()
        try client.query("CREATE DATABASE d")
        try client.query("USE d")
        try client.query("CREATE TABLE t (id INT PRIMARY KEY, a INT, c VARCHAR(9), y INT)")
        let rows = (0..<100).map { "(\($0), \($0), '\($0 % 3 == 0 ? "x" : "z")', \($0 / 50))" }
        try client.query("INSERT INTO t VALUES \(rows.joined(separator: ","))")
        try create("CREATE MODEL m", label: "y")
    }

    private func create(_ verb: String, label: String) throws {
        try client.query(
            "\(verb) WITH (model_class='lightgbm', x_cols='a,c', y_cols='\(label)', "
                + "model_parameter=(n_estimators=3)) AS (SELECT *, 1 - y AS n FROM t)"
        )
        #expect(try client.newestStatus(of: "m") == "saved")
    }

    private func predict(_ key: Int) -> String {
        "/*polar4ai*/SELECT id, a FROM PREDICT(MODEL m, SELECT * FROM t WHERE id = \(key)) "
            + "WITH (x_cols='a,c')"
    }

    /// Predicts each row by itself, twice, and returns the answers by key.
    private func answers(_ keys: some Sequence<Int>) throws -> [[String?]] {
        var found: [[String?]] = []
        for key in keys {
            let first = try client.query(predict(key)).rows
            #expect(try client.query(predict(key)).rows == first)
            found += first
        }
        return found
    }

    @Test("each row is answered as in one PREDICT over all, and missing rows are none")
    func agreement() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let all = try client.query(
            "SELECT id, a FROM PREDICT(MODEL m, SELECT * FROM t ORDER BY id) WITH (x_cols='a,c')"
        )
        #expect(try answers(0..<100) == all.rows)
        #expect(Set(all.rows.map { $0[2] }) == ["0", "1"])
        #expect(try client.query(predict(1_000)).rows.isEmpty)
        #expect(try client.query(predict(7)).names == ["id", "a", "predicted_results"])
    }

    @Test("what changes between two of them counts at once")
    func changes() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try answers([1, 2, 99]).map { $0[2] } == ["0", "0", "1"])
        // The session's own change, seen and undone.
        try client.query("BEGIN")
        try client.query("UPDATE t SET a = 99 WHERE id = 1")
        #expect(try answers([1]) == [["1", "99", "1"]])
        try client.query("ROLLBACK")
        #expect(try answers([1]) == [["1", "1", "0"]])
        // Categories that training never saw.
        try client.query("UPDATE t SET c = 'new' WHERE id = 2")
        #expect(try answers([2]).map { $0[2] } == ["0"])
        #expect(try client.query("SHOW WARNINGS").rows.map { $0[1] } == ["9065"])
        #expect(try answers([3]).map { $0[2] } == ["0"])
        #expect(try client.query("SHOW WARNINGS").rows.isEmpty)
        // A further version that says the opposite, a table of another shape, another database.
        try create("CREATE OR REPLACE MODEL m", label: "n")
        #expect(try answers([1, 99]).map { $0[2] } == ["1", "0"])
        try client.query("ALTER TABLE t ADD COLUMN further INT FIRST")
        #expect(try answers([1, 99]).map { $0[2] } == ["1", "0"])
        try client.query("CREATE DATABASE e")
        try client.query("USE e")
        #expect(try client.failure(of: predict(1)).number == 1146)
        try client.query("USE d")
        #expect(try answers([1]).map { $0[2] } == ["1"])
        try client.query("DROP MODEL m")
        #expect(try client.failure(of: predict(1)).number == 9053)
    }

    @Test("a row that there is something to say about is answered as the long way answers it")
    func irregular() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try client.query(
            "CREATE TABLE w (id INT PRIMARY KEY, a VARCHAR(9), c VARCHAR(9), d DECIMAL(9,2), "
                + "e DOUBLE, f FLOAT, g BIGINT UNSIGNED, h DATETIME, i TINYTEXT)"
        )
        try client.query(
            "INSERT INTO w VALUES (1, '99', 'x', 1.5, 2.0, 0.1, 18446744073709551615, "
                + "'2026-01-02 03:04:05', 'i'), "
                + "(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), "
                + "(3, 'no', 'x', 1, 1, 1, 1, NULL, ''), (4, '99', 'x', 1, 1, 1, 1, NULL, '')"
        )
        func asked(_ key: Int) -> String {
            "SELECT * FROM PREDICT(MODEL m, SELECT * FROM w WHERE id = \(key)) WITH (x_cols='a,c')"
        }
        // Never the short way: each text is another one.
        func longWay(_ key: Int) -> String { "SELECT  * FROM" + asked(key).dropFirst(13) }
        let long = try [1, 2, 4].map { try client.query(longWay($0)).rows }
        for _ in 0..<2 {
            #expect(try [1, 2, 4].map { try client.query(asked($0)).rows } == long)
            #expect(try client.failure(of: asked(3)).number == 9062)
        }
        #expect(
            long[0] == [
                [
                    "1", "99", "x", "1.50", "2.0", "0.1", "18446744073709551615",
                    "2026-01-02 03:04:05",
                    "i", "1",
                ]
            ]
        )
    }

    @Test("columns that moved under a plan which another statement made anew are found")
    func movedColumns() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try answers([99]).map { $0[2] } == ["1"])
        try client.query("ALTER TABLE t ADD COLUMN further INT DEFAULT 0 FIRST")
        for key in [7, 8] { try client.query("SELECT * FROM t WHERE id = \(key)") }
        #expect(try answers([1, 99]) == [["1", "1", "0"], ["99", "99", "1"]])
    }

    /// The packets that answer a prepared statement with one whole number, COM_STMT_EXECUTE.
    private func execute(_ id: UInt8, _ key: Int64, _ client: RawClient) throws -> [[UInt8]] {
        let value = withUnsafeBytes(of: key.littleEndian) { Array($0) }
        try client.start(command: [0x17, id, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 8, 0] + value)
        var packets: [[UInt8]] = []
        while packets.count(where: { $0.first == 0xFE && $0.count < 9 }) < 2 {
            packets.append(try client.readPacket())
            try #require(packets.last?.first != 0xFF)
        }
        return packets
    }

    @Test("a prepared one is answered in the same bytes the first time and later")
    func prepared() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try client.query("ALTER TABLE t ADD COLUMN e DOUBLE")
        try client.query("UPDATE t SET e = a / 4")
        let text =
            "SELECT id, a, c, e FROM PREDICT(MODEL m, SELECT * FROM t WHERE id = ?) "
            + "WITH (x_cols='a,c')"
        func prepared(_ client: RawClient) throws -> UInt8 {
            try client.query("USE d")
            try client.start(command: [0x16] + Array(text.utf8))
            let answer = try client.readPacket()
            try #require(answer.first == 0)
            // One parameter and five columns, each list with its end.
            for _ in 0..<(2 + 6) { _ = try client.readPacket() }
            return answer[1]
        }
        let id = try prepared(client)
        for key in [3, 99, 1_000, 3, 98] as [Int64] {
            let fresh = try server.connect()
            let first = try execute(try prepared(fresh), key, fresh)
            #expect(first.count == (key == 1_000 ? 8 : 9))
            #expect(try execute(id, key, client) == first, "\(key)")
        }
    }

    @Test("rights that are taken away are missed at the next one, and each stands in the audit log")
    func rights() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try client.query("CREATE USER asker")
        try client.query("GRANT SELECT ON d.* TO asker")
        try client.query("GRANT PREDICT ON MODEL m TO asker")
        let asker = try RawClient(port: server.mysqlPort, user: "asker")
        try asker.query("USE d")
        for key in 1...5 { #expect(try asker.query(predict(key)).rows.count == 1) }
        try client.query("REVOKE PREDICT ON MODEL m FROM asker")
        #expect(try asker.failure(of: predict(6)).number == 1142)
        try client.query("GRANT PREDICT ON MODEL m TO asker")
        #expect(try asker.query(predict(7)).rows.count == 1)
        try client.query("REVOKE SELECT ON d.* FROM asker")
        #expect(try asker.failure(of: predict(8)).number == 1142)
        #expect(server.terminate() == 0)
        let log = try String(contentsOfFile: folder + "/audit.log", encoding: .utf8)
        let lines = log.split(separator: "\n").filter { $0.contains("FROM PREDICT(MODEL m") }
        #expect(lines.count == 8)
        let rows = try lines.compactMap { line in
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        }.compactMap { $0["rows"] as? Int }
        #expect(rows == [1, 1, 1, 1, 1, 1])
    }
}
