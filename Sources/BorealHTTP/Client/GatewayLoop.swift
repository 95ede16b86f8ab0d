import BorealBase
import BorealNet
import CCurl
import Glibc
import Synchronization

/// Lets libcurl's multi interface work on all requests at once. Its answers are waited for, and
/// their ends told, by a thread of its own (`run`) or by an event loop (`settle`). Who brings a
/// request to one with a thread sends it on its own thread, unless another is at libcurl just then:
/// waking that thread first took as long as the rest of the way. One on an event loop takes what
/// arises there, and nothing changes its thread any more.
///
/// Unchecked: the inbox is behind its lock, waking is for any thread; everything else is touched by
/// whoever has `turn`, `token` and `timer` on the event loop.
final class GatewayLoop: @unchecked Sendable {
    /// What other threads left for the loop's.
    private struct Inbox: Sendable {
        var arrived: [HTTPExchange] = []
        var cancelled: [HTTPExchange] = []
        var names: [(host: String, answer: Resolver.Answer)] = []
        /// Their ends are to be told, in place of another loop.
        var ended: [HTTPExchange] = []
        var isStopping = false
        /// The thread will look before it sleeps.
        var isAwake = true

        var isEmpty: Bool {
            arrived.isEmpty && cancelled.isEmpty && names.isEmpty && ended.isEmpty && !isStopping
        }
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
    /// Longest sleep, milliseconds; the second one while there may soon be another request.
    private static let sleepMax: UInt64 = 60_000
    private static let napMax: UInt64 = 1_000
    /// Bytes of an answer that is read within a fraction of a millisecond, as an event loop may.
    private static let shortAnswerBytes = 64 << 10

    private let configuration: HTTPClient.Configuration
    private let inbox = Mutex(Inbox())
    private let turn = Mutex(())
    /// The thread that has the turn; 0 for none.
    private let turnHolder = Atomic<pthread_t>(0)
    private let reactor: CurlReactor
    private let resolver: Resolver
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
    /// Requests that have ended and whose callers do not know it yet, in the order of their ends.
    private var finished: [HTTPExchange] = []
    /// Until when whoever waits sleeps if nobody wakes it; 0 while it is awake.
    private var sleepsUntil: UInt64 = 0
    private var isOver = false
    /// Where answers are waited for without a thread, and who reads those that are long.
    private let place: (loop: EventLoop, other: GatewayLoop)?
    /// Of the event loop.
    private var token: UInt64?
    private var timer: LoopTimer?

    /// - Parameters:
    ///   - place: an event loop that waits in place of a thread, after `settle`, and a gateway with
    ///     a thread, which long answers are left to.
    /// - Throws: `transferFailed` when libcurl cannot be had.
    init(
        _ configuration: HTTPClient.Configuration,
        _ resolver: Resolver,
        on place: (loop: EventLoop, other: GatewayLoop)? = nil
    ) throws(HTTPError) {
        self.configuration = configuration
        self.resolver = resolver
        self.place = place
        reactor = try CurlReactor(connectionsMax: configuration.connectionsMax)
    }

    deinit {
        for handle in idleHandles { curl_easy_cleanup(handle) }
    }

    // MARK: - From other threads

    /// Takes a request over.
    ///
    /// - Returns: false after `stop`.
    func begin(_ exchange: HTTPExchange) -> Bool {
        // Whoever has the turn already, as one who is given bytes of an answer, cannot take it.
        let me = pthread_self()
        if turnHolder.load(ordering: .relaxed) != me,
            let isTaken = turn.withLockIfAvailable({ _ in holding(me, sendHere(exchange)) })
        {
            return isTaken
        }
        return wake { $0.arrived.append(exchange) }
    }

    /// Does something with the turn that this thread has just taken.
    private func holding<Value>(_ me: pthread_t, _ body: @autoclosure () -> Value) -> Value {
        turnHolder.store(me, ordering: .relaxed)
        defer { turnHolder.store(0, ordering: .relaxed) }
        return body()
    }

