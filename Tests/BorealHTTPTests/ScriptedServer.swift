import BorealBase
import BorealHTTP
import BorealNet
import Glibc
import Synchronization

/// A server that does to each connection what a test says, right or wrong, byte by byte.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (ScriptedPeer) -> Void

    /// At all IPv4 addresses of this machine.
    let port: UInt16
    private let descriptor: Int32
    private let thread: BackgroundThread
    private let counts: Counts

    /// What the server's threads count; they keep this and not the server, which waits for one of
    /// them when it goes.
    private final class Counts: Sendable {
        let connections = Atomic(0)
        let requests = Atomic(0)
    }

    init(_ script: @escaping Script) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = descriptor
        let code = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) | listen(listener, 256) | getsockname(listener, $0, &size)
            }
        }
        guard code == 0 else { throw SocketError.system(call: "listen", code: errno) }
        port = UInt16(bigEndian: name.sin_port)
        let counts = Counts()
        self.counts = counts
        thread = try BackgroundThread.start(name: "scripted") {
            var number = 0
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                counts.connections.add(1, ordering: .relaxed)
                let peer = ScriptedPeer(connection, number: number) {
                    counts.requests.add(1, ordering: .relaxed)
                }
                number += 1
                // Without threads the test fails where it waits for an answer.
                _ = try? BackgroundThread.start(name: "peer") {
                    script(peer)
                    peer.end()
                }
            }
        }
    }

    /// Answers every request with this text.
    convenience init(always answer: String) throws {
        try self.init { peer in
            while peer.request() != nil { peer.send(answer) }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        // Closed while the thread may still accept, the number could be another server's by then.
        thread.join()
        close(descriptor)
    }

    var base: String { "http://127.0.0.1:\(port)" }
    var connections: Int { counts.connections.load(ordering: .relaxed) }
    var requests: Int { counts.requests.load(ordering: .relaxed) }
}

/// One connection of a scripted server, used by the thread that runs its script.
final class ScriptedPeer: @unchecked Sendable {
    /// Which connection of the server it is, from 0.
    let number: Int
    private let descriptor: Int32
    private let counted: @Sendable () -> Void
    private var isEnded = false

    init(_ descriptor: Int32, number: Int, counted: @escaping @Sendable () -> Void) {
        self.descriptor = descriptor
        self.number = number
        self.counted = counted
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    }

    /// The next request, head and body; nil when the client has gone.
    func request() -> (head: String, body: [UInt8])? {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
            guard let byte = take(1)?.first else { return nil }
            head.append(byte)
        }
        let text = String(decoding: head, as: UTF8.self)
        let length = text.split(separator: "\r\n").first {
            $0.lowercased().hasPrefix("content-length:")
        }
        let count = length.flatMap { Int($0.split(separator: " ").last ?? "") } ?? 0
        guard let body = take(count) else { return nil }
        counted()
        return (text, body)
    }

    private func take(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var taken = 0
        while taken < count {
            let got = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress?.advanced(by: taken), count - taken, 0)
            }
            guard got > 0 else { return nil }
            taken += got
        }
        return bytes
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends as much as the client takes.
    func send(_ bytes: [UInt8]) {
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
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Sends a whole answer with these fields.
    func answer(_ fields: String, _ body: [UInt8]) {
        send(Array("HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(body.count)\r\n\r\n".utf8) + body)
    }

    /// Waits until the client closes.
    func awaitEnd() { while take(1) != nil {} }

    /// Ends the connection with a reset.
    func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, size)
        end()
    }

    /// The address that the client connected to.
    var address: String {
        var name = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &name) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &size)
            }
        }
        return IPAddress(ipv4: UInt32(bigEndian: name.sin_addr.s_addr)).description
    }

    func end() {
        guard !isEnded else { return }
        isEnded = true
        close(descriptor)
    }
}

/// A client and the answers to what it sent.
final class ClientBench {
    typealias Outcome = Swift.Result<HTTPClient.Answer, HTTPError>

    let client: HTTPClient
    var policy = AddressPolicy.includingPrivate

    init(_ change: (inout HTTPClient.Configuration) -> Void = { _ in }) throws {
        var configuration = HTTPClient.Configuration()
        change(&configuration)
        client = try HTTPClient(configuration)
    }

    deinit { client.stop() }

    /// Sends a request without waiting for it.
    func begin(
        _ url: String,
        _ change: (inout HTTPClient.Request) -> Void = { _ in }
    ) -> (call: HTTPClient.Call, outcome: Awaited<Outcome>) {
        var request = HTTPClient.Request(
            url: url,
            body: Array("{}".utf8),
            timeoutMilliseconds: 9_000,
            answerBytesMax: 1 << 20
        )
        change(&request)
        let outcome = Awaited<Outcome>()
        return (client.send(request, policy: policy) { outcome.give($0) }, outcome)
    }

    /// Sends a request and waits for its answer.
    func ask(
        _ url: String,
        _ change: (inout HTTPClient.Request) -> Void = { _ in }
    ) throws(HTTPError) -> HTTPClient.Answer {
        guard let outcome = begin(url, change).outcome.take() else {
            throw .malformed("the client says nothing")
        }
        return try outcome.get()
    }
}

extension HTTPClient.Answer {
    var text: String { String(decoding: body, as: UTF8.self) }
}
