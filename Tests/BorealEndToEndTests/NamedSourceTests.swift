import Foundation
import TestPrograms
import Testing

/// Tables of sources by name, as `s.db.t`, at two real MariaDB servers: with and without a source
/// that everything else goes to.
@Suite(.serialized, .wantsMariaDB)
struct NamedSourceTests {
    private static let shared = Result { try NamedSourceFixture() }

    private let west: MariaDBServer
    private let east: MariaDBServer
    private let proxy: ByteProxy
    private let server: ServerProcess

    init() throws {
        let fixture = try Self.shared.get()
        west = fixture.west
        east = fixture.east
        proxy = fixture.proxy
        server = fixture.server
        proxy.heal()
    }

    @Test("a statement with a source's name is answered as the source answers it without")
    func sameAnswers() throws {
        let direct = try west.connect(database: "shop")
        let through = try server.connect(database: "here")
        let statements = [
            "SELECT * FROM west.shop.t",
            "SELECT t.b, west.shop.t.a FROM `west` . shop.t ORDER BY a",
            "CREATE TABLE west.shop.u (id INT PRIMARY KEY AUTO_INCREMENT, x DOUBLE)",
            "INSERT INTO west.shop.u (x) VALUES (1.5), (2.5)", "SHOW CREATE TABLE west.shop.u",
            "INSERT INTO west.shop.u (x) SELECT a FROM WEST.shop.t", "DESCRIBE west.shop.u",
            "SELECT COUNT(*) FROM west.shop.u JOIN west.shop.t ON u.id = t.a",
            "UPDATE west.shop.u SET x = 9 WHERE id = 1", "DELETE FROM west.shop.u WHERE id = 2",
            "SELECT * FROM west.shop.u", "SELECT nope FROM west.shop.u",
            "SHOW TABLES FROM west.shop",
            "SELECT * FROM west.shop.missing", "ALTER TABLE west.shop.u ADD COLUMN y INT",
            "SHOW COLUMNS FROM west.shop.u", "SELECT 'west.shop.t' FROM west.shop.t LIMIT 1",
            "WITH q AS (SELECT a FROM west.shop.t) SELECT SUM(a) FROM q",
            "TRUNCATE TABLE west.shop.u", "SELECT 1/0 FROM west.shop.t", "SHOW WARNINGS",
            "SELECT REPEAT('x', 200000) FROM west.shop.t", "DROP TABLE west.shop.u",
            "SELECT seq, west.shop.t.b FROM west.shop.t, west.shop.seq_1_to_20000 AS s",
        ]
        let plain = statements.map { text in
            text.replacing("`west` . ", with: "").replacing("WEST.", with: "")
                .replacing("west.", with: "").replacing("'shop.t'", with: "'west.shop.t'")
        }
        let expected = try plain.map { try direct.seen($0) }
        for (text, answer) in zip(statements, expected) {
            #expect(try through.seen(text) == answer, "\(text)")
        }
        #expect(try through.query("SELECT DATABASE()").cell == "here")
        let databases = try through.query("SHOW DATABASES FROM west").rows
        #expect(databases.contains(["shop"]) && !databases.contains(["here"]))
    }

    @Test("each source answers for itself, beside tables of the server's own")
    func several() throws {
        let client = try server.connect(database: "here")
        for _ in 0..<3 {
            #expect(try client.query("SELECT b FROM west.shop.t WHERE a = 1").cell == "west")
            #expect(try client.query("SELECT b FROM east.shop.t WHERE a = 1").cell == "east")
            #expect(try client.query("SELECT COUNT(*) FROM t").cell == "0")
        }
        let status = try client.query("SHOW SOURCES").rows.map { $0[5] ?? "" }
        #expect(status.count == 2 && status.allSatisfy { $0.contains("MariaDB") }, "\(status)")
    }

