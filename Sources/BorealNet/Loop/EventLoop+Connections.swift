import CLinux
import Glibc
import Synchronization

extension EventLoop {
    /// Makes a connection of an accepted or inherited stream socket. From any thread.
    ///
    /// The descriptor belongs to the loop from here on and is closed when the loop has stopped.
    ///
    /// - Parameters:
    ///   - local: the near end, if it is known.
    ///   - makeHandler: runs on the loop.
    public func adopt(
        descriptor: Int32,
        local: SocketAddress? = nil,
        makeHandler: @escaping @Sendable (Connection) -> any ConnectionHandler
    ) {
        arriving.wrappingAdd(1, ordering: .relaxed)
        let accepted = execute { [self] in
            arriving.wrappingSubtract(1, ordering: .relaxed)
            adoptHere(descriptor: descriptor, local: local, makeHandler: makeHandler)
        }
        if !accepted { Glibc.close(descriptor) }
    }

    /// As `adopt`, on the loop and at once.
    func adoptHere(
        descriptor: Int32,
        local: SocketAddress?,
        makeHandler: (Connection) -> any ConnectionHandler
    ) {
        guard let peer = SocketAddress.peer(of: descriptor) else {
            // The peer is gone before it was looked at.
            Glibc.close(descriptor)
            return
        }
        let connection = Connection(descriptor: descriptor, loop: self, peer: peer, local: local)
        do {
            try connection.open(makeHandler: makeHandler)
        } catch {
            // Out of epoll watches: the connection closes its descriptor as it goes.
            return
        }
    }

    /// Opens a connection to `address`. On the loop.
    ///
    /// `connectionOpened` follows when it stands, or `connectionClosed` with `connectFailed` or
    /// `timedOut`.
    ///
    /// - Throws: `socketPathInvalid`, `connectFailed` or `system` when it cannot even be tried.
    @discardableResult
    public func connect(
        to address: SocketAddress,
        timeoutMilliseconds: Int,
        makeHandler: (Connection) -> any ConnectionHandler
    ) throws(SocketError) -> Connection {
        assertCurrent()
        let family =
            switch address {
            case .ip(let ip, _): ip.isIPv6 ? AF_INET6 : AF_INET
            case .unix: AF_UNIX
            }
        let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = socket(family, Int32(kind), 0)
        guard descriptor >= 0 else { throw .system(call: "socket", code: errno) }
        let connection = Connection(descriptor: descriptor, loop: self, peer: address)
        if !address.isUnixSocket { TCPOptions.apply(to: descriptor) }
        let code = try address.withSockaddr { Glibc.connect(descriptor, $0, $1) == 0 ? 0 : errno }
        guard code == 0 || code == EINPROGRESS else { throw .connectFailed(code: code) }
        try connection.openConnecting(
            timeoutMilliseconds: timeoutMilliseconds,
            makeHandler: makeHandler
        )
        return connection
    }
}

/// What every TCP socket of ours has switched on.
enum TCPOptions {
    /// No delay of small packets (a 44 ms stall with delayed acknowledgements), and probes that
    /// find a vanished peer within about four minutes. Accepted sockets inherit them from their
    /// listener.
    static func apply(to descriptor: Int32) {
        set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 120)
        set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 30)
        set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
    }

    static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        // An option the kernel lacks is no reason to refuse a connection.
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
