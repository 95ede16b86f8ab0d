import BorealBase
import BorealNet
import CCurl
import Synchronization

/// The client's thread: takes requests from an inbox, lets libcurl's multi interface work on all of
/// them, and tells their ends.
///
/// Unchecked: the inbox is behind a lock, `multi` is changed under the same lock; everything else
/// is touched by the thread that is in `run` only.
final class GatewayLoop: @unchecked Sendable {
    /// What other threads left for this one.
    private struct Inbox: Sendable {
        var arrived: [HTTPExchange] = []
        var cancelled: [HTTPExchange] = []
        var names: [(host: String, answer: Resolver.Answer)] = []
        var isStopping = false
        /// Somebody has woken the thread since it last looked.
        var isWoken = false
    }

    /// The requests of one origin.
    private final class Pool {
        var running = 0
        var waiting: [HTTPExchange] = []

        /// The first in line that still wants an answer.
        func popFirst() -> HTTPExchange? {
            let place = waiting.firstIndex { !$0.isOver }
            let first = place.map { waiting[$0] }
            waiting.removeFirst(place.map { $0 + 1 } ?? waiting.count)
            return first
        }
    }

    /// Addresses of a host that are tried, one after the other.
    private static let addressesMax = 4
    /// Handles that are kept for later requests.
    private static let idleHandlesMax = 256
    /// Longest sleep, milliseconds.
    private static let sleepMax: UInt64 = 60_000

    private let configuration: HTTPClient.Configuration
    private let inbox = Mutex(Inbox())
    private var multi: Curl.Multi
    /// Made with the first name.
    private lazy var resolver = Resolver(configuration.resolve) { [weak self] host, answer in
        self?.wake { $0.names.append((host, answer)) }
    }
    private var names = NameCache()
    /// All requests that have not ended.
    private var live: [ObjectIdentifier: HTTPExchange] = [:]
    private var running: [Curl.Easy: HTTPExchange] = [:]
    private var pools: [HTTPExchange.Origin: Pool] = [:]
    private var idleHandles: [Curl.Easy] = []
    /// When to look whether somebody's time is up.
    private var nextLook = UInt64.max
    /// When the last request ended.
    private var lastEnd: UInt64 = 0
    private var hasConnections = false

    init(_ configuration: HTTPClient.Configuration) throws(HTTPError) {
        self.configuration = configuration
        guard Curl.isReady, let multi = Self.makeMulti(configuration) else {
            throw .transferFailed(host: "", code: Int(CURLE_FAILED_INIT.rawValue))
        }
        self.multi = multi
    }

    deinit {
        for handle in idleHandles { curl_easy_cleanup(handle) }
        curl_multi_cleanup(multi)
    }

