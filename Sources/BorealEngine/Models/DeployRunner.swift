import BorealBase
import BorealCatalog
import BorealTasks

/// Loads and compiles a stored model and pins it: DEPLOY MODEL after its OK.
struct DeployRunner: JobRunner {
    static let kind = "deploy"

    let catalog: Catalog
    let models: ModelStore

    func run(_ context: JobContext) throws {
        guard case .version(let id) = context.job.subject,
            let artifact = catalog.snapshot.bound(id)?.version.artifact
        else { return }
        _ = try models.graph(of: artifact)
        try context.checkCancellation()
        try catalog.update { (change) throws(CatalogError) in
            try change.setStatus(of: id, to: .serving)
            try change.finishJob(context.job.id)
        }
    }

    /// A deployment that does not work out leaves the stored model as it was.
    func fail(_ context: JobContext, error: any Error) throws {
        try backToSaved(context)
    }

    func abandon(_ context: JobContext) throws {
        try backToSaved(context)
    }

    private func backToSaved(_ context: JobContext) throws {
        guard case .version(let id) = context.job.subject else { return }
        try catalog.update { (change) throws(CatalogError) in
            try change.setStatus(of: id, to: .saved)
            try change.finishJob(context.job.id)
        }
    }
}
