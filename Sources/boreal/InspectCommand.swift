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

    mutating func run() throws {
        do {
            print(try FileInspector.describe(file))
        } catch {
            throw CommandFailure.failed(error.message)
        }
    }
}
