import BorealBase
import BorealCatalog
import BorealEngine
import BorealHTTP

/// `PUT /uploads/NAME`: what `UPLOAD MODEL ... model_location='upload:NAME'` then reads.
enum UploadRoute {
    static func decide(_ request: HTTPRequest, _ core: ServerCore) -> HTTPUploadDecision {
        let account: Account
        switch HTTPLogin(core: core).account(of: request) {
        case .success(let found): account = found
        case .failure(let refusal): return .refuse(refusal.response)
        }
        // Nobody else could make a model of it.
        guard ModelAccess.isAdministrator(account) else {
            return .refuse(.text(403, "Uploads take the privilege MODEL_ADMIN.\n"))
        }
        let limit = min(Limits.uploadBytesMax, core.engine.settings.integer("upload_bytes_max"))
        do {
            let writer = try core.engine.catalog.makeUpload(
                request.parameters["name"] ?? "",
                owner: account.name.plain,
                bytesMax: limit
            )
            return .accept(CatalogUpload(writer), bytesMax: limit)
        } catch {
            return .refuse(CatalogUpload.response(error))
        }
    }
}

/// An upload on its way into the data directory.
// Unchecked: workers call one after the other.
private final class CatalogUpload: HTTPUpload, @unchecked Sendable {
    private let writer: UploadWriter

    init(_ writer: UploadWriter) { self.writer = writer }

    func write(_ bytes: [UInt8]) -> HTTPResponse? {
        do {
            try writer.write(bytes)
            return nil
        } catch {
            return Self.response(error)
        }
    }

    func finish() -> HTTPResponse {
        do {
            let upload = try writer.finish()
            return .json(
                201,
                JSON.object([
                    ("name", .string(upload.name)), ("bytes", .integer(upload.bytes)),
                ]).description + "\n"
            )
        } catch {
            return Self.response(error)
        }
    }

    func abort() { writer.cancel() }

    static func response(_ error: CatalogError) -> HTTPResponse {
        switch error {
        case .invalidName, .nameTooLong:
            .text(400, "An upload's name has letters, digits, '.', '_' and '-' only.\n")
        case .uploadOwned: .text(403, "An upload of that name belongs to another account.\n")
        case .tooLarge(let limit): .text(413, "An upload may have \(limit) bytes.\n")
        case .diskFull: .text(507, "There is no space left on the device.\n")
        default: .plain(500)
        }
    }
}
