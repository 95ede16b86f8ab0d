import Foundation
import Testing

/// What clients ask before, beside and behind their users' statements, under both names that the
/// server can go by: every query is answered with the columns and types of the recorded file.
@Suite struct ClientQueryGoldenTests {
    private static let path = Fixtures.root + "/sql/client_queries.tsv"

    /// A line of the file: which of the names it is for, the columns, the text.
    private struct Entry {
        var names: String
        var columns: String
        var text: String

        init(_ line: Substring) {
            let parts = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
            names = String(parts[0])
            columns = String(parts[1])
            text = String(parts[2])
        }

        func isFor(_ name: String) -> Bool { names == "both" || names == name }
    }

    private static func lines() throws -> [Substring] {
        try String(contentsOfFile: path, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// `name:type`, the type's code as on the wire, with `u` behind one without a sign; `-` for OK
    /// and the number of an error.
    private static func answer(_ client: RawClient, _ text: String) throws -> String {
        do {
            let answer = try client.query(text)
            guard answer.isResultSet else { return "-" }
            return answer.columns.map { column in
                let code = String(column.type, radix: 16)
                return "\(column.name):\(code)\(column.flags & 0x20 != 0 ? "u" : "")"
            }.joined(separator: ",")
        } catch let failure as RawClient.ServerFailure {
            return "error \(failure.number)"
        }
    }

    private static func client(_ server: ServerProcess) throws -> RawClient {
        let client = try server.connect()
        for text in [
            "CREATE DATABASE d", "USE d",
            """
            CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT,
            name VARCHAR(20) NOT NULL DEFAULT 'x', UNIQUE KEY n (name)) COMMENT 'a comment'
            """,
            """
            CREATE TABLE u (id BIGINT UNSIGNED, t_id INT, d DATETIME(6), e ENUM('a', 'b'), j JSON,
            CONSTRAINT fk FOREIGN KEY (t_id) REFERENCES t (id) ON DELETE CASCADE, KEY dk (d))
            """,
            "CREATE VIEW v AS SELECT id, name FROM t",
        ] {
            try client.query(text)
        }
        return client
    }

    @Test("every query of theirs is answered with the columns and types recorded")
    func answers() throws {
        try check("8.0", "8.0.36")
        try check("MariaDB", "5.5.5-10.11.19-MariaDB")
    }

    private func check(_ name: String, _ version: String) throws {
        let server = try ServerProcess(
            arguments: ["--ephemeral"],
            environment: ["BOREAL_SERVER_VERSION": version]
        )
        let client = try Self.client(server)
        let rewrites = ProcessInfo.processInfo.environment["BOREAL_GOLDEN"] == "rewrite"
        var lines = try Self.lines()
        for (index, line) in lines.enumerated() where !line.hasPrefix("#") && !line.isEmpty {
            let entry = Entry(line)
            guard entry.isFor(name) else { continue }
            let found = try Self.answer(client, entry.text)
            if rewrites, entry.names == name || name == "8.0" {
                lines[index] = "\(entry.names)\t\(found)\t\(entry.text)"
            } else {
                #expect(found == entry.columns, "\(entry.text)")
            }
        }
        if rewrites {
            try lines.joined(separator: "\n")
                .write(toFile: Self.path, atomically: true, encoding: .utf8)
        }
    }

    @Test("MariaDB's name brings what MariaDB's clients count on")
    func mariaDB() throws {
        let server = try ServerProcess(
            arguments: ["--ephemeral"],
            environment: ["BOREAL_SERVER_VERSION": "5.5.5-10.11.19-MariaDB"]
        )
        let client = try Self.client(server)
        for (text, expected) in [
            ("SELECT VERSION()", "10.11.19-MariaDB"), ("SELECT 1 /*M!100100 + 1 */", "2"),
            ("INSERT INTO t (name) VALUES ('a') RETURNING id", "1"),
            ("INSERT INTO t (name) VALUES ('b'), ('c') RETURNING id * 10, name", "20"),
            ("REPLACE INTO t VALUES (2, 'd') RETURNING t.*", "2"),
            ("INSERT INTO t VALUES (2, '') ON DUPLICATE KEY UPDATE name = 'f' RETURNING name", "f"),
            ("INSERT INTO t (name) SELECT CONCAT(name, 'g') FROM t LIMIT 1 RETURNING name", "ag"),
        ] {
            #expect(try client.query(text).cell == expected, "\(text)")
        }
        #expect(try client.failure(of: "INSERT INTO t (id) VALUES (1) RETURNING id").number == 1062)
        #expect(try client.failure(of: "INSERT INTO t VALUES (9, 'z') RETURNING x").number == 1054)
        #expect(try client.query("SELECT COUNT(*) FROM t WHERE id = 9").cell == "0")
    }
}
