import Glibc

/// TCP on this machine, for the peers that tests play themselves.
enum Loopback {
    struct Failure: Error {
        let call: String
        let code: Int32
    }

    /// A connection on which nothing was said yet; whoever asks for it closes it. It ends when the
    /// peer stands still for two minutes.
    static func connect(to port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard withAddress(port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            let code = errno
            close(descriptor)
            throw RawClient.ClientFailure.cannotConnect(code)
        }
        var timeout = timeval(tv_sec: 120, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        return descriptor
    }

    /// A socket that listens, and its port; whoever asks for it closes it.
    static func listen() throws -> (descriptor: Int32, port: Int) {
        let descriptor = try bound()
        guard Glibc.listen(descriptor, 64) == 0 else { throw failure("listen", descriptor) }
        return (descriptor, port(of: descriptor))
    }

    /// A port that nobody listened at a moment ago.
    static func freePort() throws -> Int {
        let descriptor = try bound()
        defer { close(descriptor) }
        return port(of: descriptor)
    }

    private static func bound() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard withAddress(0, { bind(descriptor, $0, $1) }) == 0 else {
            throw failure("bind", descriptor)
        }
        return descriptor
    }

    private static func failure(_ call: String, _ descriptor: Int32) -> Failure {
        let code = errno
        close(descriptor)
        return Failure(call: call, code: code)
    }

    private static func port(of descriptor: Int32) -> Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &size)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func withAddress(
        _ port: Int,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
