import ArgumentParser
import BorealBase
import BorealEngine

/// `boreal inspect`: what a model file holds, read as data.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Tells what a model file holds. Nothing in the file is ever run."
    )

    @Argument(help: "The model file.")
    var file: String
    @Option(help: "What the network is whose weights the file holds: JSON, or a file of it.")
    var architecture: String?

    mutating func run() throws {
        do {
            print(try FileInspector.describe(file, architecture: architecture))
        } catch {
            throw CommandFailure.failed(error.message)
        }
    }
}
