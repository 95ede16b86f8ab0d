import BorealBase
import CLinux
import Dispatch
import Glibc
import Synchronization

/// Listens at one or more addresses and hands what it accepts to the loop with the fewest
/// connections.
///
/// There is one acceptor, on the group's first loop: with few connections that spreads them evenly,
/// and a second server on the same port fails to start.
public final class Listener: Sendable {
    /// Makes the handler of a new connection; runs on that connection's loop.
    public typealias MakeHandler = @Sendable (Connection) -> any ConnectionHandler

    /// Where it listens, with real port numbers, in the order asked for.
    public let addresses: [SocketAddress]
    private let acceptors: [Acceptor]
    private let home: EventLoop

    /// Starts to listen. Connections may arrive before this returns, unless they are to wait.
    ///
    /// - Parameters:
    ///   - wanted: at least one.
    ///   - group: the loops connections are handed to.
    ///   - isAccepting: false leaves connections in the backlog until `accept` is called.
    ///   - report: told, at most once a second, why connections cannot be accepted (no descriptors
    ///     left).
    ///   - makeHandler: makes the handler of each connection.
    /// - Throws: `addressInUse`, `addressUnavailable`, `permissionDenied`, `nameNotResolved`,
    ///   `socketPathInvalid`, `socketPathTaken`, `noAddress` or `system`; then nothing listens.
    public init(
        _ wanted: [ListenAddress],
        on group: EventLoopGroup,
        isAccepting: Bool = true,
        report: @escaping @Sendable (SocketError) -> Void = { _ in },
        makeHandler: @escaping MakeHandler
    ) throws(SocketError) {
        guard let first = group.loops.first, !wanted.isEmpty else { throw .noAddress }
        home = first
        let alsoAnyIPv4 = wanted.contains {
            if case .tcp(let host, _) = $0 { IPAddress(host) == IPAddress(ipv4: 0) } else { false }
        }
        var sockets: [ListeningSocket] = []
        for address in wanted {
            do throws(SocketError) {
                sockets += try ListeningSocket.open(address, alsoAnyIPv4: alsoAnyIPv4)
            } catch {
                for socket in sockets { socket.close() }
                throw error
            }
        }
        addresses = sockets.map(\.address)
        acceptors = sockets.map {
            Acceptor($0, home: first, group: group, report: report, makeHandler: makeHandler)
        }
        if isAccepting { accept() }
    }

    /// Takes the connections that came, and those that come. Once, for a listener that was made to
    /// let them wait.
    public func accept() {
        for acceptor in acceptors where !home.execute({ acceptor.start() }) {
            acceptor.loopStopped()
        }
    }

    /// Stops to listen and removes socket files; open connections stay. Returns when it is done.
    public func stop() {
        let done = DispatchSemaphore(value: 0)
        let accepted = home.execute { [acceptors] in
            for acceptor in acceptors { acceptor.stop() }
            done.signal()
        }
        // A stopped loop has closed them already; on the loop itself the job runs later in this
        // turn.
        if accepted, !home.isCurrent { done.wait() }
    }
}

/// One listening socket on the acceptor's loop.
///
/// Unchecked: the state is touched on `home` only.
private final class Acceptor: Watcher, @unchecked Sendable {
    /// Connections taken per event, so that a storm of them does not hold up the loop.
    private static let batch = 64
    /// Milliseconds of rest when no descriptor is left: the connection waits in the backlog.
    private static let restMilliseconds = 100

    private let socket: ListeningSocket
    /// The near end of all its connections; nil when it listens at every address of the machine.
    private let local: SocketAddress?
    private let home: EventLoop
    private let group: EventLoopGroup
    private let report: @Sendable (SocketError) -> Void
    private let makeHandler: Listener.MakeHandler
    private var token: UInt64?
    private var isStopped = false
    private var lastReport: UInt64 = 0

    init(
        _ socket: ListeningSocket,
        home: EventLoop,
        group: EventLoopGroup,
        report: @escaping @Sendable (SocketError) -> Void,
        makeHandler: @escaping Listener.MakeHandler
    ) {
        self.socket = socket
        if case .ip(let address, _) = socket.address, address.isUnspecified {
            local = nil
        } else {
            local = socket.address
        }
        self.home = home
        self.group = group
        self.report = report
        self.makeHandler = makeHandler
    }

    func start() {
        guard !isStopped else { return }
        do {
            token = try home.add(socket.descriptor, .watcher(self), events: boreal_epoll_in)
        } catch {
            report(error)
            rest()
        }
    }

    func ready(_ events: UInt32) {
        for _ in 0..<Self.batch {
            let descriptor = boreal_accept(socket.descriptor)
            if descriptor >= 0 {
                handOver(descriptor)
                continue
            }
            let code = errno
            switch code {
            case EAGAIN, EWOULDBLOCK: return
            case EINTR, ECONNABORTED, EPROTO, EPERM: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return exhausted(code)
            // Linux passes pending network errors of the new socket through accept.
            case ENETDOWN, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH, ENOPROTOOPT: continue
            default: return exhausted(code)
            }
        }
    }

    private func handOver(_ descriptor: Int32) {
        let loop = group.leastLoaded(from: home)
        if loop === home {
            loop.adoptHere(descriptor: descriptor, local: local, makeHandler: makeHandler)
        } else {
            loop.adopt(descriptor: descriptor, local: local, makeHandler: makeHandler)
        }
    }

    /// The listening socket stays readable while nothing can be accepted: take it out of epoll for
    /// a moment instead of spinning.
    private func exhausted(_ code: Int32) {
        if home.turnMilliseconds &- lastReport >= 1_000 {
            lastReport = home.turnMilliseconds
            report(.acceptExhausted(code: code))
        }
        if let token {
            home.modify(socket.descriptor, events: 0, token: token)
        }
        rest()
    }

    private func rest() {
        home.schedule(afterMilliseconds: Self.restMilliseconds) { [self] in
            guard !isStopped else { return }
            guard let token else { return start() }
            home.modify(socket.descriptor, events: boreal_epoll_in, token: token)
        }
    }

    func stop() {
        guard !isStopped else { return }
        isStopped = true
        if let token { home.remove(token) }
        socket.close()
    }

    func loopStopped() {
        guard !isStopped else { return }
        isStopped = true
        socket.close()
    }
}
