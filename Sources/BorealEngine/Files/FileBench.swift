package import BorealBase
import BorealGraph

/// `boreal bench`: how many rows a second a model answers inside this process.
///
/// The table is read and bound to the model's features before the clock starts, so a figure is that
/// of the model alone: rows of numbers in, the output of all its operators out. `boreal predict`
/// measures what a user waits for instead.
package struct FileBench {
    private let model: String
    private let architecture: String?
    private let data: String
    private let role: GraphOutput.Role
    private let threads: Int
    private let rowCounts: [Int]
    private let seconds: Double

    /// Measured calls are put together until they take this long, so that reading the clock is
    /// no part of the figure.
    private static let sampleNanoseconds: UInt64 = 1_000_000
    /// Samples at least, however long one takes.
    private static let samplesMin = 3

    /// - Parameters:
    ///   - output: `value`, `label`, `proba`, `raw`, `leaf` or `contrib`.
    ///   - rows: as many rows a call takes, one figure for each; none for the whole table.
    ///   - seconds: how long to measure each.
    /// - Throws: `invalidOption`.
    package init(
        model: String,
        architecture: String? = nil,
        data: String,
        output: String,
        threads: Int,
        rows: [Int],
        seconds: Double
    ) throws(ServerError) {
        guard let role = ModelWithTable.roles[output.asciiLowercased] else {
            let valid = ModelWithTable.roles.keys.sorted().joined(separator: ", ")
            throw .invalidOption("output", "'\(output)' is none of \(valid)")
        }
        guard rows.allSatisfy({ $0 > 0 }) else {
            throw .invalidOption("rows", "a call takes one row or more")
        }
        self.model = model
        self.architecture = architecture
        self.data = data
        self.role = role
        self.threads = ModelWithTable.threads(threads)
        self.rowCounts = rows
        self.seconds = seconds
    }

    /// Reads both files, then measures.
    ///
    /// - Throws: `ServerError` or `DataFileError`.
    package func run() throws -> FileRunReport {
        var report = FileRunReport()
        let loadStart = MonotonicClock.nanoseconds
        let files = try ModelWithTable(
            model: model,
            data: data,
            architecture: architecture
        )
        guard files.table.rowCount > 0 else { throw ServerError.invalidOption("data", "no rows") }
        do {
            let binder = try FeatureBinder(
                inputs: files.graph.inputs,
                names: files.names,
                in: files.table
            )
            let batch = try binder.bind(files.table)
            report.add("rows", .integer(Int64(batch.rowCount)))
            report.add("features", .integer(Int64(batch.featureCount)))
            report.add("threads", .integer(Int64(threads)))
            report.add("output", .string(role.rawValue))
            report.addSeconds("load_s", since: loadStart)
            let counts = rowCounts.isEmpty ? [batch.rowCount] : rowCounts
            let runs = try counts.map { count throws(GraphError) in
                try measure(files.graph, batch, rows: min(count, batch.rowCount))
            }
            report.add("runs", .array(runs))
        } catch {
            throw ServerError(graph: error)
        }
        report.add("peak_rss_mib", .number(FileRunReport.peakMebibytes))
        return report
    }

    /// One figure; every call takes the rows behind those of the call before.
    private func measure(
        _ graph: ModelGraph,
        _ batch: GraphBatch,
        rows: Int
    ) throws(GraphError) -> JSON {
        if role == .contribution { return try measureExplanation(graph, batch, rows: rows) }
        let session = try GraphSession(graph, roles: [role], rowsMax: 1)
        var row = 0
        let answer = { () throws(GraphError) in
            if row + rows > batch.rowCount { row = 0 }
            try batch.withFeatures(from: row) { features throws(GraphError) in
                // What the server does for a single row: a session that it keeps.
                if rows == 1 { return session.runOne(features, lists: batch.lists) }
                _ = try graph.run(
                    features,
                    rowCount: rows,
                    roles: [role],
                    lists: batch.lists,
                    threads: threads
                )
            }
            row += rows
        }
        return try figure(answer, rows)
    }

    /// The same of contributions to the raw scores; making the explainer does not count.
    private func measureExplanation(
        _ graph: ModelGraph,
        _ batch: GraphBatch,
        rows: Int
    ) throws(GraphError) -> JSON {
        let explainer = try GraphExplainer(graph)
        let width = batch.featureCount
        let values = Array(batch.values.prefix(rows * width))
        let part = try GraphBatch(values: values, featureCount: width)
        return try figure(
            { () throws(GraphError) in
                _ = try explainer.additiveExplanation(part, threads: threads)
            },
            rows
        )
    }

    private func figure(
        _ answer: () throws(GraphError) -> Void,
        _ rows: Int
    ) throws(GraphError) -> JSON {
        let samples = try Self.samples(of: answer, seconds: seconds)
        let rates = samples.map { Double(rows) / max($0, 1e-9) }
        return .object([
            (key: "rows", value: .integer(Int64(rows))),
            (key: "samples", value: .integer(Int64(samples.count))),
            (key: "call_us", value: .number(samples[samples.count / 2] * 1e6)),
            (key: "rows_per_s", value: .number(rates[rates.count / 2])),
            (key: "rows_per_s_min", value: .number(rates[rates.count - 1])),
            (key: "rows_per_s_max", value: .number(rates[0])),
        ])
    }

    /// Seconds that a call took in each sample, the least first.
    private static func samples(
        of call: () throws(GraphError) -> Void,
        seconds: Double
    ) throws(GraphError) -> [Double] {
        // The first call meets cold caches and tells how many make a sample.
        let warm = MonotonicClock.nanoseconds
        try call()
        let first = MonotonicClock.nanoseconds - warm
        let calls = Int(max(1, sampleNanoseconds / max(1, first)))
        let end = MonotonicClock.nanoseconds + UInt64(seconds * 1e9)
        var samples: [Double] = []
        repeat {
            let start = MonotonicClock.nanoseconds
            for _ in 0..<calls { try call() }
            let elapsed = Double(MonotonicClock.nanoseconds - start) / 1e9
            samples.append(elapsed / Double(calls))
        } while samples.count < samplesMin || MonotonicClock.nanoseconds < end
        return samples.sorted()
    }
}