    /// Sends a request on the caller's thread, and leaves the rest to the loop's.
    private func sendHere(_ exchange: HTTPExchange) -> Bool {
        guard !isOver else { return false }
        start(exchange)
        act(reactor.runTimer())
        if !finished.isEmpty || place == nil && nextEvent < sleepsUntil { reactor.wake() }
        scheduleLook()
        return true
    }

    /// Requests that have not ended. For whoever has brought all of them.
    var count: Int { live.count }

    /// Tells the end of a request of another gateway. From any thread.
    private func tell(_ exchange: HTTPExchange) {
        if !wake({ $0.ended.append(exchange) }) { exchange.tell() }
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
            guard !inbox.isAwake else { return true }
            inbox.isAwake = true
            reactor.wake()
            return true
        }
    }

    // MARK: - The loop

    func run() {
        let me = pthread_self()
        while true {
            let events = reactor.wait(milliseconds: patience)
            let mail = takeMail(isAwake: true)
            let finished = turn.withLock { _ in holding(me, work(mail, events)) }
            for exchange in mail.ended + finished { exchange.tell() }
            if mail.isStopping { return }
        }
    }

    /// - Parameter isAwake: there will be another look before anybody sleeps.
    private func takeMail(isAwake: Bool) -> Inbox {
        inbox.withLock { inbox in
            let mail = inbox
            inbox = Inbox(isStopping: mail.isStopping, isAwake: isAwake)
            return mail
        }
    }

    /// - Returns: the requests that have ended.
    private func work(_ mail: Inbox, _ events: Int) -> [HTTPExchange] {
        if place == nil { sleepsUntil = 0 }
        act(reactor.work(on: events))
        for exchange in mail.arrived { start(exchange) }
        for exchange in mail.cancelled { finish(exchange, .failure(.cancelled)) }
        for name in mail.names { resolved(name.host, name.answer) }
        lookAtClock()
        act(reactor.runTimer())
        if mail.isStopping {
            isOver = true
            for exchange in live.values { finish(exchange, .failure(.cancelled)) }
        }
        defer { finished = [] }
        return finished
    }

    /// Milliseconds that the thread may sleep now: none when something came meanwhile.
    private var patience: UInt64 {
        let patience = turn.withLock { _ in
            // Behind the wait for the turn, in which something may have become due.
            let now = MonotonicClock.milliseconds
            let next = finished.isEmpty ? min(nextEvent, now + Self.sleepMax) : 0
            sleepsUntil = next
            return next > now ? next - now : 0
        }
        return inbox.withLock { inbox in
            inbox.isAwake = !inbox.isEmpty
            return inbox.isAwake ? 0 : patience
        }
    }

    /// Takes the ends of transfers from libcurl, after it has worked on them.
    private func act(_ code: CURLMcode) {
        guard code == CURLM_OK else {
            for exchange in Array(running.values) {
                let failure = HTTPError.transferFailed(
                    host: exchange.host,
                    code: Int(code.rawValue)
                )
                finish(exchange, .failure(failure))
            }
            return
        }
        while let transfer = reactor.ended() {
            if let exchange = running[transfer.easy] { ended(exchange, transfer.code) }
        }
    }

    /// `MonotonicClock.milliseconds` at which there is something to do even if nothing comes.
    private var nextEvent: UInt64 {
        guard live.isEmpty else { return min(nextLook, reactor.timerEnd) }
        guard hasConnections else { return .max }
        if place != nil { return idleEnd }
        // Not longer than a request may take: the next one would have to wake the thread for that.
        return min(idleEnd, MonotonicClock.milliseconds + Self.napMax)
    }

    /// When nobody has used a connection for so long that they are closed.
    private var idleEnd: UInt64 { lastEnd &+ UInt64(max(0, configuration.idleMilliseconds)) }

