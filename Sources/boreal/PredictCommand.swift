import ArgumentParser
import BorealBase
import BorealEngine
import Glibc

/// `boreal predict`: scores a file with a model file, without a server.
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Scores a table in a file with a model file and writes CSV."
    )

    @Option(help: "The model file.")
    var model: String
    @Option(help: "What the network is whose weights the file holds: JSON, or a file of it.")
    var architecture: String?
    @Option(help: "The table: .csv or .tsv with a header, .svm (also .gz), .npy.")
    var data: String
    @Option(help: "value, label, proba, raw, leaf, contrib or all.")
    var output = "value"
    @Option(help: "Threads; 0 is one a core.")
    var threads = 0
    @Option(name: .customLong("repeat"), help: "How often to predict, for measurements.")
    var repetitions = 1
    @Option(help: "Where to write the predictions; standard output without it.")
    var out: String?
    @Flag(help: "Print one JSON object about the run.")
    var json = false

    mutating func run() throws {
        guard repetitions >= 1, threads >= 0 else {
            throw CommandFailure.usage("--repeat and --threads take positive numbers")
        }
        do {
            let run = try FilePredictor(
                model: model,
                architecture: architecture,
                data: data,
                output: output,
                threads: threads,
                repetitions: repetitions
            ).run()
            if let out {
                try Self.write(run.csv, to: out)
            } else if !json {
                try Self.write(run.csv, to: "/dev/stdout")
            }
            if json { print(run.json.description) }
        } catch let error as ServerError {
            throw CommandFailure.failed(error.message)
        } catch let error as DataFileError {
            throw CommandFailure.failed(error.message)
        }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "we") else {
            throw CommandFailure.failed(
                "cannot write '\(path)': \(String(cString: strerror(errno)))"
            )
        }
        let written = fwrite(bytes, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else {
            throw CommandFailure.failed("cannot write '\(path)' to its end")
        }
    }
}
