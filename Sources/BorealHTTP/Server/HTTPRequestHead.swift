import BorealBase

/// Request line and headers while they are read, and the checks that need all of them.
struct HTTPRequestHead: Sendable {
    var headers = HTTPHeaders()
    private(set) var isChunked = false
    private var method = HTTPMethod.get
    private var path = ""
    private var segments: [String] = []
    private var query: String?
    private var minorVersion = 1
    /// The authority of an absolute-form target, which replaces `Host`.
    private var authority: String?

    init() {}

    /// Reads `METHOD SP target SP HTTP/1.x`.
    init(requestLine line: [UInt8]) throws(HTTPError) {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("the request line has not three parts") }
        guard !parts[0].isEmpty, parts[0].allSatisfy(HTTPGrammar.isToken) else {
            throw .malformed("the method is no token")
        }
        minorVersion = try HTTPGrammar.minorVersion(parts[2])
        let name = String(decoding: parts[0], as: UTF8.self)
        guard let known = HTTPMethod(rawValue: name) else {
            throw .methodNotImplemented(String(name.prefix(32)))
        }
        method = known
        // Visible ASCII only: everything else has to be percent-encoded.
        guard !parts[1].isEmpty, parts[1].allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .malformed("the target holds characters that must be encoded")
        }
        try readTarget(parts[1])
    }

    private mutating func readTarget(_ target: ArraySlice<UInt8>) throws(HTTPError) {
        if target.elementsEqual("*".utf8), method == .options {
            path = "*"
            return
        }
        let slash = UInt8(ascii: "/")
        var rest = target.first == slash ? target : try readOrigin(target)
        guard !rest.contains(UInt8(ascii: "#")) else {
            throw .malformed("the target has a fragment")
        }
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            query = String(decoding: rest[(mark + 1)...], as: UTF8.self)
            rest = rest[..<mark]
        }
        path = rest.isEmpty ? "/" : String(decoding: rest, as: UTF8.self)
        segments = []
        for part in rest.dropFirst().split(separator: slash, omittingEmptySubsequences: false) {
            guard let decoded = PercentEncoding.decode(part) else {
                throw .malformed("the path has a broken escape")
            }
            segments.append(decoded)
        }
    }

    /// Scheme and host of the absolute form, as sent to proxies; a server has to take it (RFC 9112,
    /// section 3.2.2).
    ///
    /// - Returns: what stands behind them.
    private mutating func readOrigin(
        _ target: ArraySlice<UInt8>
    ) throws(HTTPError) -> ArraySlice<UInt8> {
        let scheme = target.prefix { $0 != UInt8(ascii: ":") }
        let mark = target[scheme.endIndex...]
        guard mark.starts(with: "://".utf8),
            ["http", "https"].contains(String(decoding: scheme, as: UTF8.self).asciiLowercased)
        else { throw .malformed("the target is no path") }
        let rest = mark.dropFirst(3)
        let host = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let authority = String(decoding: host, as: UTF8.self)
        guard HTTPGrammar.isHost(authority), !authority.isEmpty else {
            throw .malformed("the target has no host")
        }
        self.authority = authority
        return rest[host.endIndex...]
    }

    /// The request, once all headers are there.
    mutating func request() throws(HTTPError) -> HTTPRequest {
        try checkHost()
        let length = try bodyLength()
        let expects = headers.values("Expect")
        guard expects.allSatisfy({ $0.isEqualIgnoringASCIICase(to: "100-continue") }) else {
            throw .expectationFailed
        }
        let closes = headers.lists("Connection", token: "close")
        let asksToKeep = headers.lists("Connection", token: "keep-alive")
        return HTTPRequest(
            method: method,
            path: path,
            segments: segments,
            query: query,
            minorVersion: minorVersion,
            headers: headers,
            contentLength: length,
            expectsContinue: minorVersion == 1 && !expects.isEmpty && length != 0,
            keepsAlive: !closes && (minorVersion == 1 || asksToKeep)
        )
    }

    /// Exactly one `Host` in HTTP/1.1, at most one in 1.0 (RFC 9112, section 3.2).
    private mutating func checkHost() throws(HTTPError) {
        let hosts = headers.values("Host")
        guard hosts.count == 1 || minorVersion == 0 && hosts.isEmpty else {
            throw .malformed("not one Host header")
        }
        guard hosts.allSatisfy(HTTPGrammar.isHost) else { throw .malformed("a broken Host header") }
        if let authority { headers["Host"] = authority }
    }

    /// How the body is framed (RFC 9112, section 6.3): nil for chunked.
    private mutating func bodyLength() throws(HTTPError) -> Int? {
        let codings = headers.values("Transfer-Encoding")
        let lengths = headers.values("Content-Length")
        guard codings.isEmpty else {
            guard lengths.isEmpty else { throw .malformed("a length and a transfer coding") }
            guard codings.count == 1, minorVersion == 1 else {
                throw .malformed("a doubtful transfer coding")
            }
            guard codings[0].isEqualIgnoringASCIICase(to: "chunked") else {
                throw .unsupportedTransferCoding
            }
            isChunked = true
            return nil
        }
        guard let length = lengths.first else { return 0 }
        guard lengths.count == 1 else { throw .malformed("two Content-Length headers") }
        let digits = length.utf8
        guard !digits.isEmpty, digits.count <= 18,
            digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let count = Int(length)
        else { throw .malformed("a broken Content-Length") }
        return count
    }
}

