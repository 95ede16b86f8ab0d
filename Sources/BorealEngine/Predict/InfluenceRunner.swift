import BorealBase
import BorealBoost
import BorealCatalog
import BorealGraph
import BorealTasks
import BorealWire

/// SELECT ... FROM EXPLAIN in the background: permutation importance and partial dependence over
/// all rows of the inner query, which are kept in memory as the model sees them.
struct InfluenceRunner: OfflineTaskRunner {
    static let kind = "influence"

    let catalog: Catalog
    let settings: Settings
    let models: ModelStore
    let opener: any JobQueryOpener
    let reader: any StatementReader

    func run(_ context: JobContext) throws {
        guard case .task(let id) = context.job.subject else { return }
        let payload = try JobPayload(json: context.job.payload)
        let request = try reader.influence(payload)
        try catalog.update { (change) throws(CatalogError) in try change.startTask(id) }
        let graph = try models.graph(ofTask: id)
        let held = try context.rows(request.query, payload, opener)
        let rows = try read(held.source, graph, request, context)
        let writer = try catalog.makeArtifact(fileExtension: "csv")
        do {
            var file = ResultFile(writer)
            let results: JSON
            switch request.method {
            case .permutation(_, let metric, let repeats, let seed):
                var options = PermutationImportance.Options()
                options.repeats = repeats
                options.seed = seed
                options.isGreaterBetter = metric.isGreaterBetter
                results = try permutation(rows, graph, request, metric, options, &file, context)
            case .dependence(let points):
                results = try dependence(rows, graph, request, points, &file, context)
            }
            let artifact = try file.finish()
            try catalog.update { (change) throws(CatalogError) in
                try change.finishTask(id, results: results.description, artifact: artifact)
                try change.finishJob(context.job.id)
            }
        } catch let error as ExplanationError {
            writer.cancel()
            throw ServerError(graph: GraphError(error))
        } catch {
            writer.cancel()
            throw error
        }
    }

    /// Places of the features of that name; all when none is named.
    ///
    /// - Throws: `invalidOption` for a name that the model does not have.
    static func positions(
        of names: [String],
        in graph: ModelGraph
    ) throws(ServerError) -> [Int] {
        if names.isEmpty { return Array(graph.inputs.indices) }
        let known = graph.inputs.map(\.name.asciiLowercased)
        var positions: [Int] = []
        for name in names {
            guard let position = known.firstIndex(of: name.asciiLowercased) else {
                throw .invalidOption("features", "the model has no feature '\(name)'")
            }
            positions.append(position)
        }
        return positions
    }

    // MARK: - Rows

    private struct Rows {
        /// `[count * features]`
        var values: [Double] = []
        var count = 0
        /// What judges answers; it holds the labels.
        var scores: EvaluationScores?
    }

    private func read(
        _ source: any QuerySource,
        _ graph: ModelGraph,
        _ request: InfluenceRequest,
        _ context: JobContext
    ) throws -> Rows {
        let columns = source.columns.map(\.name)
        let scorer = try ModelScorer(graph, names: request.features, columns: columns)
        var rows = Rows()
        var label: Int?
        if case .permutation(let name, let metric, _, _) = request.method {
            label = columns.firstIndex { $0.asciiLowercased == name.asciiLowercased }
            guard label != nil else { throw ServerError.unknownColumn(name, in: "y_cols") }
            let subject = try EvaluationSubject(graph, labels: 1, metrics: [metric])
            rows.scores = EvaluationScores(graph, subject, labels: [name])
        }
        let limit = MemoryLimit.bytes(settings.text("train_memory_limit"))
        while let batch = try source.next(rowsMax: Limits.batchRows) {
            try context.checkCancellation()
            let features = try scorer.features(batch, firstRow: rows.count)
            guard (rows.values.count + features.values.count) * 16 <= limit else {
                throw ServerError(
                    .memoryLimit,
                    "The rows would take more than the \(limit >> 20) MiB of train_memory_limit"
                )
            }
            rows.values += features.values
            if let label {
                try rows.scores?.append(labels: [batch.columns[label]], firstRow: rows.count)
            }
            rows.count += batch.rowCount
            context.report("loading data, \(rows.count) rows")
        }
        guard rows.count > 0 else {
            throw ServerError(
                .badRowValue,
                "The query returned no rows; there is nothing to explain"
            )
        }
        return rows
    }