    @Test("what cannot be in one statement is refused with what to do")
    func refused() throws {
        let client = try server.connect(database: "here")
        let cases: [(String, String)] = [
            ("SELECT * FROM west.shop.t JOIN east.shop.t", "'west' and 'east'"),
            ("SELECT * FROM west.shop.t JOIN t", "'t' beside"),
            ("INSERT INTO here.t SELECT * FROM west.shop.t", "'here.t' beside"),
            ("SELECT * FROM west.shop.t WHERE a = @x", "user variables"),
            ("SELECT a FROM west.shop.t WHERE PREDICT_ROW('m', a)", "PREDICT_ROW in WHERE"),
            ("SELECT PREDICT_ROW('m', a) FROM west.shop.t JOIN t", "'t' beside"),
            ("DELETE FROM west.shop.t WHERE PREDICT_ROW('m', a)", "models in DELETE"),
            ("/*polar4ai*/SELECT * FROM west.shop.t", "hint"),
            ("PREPARE p FROM 'SELECT * FROM west.shop.t JOIN t'", "'t' beside"),
            ("LOCK TABLES west.shop.t READ", "LOCK"), ("USE west.shop", "USE"),
        ]
        for (text, words) in cases {
            let failure = try client.failure(of: text)
            #expect(failure.number == 1_235 && failure.description.contains(words), "\(failure)")
        }
        #expect(try client.failure(of: "SELECT * FROM nosuch.shop.t").number == 1_064)
        #expect(try client.query("SELECT 1").cell == "1")
    }

    @Test("inside a transaction a source may be read, and changes are refused")
    func transactions() throws {
        let client = try server.connect(database: "here")
        for (begin, end) in [("BEGIN", "ROLLBACK"), ("SET autocommit = 0", "SET autocommit = 1")] {
            _ = try client.query(begin)
            _ = try client.query("INSERT INTO t VALUES (1, 'x')")
            #expect(try client.query("SELECT COUNT(*) FROM west.shop.t").cell == "2")
            let failure = try client.failure(of: "DELETE FROM west.shop.t")
            #expect(failure.number == 1_235 && failure.description.contains("transaction"))
            _ = try client.query("ROLLBACK")
            _ = try client.query(end)
        }
        #expect(try client.query("SELECT COUNT(*) FROM t").cell == "0")
        #expect(try client.query("SELECT COUNT(*) FROM west.shop.t").cell == "2")
    }

    @Test("clients' libraries prepare statements at several sources at once")
    func prepared() throws {
        let program = """
            import mysql.connector
            c = mysql.connector.connect(host='127.0.0.1', port=\(server.mysqlPort), user='root',
                password='', database='here', autocommit=True, use_pure=True)
            w = c.cursor(prepared=True)
            e = c.cursor(prepared=True)
            o = c.cursor(prepared=True)
            for i in range(3):
                w.execute('SELECT b, ? FROM west.shop.t WHERE a = ?', ('p%d' % i, 1))
                print(w.fetchall())
                e.execute('SELECT b, ? FROM east.shop.t WHERE a = ?', (i, 1))
                print(e.fetchall())
                o.execute('SELECT ? + 1', (i,))
                print(o.fetchall())
            w.close()
            w = c.cursor(prepared=True)
            w.execute('INSERT INTO west.shop.t VALUES (?, ?)', (7, 'seven'))
            w.execute('DELETE FROM west.shop.t WHERE b = ?', ('seven',))
            print(w.rowcount)
            """
        let run = try ProgramRun("/usr/bin/env", ["python3", "-c", program])
        #expect(run.status == 0, "\(run.errors)")
        var expected = ""
        for i in 0..<3 {
            expected += "[('west', 'p\(i)')]\n[('east', \(i))]\n[(\(i + 1),)]\n"
        }
        #expect(run.output == expected + "1\n", "\(run.output)\(run.errors)")
    }

