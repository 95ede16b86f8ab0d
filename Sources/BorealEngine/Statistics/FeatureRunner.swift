import BorealBase
import BorealCatalog
import BorealTasks

/// Computes a feature and stores it: CREATE and UPDATE FEATURE after their OK.
struct FeatureRunner: JobRunner {
    static let kind = "feature"

    let catalog: Catalog
    let settings: Settings
    let opener: any JobQueryOpener

    func run(_ context: JobContext) throws {
        guard case .feature(let id) = context.job.subject,
            let feature = catalog.snapshot.feature(id)
        else { return }
        let request = try FeatureRequest(json: feature.definition.request)
        let statistic = try request.statistic()
        let sample = try read(request, statistic, context)
        try catalog.update { (change) throws(CatalogError) in
            // An UPDATE that came meanwhile has its own job.
            guard change.snapshot.job(context.job.id) != nil else {
                throw .jobNotFound(context.job.id)
            }
            try change.computeFeature(id)
        }
        let work = StatisticWork(statistic, sample)
        for part in 0..<work.partCount {
            try context.checkCancellation()
            context.report(
                "computing \(part + 1)/\(work.partCount)",
                fraction: Double(part) / Double(work.partCount)
            )
            try work.perform(part)
        }
        try store(work, statistic, id, context)
    }

    /// All rows of one query, or of two.
    private func read(
        _ request: FeatureRequest,
        _ statistic: StatisticRequest,
        _ context: JobContext
    ) throws -> Sample {
        let queries = try request.queries(statistic)
        let payload = request.payload(statement: "")
        let held = try context.rows(queries[0], payload, opener)
        defer { held.source.close() }
        var collector = SampleCollector(
            statistic,
            bytesMax: MemoryLimit.bytes(settings.text("train_memory_limit"))
        )
        try append(held.source, to: &collector, context)
        if queries.count > 1 {
            collector.beginSecond()
            let further =
                try held.further
                ?? opener.open(
                    queries[1],
                    for: payload,
                    user: context.job.user,
                    cancellation: context.cancellation
                )
            defer { further.close() }
            try append(further, to: &collector, context)
        }
        return try collector.finish()
    }

    private func append(
        _ source: any QuerySource,
        to collector: inout SampleCollector,
        _ context: JobContext
    ) throws {
        while let batch = try source.next(rowsMax: Limits.batchRows) {
            try context.checkCancellation()
            try collector.append(batch)
            context.report("loading data, \(collector.rowCount) rows")
        }
        source.close()
    }

    /// The file with every bin, then the row, in one transaction with the job's end.
    private func store(
        _ work: StatisticWork,
        _ statistic: StatisticRequest,
        _ id: FeatureID,
        _ context: JobContext
    ) throws {
        let writer = try catalog.makeArtifact(fileExtension: "csv")
        do {
            var file = ResultFile(writer)
            file.header(StatisticWork.detailColumns(statistic.kind).map(\.name))
            for row in work.detail {
                for cell in row {
                    switch cell {
                    case .null: file.cell([])
                    case .text(let text): file.cell(Array(text.utf8))
                    case .integer(let number): file.cell(Array(String(number).utf8))
                    }
                }
                file.endRow()
                try file.flush()
            }
            let artifact = try file.finish()
            try context.checkCancellation()
            let results = work.json.description
            try catalog.update { (change) throws(CatalogError) in
                try change.saveFeature(id, results: results, artifact: artifact)
                try change.finishJob(context.job.id)
            }
        } catch {
            writer.cancel()
            throw error
        }
    }

    func fail(_ context: JobContext, error: any Error) throws {
        try end(context, ServerError(job: error))
    }

    func abandon(_ context: JobContext) throws { try end(context, .interruptedByRestart) }

    /// The feature stays with status `failed` and says why.
    private func end(_ context: JobContext, _ error: ServerError) throws {
        guard case .feature(let id) = context.job.subject else { return }
        try catalog.update { (change) throws(CatalogError) in
            try change.failFeature(id, ModelFailure(error))
            try change.finishJob(context.job.id)
        }
    }
}

extension ModelFailure {
    /// Number and sentence of an error.
    init(_ error: ServerError) {
        self.init(number: Int(error.number), sentence: error.message)
    }
}
