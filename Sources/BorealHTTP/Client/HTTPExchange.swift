import BorealBase
import BorealNet
import CCurl

/// A request of the client from its arrival to its end: what is asked, where it goes, what came of
/// it so far.
///
/// Unchecked: the caller's thread makes it and hands it over; from then on it is touched by whoever
/// has the gateway's turn, and after its end by the one thread that tells the end.
final class HTTPExchange: @unchecked Sendable {
    /// What a connection is kept for.
    struct Origin: Hashable {
        let isSecure: Bool
        let host: String
        let port: UInt16
        let address: IPAddress
    }

    /// Milliseconds that a request may ask for: a year, so that sums of times stay small.
    private static let patienceMax = 365 * 86_400_000

    let request: HTTPClient.Request
    let policy: AddressPolicy
    /// Nil when the URL is none.
    let target: FetchTarget?
    /// `MonotonicClock.milliseconds` at which it is too late.
    let deadline: UInt64
    /// Why it must not be sent, or why a callback of libcurl stopped it.
    private(set) var problem: HTTPError?
    /// Checked; the first is the one to connect to.
    var addresses: [IPAddress] = []
    /// Where it holds one of the connections.
    var origin: Origin?
    /// libcurl's side of it while it is on its way.
    private(set) var easy: Curl.Easy?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var addressList: UnsafeMutablePointer<curl_slist>?
    private var reader: AnswerReader
    private var lastByte: UInt64 = 0
    /// Times that the request went out.
    private var sends = 0
    /// Whether the connection that it goes out on was made for it.
    private var isConnectionNew = false
    /// The request was lost on a used connection: the next one must be new.
    private(set) var needsNewConnection = false
    private(set) var isOver = false
    /// From the end on, until the caller knows it.
    private var result: Swift.Result<HTTPClient.Answer, HTTPError>?
    private var completion: HTTPClient.Completion?

    /// Looks at all that needs no network; what is wrong is told at the end of the request.
    init(
        _ request: HTTPClient.Request,
        _ targets: FetchTargets,
        policy: AddressPolicy,
        completion: @escaping HTTPClient.Completion
    ) {
        self.request = request
        self.policy = policy
        self.completion = completion
        let patience = min(max(0, request.timeoutMilliseconds), Self.patienceMax)
        deadline = MonotonicClock.milliseconds + UInt64(patience)
        var target: FetchTarget?
        do throws(HTTPError) {
            let read = try targets.target(of: request.url)
            guard read.isHostPlain else { throw .hostRefused(host: read.host) }
            try RequestHeaders.check(request.headers)
            target = read
        } catch {
            problem = error
        }
        self.target = target
        reader = AnswerReader(
            host: target?.host ?? "",
            bytesMax: request.answerBytesMax,
            sink: request.onBytes
        )
    }

    deinit {
        curl_slist_free_all(headerList)
        curl_slist_free_all(addressList)
    }

    var host: String { target?.host ?? "" }

    /// When time may be up, as far as one can see now; no earlier end is overlooked.
    func nextLook(at now: UInt64) -> UInt64 {
        guard let idle = request.idleMilliseconds else { return deadline }
        // The pause is counted from the head on, which may come at any moment.
        let start = reader.isHeadComplete ? lastByte : now
        return min(deadline, start + UInt64(min(max(0, idle), Self.patienceMax)))
    }

    /// Why time is up, if it is.
    func lateness(at now: UInt64) -> HTTPError? {
        if now >= deadline { return .timedOut(milliseconds: request.timeoutMilliseconds) }
        guard reader.isHeadComplete, now >= nextLook(at: now) else { return nil }
        return .stalled(milliseconds: request.idleMilliseconds ?? 0)
    }

    /// Notes what came of it.
    func end(_ result: Swift.Result<HTTPClient.Answer, HTTPError>) {
        assert(!isOver, "a request ends once")
        isOver = true
        self.result = result
    }

    /// Bytes of the answer, once it is there.
    var answerBytes: Int {
        guard case .success(let answer)? = result else { return 0 }
        return answer.body.count
    }

