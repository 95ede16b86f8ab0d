import BorealBase
import BorealBoost
import BorealCatalog
import BorealFormats
import BorealTasks

/// VERIFY MODEL: trains again by the stored statement, on the rows as they now are, and compares.
/// The model itself stays as it is.
struct VerifyRunner: OfflineTaskRunner {
    static let kind = "verify"

    let catalog: Catalog
    let settings: Settings
    let models: ModelStore
    let opener: any JobQueryOpener
    let reader: any StatementReader

    func run(_ context: JobContext) throws {
        guard case .task(let id) = context.job.subject else { return }
        let payload = try JobPayload(json: context.job.payload)
        let request = try reader.create(payload)
        try catalog.update { (change) throws(CatalogError) in try change.startTask(id) }
        guard let version = payload.version, let bound = catalog.snapshot.bound(version),
            let task = catalog.snapshot.task(id), let artifact = task.modelArtifact
        else { throw ServerError.interrupted }
        let (set, _) = try TrainingRows(
            request: request,
            payload: payload,
            opener: opener,
            models: models
        )
        .read(context)
        let found = try TrainingFingerprint(set, payload)
        let trained = try ModelTrainer(settings: settings).train(
            set,
            features: request.features,
            label: request.label,
            cancellation: context.cancellation
        ) { progress in
            context.report(progress.text, fraction: progress.fraction)
        }
        let hash = try Self.hash(trained, context)
        let results = Self.results(
            TrainingFingerprint(json: bound.version.outcome.fingerprint),
            found,
            isSameModel: hash == artifact.hash
        )
        try catalog.update { (change) throws(CatalogError) in
            try change.finishTask(id, results: results.description)
            try change.finishJob(context.job.id)
        }
    }

    /// SHA-256 of the file that the model would be kept in.
    private static func hash(_ trained: TrainingResult, _ context: JobContext) throws -> String {
        let hasher = try SHA256Hasher()
        let sink = ExportSink(cancellation: context.cancellation) { try hasher.update($0) }
        try trained.write(trained.storage, to: sink)
        return try hasher.finish()
    }

    /// `{"model": "equal", "data": "equal", ...}`
    static func results(
        _ kept: TrainingFingerprint?,
        _ found: TrainingFingerprint,
        isSameModel: Bool
    ) -> JSON {
        func word(_ isEqual: Bool?) -> JSON {
            .string(isEqual.map { $0 ? "equal" : "different" } ?? "unknown")
        }
        return .object([
            ("model", word(isSameModel)), ("data", word(kept.map { $0.data == found.data })),
            ("parameters", word(kept.map { $0.parameters == found.parameters })),
            ("rows", .integer(Int64(found.rows))),
            ("rows_then", kept.map { .integer(Int64($0.rows)) } ?? .null),
            ("engine", .string(found.engine)),
            ("engine_then", kept.map { .string($0.engine) } ?? .null),
        ])
    }
}
