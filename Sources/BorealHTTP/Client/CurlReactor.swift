import BorealBase
import CCurl
import CLinux
import Glibc

/// libcurl's multi interface on an epoll set of its own: libcurl says which sockets it waits for
/// and until when, and is called for those that something happened to.
///
/// `curl_multi_perform` would ask the kernel about every transfer in every round. One thread waits;
/// what says so is for any thread, the rest for one at a time.
final class CurlReactor {
    /// A token that no descriptor has.
    private static let wakeToken = UInt64.max
    /// `EPOLLET`, which is a cast macro: each write is an event, and nobody reads.
    private static let edgeTriggered: UInt32 = 1 << 31
    /// Events of one round. A few, so that the next requests are on their way while the other
    /// answers are still being read.
    private static let eventsMax = 8
    /// libcurl's numbers, which are macros of several kinds.
    private static let isReadable: Int32 = 1
    private static let isWritable: Int32 = 2
    private static let timeIsUp: curl_socket_t = -1

    private let connectionsMax: Int
    /// Readable when there is something to work on.
    let epoll: Int32
    private let wakeup: Int32
    private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: eventsMax)
    private var multi: Curl.Multi
    /// `MonotonicClock.milliseconds` at which libcurl wants to be called.
    private(set) var timerEnd = UInt64.max

    /// - Parameter connectionsMax: connections kept, in use or not.
    /// - Throws: `transferFailed` when there is no memory or no descriptor for it.
    init(connectionsMax: Int) throws(HTTPError) {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        let wakeup = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard epoll >= 0, wakeup >= 0, Curl.isReady,
            boreal_epoll_add(epoll, wakeup, boreal_epoll_in | Self.edgeTriggered, Self.wakeToken)
                == 0, let multi = curl_multi_init()
        else {
            close(epoll)
            close(wakeup)
            events.deallocate()
            throw .transferFailed(host: "", code: Int(CURLE_FAILED_INIT.rawValue))
        }
        self.connectionsMax = connectionsMax
        self.epoll = epoll
        self.wakeup = wakeup
        self.multi = multi
        configure()
    }

    deinit {
        curl_multi_cleanup(multi)
        close(epoll)
        close(wakeup)
        events.deallocate()
    }

    private func configure() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        // These options cannot fail; without the first one four connections a request are kept.
        _ = boreal_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connectionsMax)
        _ = boreal_curl_multi_set_socket(multi, Self.socketWanted, me)
        _ = boreal_curl_multi_set_timer(multi, Self.timerWanted, me)
    }

    /// Ends a wait, or the next one. From any thread.
    func wake() { eventfd_write(wakeup, 1) }

    func add(_ easy: Curl.Easy) -> Bool { curl_multi_add_handle(multi, easy) == CURLM_OK }

    /// Takes a transfer back; the connection of one that is not over is closed.
    func remove(_ easy: Curl.Easy) { curl_multi_remove_handle(multi, easy) }

    /// Waits until something happened to a socket, `wake` or the time calls. On one thread, which
    /// need not be alone.
    ///
    /// - Returns: how many events there are to work on.
    func wait(milliseconds: UInt64) -> Int {
        let count = epoll_wait(epoll, events, Int32(Self.eventsMax), Int32(clamping: milliseconds))
        // Interrupted by a signal: nothing happened.
        return max(0, Int(count))
    }

    /// Lets libcurl work on the sockets that the last `wait` found something at.
    func work(on count: Int) -> CURLMcode {
        var code = CURLM_OK
        var left: Int32 = 0
        for index in 0..<count {
            let token = boreal_epoll_token(events + index)
            guard token != Self.wakeToken, code == CURLM_OK else { continue }
            let happened = boreal_epoll_events(events + index)
            // An error is what reading finds.
            let isQuiet = happened & ~boreal_epoll_out == 0
            let what =
                (isQuiet ? 0 : Self.isReadable)
                | (happened & boreal_epoll_out == 0 ? 0 : Self.isWritable)
            code = curl_multi_socket_action(multi, curl_socket_t(token), what, &left)
        }
        return code
    }

    /// Lets libcurl do what is due by the clock, such as beginning a transfer.
    func runTimer() -> CURLMcode {
        guard timerEnd <= MonotonicClock.milliseconds else { return CURLM_OK }
        timerEnd = .max
        var left: Int32 = 0
        return curl_multi_socket_action(multi, Self.timeIsUp, 0, &left)
    }

    /// The next transfer that has ended.
    func ended() -> (easy: Curl.Easy, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            if message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle {
                return (easy, message.pointee.data.result)
            }
        }
        return nil
    }

    /// Closes all connections, when there are no transfers.
    func closeConnections() {
        guard let fresh = curl_multi_init() else { return }
        let old = multi
        multi = fresh
        timerEnd = .max
        configure()
        curl_multi_cleanup(old)
    }

    // MARK: - Called by libcurl

    private static let socketWanted: curl_socket_callback = { _, descriptor, what, context, _ in
        guard let context else { return -1 }
        let epoll = Unmanaged<CurlReactor>.fromOpaque(context).takeUnretainedValue().epoll
        var wanted: UInt32 = 0
        switch what {
        case CURL_POLL_IN: wanted = boreal_epoll_in
        case CURL_POLL_OUT: wanted = boreal_epoll_out
        case CURL_POLL_INOUT: wanted = boreal_epoll_in | boreal_epoll_out
        default:
            // Closing takes it out as well, so it may be gone already.
            epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
            return 0
        }
        let token = UInt64(descriptor)
        if boreal_epoll_add(epoll, descriptor, wanted, token) == 0 { return 0 }
        return boreal_epoll_modify(epoll, descriptor, wanted, token)
    }

    private static let timerWanted: curl_multi_timer_callback = { _, milliseconds, context in
        guard let context else { return -1 }
        let me = Unmanaged<CurlReactor>.fromOpaque(context).takeUnretainedValue()
        me.timerEnd =
            milliseconds < 0 ? .max : MonotonicClock.milliseconds &+ UInt64(milliseconds)
        return 0
    }
}
