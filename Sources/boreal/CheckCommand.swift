import ArgumentParser
import BorealServer

/// `boreal check`: verifies a data directory, also beside a live server.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Verifies the catalog, the tables and every artifact of a data directory."
    )

    @Option(help: "The data directory.")
    var data = "./boreal-data"

    mutating func run() throws {
        let report = try Self.inspect(data)
        for line in report.lines { print(line) }
        guard report.isClean else {
            throw CommandFailure.failed("'\(data)' has \(report.problemCount) problems")
        }
    }

    private static func inspect(_ path: String) throws -> DirectoryCheck.Report {
        do {
            return try DirectoryCheck.run(path)
        } catch let error as ServerStartError {
            throw CommandFailure.failed(error.message)
        }
    }
}
