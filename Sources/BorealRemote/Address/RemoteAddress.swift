import BorealBase
import Glibc

/// The URL of a service in its one normal form, so that the trusted list, the connection and the
/// people who read it all see the same host.
///
/// Scheme and host are lower case, the port is always there, percent-encoding of unreserved
/// characters is undone (RFC 3986, section 6.2.2), `.` and `..` are resolved, no dot ends the host.
/// What readers of URLs disagree about is refused: user names, fragments, backslashes, blanks,
/// letters outside ASCII (a name of other letters is written as `xn--...`), and IPv4 in any form
/// but four decimal numbers.
package struct RemoteAddress: Hashable, Sendable {
    package let isSecure: Bool
    /// A name or an address, that of IPv6 in brackets.
    package let host: String
    package let port: UInt16
    /// From its slash on.
    package let path: String
    /// Without its question mark.
    package let query: String?

    /// Bytes of a URL.
    package static let bytesMax = 2_048

    /// - Throws: `RemoteModelError` POLICY for another scheme, a user name and odd addresses,
    ///   CONFIG for what is no URL.
    package init(_ text: String) throws(RemoteModelError) {
        let parts = try AddressParts(text)
        isSecure = parts.isSecure
        host = try HostName.normalised(parts.host)
        port = try parts.port()
        path = try Self.resolved(Self.normalised(parts.path))
        query = try parts.query.map { (text) throws(RemoteModelError) in try Self.normalised(text) }
    }

    /// The whole URL with its port.
    package var text: String { "\(scheme)://\(host):\(port)\(path)\(queryText)" }

    /// The whole URL without a port that goes without saying.
    package var shortText: String { "\(scheme)://\(authority)\(path)\(queryText)" }

    /// Host, port and path, for those who may read where a model lives: no query, where keys are.
    package var shown: String { authority + path }

    /// What the Host header says.
    package var authority: String { port == (isSecure ? 443 : 80) ? host : "\(host):\(port)" }

    private var scheme: String { isSecure ? "https" : "http" }
    private var queryText: String { query.map { "?" + $0 } ?? "" }

    /// The address with the path that the task asks for, where it has none.
    package func completed(for task: RemoteTask) throws(RemoteModelError) -> RemoteAddress {
        guard path == "/" else { return self }
        return try RemoteAddress("\(scheme)://\(host):\(port)\(task.defaultPath)\(queryText)")
    }
}

extension RemoteAddress {
    /// Percent-encoding in its normal form: digits in capitals, unreserved characters bare.
    private static func normalised(_ text: Substring) throws(RemoteModelError) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var place = 0
        while place < bytes.count {
            guard bytes[place] == UInt8(ascii: "%") else {
                result.append(bytes[place])
                place += 1
                continue
            }
            guard place + 2 < bytes.count, let high = digit(bytes[place + 1]),
                let low = digit(bytes[place + 2])
            else { throw RemoteModelError(.config, "the URL has '%' without two digits") }
            let byte = high << 4 | low
            guard byte >= 0x20, byte != 0x7F else {
                throw RemoteModelError(.config, "the URL holds an encoded control character")
            }
            if isUnreserved(byte) {
                result.append(byte)
            } else {
                result.append(UInt8(ascii: "%"))
                result.append(contentsOf: bytes[place + 1...place + 2].map(upper))
            }
            place += 3
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }

    private static func upper(_ byte: UInt8) -> UInt8 { byte >= 0x61 ? byte - 0x20 : byte }

    /// RFC 3986, section 2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// The path without its `.` and `..` members (RFC 3986, section 5.2.4).
    private static func resolved(_ path: String) -> String {
        var members: [Substring] = []
        let all = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for member in all where member != "." {
            if member == ".." { _ = members.popLast() } else { members.append(member) }
        }
        // A path that ends in a dot member names a folder.
        if all.last == "." || all.last == ".." { members.append("") }
        return "/" + members.joined(separator: "/")
    }
}

/// What a remote model does, in the words of `TASKS`.
package enum RemoteTask: String, CaseIterable, Sendable {
    case textGeneration = "text-generation"
    case chat
    case sentenceEmbedding = "sentence-embedding"

    /// Where OpenAI's services have it.
    package var defaultPath: String {
        switch self {
        case .chat: "/v1/chat/completions"
        case .textGeneration: "/v1/completions"
        case .sentenceEmbedding: "/v1/embeddings"
        }
    }

    /// The codec for a URL whose end says nothing.
    package var codec: BuiltInCodec {
        switch self {
        case .chat: .openAIChat
        case .textGeneration: .completions
        case .sentenceEmbedding: .openAIEmbedding
        }
    }
}

/// A URL cut at its marks.
private struct AddressParts {
    let isSecure: Bool
    let host: Substring
    private let portText: Substring?
    let path: Substring
    let query: Substring?

