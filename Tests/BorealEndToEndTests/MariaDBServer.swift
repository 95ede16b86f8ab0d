import Foundation
import Glibc
import TestPrograms

/// A real MariaDB in a folder of its own, on a free port: what Boreal stands in front of.
final class MariaDBServer: @unchecked Sendable {
    // Unchecked: the tests of one suite use it one after the other.
    struct StartFailure: Error {
        let output: String
    }

    /// The server's program, when it is installed.
    static let program = ProgramRun.find("mariadbd") ?? installed("/usr/sbin/mariadbd")
    private static let installer = ProgramRun.find("mariadb-install-db")
    static var isInstalled: Bool { program != nil && installer != nil }

    let folder = NSTemporaryDirectory() + "boreal-mariadb-\(UUID().uuidString)"
    let port: Int
    private var process: ChildProcess?
    private let arguments: [String]

    private static func installed(_ path: String) -> String? {
        access(path, X_OK) == 0 ? path : nil
    }

    /// Makes a data directory and starts a server on it: root without a password, and the account
    /// `app` with the password `pass word`.
    init(_ arguments: [String] = []) throws {
        self.arguments = arguments
        port = try Loopback.freePort()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard let installer = Self.installer else { throw StartFailure(output: "not installed") }
        let made = try ProgramRun(
            installer,
            [
                "--no-defaults", "--datadir=\(folder)/data", "--skip-test-db", "--user=root",
                "--auth-root-authentication-method=normal",
                // A server that starts deletes what it finds of others there.
                "--tmpdir=\(folder)",
            ]
        )
        guard made.status == 0 else { throw StartFailure(output: made.output + made.errors) }
        try start()
        let root = try connect()
        for statement in [
            "CREATE DATABASE shop",
            "CREATE USER app@'%' IDENTIFIED BY 'pass word'",
            "GRANT ALL ON *.* TO app@'%'",
        ] {
            _ = try root.query(statement)
        }
    }

    deinit {
        killNine()
        // A folder that stays costs some disk and nothing else.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Starts (again) and waits until it answers.
    func start() throws {
        let words =
            [
                "--no-defaults", "--datadir=\(folder)/data", "--socket=\(socketPath)",
                // A server that starts removes what looks left over in its folder for such files.
                "--tmpdir=\(folder)",
                "--port=\(port)", "--bind-address=127.0.0.1", "--user=root", "--skip-name-resolve",
                "--local-infile=1", "--innodb-buffer-pool-size=32M", "--max-allowed-packet=64M",
            ] + arguments
        let log = folder + "/server.log"
        let stream = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(stream) }
        let process = try ChildProcess(
            Self.program ?? "mariadbd",
            words,
            output: stream,
            errors: stream
        )
        self.process = process
        let deadline = Date().addingTimeInterval(60)
        while Date() < deadline, process.isRunning {
            if (try? connect()) != nil { return }
            usleep(50_000)
        }
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw StartFailure(output: String(text.suffix(2_000)))
    }

    var processID: Int32 { process?.processID ?? 0 }

    var socketPath: String { folder + "/mariadb.sock" }

    /// root, straight to MariaDB.
    func connect(database: String? = nil) throws -> RawClient {
        try RawClient(port: port, database: database)
    }

    /// What Boreal is started with.
    func url(port: Int? = nil, _ options: String = "ssl-mode=DISABLED") -> String {
        "mysql://app:pass%20word@127.0.0.1:\(port ?? self.port)/shop?\(options)"
    }

    /// Ends it without warning and waits until it is gone.
    func killNine() {
        process?.kill()
        _ = process?.waitUntilExit(within: 30)
    }
}