    @Test("PREPARE and EXECUTE in SQL put the session's variables into the statement")
    func preparedByText() throws {
        let client = try server.connect(database: "here")
        _ = try client.query("PREPARE p FROM 'SELECT b, ?, ''?'' FROM west.shop.t WHERE a = ?'")
        for value in ["'it''s'", "'a\\\\b'", "1.25", "NULL", "'å'"] {
            _ = try client.query("SET @v = \(value), @a = 1")
            let expected = try client.query("SELECT 'west', \(value), '?'").rows
            #expect(try client.query("EXECUTE p USING @v, @a").rows == expected, "\(value)")
        }
        #expect(try client.failure(of: "EXECUTE p USING @a").number == 1_210)
        _ = try client.query("PREPARE d FROM 'DELETE FROM west.shop.t WHERE a > ?'")
        _ = try client.query("BEGIN")
        #expect(try client.failure(of: "EXECUTE d USING @a").number == 1_235)
        _ = try client.query("ROLLBACK")
        _ = try client.query("SET @a = 100")
        #expect(try client.query("EXECUTE d USING @a").affectedRows == 0)
        _ = try client.query("DEALLOCATE PREPARE p")
        #expect(try client.failure(of: "EXECUTE p USING @v, @a").number == 1_243)
        _ = try client.query("PREPARE d FROM 'SELECT COUNT(*) FROM t'")
        #expect(try client.query("EXECUTE d").cell == "0")
    }

    @Test("a source that goes away is an error of its statement; the session goes on")
    func failures() throws {
        let client = try server.connect(database: "here")
        _ = try client.query("SELECT * FROM east.shop.t")
        for bytes in [0, 4, 60, 5_000] {
            proxy.heal()
            _ = try client.query("SELECT 1 FROM east.shop.t")
            proxy.breakAfter(answerBytes: bytes)
            let failure = try client.failure(of: "SELECT seq FROM east.shop.seq_1_to_100000")
            #expect(failure.number == 2_013, "\(bytes): \(failure)")
            #expect(try client.query("SELECT b FROM west.shop.t WHERE a = 1").cell == "west")
            #expect(try client.query("SELECT COUNT(*) FROM t").cell == "0")
        }
        proxy.heal()
        #expect(try client.query("SELECT b FROM east.shop.t WHERE a = 1").cell == "east")
        proxy.cut()
        // Whether or not it was noticed before, the next statement is over a new connection.
        proxy.heal()
        _ = try? client.query("SELECT b FROM east.shop.t WHERE a = 1")
        #expect(try client.query("SELECT b FROM east.shop.t WHERE a = 1").cell == "east")
    }

    @Test("a source that is changed or dropped leaves its clients, and the name is free")
    func changes() throws {
        let root = try server.connect()
        _ = try root.query("CREATE SOURCE tmp OPTIONS (URL '\(west.url())')")
        let client = try server.connect()
        #expect(try client.query("SELECT b FROM tmp.shop.t WHERE a = 1").cell == "west")
        _ = try root.query("ALTER SOURCE tmp OPTIONS (URL '\(east.url())')")
        #expect(try client.query("SELECT b FROM tmp.shop.t WHERE a = 1").cell == "east")
        _ = try root.query(
            "ALTER SOURCE tmp OPTIONS (URL 'mysql://app:wrong-7q@127.0.0.1:\(west.port)')"
        )
        let refused = try client.failure(of: "SELECT 1 FROM tmp.shop.t")
        #expect(refused.number == 1_045 && !refused.description.contains("wrong-7q"))
        let status = try root.query("SHOW SOURCES LIKE 'tmp'").rows[0][5]
        #expect(status?.hasPrefix("1045") == true, "\(status ?? "")")
        _ = try root.query("DROP SOURCE tmp")
        #expect(try client.failure(of: "SELECT 1 FROM tmp.shop.t").number == 1_064)
        #expect(!server.log(tail: 1_000_000).contains("wrong-7q"))
    }

    @Test("KILL QUERY ends a statement at its source, and a client that hangs up too")
    func kill() throws {
        let sleeper = try server.connect()
        let killer = try server.connect()
        try sleeper.start("SELECT SLEEP(60) FROM west.shop.t")
        try west.wait(for: "SELECT SLEEP(60) FROM shop.t")
        let shown = try killer.query("SHOW PROCESSLIST").rows.map { "\($0)" }
        #expect(shown.contains { $0.contains("FROM west.shop.t") })
        _ = try killer.query("KILL QUERY \(sleeper.connectionID)")
        // MariaDB may call the end of SLEEP an answer.
        let answer = Result { try sleeper.readAnswer() }
        if case .failure(let error) = answer {
            #expect((error as? RawClient.ServerFailure)?.number == 1_317)
        }
        #expect(try sleeper.query("SELECT b FROM west.shop.t WHERE a = 1").cell == "west")
        var leaver: RawClient? = try server.connect()
        try leaver?.start("SELECT SLEEP(61) FROM west.shop.t")
        try west.wait(for: "SELECT SLEEP(61) FROM shop.t")
        leaver?.vanish()
        leaver = nil
        try west.wait(for: "SELECT SLEEP(61) FROM shop.t", isRunning: false)
    }

