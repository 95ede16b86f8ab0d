import BorealBase
public import BorealNet

/// What the connections of a door have in common.
public struct HTTPServerConfiguration: Sendable {
    /// Where handlers run and files are read and written.
    public var pool: WorkerPool
    /// Milliseconds that a request may take to arrive, head and small body; a larger body has to go
    /// on.
    public var requestMilliseconds = Limits.httpRequestSeconds * 1_000
    /// Milliseconds that a connection may wait for its next request, and that a client may go
    /// without reading anything of an answer that waits for it.
    public var idleMilliseconds = 60_000
    /// Bytes of a body that have to arrive in `requestMilliseconds`: a client that only trickles is
    /// cut off.
    public var bodyBytesPerPeriodMin = 16 << 10
    /// The connections come through TLS.
    public var isSecure = false
    /// The `Server` header; none when empty.
    public var serverName = "boreal"

    /// - Parameter pool: where handlers run.
    public init(pool: WorkerPool) { self.pool = pool }
}

/// HTTP/1.1 over one connection: reads requests one after the other, hands them to a router's
/// handlers and writes the answers in order.
///
/// It may take over from a sniffer that has read bytes already: set it as the connection's handler,
/// call `connectionOpened`, then `replay` the bytes.
public final class HTTPConnection: ConnectionHandler {
    enum State {
        /// Waits for a request, or reads its head or its small body.
        case reading
        /// A worker decides about an upload.
        case deciding
        /// The body goes to an upload.
        case uploading(UploadPump)
        /// A handler works or an answer is being sent.
        case answering
        /// The last answer of this connection was given.
        case ending
    }

    /// The request in work.
    struct Exchange {
        var request: HTTPRequest
        let serial: UInt64
        var action: Router.Action?
        /// Set while a handler may still be working.
        weak var writer: ResponseWriter?
        /// The whole body was read, or there is none.
        var isBodyRead = false
        var isChunkedAnswer = false
    }

    /// Bytes of the next requests that are kept while one is answered; then reading pauses.
    private static let pipelinedBytesMax = 64 << 10

    let configuration: HTTPServerConfiguration
    private let router: Router
    weak var connection: Connection?
    private var parser = HTTPRequestParser()
    var state = State.reading
    var exchange: Exchange?
    private var serial: UInt64 = 0
    /// Read and not parsed yet, because an answer is in work or waits for the client to read it.
    private var unparsed: [UInt8] = []
    private var isParsing = false
    private var isEndOfInput = false
    /// Body bytes since the deadline was set.
    private var periodBytes = 0
    /// Unsent bytes and bytes produced when the deadline was set: did the client read anything?
    private var lastUnsent = 0
    var producedBytes = 0
    private var lastProduced = 0
    var writableJobs: [@Sendable () -> Void] = []
    var fileSender: FileSender?

    /// - Parameters:
    ///   - configuration: shared by the connections of a door.
    ///   - router: what answers.
    public init(configuration: HTTPServerConfiguration, router: Router) {
        self.configuration = configuration
        self.router = router
    }

    // MARK: - Events

    /// Starts the clock for the first request.
    public func connectionOpened(_ connection: Connection) {
        self.connection = connection
        restartDeadline(configuration.requestMilliseconds)
    }

    /// Reads requests.
    public func connection(_ connection: Connection, received bytes: UnsafeRawBufferPointer) {
        if unparsed.isEmpty {
            parse(bytes)
        } else {
            unparsed.append(contentsOf: bytes)
            parseUnparsed()
        }
        if unparsed.count > Self.pipelinedBytesMax { connection.pauseReading() }
    }

    /// A client that shut its writing side still gets the answers to what it asked, but most have
    /// gone: whoever works for it may stop.
    public func connectionPeerClosed(_ connection: Connection, allRead: Bool) {
        exchange?.writer?.clientHasGone()
        guard allRead else { return }
        isEndOfInput = true
        continueReading()
    }

    /// Goes on with what waited for the client to read.
    public func connectionOutputDrained(_ connection: Connection) {
        let jobs = writableJobs
        writableJobs = []
        for job in jobs { job() }
        fileSender?.resume()
        continueReading()
    }

    /// Cuts off clients that are too slow, and idle ones.
    public func connectionDeadlinePassed(_ connection: Connection) {
        let unsent = connection.pendingOutputBytes
        let isIdle = exchange == nil && parser.isBetweenRequests && unparsed.isEmpty
        switch state {
        case .reading where isIdle && unsent == 0:
            connection.close()
        case .reading where isIdle || !unparsed.isEmpty || unsent > Connection.lowWaterMark:
            // Answers are on their way. Above the mark no request is parsed until they are read,
            // so that it is not the requests that are late; below it those that waited come next.
            goOnUnlessStuck(connection)
        case .uploading(let pump) where !pump.wantsBytes:
            // The worker is late, not the client.
            restartDeadline(configuration.requestMilliseconds)
        case .reading, .uploading:
            let isGoingOn =
                parser.isInBody && periodBytes >= configuration.bodyBytesPerPeriodMin
            guard isGoingOn else { return fail(.requestTimeout) }
            restartDeadline(configuration.requestMilliseconds)
        case .deciding, .answering:
            goOnUnlessStuck(connection)
        case .ending:
            break
        }
    }