    /// Tells the caller what came of it, the first time that it is called after the end.
    func tell() {
        guard let result, let completion else { return }
        self.result = nil
        self.completion = nil
        completion(result)
    }

    // MARK: - libcurl's side

    /// Sets up what is the same for every request, once a handle.
    ///
    /// - Returns: false when libcurl has no memory for it.
    static func equip(_ easy: Curl.Easy, _ configuration: HTTPClient.Configuration) -> Bool {
        let idleSeconds = max(1, configuration.idleMilliseconds / 1_000)
        var codes = [
            boreal_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
            boreal_curl_set_long(easy, CURLOPT_MAXAGE_CONN, idleSeconds),
            boreal_curl_set_write(easy, Self.bodyArrived, nil),
            boreal_curl_set_header(easy, Self.lineArrived, nil),
            boreal_curl_set_open_socket(easy, Self.openSocket, nil),
            boreal_curl_set_before_request(easy, Self.requestGoesOut, nil),
        ]
        if let file = configuration.authoritiesFile {
            codes.append(boreal_curl_set_text(easy, CURLOPT_CAINFO, file))
            // Those of the file, and no others.
            codes.append(boreal_curl_set_text(easy, CURLOPT_CAPATH, nil))
        }
        return Curl.setHouseRules(easy) && codes.allSatisfy { $0 == CURLE_OK }
    }