    @Test("a client that does not read slows its source down, and nobody else")
    func slowReader() throws {
        let other = try server.connect(database: "here")
        let rows = "SELECT seq, REPEAT('x', 1000) FROM west.shop.seq_1_to_60000 AS s"
        let reader = try server.unread(rows, of: west) {
            let own = try other.query("SELECT COUNT(*) FROM t").cell
            let there = try other.query("SELECT COUNT(*) FROM west.shop.t").cell
            #expect(own == "0" && there == "2")
        }
        #expect(try reader.readAnswer().rows.count == 60_000)
        #expect(try reader.query("SELECT b FROM west.shop.t WHERE a = 1").cell == "west")
    }

    @Test("LOAD DATA LOCAL goes to a source's table")
    func loadData() throws {
        let client = try RawClient(port: server.mysqlPort, database: "here", extraFlags: 0x80)
        _ = try client.query("CREATE TABLE west.shop.l (a INT PRIMARY KEY, b VARCHAR(20))")
        client.localFile = Array((0..<50_000).map { "\($0)\tv\($0)\n" }.joined().utf8)
        let answer = try client.query("LOAD DATA LOCAL INFILE 'x.tsv' INTO TABLE west.shop.l")
        #expect(answer.affectedRows == 50_000)
        #expect(try client.query("SELECT SUM(a) FROM west.shop.l").cell == "1249975000")
        let missing = "LOAD DATA LOCAL INFILE 'x' INTO TABLE west.shop.missing"
        #expect(try client.failure(of: missing).number == 1_146)
        #expect(try client.query("SELECT COUNT(*) FROM t").cell == "0")
        _ = try client.query("DROP TABLE west.shop.l")
    }

    @Test("using a source takes the privilege for it")
    func rights() throws {
        let root = try server.connect()
        _ = try root.query("CREATE USER guest@localhost IDENTIFIED BY ''")
        let guest = try RawClient(port: server.mysqlPort, user: "guest")
        #expect(try guest.failure(of: "SELECT * FROM west.shop.t").number == 1_227)
        _ = try root.query("GRANT UPSTREAM ON *.* TO guest@localhost")
        #expect(try guest.query("SELECT COUNT(*) FROM west.shop.t").cell == "2")
        _ = try root.query("DROP USER guest@localhost")
    }

    @Test("beside a source that everything goes to, names go to theirs")
    func besideSource() throws {
        let server = try ServerProcess.ephemeral(["--source", west.url()])
        let client = try server.connect(database: "shop")
        _ = try client.query("CREATE SOURCE east OPTIONS (URL '\(east.url())')")
        #expect(try client.query("SELECT b FROM t WHERE a = 1").cell == "west")
        #expect(try client.query("SELECT b FROM east.shop.t WHERE a = 1").cell == "east")
        #expect(try client.query("SHOW SOURCES").rows.count == 1)
        let mixed = try client.failure(of: "SELECT * FROM t JOIN east.shop.t")
        #expect(mixed.number == 1_235 && mixed.description.contains("'t' beside"))
        _ = try client.query("BEGIN")
        #expect(try client.failure(of: "DELETE FROM east.shop.t").number == 1_235)
        #expect(try client.query("SELECT COUNT(*) FROM east.shop.t").cell == "2")
        _ = try client.query("ROLLBACK")
        // Nothing of a statement that defines a source goes to the other one.
        #expect(
            try client.failure(of: "CREATE SOURCE x URL 'mysql://u:planted-4z@h'").number == 1_064
        )
        #expect(try client.query("SELECT b FROM shop.t WHERE a = 1").cell == "west")
        #expect(try client.query("SHOW CREATE SOURCE east").rows.count == 1)
        _ = try client.query("DROP SOURCE east")
        #expect(!server.log(tail: 100_000).contains("planted-4z"))
    }
}
