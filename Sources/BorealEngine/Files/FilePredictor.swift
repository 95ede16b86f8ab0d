package import BorealBase
import BorealFormats
import BorealGraph
import Glibc

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

    /// - Parameter output: `value`, `label`, `proba`, `raw`, `leaf`, or `all` for what the model
    ///   has of them.
    /// - Throws: `invalidOption` for another output.
    package init(
        model: String,
        data: String,
        output: String,
        threads: Int,
        repetitions: Int
    ) throws(ServerError) {
        let known: [String: [GraphOutput.Role]] = [
            "value": [.value], "label": [.prediction], "proba": [.probabilities], "raw": [.raw],
            "leaf": [.leaf], "all": [.value, .probabilities, .raw, .leaf],
        ]
        guard let roles = known[output.asciiLowercased] else {
            let valid = known.keys.sorted().joined(separator: ", ")
            throw .invalidOption("output", "'\(output)' is none of \(valid)")
        }
        self.model = model
        self.data = data
        self.roles = roles
        self.threads = threads > 0 ? threads : max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        self.repetitions = repetitions
    }

    /// Loads, predicts as often as asked, prints once.
    ///
    /// - Throws: `ServerError` or `DataFileError`.
    package func run() throws -> Run {
        var report = FileRunReport()
        let loadStart = MonotonicClock.nanoseconds
        let graph: ModelGraph
        do {
            graph = try ModelReader.read(path: model).graph
        } catch {
            throw ServerError(format: error)
        }
        let table = try DataFile.read(
            data,
            features: graph.inputs.map(\.name) + Self.positions(graph)
        )
        let names = features(of: graph, in: table)
        let scorer = try ModelScorer(
            graph,
            names: names,
            columns: table.columns.map(\.name),
            threads: threads
        )
        let wanted = roles.filter { roles.count == 1 || graph.output($0) != nil }
        report.add("rows", .integer(Int64(table.rowCount)))
        report.add("features", .integer(Int64(graph.inputs.count)))
        report.addSeconds("load_s", since: loadStart)
        let start = MonotonicClock.nanoseconds
        var results = try scorer.score(table, roles: wanted)
        for _ in 1..<repetitions { results = try scorer.score(table, roles: wanted) }
        let seconds = Double(MonotonicClock.nanoseconds - start) / 1e9 / Double(repetitions)
        report.add("predict_s", .number(seconds))
        report.add("rows_per_s", .number(Double(table.rowCount) / max(seconds, 1e-9)))
        report.add("peak_rss_mib", .number(FileRunReport.peakMebibytes))
        return Run(csv: Self.csv(results, wanted), json: report.json)
    }

    /// The model's own names when the table has them all, else the first columns.
    private func features(of graph: ModelGraph, in table: RowBatch) -> [String] {
        let own = graph.inputs.map(\.name)
        if own.allSatisfy({ table.index(of: $0) != nil }) { return own }
        if DataFile.isSparse(data) { return Self.positions(graph) }
        return table.columns.prefix(graph.inputs.count).map(\.name)
    }

    /// The names that a LibSVM table gives the model's inputs.
    private static func positions(_ graph: ModelGraph) -> [String] {
        graph.inputs.indices.map { "f\($0)" }
    }

    private static func csv(_ results: GraphResults, _ roles: [GraphOutput.Role]) -> [UInt8] {
        var text: [UInt8] = []
        let names = results.outputs.flatMap(\.columnNames)
        text += Array((names.joined(separator: ",") + "\n").utf8)
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
        return text
    }
}
