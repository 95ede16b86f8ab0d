import BorealBase
import BorealHTTP
import BorealNet
import Dispatch
import Glibc
import Synchronization

/// A value that a test waits for, with a deadline instead of a sleep.
final class Awaited<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    private let arrived = DispatchSemaphore(value: 0)

    func give(_ value: Value) {
        values.withLock { $0.append(value) }
        arrived.signal()
    }

    /// The next value, nil when none came within ten seconds.
    func take() -> Value? {
        guard arrived.wait(timeout: .now() + 10) == .success else { return nil }
        return values.withLock { $0.removeFirst() }
    }
}

/// A blocking client that writes requests by hand.
final class RawClient {
    private let descriptor: Int32
    /// Received and not yet taken.
    private var held: [UInt8] = []
    /// Waits this long before it reads up to 256 KiB.
    var pauseMicroseconds: UInt32 = 0

    /// - Parameter receiveBytes: of the system's buffer, so that it is known how much an answer
    ///   has to be longer to wait at the server; nil for one that grows.
    init(port: UInt16, receiveBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBytes {
            // Before there is a connection: a window once offered is not taken back.
            let size = socklen_t(MemoryLayout<Int32>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, size)
        }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw SocketError.connectFailed(code: errno) }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    }

    deinit { close(descriptor) }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

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

    func shutdownWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    private func receive() -> Bool {
        if pauseMicroseconds > 0 { usleep(pauseMicroseconds) }
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        if count > 0 { held += bytes[..<count] }
        return count > 0
    }

    /// One answer, its body framed by `Content-Length`, chunks or the end of the connection.
    func answer(isHead: Bool = false) throws -> Answer {
        var end: Int?
        while end == nil {
            end = held.indices.first { held[$0...].starts(with: [13, 10, 13, 10]) }
            if end == nil, !receive() { throw SocketError.peerReset }
        }
        let head = String(decoding: held[..<(end ?? 0)], as: UTF8.self)
        held.removeFirst((end ?? 0) + 4)
        var answer = Answer(head: head)
        guard !isHead, answer.status != 204, answer.status != 304, answer.status >= 200 else {
            return answer
        }
        if answer["transfer-encoding"] == "chunked" {
            answer.body = try chunks()
        } else if let length = answer["content-length"].flatMap({ Int($0) }) {
            answer.body = try take(length)
        } else {
            while receive() {}
            answer.body = held
            held = []
        }
        return answer
    }

    private func chunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            while !held.contains(10) { if !receive() { throw SocketError.peerReset } }
            let line = held.prefix { $0 != 10 }
            held.removeFirst(line.count + 1)
            let size = Int(String(decoding: line.dropLast(), as: UTF8.self), radix: 16) ?? -1
            guard size >= 0 else { throw SocketError.filterFailed }
            body += try take(size)
            _ = try take(2)
            if size == 0 { return body }
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while held.count < count { if !receive() { throw SocketError.peerReset } }
        defer { held.removeFirst(count) }
        return Array(held[..<count])
    }

    /// True when the server ended the connection and nothing is left.
    func isAtEnd() -> Bool { held.isEmpty && !receive() }
}

struct Answer {
    let status: Int
    let fields: [String: String]
    var body: [UInt8] = []

    init(head: String) {
        let lines = head.split(separator: "\r\n")
        status = Int(lines[0].split(separator: " ")[1]) ?? 0
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            fields[pair[0].lowercased()] = pair.count > 1 ? String(pair[1].dropFirst()) : ""
        }
        self.fields = fields
    }

    subscript(name: String) -> String? { fields[name] }
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// A door on a free loopback port.
final class TestDoor {
    let group: EventLoopGroup
    let pool: WorkerPool
    let listener: Listener
    var port: UInt16 { listener.addresses[0].port }
    var base: String { "http://127.0.0.1:\(port)" }

    init(
        _ router: Router,
        closeMilliseconds: Int = 30_000,
        configure: (inout HTTPServerConfiguration) -> Void = { _ in }
    ) throws {
        group = try EventLoopGroup(
            count: 1,
            tickMilliseconds: 5,
            closeMilliseconds: closeMilliseconds
        )
        pool = try WorkerPool(name: "http", threads: 3)
        var configuration = HTTPServerConfiguration(pool: pool)
        configure(&configuration)
        let settled = configuration
        listener = try Listener([.tcp(host: "127.0.0.1", port: 0)], on: group) { _ in
            HTTPConnection(configuration: settled, router: router)
        }
    }

    deinit {
        listener.stop()
        group.shutdown()
        pool.shutdown()
    }

    func client(receiveBytes: Int32? = nil) throws -> RawClient {
        try RawClient(port: port, receiveBytes: receiveBytes)
    }

    /// Sends one request and takes its answer.
    func ask(_ request: String, isHead: Bool = false) throws -> Answer {
        let client = try client()
        client.send(request)
        return try client.answer(isHead: isHead)
    }
}

/// A file that exists as long as the object.
final class TemporaryFile {
    let path: String

    init(_ bytes: [UInt8] = []) {
        path = "/tmp/boreal-http-\(getpid())-\(MonotonicClock.nanoseconds)"
        let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(file, $0.baseAddress?.advanced(by: sent), bytes.count - sent)
            }
            guard count > 0 else { break }
            sent += count
        }
        close(file)
    }

    deinit { unlink(path) }
}

func get(_ path: String, _ headers: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: boreal\r\n\(headers)\r\n"
}

/// Calls `condition` until it holds, for at most ten seconds.
func eventually(_ condition: () -> Bool) -> Bool {
    let end = MonotonicClock.milliseconds + 10_000
    while !condition() {
        guard MonotonicClock.milliseconds < end else { return false }
        usleep(1_000)
    }
    return true
}

/// Lets other threads move between two looks at a counter.
func usleepBriefly() { usleep(30_000) }
