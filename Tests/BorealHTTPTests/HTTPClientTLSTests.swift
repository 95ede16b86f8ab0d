import BorealBase
import BorealHTTP
import BorealNet
import BorealTLS
import Testing

/// Whom the client believes over https.
@Suite struct HTTPClientTLSTests {
    /// A server on loopback with a certificate of its own making.
    private final class Server {
        /// Starts TLS with the first bytes, then answers whatever comes.
        private final class Answering: ConnectionHandler {
            let context: TLSContext
            let pool: WorkerPool
            private var isInside = false

            init(_ context: TLSContext, _ pool: WorkerPool) {
                self.context = context
                self.pool = pool
            }

            func connectionOpened(_ connection: Connection) {}

            func connection(_ connection: Connection, received bytes: UnsafeRawBufferPointer) {
                guard !isInside else {
                    return connection.send(
                        Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
                    )
                }
                isInside = true
                do {
                    try TLSHandshake.begin(
                        on: connection,
                        context,
                        received: Array(bytes),
                        pool: pool,
                        finished: { _ in },
                        failed: { _ in }
                    )
                } catch {
                    connection.close()
                }
            }

            func connectionPeerClosed(_ connection: Connection, allRead: Bool) {
                if allRead { connection.close() }
            }
        }

        let authority: TemporaryFile
        private let key: TemporaryFile
        private let context: TLSContext
        private let group: EventLoopGroup
        private let pool: WorkerPool
        private let listener: Listener
        var port: UInt16 { listener.addresses[0].port }
        /// Handshakes that were begun and those that came to their end.
        var counts: TLSContext.Counts { context.counts }

        init(names: [String]) throws {
            let made = try SelfSignedCertificate(names: names)
            authority = TemporaryFile(made.certificatePEM)
            key = TemporaryFile(made.privateKeyPEM)
            let context = try TLSContext(
                TLSContext.Configuration(certificateFile: authority.path, keyFile: key.path)
            )
            self.context = context
            group = try EventLoopGroup(count: 1, tickMilliseconds: 5)
            let pool = try WorkerPool(name: "tls", threads: 1)
            self.pool = pool
            listener = try Listener([.tcp(host: "127.0.0.1", port: 0)], on: group) { _ in
                Answering(context, pool)
            }
        }

        deinit {
            listener.stop()
            group.shutdown()
            pool.shutdown()
        }

        func bench(trusted: Bool = true) throws -> ClientBench {
            try ClientBench {
                if trusted { $0.authoritiesFile = authority.path }
                $0.resolve = { _ throws(SocketError) in [IPAddress(ipv4: 0x7F00_0001)] }
            }
        }
    }

    @Test("a server that proves its name is believed, and its connection kept")
    func believed() throws {
        let server = try Server(names: ["model.test", "127.0.0.1"])
        let bench = try server.bench()
        for host in ["model.test", "model.test", "127.0.0.1", "127.0.0.1"] {
            #expect(try bench.ask("https://\(host):\(server.port)/").text == "ok")
        }
        #expect(server.counts.finishedAccepts == 2)
    }

    @Test("a wrong name is not, whatever address it stands for", arguments: ["other.test", "a.b"])
    func wrongName(host: String) throws {
        let server = try Server(names: ["model.test"])
        let bench = try server.bench()
        for host in [host, "127.0.0.1"] {
            #expect(throws: HTTPError.untrusted(host: host)) {
                try bench.ask("https://\(host):\(server.port)/")
            }
        }
    }

    @Test("a certificate that nobody vouches for is not")
    func unknownAuthority() throws {
        let server = try Server(names: ["model.test"])
        let stranger = try Server(names: ["model.test"])
        #expect(throws: HTTPError.untrusted(host: "model.test")) {
            try server.bench(trusted: false).ask("https://model.test:\(server.port)/")
        }
        #expect(throws: HTTPError.untrusted(host: "model.test")) {
            try server.bench().ask("https://model.test:\(stranger.port)/")
        }
    }

    @Test("a server without TLS is not")
    func plainServer() throws {
        let server = try ScriptedServer { peer in
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            _ = peer.request()
        }
        #expect(throws: HTTPError.untrusted(host: "127.0.0.1")) {
            try ClientBench().ask("https://127.0.0.1:\(server.port)/")
        }
    }
}
