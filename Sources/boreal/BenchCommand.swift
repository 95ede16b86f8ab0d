import ArgumentParser
import BorealBase
import BorealEngine

/// `boreal bench`: the speed of a model file on a table, without a server.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures how many rows a second a model answers; prints JSON."
    )

    @Option(help: "The model file.")
    var model: String
    @Option(help: "What the network is whose weights the file holds: JSON, or a file of it.")
    var architecture: String?
    @Option(help: "The table: .csv or .tsv with a header, .svm (also .gz), .npy.")
    var data: String
    @Option(help: "value, label, proba, raw, leaf or contrib.")
    var output = "value"
    @Option(help: "Threads; 0 is one a core.")
    var threads = 0
    @Option(help: "Rows of one call, comma-separated for several figures; all without it.")
    var rows = ""
    @Option(help: "Seconds to measure each figure.")
    var seconds = 1.0

    mutating func run() throws {
        let counts = TrainCommand.names(rows).map { Int($0) ?? 0 }
        guard threads >= 0, seconds >= 0, seconds <= 3_600 else {
            throw CommandFailure.usage("--threads and --seconds take positive numbers")
        }
        do {
            let report = try FileBench(
                model: model,
                architecture: architecture,
                data: data,
                output: output,
                threads: threads,
                rows: counts,
                seconds: seconds
            ).run()
            print(report.json.description)
        } catch let error as ServerError {
            throw CommandFailure.failed(error.message)
        } catch let error as DataFileError {
            throw CommandFailure.failed(error.message)
        }
    }
}
