import BorealBase

/// Puts an answer together from the lines of its head and the pieces of its body, as libcurl hands
/// them over: chunks are joined already, packing is not undone yet.
struct AnswerReader {
    /// Bytes of all heads of an answer, interim ones and trailers included.
    static let headBytesMax = 64 << 10
    /// Bytes that are set aside because a `Content-Length` promises them.
    private static let reservedBytesMax = 1 << 20

    private let host: String
    private let bytesMax: Int
    private let sink: HTTPClient.Sink?
    private var head = HTTPClient.Head(status: 0, headers: [])
    private var body: [UInt8] = []
    private var headBytes = 0
    private var packedBytes = 0
    private var unpackedBytes = 0
    private var inflater: BodyInflater?
    /// The head of the final answer was read.
    private(set) var isHeadComplete = false

    /// - Parameters:
    ///   - host: for messages.
    ///   - bytesMax: of the body, packed and unpacked.
    ///   - sink: takes the body of an answer of the 2xx kind.
    init(host: String, bytesMax: Int, sink: HTTPClient.Sink?) {
        self.host = host
        self.bytesMax = bytesMax
        self.sink = sink
    }

    /// Whether anything of an answer came.
    var hasBytes: Bool { headBytes > 0 }

    // MARK: - Head

    /// Takes one line of a head, its line break included.
    ///
    /// - Throws: `headersTooLarge`, `tooManyBytes`, `answerUnreadable`.
    mutating func line(_ bytes: UnsafeRawBufferPointer) throws(HTTPError) {
        headBytes += bytes.count
        guard headBytes <= Self.headBytesMax else { throw .headersTooLarge }
        // Fields after the body are counted and forgotten.
        if isHeadComplete { return }
        let line = Self.trimmed(bytes)
        if line.starts(with: "HTTP/".utf8) {
            // The head of an interim answer is followed by another one.
            head = HTTPClient.Head(status: try status(line), headers: [])
        } else if line.isEmpty, line.startIndex == bytes.startIndex {
            if head.status >= 200 { try completeHead() }
        } else {
            try field(line, isContinued: bytes.first == 0x20 || bytes.first == 0x09)
        }
    }

    private func status(_ line: Slice<UnsafeRawBufferPointer>) throws(HTTPError) -> Int {
        let digits = line.drop { $0 != 0x20 }.dropFirst().prefix(3)
        guard digits.count == 3, let status = Int(String(decoding: digits, as: UTF8.self)),
            100...599 ~= status
        else { throw .answerUnreadable(host: host) }
        return status
    }

    private mutating func field(
        _ line: Slice<UnsafeRawBufferPointer>,
        isContinued: Bool
    ) throws(HTTPError) {
        if isContinued, let last = head.headers.indices.last {
            // A folded line, long forbidden and still sent.
            head.headers[last].value += " " + String(decoding: line, as: UTF8.self)
            return
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
            throw .answerUnreadable(host: host)
        }
        let value = Self.trimmed(UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]))
        head.headers.append(
            (
                name: String(decoding: line[..<colon], as: UTF8.self).asciiLowercased,
                value: String(decoding: value, as: UTF8.self)
            )
        )
    }

    /// Without blanks and line breaks around it.
    private static func trimmed(
        _ bytes: UnsafeRawBufferPointer
    ) -> Slice<UnsafeRawBufferPointer> {
        var line = bytes[...]
        while let last = line.last, last <= 0x20 { line.removeLast() }
        while let first = line.first, first == 0x20 || first == 0x09 { line.removeFirst() }
        return line
    }

    private mutating func completeHead() throws(HTTPError) {
        isHeadComplete = true
        // Libcurl would unpack a packed transfer coding on its own and out of our sight.
        for field in head.headers where field.name == "transfer-encoding" {
            guard field.value.asciiLowercased == "chunked" else {
                throw .answerUnreadable(host: host)
            }
        }
        if let coding = head["content-encoding"]?.asciiLowercased, !coding.isEmpty,
            coding != "identity"
        {
            guard let inflater = BodyInflater(coding: coding) else {
                throw .answerUnreadable(host: host)
            }
            self.inflater = inflater
        }
        if let length = head["content-length"].flatMap({ Int($0) }), length > 0 {
            guard length <= bytesMax else { throw .tooManyBytes(max: bytesMax) }
            if !isStreamed { body.reserveCapacity(min(length, Self.reservedBytesMax)) }
        }
    }

    // MARK: - Body

    /// Whether the body goes to the sink and is not kept.
    private var isStreamed: Bool { sink != nil && 200...299 ~= head.status }

    /// Takes the next bytes of the body, as they were sent.
    ///
    /// - Throws: `tooManyBytes`, `inflatesTooMuch`, `answerCut`, `cancelled` when the sink has had
    ///   enough.
    mutating func piece(_ bytes: UnsafeRawBufferPointer) throws(HTTPError) {
        guard bytes.count <= bytesMax - packedBytes else { throw .tooManyBytes(max: bytesMax) }
        packedBytes += bytes.count
        guard let inflater else { return try take(bytes) }
        let host = host
        try inflater.feed(bytes) { (failure) -> HTTPError in
            switch failure {
            case .malformed: .answerUnreadable(host: host)
            case .growsTooMuch: .inflatesTooMuch(times: BodyInflater.ratioMax)
            }
        } sink: { (unpacked) throws(HTTPError) in
            try take(unpacked)
        }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer) throws(HTTPError) {
        guard bytes.count <= bytesMax - unpackedBytes else { throw .tooManyBytes(max: bytesMax) }
        unpackedBytes += bytes.count
        guard isStreamed, let sink else {
            body.append(contentsOf: bytes)
            return
        }
        guard sink(head, bytes) else { throw .cancelled }
    }

    /// The answer, after the last byte.
    ///
    /// - Throws: `connectionLost`, `answerCut`.
    mutating func end() throws(HTTPError) -> HTTPClient.Answer {
        guard isHeadComplete else {
            throw hasBytes ? .answerCut(host: host) : .connectionLost(host: host)
        }
        guard inflater?.isComplete != false else { throw .answerCut(host: host) }
        defer { body = [] }
        return HTTPClient.Answer(head: head, body: body)
    }
}
