import ArgumentParser
import BorealBase
import BorealBoost
import BorealEngine

/// `boreal train`: the engine's own front door, on a file and without a server.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a model on a file: .csv or .tsv with a header, .svm (also .gz), .npy."
    )

    @Option(name: .customLong("class"), help: "The model class: lightgbm, linearreg, kmeans, ...")
    var modelClass = "lightgbm"
    @Option(help: "The training table.")
    var data: String
    @Option(help: "The label column; without one for kmeans.")
    var label: String?
    @Option(help: "The column that says what a row counts.")
    var weight: String?
    @Option(help: "The column whose equal values make a group; for ranking.")
    var group: String?
    @Option(name: .customLong("init-score"), help: "Columns of raw scores to start from.")
    var initialScores: String?
    @Option(help: "Columns that are no features, comma-separated.")
    var ignore: String?
    @Option(help: "Number columns that are categories, comma-separated.")
    var categorical: String?
    @Option(name: .customLong("param"), help: "A parameter as name=value; may be repeated.")
    var parameters: [String] = []
    @Option(help: "A table that is judged while training goes on.")
    var valid: String?
    @Option(name: .customLong("init-model"), help: "A model that training goes on from.")
    var initialModel: String?
    @Option(help: "Threads; 0 is one a core.")
    var threads = 0
    @Option(help: "Where to write the model: .txt (LightGBM), .boreal, .pkl, .onnx, .pmml, ...")
    var out: String?
    @Flag(help: "Print one JSON object.")
    var json = false

    mutating func run() throws {
        do {
            let report = try FileTrainer(
                modelClass: modelClass,
                data: data,
                label: label,
                ignored: Self.names(ignore),
                categorical: Self.names(categorical),
                extras: RowExtras(
                    weight: weight,
                    group: group,
                    initialScores: Self.names(initialScores)
                ),
                parameters: try pairs(),
                validation: valid,
                initialModel: initialModel,
                output: out
            ).run { progress in
                TerminalLine.show(progress)
            }
            TerminalLine.clear()
            print(json ? report.json.description : report.text)
        } catch let error as ServerError {
            throw CommandFailure.failed(error.message)
        } catch let error as DataFileError {
            throw CommandFailure.failed(error.message)
        }
    }

    /// `name=value` pairs; `--threads` is one more.
    private func pairs() throws -> [(name: String, value: ParameterValue)] {
        var pairs: [(name: String, value: ParameterValue)] = [("n_jobs", .integer(Int64(threads)))]
        for text in parameters {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw CommandFailure.usage("--param takes name=value, not '\(text)'")
            }
            let value = String(text[text.index(after: equals)...])
            pairs.append((String(text[..<equals]), .text(value)))
        }
        return pairs
    }

    static func names(_ list: String?) -> [String] {
        (list ?? "").split(separator: ",").map { name in
            String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }
}
