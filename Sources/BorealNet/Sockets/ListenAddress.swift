import Glibc

/// Where a listener shall listen.
public enum ListenAddress: Hashable, Sendable {
    /// A numeric address or a name (`localhost` may be two addresses), and a port; 0 picks a free
    /// one.
    case tcp(host: String, port: UInt16)
    /// A unix socket file, with its permissions. A stale file is replaced, a live one never.
    case unix(path: String, mode: UInt32 = 0o600)
}

/// A descriptor that listens, and what has to be undone.
struct ListeningSocket {
    let descriptor: Int32
    let address: SocketAddress
    /// Device and inode of the socket file, so that only our own file is removed.
    let file: (device: UInt, inode: UInt)?

    private static let backlog: Int32 = 4_096

    func close() {
        Glibc.close(descriptor)
        guard let file, case .unix(let path) = address else { return }
        var status = stat()
        guard lstat(path, &status) == 0, UInt(status.st_dev) == file.device,
            UInt(status.st_ino) == file.inode
        else { return }
        unlink(path)
    }

    /// Listens at every address that `wanted` stands for.
    ///
    /// - Parameter alsoAnyIPv4: another listener takes all IPv4 addresses, so `::` must leave them
    ///   alone.
    static func open(
        _ wanted: ListenAddress,
        alsoAnyIPv4: Bool
    ) throws(SocketError) -> [ListeningSocket] {
        switch wanted {
        case .tcp(let host, let port):
            return try openTCP(host: host, port: port, alsoAnyIPv4: alsoAnyIPv4)
        case .unix(let path, let mode):
            return [try openUnix(path: path, mode: mode)]
        }
    }

    // MARK: - TCP

    private static func openTCP(
        host: String,
        port: UInt16,
        alsoAnyIPv4: Bool
    ) throws(SocketError) -> [ListeningSocket] {
        var opened: [ListeningSocket] = []
        var firstError: SocketError?
        for ip in try HostName.resolve(host) {
            // One name, one port: the addresses after the first take the port that it was given.
            let address = SocketAddress.ip(ip, port: opened.first?.address.port ?? port)
            do throws(SocketError) {
                opened.append(try openTCP(address, alsoAnyIPv4: alsoAnyIPv4))
            } catch {
                // `localhost` names ::1 on machines without IPv6 too.
                if case .addressUnavailable = error {
                    firstError = firstError ?? error
                    continue
                }
                for socket in opened { socket.close() }
                throw error
            }
        }
        guard !opened.isEmpty else { throw firstError ?? .addressUnavailable(host) }
        return opened
    }

    private static func openTCP(
        _ address: SocketAddress,
        alsoAnyIPv4: Bool
    ) throws(SocketError) -> ListeningSocket {
        guard case .ip(let ip, _) = address else { throw .noAddress }
        let descriptor = try makeSocket(ip.isIPv6 ? AF_INET6 : AF_INET, address)
        // Restarting must not wait for old connections in TIME_WAIT. Never SO_REUSEPORT: a second
        // server on the same port has to fail.
        TCPOptions.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        TCPOptions.apply(to: descriptor)
        if ip.isIPv6 {
            let only: Int32 = ip.isUnspecified && !alsoAnyIPv4 ? 0 : 1
            TCPOptions.set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, only)
        }
        do throws(SocketError) {
            try bindAndListen(descriptor, address)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        let bound = SocketAddress.local(of: descriptor) ?? address
        return ListeningSocket(descriptor: descriptor, address: bound, file: nil)
    }

    // MARK: - Unix

    private static func openUnix(path: String, mode: UInt32) throws(SocketError) -> ListeningSocket
    {
        let address = SocketAddress.unix(path: path)
        try removeStaleFile(path, address)
        let descriptor = try makeSocket(AF_UNIX, address)
        do throws(SocketError) {
            // The mode of the descriptor is the mode the file is born with: at no moment is it
            // wider.
            fchmod(descriptor, mode_t(mode & 0o777))
            try bindAndListen(descriptor, address)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        // The umask may have taken bits away at birth.
        chmod(path, mode_t(mode & 0o777))
        var status = stat()
        let known = lstat(path, &status) == 0
        let file = known ? (device: UInt(status.st_dev), inode: UInt(status.st_ino)) : nil
        return ListeningSocket(descriptor: descriptor, address: address, file: file)
    }

    /// Removes a socket file that nobody listens at.
    private static func removeStaleFile(
        _ path: String,
        _ address: SocketAddress
    ) throws(SocketError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .socketPathTaken(path) }
        let probe = try makeSocket(AF_UNIX, address)
        defer { Glibc.close(probe) }
        let code = try address.withSockaddr { Glibc.connect(probe, $0, $1) == 0 ? 0 : errno }
        // Anything but a refusal (a full backlog, a missing right) means that somebody may be
        // there.
        guard code == ECONNREFUSED else { throw .addressInUse(path) }
        unlink(path)
    }

    // MARK: - Both

    private static func makeSocket(
        _ family: Int32,
        _ address: SocketAddress
    ) throws(SocketError) -> Int32 {
        let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = socket(family, Int32(kind), 0)
        guard descriptor < 0 else { return descriptor }
        let code = errno
        if code == EAFNOSUPPORT { throw .addressUnavailable("\(address)") }
        throw .system(call: "socket", code: code)
    }

    private static func bindAndListen(
        _ descriptor: Int32,
        _ address: SocketAddress
    ) throws(SocketError) {
        var call = "bind"
        var code = try address.withSockaddr { Glibc.bind(descriptor, $0, $1) == 0 ? 0 : errno }
        if code == 0 {
            call = "listen"
            code = Glibc.listen(descriptor, backlog) == 0 ? 0 : errno
        }
        switch code {
        case 0: return
        case EADDRINUSE: throw .addressInUse("\(address)")
        case EADDRNOTAVAIL: throw .addressUnavailable("\(address)")
        case EACCES, EPERM: throw .permissionDenied("\(address)")
        default: throw .system(call: call, code: code)
        }
    }
}

/// Names to addresses, by the system's resolver. Blocks: never on a loop.
public enum HostName {
    /// The addresses of a host in the system's order, each once. A numeric address is itself.
    ///
    /// - Throws: `nameNotResolved`.
    public static func resolve(_ host: String) throws(SocketError) -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_family = AF_UNSPEC
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else { throw .nameNotResolved(host: host, code: code) }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            guard let name = entry.pointee.ai_addr else { continue }
            var storage = sockaddr_storage()
            let length = min(Int(entry.pointee.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
            memcpy(&storage, name, length)
            if case .ip(let ip, _) = SocketAddress(&storage, length: socklen_t(length)),
                !addresses.contains(ip)
            {
                addresses.append(ip)
            }
        }
        guard !addresses.isEmpty else { throw .nameNotResolved(host: host, code: EAI_NONAME) }
        return addresses
    }
}
