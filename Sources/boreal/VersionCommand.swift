import ArgumentParser

/// What this build calls itself.
enum Version {
    static let text = "0.1.0"
}

/// `boreal version`
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Prints the version."
    )

    mutating func run() throws {
        print("boreal \(Version.text)")
    }
}
