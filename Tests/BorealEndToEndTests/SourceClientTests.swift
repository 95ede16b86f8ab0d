import Foundation
import Glibc
import TestPrograms
import Testing

/// Real clients through Boreal to a source: each program gets as far as it gets with the source
/// itself, and says the same there.
@Suite(.serialized, .wantsMariaDB)
struct SourceClientTests: SourceSuite {
    private static let shared = Result { try SourceFixture() }

    let fixture: SourceFixture

    init() throws {
        fixture = try Self.shared.get()
    }

    /// A run without what differs from run to run: ports and times.
    private func story(_ run: ProgramRun, _ port: Int) -> String {
        let lines = (run.output + run.errors).split(separator: "\n").map { line in
            line.replacingOccurrences(of: String(port), with: "PORT")
                .replacingOccurrences(
                    of: "[0-9]+([.][0-9]+)?",
                    with: "N",
                    options: .regularExpression
                )
        }
        return "\(run.status)\n" + lines.joined(separator: "\n")
    }

    /// Programs that ask about models as well, which the source alone does not have.
    private static let asksModels: Set = [
        "pymysql_session.py", "mariadb_session.sh", "mycli_session.sh",
    ]

    @Test(
        "a client's program finds what it expects through Boreal, and says what it says there",
        arguments: FrameworkTests.programs
    )
    func python(program: ClientProgram) throws {
        let through = try program.run(["--port", "\(server.mysqlPort)"])
        #expect(through.status == 0, "\(through.output)\(through.errors)")
        if Self.asksModels.contains(program.file) { return }
        let direct = try program.run(["--port", "\(source.port)"])
        #expect(story(through, server.mysqlPort) == story(direct, source.port))
    }

    @Test(
        "the command line tools find what they ask for, through Boreal and at the source",
        arguments: FrameworkTests.toolPrograms
    )
    func tools(program: ClientProgram) throws {
        let through = try program.run(["127.0.0.1", "\(server.mysqlPort)"])
        #expect(through.status == 0, "\(through.output)\(through.errors)")
        if Self.asksModels.contains(program.file) { return }
        let direct = try program.run(["127.0.0.1", "\(source.port)"])
        #expect(direct.status == 0, "\(direct.output)\(direct.errors)")
    }

    @Test("a dump loads through Boreal, and dumps, loads and dumps again without a difference")
    func dumpRoundTrip() throws {
        let program = ClientProgram("bash", "mysqldump_roundtrip.sh")
        let dump = Fixtures.root + "/sql/mariadb_dump.sql"
        let run = try program.run(["127.0.0.1", "\(server.mysqlPort)", dump])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    @Test("a compressing client that dies in the middle of an answer takes nobody with it")
    func compressedHangUp() throws {
        let program = try #require(ProgramRun.find("mariadb"))
        let answer = "SELECT REPEAT(seq, 2000) FROM seq_1_to_200000"
        for milliseconds in [50, 100, 150, 200, 250, 300, 400, 500] as [UInt32] {
            let client = try ChildProcess(
                program,
                [
                    "--no-defaults", "--protocol=tcp", "-h127.0.0.1", "-P\(server.mysqlPort)",
                    "-uroot", "--compress", "-e", answer, "shop",
                ]
            )
            usleep(milliseconds * 1_000)
            client.kill()
            #expect(client.waitUntilExit(within: 10) == SIGKILL, "it was done before")
        }
        #expect(try server.connect().query("SELECT 1").cell == "1")
        #expect(server.isRunning)
    }
}