/// Pieces of RFC 9110's and 9112's grammars.
enum HTTPGrammar {
    /// A character of a method or header name (RFC 9110, section 5.6.2).
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"),
            UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"),
            UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// The minor version of `HTTP/1.0` and `HTTP/1.1`.
    static func minorVersion(_ text: ArraySlice<UInt8>) throws(HTTPError) -> Int {
        let bytes = Array(text)
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8), bytes[6] == UInt8(ascii: "."),
            isDigit(bytes[5]), isDigit(bytes[7])
        else { throw .malformed("the request line does not end in a version") }
        guard bytes[5] == UInt8(ascii: "1"), bytes[7] <= UInt8(ascii: "1") else {
            throw .versionNotSupported
        }
        return Int(bytes[7] - UInt8(ascii: "0"))
    }

    /// `name ":" OWS value OWS`; a line that begins with a blank would be a folded one.
    static func field(_ line: [UInt8]) throws(HTTPError) -> (name: String, value: String) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            line[..<colon].allSatisfy(isToken)
        else { throw .malformed("a broken header line") }
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let value = line[(colon + 1)...].drop(while: isBlank)
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw .malformed("a control character in a header")
        }
        let end = value.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? value.startIndex
        return (
            String(decoding: line[..<colon], as: UTF8.self),
            String(decoding: value[value.startIndex..<end], as: UTF8.self)
        )
    }

    /// The size in a chunk's first line; extensions behind `;` are read over.
    static func chunkSize(_ line: [UInt8]) throws(HTTPError) -> Int {
        let digits = line.prefix { PercentEncoding.hexDigit($0) != nil }
        guard !digits.isEmpty, digits.count <= 12 else { throw .malformed("a broken chunk size") }
        let rest = line[digits.endIndex...].drop { $0 == 0x20 || $0 == 0x09 }
        guard rest.isEmpty || rest.first == UInt8(ascii: ";"),
            rest.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
        else { throw .malformed("a broken chunk size") }
        guard rest.first == UInt8(ascii: ";") || digits.count == line.count else {
            throw .malformed("blanks behind a chunk size")
        }
        return digits.reduce(0) { $0 << 4 | Int(PercentEncoding.hexDigit($1) ?? 0) }
    }

    /// The characters of a host with or without port: names, IPv4, `[IPv6]`.
    static func isHost(_ text: String) -> Bool {
        text.utf8.count <= 261
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"),
                    UInt8(ascii: "~"), UInt8(ascii: "%"):
                    true
                default: false
                }
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