    /// Gives more time, but not to a client that has read nothing of what waits for it.
    private func goOnUnlessStuck(_ connection: Connection) {
        let unsent = connection.pendingOutputBytes
        let isStuck = unsent > 0 && unsent >= lastUnsent && producedBytes == lastProduced
        guard !isStuck else { return connection.close(error: .timedOut) }
        restartDeadline(configuration.idleMilliseconds)
    }

    /// Tells whoever still works that nobody waits.
    public func connectionClosed(_ connection: Connection, error: SocketError?) {
        exchange?.writer?.clientHasGone()
        if case .uploading(let pump) = state { pump.cancel() }
        state = .ending
        exchange = nil
        fileSender = nil
        unparsed = []
        let jobs = writableJobs
        writableJobs = []
        for job in jobs { job() }
        self.connection = nil
    }

    func restartDeadline(_ milliseconds: Int) {
        periodBytes = 0
        lastUnsent = connection?.pendingOutputBytes ?? 0
        lastProduced = producedBytes
        connection?.setDeadline(afterMilliseconds: milliseconds)
    }

    // MARK: - Reading

    func parseUnparsed() {
        // A request whose body is empty, or too large, has its next event without further bytes.
        guard !unparsed.isEmpty || parser.isInBody, !isParsing else { return }
        let bytes = unparsed
        unparsed = []
        bytes.withUnsafeBytes { parse($0) }
    }

    /// True when the next event of the parser may be taken.
    private var mayParse: Bool {
        guard let connection, !connection.isClosing else { return false }
        switch state {
        case .reading: return connection.pendingOutputBytes <= Connection.lowWaterMark
        case .uploading(let pump): return pump.wantsBytes
        case .deciding, .answering, .ending: return false
        }
    }

    private func parse(_ input: UnsafeRawBufferPointer) {
        guard !isParsing else { return unparsed.append(contentsOf: input) }
        isParsing = true
        defer { isParsing = false }
        var rest = input
        do throws(HTTPError) {
            while mayParse {
                if parser.isBetweenRequests, !rest.isEmpty, exchange == nil {
                    restartDeadline(configuration.requestMilliseconds)
                }
                guard let event = try parser.next(&rest) else { break }
                handle(event)
            }
        } catch {
            fail(error)
        }
        if case .ending = state { return }
        unparsed.append(contentsOf: rest)
    }

    private func handle(_ event: HTTPRequestParser.Event) {
        switch event {
        case .head(let request): begin(request)
        case .body(let bytes):
            periodBytes += bytes.count
            switch state {
            case .uploading(let pump): pump.append(bytes)
            default: exchange?.request.body.append(contentsOf: bytes)
            }
        case .end:
            exchange?.isBodyRead = true
            switch state {
            case .uploading(let pump):
                state = .answering
                restartDeadline(configuration.idleMilliseconds)
                pump.end()
            case .answering, .ending, .deciding: break
            case .reading: runHandler()
            }
        }
    }

    private func begin(_ head: HTTPRequest) {
        guard let connection else { return }
        var request = head
        request.peer = connection.peer
        request.local = connection.local ?? connection.peer
        request.isSecure = configuration.isSecure || connection.isFiltered
        serial &+= 1
        switch router.match(request) {
        case .found(let action, let parameters):
            request.parameters = parameters
            exchange = Exchange(request: request, serial: serial, action: action)
            switch action {
            case .handler(_, _, let bodyBytesMax):
                parser.bodyBytesMax = bodyBytesMax
                if request.contentLength ?? 0 <= bodyBytesMax { sendContinue() }
            case .upload(let handler):
                decide(handler)
            }
        case .otherMethods(let methods):
            exchange = Exchange(request: request, serial: serial)
            let allow = methods.map(\.rawValue).joined(separator: ", ")
            let status = request.method == .options ? 204 : 405
            var response = status == 204 ? HTTPResponse(status: 204) : HTTPResponse.plain(405)
            response.headers.append("Allow", allow)
            answerBeforeBody(response)
        case .unknown:
            exchange = Exchange(request: request, serial: serial)
            answerBeforeBody(.plain(404))
        }
    }

    /// Answers a request whose body nobody wants. A body that did not come yet ends the connection.
    private func answerBeforeBody(_ response: HTTPResponse) {
        let hasBody = exchange?.request.contentLength != 0
        exchange?.isBodyRead = !hasBody
        state = .answering
        answer(response, to: serial)
    }

    private func sendContinue() {
        guard exchange?.request.expectsContinue == true else { return }
        connection?.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }

