/// What a handler answers.
public struct HTTPResponse: Sendable {
    /// Where the bytes come from.
    public enum Body: Sendable {
        /// Nothing.
        case empty
        /// Held in memory; sent together with the head.
        case bytes([UInt8])
        /// Read piece by piece, as the client takes them.
        case file(HTTPFile)
    }

    /// 200, 404, ...
    public var status: Int
    /// Without `Content-Length`, `Date`, `Connection` and `Transfer-Encoding`, which the connection
    /// writes.
    public var headers: HTTPHeaders
    /// The body, which a HEAD request does not get.
    public var body: Body

    /// - Parameter status: 200 or higher.
    public init(status: Int, headers: HTTPHeaders = [:], body: Body = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Plain text.
    public static func text(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: ["Content-Type": "text/plain; charset=utf-8"],
            body: .bytes(Array(text.utf8))
        )
    }

    /// JSON that is already printed.
    public static func json(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: ["Content-Type": "application/json; charset=utf-8"],
            body: .bytes(Array(text.utf8))
        )
    }

    /// A status with its own words as the text.
    public static func plain(_ status: Int) -> HTTPResponse {
        text(status, "\(status) \(HTTPStatus.reason(status))\n")
    }
}

/// The words that go with a status (RFC 9110, section 15).
public enum HTTPStatus {
    /// The usual reason phrase; empty for a status without one.
    public static func reason(_ status: Int) -> String { reasons[status] ?? "" }

    private static let reasons: [Int: String] = [
        100: "Continue", 200: "OK", 201: "Created", 202: "Accepted", 204: "No Content",
        206: "Partial Content", 301: "Moved Permanently", 302: "Found", 303: "See Other",
        304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect",
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict",
        410: "Gone", 411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large",
        414: "URI Too Long", 415: "Unsupported Media Type", 416: "Range Not Satisfiable",
        417: "Expectation Failed", 422: "Unprocessable Content", 426: "Upgrade Required",
        429: "Too Many Requests", 431: "Request Header Fields Too Large",
        500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
        503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
        507: "Insufficient Storage",
    ]
}
