import BorealBase
import BorealBoost
import BorealCatalog
import BorealFormats
import BorealGraph
import BorealTasks

/// Trains a model and stores it: CREATE MODEL after its OK.
struct TrainRunner: ModelJobRunner {
    static let kind = "train"

    let catalog: Catalog
    let settings: Settings
    let models: ModelStore
    let opener: any JobQueryOpener
    let reader: any StatementReader

    func run(_ context: JobContext) throws {
        guard case .version(let id) = context.job.subject else { return }
        let payload = try JobPayload(json: context.job.payload)
        let request = try reader.create(payload)
        let (set, reading) = try TrainingRows(
            request: request,
            payload: payload,
            opener: opener,
            models: models
        )
        .read(context)
        let fingerprint = try TrainingFingerprint(set, payload)
        try catalog.update { (change) throws(CatalogError) in
            try change.setStatus(of: id, to: .training)
        }
        let trained = try ModelTrainer(settings: settings).train(
            set,
            features: request.features,
            label: request.label,
            cancellation: context.cancellation
        ) { [meter = models.meter] progress in
            meter.countRound()
            context.report(progress.text, fraction: progress.fraction)
        }
        try catalog.update { (change) throws(CatalogError) in
            try change.setStatus(of: id, to: .trained)
        }
        try store(trained, reading, fingerprint, request, id, context)
    }

    /// `trained` to `saved`: both files and the version's row in one transaction.
    private func store(
        _ trained: TrainingResult,
        _ reading: JSON,
        _ fingerprint: TrainingFingerprint,
        _ request: CreateModelRequest,
        _ id: ModelVersionID,
        _ context: JobContext
    ) throws {
        func file(_ format: ExportFormat) throws -> PublishedArtifact {
            try catalog.makeModelArtifact(
                trained.graph,
                as: format,
                cancellation: context.cancellation
            )
        }
        let artifact = try file(trained.storage)
        let second = try request.plan.secondFormat.map { try file($0) }
        let outcome = VersionOutcome(
            description: ModelFacts.json(
                trained.graph,
                reading: reading,
                validation: trained.boosted.flatMap(TrainingHistory.json),
                training: trained.facts,
                trials: trained.trials
            ).description,
            importances: ModelDescription.importances(of: trained.graph)?.description ?? "",
            fingerprint: fingerprint.json.description
        )
        let task = trained.graph.task.rawValue
        try context.checkCancellation()
        try catalog.update { (change) throws(CatalogError) in
            try change.amend(id) { $0.taskKind = task }
            try change.publish(id, artifact: artifact, second: second, outcome: outcome)
            try change.finishJob(context.job.id)
        }
    }
}
