import BorealBase
import BorealCatalog
import BorealFormats
import BorealGraph
import BorealHTTP
import BorealTasks
import Glibc

/// Fetches a model file, reads it as data and stores it: UPLOAD MODEL after its OK.
struct UploadRunner: ModelJobRunner {
    static let kind = "upload"

    /// What the job remembers.
    struct Payload {
        var location: String
        /// Where the list of packages is; nil without one.
        var requirements: String?
        /// What the network is whose weights are uploaded, in JSON; nil without.
        var architecture: String?
        var owner: String

        var json: String {
            JSON.object([
                ("location", .string(location)), ("owner", .string(owner)),
                ("requirements", requirements.map { .string($0) } ?? .null),
                ("architecture", architecture.map { .string($0) } ?? .null),
            ]).description
        }

        init(
            location: String,
            requirements: String? = nil,
            architecture: String? = nil,
            owner: String
        ) {
            self.location = location
            self.requirements = requirements
            self.architecture = architecture
            self.owner = owner
        }

        init(json text: String) throws(ServerError) {
            // Whatever is wrong with the text, the answer is the same sentence.
            guard let json = try? JSON.parse(text), let location = json["location"]?.string,
                let owner = json["owner"]?.string
            else { throw .internalError("a stored upload cannot be read") }
            let requirements = json["requirements"]?.string
            self.init(
                location: location,
                requirements: requirements,
                architecture: json["architecture"]?.string,
                owner: owner
            )
        }
    }

    let catalog: Catalog
    let settings: Settings
    /// What our own links begin with, when the job runs.
    let ownURL: @Sendable () -> String

    func run(_ context: JobContext) throws {
        guard case .version(let id) = context.job.subject else { return }
        let payload = try Payload(json: context.job.payload)
        let source = try UploadSource(
            payload.location,
            ownURL: ownURL(),
            policy: FetchPolicy.policy(settings)
        )
        context.report("fetching")
        let bytes = try read(source, payload, context)
        context.report("reading the model")
        let model: ImportedModel
        do {
            model = try ModelReader.read(
                bytes,
                fileName: source.fileName,
                architecture: ArchitectureOption.read(payload.architecture)
            )
        } catch let error as FormatError {
            throw ServerError(format: error)
        }
        try context.checkCancellation()
        // Weights are kept with what they are the weights of.
        let bundle = model.architecture.map {
            ModelBundle.tar(bytes, fileName: source.fileName, architecture: $0)
        }
        try ModelPublication(catalog: catalog).publish(
            model,
            bundle ?? bytes,
            fileName: bundle == nil ? source.fileName : "model.\(ModelBundle.fileExtension)",
            as: id,
            warnings: try warnings(of: model, payload, context),
            context
        )
    }

    /// What the list of packages, beside the file or in its archive, says otherwise than the file.
    private func warnings(
        of model: ImportedModel,
        _ payload: Payload,
        _ context: JobContext
    ) throws -> [String] {
        var warnings = model.requirements?.warnings(for: model.inspection) ?? []
        guard let location = payload.requirements else { return warnings }
        do {
            let source = try UploadSource(
                location,
                ownURL: ownURL(),
                policy: FetchPolicy.policy(settings)
            )
            let bytes = try read(source, payload, context, bytesMax: Requirements.bytesMax)
            warnings += Requirements(bytes).warnings(for: model.inspection)
        } catch let error as ServerError where error.code != .queryInterrupted {
            // The model is there; its list is not, and nobody needs it to predict.
            warnings.append("req_location: \(error.message)")
        }
        return warnings
    }

    /// The whole file, bounded.
    private func read(
        _ source: UploadSource,
        _ payload: Payload,
        _ context: JobContext,
        bytesMax: Int = Limits.modelBytesMax
    ) throws -> [UInt8] {
        switch source {
        case .upload(let name):
            let path: String
            do {
                path = try catalog.useUpload(name, owner: payload.owner)
            } catch {
                throw ServerError(error)
            }
            do {
                return try DataFile.whole(path)
            } catch {
                throw ServerError.cannotFetch("upload:\(name)", error.message)
            }
        case .url(let url):
            do throws(HTTPError) {
                return try ModelDownload(settings).bytes(of: url, context, bytesMax: bytesMax)
            } catch {
                try context.checkCancellation()
                throw ServerError(fetch: error, url: url)
            }
        }
    }
}
