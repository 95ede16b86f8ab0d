import Glibc

/// Where one end of a connection is.
public enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// A TCP end. IPv4 peers of a dual-stack listener appear as IPv4.
    case ip(IPAddress, port: UInt16)
    /// A unix socket; the path is empty for the client's end, which has no name.
    case unix(path: String)

    /// True for a connection that did not come through the network: 127.0.0.0/8, `::1`.
    public var isLoopback: Bool {
        if case .ip(let address, _) = self { address.isLoopback } else { false }
    }

    /// True for a unix socket.
    public var isUnixSocket: Bool {
        if case .unix = self { true } else { false }
    }

    /// True when the other end can only be a process of this machine.
    public var isLocal: Bool { isLoopback || isUnixSocket }

    /// The address without the port: `127.0.0.1`, `::1`; `localhost` for a unix socket, as MySQL
    /// says.
    public var host: String {
        switch self {
        case .ip(let address, _): address.description
        case .unix: "localhost"
        }
    }

    /// The TCP port; 0 for a unix socket.
    public var port: UInt16 {
        if case .ip(_, let port) = self { port } else { 0 }
    }

    /// `127.0.0.1:3307`, `[::1]:3307`, or the path.
    public var description: String {
        switch self {
        case .ip(let address, let port):
            address.isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
        case .unix(let path): path
        }
    }

    /// Reads what the system wrote.
    init(_ storage: inout sockaddr_storage, length: socklen_t) {
        switch Int32(storage.ss_family) {
        case AF_INET:
            let address = withUnsafeBytes(of: &storage) { $0.load(as: sockaddr_in.self) }
            let ip = IPAddress(ipv4: UInt32(bigEndian: address.sin_addr.s_addr))
            self = .ip(ip, port: UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            let address = withUnsafeBytes(of: &storage) { $0.load(as: sockaddr_in6.self) }
            let ip = IPAddress(address.sin6_addr).unmapped
            self = .ip(ip, port: UInt16(bigEndian: address.sin6_port))
        default:
            let path = withUnsafeBytes(of: &storage) { bytes -> String in
                let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
                let end = min(max(Int(length), start), bytes.count)
                return String(
                    decoding: bytes[start..<end].prefix { $0 != 0 },
                    as: UTF8.self
                )
            }
            self = .unix(path: path)
        }
    }

    /// The peer of a connected socket, nil when it is gone already.
    static func peer(of descriptor: Int32) -> SocketAddress? {
        read { getpeername(descriptor, $0, $1) }
    }

    /// The near end of a socket.
    static func local(of descriptor: Int32) -> SocketAddress? {
        read { getsockname(descriptor, $0, $1) }
    }

    private static func read(
        _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let outcome = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, &length) }
        }
        return outcome == 0 ? SocketAddress(&storage, length: length) : nil
    }

    /// Calls `body` with the system's form.
    ///
    /// - Throws: `socketPathInvalid` for a path that does not fit.
    func withSockaddr<R>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
    ) throws(SocketError) -> R {
        var storage = sockaddr_storage()
        var length = 0
        switch self {
        case .ip(let address, let port) where address.isIPv6:
            var form = sockaddr_in6()
            form.sin6_family = sa_family_t(AF_INET6)
            form.sin6_port = port.bigEndian
            form.sin6_addr = address.networkIPv6
            length = MemoryLayout<sockaddr_in6>.size
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: form, as: sockaddr_in6.self) }
        case .ip(let address, let port):
            var form = sockaddr_in()
            form.sin_family = sa_family_t(AF_INET)
            form.sin_port = port.bigEndian
            form.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.low).bigEndian
            length = MemoryLayout<sockaddr_in>.size
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: form, as: sockaddr_in.self) }
        case .unix(let path):
            let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
            let room = MemoryLayout<sockaddr_un>.size - start
            let bytes = Array(path.utf8)
            guard !bytes.isEmpty, bytes.count < room, !bytes.contains(0) else {
                throw .socketPathInvalid(path)
            }
            storage.ss_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &storage) { room in
                for (i, byte) in bytes.enumerated() { room[start + i] = byte }
            }
            length = start + bytes.count + 1
        }
        return withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }
}
