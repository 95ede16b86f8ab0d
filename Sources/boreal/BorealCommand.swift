import ArgumentParser
import BorealBase
import Glibc

/// The `boreal` command: a server, and the engine's own front door for files.
struct BorealCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "boreal",
        abstract: "Trains, imports, explains and serves models in SQL over the MySQL protocol.",
        version: ProductVersion.text,
        subcommands: [
            ServeCommand.self, DemoCommand.self, TrainCommand.self, PredictCommand.self,
            BenchCommand.self, InspectCommand.self, CheckCommand.self, ResetPasswordCommand.self,
            RotateKeyCommand.self, VersionCommand.self,
        ]
    )

    /// Parses the arguments, runs the command and ends the process: 0 done, 1 failed with a
    /// sentence on standard error, 2 wrong usage.
    static func run() -> Never {
        do {
            var command = try parseAsRoot()
            try command.run()
            Glibc.exit(0)
        } catch let error as CommandFailure {
            printToStandardError("boreal: \(error.message)")
            Glibc.exit(error.exitCode)
        } catch {
            // The parser's own code for wrong usage is 64 (EX_USAGE); ours is 2.
            let code = exitCode(for: error)
            let text = fullMessage(for: error)
            if code == .success {
                print(text)
            } else {
                printToStandardError(text)
            }
            Glibc.exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }
}

/// Why a command ends without success.
struct CommandFailure: Error {
    let message: String
    let exitCode: Int32

    /// The command was understood and failed.
    static func failed(_ message: String) -> CommandFailure {
        CommandFailure(message: message, exitCode: 1)
    }

    /// The command was called wrongly.
    static func usage(_ message: String) -> CommandFailure {
        CommandFailure(message: message, exitCode: 2)
    }
}

/// Writes one line to standard error.
func printToStandardError(_ text: String) {
    var line = text
    line += "\n"
    line.withUTF8 { bytes in
        var written = 0
        while written < bytes.count {
            // Inside the loop there is at least one byte, so there is a base.
            let count = write(STDERR_FILENO, bytes.baseAddress! + written, bytes.count - written)
            guard count > 0 else { return }
            written += count
        }
    }
}
