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
    @Option(help: "MySQL server whose tables are served: mysql://user:password@host:port/database.")
    var source: String?
    @Option(help: "File of 'name = value' lines with settings.")
    var config: String?
    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning or error.")
    var logLevel: String?
    @Option(name: .customLong("client-cnf"), help: "With --ephemeral: where to write client.cnf.")
    var clientCnf: String?

    mutating func run() throws {
        let settings = Settings()
        let line = [
            ("data", data), ("ephemeral", ephemeral ? "ON" : nil), ("host", host), ("port", port),
            ("http_port", httpPort), ("socket", socket), ("log_level", logLevel),
            ("source", source),
        ]
        let given = try SettingSources.apply(config, line, to: settings)
        if settings.isOn("ephemeral"), given.contains("data") {
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
}
