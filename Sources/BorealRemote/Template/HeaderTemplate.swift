package import BorealBase

/// The headers that a model's requests carry, with places for its key: `{"X-Api-Key": "${token}"}`.
///
/// The same rules hold for `${credential.x}` and `${parameters.x}` of connectors; what a caller
/// chooses may stand in no header by which services know who calls.
package struct HeaderTemplate: Sendable {
    private enum Part: Equatable, Sendable {
        case text(String)
        case hole(String)
    }

    private let fields: [(name: String, parts: [Part])]

    /// Headers of a request.
    private static let countMax = 32
    /// Bytes of one value.
    private static let valueBytesMax = 8_192

    /// What the connection itself writes.
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade",
        "expect", "keep-alive", "proxy-connection", "accept-encoding",
    ]

    /// Headers that say who calls: of connectors, by name, those that take no parameter.
    private static let guarded: Set<String> = [
        "authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token",
        "x-auth-header", "x-forwarded-for", "x-real-ip", "x-client-ip", "cf-connecting-ip",
        "true-client-ip", "x-originating-ip", "host", "x-forwarded-host", "x-forwarded-server",
        "forwarded",
    ]

    /// `Authorization: Bearer ${token}`, what services expect whose users say nothing.
    package static let bearer = HeaderTemplate(
        fields: [("Authorization", [.text("Bearer "), .hole("token")])]
    )

    private init(fields: [(name: String, parts: [Part])]) { self.fields = fields }

    /// - Parameter json: an object of strings; null for `bearer`.
    /// - Throws: `RemoteModelError` CONFIG for what could change the request beside its headers.
    package init(_ json: JSON) throws(RemoteModelError) {
        if json == .null {
            self = .bearer
            return
        }
        guard let members = json.object, members.count <= Self.countMax else {
            let count = Self.countMax
            throw RemoteModelError(.config, "headers are a JSON object of at most \(count) strings")
        }
        var fields: [(name: String, parts: [Part])] = []
        for (name, value) in members {
            try Self.check(name: name)
            guard !fields.contains(where: { $0.name.asciiLowercased == name.asciiLowercased })
            else {
                throw Self.problem(name, "is given twice")
            }
            guard let text = value.string, Self.isValue(text) else {
                throw Self.problem(
                    name,
                    "takes a string of at most \(Self.valueBytesMax) printable characters"
                )
            }
            fields.append((name, try Self.parts(text, of: name)))
        }
        self.fields = fields
    }

    private static func problem(_ name: String, _ text: String) -> RemoteModelError {
        RemoteModelError(.config, "Header '\(UpstreamText.clean(name.utf8))' \(text)")
    }

    /// A token of RFC 9110, section 5.6.2.
    private static func check(name: String) throws(RemoteModelError) {
        let marks = Set("!#$%&'*+-.^_`|~".utf8)
        let isToken =
            (1...128).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: marks.contains(byte)
                }
            }
        guard isToken else { throw problem(name, "is no name of a header") }
        guard !reserved.contains(name.asciiLowercased) else {
            throw problem(name, "is written by the connection")
        }
    }

    /// Nothing that ends a line, and nothing outside ASCII.
    private static func isValue(_ text: String) -> Bool {
        text.utf8.count <= valueBytesMax
            && text.utf8.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x09 }
    }

    private static func parts(
        _ text: String,
        of name: String
    ) throws(RemoteModelError) -> [Part] {
        var parts: [Part] = []
        var rest = text[...]
        while let opening = rest.firstRange(of: "${") {
            guard let end = rest[opening.upperBound...].firstIndex(of: "}") else {
                throw problem(name, "holds a placeholder that does not end")
            }
            let hole = String(rest[opening.upperBound..<end])
            if hole.hasPrefix("parameters."), guarded.contains(name.asciiLowercased) {
                throw problem(
                    name,
                    "cannot use ${parameters.*} placeholders for security reasons. "
                        + "Use ${credential.*} instead."
                )
            }
            guard hole == "token" || hole.hasPrefix("credential.") || hole.hasPrefix("parameters.")
            else {
                throw problem(
                    name,
                    "has no ${\(UpstreamText.clean(hole.utf8))}; there are ${token}, "
                        + "${credential.NAME} and ${parameters.NAME}"
                )
            }
            if opening.lowerBound > rest.startIndex {
                parts.append(.text(String(rest[..<opening.lowerBound])))
            }
            parts.append(.hole(hole))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        return parts
    }

    /// Whether a request needs the model's key.
    package var needsToken: Bool {
        fields.contains { $0.parts.contains(.hole("token")) }
    }

    /// The headers of one request.
    ///
    /// - Parameter value: what `token`, `credential.x` or `parameters.x` stand for.
    /// - Throws: `RemoteModelError` CONFIG for a name without value, and for a value that could
    ///   end its header; the value is not in the message.
    package func filled(
        _ value: (String) -> String?
    ) throws(RemoteModelError) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for field in fields {
            var text = ""
            for part in field.parts {
                switch part {
                case .text(let fixed): text += fixed
                case .hole(let hole):
                    guard let found = value(hole) else {
                        throw Self.problem(
                            field.name,
                            "contains unresolved placeholder. Required parameter is missing."
                        )
                    }
                    text += found
                }
            }
            guard Self.isValue(text) else {
                throw Self.problem(field.name, "would hold what no header may")
            }
            headers.append((field.name, text))
        }
        return headers
    }
}
