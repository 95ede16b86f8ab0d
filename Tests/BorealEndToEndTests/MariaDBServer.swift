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

    private let place: TemporaryFolder
    var folder: String { place.path }
    /// Stays the same when it starts again.
    private(set) var port = 0
    private var process: ChildProcess?
    private let arguments: [String]

    private static func installed(_ path: String) -> String? {
        access(path, X_OK) == 0 ? path : nil
    }

    /// Makes a data directory and starts a server on it: root without a password, and the account
    /// `app` with the password `pass word`.
    init(_ arguments: [String] = []) throws {
        place = try TemporaryFolder()
        self.arguments = arguments
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
        try startAnywhere()
        let root = try connect()
        for statement in [
            "CREATE DATABASE shop",
            "CREATE USER app@'%' IDENTIFIED BY 'pass word'",
            "GRANT ALL ON *.* TO app@'%'",
        ] {
            _ = try root.query(statement)
        }
    }

    // Before the folder goes away nobody may write in it any more.
    deinit { killNine() }

    /// Starts on a port that was free a moment ago; on another when somebody was quicker.
    private func startAnywhere() throws {
        for _ in 0..<2 {
            port = try Loopback.freePort()
            // What stands in the way of every start is told by the last one.
            if (try? start()) != nil { return }
            killNine()
        }
        port = try Loopback.freePort()
        try start()
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
        let deadline = Date().addingTimeInterval(120)
        while Date() < deadline, process.isRunning {
            // A server that answers there need not be this one.
            let answering = try? connect().query("SELECT @@socket").cell
            if answering == socketPath, process.isRunning { return }
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

    /// Waits until no prepared statement is left: that one was closed is not answered.
    ///
    /// - Returns: whether none is left.
    func forgetsStatements() throws -> Bool {
        let direct = try connect()
        let status = "SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'"
        return try eventually(within: 30) { try direct.query(status).rows[0][1] == "0" }
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