    private static func makeMulti(_ configuration: HTTPClient.Configuration) -> Curl.Multi? {
        guard let multi = curl_multi_init() else { return nil }
        let kept = configuration.connectionsMax
        // A refusal would leave the default, four connections a request.
        _ = boreal_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, kept)
        return multi
    }

    // MARK: - From other threads

    /// Takes a request over.
    ///
    /// - Returns: false after `stop`.
    func begin(_ exchange: HTTPExchange) -> Bool {
        wake { $0.arrived.append(exchange) }
    }

    func cancel(_ exchange: HTTPExchange) {
        wake { $0.cancelled.append(exchange) }
    }

    /// Ends everything; the thread leaves `run` soon.
    func stop() {
        wake { $0.isStopping = true }
    }

    /// Changes the inbox and sees to it that the thread looks into it.
    ///
    /// - Returns: false when it has stopped, and nothing was changed.
    @discardableResult
    private func wake(_ change: (inout Inbox) -> Void) -> Bool {
        inbox.withLock { inbox in
            guard !inbox.isStopping else { return false }
            change(&inbox)
            guard !inbox.isWoken else { return true }
            inbox.isWoken = true
            // It fails only when the pipe is full of wake-ups.
            _ = curl_multi_wakeup(multi)
            return true
        }
    }

    // MARK: - The loop

    func run() {
        while true {
            let mail = inbox.withLock { inbox in
                let mail = inbox
                inbox = Inbox(isStopping: mail.isStopping)
                return mail
            }
            for exchange in mail.arrived { start(exchange) }
            if mail.isStopping { return end() }
            for exchange in mail.cancelled { finish(exchange, .failure(.cancelled)) }
            for name in mail.names { resolved(name.host, name.answer) }
            perform()
            lookAtClock()
            // Whatever is wrong with waiting shows in the next call of perform.
            _ = curl_multi_poll(multi, nil, 0, Int32(sleepMilliseconds), nil)
        }
    }

    private func end() {
        for exchange in live.values { finish(exchange, .failure(.cancelled)) }
        resolver.stop()
    }

    private func perform() {
        guard !running.isEmpty else { return }
        var count: Int32 = 0
        let code = curl_multi_perform(multi, &count)
        guard code == CURLM_OK else {
            for exchange in running.values {
                let failure = HTTPError.transferFailed(
                    host: exchange.host,
                    code: Int(code.rawValue)
                )
                finish(exchange, .failure(failure))
            }
            return
        }
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let exchange = running[easy]
            else { continue }
            ended(exchange, message.pointee.data.result)
        }
    }

    private var sleepMilliseconds: UInt64 {
        let now = MonotonicClock.milliseconds
        guard live.isEmpty else { return min(Self.sleepMax, nextLook > now ? nextLook - now : 0) }
        guard hasConnections else { return Self.sleepMax }
        let end = lastEnd &+ UInt64(max(0, configuration.idleMilliseconds))
        return min(Self.sleepMax, end > now ? end - now : 0)
    }

    /// Ends what has had its time, and closes the connections when nobody has used any for long.
    private func lookAtClock() {
        let now = MonotonicClock.milliseconds
        if live.isEmpty {
            let idle = UInt64(max(0, configuration.idleMilliseconds))
            if hasConnections, now >= lastEnd &+ idle { closeConnections() }
            return
        }
        guard now >= nextLook else { return }
        var next = UInt64.max
        for exchange in Array(live.values) {
            if let lateness = exchange.lateness(at: now) {
                finish(exchange, .failure(lateness))
            } else {
                next = min(next, exchange.nextLook(at: now))
            }
        }
        nextLook = next
    }

    /// libcurl closes idle connections only when it makes others, so the whole multi handle goes.
    private func closeConnections() {
        guard let fresh = Self.makeMulti(configuration) else { return }
        let old = multi
        inbox.withLock { _ in multi = fresh }
        curl_multi_cleanup(old)
        hasConnections = false
    }

    // MARK: - A request's way

    private func start(_ exchange: HTTPExchange) {
        live[ObjectIdentifier(exchange)] = exchange
        let now = MonotonicClock.milliseconds
        nextLook = min(nextLook, exchange.nextLook(at: now))
        guard exchange.problem == nil, let target = exchange.target else {
            return finish(exchange, .failure(exchange.problem ?? .invalidURL))
        }
        if let address = IPAddress(target.host) { return aim(exchange, at: [address]) }
        if let addresses = names.addresses(of: target.host, at: now) {
            aim(exchange, at: addresses)
        } else if names.wait(exchange, for: target.host) {
            resolver.ask(target.host)
        }
    }

    private func resolved(_ host: String, _ answer: Resolver.Answer) {
        let end = MonotonicClock.milliseconds &+ UInt64(max(0, configuration.nameMilliseconds))
        for exchange in names.answered(host, answer, validUntil: end) where !exchange.isOver {
            switch answer {
            case .success(let addresses):
                aim(exchange, at: names.sorted(addresses, of: host))
            case .failure:
                finish(exchange, .failure(.nameNotResolved(host: host)))
            }
        }
    }

    /// Checks all addresses of the host and waits for a connection to the first.
    private func aim(_ exchange: HTTPExchange, at addresses: [IPAddress]) {
        do throws(HTTPError) {
            let port = exchange.target?.port ?? 0
            try exchange.policy.check(addresses, of: exchange.host, port: port)
        } catch {
            return finish(exchange, .failure(error))
        }
        exchange.addresses = Array(addresses.prefix(Self.addressesMax))
        queue(exchange)
    }

    private func queue(_ exchange: HTTPExchange) {
        guard let target = exchange.target, let address = exchange.addresses.first else {
            return finish(exchange, .failure(.nameNotResolved(host: exchange.host)))
        }
        let origin = HTTPExchange.Origin(
            isSecure: target.isSecure,
            host: target.host,
            port: target.port,
            address: address
        )
        exchange.origin = origin
        let pool = pools[origin] ?? Pool()
        pools[origin] = pool
        if pool.running < configuration.connectionsPerOriginMax {
            launch(exchange, in: pool)
        } else {
            pool.waiting.append(exchange)
        }
    }

    private func launch(_ exchange: HTTPExchange, in pool: Pool) {
        guard let easy = idleHandles.popLast() ?? curl_easy_init() else {
            return finish(exchange, .failure(.transferFailed(host: exchange.host, code: 0)))
        }
        pool.running += 1
        hasConnections = true
        running[easy] = exchange
        guard exchange.prepare(easy, configuration),
            curl_multi_add_handle(multi, easy) == CURLM_OK
        else {
            let code = Int(CURLE_FAILED_INIT.rawValue)
            return finish(exchange, .failure(.transferFailed(host: exchange.host, code: code)))
        }
    }

    /// Takes the end of a transfer; one that found nobody at an address goes to the next.
    private func ended(_ exchange: HTTPExchange, _ code: CURLcode) {
        let outcome = exchange.outcome(of: code)
        if case .failure(.connectFailed) = outcome, exchange.addresses.count > 1 {
            letGo(exchange)
            exchange.addresses.removeFirst()
            return queue(exchange)
        }
        if case .success = outcome, let address = exchange.addresses.first {
            names.prefer(address, of: exchange.host)
        }
        finish(exchange, outcome)
    }

    private func finish(
        _ exchange: HTTPExchange,
        _ result: Swift.Result<HTTPClient.Answer, HTTPError>
    ) {
        guard live.removeValue(forKey: ObjectIdentifier(exchange)) != nil else { return }
        lastEnd = MonotonicClock.milliseconds
        // Before the connection goes to the next request, so that answers keep their order.
        exchange.complete(result)
        letGo(exchange)
    }

    /// Takes the handle from libcurl and gives the place at the origin to the next in line.
    private func letGo(_ exchange: HTTPExchange) {
        guard let easy = exchange.release(from: multi) else { return }
        running[easy] = nil
        if idleHandles.count < Self.idleHandlesMax {
            idleHandles.append(easy)
        } else {
            curl_easy_cleanup(easy)
        }
        guard let origin = exchange.origin, let pool = pools[origin] else { return }
        pool.running -= 1
        if let next = pool.popFirst() {
            launch(next, in: pool)
        } else if pool.running == 0 {
            pools[origin] = nil
        }
    }
}
