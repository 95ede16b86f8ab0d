import Foundation
import Testing

/// Whatever arrives, the server answers with a number and lives on.
@Suite("Bad input", .serialized)
final class BadInputTests {
    static let server = Result { try ServerProcess.ephemeral() }

    let server: ServerProcess
    let client: RawClient

    init() throws {
        server = try Self.server.get()
        client = try server.connect()
        try client.query("CREATE DATABASE IF NOT EXISTS bad")
        try client.query("USE bad")
    }

    private func expectAlive() throws {
        #expect(try server.connect().query("SELECT 1").cell == "1")
    }

    @Test("garbage, half packets and wrong sequence numbers cost one connection")
    func brokenFraming() throws {
        let garbage: [[UInt8]] = [
            [0xFF, 0xFF, 0xFF, 0x00, 0x01], [0, 0, 0, 9], [0x05, 0, 0, 0x07, 3, 1, 2, 3, 4],
            Array("GET / HTTP/1.1\r\n\r\n".utf8), [UInt8](repeating: 0xAA, count: 70_000),
        ]
        for bytes in garbage {
            let victim = try server.connect()
            try? victim.writeRaw(bytes)
            victim.vanish()
            try expectAlive()
        }
    }

    @Test("clients that never read their answers cost neither memory nor others' turns")
    func unreadAnswers() throws {
        try client.query("CREATE TABLE wide (id INT, s VARCHAR(200))")
        let rows = (0..<1_000).map { "(\($0), '\(String(repeating: "x", count: 150))')" }
        try client.query("INSERT INTO wide VALUES " + rows.joined(separator: ","))
        let before = server.residentMebibytes
        // Each would be a third of a gigabyte.
        let silent = try (0..<16).map { _ in try server.connect(database: "bad") }
        for one in silent { try one.start("SELECT a.id, a.s, b.s FROM wide AS a, wide AS b") }
        // The first packet of each is there: all of them run.
        for one in silent { #expect(try one.readPacket() == [3]) }
        try expectAlive()
        try client.query("INSERT INTO wide VALUES (1000, 'z')")
        #expect(try client.query("SELECT COUNT(*) FROM wide").cell == "1001")
        #expect(server.residentMebibytes < before + 200)
        for one in silent { one.vanish() }
        try expectAlive()
        try client.query("DROP TABLE wide")
    }

    @Test(
        "statements that are wrong get their number",
        arguments: [
            ("SELEC 1", 1064), ("", 1065), ("SELECT * FROM nowhere", 1146),
            ("SELECT * FROM no_db.t", 1049), ("SELECT nope FROM (SELECT 1 AS a) AS t", 1054),
            ("USE no_db", 1049), ("SELECT no_such_function(1)", 1305),
            ("DROP TABLE nowhere", 1051), ("CREATE DATABASE bad", 1007),
            ("DROP DATABASE no_db", 1008), ("SET @@no_such_variable = 1", 1193),
            ("/*polar4ai*/SHOW MODEL nobody", 9053), ("/*polar4ai*/DROP MODEL nobody", 9053),
            ("/*polar4ai*/DEPLOY MODEL nobody", 9053), ("/*polar4ai*/SHOW TASK `nothing`", 9058),
            ("/*polar4ai*/CREATE MODEL m WITH (x_cols='a') AS SELECT 1", 1064),
            ("/*polar4ai*/CREATE MODEL 1x WITH (x_cols='a') AS (SELECT 1)", 9055),
            ("/*polar4ai*/CREATE MODEL m WITH (model_class='lightgbm'", 1064),
            ("/*polar4ai*/SELECT y FROM PREDICT(MODEL nobody, SELECT 1) WITH (x_cols='a')", 9053),
            ("/*polar4ai*/UPLOAD MODEL u WITH (model_location='ftp://a/b.pkl')", 9060),
            ("/*polar4ai*/UPLOAD MODEL u WITH (model_location='http://u:p@a/b.pkl')", 9060),
            ("/*polar4ai*/UPLOAD MODEL u WITH (req_location='http://a/b')", 9055),
        ]
    )
    func wrongStatements(_ text: String, _ number: Int) throws {
        let error = try client.failure(of: text)
        #expect(error.number == number, "\(error)")
        try expectAlive()
    }

    @Test("a syntax error shows the rest of the text and the line")
    func syntaxErrorText() throws {
        let error = try client.failure(of: "/*polar4ai*/SHOW MODEL\nm nonsense here")
        #expect(error.number == 1064)
        #expect(error.state == "42000")
        #expect(error.message.hasPrefix("You have an error in your SQL syntax;"))
        #expect(error.message.hasSuffix("near 'nonsense here' at line 2"))
    }

    @Test("deep nesting is an error, not a crash")
    func nesting() throws {
        let deep = String(repeating: "(", count: 5_000) + "1" + String(repeating: ")", count: 5_000)
        #expect(try client.failure(of: "SELECT \(deep)").number > 0)
        #expect(try client.failure(of: "/*polar4ai*/CREATE MODEL m WITH (a=\(deep))").number > 0)
        try expectAlive()
    }

    @Test(
        "training sets that cannot be learned end as failed, with the reason",
        arguments: [
            ("SELECT x, y FROM samples WHERE x < 0", 9062, "no rows"),
            ("SELECT x, 1 AS y FROM samples", 9055, "1 value"),
            ("SELECT x, x AS y FROM samples", 9055, "values"),
            ("SELECT x, NULL AS y FROM samples", 9062, "'y'"),
        ]
    )
    func hopelessTraining(_ query: String, _ number: Int, _ phrase: String) throws {
        try client.query("CREATE TABLE IF NOT EXISTS samples (x INT, y INT)")
        if try client.query("SELECT COUNT(*) FROM samples").cell == "0" {
            let rows = (0..<200).map { "(\($0), \($0 % 2))" }.joined(separator: ",")
            try client.query("INSERT INTO samples VALUES \(rows)")
        }
        try client.query(
            """
            CREATE MODEL hopeless WITH (model_class='lightgbm', x_cols='x', y_cols='y')
            AS (\(query))
            """
        )
        #expect(try client.statuses(of: "hopeless", until: ["saved", "failed"]).last == "failed")
        #expect(try client.query("SHOW MODEL hopeless").rows[0] == ["failed", ""])
        let text = try #require(try client.query("DESCRIBE MODEL hopeless").rows[0][1])
        let last = try #require(text.split(separator: "\n").last)
        #expect(last.hasPrefix("error: \(number) "), "\(last)")
        #expect(last.contains(phrase), "\(last)")
        let use = try client.failure(
            of: "SELECT y FROM PREDICT(MODEL hopeless, SELECT 1 AS x) WITH (x_cols='x')"
        )
        #expect(use.number == 9054)
        try client.query("DROP MODEL hopeless")
    }

    @Test("columns that are all missing are no obstacle")
    func allMissing() throws {
        let rows = (0..<300).map { "(\($0), NULL, \($0 / 150))" }.joined(separator: ",")
        try client.query("CREATE TABLE holes (x INT, z DOUBLE, y INT)")
        try client.query("INSERT INTO holes VALUES \(rows)")
        try client.query(
            """
            CREATE MODEL holes WITH (model_class='lightgbm', x_cols='x,z', y_cols='y',
            model_parameter=(n_estimators=20)) AS (SELECT * FROM holes)
            """
        )
        #expect(try client.statuses(of: "holes", until: ["saved", "failed"]).last == "saved")
        let answer = try client.query(
            "SELECT y FROM PREDICT(MODEL holes, SELECT * FROM holes) WITH (x_cols='x,z')"
        )
        #expect(answer.rows.count == 300)
        #expect(answer.rows.filter { $0[0] == $0[1] }.count > 280)
    }

    @Test("a URL that hangs, lies, redirects for ever or serves junk ends as failed")
    func badUploads() throws {
        let pickle = try Fixtures.bytes("models/seed000-lgb-pkl/lgb.pkl")
        let files = try FileServer([
            "missing": .status(404), "loop": .redirect("/loop"),
            "junk.pkl": .file(Array("not a model".utf8)),
            "half.pkl": .file(Array(pickle.prefix(pickle.count / 2))),
            "huge.pkl": .endless(announced: 5 << 30),
            "metadata": .redirect("http://169.254.169.254/latest/meta-data"),
            "hang.pkl": .hang,
        ])
        defer { files.stop() }
        let cases = [
            ("missing", "9060"), ("loop", "9060"), ("junk.pkl", "9061"), ("half.pkl", "9061"),
            ("huge.pkl", "9060"), ("metadata", "9060"),
        ]
        for (path, number) in cases {
            let url = files.url(path) + "?Signature=secret"
            try client.query("UPLOAD MODEL bad_upload WITH (model_location='\(url)')")
            #expect(
                try client.statuses(of: "bad_upload", until: ["saved", "failed"]).last == "failed"
            )
            let text = try #require(try client.query("DESCRIBE MODEL bad_upload").rows[0][1])
            let last = try #require(text.split(separator: "\n").last)
            #expect(last.hasPrefix("error: \(number) "), "\(path): \(last)")
            #expect(!last.contains("secret"))
            try client.query("DROP MODEL bad_upload")
        }
        try client.query("UPLOAD MODEL hanging WITH (model_location='\(files.url("hang.pkl"))')")
        try expectAlive()
        try client.query("DROP MODEL hanging")
        #expect(try client.failure(of: "SHOW MODEL hanging").number == 9053)
    }

