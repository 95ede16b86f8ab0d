import ArgumentParser
import BorealServer
import Glibc

/// `boreal reset-password`: gives root a new password while the server is stopped.
struct ResetPasswordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-password",
        abstract: "Gives root the password in BOREAL_ROOT_PASSWORD, or a new one."
    )

    @Option(help: "The data directory; its server must be stopped.")
    var data = "./boreal-data"

    mutating func run() throws {
        do {
            let given = getenv("BOREAL_ROOT_PASSWORD").map { String(cString: $0) }
            try PasswordReset.run(directory: data, password: given)
            print("The new password is in \(data)/client.cnf.")
        } catch let error as ServerStartError {
            throw CommandFailure.failed(error.message)
        }
    }
}
