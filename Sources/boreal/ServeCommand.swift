import ArgumentParser
import BorealBase
import BorealServer
import Glibc

/// `boreal serve`: the server.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Starts the server and prints one line when it accepts connections."
    )

    @Option(help: "Directory that holds everything (default ./boreal-data).")
    var data: String?
    @Flag(help: "Live in a temporary directory and forget everything at exit.")
    var ephemeral = false
    @Option(help: "Address to listen on; several separated by commas (default 127.0.0.1).")
    var host: String?
    @Option(help: "MySQL port; 0 picks a free one (default 3307).")
    var port: String?
    @Option(name: .customLong("http-port"), help: "HTTP port; 0 picks one, none closes the door.")
    var httpPort: String?
    @Option(help: "Path of a unix socket to listen on as well.")
    var socket: String?
    @Option(help: "File of 'name = value' lines with settings.")
    var config: String?
    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning or error.")
    var logLevel: String?
    @Option(name: .customLong("client-cnf"), help: "With --ephemeral: where to write client.cnf.")
    var clientCnf: String?

    mutating func run() throws {
        let settings = Settings()
        let hasData = try apply(to: settings)
        if settings.isOn("ephemeral"), hasData {
            throw CommandFailure.usage("--data and --ephemeral exclude each other")
        }
        do {
            let server = try Server(
                settings: settings,
                rootPassword: getenv("BOREAL_ROOT_PASSWORD").map { String(cString: $0) },
                clientFile: clientCnf
            )
            print(server.readyLine)
            fflush(nil)
            server.waitUntilStopped()
            // Everything is closed; `exit` would free OpenSSL's globals under the thread that may
            // still be making the RSA key.
            fflush(nil)
            _exit(0)
        } catch let error as ServerStartError {
            throw CommandFailure.failed(error.message)
        }
    }

    /// Applies file, environment and command line, in that order; true when a source names `data`.
    private func apply(to settings: Settings) throws -> Bool {
        var hasData = data != nil
        do {
            if let config {
                for (name, value) in try ConfigurationFile.read(config) {
                    try settings.set(name, to: value)
                    if name == "data" { hasData = true }
                }
            }
            for definition in Settings.definitions {
                let variable = "BOREAL_" + definition.name.uppercased()
                guard let value = getenv(variable) else { continue }
                try settings.set(definition.name, to: String(cString: value))
                if definition.name == "data" { hasData = true }
            }
            let line: [(String, String?)] = [
                ("data", data), ("ephemeral", ephemeral ? "ON" : nil), ("host", host),
                ("port", port), ("http_port", httpPort), ("socket", socket),
                ("log_level", logLevel),
            ]
            for (name, value) in line {
                if let value { try settings.set(name, to: value) }
            }
        } catch let error as SettingError {
            throw CommandFailure.usage(Self.sentence(error))
        }
        return hasData
    }

    private static func sentence(_ error: SettingError) -> String {
        switch error {
        case .unknown(let name): "unknown setting '\(name)'"
        case .startupOnly(let name): "setting '\(name)' can be given at start only"
        case .badValue(let name, let value, let expected):
            "setting '\(name)' cannot be '\(value)'; it takes \(expected)"
        }
    }
}