    init(_ text: String) throws(RemoteModelError) {
        guard text.utf8.count <= RemoteAddress.bytesMax else {
            throw RemoteModelError(
                .config,
                "the URL is longer than \(RemoteAddress.bytesMax) bytes"
            )
        }
        try Self.checkCharacters(text)
        let lowered = text.asciiLowercased
        guard let mark = text.firstRange(of: "://") else {
            throw RemoteModelError(.config, "the URL has no scheme; it begins with https://")
        }
        let scheme = lowered[..<mark.lowerBound]
        guard scheme == "http" || scheme == "https" else {
            let shown = UpstreamText.clean(scheme.utf8.prefix(32))
            throw RemoteModelError(
                .policy,
                "URLs of '\(shown)' are not called, only http and https"
            )
        }
        isSecure = scheme == "https"
        let rest = text[mark.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.contains("@") else {
            throw RemoteModelError(.policy, "the URL holds a user name")
        }
        (host, portText) = try Self.cut(authority)
        let tail = rest[end...]
        let mark2 = tail.firstIndex(of: "?")
        path = tail[..<(mark2 ?? tail.endIndex)].isEmpty ? "/" : tail[..<(mark2 ?? tail.endIndex)]
        query = mark2.map { tail[tail.index(after: $0)...] }
    }

    private static func checkCharacters(_ text: String) throws(RemoteModelError) {
        for byte in text.utf8 {
            switch byte {
            case 0x80...:
                throw RemoteModelError(
                    .config,
                    "the URL holds letters outside ASCII; write such a name as xn--..."
                )
            case 0...0x20, 0x7F:
                throw RemoteModelError(.config, "the URL holds a blank or a control character")
            case UInt8(ascii: "#"):
                throw RemoteModelError(.config, "the URL holds a fragment")
            case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"),
                UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"),
                UInt8(ascii: "}"):
                let shown = Character(Unicode.Scalar(byte))
                throw RemoteModelError(.config, "the URL holds '\(shown)'")
            default: break
            }
        }
    }

    /// Host and port; the colons of an IPv6 address stand in brackets.
    private static func cut(
        _ authority: Substring
    ) throws(RemoteModelError) -> (Substring, Substring?) {
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else {
                throw RemoteModelError(.config, "']' is missing behind the address")
            }
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else {
                throw RemoteModelError(.config, "text stands behind the address")
            }
            return (authority[...end], rest.isEmpty ? nil : rest.dropFirst())
        }
        guard let colon = authority.firstIndex(of: ":") else { return (authority, nil) }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }

    func port() throws(RemoteModelError) -> UInt16 {
        guard let portText else { return isSecure ? 443 : 80 }
        let isPlain = !portText.isEmpty && portText.first != "0"
        guard isPlain, portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(portText), port > 0
        else { throw RemoteModelError(.config, "the port is no number from 1 to 65535") }
        return port
    }
}

/// Hosts as they are compared and connected to.
enum HostName {
    /// - Throws: CONFIG for what is no name, POLICY for numbers that are no plain address.
    static func normalised(_ text: Substring) throws(RemoteModelError) -> String {
        if text.first == "[" { return try literal(text.dropFirst().dropLast()) }
        var name = text[...]
        if name.last == "." { name = name.dropLast() }
        let lowered = String(name).asciiLowercased
        let labels = lowered.split(separator: ".", omittingEmptySubsequences: false)
        guard lowered.utf8.count <= 253, labels.allSatisfy(isLabel) else {
            throw RemoteModelError(.config, "the URL's host is no name of a machine")
        }
        // What ends in a number is an address to the C library, in whatever form.
        if let last = labels.last, isNumeric(last) {
            guard isIPv4(labels) else {
                throw RemoteModelError(.policy, "an IPv4 address is four numbers from 0 to 255")
            }
        }
        return lowered
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func isNumeric(_ label: Substring) -> Bool {
        if label.hasPrefix("0x") {
            return label.dropFirst(2).allSatisfy(\.isHexDigit)
        }
        return label.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isIPv4(_ labels: [Substring]) -> Bool {
        labels.count == 4
            && labels.allSatisfy { label in
                UInt8(label).map(String.init) == String(label)
            }
    }

    /// The shortest form of an IPv6 address (RFC 5952), in brackets.
    private static func literal(_ text: Substring) throws(RemoteModelError) -> String {
        var address = in6_addr()
        var shown = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard !text.contains("%"), inet_pton(AF_INET6, String(text), &address) == 1,
            inet_ntop(AF_INET6, &address, &shown, socklen_t(shown.count)) != nil
        else { throw RemoteModelError(.config, "the URL's host is no IPv6 address") }
        let bytes = shown.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return "[" + String(decoding: bytes, as: UTF8.self) + "]"
    }
}
