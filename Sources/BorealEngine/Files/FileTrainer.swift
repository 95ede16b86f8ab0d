package import BorealBase
package import BorealBoost
import BorealFormats
import BorealGraph

/// `boreal train`: a table in a file becomes a model in a file.
package struct FileTrainer {
    private let data: String
    private let label: String
    private let ignored: Set<String>
    private let extras: RowExtras
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
        extras: RowExtras = RowExtras(),
        parameters: [(name: String, value: ParameterValue)],
        validation: String?,
        output: String?
    ) throws(ServerError) {
        guard ModelClass(option: modelClass) != nil else {
            throw .unsupportedModelClass(modelClass)
        }
        var options = try LightGBMOptions(parameters)
        options.categoricalColumns.formUnion(categorical.map(\.asciiLowercased))
        var named = options.extras
        named.weight = extras.weight ?? named.weight
        named.group = extras.group ?? named.group
        if !extras.initialScores.isEmpty { named.initialScores = extras.initialScores }
        self.data = data
        self.extras = named
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
        let extras = extras(in: table)
        let others = Set(([label] + extras.names).map(\.asciiLowercased)).union(ignored)
        let features = table.columns.map(\.name).filter {
            !others.contains($0.asciiLowercased) && !isBeside($0)
        }
        var builder = TrainingSetBuilder(
            features: features,
            label: label,
            categorical: options.categoricalColumns,
            extras: extras
        )
        try builder.append(table)
        let set = try builder.finish(options)
        report.add("rows", .integer(Int64(table.rowCount)))
        report.add("features", .integer(Int64(features.count)))
        report.addSeconds("load_s", since: loadStart)
        let judged = try validation.map {
            try ValidationTable(path: $0, label: label, extras: extras, set: set)
        }
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
        if trained.model.rounds <= trained.model.history.count {
            let last = trained.model.history[trained.model.rounds - 1]
            report.add("valid", .object(last.map { ($0.name, .number($0.value)) }))
        }
        return report
    }

    /// The columns named, and those that lay beside a LibSVM file: weights and first scores count
    /// without being named, groups where they are needed.
    private func extras(in table: RowBatch) -> RowExtras {
        var extras = extras
        guard DataFile.isSparse(data) else { return extras }
        if extras.weight == nil, table.index(of: DataFile.weightColumn) != nil {
            extras.weight = DataFile.weightColumn
        }
        if extras.initialScores.isEmpty {
            extras.initialScores = table.columns.map(\.name).filter {
                $0.hasPrefix(DataFile.initialScorePrefix)
            }
        }
        let parameters = options.parameters
        let ranks = !parameters.metrics.filter { $0 == .ndcg || $0 == .map }.isEmpty
        let needsGroups = parameters.objective.isRanking || parameters.drawsGroups || ranks
        if extras.group == nil, needsGroups, table.index(of: DataFile.groupColumn) != nil {
            extras.group = DataFile.groupColumn
        }
        return extras
    }

    /// Whether a column lay beside a LibSVM file, whose features are called `f0`, `f1`, ...
    private func isBeside(_ name: String) -> Bool {
        DataFile.isSparse(data)
            && (name == DataFile.weightColumn || name == DataFile.groupColumn
                || name.hasPrefix(DataFile.initialScorePrefix))
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

    init(
        path: String,
        label: String,
        extras: RowExtras,
        set: TrainingSetBuilder.Output
    ) throws {
        table = try DataFile.read(path, features: set.inputs.map(\.name))
        self.label = label
        guard let labelIndex = table.index(of: label) else {
            throw ServerError.unknownColumn(label, in: "y_cols")
        }
        var data = TrainingData(
            columns: try Self.columns(of: table, set),
            label: try Self.labels(table.columns[labelIndex], set),
            names: set.inputs.map(\.name)
        )
        var collector = RowExtrasCollector(Self.present(extras, in: table))
        try collector.append(table, firstRow: 0)
        try TrainingSetBuilder.add(
            try collector.finish(),
            to: &data,
            set.parameters.scoresPerRow
        )
        self.data = data
    }

    /// Weights may be left out of a table that is judged; groups and first scores may not.
    private static func present(_ extras: RowExtras, in table: RowBatch) -> RowExtras {
        var present = extras
        if let weight = extras.weight, table.index(of: weight) == nil { present.weight = nil }
        return present
    }

    /// The features as the trainer takes them; sparse numbers stay sparse.
    private static func columns(
        of table: RowBatch,
        _ set: TrainingSetBuilder.Output
    ) throws -> [FeatureColumn] {
        var columns = set.inputs.map { input -> FeatureColumn? in
            guard case .number = input.kind, let index = table.index(of: input.name),
                case .sparse(let numbers) = table.columns[index].storage
            else { return nil }
            return .sparse(numbers)
        }
        let others = columns.indices.filter { columns[$0] == nil }
        let batch = try features(of: table, others.map { set.inputs[$0] })
        for (position, feature) in others.enumerated() {
            let values = (0..<batch.rowCount).map { batch.values[$0 * others.count + position] }
            if case .categories(_, let count) = set.data.columns[feature] {
                columns[feature] = .categories(values.map { code($0, count) }, count: count)
            } else {
                columns[feature] = .doubles(values)
            }
        }
        return columns.compactMap { $0 }
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
        guard let index = table.index(of: label) else { return .object([]) }
        let roles = [.prediction] + scores.extraRoles
        var firstRow = 0
        for rows in table.chunks(features: graph.inputs.count) {
            let results = try scorer.score(rows, roles: roles, firstRow: firstRow)
            try scores.append(results, labels: rows.columns[index], firstRow: firstRow)
            firstRow += rows.rowCount
        }
        let wanted = EvaluationMetric.allCases.filter { $0.applies(to: scores.question) }
        return try scores.results(wanted)
    }
}
