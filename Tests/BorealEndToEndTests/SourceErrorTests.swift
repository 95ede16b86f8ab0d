import Foundation
import TestPrograms
import Testing

/// What real clients show when a source is gone. MariaDB's library takes no number from 2000 to
/// 2999 from a server; it gets one that it shows, with MySQL's in the sentence.
@Suite(.serialized, .wantsMariaDB)
struct SourceErrorTests: SourceSuite {
    private static let shared = Result { try SourceFixture { try $0.makeOrders() } }

    let fixture: SourceFixture

    init() throws {
        fixture = try Self.shared.get()
        proxy.heal()
    }

    /// What the `mariadb` command line says on standard error, behind the statement.
    private func complaint(_ server: ServerProcess, _ input: String) throws -> String {
        let program = try #require(ProgramRun.find("mariadb"))
        let run = try ProgramRun(
            program,
            ["--no-defaults", "-h127.0.0.1", "-P\(server.mysqlPort)", "-uroot", "--skip-ssl"],
            input: input
        )
        #expect(run.status == 1, "\(run.output)\(run.errors)")
        return run.errors.split(separator: "\n").last.map(String.init) ?? ""
    }

    @Test("the mariadb command line shows a source that dies in the middle of a result")
    func middleOfResult() throws {
        let lost =
            "ERROR 1430 (HY000) at line 1: 2013: Lost connection to MySQL server "
            + "'127.0.0.1:\(proxy.port)' during query"
        for bytes in [300, 5_000, 100_000] {
            proxy.heal()
            proxy.breakAfter(answerBytes: bytes)
            let text = "SELECT seq FROM shop.seq_1_to_100000;"
            #expect(try complaint(server, text) == lost, "\(bytes)")
        }
        proxy.heal()
        proxy.breakAfter(answerBytes: 20_000)
        let statement =
            "SELECT * FROM IV(SELECT seq amount, seq % 2 late FROM shop.seq_1_to_100000) "
            + "WITH (x_cols='amount', y_cols='late');"
        #expect(try complaint(server, statement) == lost)
    }

    @Test("the mariadb command line shows a source that is not there, or lets nobody in")
    func atTheDoor() throws {
        let nobody = try Loopback.freePort()
        let place = "127.0.0.1:\(source.port)"
        let cases = [
            (
                "mysql://app@127.0.0.1:\(nobody)/shop",
                "ERROR 1429 (HY000) at line 1: 2003: Can't connect to MySQL server on "
                    + "'127.0.0.1:\(nobody)' (111)"
            ),
            (
                "mysql://app@no-such-host.invalid/shop",
                "ERROR 1429 (HY000) at line 1: 2005: Unknown MySQL server host "
                    + "'no-such-host.invalid:3306'"
            ),
            (
                "mysql://app:pass%20word@\(place)/shop?ssl-mode=REQUIRED",
                "ERROR 1429 (HY000) at line 1: 2026: TLS/SSL error: '\(place)' offers no TLS, and "
                    + "ssl-mode demands it"
            ),
            ("mysql://app:wrong@\(place)/shop", "ERROR 1045 (28000) at line 1: Access denied"),
        ]
        for (url, expected) in cases {
            let server = try ServerProcess.ephemeral(["--source", url])
            for text in [
                "SELECT 1;", "SELECT * FROM IV(SELECT * FROM t) WITH (x_cols='a', y_cols='b');",
            ] {
                let told = try complaint(server, text)
                #expect(told.hasPrefix(expected), "\(url) \(text): \(told)")
            }
        }
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        _ = try client.query("CREATE SOURCE s OPTIONS (URL '\(cases[0].0)')")
        #expect(try complaint(server, "SELECT * FROM s.shop.t;") == cases[0].1)
    }

    @Test("the mariadb command line shows a source that dies between two statements")
    func betweenStatements() throws {
        defer { _ = try? source.start() }
        let told = try complaint(
            server,
            "SELECT 1;\n\\! kill -9 \(source.processID); sleep 1\nSELECT 2;\n"
        )
        #expect(
            told
                == "ERROR 1430 (HY000) at line 2: 2013: Lost connection to MySQL server "
                + "'127.0.0.1:\(proxy.port)' during query"
        )
    }

    @Test(
        "each driver shows the number that its library takes",
        arguments: [
            ("pymysql", "2003"), ("mysqldb", "1429"), ("mariadb", "1429"),
            ("connector-pure", "2003"), ("connector-c", "2003"),
        ]
    )
    func drivers(_ driver: String, _ number: String) throws {
        let nobody = try Loopback.freePort()
        let server = try ServerProcess.ephemeral(["--source", "mysql://app@127.0.0.1:\(nobody)/s"])
        let program = ClientProgram("python3", "source_error.py", driver)
        let run = try program.run(["--port", "\(server.mysqlPort)"])
        #expect(run.status == 0, "\(run.errors)")
        let sentence = "Can't connect to MySQL server on '127.0.0.1:\(nobody)' (111)"
        let shown = number == "2003" ? sentence : "2003: " + sentence
        #expect(run.output.hasPrefix("\(number) "), "\(run.output)")
        #expect(run.output.contains(shown), "\(run.output)")
    }
}
