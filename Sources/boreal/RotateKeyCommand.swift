import ArgumentParser
import BorealBase
import BorealServer

/// `boreal rotate-key`: another master key for the stored keys of remote models.
struct RotateKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-key",
        abstract: "Encrypts the keys of remote models anew, with another master key."
    )

    @Option(help: "The data directory; its server must be stopped (default ./boreal-data).")
    var data: String?
    @Option(help: "File of 'name = value' lines with settings, as for serve.")
    var config: String?

    mutating func run() throws {
        let settings = Settings()
        try SettingSources.apply(config, [("data", data)], to: settings)
        do {
            print(try MasterKeyRotation.run(settings))
        } catch let error as ServerStartError {
            throw CommandFailure.failed(error.message)
        }
    }
}
