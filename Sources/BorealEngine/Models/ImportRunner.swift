import BorealBase
import BorealCatalog
import BorealFormats
import BorealGraph
import BorealHTTP
import BorealTasks

/// Fetches the file of an imported model, reads it as data, holds it to its definition and stores
/// it.
struct ImportRunner: ModelJobRunner {
    static let kind = "import"

    let catalog: Catalog
    let settings: Settings

    /// What the job remembers: the place with whatever signature it has.
    static func payload(_ location: String) -> String {
        JSON.object([("location", .string(location))]).description
    }

    func run(_ context: JobContext) throws {
        guard case .version(let id) = context.job.subject else { return }
        guard let version = catalog.snapshot.bound(id)?.version,
            let plan = ImportPlan(stored: version.definition),
            // Whatever is wrong with the text, the job cannot run.
            let location = (try? JSON.parse(context.job.payload))?["location"]?.string
        else { throw ServerError.internalError("a stored import cannot be read") }
        context.report("fetching")
        let file = try file(location, context)
        context.report("reading the model")
        let model: ImportedModel
        do {
            model = try ModelReader.read(file.bytes, fileName: file.name)
        } catch {
            throw ServerError(format: error)
        }
        try plan.check(model)
        try context.checkCancellation()
        try ModelPublication(catalog: catalog).publish(
            model,
            file.bytes,
            fileName: file.name,
            as: id,
            context
        )
    }

    private func file(
        _ location: String,
        _ context: JobContext
    ) throws -> (bytes: [UInt8], name: String) {
        let folder = settings.text("import_dir")
        let policy = FetchPolicy.policy(settings)
        switch try ImportLocation(location, folder: folder, policy: policy) {
        case .path(let path): return try local(path, location, folder)
        case .url(let url): return try fetched(url, context)
        }
    }

    /// The one model file at a path below `import_dir`.
    private func local(
        _ path: String,
        _ location: String,
        _ folder: String
    ) throws -> (bytes: [UInt8], name: String) {
        let bytesMax = min(Limits.modelBytesMax, settings.integer("upload_bytes_max"))
        do throws(FormatError) {
            let found = try ModelReader.file(at: path)
            let file: String
            do throws(ServerError) {
                // A link in the folder may lead out of it.
                file = try ImportLocation.path("file://" + found, below: folder)
            } catch {
                throw .unreadable(path: found, code: 0)
            }
            let bytes = try ModelFile.read(path: file, bytesMax: bytesMax)
            return (bytes, String(file.split(separator: "/").last ?? ""))
        } catch {
            throw ServerError(format: error)
        }
    }

    /// The first of the files that may be the model.
    private func fetched(
        _ url: String,
        _ context: JobContext
    ) throws -> (bytes: [UInt8], name: String) {
        let candidates = ImportLocation.candidates(url)
        for candidate in candidates {
            let name = UploadSource.url(candidate).fileName
            do throws(HTTPError) {
                return (try ModelDownload(settings).bytes(of: candidate, context), name)
            } catch {
                try context.checkCancellation()
                // Storages say 403 of what is not there to those who may not list.
                if candidates.count > 1, case .unexpectedStatus(let status, _) = error,
                    [403, 404, 410].contains(status)
                {
                    continue
                }
                throw ServerError(fetch: error, url: candidate)
            }
        }
        let shown = url.prefix { $0 != "?" && $0 != "#" }
        throw ServerError.malformedModel(
            "'\(shown)' holds no model; tried: "
                + ImportLocation.names.joined(separator: ", ")
        )
    }
}

/// Fetches the file of a model.
struct ModelDownload {
    private let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    /// The whole file, bounded.
    ///
    /// - Throws: `HTTPError`, also when the job was cancelled.
    func bytes(
        of url: String,
        _ context: JobContext,
        bytesMax: Int = Limits.modelBytesMax
    ) throws(HTTPError) -> [UInt8] {
        var bounds = HTTPDownload.Bounds()
        bounds.bytesMax = min(bytesMax, settings.integer("upload_bytes_max"))
        var bytes: [UInt8] = []
        _ = try HTTPDownload(policy: FetchPolicy.policy(settings), bounds: bounds)
            .fetch(url, cancellation: context.cancellation) { part in
                bytes.append(contentsOf: part)
                return 0
            }
        return bytes
    }
}

/// Stores a model that was read from a file.
struct ModelPublication {
    let catalog: Catalog

    /// Stores the file and what is known of the model, and ends the job.
    func publish(
        _ model: ImportedModel,
        _ bytes: [UInt8],
        fileName: String,
        as id: ModelVersionID,
        warnings: [String] = [],
        _ context: JobContext
    ) throws {
        let writer = try catalog.makeArtifact(
            fileExtension: Self.fileExtension(of: fileName),
            bytesMax: Limits.modelBytesMax
        )
        try writer.write(bytes)
        let artifact = try writer.finish()
        let outcome = VersionOutcome(
            description: ModelFacts.json(model, warnings: warnings).description,
            importances: ModelDescription.importances(of: model.graph)?.description ?? ""
        )
        let task = model.graph.task.rawValue
        try catalog.update { (change) throws(CatalogError) in
            try change.amend(id) { $0.taskKind = task }
            try change.publish(id, artifact: artifact, outcome: outcome)
            try change.finishJob(context.job.id)
        }
    }

    /// The ending a download of the artifact gets: the file's own, when it is a plain word.
    private static func fileExtension(of name: String) -> String {
        guard let point = name.lastIndex(of: ".") else { return "bin" }
        let ending = name[name.index(after: point)...].lowercased()
        let isPlain = ending.utf8.allSatisfy {
            ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39)
        }
        return isPlain && (1...16).contains(ending.utf8.count) ? ending : "bin"
    }
}
