import ArgumentParser
import BorealBase

/// `boreal version`
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Prints the version."
    )

    mutating func run() throws {
        print("boreal \(ProductVersion.text)")
    }
}
