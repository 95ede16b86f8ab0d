import Foundation
import Glibc

/// A program that ran to its end, and what it printed.
public struct ProgramRun: Sendable {
    /// The exit code, or the number of the signal that ended it.
    public let status: Int32
    /// What it wrote to standard output.
    public let output: String
    /// What it wrote to standard error.
    public let errors: String

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - program: a path, or a name that PATH leads to.
    ///   - input: the text of its standard input.
    ///   - environment: variables beside those of this process.
    ///   - seconds: after which it is killed; far above what any test needs on a slow machine.
    /// - Throws: `ChildProcess.Failure` when it does not start, or does not end in time.
    public init(
        _ program: String,
        _ arguments: [String],
        input: String = "",
        environment: [String: String] = [:],
        within seconds: Double = 300
    ) throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        try input.write(toFile: path + "/in", atomically: false, encoding: .utf8)
        let streams = [
            open(path + "/in", O_RDONLY), open(path + "/out", O_WRONLY | O_CREAT, 0o600),
            open(path + "/err", O_WRONLY | O_CREAT, 0o600),
        ]
        defer { for stream in streams { close(stream) } }
        let process = try ChildProcess(
            program,
            arguments,
            environment: environment,
            input: streams[0],
            output: streams[1],
            errors: streams[2]
        )
        let ending = process.waitUntilExit(within: seconds)
        if ending == nil { process.kill() }
        output = try String(contentsOfFile: path + "/out", encoding: .utf8)
        errors = try String(contentsOfFile: path + "/err", encoding: .utf8)
        guard let ending else {
            let words = ([program] + arguments).joined(separator: " ").prefix(500)
            let printed = (output + errors).suffix(1_000)
            throw ChildProcess.Failure("does not end in \(seconds) s: \(words)\n\(printed)")
        }
        status = ending
    }

    /// The path of a program, when it is installed.
    public static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
            .map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}
