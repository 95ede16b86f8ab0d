import Foundation
import Glibc
import Synchronization

/// A real MariaDB in a folder of its own, on a free port: what Boreal stands in front of.
final class MariaDBServer: @unchecked Sendable {
    // Unchecked: the tests of one suite use it one after the other; Process itself is not Sendable.
    struct StartFailure: Error {
        let output: String
    }

    /// The server's program, when it is installed.
    static let program = ProgramRun.find("mariadbd") ?? installed("/usr/sbin/mariadbd")
    private static let installer = ProgramRun.find("mariadb-install-db")
    static var isInstalled: Bool { program != nil && installer != nil }

    /// Servers that run now; the test process ends them with itself.
    private static let running: Mutex<Set<Int32>> = {
        atexit { MariaDBServer.running.withLock { for id in $0 { kill(id, SIGKILL) } } }
        return Mutex([])
    }()

    let folder = NSTemporaryDirectory() + "boreal-mariadb-\(UUID().uuidString)"
    let port: Int
    private var process = Process()
    private let arguments: [String]

    private static func installed(_ path: String) -> String? {
        access(path, X_OK) == 0 ? path : nil
    }

    /// Makes a data directory and starts a server on it: root without a password, and the account
    /// `app` with the password `pass word`.
    init(_ arguments: [String] = []) throws {
        self.arguments = arguments
        port = try Self.freePort()
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

    /// A port that nobody listened at a moment ago.
    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw StartFailure(output: "no port is free") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Starts (again) and waits until it answers.
    func start() throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program ?? "mariadbd")
        process.arguments =
            [
                "--no-defaults", "--datadir=\(folder)/data", "--socket=\(socketPath)",
                // A server that starts removes what looks left over in its folder for such files.
                "--tmpdir=\(folder)",
                "--port=\(port)", "--bind-address=127.0.0.1", "--user=root", "--skip-name-resolve",
                "--local-infile=1", "--innodb-buffer-pool-size=32M", "--max-allowed-packet=64M",
            ] + arguments
        let log = folder + "/server.log"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = FileHandle(forWritingAtPath: log)
        try process.run()
        let id = process.processIdentifier
        Self.running.withLock { _ = $0.insert(id) }
        let deadline = Date().addingTimeInterval(60)
        while Date() < deadline, process.isRunning {
            if (try? connect()) != nil { return }
            usleep(50_000)
        }
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw StartFailure(output: String(text.suffix(2_000)))
    }

    var processID: Int32 { process.processIdentifier }

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
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
