import BorealBase
import BorealNet
import BorealTLS
import Dispatch
import Glibc
import Synchronization
import Testing

/// Handshakes over sockets: the handler that stands in, and the filter it leaves behind.
@Suite struct TLSHandshakeTests {
    /// Starts TLS with the first bytes, then sends back what it gets.
    private final class Echo: ConnectionHandler {
        let context: TLSContext
        let pool: WorkerPool
        let outcomes: Outcomes
        private var isInside = false

        init(_ context: TLSContext, _ pool: WorkerPool, _ outcomes: Outcomes) {
            self.context = context
            self.pool = pool
            self.outcomes = outcomes
        }

        func connection(_ connection: Connection, received bytes: UnsafeRawBufferPointer) {
            guard !isInside else { return connection.send(bytes) }
            isInside = true
            // By a client that will say no more.
            if outcomes.deadline.load(ordering: .relaxed) {
                connection.setDeadline(afterMilliseconds: 1)
            }
            let outcomes = outcomes
            do {
                try TLSHandshake.begin(
                    on: connection,
                    context,
                    received: Array(bytes),
                    pool: pool,
                    finished: { outcomes.give($0.version) },
                    failed: { outcomes.give($0.message) }
                )
            } catch {
                outcomes.give("\(error)")
            }
        }

        func connectionClosed(_ connection: Connection, error: SocketError?) {
            outcomes.give(error == nil ? "closed" : "closed: \(error.map { "\($0)" } ?? "")")
        }
    }

    final class Outcomes: Sendable {
        private let values = Mutex<[String]>([])
        private let arrived = DispatchSemaphore(value: 0)
        /// Whether the owner sets a deadline.
        let deadline = Atomic<Bool>(false)

        func give(_ value: String) {
            values.withLock { $0.append(value) }
            arrived.signal()
        }

        /// The next one; nil when none came within a minute.
        func take() -> String? {
            guard arrived.wait(timeout: .now() + 60) == .success else { return nil }
            return values.withLock { $0.removeFirst() }
        }
    }

    private let identity: Identity
    private let loops: EventLoopGroup
    private let pool: WorkerPool
    private let listener: Listener
    private let outcomes = Outcomes()

    init() throws {
        identity = try Identity()
        let context = try TLSContext(identity.configuration)
        loops = try EventLoopGroup(count: 1, tickMilliseconds: 20)
        let pool = try WorkerPool(threads: 1)
        self.pool = pool
        let outcomes = outcomes
        listener = try Listener([.tcp(host: "127.0.0.1", port: 0)], on: loops, report: { _ in }) {
            _ in
            Echo(context, pool, outcomes)
        }
    }

    private func end() {
        listener.stop()
        loops.shutdown()
        pool.shutdown()
    }

    private func socket() -> Int32 {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = listener.addresses[0].port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafePointer(to: &name) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, size)
            }
        }
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        let timeSize = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, timeSize)
        return descriptor
    }

    private func receive(_ descriptor: Int32) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : []
    }

    @Test("the filter takes over where the handshake ends")
    func echo() throws {
        defer { end() }
        let client = try TLSClient(authority: identity.configuration.certificateFile)
        let descriptor = socket()
        defer { close(descriptor) }
        var bytes = try client.handshake([])
        while !client.isConnected {
            send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            let got = receive(descriptor)
            try #require(!got.isEmpty)
            bytes = try client.handshake(got)
        }
        // The last flight and the first words in one write.
        let words = bytes + client.encrypt(Array("hello".utf8))
        send(descriptor, words, words.count, Int32(MSG_NOSIGNAL))
        #expect(outcomes.take() == "TLSv1.3")
        var answer: [UInt8] = []
        while answer.count < 5 {
            let got = receive(descriptor)
            try #require(!got.isEmpty)
            answer += client.decrypt(got)
        }
        #expect(answer == Array("hello".utf8))
        let goodbye = client.goodbye()
        send(descriptor, goodbye, goodbye.count, Int32(MSG_NOSIGNAL))
        #expect(outcomes.take() == "closed")
    }

    @Test("a client that says something else gets an alert, and the owner the reason")
    func garbage() throws {
        defer { end() }
        let descriptor = socket()
        defer { close(descriptor) }
        let bytes = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        #expect(outcomes.take() == "http request")
        _ = receive(descriptor)
        shutdown(descriptor, Int32(SHUT_RDWR))
        #expect(outcomes.take()?.hasPrefix("closed") == true)
    }

    @Test("a client that vanishes in the middle costs nothing but a reason")
    func vanishes() throws {
        defer { end() }
        let client = try TLSClient()
        let descriptor = socket()
        let hello = try client.handshake([])
        send(descriptor, hello, hello.count, Int32(MSG_NOSIGNAL))
        _ = receive(descriptor)
        close(descriptor)
        let reason = try #require(outcomes.take())
        #expect(["the peer hung up", "the connection was closed"].contains(reason))
        #expect(outcomes.take()?.hasPrefix("closed") == true)
    }

    @Test("a handshake that stalls ends at the owner's deadline")
    func stalls() throws {
        defer { end() }
        outcomes.deadline.store(true, ordering: .relaxed)
        let client = try TLSClient()
        let descriptor = socket()
        defer { close(descriptor) }
        let hello = try client.handshake([])
        send(descriptor, hello, hello.count, Int32(MSG_NOSIGNAL))
        #expect(outcomes.take() == "the handshake took too long")
        #expect(outcomes.take() == "closed: timedOut")
    }
}