    // MARK: - Measures

    /// `{"metric": "auc", "baseline": 0.7, "rows": 100, "importances": [{"feature": ...}, ...]}`
    private func permutation(
        _ rows: Rows,
        _ graph: ModelGraph,
        _ request: InfluenceRequest,
        _ metric: EvaluationMetric,
        _ options: PermutationImportance.Options,
        _ file: inout ResultFile,
        _ context: JobContext
    ) throws -> JSON {
        guard let scores = rows.scores, let role = scores.extraRoles.first else { return .null }
        let scorer = try graph.batchScorer(role)
        let positions = try Self.positions(of: request.only, in: graph)
        var losses: [PermutationImportance.Loss] = []
        var baseline = 0.0
        file.header(["feature", "importance", "deviation"])
        for (index, position) in positions.enumerated() {
            let name = graph.inputs[position].name
            context.report("shuffling \(name), \(index + 1)/\(positions.count)")
            var options = options
            options.features = [position]
            let importance = try PermutationImportance(
                of: scorer,
                rows: rows.values,
                labels: scores.labels,
                options: options,
                cancellation: context.cancellation
            ) { answers, _ in
                scores.value(of: metric, answers: answers, width: scorer.answersPerRow)
            }
            baseline = importance.baseline
            for loss in importance.losses {
                losses.append(loss)
                for text in [name, "\(loss.mean)", "\(loss.standardDeviation)"] {
                    file.cell(Array(text.utf8))
                }
                file.endRow()
            }
            try file.flush()
        }
        let ordered = losses.sorted { ($1.mean, $0.feature) < ($0.mean, $1.feature) }
        return .object([
            ("metric", .string(metric.rawValue)), ("baseline", .number(baseline)),
            ("rows", .integer(Int64(rows.count))),
            (
                "importances",
                .array(
                    ordered.map { loss in
                        .object([
                            ("feature", .string(graph.inputs[loss.feature].name)),
                            ("mean", .number(loss.mean)),
                            ("deviation", .number(loss.standardDeviation)),
                        ])
                    }
                )
            ),
        ])
    }

    /// `{"rows": 100, "points": {"Time": 20}}`; the means stand in the file.
    private func dependence(
        _ rows: Rows,
        _ graph: ModelGraph,
        _ request: InfluenceRequest,
        _ points: Int,
        _ file: inout ResultFile,
        _ context: JobContext
    ) throws -> JSON {
        let output = graph.output(.probabilities) ?? graph.output(.value)
        guard let output else { throw ServerError.unsupported("dependence of this model") }
        let scorer = try graph.batchScorer(output.role)
        let positions = try Self.positions(of: request.only, in: graph)
        var counts: [(key: String, value: JSON)] = []
        file.header(["feature", "point"] + output.columnNames)
        for (index, position) in positions.enumerated() {
            let input = graph.inputs[position]
            context.report("moving \(input.name), \(index + 1)/\(positions.count)")
            let found = try PartialDependence(
                of: scorer,
                rows: rows.values,
                feature: position,
                grid: input.kind.isCategorical
                    ? .categories(count: points) : .quantiles(count: points),
                cancellation: context.cancellation
            )
            for (place, point) in found.points.enumerated() {
                file.cell(Array(input.name.utf8))
                // A missing value is nothing between two commas.
                let number = point.isNaN ? "" : "\(point)"
                let category = point.isNaN ? nil : input.text(ofCategory: Int(point))
                file.cell(Array((category ?? number).utf8))
                for answer in 0..<scorer.answersPerRow {
                    let mean = found.means[place * scorer.answersPerRow + answer]
                    file.cell(Array("\(mean)".utf8))
                }
                file.endRow()
            }
            try file.flush()
            counts.append((input.name, .integer(Int64(found.points.count))))
        }
        return .object([("rows", .integer(Int64(rows.count))), ("points", .object(counts))])
    }
}

extension EvaluationMetric {
    /// False for losses.
    fileprivate var isGreaterBetter: Bool {
        switch self {
        case .acc, .auc, .ks, .fscore, .r2Score, .precision, .recall, .confusionMatrix,
            .silhouette:
            true
        case .mse, .rmse, .mae, .mape, .mapePlus, .logloss: false
        }
    }
}
