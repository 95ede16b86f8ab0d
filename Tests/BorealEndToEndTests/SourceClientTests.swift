import Foundation
import Testing

/// Real clients through Boreal to a source: each program gets as far as it gets with the source
/// itself, and says the same there.
@Suite(
    .serialized,
    .enabled(if: MariaDBServer.isInstalled, "mariadbd is not installed")
)
struct SourceClientTests {
    private final class Pair: Sendable {
        let source: MariaDBServer
        let server: ServerProcess

        init() throws {
            source = try MariaDBServer()
            server = try ServerProcess.ephemeral(["--source", source.url()])
        }
    }

    private static let shared = Result { try Pair() }

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

    @Test(
        "a client's program says through Boreal what it says at the source",
        arguments: [
            ClientProgram("python3", "connector_prepared.py"),
            ClientProgram("python3", "sqlalchemy_session.py"),
            ClientProgram("python3", "sqlalchemy_session.py", "--driver", "mysqldb"),
            ClientProgram("python3", "sqlalchemy_session.py", "--driver", "mysqlconnector"),
            ClientProgram("python3", "pandas_session.py"),
            ClientProgram("python3", "pandas_session.py", "--driver", "mysqldb"),
            ClientProgram("python3", "pandas_session.py", "--driver", "mysqlconnector"),
        ]
    )
    func python(program: ClientProgram) throws {
        let pair = try Self.shared.get()
        let direct = try program.run(["--port", "\(pair.source.port)"])
        let through = try program.run(["--port", "\(pair.server.mysqlPort)"])
        #expect(story(through, pair.server.mysqlPort) == story(direct, pair.source.port))
    }

    @Test("the tools that load and dump find what they expect, through Boreal too")
    func tools() throws {
        let pair = try Self.shared.get()
        let program = ClientProgram("bash", "load_tools.sh")
        let direct = try program.run(["127.0.0.1", "\(pair.source.port)"])
        let through = try program.run(["127.0.0.1", "\(pair.server.mysqlPort)"])
        #expect(through.status == direct.status, "\(through.output)\(through.errors)")
        #expect(through.status == 0, "\(through.output)\(through.errors)")
    }
}
