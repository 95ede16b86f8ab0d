import Glibc

/// A blocking socket to the demo's own server on loopback.
final class DemoSocket {
    private let descriptor: Int32
    private var unread: [UInt8] = []

    /// - Throws: `CommandFailure` when the port does not answer.
    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw CommandFailure.failed("cannot connect to port \(port)") }
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw CommandFailure.failed("the server closed the connection") }
            sent += count
        }
    }

    /// Exactly `count` bytes.
    func read(_ count: Int) throws -> [UInt8] {
        while unread.count < count {
            guard try fill() else {
                throw CommandFailure.failed("the server closed the connection")
            }
        }
        defer { unread.removeFirst(count) }
        return Array(unread.prefix(count))
    }

    /// Everything up to the end of the stream.
    func readToEnd() throws -> [UInt8] {
        while try fill() {}
        return unread
    }

    private func fill() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        unread += chunk[0..<count]
        return true
    }
}
