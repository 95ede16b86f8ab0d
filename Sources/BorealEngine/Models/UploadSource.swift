import BorealBase
import BorealCatalog
import BorealHTTP

/// Where UPLOAD MODEL takes its file from.
enum UploadSource: Equatable, Sendable {
    /// Fetched over the network.
    case url(String)
    /// What `PUT /uploads/NAME` left on this server.
    case upload(name: String)

    /// Reads `model_location`.
    ///
    /// - Parameter ownURL: what our own links begin with; our own uploads are read from disk, never
    ///   fetched.
    /// - Throws: `cannotFetch` for a form that is refused at once.
    init(
        _ location: String,
        ownURL: String,
        policy: AddressPolicy
    ) throws(ServerError) {
        if location.hasPrefix("upload:") {
            self = .upload(name: String(location.dropFirst(7)))
            return
        }
        if !ownURL.isEmpty, location.hasPrefix(ownURL + "/uploads/") {
            let name = location.dropFirst(ownURL.utf8.count + 9).prefix { $0 != "?" }
            self = .upload(name: String(name))
            return
        }
        do {
            try HTTPDownload(policy: policy).check(location)
        } catch {
            throw ServerError(fetch: error, url: location)
        }
        self = .url(location)
    }

    /// The file name, for the format's hint.
    var fileName: String {
        switch self {
        case .upload(let name): return name
        case .url(let url):
            let path = url.prefix { $0 != "?" && $0 != "#" }
            return String(path.split(separator: "/").last ?? "")
        }
    }

    /// The location without its query string, as it is stored and shown.
    var redacted: String {
        switch self {
        case .upload(let name): "upload:" + name
        case .url(let url): String(url.prefix { $0 != "?" && $0 != "#" })
        }
    }
}