    /// Ends what has had its time, and closes the connections when nobody has used any for long.
    private func lookAtClock() {
        let now = MonotonicClock.milliseconds
        if live.isEmpty {
            if hasConnections, now >= idleEnd {
                // libcurl closes idle connections only when it makes others.
                reactor.closeConnections()
                hasConnections = false
            }
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
            resolver.ask(target.host) { [weak self] host, answer in
                self?.wake { $0.names.append((host, answer)) }
            }
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
        guard let easy = idleHandles.popLast() ?? makeHandle() else {
            return finish(exchange, .failure(.transferFailed(host: exchange.host, code: 0)))
        }
        pool.running += 1
        hasConnections = true
        running[easy] = exchange
        guard exchange.prepare(easy, configuration),
            reactor.add(easy)
        else {
            let code = Int(CURLE_FAILED_INIT.rawValue)
            return finish(exchange, .failure(.transferFailed(host: exchange.host, code: code)))
        }
    }

    private func makeHandle() -> Curl.Easy? {
        guard let easy = curl_easy_init() else { return nil }
        if HTTPExchange.equip(easy, configuration) { return easy }
        curl_easy_cleanup(easy)
        return nil
    }

    /// Takes the end of a transfer; one that found nobody at an address goes to the next.
    private func ended(_ exchange: HTTPExchange, _ code: CURLcode) {
        if exchange.isToBeSentAgain(after: code) {
            letGo(exchange)
            return queue(exchange)
        }
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
        exchange.end(result)
        finished.append(exchange)
        letGo(exchange)
    }

    /// Takes the handle from libcurl and gives the place at the origin to the next in line.
    private func letGo(_ exchange: HTTPExchange) {
        guard let (easy, isReusable) = exchange.release(from: reactor) else { return }
        running[easy] = nil
        if isReusable, idleHandles.count < Self.idleHandlesMax {
            idleHandles.append(easy)
        } else {
            curl_easy_cleanup(easy)
        }
        guard let origin = exchange.origin, let pool = pools[origin] else { return }
        pool.running -= 1
        // More than one where the next could not be launched at all.
        while pool.running < configuration.connectionsPerOriginMax, let next = pool.popFirst() {
            launch(next, in: pool)
        }
        if pool.running == 0 { pools[origin] = nil }
    }
}

// MARK: - On an event loop

extension GatewayLoop: Watcher {
    /// Has the event loop wait for answers. On that loop.
    ///
    /// - Throws: `transferFailed` when the loop can watch nothing more.
    func settle() throws(HTTPError) {
        do throws(SocketError) {
            token = try place?.loop.watch(reactor.epoll, self)
        } catch {
            throw .transferFailed(host: "", code: Int(CURLE_FAILED_INIT.rawValue))
        }
        sleepsUntil = .max
        _ = takeMail(isAwake: false)
    }

    /// Something happened to a socket, or somebody left something.
    package func ready(_ events: UInt32) { look() }

    /// Ends everything.
    package func loopStopped() {
        stop()
        look()
    }

    /// Works on what there is.
    private func look() {
        let events = reactor.wait(milliseconds: 0)
        let mail = takeMail(isAwake: false)
        let finished = turn.withLock { _ in holding(pthread_self(), work(mail, events)) }
        for exchange in finished {
            if let place, exchange.answerBytes > Self.shortAnswerBytes {
                place.other.tell(exchange)
            } else {
                exchange.tell()
            }
        }
        if mail.isStopping { unsettle() }
        turn.withLock { _ in scheduleLook() }
    }

    /// Sees to it that the event loop looks again when there is something to do by the clock.
    private func scheduleLook() {
        guard let place, !isOver else { return }
        let next = nextEvent
        guard next < sleepsUntil else { return }
        sleepsUntil = next
        timer?.cancel()
        let now = MonotonicClock.milliseconds
        let patience = min(next > now ? next - now : 0, Self.sleepMax)
        timer = place.loop.schedule(afterMilliseconds: Int(patience)) { [weak self] in
            guard let self else { return }
            turn.withLock { _ in sleepsUntil = .max }
            look()
        }
    }

    private func unsettle() {
        timer?.cancel()
        if let token { place?.loop.unwatch(reactor.epoll, token) }
        token = nil
    }
}