    @Test("broken CSV leaves no half-loaded table")
    func halfFile() throws {
        try client.query("CREATE TABLE csv (a INT NOT NULL, b VARCHAR(3))")
        client.localFile = Array("1,abc\n2,def\nx,ghi\n".utf8)
        let error = try client.failure(
            of: "LOAD DATA LOCAL INFILE 'x' REPLACE INTO TABLE nowhere FIELDS TERMINATED BY ','"
        )
        #expect(error.number == 1146)
        let answer = try client.query(
            "LOAD DATA LOCAL INFILE 'x' INTO TABLE csv FIELDS TERMINATED BY ','"
        )
        #expect(answer.affectedRows == 3)
        #expect(answer.warnings == 1)
        try expectAlive()
        let victim = try server.connect(database: "bad")
        try victim.start("LOAD DATA LOCAL INFILE 'x' INTO TABLE csv FIELDS TERMINATED BY ','")
        #expect(try victim.readPacket().first == 0xFB)
        victim.vanish()
        #expect(try client.query("SELECT COUNT(*) FROM csv").cell == "3")
    }

    @Test("2,000 feature columns work, one more is an error")
    func wideTraining() throws {
        let names = (0..<1_999).map { "c\($0)" }
        try client.query(
            "CREATE TABLE wide (y INT, " + names.map { "\($0) DOUBLE" }.joined(separator: ",") + ")"
        )
        for row in 0..<60 {
            let values = names.indices.map { String(($0 * 7 + row * 13) % 50) }
            try client.query(
                "INSERT INTO wide VALUES (\(row % 2),\(values.joined(separator: ",")))"
            )
        }
        try client.query(
            """
            CREATE MODEL wide WITH (model_class='lightgbm',
            x_cols='\(names.joined(separator: ","))',
            y_cols='y', model_parameter=(n_estimators=2)) AS (SELECT * FROM wide)
            """
        )
        #expect(try client.statuses(of: "wide", until: ["saved", "failed"]).last == "saved")
        let many = (0...2_000).map { "c\($0)" }.joined(separator: ",")
        let error = try client.failure(
            of: "CREATE MODEL w WITH (model_class='lightgbm', x_cols='\(many)', y_cols='y') "
                + "AS (SELECT * FROM wide)"
        )
        #expect(error.number == 9055)
    }
}
