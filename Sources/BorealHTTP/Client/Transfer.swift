import BorealBase
import BorealNet
import CCurl
import Glibc

/// One request of a download, without redirects: libcurl does the talking, this class says when it
/// is enough.
final class Transfer {
    enum Ending {
        case body(byteCount: Int, contentType: String?)
        case redirect(to: String)
    }

    /// Milliseconds between two looks at the cancellation flag.
    private static let pollMilliseconds: Int32 = 10

    /// Bytes of a redirect's body that are read over.
    private static let redirectBytesMax = 64 << 10

    private let target: FetchTarget
    private let addresses: [IPAddress]
    private let bounds: HTTPDownload.Bounds
    private let deadline: UInt64
    private let cancellation: CancellationFlag
    private let sink: HTTPDownload.Sink
    private let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private var pinned: UnsafeMutablePointer<curl_slist>?
    private var byteCount = 0
    /// Bytes of a redirect's body.
    private var skipped = 0
    private var lastProgress = MonotonicClock.milliseconds
    /// Why a callback stopped the transfer.
    private var problem: HTTPError?

    init(
        _ target: FetchTarget,
        addresses: [IPAddress],
        bounds: HTTPDownload.Bounds,
        deadline: UInt64,
        cancellation: CancellationFlag,
        sink: @escaping HTTPDownload.Sink
    ) throws(HTTPError) {
        guard Curl.isReady, let easy = curl_easy_init() else {
            throw .transferFailed(host: target.host, code: Int(CURLE_FAILED_INIT.rawValue))
        }
        guard let multi = curl_multi_init() else {
            curl_easy_cleanup(easy)
            throw .transferFailed(host: target.host, code: Int(CURLE_FAILED_INIT.rawValue))
        }
        self.easy = easy
        self.multi = multi
        self.target = target
        self.addresses = addresses
        self.bounds = bounds
        self.deadline = deadline
        self.cancellation = cancellation
        self.sink = sink
        guard configure() else {
            throw .transferFailed(host: target.host, code: Int(CURLE_FAILED_INIT.rawValue))
        }
    }

    deinit {
        curl_multi_remove_handle(multi, easy)
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        curl_slist_free_all(pinned)
    }

    // MARK: - Set-up

    private func configure() -> Bool {
        let me = Unmanaged.passUnretained(self).toOpaque()
        var codes = [
            boreal_curl_set_pointer(easy, CURLOPT_CURLU, UnsafeMutableRawPointer(target.handle)),
            boreal_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, bounds.stallMilliseconds),
            boreal_curl_set_offset(easy, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(bounds.bytesMax)),
            boreal_curl_set_write(easy, Self.writeBytes, me),
            boreal_curl_set_progress(easy, Self.progressed, me),
            boreal_curl_set_open_socket(easy, Self.openSocket, me),
        ]
        if IPAddress(target.host) == nil {
            let list = addresses.map(Curl.hostText).joined(separator: ",")
            pinned = curl_slist_append(nil, "\(target.host):\(target.port):\(list)")
            codes.append(boreal_curl_set_list(easy, CURLOPT_RESOLVE, pinned))
        }
        return Curl.setHouseRules(easy) && codes.allSatisfy { $0 == CURLE_OK }
            && curl_multi_add_handle(multi, easy) == CURLM_OK
    }

    // MARK: - Run

    func run() throws(HTTPError) -> Ending {
        lastProgress = MonotonicClock.milliseconds
        var running: Int32 = 1
        while running > 0 {
            guard curl_multi_perform(multi, &running) == CURLM_OK else { throw failure(CURLE_OK) }
            if let problem { throw problem }
            try checkTime()
            if running > 0 {
                // Whatever went wrong with waiting shows in the next call of perform.
                _ = curl_multi_poll(multi, nil, 0, Self.pollMilliseconds, nil)
            }
        }
        return try ending()
    }

    private func checkTime() throws(HTTPError) {
        if cancellation.isCancelled { throw .cancelled }
        let now = MonotonicClock.milliseconds
        if now >= deadline { throw .timedOut(milliseconds: bounds.totalMilliseconds) }
        if now &- lastProgress >= UInt64(max(0, bounds.stallMilliseconds)) {
            throw .stalled(milliseconds: bounds.stallMilliseconds)
        }
    }

    private func ending() throws(HTTPError) -> Ending {
        var left: Int32 = 0
        var code = CURLE_OK
        while let message = curl_multi_info_read(multi, &left) {
            if message.pointee.msg == CURLMSG_DONE { code = message.pointee.data.result }
        }
        let status = Curl.status(of: easy)
        if [301, 302, 303, 307, 308].contains(status),
            let next = Curl.text(CURLINFO_REDIRECT_URL, of: easy)
        {
            return .redirect(to: next)
        }
        // A status is an answer, even if its body was cut off on purpose.
        guard status == 0 || status == 200 else {
            throw .unexpectedStatus(status, host: target.host)
        }
        guard code == CURLE_OK, status == 200 else { throw failure(code) }
        return .body(byteCount: byteCount, contentType: Curl.text(CURLINFO_CONTENT_TYPE, of: easy))
    }

    private func failure(_ code: CURLcode) -> HTTPError {
        switch code {
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST:
            .connectFailed(host: target.host)
        case _ where Curl.isTrustFailure(code):
            .untrusted(host: target.host)
        case CURLE_FILESIZE_EXCEEDED:
            .tooManyBytes(max: bounds.bytesMax)
        case CURLE_OPERATION_TIMEDOUT:
            .stalled(milliseconds: bounds.stallMilliseconds)
        default:
            .transferFailed(host: target.host, code: Int(code.rawValue))
        }
    }

    // MARK: - Called by libcurl, inside `run`

    private func arrived(_ bytes: UnsafeRawBufferPointer) -> Int {
        lastProgress = MonotonicClock.milliseconds
        let status = Curl.status(of: easy)
        guard status == 200 else {
            // libcurl tells where a redirect leads at its end, so its body is read over, if it is
            // short. The body of an error is of no interest.
            skipped += bytes.count
            let isRedirect = status / 100 == 3 && skipped <= Self.redirectBytesMax
            return isRedirect ? bytes.count : 0
        }
        guard bytes.count <= bounds.bytesMax - byteCount else {
            problem = .tooManyBytes(max: bounds.bytesMax)
            return 0
        }
        let code = sink(bytes)
        guard code == 0 else {
            problem = .writeFailed(code: code)
            return 0
        }
        byteCount += bytes.count
        return bytes.count
    }

    private static let writeBytes: boreal_curl_write_function = { bytes, size, count, context in
        guard let context, let bytes else { return 0 }
        let me = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        return me.arrived(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }

    /// Long transfers inside one `curl_multi_perform` look at the flag here.
    private static let progressed: boreal_curl_progress_function = { context, _, _, _, _ in
        guard let context else { return 1 }
        let me = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        guard me.cancellation.isCancelled else { return 0 }
        me.problem = .cancelled
        return 1
    }

    /// Only addresses that were checked get a socket.
    private static let openSocket: boreal_curl_open_socket_function = { context, _, wanted in
        guard let context, let wanted else { return -1 }
        let me = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        return Curl.openSocket(wanted) { address in
            me.addresses.contains { $0.unmapped == address }
        }
    }
}
