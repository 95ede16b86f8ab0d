import Foundation
import TestPrograms
import Testing

/// One scenario, described in `Tests/Clients/README.md`, through every client: values of all types
/// both ways, transactions, errors, files, long and many results, and CREATE MODEL to PREDICT.
@Suite("The scenario")
struct ScenarioTests {
    /// Where the tables are that a client's statements are about.
    enum Place: String, CaseIterable, Sendable {
        case embedded
        /// In a MariaDB that Boreal stands in front of.
        case source
    }

    private static let password = "pass 'word\" #1"
    /// Where the servers' data lie, their certificates among them.
    private static let folder = TestRun.folder + "scenario-\(UUID().uuidString)"

    /// One server for all: each client has a database of its own.
    private static let embedded = Result { () throws -> ServerProcess in
        let server = try ServerProcess.onData(data(of: .embedded))
        try makeAccounts(server)
        return server
    }

    private static let relaying = Result {
        try SourceFixture(["--data", data(of: .source)]) { try makeAccounts($0.server) }
    }

    private static func data(of place: Place) -> String { folder + "/" + place.rawValue }

    private static func server(_ place: Place) throws -> ServerProcess {
        switch place {
        case .embedded: return try embedded.get()
        case .source:
            if !MariaDBServer.isInstalled { try Test.cancel("mariadbd is not installed") }
            return try relaying.get().server
        }
    }

    /// An account of each plugin.
    private static func makeAccounts(_ server: ServerProcess) throws {
        let client = try server.connect()
        let written = password.replacingOccurrences(of: "'", with: "''")
        for (user, plugin) in [("old", "mysql_native_password"), ("new", "caching_sha2_password")] {
            for statement in [
                "CREATE USER \(user) IDENTIFIED WITH \(plugin) BY '\(written)'",
                "GRANT ALL ON *.* TO \(user)", "GRANT UPSTREAM ON *.* TO \(user)",
            ] {
                try client.query("/*polar4ai*/" + statement)
            }
        }
    }

    private static func python(_ driver: String, lacks: Set<String> = []) -> ClientProgram {
        ClientProgram("python3", "python_session.py", driver, lacks: lacks)
    }

    static let clients = [
        python("pymysql", lacks: ["compression", "inspect", "state", "reset", "change"]),
        python("mysqldb", lacks: ["inspect", "state", "reset"]),
        python("connector-pure", lacks: ["inspect", "change-compressed"]),
        python("connector-c", lacks: ["inspect"]),
        python("mariadb", lacks: ["inspect"]),
        python("aiomysql", lacks: ["compression", "inspect", "state", "reset", "change"]),
        python(
            "asyncmy",
            lacks: ["compression", "inspect", "state", "reset", "change", "load", "loaded"]
        ),
        python("pyodbc", lacks: ["ping", "reset", "change"]),
        ClientProgram(
            "go",
            "go_session.go",
            lacks: ["compression", "inspect", "state", "reset", "change"]
        ),
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
            lacks: ["inspect", "reset"]
        ),
        ClientProgram("php", "pdo_session.php", lacks: ["inspect", "ping", "reset", "change"]),
        ClientProgram("perl", "dbd_session.pl", "mysql", lacks: ["reset", "change"]),
        ClientProgram("perl", "dbd_session.pl", "MariaDB", lacks: ["reset", "change"]),
        ClientProgram("ruby", "ruby_session.rb", lacks: ["inspect", "reset", "change"]),
        ClientProgram(
            "node",
            "node_session.js",
            lacks: ["compression", "inspect", "reset", "sha2"]
        ),
        ClientProgram(
            "bash",
            "mariadb_scenario.sh",
            lacks: ["inspect", "prepared", "ping", "reset", "change"]
        ),
        ClientProgram(
            "lua5.4",
            "lua_session.lua",
            lacks: [
                "prepared", "inspect", "error", "state", "multi", "ping", "reset", "change",
                "dropped", "tls", "compression",
            ]
        ),
    ]

    @Test(
        "plays to its end in the clear, with the lines expected",
        arguments: clients,
        Place.allCases
    )
    func plays(client: ClientProgram, place: Place) throws {
        try play(client, place, user: "old", suffix: "_clear", [:])
    }

    @Test("the same inside TLS, the certificate checked", arguments: clients, Place.allCases)
    func playsInsideTLS(client: ClientProgram, place: Place) throws {
        if client.lacks.contains("tls") { try Test.cancel("\(client.testDescription) has no TLS") }
        let user = client.lacks.contains("sha2") ? "old" : "new"
        let authority = Self.data(of: place) + "/tls/server-cert.pem"
        let how = ["BOREAL_TLS": "on", "BOREAL_TLS_CA": authority]
        try play(client, place, user: user, suffix: "_tls", how)
    }

    @Test("the same with compression", arguments: clients, Place.allCases)
    func playsCompressed(client: ClientProgram, place: Place) throws {
        if client.lacks.contains("compression") {
            try Test.cancel("\(client.testDescription) has no compression")
        }
        try play(client, place, user: "old", suffix: "_compressed", ["BOREAL_COMPRESS": "on"])
    }

    private func play(
        _ client: ClientProgram,
        _ place: Place,
        user: String,
        suffix: String,
        _ how: [String: String]
    ) throws {
        let server = try Self.server(place)
        var environment = how
        environment["BOREAL_PORT"] = "\(server.mysqlPort)"
        environment["BOREAL_DATABASE"] = Self.database(for: client) + suffix
        environment["BOREAL_USER"] = user
        environment["BOREAL_PASSWORD"] = Self.password
        let run = try client.run(environment: environment)
        #expect(run.status == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n")
        let expected = try client.expectedLines(
            encrypted: how["BOREAL_TLS"] != nil,
            compressed: how["BOREAL_COMPRESS"] != nil,
            isRelayed: place == .source
        )
        for (line, wanted) in zip(lines, expected) { #expect(line == wanted) }
        #expect(lines.count == expected.count, "\(run.output)")
    }

    /// A database's name of the client's own: its words, with what a name cannot hold as `_`.
    private static func database(for client: ClientProgram) -> String {
        String(client.testDescription.lowercased().map { $0.isLetter ? $0 : "_" })
    }
}
