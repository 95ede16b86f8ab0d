import Foundation
import TestPrograms
import Testing

/// CREATE SOURCE and its relatives: what is kept, what is shown, what is refused. No source is
/// there.
@Suite struct NamedSourceRegistryTests {
    private let folder = TestRun.folder + "sources-\(UUID().uuidString)"
    private let key = TestRun.folder + "sources-\(UUID().uuidString).key"

    private var environment: [String: String] { ["BOREAL_MASTER_KEY_FILE": key] }

    private func server(_ arguments: [String] = []) throws -> ServerProcess {
        try ServerProcess(arguments: ["--data", folder] + arguments, environment: environment)
    }

    private func remove() {
        for path in [folder, key] {
            // What stays costs some disk and nothing else.
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    /// Whether any file below the data directory, or the log, holds a text.
    private func isKept(_ text: String, _ server: ServerProcess) throws -> Bool {
        let needle = Data(text.utf8)
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }
        for file in files ?? [] {
            // A folder has no contents.
            let data = try? Data(contentsOf: URL(fileURLWithPath: folder + "/" + file))
            if data?.range(of: needle) != nil { return true }
        }
        return server.log(tail: 1_000_000).contains(text)
    }

    @Test("a source is made, changed and dropped, and survives a kill; its password shows nowhere")
    func life() throws {
        defer { remove() }
        let server = try server()
        let client = try server.connect()
        _ = try client.query(
            "CREATE SOURCE Shop OPTIONS (URL 'mysql://app:planted-9x@db.invalid:3307/shop"
                + "?ssl-mode=required', COMMENT 'the ''shop''')"
        )
        _ = try client.query("CREATE SOURCE bare OPTIONS (url = 'mysql://ro@[::1]')")
        _ = try client.query("CREATE SOURCE IF NOT EXISTS shop OPTIONS (URL 'mysql://x@y')")
        #expect(try client.query("SHOW WARNINGS").rows.first?[1] == "1476")
        let shown = try client.query("SHOW SOURCES")
        #expect(
            shown.rows == [
                [
                    "Shop", "db.invalid:3307", "shop", "app", "REQUIRED", "not used yet",
                    "the 'shop'",
                ],
                ["bare", "[::1]:3306", "", "ro", "PREFERRED", "not used yet", ""],
            ]
        )
        #expect(try client.query("SHOW SOURCES LIKE 'b%'").rows.count == 1)
        #expect(try client.query("SHOW SOURCES WHERE `user` = 'app'").rows.count == 1)
        let definition =
            "CREATE SOURCE `Shop` OPTIONS (URL 'mysql://app:***@db.invalid:3307/shop"
            + "?ssl-mode=REQUIRED', COMMENT 'the ''shop''')"
        #expect(try client.query("SHOW CREATE SOURCE shop").rows == [["Shop", definition]])
        server.killNine()
        try server.start()
        let again = try server.connect()
        #expect(try again.query("SHOW SOURCES").rows == shown.rows)
        #expect(try again.query("SHOW CREATE SOURCE shop").rows == [["Shop", definition]])
        #expect(try !isKept("planted-9x", server))
        #expect(try isKept("db.invalid", server))
        _ = try again.query("ALTER SOURCE shop OPTIONS (COMMENT 'c')")
        #expect(
            try again.query("SHOW CREATE SOURCE SHOP").rows[0][1]?.contains("app:***@") == true
        )
        _ = try again.query("ALTER SOURCE shop OPTIONS (URL 'mysql://b:planted-9x@h.invalid')")
        #expect(try again.query("SHOW SOURCES LIKE 'Shop'").rows[0][1] == "h.invalid:3306")
        _ = try again.query("DROP SOURCE shop")
        _ = try again.query("DROP SOURCE IF EXISTS shop")
        #expect(try again.failure(of: "DROP SOURCE shop").number == 1_477)
        #expect(try again.query("SHOW SOURCES").rows.count == 1)
        #expect(try !isKept("planted-9x", server))
    }

    @Test("what cannot be a source is refused with what to do, and never with its password")
    func refused() throws {
        defer { remove() }
        let server = try server()
        let client = try server.connect()
        _ = try client.query("CREATE DATABASE d1")
        _ = try client.query("CREATE SOURCE s OPTIONS (URL 'mysql://u@h.invalid')")
        let cases: [(String, Int, String)] = [
            ("CREATE SOURCE s OPTIONS (URL 'mysql://u@h')", 1_476, "'s'"),
            ("CREATE SOURCE d1 OPTIONS (URL 'mysql://u@h')", 9_055, "database"),
            ("CREATE SOURCE local OPTIONS (URL 'mysql://u@h')", 9_055, "database"),
            ("CREATE SOURCE Boreal_AI OPTIONS (URL 'mysql://u@h')", 9_055, "database"),
            ("CREATE SOURCE mysql OPTIONS (URL 'mysql://u@h')", 9_055, "database"),
            ("CREATE SOURCE `select` OPTIONS (URL 'mysql://u@h')", 9_055, "reserved"),
            ("CREATE SOURCE select OPTIONS (URL 'mysql://u@h')", 1_064, "near"),
            ("CREATE SOURCE `a.b` OPTIONS (URL 'mysql://u@h')", 9_055, "begins with a letter"),
            ("CREATE SOURCE `1a` OPTIONS (URL 'mysql://u@h')", 9_055, "begins with a letter"),
            ("CREATE SOURCE x OPTIONS (COMMENT 'c')", 9_055, "URL"),
            ("CREATE SOURCE x OPTIONS (HOST 'h')", 1_235, "HOST"),
            ("CREATE SOURCE x OPTIONS (URL 'a', URL 'b')", 1_235, "URL"),
            ("CREATE SOURCE x (URL 'mysql://u:planted-9x@h')", 1_064, "near"),
            ("CREATE SOURCE x OPTIONS (URL 'mysql:/u:planted-9x@h')", 9_055, "mysql://"),
            ("CREATE SOURCE x OPTIONS (URL 'mysql://u:planted-9x@h?a=b')", 9_055, "not known"),
            ("CREATE SOURCE x OPTIONS (URL 'mysql://u:planted-9x@h/d' nope)", 1_064, "near"),
            ("CREATE SOURCE x OPTIONS (URL 'mysql://u@169.254.169.254')", 9_055, "no address"),
            ("CREATE SOURCE x OPTIONS (URL 'mysql://u@224.0.0.1')", 9_055, "no address"),
            ("CREATE SOURCE x OPTIONS (URL 'mysql://u@/d?socket=/run/m.sock')", 9_055, "socket"),
            ("ALTER SOURCE s OPTIONS (URL 'mysql://u@/d?socket=/run/m.sock')", 9_055, "socket"),
            (
                "CREATE SOURCE x OPTIONS (URL 'mysql://u@h?ssl-mode=VERIFY_CA&ssl-ca=/no')", 9_055,
                "/no"
            ),
            ("CREATE OR REPLACE SOURCE x OPTIONS (URL 'mysql://u@h')", 1_235, "OR REPLACE"),
            ("ALTER SOURCE nope OPTIONS (COMMENT 'c')", 1_477, "'nope'"),
            ("SHOW CREATE SOURCE nope", 1_477, "'nope'"),
            ("CREATE DATABASE S", 1_007, "source"),
            (
                "CREATE SOURCE \(String(repeating: "n", count: 65)) OPTIONS (URL 'mysql://u@h')",
                1_059, "64"
            ),
            (
                "CREATE SOURCE x OPTIONS (URL 'mysql://u@h', COMMENT '"
                    + String(repeating: "c", count: 1_025) + "')", 9_055, "1024"
            ),
        ]
        for (text, number, words) in cases {
            let failure = try client.failure(of: text)
            #expect(failure.number == number, "\(text): \(failure)")
            #expect(failure.description.contains(words), "\(text): \(failure)")
            #expect(!failure.description.contains("planted"), "\(text): \(failure)")
        }
        #expect(try client.query("SHOW SOURCES").rows.count == 1)
        #expect(try !isKept("planted-9x", server))
    }

    @Test("sources are the administrators' to make, and shown to those who may use them")
    func rights() throws {
        defer { remove() }
        let server = try server()
        let root = try server.connect()
        _ = try root.query("CREATE SOURCE s OPTIONS (URL 'mysql://u@h.invalid')")
        _ = try root.query("CREATE USER guest@localhost IDENTIFIED BY ''")
        let guest = try RawClient(port: server.mysqlPort, user: "guest")
        for text in [
            "CREATE SOURCE t OPTIONS (URL 'mysql://u@h')", "ALTER SOURCE s OPTIONS (COMMENT 'c')",
            "DROP SOURCE s", "DROP SOURCE IF EXISTS nope", "SHOW CREATE SOURCE s",
        ] {
            #expect(try guest.failure(of: text).number == 1_227, "\(text)")
        }
        #expect(try guest.query("SHOW SOURCES").rows.isEmpty)
        _ = try root.query("GRANT UPSTREAM ON *.* TO guest@localhost")
        #expect(try guest.query("SHOW SOURCES").rows.count == 1)
        #expect(try guest.failure(of: "DROP SOURCE s").number == 1_227)
    }

    @Test("boreal rotate-key seals the passwords of sources anew, and no other key opens them")
    func rotation() throws {
        defer { remove() }
        let server = try server()
        let client = try server.connect()
        _ = try client.query("CREATE SOURCE s OPTIONS (URL 'mysql://u:planted-9x@h.invalid')")
        _ = server.terminate()
        let rotated = try ProgramRun(
            ServerProcess.binary,
            ["rotate-key", "--data", folder],
            environment: environment
        )
        #expect(rotated.status == 0, "\(rotated.errors)")
        try server.start()
        let again = try server.connect()
        #expect(try again.query("SHOW SOURCES").rows[0][5] == "not used yet")
        _ = server.terminate()
        try FileManager.default.removeItem(atPath: key)
        try server.start()
        let status = try server.connect().query("SHOW SOURCES").rows[0][5]
        #expect(status?.hasPrefix("9055") == true, "\(status ?? "")")
        #expect(status?.contains("master key") == true && status?.contains("planted") == false)
    }
}
