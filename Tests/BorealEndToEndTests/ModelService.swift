import Foundation
import Glibc
import TestPrograms

/// The stand-in for remote model services (`Fixtures/remote/mock_upstream.py`) in a process of its
/// own.
final class ModelService: @unchecked Sendable {
    // Unchecked: the tests of one suite use it one after the other.
    struct StartFailure: Error {}

    static var isAvailable: Bool { ProgramRun.find("python3") != nil }

    let port: Int
    private let process: ChildProcess
    /// Closed when this process ends, however it does: then the service ends too.
    private let lifeline: Int32

    var url: String { "http://127.0.0.1:\(port)" }

    init(apiKey: String? = nil) throws {
        guard let python = ProgramRun.find("python3") else { throw StartFailure() }
        var words = [
            Fixtures.root + "/remote/mock_upstream.py", "--port", "0", "--dim", "8", "--until-eof",
        ]
        if let apiKey { words += ["--api-key", apiKey] }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw StartFailure() }
        lifeline = ends[1]
        defer { close(ends[0]) }
        let started = try ChildProcess.started(python, words, input: ends[0])
        process = started.process
        // The line ends with the port that it listens at.
        guard let port = Int(started.firstLine.split(separator: ":").last ?? "") else {
            throw StartFailure()
        }
        self.port = port
        let deadline = Date().addingTimeInterval(120)
        while Date() < deadline {
            if (try? admin("GET", "stats")) != nil { return }
            usleep(20_000)
        }
        throw StartFailure()
    }

    deinit { close(lifeline) }

    /// Asks a control route; its answer as JSON.
    @discardableResult
    func admin(_ method: String, _ route: String, _ body: String = "") throws -> [String: Any] {
        let curl = ProgramRun.find("curl") ?? "curl"
        let run = try ProgramRun(
            curl,
            ["-s", "-m", "60", "-X", method, "--data-binary", body, "\(url)/__admin/\(route)"]
        )
        let json = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
        return json as? [String: Any] ?? [:]
    }

    /// Zeros the counts and drops all faults.
    func reset() throws { try admin("POST", "reset") }

    func faults(_ json: String) throws { try admin("POST", "faults", json) }

    /// Requests to model routes since the last reset.
    func requests() throws -> Int {
        let routes = try admin("GET", "stats")["by_route"] as? [String: Int] ?? [:]
        return routes.values.reduce(0, +)
    }
}
