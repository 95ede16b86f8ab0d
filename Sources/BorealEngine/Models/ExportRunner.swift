import BorealBase
import BorealCatalog
import BorealFormats
import BorealGraph
import BorealSQL
import BorealTasks

/// EXPORT MODEL: writes a model in the format of another library.
struct ExportRunner: OfflineTaskRunner {
    static let kind = "export"

    /// What the job remembers.
    struct Payload {
        var file: String
        var format: ExportFormat

        var json: String {
            JSON.object([("file", .string(file)), ("format", .string(format.rawValue))])
                .description
        }

        init(file: String, format: ExportFormat) {
            self.file = file
            self.format = format
        }

        init(json text: String) throws(ServerError) {
            // Whatever is wrong with the text, the answer is the same sentence.
            guard let json = try? JSON.parse(text), let file = json["file"]?.string,
                let format = json["format"]?.string.flatMap(ExportFormat.init(rawValue:))
            else { throw .internalError("a stored export cannot be read") }
            self.init(file: file, format: format)
        }
    }

    let catalog: Catalog
    let models: ModelStore

    func run(_ context: JobContext) throws {
        guard case .task(let id) = context.job.subject else { return }
        let payload = try Payload(json: context.job.payload)
        try catalog.update { (change) throws(CatalogError) in try change.startTask(id) }
        let graph = try models.graph(ofTask: id)
        context.report("writing \(payload.format.rawValue)")
        let artifact = try catalog.makeModelArtifact(
            graph,
            as: payload.format,
            cancellation: context.cancellation
        )
        let results = JSON.object([
            ("file", .string(payload.file)), ("format", .string(payload.format.rawValue)),
            ("bytes", .integer(artifact.reference.bytes)),
        ])
        try catalog.update { (change) throws(CatalogError) in
            try change.finishTask(id, results: results.description, artifact: artifact)
            try change.finishJob(context.job.id)
        }
    }

    /// What the link to a task's file calls it, without its ending: the name that an export was
    /// given, else the task's.
    static func fileName(of task: OfflineTask) -> String {
        // The text is this runner's own, or the task has none yet.
        guard task.type == .export, let file = (try? JSON.parse(task.results))?["file"]?.string
        else { return task.id.description }
        return file
    }
}

extension Catalog {
    /// Writes a model into a new artifact, piece by piece: what the link names is the whole file or
    /// none.
    ///
    /// - Throws: `unsupported` when the format cannot hold the model or the file would be larger
    ///   than models may be; `diskFull`; `interrupted`. Nothing is left then.
    func makeModelArtifact(
        _ graph: ModelGraph,
        as format: ExportFormat,
        cancellation: CancellationFlag
    ) throws -> PublishedArtifact {
        let writer = try makeArtifact(fileExtension: format.fileExtension)
        let sink = ExportSink(bytesMax: Limits.modelBytesMax, cancellation: cancellation) {
            try writer.write($0)
        }
        do throws(ExportError) {
            try format.write(graph, to: sink)
        } catch {
            writer.cancel()
            throw ServerError(export: error, as: format)
        }
        return try writer.finish()
    }
}

extension JobStarter {
    /// EXPORT MODEL: a task whose file is the model in another format; for who may use the model.
    func export(_ statement: ExportModel) throws(ServerError) -> FixedTable {
        let bound = try models.usable(statement.name.name, version: statement.version?.name)
        var file = statement.file
        let format: ExportFormat
        if let word = statement.format {
            guard let known = ExportFormat(rawValue: word.asciiLowercased) else {
                throw .invalidOption("format", "'\(word)' is none of \(Self.exportFormats)")
            }
            format = known
        } else {
            guard let known = ExportFormat(fileName: file) else {
                throw .invalidOption("format", "say FORMAT and one of \(Self.exportFormats)")
            }
            format = known
        }
        let ending = "." + format.fileExtension
        if file.asciiLowercased.hasSuffix(ending) { file = String(file.dropLast(ending.count)) }
        let isName = (1...128).contains(file.utf8.count)
        guard isName, file != ".", file != "..",
            !file.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "/") || $0 == 0x7F })
        else { throw .invalidOption("TO", "'\(statement.file)' is no name of a file") }
        try commit()
        return try tasks.begin(
            .export,
            model: bound,
            statement: String(decoding: text, as: UTF8.self),
            kind: ExportRunner.kind,
            payload: ExportRunner.Payload(file: file, format: format).json,
            held: nil
        )
    }

    private static var exportFormats: String {
        ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")
    }
}
