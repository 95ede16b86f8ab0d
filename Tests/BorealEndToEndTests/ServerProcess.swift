import Foundation
import Glibc
import TestPrograms

/// The real server in a process of its own, on free ports, with root without a password.
final class ServerProcess: @unchecked Sendable {
    // Unchecked: the tests of one suite use it one after the other.
    struct StartFailure: Error {
        let output: String
    }

    /// Where the built `boreal` lies: beside the test bundle, unless `BOREAL_BINARY` names another.
    static let binary: String = {
        ServerProcess.raiseDescriptorLimit()
        if let given = ProcessInfo.processInfo.environment["BOREAL_BINARY"] { return given }
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent("boreal").path
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder),
                !isFolder.boolValue, FileManager.default.isExecutableFile(atPath: candidate)
            {
                return candidate
            }
        }
        return "boreal"
    }()

    /// Suites that run side by side have hundreds of clients each: more than the usual 1,024
    /// descriptors of a process.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    let arguments: [String]
    let environment: [String: String]
    private var process: ChildProcess
    private(set) var mysqlPort = 0
    private(set) var httpPort = 0
    /// What it said when it was ready, with its ports.
    private(set) var readyLine: String
    /// For its log, and for what it keeps while it lives: with `--ephemeral` that is everything.
    private let folder: TemporaryFolder
    /// Standard error of the server, in a file: the log.
    var logPath: String { Self.logPath(in: folder.path) }

    /// Starts a server that forgets everything.
    static func ephemeral(_ arguments: [String] = []) throws -> ServerProcess {
        try ServerProcess(arguments: ["--ephemeral"] + arguments)
    }

    /// Starts a server on a data directory.
    static func onData(_ path: String, _ arguments: [String] = []) throws -> ServerProcess {
        try ServerProcess(arguments: ["--data", path] + arguments)
    }

    init(arguments: [String], environment: [String: String] = [:]) throws {
        self.arguments = arguments
        self.environment = environment
        folder = try TemporaryFolder()
        (process, readyLine) = try Self.start(arguments, environment, folder.path)
        readPorts()
    }

    // Before the folder goes away nobody may write in it any more.
    deinit { killNine() }

    private static func logPath(in folder: String) -> String { folder + "/log" }

    /// Starts again and waits for the ready line.
    func start() throws {
        (process, readyLine) = try Self.start(arguments, environment, folder.path)
        readPorts()
    }

    private func readPorts() {
        mysqlPort = Self.port("mysql", in: readyLine)
        httpPort = Self.port("http", in: readyLine)
    }

    /// A server that said it is ready, and how.
    private static func start(
        _ arguments: [String],
        _ environment: [String: String],
        _ folder: String
    ) throws -> (process: ChildProcess, firstLine: String) {
        let path = logPath(in: folder)
        let log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(log) }
        let own = ["BOREAL_ROOT_PASSWORD": "", "TMPDIR": folder]
        do {
            return try ChildProcess.started(
                binary,
                ["serve", "--port", "0", "--http-port", "0"] + arguments,
                environment: own.merging(environment) { $1 },
                errors: log
            )
        } catch {
            throw StartFailure(output: "\(error)\n" + tail(of: path, 2_000))
        }
    }

    private static func port(_ name: String, in line: String) -> Int {
        guard
            let word = line.split(whereSeparator: \.isWhitespace)
                .first(where: { $0.hasPrefix(name + "=") })
        else { return 0 }
        return Int(word.split(separator: ":").last ?? "") ?? 0
    }

    func connect(database: String? = nil) throws -> RawClient {
        try RawClient(port: mysqlPort, database: database)
    }

    var processID: Int32 { process.processID }

    /// Memory of the server, in MiB; 0 when it is gone.
    var residentMebibytes: Int {
        let path = "/proc/\(processID)/statm"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return 0 }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * sysconf(Int32(_SC_PAGESIZE)) >> 20
    }
    var isRunning: Bool { process.isRunning }

    /// Kills without warning and waits until it is gone.
    func killNine() {
        process.kill()
        _ = process.waitUntilExit(within: 30)
    }

    /// Asks for an orderly end; the exit code.
    func terminate() -> Int32 {
        process.send(SIGTERM)
        return waitForExit()
    }

    /// The exit code of a server that is ending by itself; SIGKILL's number when it does not.
    func waitForExit() -> Int32 {
        if let status = process.waitUntilExit(within: 30) { return status }
        killNine()
        return SIGKILL
    }

    /// The end of the log.
    func log(tail: Int) -> String { Self.tail(of: logPath, tail) }

    private static func tail(of path: String, _ count: Int) -> String {
        // A log that is not there says nothing.
        String((try? String(contentsOfFile: path, encoding: .utf8))?.suffix(count) ?? "")
    }
}

/// Files the tests read.
enum Fixtures {
    static let root: String = {
        var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent("Fixtures").path
            if FileManager.default.fileExists(atPath: candidate) { return candidate }
        }
        return "Fixtures"
    }()

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: root + "/" + path)))
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try bytes(path), as: UTF8.self)
    }
}
