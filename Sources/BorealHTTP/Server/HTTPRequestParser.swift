import BorealBase

/// Reads HTTP/1.0 and HTTP/1.1 requests from bytes as they come. Knows no socket.
///
/// It is strict where being lenient lets two programs on the way disagree about where a request
/// ends: lines end in CRLF and nothing else, no folded headers, one `Content-Length` or one
/// `Transfer-Encoding: chunked`, never both (RFC 9112, sections 2.2, 5.2, 6.3, 11.2).
public struct HTTPRequestParser: Sendable {
    /// What was read.
    public enum Event {
        /// Request line and headers.
        case head(HTTPRequest)
        /// Some bytes of the body: a part of the input, valid as long as that is.
        case body(UnsafeRawBufferPointer)
        /// The request is complete; the next bytes belong to the next one.
        case end
    }

    private enum State {
        case requestLine
        case headerLine
        /// The head was given out; how the body comes is decided by `framing`.
        case bodyStart
        case fixed(remaining: Int)
        case chunkSize
        case chunk(remaining: Int)
        /// The CRLF behind a chunk's bytes.
        case chunkEnd
        case trailer
        case end
    }

    private enum Framing {
        case none
        case fixed(Int)
        case chunked
    }

    /// Bytes of a request line, without CRLF.
    public static let requestLineBytesMax = 8 << 10
    /// Bytes of a chunk's size line: extensions are read over, not collected.
    static let chunkLineBytesMax = 256

    /// Bytes a body may have. May be changed between `.head` and the next call, when the route is
    /// known.
    public var bodyBytesMax: Int

    private var state = State.requestLine
    private var framing = Framing.none
    /// The line that is not complete yet.
    private var line: [UInt8] = []
    /// Bytes of the head, or of the trailer section, so far.
    private var headBytes = 0
    private var headerCount = 0
    private var bodyBytes = 0
    private var head = HTTPRequestHead()
    private var skippedEmptyLine = false

    /// - Parameter bodyBytesMax: for routes that say nothing else.
    public init(bodyBytesMax: Int = 1 << 20) {
        self.bodyBytesMax = bodyBytesMax
    }

    /// True before the first byte of a request.
    public var isBetweenRequests: Bool {
        if case .requestLine = state { line.isEmpty } else { false }
    }

    /// True once the head was read and before the end of the request.
    public var isInBody: Bool {
        switch state {
        case .requestLine, .headerLine: false
        default: true
        }
    }

    /// Takes what it understands from the front of `bytes` and says what that was.
    ///
    /// Call it until it returns nil; then `bytes` is empty and more input is needed. After an error
    /// the connection must be closed: where the next request begins is unknown.
    ///
    /// - Throws: one of the errors of requests; its `status` is what to answer.
    public mutating func next(
        _ bytes: inout UnsafeRawBufferPointer
    ) throws(HTTPError) -> Event? {
        while true {
            switch state {
            case .requestLine:
                guard try readRequestLine(&bytes) else { return nil }
            case .headerLine:
                guard try takeLine(&bytes, max: Limits.httpHeaderBytesMax, .headersTooLarge)
                else { return nil }
                if let request = try readHeaderLine() { return .head(request) }
            case .bodyStart:
                try startBody()
            case .fixed(let remaining):
                guard remaining > 0 else {
                    state = .end
                    continue
                }
                guard let part = take(&bytes, max: remaining) else { return nil }
                state = .fixed(remaining: remaining - part.count)
                return .body(part)
            case .chunk(let remaining):
                guard remaining > 0 else {
                    state = .chunkEnd
                    continue
                }
                guard let part = take(&bytes, max: remaining) else { return nil }
                state = .chunk(remaining: remaining - part.count)
                return .body(part)
            case .chunkSize, .chunkEnd, .trailer:
                guard try readChunkFrame(&bytes) else { return nil }
            case .end:
                reset()
                return .end
            }
        }
    }

    // MARK: - Lines

    private func take(_ bytes: inout UnsafeRawBufferPointer, max: Int) -> UnsafeRawBufferPointer? {
        guard !bytes.isEmpty else { return nil }
        let count = min(max, bytes.count)
        defer { bytes = UnsafeRawBufferPointer(rebasing: bytes[count...]) }
        return UnsafeRawBufferPointer(rebasing: bytes[..<count])
    }

