import BorealBase
import BorealCatalog
import BorealHTTP

/// `GET /artifacts/<sha256>/<name>` with a signature: no account is needed, the link is the key.
enum ArtifactRoute {
    static func answer(_ request: HTTPRequest, _ catalog: Catalog) -> HTTPResponse {
        let snapshot = catalog.snapshot
        let verdict = snapshot.linkSigner.verify(
            path: request.path,
            expires: request.queryValue("Expires") ?? "",
            signature: request.queryValue("Signature") ?? ""
        )
        switch verdict {
        case .forged: return .text(403, "The signature does not fit the link.\n")
        case .expired: return .text(403, "The link has expired; SHOW gives a new one.\n")
        case .valid: break
        }
        guard request.queryValue("OSSAccessKeyId") == "boreal" else {
            return .text(403, "The key of the link is not known.\n")
        }
        let hash = request.parameters["sha256"] ?? ""
        // A row without its file is as good as no row to the client; `boreal check` tells them
        // apart.
        guard ArtifactReference.isHash(hash), let handle = try? catalog.open(hash: hash),
            let file = HTTPFile(path: handle.path)
        else { return .text(404, "There is no such artifact.\n") }
        return HTTPResponse(
            status: 200,
            headers: [
                "Content-Type": contentType(request.parameters["name"] ?? ""),
                "Cache-Control": "private, immutable", "ETag": "\"\(hash)\"",
            ],
            body: .file(file)
        )
    }

    private static func contentType(_ name: String) -> String {
        if name.hasSuffix(".csv") { return "text/csv; charset=utf-8" }
        if name.hasSuffix(".txt") { return "text/plain; charset=utf-8" }
        return "application/octet-stream"
    }
}
