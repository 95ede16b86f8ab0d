import BorealBase

/// The header fields of a request: which a caller may set, and how libcurl wants them.
enum RequestHeaders {
    /// Those that frame the message or belong to the connection.
    private static let guarded: Set<String> = [
        "accept-encoding", "connection", "content-encoding", "content-length", "expect", "host",
        "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    /// - Throws: `headerRefused` for a name that is no token or not the caller's to set, and for a
    ///   value with a control character in it.
    static func check(_ headers: [(name: String, value: String)]) throws(HTTPError) {
        for header in headers {
            guard !header.name.isEmpty, header.name.utf8.allSatisfy(HTTPGrammar.isToken),
                !guarded.contains(header.name.asciiLowercased),
                header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { throw .headerRefused(name: printable(header.name)) }
        }
    }

    /// A name for a message, whatever is in it.
    private static func printable(_ name: String) -> String {
        let bytes = name.utf8.prefix(64).map { HTTPGrammar.isToken($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// libcurl's notation: `Name:` takes a field out, `Name;` makes it empty.
    static func lines(_ headers: [(name: String, value: String)], hasBody: Bool) -> [String] {
        var lines = ["Accept-Encoding: gzip, deflate"]
        if hasBody {
            // A body is sent at once, and is no form of a web page unless the caller says so.
            lines.append("Expect:")
            let hasType = headers.contains {
                $0.name.isEqualIgnoringASCIICase(to: "Content-Type")
            }
            if !hasType { lines.append("Content-Type:") }
        }
        for header in headers {
            let isEmpty = header.value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            lines.append(isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
        }
        return lines
    }
}
