package import BorealBase
package import BorealBoost
import BorealFormats
import BorealGraph

/// `boreal train`: a table in a file becomes a model in a file.
package struct FileTrainer {
    private let data: String
    private let label: String
    private let ignored: Set<String>
    private let weight: String?
    private let validation: String?
    private let output: String?
    private let options: LightGBMOptions

    /// - Parameter parameters: names and values as `model_parameter` takes them, with the dialect's
    ///   defaults.
    /// - Throws: `ServerError` for an unknown class or a wrong parameter.
    package init(
        modelClass: String,
        data: String,
        label: String,
        ignored: [String],
        categorical: [String],
        weight: String? = nil,
        parameters: [(name: String, value: ParameterValue)],
        validation: String?,
        output: String?
    ) throws(ServerError) {
        guard ModelClass(option: modelClass) != nil else {
            throw .unsupportedModelClass(modelClass)
        }
        var options = try LightGBMOptions(parameters)
        options.categoricalColumns.formUnion(categorical.map(\.asciiLowercased))
        self.data = data
        self.weight = weight
        self.label = label
        self.ignored = Set(ignored.map(\.asciiLowercased))
        self.validation = validation
        self.output = output
        self.options = options
    }

    /// Loads, trains, writes.
    ///
    /// - Throws: `ServerError` or `DataFileError`.
    package func run(progress: @escaping @Sendable (String) -> Void) throws -> FileRunReport {
        if let output, !output.hasSuffix(".txt"), !output.hasSuffix(".pkl") {
            throw ServerError.invalidOption("out", "the file must end in .txt or .pkl")
        }
        var report = FileRunReport()
        let loadStart = MonotonicClock.nanoseconds
        let table = try DataFile.read(data)
        let folded = label.asciiLowercased
        // Weights that lay beside the file count without being asked for.
        let hasWeightsBeside =
            DataFile.isSparse(data) && table.index(of: DataFile.weightColumn) != nil
        let weightName = weight ?? (hasWeightsBeside ? DataFile.weightColumn : nil)
        let features = table.columns.map(\.name).filter {
            let name = $0.asciiLowercased
            return name != folded && name != weightName?.asciiLowercased && !ignored.contains(name)
        }
        var builder = TrainingSetBuilder(
            features: features,
            label: label,
            categorical: options.categoricalColumns,
            weight: weightName
        )
        try builder.append(table)
        let set = try builder.finish(options)
        report.add("rows", .integer(Int64(table.rowCount)))
        report.add("features", .integer(Int64(features.count)))
        report.addSeconds("load_s", since: loadStart)
        let judged = try validation.map { try ValidationTable(path: $0, label: label, set: set) }
        let loadPeak = FileRunReport.peakMebibytes
        FileRunReport.resetPeak()
        report.add("train_held_mib", .number(FileRunReport.heldMebibytes))
        let coreStart = FileRunReport.coreSeconds
        let trained = try BoostedTrainer(settings: Settings()).train(
            set,
            features: features,
            label: label,
            validation: judged?.data
        ) { progress($0.text) }
        report.add("bin_s", .number(trained.model.binSeconds))
        report.add("train_s", .number(trained.model.trainSeconds))
        report.add("train_cpu_s", .number(FileRunReport.coreSeconds - coreStart))
        report.add("train_peak_mib", .number(FileRunReport.peakMebibytes))
        report.add("rounds", .integer(Int64(trained.model.rounds)))
        let saveStart = MonotonicClock.nanoseconds
        try write(trained)
        report.addSeconds("save_s", since: saveStart)
        report.add("peak_rss_mib", .number(max(loadPeak, FileRunReport.peakMebibytes)))
        report.add("metrics", try judged?.metrics(of: trained.graph) ?? .object([]))
        return report
    }

    private func write(_ trained: BoostedTrainer.Trained) throws {
        guard let output else { return }
        let bytes = try output.hasSuffix(".pkl") ? trained.pickle() : trained.artifactText()
        try OutputFile.write(bytes, to: output)
    }
}

/// A table that training is judged by, bound to the features and classes of the training set.
private struct ValidationTable {
    let data: TrainingData
    private let table: RowBatch
    private let label: String

    init(path: String, label: String, set: TrainingSetBuilder.Output) throws {
        table = try DataFile.read(path, features: set.inputs.map(\.name))
        self.label = label
        guard let labelIndex = table.index(of: label) else {
            throw ServerError.unknownColumn(label, in: "y_cols")
        }
        let batch = try Self.features(of: table, set.inputs)
        let width = set.inputs.count
        let columns = set.inputs.indices.map { feature -> FeatureColumn in
            let values = (0..<batch.rowCount).map { batch.values[$0 * width + feature] }
            guard case .categories(_, let count) = set.data.columns[feature] else {
                return .doubles(values)
            }
            return .categories(values.map { Self.code($0, count) }, count: count)
        }
        data = TrainingData(
            columns: columns,
            label: try Self.labels(table.columns[labelIndex], set),
            names: set.inputs.map(\.name)
        )
    }

    private static func features(
        of table: RowBatch,
        _ inputs: [GraphInput]
    ) throws(ServerError) -> GraphBatch {
        do throws(GraphError) {
            return try FeatureBinder(inputs: inputs, names: inputs.map(\.name), in: table)
                .bind(table)
        } catch {
            throw ServerError(graph: error)
        }
    }

    private static func code(_ value: Double, _ count: Int) -> Int32 {
        value >= 0 && value < Double(count) ? Int32(value) : -1
    }

    private static func labels(_ column: Column, _ set: TrainingSetBuilder.Output) throws
        -> [Double]
    {
        if let labels = set.labels {
            return try labels.indexes(of: column).enumerated().map { row, index in
                guard index >= 0 else {
                    throw ServerError.badRowValue(
                        row: row + 1,
                        column: column.name,
                        "the label does not occur in the training data"
                    )
                }
                return Double(index)
            }
        }
        return try (0..<column.count).map { row in
            guard !column.isNull(row), let number = NumberCell.number(column, row) else {
                throw ServerError.badRowValue(
                    row: row + 1,
                    column: column.name,
                    "the label is no number"
                )
            }
            return number
        }
    }

    /// The usual metrics of the model's task on this table.
    func metrics(of graph: ModelGraph) throws -> JSON {
        let scorer = try ModelScorer(
            graph,
            names: graph.inputs.map(\.name),
            columns: table.columns.map(\.name)
        )
        var scores = EvaluationScores(graph, label: label)
        let results = try scorer.score(table, roles: scores.roles)
        guard let index = table.index(of: label) else { return .object([]) }
        try scores.append(results, labels: table.columns[index], firstRow: 0)
        let wanted = EvaluationMetric.allCases.filter { $0.applies(to: scores.question) }
        return try scores.results(wanted)
    }
}
