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

    private let model: String
    private let data: String
    private let roles: [GraphOutput.Role]
    private let threads: Int
    private let repetitions: Int

    /// - Parameter output: `value`, `label`, `proba`, `raw`, `leaf`, `contrib`, or `all` for what
    ///   the model has of value, proba, raw and leaf.
    /// - Throws: `invalidOption` for another output.
    package init(
        model: String,
        data: String,
        output: String,
        threads: Int,
        repetitions: Int
    ) throws(ServerError) {
        var known = ModelWithTable.roles.mapValues { [$0] }
        known["all"] = [.value, .probabilities, .raw, .leaf]
        guard let roles = known[output.asciiLowercased] else {
            let valid = known.keys.sorted().joined(separator: ", ")
            throw .invalidOption("output", "'\(output)' is none of \(valid)")
        }
        self.model = model
        self.data = data
        self.roles = roles
        self.threads = ModelWithTable.threads(threads)
        self.repetitions = repetitions
    }

    /// Loads, predicts as often as asked, prints once.
    ///
    /// - Throws: `ServerError` or `DataFileError`.
    package func run() throws -> Run {
        var report = FileRunReport()
        let loadStart = MonotonicClock.nanoseconds
        let files = try ModelWithTable(model: model, data: data)
        let (graph, table) = (files.graph, files.table)
        let scorer = try ModelScorer(
            graph,
            names: files.names,
            columns: table.columns.map(\.name),
            threads: threads
        )
        let wanted = roles.filter { roles.count == 1 || graph.output($0) != nil }
        report.add("rows", .integer(Int64(table.rowCount)))
        report.add("features", .integer(Int64(graph.inputs.count)))
        report.addSeconds("load_s", since: loadStart)
        let start = MonotonicClock.nanoseconds
        var results: [GraphResults] = []
        for _ in 0..<repetitions {
            results = []
            for rows in table.chunks(features: graph.inputs.count) {
                results.append(try scorer.score(rows, roles: wanted))
            }
        }
        let seconds = Double(MonotonicClock.nanoseconds - start) / 1e9 / Double(repetitions)
        report.add("predict_s", .number(seconds))
        report.add("rows_per_s", .number(Double(table.rowCount) / max(seconds, 1e-9)))
        report.add("peak_rss_mib", .number(FileRunReport.peakMebibytes))
        return Run(csv: Self.csv(results), json: report.json)
    }

    private static func csv(_ results: [GraphResults]) -> [UInt8] {
        guard let first = results.first else { return [] }
        let names = first.outputs.flatMap(\.columnNames)
        var text = Array((names.joined(separator: ",") + "\n").utf8)
        for chunk in results { append(chunk, to: &text) }
        return text
    }

    private static func append(_ results: GraphResults, to text: inout [UInt8]) {
        for row in 0..<results.rowCount {
            var isFirst = true
            for output in results.outputs.indices {
                for column in 0..<results.width(of: output) {
                    if !isFirst { text.append(UInt8(ascii: ",")) }
                    isFirst = false
                    results.appendText(output, row: row, column: column, to: &text)
                }
            }
            text.append(0x0A)
        }
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