    private func runHandler() {
        guard let connection, let exchange, let action = exchange.action,
            case .handler(let handler, let place, _) = action
        else { return }
        state = .answering
        restartDeadline(configuration.idleMilliseconds)
        let writer = ResponseWriter(self, loop: connection.loop, serial: exchange.serial)
        self.exchange?.writer = writer
        let request = exchange.request
        self.exchange?.request.body = []
        let staysHere: Bool =
            switch place {
            case .loop: true
            case .worker: false
            case .loopIf(let isQuick): isQuick(request)
            }
        if staysHere {
            handler(request, writer)
        } else {
            let accepted = configuration.pool.submit { handler(request, writer) }
            if !accepted { writer.respond(Self.busy) }
        }
    }

    /// What is answered when the worker pool's queue is full.
    static var busy: HTTPResponse {
        var response = HTTPResponse.plain(503)
        response.headers.append("Retry-After", "1")
        return response
    }

    // MARK: - Uploads

    private func decide(_ handler: @escaping HTTPUploadHandler) {
        guard let connection, let exchange else { return }
        state = .deciding
        restartDeadline(configuration.idleMilliseconds)
        let request = exchange.request
        let serial = exchange.serial
        let bound = LoopBound(self, to: connection.loop)
        let accepted = configuration.pool.submit {
            let decision = handler(request)
            let delivered = bound.loop.execute { bound.value.decided(decision, serial) }
            if !delivered, case .accept(let upload, _) = decision { upload.abort() }
        }
        if !accepted { decided(.refuse(Self.busy), serial) }
    }

    private func decided(_ decision: HTTPUploadDecision, _ serial: UInt64) {
        guard let connection, exchange?.serial == serial, case .deciding = state else {
            if case .accept(let upload, _) = decision {
                UploadPump.discard(upload, on: configuration.pool)
            }
            return
        }
        switch decision {
        case .refuse(let response):
            answerBeforeBody(response)
        case .accept(let upload, let bytesMax):
            parser.bodyBytesMax = bytesMax
            if exchange?.request.contentLength ?? 0 <= bytesMax { sendContinue() }
            let pump = UploadPump(upload, pool: configuration.pool, loop: connection.loop)
            pump.moved = { [weak self] in self?.uploadMoved() }
            pump.finished = { [weak self] in self?.uploadFinished($0, serial) }
            state = .uploading(pump)
            restartDeadline(configuration.requestMilliseconds)
        }
        continueReading()
    }

    /// The pump has room again.
    private func uploadMoved() {
        if case .uploading = state { restartDeadline(configuration.requestMilliseconds) }
        continueReading()
    }

    private func uploadFinished(_ response: HTTPResponse, _ serial: UInt64) {
        guard exchange?.serial == serial else { return }
        state = .answering
        answer(response, to: serial)
    }

    /// Parses what waited and reads again unless too much is left.
    func continueReading() {
        parseUnparsed()
        finishInput()
        guard let connection, !connection.isClosing else { return }
        if unparsed.count <= Self.pipelinedBytesMax { connection.resumeReading() }
    }

    /// Closes when the client sends no more and everything it sent is parsed: what is not complete
    /// by now is given up. A request that is decided about or answered comes first.
    private func finishInput() {
        guard isEndOfInput, !isParsing, unparsed.isEmpty, let connection, !connection.isClosing
        else { return }
        switch state {
        // A body that came whole has its last event without further bytes, when it may be parsed.
        case .reading where mayParse || !parser.isInBody: break
        case .uploading(let pump) where pump.wantsBytes: pump.cancel()
        case .reading, .uploading, .deciding, .answering, .ending: return
        }
        state = .ending
        connection.closeAfterFlush()
    }

    // MARK: - After an answer

    /// The answer to the current request is with the connection: on to the next one, or to the end.
    func exchangeEnded() {
        guard let connection, let ended = exchange else { return }
        exchange = nil
        fileSender = nil
        guard ended.request.keepsAlive, ended.isBodyRead else {
            state = .ending
            unparsed = []
            return connection.closeAfterFlush(lingering: true)
        }
        state = .reading
        restartDeadline(configuration.idleMilliseconds)
        continueReading()
    }

    /// Answers a request that cannot be read, or not in time, and closes.
    private func fail(_ error: HTTPError) {
        guard let connection, !connection.isClosing else { return }
        if case .uploading(let pump) = state { pump.cancel() }
        if exchange == nil {
            serial &+= 1
            exchange = Exchange(request: .unreadable, serial: serial)
        }
        exchange?.request.keepsAlive = false
        exchange?.isBodyRead = false
        unparsed = []
        state = .answering
        answer(.plain(error.status), to: serial)
    }
}

extension HTTPRequest {
    /// Stands for a request that could not be read, so that it can be answered.
    fileprivate static var unreadable: HTTPRequest {
        HTTPRequest(
            method: .get,
            path: "",
            segments: [],
            query: nil,
            minorVersion: 1,
            headers: [:],
            contentLength: nil,
            expectsContinue: false,
            keepsAlive: false
        )
    }
}