    /// Completes `line`, without its CRLF.
    ///
    /// - Returns: false when its end has not come yet.
    private mutating func takeLine(
        _ bytes: inout UnsafeRawBufferPointer,
        max: Int,
        _ tooLong: HTTPError
    ) throws(HTTPError) -> Bool {
        let end = bytes.firstIndex(of: 0x0A)
        let part = UnsafeRawBufferPointer(rebasing: bytes[..<(end ?? bytes.count)])
        guard line.count + part.count <= max + 1 else { throw tooLong }
        line.append(contentsOf: part)
        bytes = UnsafeRawBufferPointer(rebasing: bytes[(end.map { $0 + 1 } ?? bytes.count)...])
        guard end != nil else { return false }
        guard line.last == 0x0D else { throw .malformed("a line ends without CR") }
        line.removeLast()
        guard !line.contains(0x0D) else { throw .malformed("a bare CR") }
        return true
    }

    private mutating func endLine() { line.removeAll(keepingCapacity: true) }

    // MARK: - Head

    private mutating func readRequestLine(
        _ bytes: inout UnsafeRawBufferPointer
    ) throws(HTTPError) -> Bool {
        // Another protocol on this port is told so at its first byte, not after a time-out.
        if line.isEmpty, let first = bytes.first, first != 0x0D, !HTTPGrammar.isToken(first) {
            throw .malformed("no method")
        }
        guard try takeLine(&bytes, max: Self.requestLineBytesMax, .targetTooLong) else {
            return false
        }
        if line.isEmpty, !skippedEmptyLine {
            // One empty line before a request is read over (RFC 9112, section 2.2).
            skippedEmptyLine = true
            return true
        }
        head = try HTTPRequestHead(requestLine: line)
        headBytes = line.count + 2
        endLine()
        state = .headerLine
        return true
    }

    /// Reads a header line, or the empty one that ends the head.
    private mutating func readHeaderLine() throws(HTTPError) -> HTTPRequest? {
        headBytes += line.count + 2
        guard headBytes <= Limits.httpHeaderBytesMax else { throw .headersTooLarge }
        guard line.isEmpty else {
            headerCount += 1
            guard headerCount <= Limits.httpHeadersMax else { throw .headersTooLarge }
            let field = try HTTPGrammar.field(line)
            head.headers.append(field.name, field.value)
            endLine()
            return nil
        }
        let request = try head.request()
        if head.isChunked {
            framing = .chunked
        } else if let length = request.contentLength, length > 0 {
            framing = .fixed(length)
        } else {
            framing = .none
        }
        state = .bodyStart
        return request
    }

    // MARK: - Body

    private mutating func startBody() throws(HTTPError) {
        switch framing {
        case .none:
            state = .end
        case .fixed(let length):
            guard length <= bodyBytesMax else { throw .bodyTooLarge(bytesMax: bodyBytesMax) }
            state = .fixed(remaining: length)
        case .chunked:
            headBytes = 0
            headerCount = 0
            state = .chunkSize
        }
    }

    /// Reads a line between the bytes of a chunked body (RFC 9112, section 7.1).
    private mutating func readChunkFrame(
        _ bytes: inout UnsafeRawBufferPointer
    ) throws(HTTPError) -> Bool {
        switch state {
        case .chunkSize:
            let long = HTTPError.malformed("a chunk's size line is too long")
            guard try takeLine(&bytes, max: Self.chunkLineBytesMax, long) else { return false }
            let size = try HTTPGrammar.chunkSize(line)
            guard size <= bodyBytesMax - bodyBytes else {
                throw .bodyTooLarge(bytesMax: bodyBytesMax)
            }
            bodyBytes += size
            state = size == 0 ? .trailer : .chunk(remaining: size)
        case .chunkEnd:
            let long = HTTPError.malformed("a chunk is longer than its size")
            guard try takeLine(&bytes, max: 0, long) else { return false }
            guard line.isEmpty else { throw long }
            state = .chunkSize
        default:
            guard try takeLine(&bytes, max: Limits.httpHeaderBytesMax, .headersTooLarge)
            else { return false }
            headBytes += line.count + 2
            headerCount += 1
            guard headBytes <= Limits.httpHeaderBytesMax, headerCount <= Limits.httpHeadersMax
            else { throw .headersTooLarge }
            if line.isEmpty {
                state = .end
            } else {
                // Trailer fields are checked and dropped: nobody merges them into the head.
                _ = try HTTPGrammar.field(line)
            }
        }
        endLine()
        return true
    }

    private mutating func reset() {
        let limit = bodyBytesMax
        self = HTTPRequestParser(bodyBytesMax: limit)
    }
}
