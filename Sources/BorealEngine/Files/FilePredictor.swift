package import BorealBase
import BorealGraph

/// `boreal predict`: scores a table in a file with a model file.
package struct FilePredictor {
    /// What came out.
    package struct Run: Sendable {
        /// The predictions with a header line.
        package let csv: [UInt8]
        /// What was measured.
        package let json: JSON
    }

    /// What is asked for.
    private enum Wanted {
        case one(GraphOutput.Role)
        case contributions
        case all
    }

    private let model: String
    private let architecture: String?
    private let data: String
    private let output: Wanted
    private let threads: Int
    private let repetitions: Int

    /// - Parameter output: `value`, `label`, `proba`, `raw`, `leaf`, `contrib`, or `all` for
    ///   everything that the model has but contributions.
    /// - Throws: `invalidOption` for another output.
    package init(
        model: String,
        architecture: String? = nil,
        data: String,
        output: String,
        threads: Int,
        repetitions: Int
    ) throws(ServerError) {
        switch (output.asciiLowercased, ModelWithTable.roles[output.asciiLowercased]) {
        case ("all", _): self.output = .all
        case (_, .contribution?): self.output = .contributions
        case (_, let role?): self.output = .one(role)
        default:
            let valid = (ModelWithTable.roles.keys + ["all"]).sorted().joined(separator: ", ")
            throw .invalidOption("output", "'\(output)' is none of \(valid)")
        }
        self.model = model
        self.architecture = architecture
        self.data = data
        self.threads = ModelWithTable.threads(threads)
        self.repetitions = repetitions
    }

    /// Loads, predicts as often as asked, prints once.
    ///
    /// - Throws: `ServerError` or `DataFileError`.
    package func run() throws -> Run {
        var report = FileRunReport()
        let loadStart = MonotonicClock.nanoseconds
        let files = try ModelWithTable(
            model: model,
            data: data,
            architecture: architecture
        )
        let (graph, table) = (files.graph, files.table)
        let scorer = try ModelScorer(
            graph,
            names: files.names,
            columns: table.columns.map(\.name),
            threads: threads
        )
        report.add("rows", .integer(Int64(table.rowCount)))
        report.add("features", .integer(Int64(graph.inputs.count)))
        report.addSeconds("load_s", since: loadStart)
        let start = MonotonicClock.nanoseconds
        let answers = try answers(scorer, table)
        let seconds = Double(MonotonicClock.nanoseconds - start) / 1e9 / Double(repetitions)
        report.add("predict_s", .number(seconds))
        report.add("rows_per_s", .number(Double(table.rowCount) / max(seconds, 1e-9)))
        report.add("peak_rss_mib", .number(FileRunReport.peakMebibytes))
        return Run(csv: answers.csv, json: report.json)
    }

    /// What the model said to all rows, piece by piece.
    private enum Answers {
        case results([GraphResults])
        case explanations([AdditiveExplanation])

        var csv: [UInt8] {
            switch self {
            case .results(let pieces): PredictionText.csv(pieces)
            case .explanations(let pieces): PredictionText.csv(pieces)
            }
        }
    }

    private func answers(_ scorer: ModelScorer, _ table: RowBatch) throws -> Answers {
        let graph = scorer.graph
        let pieces = table.chunks(features: graph.inputs.count)
        let wanted: [GraphOutput]
        switch output {
        case .contributions:
            let explainer = try scorer.explainer()
            return .explanations(
                try repeated { try pieces.map { try scorer.explain($0, explainer) } }
            )
        case .all: wanted = graph.allOutputs
        case .one(let role):
            guard let one = graph.output(role) else {
                throw ServerError(graph: .outputMissing(role: role))
            }
            wanted = [one]
        }
        return .results(try repeated { try pieces.map { try scorer.score($0, outputs: wanted) } })
    }

    /// The last of as many answers as were asked for.
    private func repeated<Answer>(_ body: () throws -> Answer) throws -> Answer {
        for _ in 1..<repetitions { _ = try body() }
        return try body()
    }
}

/// Answers as CSV with a header line.
private enum PredictionText {
    static func csv(_ results: [GraphResults]) -> [UInt8] {
        guard let first = results.first else { return [] }
        var text: [UInt8] = []
        appendLine(first.outputs.flatMap(\.columnNames).map { Array($0.utf8) }, to: &text)
        var cell: [UInt8] = []
        for piece in results {
            for row in 0..<piece.rowCount {
                var isFirst = true
                for output in piece.outputs.indices {
                    for column in 0..<piece.width(of: output) {
                        if !isFirst { text.append(UInt8(ascii: ",")) }
                        isFirst = false
                        cell.removeAll(keepingCapacity: true)
                        piece.appendText(output, row: row, column: column, to: &cell)
                        append(cell, to: &text)
                    }
                }
                text.append(0x0A)
            }
        }
        return text
    }

    /// Score after score the features' contributions and the bias.
    static func csv(_ explanations: [AdditiveExplanation]) -> [UInt8] {
        guard let first = explanations.first else { return [] }
        let width = first.scoresPerRow * (first.featureCount + 1)
        var text: [UInt8] = []
        appendLine((0..<width).map { Array("contrib_\($0)".utf8) }, to: &text)
        for piece in explanations {
            for row in 0..<piece.rowCount {
                let values = piece.values[row * width..<(row + 1) * width]
                appendLine(values.map { Array($0.description.utf8) }, to: &text)
            }
        }
        return text
    }

    private static func appendLine(_ cells: [[UInt8]], to text: inout [UInt8]) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            append(cell, to: &text)
        }
        text.append(0x0A)
    }

    /// A cell, between quotes when it holds what ends cells (RFC 4180).
    private static func append(_ cell: [UInt8], to text: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        guard cell.contains(where: { [quote, UInt8(ascii: ","), 0x0A, 0x0D].contains($0) }) else {
            text += cell
            return
        }
        text.append(quote)
        for byte in cell { text += byte == quote ? [quote, quote] : [byte] }
        text.append(quote)
    }
}

extension RowBatch {
    /// Cells that are turned into features at a time: 512 MiB.
    private static let cellsMax = 1 << 26

    /// The table as a whole, or, when it has too many cells for that, piece by piece.
    func chunks(features: Int) -> [RowBatch] {
        let rows = max(1, Self.cellsMax / max(1, features))
        guard rowCount > rows else { return [self] }
        return stride(from: 0, to: rowCount, by: rows).map {
            slice($0..<min(rowCount, $0 + rows))
        }
    }
}
