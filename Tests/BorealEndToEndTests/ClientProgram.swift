import Foundation
import TestPrograms
import Testing

/// A program of `Tests/Clients` and the client that it drives. It checks the answers itself, or
/// prints what `scenario/expected.tsv` says, and ends with 77 when its client is not installed.
struct ClientProgram: Sendable, CustomTestStringConvertible {
    let interpreter: String
    let file: String
    var arguments: [String] = []
    /// Words for the interpreter, before the file.
    var options: [String] = []
    /// Names of the lines of the scenario that this client has no way to play (`name-compressed`:
    /// when it compresses); `tls` or `compression` when it has none, `sha2` when it knows the old
    /// plugin only.
    var lacks: Set<String> = []

    var testDescription: String { ([file] + arguments).joined(separator: " ") }

    /// What a program ends with when its client is missing.
    private static let notInstalled: Int32 = 77
    static let folder = Fixtures.root + "/../Tests/Clients/"

    init(
        _ interpreter: String,
        _ file: String,
        _ arguments: String...,
        options: [String] = [],
        lacks: Set<String> = []
    ) {
        self.interpreter = interpreter
        self.file = file
        self.arguments = arguments
        self.options = options
        self.lacks = lacks
    }

    /// Runs it to its end; without its client the test case is cancelled, by name.
    func run(_ more: [String] = [], environment: [String: String] = [:]) throws -> ProgramRun {
        guard let path = ProgramRun.find(interpreter) else {
            try skip("no \(interpreter)")
        }
        var variables = environment
        variables["TZ"] = "UTC"
        variables["BOREAL_SCENARIO"] = Self.folder + "scenario"
        var words = options + [Self.folder + file]
        if interpreter == "go" {
            words = ["run"] + words
            // The driver comes from Debian's package; nothing is fetched.
            variables["GO111MODULE"] = "off"
            variables["GOPATH"] = "/usr/share/gocode"
        }
        if arguments.first == "connector-c" {
            // The newest connector's extension wants a newer OpenSSL than some systems have.
            let other = (path as NSString).deletingLastPathComponent + "/../connector-c"
            if FileManager.default.fileExists(atPath: other) { variables["PYTHONPATH"] = other }
        }
        let run = try ProgramRun(path, words + arguments + more, environment: variables)
        if run.status == Self.notInstalled {
            try skip(run.errors.trimmingCharacters(in: .newlines))
        }
        return run
    }

    /// Ends the test case; the runner does not tell of those, so this names it.
    private func skip(_ reason: String) throws -> Never {
        print("skipped: \(testDescription): \(reason)")
        try Test.cancel("\(testDescription): \(reason)")
    }

    /// The lines of the scenario that this client must print.
    ///
    /// - Parameter isRelayed: whether a source answers SHOW STATUS, over a connection in the clear.
    func expectedLines(
        encrypted: Bool,
        compressed: Bool,
        isRelayed: Bool
    ) throws -> [Substring] {
        let path = Self.folder + "scenario/expected.tsv"
        return try String(contentsOfFile: path, encoding: .utf8)
            .replacingOccurrences(of: "@TLS@", with: encrypted && !isRelayed ? "on" : "off")
            .replacingOccurrences(of: "@COMPRESS@", with: compressed && !isRelayed ? "ON" : "OFF")
            .split(separator: "\n")
            .filter { line in
                let name = String(line.prefix { $0 != "\t" })
                return !lacks.contains(name)
                    && !(compressed && lacks.contains(name + "-compressed"))
            }
    }
}
