import Foundation
import Glibc

/// The stand-in for remote model services (`Fixtures/remote/mock_upstream.py`) in a process of its
/// own.
final class ModelService: @unchecked Sendable {
    // Unchecked: the tests of one suite use it one after the other.
    struct StartFailure: Error {}

    static var isAvailable: Bool { ProgramRun.find("python3") != nil }

    let port: Int
    private let process = Process()
    /// Closed when this process ends, however it does: then the service ends too.
    private let lifeline = Pipe()

    var url: String { "http://127.0.0.1:\(port)" }

    init(apiKey: String? = nil) throws {
        guard let python = ProgramRun.find("python3") else { throw StartFailure() }
        port = try Self.freePort()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [
            Fixtures.root + "/remote/mock_upstream.py", "--port", String(port), "--dim", "8",
            "--until-eof",
        ]
        if let apiKey { process.arguments? += ["--api-key", apiKey] }
        process.standardInput = lifeline
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let deadline = Date().addingTimeInterval(20)
        while Date() < deadline {
            if (try? admin("GET", "stats")) != nil { return }
            usleep(20_000)
        }
        throw StartFailure()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// A port that nobody listens on now.
    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw StartFailure() }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Asks a control route; its answer as JSON.
    @discardableResult
    func admin(_ method: String, _ route: String, _ body: String = "") throws -> [String: Any] {
        let curl = ProgramRun.find("curl") ?? "curl"
        let run = try ProgramRun(
            curl,
            ["-s", "-m", "5", "-X", method, "--data-binary", body, "\(url)/__admin/\(route)"]
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
