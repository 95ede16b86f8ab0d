import BorealNet
import CCurl
import Synchronization

/// A URL that passed the checks that need no network.
///
/// It is parsed by libcurl, and the same parsed form is what the transfer uses: no second parser
/// can read another host out of it.
final class FetchTarget: Sendable {
    /// libcurl's parsed form, freed with the object. Transfers read it and change nothing in it.
    nonisolated(unsafe) let handle: OpaquePointer
    let isSecure: Bool
    /// Lower case ASCII, without the brackets of an IPv6 address.
    let host: String
    let port: UInt16
    /// False for an IPv4 address in an odd form (127.1, 0x7f000001, %31...): another reader of the
    /// URL could see a name in it.
    let isHostPlain: Bool

    /// Longest URL that is looked at, in bytes.
    static let urlBytesMax = 8 << 10

    /// - Throws: `invalidURL`, `schemeRefused`, `userInfoRefused`.
    init(_ text: String) throws(HTTPError) {
        guard text.utf8.count <= Self.urlBytesMax,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let handle = curl_url()
        else { throw .invalidURL }
        self.handle = handle
        // From here on `deinit` frees the handle only when all properties are set; so set them
        // first.
        var fields = (scheme: "", host: "", port: "")
        var problem: HTTPError?
        // Unknown schemes are let through here, to be named in the error.
        let flags = UInt32(CURLU_NON_SUPPORT_SCHEME)
        if curl_url_set(handle, CURLUPART_URL, text, flags) != CURLUE_OK {
            problem = .invalidURL
        } else {
            fields.scheme = Self.part(handle, CURLUPART_SCHEME) ?? ""
            fields.host = Self.part(handle, CURLUPART_HOST) ?? ""
            fields.port = Self.part(handle, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)) ?? ""
            problem = Self.check(handle, scheme: fields.scheme, host: fields.host)
        }
        isSecure = fields.scheme == "https"
        let bare =
            fields.host.hasPrefix("[") ? String(fields.host.dropFirst().dropLast()) : fields.host
        host = bare.lowercased()
        port = UInt16(fields.port) ?? 0
        isHostPlain = Self.isPlain(host, in: text, schemeBytes: fields.scheme.utf8.count)
        if problem == nil, port == 0 { problem = .invalidURL }
        if let problem { throw problem }
    }

    deinit { curl_url_cleanup(handle) }

    /// The first broken rule.
    private static func check(
        _ handle: OpaquePointer,
        scheme: String,
        host: String
    ) -> HTTPError? {
        guard scheme == "http" || scheme == "https" else {
            return .schemeRefused(String(scheme.prefix(32)))
        }
        guard part(handle, CURLUPART_USER) == nil, part(handle, CURLUPART_PASSWORD) == nil else {
            return .userInfoRefused
        }
        // A zone names an interface of this machine: never a public address.
        guard !host.isEmpty, part(handle, CURLUPART_ZONEID) == nil,
            host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x25 })
        else { return .invalidURL }
        return nil
    }

    /// Whether a host stands in the URL as libcurl read it, and is an address if it ends in a
    /// number.
    private static func isPlain(_ host: String, in text: String, schemeBytes: Int) -> Bool {
        let authority = text.utf8.dropFirst(schemeBytes + 3)
        // Libcurl writes IPv6 addresses its own way; there is but one reading of them.
        if authority.first == UInt8(ascii: "[") { return true }
        let written = authority.prefix { !":/?#".utf8.contains($0) }
        guard String(Substring(written)).lowercased() == host else { return false }
        guard let label = host.split(separator: ".", omittingEmptySubsequences: false).last else {
            return false
        }
        let isNumber =
            label.hasPrefix("0x")
            ? label.dropFirst(2).allSatisfy(\.isHexDigit) : label.allSatisfy(\.isWholeNumber)
        // Nothing after the last dot counts as a number here: a host ends in no dot.
        guard isNumber else { return true }
        return IPAddress(host) != nil
    }

    private static func part(
        _ handle: OpaquePointer,
        _ what: CURLUPart,
        _ flags: UInt32 = 0
    ) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, what, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

/// URLs as they were read before: models are called at the same few, again and again.
final class FetchTargets: Sendable {
    private static let countMax = 256

    private let known = Mutex<[String: FetchTarget]>([:])

    /// - Throws: as `FetchTarget.init`.
    func target(of url: String) throws(HTTPError) -> FetchTarget {
        if let target = known.withLock({ $0[url] }) { return target }
        let target = try FetchTarget(url)
        known.withLock { known in
            if known.count >= Self.countMax { known = [:] }
            known[url] = target
        }
        return target
    }
}
