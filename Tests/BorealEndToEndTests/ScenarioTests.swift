import Foundation
import Testing

/// One scenario, described in `Tests/Clients/README.md`, through every client: values of all types
/// both ways, transactions, errors, files, long and many results, and CREATE MODEL to PREDICT.
@Suite("The scenario")
struct ScenarioTests {
    /// One server for all: each client has a database of its own.
    private static let server = Result { try ServerProcess.ephemeral() }

    private static func python(_ driver: String, lacks: Set<String> = []) -> ClientProgram {
        ClientProgram("python3", "python_session.py", driver, lacks: lacks)
    }

    static let clients = [
        python("pymysql", lacks: ["state", "reset", "change"]),
        python("mysqldb", lacks: ["state", "reset"]),
        python("connector-pure"),
        python("connector-c"),
        python("mariadb"),
        python("aiomysql", lacks: ["state", "reset", "change"]),
        python("asyncmy", lacks: ["state", "reset", "change", "load", "loaded"]),
        python("pyodbc", lacks: ["ping", "reset", "change"]),
        ClientProgram("go", "go_session.go", lacks: ["state", "reset", "change"]),
        ClientProgram(
            "java",
            "JdbcSession.java",
            options: ["-cp", "/usr/share/java/mariadb-java-client.jar"],
            lacks: ["reset", "change"]
        ),
        ClientProgram(
            "php",
            "mysqli_session.php",
            options: ["-d", "mysqli.allow_local_infile=1"],
            lacks: ["reset"]
        ),
        ClientProgram("php", "pdo_session.php", lacks: ["ping", "reset", "change"]),
        ClientProgram("perl", "dbd_session.pl", "mysql", lacks: ["reset", "change"]),
        ClientProgram("perl", "dbd_session.pl", "MariaDB", lacks: ["reset", "change"]),
        ClientProgram("ruby", "ruby_session.rb", lacks: ["reset", "change"]),
        ClientProgram("node", "node_session.js", lacks: ["reset"]),
        ClientProgram(
            "bash",
            "mariadb_scenario.sh",
            lacks: ["prepared", "ping", "reset", "change"]
        ),
        ClientProgram(
            "lua5.4",
            "lua_session.lua",
            lacks: ["prepared", "error", "state", "multi", "ping", "reset", "change", "dropped"]
        ),
    ]

    @Test("plays to its end, with the lines expected", arguments: clients)
    func plays(client: ClientProgram) throws {
        let server = try Self.server.get()
        let run = try client.run(environment: [
            "BOREAL_PORT": "\(server.mysqlPort)",
            "BOREAL_DATABASE": Self.database(for: client),
        ])
        #expect(run.status == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n")
        let expected = try client.expectedLines(encrypted: false, compressed: false)
        for (line, wanted) in zip(lines, expected) { #expect(line == wanted) }
        #expect(lines.count == expected.count, "\(run.output)")
    }

    /// A database's name of the client's own: its words, with what a name cannot hold as `_`.
    private static func database(for client: ClientProgram) -> String {
        String(client.testDescription.lowercased().map { $0.isLetter ? $0 : "_" })
    }
}