    /// Sets a handle up for the first of the addresses.
    ///
    /// - Returns: false when libcurl has no memory for it.
    func prepare(_ easy: Curl.Easy, _ configuration: HTTPClient.Configuration) -> Bool {
        self.easy = easy
        guard let target, let address = addresses.first else { return false }
        let me = Unmanaged.passUnretained(self).toOpaque()
        let left = max(1, Int(deadline) - Int(MonotonicClock.milliseconds))
        let patience = min(left, max(1, configuration.connectMilliseconds / addresses.count))
        // Beside the address it names the pool: a connection that was made to another one is not
        // used again.
        addressList = curl_slist_append(nil, "::\(Curl.hostText(address)):\(target.port)")
        let codes = [
            boreal_curl_set_pointer(easy, CURLOPT_CURLU, UnsafeMutableRawPointer(target.handle)),
            boreal_curl_set_list(easy, CURLOPT_CONNECT_TO, addressList),
            boreal_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, patience),
            boreal_curl_set_pointer(easy, CURLOPT_WRITEDATA, me),
            boreal_curl_set_pointer(easy, CURLOPT_HEADERDATA, me),
            boreal_curl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, me),
            boreal_curl_set_pointer(easy, CURLOPT_PREREQDATA, me),
            boreal_curl_set_long(easy, CURLOPT_FRESH_CONNECT, needsNewConnection ? 1 : 0),
        ]
        return addressList != nil && codes.allSatisfy { $0 == CURLE_OK } && prepareMessage(easy)
    }

    /// Method, fields and body.
    private func prepareMessage(_ easy: Curl.Easy) -> Bool {
        let hasBody = ![.get, .head].contains(request.method)
        var codes: [CURLcode] = []
        if hasBody {
            let count = curl_off_t(request.body.count)
            codes.append(boreal_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, count))
            codes.append(
                request.body.withUnsafeBytes {
                    let bytes = $0.baseAddress?.assumingMemoryBound(to: CChar.self)
                    // Null would mean that the body is read by a callback.
                    return bytes.map { boreal_curl_set_text(easy, CURLOPT_COPYPOSTFIELDS, $0) }
                        ?? boreal_curl_set_text(easy, CURLOPT_COPYPOSTFIELDS, "")
                }
            )
        } else {
            // The handle may have sent a POST before.
            let what = request.method == .head ? CURLOPT_NOBODY : CURLOPT_HTTPGET
            codes.append(boreal_curl_set_long(easy, what, 1))
        }
        if ![.get, .head, .post].contains(request.method) {
            codes.append(
                boreal_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            )
        }
        for line in RequestHeaders.lines(request.headers, hasBody: hasBody) {
            guard let list = curl_slist_append(headerList, line) else { return false }
            headerList = list
        }
        codes.append(boreal_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList))
        return codes.allSatisfy { $0 == CURLE_OK }
    }

    /// Takes the handle from libcurl, which closes the connection of a transfer that is not over.
    ///
    /// - Returns: the handle, for another POST; nil when there is none.
    func release(from reactor: CurlReactor) -> (easy: Curl.Easy, isReusable: Bool)? {
        guard let easy else { return nil }
        reactor.remove(easy)
        // Nothing may point at what goes now. The next POST sets each of these anew.
        let codes = [
            boreal_curl_set_pointer(easy, CURLOPT_CURLU, nil),
            boreal_curl_set_list(easy, CURLOPT_CONNECT_TO, nil),
            boreal_curl_set_list(easy, CURLOPT_HTTPHEADER, nil),
            boreal_curl_set_text(easy, CURLOPT_COPYPOSTFIELDS, nil),
        ]
        curl_slist_free_all(headerList)
        curl_slist_free_all(addressList)
        headerList = nil
        addressList = nil
        self.easy = nil
        return (easy, request.method == .post && codes.allSatisfy { $0 == CURLE_OK })
    }

    /// Whether a transfer ended only because the request must not go over a used connection again.
    func isToBeSentAgain(after code: CURLcode) -> Bool {
        problem == nil && needsNewConnection && code == CURLE_ABORTED_BY_CALLBACK
    }

    /// What a transfer that ended with `code` amounts to.
    func outcome(of code: CURLcode) -> Swift.Result<HTTPClient.Answer, HTTPError> {
        if let problem { return .failure(problem) }
        guard code == CURLE_OK else { return .failure(failure(code)) }
        do throws(HTTPError) {
            return .success(try reader.end())
        } catch {
            return .failure(error)
        }
    }

    private func failure(_ code: CURLcode) -> HTTPError {
        switch code {
        // Time is looked after here; what libcurl finds too long is connecting.
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_OPERATION_TIMEDOUT:
            .connectFailed(host: host)
        case _ where Curl.isTrustFailure(code):
            .untrusted(host: host)
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE:
            reader.hasBytes ? .answerCut(host: host) : .connectionLost(host: host)
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING:
            .answerUnreadable(host: host)
        case CURLE_FILESIZE_EXCEEDED:
            .tooManyBytes(max: request.answerBytesMax)
        default:
            .transferFailed(host: host, code: Int(code.rawValue))
        }
    }

    // MARK: - Called by libcurl

    private func arrived(_ count: Int, _ read: () throws(HTTPError) -> Void) -> Int {
        lastByte = MonotonicClock.milliseconds
        do throws(HTTPError) {
            try read()
            return count
        } catch {
            problem = error
            // Less than it gave us: libcurl ends the transfer.
            return count == 0 ? 1 : 0
        }
    }

    private static let bodyArrived: boreal_curl_write_function = { bytes, size, count, context in
        guard let context else { return 0 }
        let me = Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
        return me.arrived(size * count) { () throws(HTTPError) in
            try me.reader.piece(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
    }

    private static let lineArrived: boreal_curl_write_function = { bytes, size, count, context in
        guard let context else { return 0 }
        let me = Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
        return me.arrived(size * count) { () throws(HTTPError) in
            try me.reader.line(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
    }

    /// The checked address and no other gets a socket.
    private static let openSocket: boreal_curl_open_socket_function = { context, _, wanted in
        guard let context, let wanted else { return -1 }
        let me = Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
        me.isConnectionNew = true
        return Curl.openSocket(wanted) { address in
            address == me.addresses.first?.unmapped && me.policy.allows(address)
        }
    }

    /// A request that is lost on a used connection is sent once more, by libcurl, which would take
    /// the next used one and lose it there again.
    private static let requestGoesOut: curl_prereq_callback = { context, _, _, _, _ in
        guard let context else { return CURL_PREREQFUNC_ABORT }
        let me = Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
        me.sends += 1
        defer { me.isConnectionNew = false }
        if me.sends == 1 || me.isConnectionNew { return CURL_PREREQFUNC_OK }
        me.needsNewConnection = true
        return CURL_PREREQFUNC_ABORT
    }
}
