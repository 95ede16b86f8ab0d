import BorealBase
import BorealNet
import CLinux
import Dispatch
import Glibc
import Synchronization

/// A handler made of closures; what it gets is also counted.
final class ClosureHandler: ConnectionHandler, @unchecked Sendable {
    // Unchecked: set before the connection opens, called on its loop.
    var opened: (Connection) -> Void = { _ in }
    var received: (Connection, UnsafeRawBufferPointer) -> Void = { _, _ in }
    var peerClosed: (Connection, Bool) -> Void = { connection, allRead in
        if allRead { connection.closeAfterFlush() }
    }
    var drained: (Connection) -> Void = { _ in }
    var deadline: (Connection) -> Void = { $0.close(error: .timedOut) }
    var idle: (Connection) -> Void = { _ in }
    var closed: (Connection, SocketError?) -> Void = { _, _ in }

    func connectionOpened(_ connection: Connection) { opened(connection) }
    func connection(_ connection: Connection, received bytes: UnsafeRawBufferPointer) {
        received(connection, bytes)
    }
    func connectionPeerClosed(_ connection: Connection, allRead: Bool) {
        peerClosed(connection, allRead)
    }
    func connectionOutputDrained(_ connection: Connection) { drained(connection) }
    func connectionDeadlinePassed(_ connection: Connection) { deadline(connection) }
    func connectionIdle(_ connection: Connection) { idle(connection) }
    func connectionClosed(_ connection: Connection, error: SocketError?) {
        closed(connection, error)
    }

    /// Sends back what it gets.
    static func echo() -> ClosureHandler {
        let handler = ClosureHandler()
        handler.received = { $0.send($1) }
        return handler
    }
}

/// A value that a test waits for, with a deadline instead of a sleep.
final class Awaited<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    private let arrived = DispatchSemaphore(value: 0)

    func give(_ value: Value) {
        values.withLock { $0.append(value) }
        arrived.signal()
    }

    /// The next value, nil when none came within `seconds`.
    func take(seconds: Double = 10) -> Value? {
        guard arrived.wait(timeout: .now() + seconds) == .success else { return nil }
        return values.withLock { $0.removeFirst() }
    }
}

/// A blocking client socket.
final class Client {
    let descriptor: Int32

    /// - Parameter receiveBytes: of the system's buffer; nil for one that grows.
    init?(_ address: SocketAddress, receiveBytes: Int32? = nil) {
        switch address {
        case .ip(let ip, let port) where !ip.isIPv6:
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = UInt32(truncatingIfNeeded: ip.low).bigEndian
            guard Self.connect(descriptor, &name, receiveBytes) else { return nil }
        case .ip(_, let port):
            descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_in6()
            name.sin6_family = sa_family_t(AF_INET6)
            name.sin6_port = port.bigEndian
            name.sin6_addr = in6addr_loopback
            guard Self.connect(descriptor, &name, receiveBytes) else { return nil }
        case .unix(let path):
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
            guard Self.connect(descriptor, &name, receiveBytes) else { return nil }
        }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    }

    deinit { close(descriptor) }

    private static func connect<Name>(
        _ descriptor: Int32,
        _ name: inout Name,
        _ receiveBytes: Int32?
    ) -> Bool {
        if var receiveBytes {
            // Before there is a connection: a window once offered is not taken back.
            let size = socklen_t(MemoryLayout<Int32>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, size)
        }
        return withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Name>.size)) == 0
            }
        }
    }

    /// True when all bytes were taken.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor,
                    $0.baseAddress?.advanced(by: sent),
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// At most `count` bytes; nil at the end, after a reset or after ten seconds.
    func receive(_ count: Int = 65_536) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = recv(descriptor, &bytes, count, 0)
        return got > 0 ? Array(bytes[..<got]) : nil
    }

    /// Exactly `count` bytes, or fewer when the connection ends before.
    func receiveAll(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count, let more = receive(min(1 << 20, count - bytes.count)) {
            bytes += more
        }
        return bytes
    }

    /// True when the peer ended the connection in order.
    func isAtEnd() -> Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, 0) == 0
    }

    func shutdownWriting() { shutdown(descriptor, Int32(SHUT_WR)) }
}

/// A listener on a free loopback port with its own loops, gone at the end of the test.
final class TestServer {
    let group: EventLoopGroup
    let listener: Listener

    init(
        loops: Int = 2,
        tickMilliseconds: Int = 10,
        closeMilliseconds: Int = 30_000,
        isAccepting: Bool = true,
        _ addresses: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 0)],
        makeHandler: @escaping Listener.MakeHandler
    ) throws {
        group = try EventLoopGroup(
            count: loops,
            tickMilliseconds: tickMilliseconds,
            closeMilliseconds: closeMilliseconds
        )
        do {
            listener = try Listener(
                addresses,
                on: group,
                isAccepting: isAccepting,
                makeHandler: makeHandler
            )
        } catch {
            group.shutdown()
            throw error
        }
    }

    deinit {
        listener.stop()
        group.shutdown()
    }

    func client(_ index: Int = 0, receiveBytes: Int32? = nil) throws -> Client {
        guard let client = Client(listener.addresses[index], receiveBytes: receiveBytes) else {
            throw SocketError.peerReset
        }
        return client
    }
}

/// Descriptors of this process whose near end is `port`.
func descriptors(onPort port: UInt16) -> Int {
    var found = 0
    for descriptor in 0..<Int32(20_000) {
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let known = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &length) == 0
            }
        }
        if known, name.sin_family == sa_family_t(AF_INET), UInt16(bigEndian: name.sin_port) == port
        {
            found += 1
        }
    }
    return found
}

/// Calls `condition` until it holds, for at most `seconds`.
func eventually(seconds: Double = 10, _ condition: () -> Bool) -> Bool {
    let end = MonotonicClock.milliseconds + UInt64(seconds * 1_000)
    while !condition() {
        guard MonotonicClock.milliseconds < end else { return false }
        usleep(1_000)
    }
    return true
}

/// A path in a temporary folder that nobody else has.
func temporaryPath(_ name: String) -> String {
    "/tmp/boreal-net-\(getpid())-\(MonotonicClock.nanoseconds)-\(name)"
}
