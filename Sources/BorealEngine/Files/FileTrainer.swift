package import BorealBase
package import BorealBoost
import BorealFormats
import BorealGraph
import BorealLearners

/// `boreal train`: a table in a file becomes a model in a file.
package struct FileTrainer {
    private let data: String
    private let label: String?
    private let ignored: Set<String>
    private let extras: RowExtras
    private let validation: String?
    private let initialModel: String?
    private let output: String?
    private let plan: TrainingPlan

    /// - Parameters:
    ///   - parameters: names and values as `model_parameter` takes them, with the dialect's
    ///     defaults.
    ///   - initialModel: the path of a model that training goes on from.
    /// - Throws: `ServerError` for an unknown class or a wrong parameter.
    package init(
        modelClass: String,
        data: String,
        label: String?,
        ignored: [String],
        categorical: [String],
        extras: RowExtras = RowExtras(),
        parameters: [(name: String, value: ParameterValue)],
        validation: String?,
        initialModel: String? = nil,
        output: String?
    ) throws(ServerError) {
        var plan = try TrainingPlan(modelClass: modelClass, parameters)
        plan.categoricalColumns.formUnion(categorical.map(\.asciiLowercased))
        if plan.intake.label != .none && label == nil {
            throw .invalidOption("label", "the class '\(plan.modelClass.rawValue)' needs a label")
        }
        plan.settleJudges(hasValidation: validation != nil)
        var named = plan.extras
        named.weight = extras.weight ?? named.weight
        named.group = extras.group ?? named.group
        if !extras.initialScores.isEmpty { named.initialScores = extras.initialScores }
        self.data = data
        self.extras = named
        self.label = plan.intake.label == .none ? nil : label
        // A label that nobody learns from is no feature either.
        self.ignored = Set((ignored + (label.map { [$0] } ?? [])).map(\.asciiLowercased))
        self.validation = validation
        self.initialModel = initialModel ?? plan.initialModel
        self.output = output
        self.plan = plan
    }

    /// Loads, trains, writes.
    ///
    /// - Throws: `ServerError` or `DataFileError`.
    package func run(progress: @escaping @Sendable (String) -> Void) throws -> FileRunReport {
        if let output, ExportFormat(fileName: output) == nil {
            throw ServerError.invalidOption(
                "out",
                "the file must end in .txt, .boreal, .pkl, .json, .onnx, .pmml or .sql"
            )
        }
        var report = FileRunReport()
        let loadStart = MonotonicClock.nanoseconds
        let table = try DataFile.read(data)
        let extras = extras(in: table)
        let features = try features(of: table, extras)
        var builder = TrainingSetBuilder(
            features: features,
            label: label,
            categorical: plan.categoricalColumns,
            takesNumbersOnly: !plan.intake.takesText,
            lists: plan.intake.columns?.lists ?? [:],
            extras: extras,
            continuing: try continued(features)
        )
        try builder.append(table)
        var set = try builder.finish(plan)
        report.add("rows", .integer(Int64(table.rowCount)))
        report.add("features", .integer(Int64(features.count)))
        report.addSeconds("load_s", since: loadStart)
        let judged = try validation.map {
            try ValidationTable(path: $0, label: label ?? "", extras: extras, set: set)
        }
        // Rows that training does not look at still measure what came of it.
        if plan.intake.takesValidation { set.validation = judged?.rows }
        let loadPeak = FileRunReport.peakMebibytes
        FileRunReport.resetPeak()
        report.add("train_held_mib", .number(FileRunReport.heldMebibytes))
        let coreStart = FileRunReport.coreSeconds
        let trainStart = MonotonicClock.nanoseconds
        let trained = try ModelTrainer(settings: Settings()).train(
            set,
            features: features,
            label: label
        ) { progress($0.text) }
        if let model = trained.boosted {
            report.add("bin_s", .number(model.binSeconds))
            report.add("train_s", .number(model.trainSeconds))
        } else {
            report.addSeconds("train_s", since: trainStart)
        }
        report.add("train_cpu_s", .number(FileRunReport.coreSeconds - coreStart))
        report.add("train_peak_mib", .number(FileRunReport.peakMebibytes))
        if let model = trained.boosted { report.add("rounds", .integer(Int64(model.rounds))) }
        if !trained.facts.isEmpty { report.add("training", .object(trained.facts)) }
        let saveStart = MonotonicClock.nanoseconds
        try write(trained)
        report.addSeconds("save_s", since: saveStart)
        report.add("peak_rss_mib", .number(max(loadPeak, FileRunReport.peakMebibytes)))
        report.add("metrics", try judged?.metrics(of: trained.graph) ?? .object([]))
        if let model = trained.boosted, model.rounds <= model.history.count {
            let last = model.history[model.rounds - 1]
            report.add("valid", .object(last.map { ($0.name, .number($0.value)) }))
        }
        return report
    }

    /// The columns that are features: all that are nothing else, or those that parameters name,
    /// where they say what is in each column.
    private func features(
        of table: RowBatch,
        _ extras: RowExtras
    ) throws(ServerError) -> [String] {
        let others = Set(extras.names.map(\.asciiLowercased)).union(ignored)
        let names = table.columns.map(\.name)
        let features = names.filter { !others.contains($0.asciiLowercased) && !isBeside($0) }
        guard let columns = plan.intake.columns else { return features }
        let known = Set(columns.features.flatMap(\.columns).map(\.asciiLowercased))
        let named = features.filter { known.contains($0.asciiLowercased) }
        try plan.checkColumns(named)
        try extras.judges?.check(names)
        return named
    }

    /// The model in the file that training goes on from.
    private func continued(_ features: [String]) throws -> ContinuedModel? {
        guard let path = initialModel else { return nil }
        let graph: ModelGraph
        do {
            graph = try ModelReader.read(path: path).graph
        } catch {
            throw ServerError(format: error)
        }
        let model = try ContinuedModel(graph, name: path)
        guard let options = plan.boosted else {
            throw ServerError.invalidOption(
                "init_model",
                "the class '\(plan.modelClass.rawValue)' does not go on from a model"
            )
        }
        try model.check(features: features, options.parameters)
        return model
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
        guard let parameters = plan.boosted?.parameters else { return extras }
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

    private func write(_ trained: TrainingResult) throws {
        guard let output else { return }
        let format = ExportFormat(fileName: output) ?? trained.storage
        let file = try OutputFile(output)
        try trained.write(format, to: ExportSink { try file.write($0) })
        try file.commit()
    }
}

/// A table that training is judged by, bound to the features and classes of the training set.
private struct ValidationTable {
    let rows: ValidationRows
    private let table: RowBatch
    private let label: String

    init(path: String, label: String, extras: RowExtras, set: TrainingSetBuilder.Output) throws {
        table = try DataFile.read(path, features: set.inputs.map(\.name))
        self.label = label
        var builder = ValidationSetBuilder(set, label: label, extras: extras)
        try builder.append(table)
        rows = try builder.finish()
    }

    /// The usual metrics of the model's task on this table.
    func metrics(of graph: ModelGraph) throws -> JSON {
        let scorer = try ModelScorer(
            graph,
            names: graph.inputs.map(\.name),
            columns: table.columns.map(\.name)
        )
        let subject = try EvaluationSubject(graph, labels: 1)
        var scores = EvaluationScores(graph, subject, labels: [label])
        guard let index = table.index(of: label) else { return .object([]) }
        let roles = [.prediction] + scores.extraRoles
        var firstRow = 0
        for rows in table.chunks(features: graph.inputs.count) {
            let results = try scorer.score(rows, roles: roles, firstRow: firstRow)
            try scores.append(results, labels: [rows.columns[index]], firstRow: firstRow)
            firstRow += rows.rowCount
        }
        let wanted = EvaluationMetric.allCases.filter { $0.applies(to: scores.question) }
        return try scores.results(wanted)
    }
}
