import Foundation
import TestPrograms
import Testing

/// A source that is not there, goes away, hangs or lies: one clear error each, and never half an
/// answer for a whole one.
@Suite(.serialized, .wantsMariaDB)
struct SourceFailureTests: SourceSuite {
    private static let shared = Result {
        try SourceFixture { place in
            let root = try place.source.connect(database: "shop")
            _ = try root.query("CREATE TABLE t (a INT PRIMARY KEY)")
        }
    }

    let fixture: SourceFixture

    init() throws {
        fixture = try Self.shared.get()
        proxy.heal()
    }

    @Test("a source that dies in the middle of rows is 2013, wherever it dies")
    func middleOfRows() throws {
        for bytes in [0, 1, 4, 5, 60, 100, 5_000, 100_000] {
            proxy.heal()
            let client = try server.connect()
            #expect(try client.query("SELECT 1").cell == "1")
            proxy.breakAfter(answerBytes: bytes)
            let number = try client.lossNumber(of: "SELECT seq FROM seq_1_to_100000")
            #expect(number == 2_013, "\(bytes)")
        }
    }

    @Test("a transaction that loses its source ends with the client's connection")
    func middleOfTransaction() throws {
        let client = try server.connect(database: "shop")
        _ = try client.query("BEGIN")
        _ = try client.query("INSERT INTO t VALUES (1)")
        proxy.breakAfter(requestBytes: 3)
        #expect(try client.lossNumber(of: "INSERT INTO t VALUES (2)") == 2_013)
        proxy.heal()
        let other = try server.connect(database: "shop")
        #expect(try other.query("SELECT COUNT(*) FROM t").cell == "0")
    }

    @Test("a source that goes while the client says nothing is an error of what it says next")
    func idle() throws {
        let client = try server.connect()
        let onlyModels = try server.connect()
        _ = try client.query("SELECT 1")
        _ = try onlyModels.query("SHOW MODELS")
        proxy.cut()
        #expect(client.hasAnswer(withinMilliseconds: 60_000))
        let error = try? client.readAnswer()
        #expect(error == nil)
        // Who never used the source does not notice.
        _ = try onlyModels.query("SHOW MODELS")
        #expect(try onlyModels.query("SELECT 1").cell == "1")
    }

    @Test("a source that dies in the middle of LOAD DATA loads nothing")
    func middleOfFile() throws {
        let client = try RawClient(port: server.mysqlPort, database: "shop", extraFlags: 0x80)
        _ = try client.query("SELECT 1")
        client.localFile = Array((10..<300_000).map { "\($0)\n" }.joined().utf8)
        proxy.breakAfter(requestBytes: 500_000)
        #expect(try client.lossNumber(of: "LOAD DATA LOCAL INFILE 'x' INTO TABLE t") == 2_013)
        proxy.heal()
        #expect(try server.connect(database: "shop").query("SELECT COUNT(*) FROM t").cell == "0")
    }

    @Test("a source that hangs is given up after source_read_timeout")
    func hangs() throws {
        let root = try server.connect()
        _ = try root.query("/*polar4ai*/SET GLOBAL source_read_timeout = 3")
        defer { _ = try? root.query("/*polar4ai*/SET GLOBAL source_read_timeout = 28800") }
        let client = try server.connect()
        #expect(try client.query("SELECT 1").cell == "1")
        #expect(try client.lossNumber(of: "SELECT SLEEP(20)") == 2_013)
        // Many that wait hold up nobody, and are not given up on a machine that is slow.
        _ = try root.query("/*polar4ai*/SET GLOBAL source_read_timeout = 60")
        let hanging = try (0..<20).map { _ in try server.connect() }
        for one in hanging { try one.start("SELECT SLEEP(0.9)") }
        #expect(try root.query("SELECT 5").cell == "5")
        for one in hanging { _ = try one.readAnswer() }
    }

    @Test("nobody there, a wrong password, no TLS, a wrong certificate: MySQL's own numbers")
    func atTheDoor() throws {
        let nobody = try Loopback.freePort()
        let place = "127.0.0.1:\(source.port)/shop"
        let authority = server.logPath + ".pem"
        let stranger = try ProgramRun(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x",
                "-keyout", "/dev/null", "-out", authority,
            ]
        )
        #expect(stranger.status == 0)
        defer { try? FileManager.default.removeItem(atPath: authority) }
        let cases: [(String, Int)] = [
            ("mysql://app@127.0.0.1:\(nobody)/shop", 2_003),
            ("mysql://app@no-such-host.invalid/shop", 2_005),
            ("mysql://app:wrong@\(place)", 1_045),
            ("mysql://app:pass%20word@127.0.0.1:\(source.port)/missing", 1_049),
            ("mysql://app:pass%20word@\(place)?ssl-mode=REQUIRED", 2_026),
        ]
        for (url, number) in cases {
            let server = try ServerProcess.ephemeral(["--source", url])
            let client = try server.connect()
            for _ in 0..<2 {
                #expect(try client.failure(of: "SELECT 1").number == number, "\(url)")
            }
            _ = try client.query("SHOW MODELS")
        }
        for bad in ["mysql://", "postgres://u@h", "mysql://u:h1dden@h?what=1"] {
            let run = try ProgramRun(
                ServerProcess.binary,
                ["serve", "--ephemeral", "--port", "0", "--source", bad]
            )
            #expect(run.status != 0 && run.errors.contains("source"), "\(run.errors)")
            #expect(!run.errors.contains("h1dden"))
        }
    }

    @Test("a source that comes back serves new sessions, and its version is learnt then")
    func comesBack() throws {
        let first = try server.connect(database: "shop")
        _ = try first.query("SELECT 1")
        source.killNine()
        #expect(first.hasAnswer(withinMilliseconds: 60_000))
        let second = try server.connect()
        #expect([2_003, 2_013].contains(try second.failure(of: "SELECT 1").number))
        _ = try second.query("SHOW MODELS")
        try source.start()
        #expect(try server.connect(database: "shop").query("SELECT COUNT(*) FROM t").cell == "0")
    }
}
