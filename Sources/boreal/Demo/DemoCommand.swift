import ArgumentParser
import BorealBase
import BorealServer
import Glibc

/// `boreal demo`: the quick tour. A server in this process, a real table, and a client that talks
/// to it over the wire as anybody's would.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "The quick tour: a server, a real table, train, evaluate, predict, upload."
    )

    @Flag(help: "Keep the server running afterwards, until Ctrl-C.")
    var keep = false
    @Option(help: "Folder with the sample data and model (default: Fixtures of the source tree).")
    var fixtures: String?

    mutating func run() throws {
        let folder = try fixtures ?? Self.findFixtures()
        let settings = Settings()
        do {
            try settings.set("ephemeral", to: "ON")
            try settings.set("port", to: keep ? "3307" : "0")
            try settings.set("http_port", to: keep ? "8307" : "0")
            try settings.set("log_level", to: "error")
        } catch {
            throw CommandFailure.failed("a setting of the tour was refused: \(error)")
        }
        let server: Server
        do {
            server = try Server(settings: settings, rootPassword: "", clientFile: nil)
        } catch let error as ServerStartError {
            throw CommandFailure.failed(error.message)
        }
        var tour = DemoTour(
            client: try DemoClient(port: server.mysqlPort),
            httpPort: server.httpPort,
            fixtures: folder
        )
        print("$ boreal serve --ephemeral\n\(server.readyLine)\n")
        try tour.run()
        guard keep else {
            server.stop()
            return
        }
        print("The server keeps running; connect with")
        print("  mariadb -h 127.0.0.1 -P \(server.mysqlPort) -u root --local-infile=1 -c")
        server.waitUntilStopped()
    }

    /// `Fixtures` below the working directory, or in the source tree the binary was built in.
    private static func findFixtures() throws -> String {
        var candidates = ["Fixtures"]
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        if count > 0 {
            var folder = String(
                decoding: path[0..<count].map { UInt8(bitPattern: $0) },
                as: UTF8.self
            )
            while let slash = folder.lastIndex(of: "/") {
                folder = String(folder[..<slash])
                candidates.append(folder + "/Fixtures")
            }
        }
        guard
            let found = candidates.first(where: {
                access($0 + "/data/airlines_sample_train.csv", R_OK) == 0
            })
        else {
            throw CommandFailure.failed(
                "the sample data was not found; run in the source tree or give --fixtures DIR"
            )
        }
        return found
    }
}
