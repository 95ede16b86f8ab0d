import BorealBase
public import BorealNet

/// A request, as the parser read it and the connection completed it.
public struct HTTPRequest: Sendable {
    /// One `name=value` of the query, both decoded; the value is empty without `=`.
    public struct QueryItem: Sendable, Equatable {
        /// Decoded.
        public let name: String
        /// Decoded.
        public let value: String

        /// - Parameter name: decoded.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What is asked for.
    public var method: HTTPMethod
    /// The path as sent, still percent-encoded, without query: what a signature is made over.
    public var path: String
    /// The decoded parts of the path between slashes. A part may hold a slash, `..` or nothing: see
    /// `isPlainName`. `/a/` has the parts `a` and the empty one.
    public var segments: [String]
    /// The query as sent, without `?`; nil when there is none.
    public var query: String?
    /// 0 or 1: HTTP/1.0 or HTTP/1.1.
    public var minorVersion: Int
    /// All header fields.
    public var headers: HTTPHeaders
    /// The bytes announced by `Content-Length`; nil for a chunked body, 0 for none.
    public var contentLength: Int?
    /// The client waits for `100 Continue` before it sends the body.
    public var expectsContinue: Bool
    /// The connection may carry another request after this one.
    public var keepsAlive: Bool
    /// What the route's pattern bound: `{name}` to a part of the path.
    public var parameters: [String: String] = [:]
    /// The whole body, for routes that do not stream it.
    public var body: [UInt8] = []
    /// The client.
    public var peer: SocketAddress = .unix(path: "")
    /// The address the client connected to.
    public var local: SocketAddress = .unix(path: "")
    /// The request came through TLS.
    public var isSecure = false

    /// The query's items in their order. A part with a broken escape is left out.
    public var queryItems: [QueryItem] {
        guard let query else { return [] }
        return query.split(separator: "&").compactMap { part in
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(pair[0], plusIsBlank: true) else { return nil }
            guard pair.count == 2 else { return QueryItem(name, "") }
            guard let value = PercentEncoding.decode(pair[1], plusIsBlank: true) else { return nil }
            return QueryItem(name, value)
        }
    }

    /// The decoded value of the first query item with this name.
    public func queryValue(_ name: String) -> String? {
        queryItems.first { $0.name == name }?.value
    }

    /// User and password of `Authorization: Basic`, nil when absent or malformed.
    public var basicCredentials: (user: String, password: String)? {
        guard let field = headers["Authorization"] else { return nil }
        return BasicCredentials.parse(field)
    }

    /// The token of `Authorization: Bearer ...` (RFC 6750); nil for another scheme.
    public var bearerToken: String? {
        let token = headers["Authorization"].flatMap {
            AuthorizationField.credentials(in: $0, of: "Bearer")
        }
        guard let token, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        return token
    }

    /// True for a part of a path that is safe to use as the name of a file: not empty, not `.` or
    /// `..`, and without slashes, backslashes and control characters.
    public static func isPlainName(_ segment: String) -> Bool {
        !segment.isEmpty && segment != "." && segment != ".."
            && !segment.utf8.contains { $0 < 0x20 || $0 == 0x7F || $0 == 0x2F || $0 == 0x5C }
    }
}

/// Percent-encoding (RFC 3986, section 2.1), strictly.
public enum PercentEncoding {
    /// Decodes a part of a path or query.
    ///
    /// - Returns: nil for a broken escape, an encoded NUL, or bytes that are not UTF-8.
    public static func decode(_ text: some StringProtocol, plusIsBlank: Bool = false) -> String? {
        decode(text.utf8, plusIsBlank: plusIsBlank)
    }

    /// Decodes the bytes of a part.
    static func decode(_ text: some Collection<UInt8>, plusIsBlank: Bool = false) -> String? {
        let isPlain = !text.contains {
            $0 == UInt8(ascii: "%") || plusIsBlank && $0 == UInt8(ascii: "+")
        }
        guard !isPlain else { return String(ifUTF8: text) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(hexDigit),
                    let low = rest.next().flatMap(hexDigit)
                else { return nil }
                guard high | low != 0 else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsBlank:
                bytes.append(UInt8(ascii: " "))
            default:
                bytes.append(byte)
            }
        }
        return String(ifUTF8: bytes)
    }

    /// Encodes everything but unreserved characters (letters, digits, `-._~`).
    public static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(Self.digits[Int(byte >> 4)])
                bytes.append(Self.digits[Int(byte & 15)])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// The value of a hexadecimal digit.
    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
