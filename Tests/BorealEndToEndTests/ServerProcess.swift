import Foundation
import Glibc
import Synchronization

/// The real server in a process of its own, on free ports, with root without a password.
final class ServerProcess: @unchecked Sendable {
    // Unchecked: the tests of one suite use it one after the other; Process itself is not Sendable.
    struct StartFailure: Error {
        let output: String
    }

    /// Where the built `boreal` lies: beside the test bundle, unless `BOREAL_BINARY` names another.
    static let binary: String = {
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

    let arguments: [String]
    let environment: [String: String]
    private var process = Process()
    private(set) var mysqlPort = 0
    private(set) var httpPort = 0
    /// Standard error of the server, in a file: the log.
    let logPath: String

    /// Starts a server that forgets everything.
    static func ephemeral(_ arguments: [String] = []) throws -> ServerProcess {
        try ServerProcess(arguments: ["--ephemeral"] + arguments)
    }

    /// Starts a server on a data directory.
    static func onData(_ path: String, _ arguments: [String] = []) throws -> ServerProcess {
        try ServerProcess(arguments: ["--data", path] + arguments)
    }

    /// Servers that run now; those of a suite's static property are never let go, so the test
    /// process ends them with itself.
    private static let running: Mutex<Set<Int32>> = {
        atexit { ServerProcess.running.withLock { for id in $0 { kill(id, SIGKILL) } } }
        return Mutex([])
    }()

    init(arguments: [String], environment: [String: String] = [:]) throws {
        self.arguments = arguments
        self.environment = environment
        logPath = NSTemporaryDirectory() + "boreal-test-\(UUID().uuidString).log"
        try start()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        unlink(logPath)
    }

    /// Starts (again) and waits for the ready line.
    func start() throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.binary)
        process.arguments = ["serve", "--port", "0", "--http-port", "0"] + arguments
        var variables = ProcessInfo.processInfo.environment
        variables["BOREAL_ROOT_PASSWORD"] = ""
        for (name, value) in environment { variables[name] = value }
        process.environment = variables
        let output = Pipe()
        process.standardOutput = output
        if !FileManager.default.fileExists(atPath: logPath) {
            _ = FileManager.default.createFile(atPath: logPath, contents: nil)
        }
        let logFile = FileHandle(forWritingAtPath: logPath)
        logFile?.seekToEndOfFile()
        process.standardError = logFile
        try process.run()
        let processID = process.processIdentifier
        Self.running.withLock { _ = $0.insert(processID) }
        var line = ""
        while !line.hasSuffix("\n") {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { throw StartFailure(output: line + log(tail: 2_000)) }
            line += String(decoding: data, as: UTF8.self)
        }
        mysqlPort = Self.port("mysql", in: line)
        httpPort = Self.port("http", in: line)
        readyLine = line.trimmingCharacters(in: .newlines)
    }

    private(set) var readyLine = ""

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

    var processID: Int32 { process.processIdentifier }

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
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks for an orderly end; the exit code.
    func terminate() -> Int32 {
        kill(process.processIdentifier, SIGTERM)
        return waitForExit()
    }

    /// The exit code of a server that is ending by itself.
    func waitForExit() -> Int32 {
        let deadline = Date().addingTimeInterval(30)
        while process.isRunning, Date() < deadline { usleep(5_000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// The end of the log.
    func log(tail: Int) -> String {
        String((try? String(contentsOfFile: logPath, encoding: .utf8))?.suffix(tail) ?? "")
    }
}

/// Runs a program to its end.
struct ProgramRun {
    let status: Int32
    let output: String
    let errors: String

    /// Runs it with more variables in its environment.
    init(
        _ program: String,
        _ arguments: [String],
        input: String = "",
        environment: [String: String] = [:]
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .merging(environment) { _, given in given }
        let outputPath = NSTemporaryDirectory() + "boreal-run-\(UUID().uuidString)"
        let errorPath = outputPath + ".err"
        let inputPath = outputPath + ".in"
        for path in [outputPath, errorPath] {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        try input.write(toFile: inputPath, atomically: false, encoding: .utf8)
        process.standardOutput = FileHandle(forWritingAtPath: outputPath)
        process.standardError = FileHandle(forWritingAtPath: errorPath)
        process.standardInput = FileHandle(forReadingAtPath: inputPath)
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        output = try String(contentsOfFile: outputPath, encoding: .utf8)
        errors = try String(contentsOfFile: errorPath, encoding: .utf8)
        for path in [outputPath, errorPath, inputPath] { unlink(path) }
    }

    /// The path of a program, when it is installed.
    static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
            .map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
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
