package import BorealBase
package import BorealNet
import BorealTLS
package import BorealWire

/// Who uses a connection to another server. Everything is called on the connection's loop.
package protocol UpstreamUser: AnyObject {
    /// The log-in, or a change of user, is over: a command may be sent.
    func upstreamReady(_ upstream: UpstreamConnection)

    /// A packet of the running command's answer; `upstream.withPacket` shows its payload during the
    /// call.
    func upstream(_ upstream: UpstreamConnection, sent packet: AnswerPacket, isLast: Bool)

    /// Everything that came in was told of: a moment to hand on what was collected.
    func upstreamPaused(_ upstream: UpstreamConnection)

    /// What was sent is with the system again, after it was much: more may be sent.
    func upstreamDrained(_ upstream: UpstreamConnection)

    /// There is no connection, or none any more. The last call.
    func upstream(_ upstream: UpstreamConnection, failed error: UpstreamError)
}

/// One connection to another MySQL server, on one loop: finds the address, connects, goes over to
/// TLS, logs in, and carries commands and answers. It never blocks.
// Unchecked: everything is touched on the connection's loop only.
package final class UpstreamConnection: ConnectionHandler, @unchecked Sendable {
    /// Where the connection stands.
    private enum Stage { case resolving, connecting, loggingIn, standing, closed }

    /// The server at the other end.
    package let server: UpstreamServer
    /// The loop that everything happens on.
    package let loop: EventLoop
    /// Who is told; a pooled connection has nobody.
    package weak var user: (any UpstreamUser)?
    private var conversation: ClientConversation
    private var connection: Connection?
    private var stage = Stage.resolving
    private var addresses: ArraySlice<IPAddress> = []
    private let connectSeconds: Int
    /// Seconds that the server may say nothing while it owes an answer; 0 for any time.
    package var readSeconds: Int
    /// Ends the time for connecting and logging in.
    private var loginTimer: LoopTimer?
    /// True while events are taken from the conversation: a call from within does not begin anew.
    private var isPumping = false
    /// True while a worker unpacks a frame.
    private var isPaused = false
    private var failure: UpstreamError?

    private init(
        _ server: UpstreamServer,
        _ configuration: ClientConversation.Configuration,
        loop: EventLoop,
        connectSeconds: Int,
        readSeconds: Int
    ) {
        self.server = server
        self.loop = loop
        self.connectSeconds = connectSeconds
        self.readSeconds = readSeconds
        conversation = ClientConversation(configuration)
    }

    /// Begins to connect. On the loop; `user` learns what comes of it, later.
    package static func open(
        to server: UpstreamServer,
        _ configuration: ClientConversation.Configuration,
        on loop: EventLoop,
        user: any UpstreamUser,
        connectSeconds: Int,
        readSeconds: Int
    ) -> UpstreamConnection {
        let upstream = UpstreamConnection(
            server,
            configuration,
            loop: loop,
            connectSeconds: connectSeconds,
            readSeconds: readSeconds
        )
        upstream.user = user
        upstream.begin()
        return upstream
    }

    // MARK: - State

    /// True when a command may be sent.
    package var isReady: Bool { stage == .standing && conversation.isReady }

    /// True once there is no connection any more, or never will be.
    package var isClosed: Bool { stage == .closed }

    /// True while the server waits for the file that it asked for.
    package var awaitsFile: Bool { conversation.awaitsFile }

    /// What is in force on both sides.
    package var capabilities: CapabilityFlags { conversation.capabilities }

    /// Status flags of the last answer.
    package var status: StatusFlags { conversation.status }

    /// The server's greeting.
    package var greeting: HandshakeV10? { conversation.greeting }

    /// True while more is unsent than should be: send no more of a file until `upstreamDrained`.
    package var isOutputHigh: Bool {
        (connection?.pendingOutputBytes ?? 0) > Connection.lowWaterMark
    }

    // MARK: - Use

    /// Lets `body` write commands, or parts of a file.
    package func send<R>(
        _ body: (inout ClientConversation, inout ByteBuffer) -> R
    ) -> R? {
        loop.assertCurrent()
        guard stage == .standing, let connection else { return nil }
        var result: R?
        connection.withOutput { result = body(&conversation, &$0) }
        setReadDeadline()
        return result
    }

    /// The payload of the packet that the user is being told of.
    package func withPacket<R>(
        _ body: (UnsafeRawBufferPointer) throws(WireError) -> R
    ) throws(WireError) -> R {
        try conversation.withPacket(body)
    }

    /// The payloads of the row that the user is being told of and of those behind it that have come
    /// in, of which the user is not told any more.
    package func withRows(
        _ body: (UnsafeRawBufferPointer) throws(WireError) -> Void
    ) throws(WireError) {
        try conversation.withRows(body)
    }

    /// Stops taking from the server; it waits when its buffers are full.
    package func pauseReading() {
        connection?.pauseReading()
        connection?.setDeadline(afterMilliseconds: nil)
    }

    /// Takes from the server again.
    package func resumeReading() {
        guard let connection, connection.isReadingPaused, !isPaused else { return }
        connection.resumeReading()
        setReadDeadline()
    }

    /// Says goodbye when nothing is under way, and closes. Nobody is told.
    package func close() {
        user = nil
        if stage == .standing, let connection {
            connection.withOutput { conversation.quit(into: &$0) }
            connection.closeAfterFlush()
        } else {
            connection?.close()
        }
        finish()
    }

    // MARK: - Beginning

    private func begin() {
        loginTimer = loop.schedule(afterMilliseconds: connectSeconds * 1_000) { [weak self] in
            self?.loginTimedOut()
        }
        guard server.url.socket.isEmpty else {
            stage = .connecting
            // Told later, as everything else is: whoever opens has not got the connection yet.
            loop.execute { self.connect(to: .unix(path: self.server.url.socket)) }
            return
        }
        server.resolve { [weak self] result in
            guard let self else { return }
            self.loop.execute { self.resolved(result) }
        }
    }

    private func resolved(_ result: Result<[IPAddress], UpstreamError>) {
        guard stage == .resolving else { return }
        stage = .connecting
        switch result {
        case .failure(let error): fail(error)
        case .success(let found):
            addresses = found[...]
            connectNext(after: .connectFailed(code: 0))
        }
    }

    /// Tries the next address.
    private func connectNext(after error: SocketError) {
        guard let address = addresses.popFirst() else { return fail(.unreachable(error)) }
        connect(to: .ip(address, port: server.url.port))
    }

    private func connect(to address: SocketAddress) {
        guard stage == .connecting else { return }
        do throws(SocketError) {
            connection = try loop.connect(
                to: address,
                timeoutMilliseconds: connectSeconds * 1_000
            ) { _ in self }
        } catch {
            connectNext(after: error)
        }
    }

    private func loginTimedOut() {
        guard stage != .standing, stage != .closed else { return }
        fail(.connectTimedOut(seconds: connectSeconds))
    }

    // MARK: - ConnectionHandler

    package func connectionOpened(_ connection: Connection) {
        guard stage == .connecting else { return connection.close() }
        stage = .loggingIn
    }

    package func connection(_ connection: Connection, received bytes: UnsafeRawBufferPointer) {
        guard stage != .closed else { return }
        conversation.receive(bytes)
        pump()
    }

    package func connectionPeerClosed(_ connection: Connection, allRead: Bool) {
        // While nothing is read, the rest of an answer may still be there.
        if allRead { fail(.lost) }
    }

    package func connectionOutputDrained(_ connection: Connection) {
        user?.upstreamDrained(self)
    }

    package func connectionDeadlinePassed(_ connection: Connection) {
        fail(.readTimedOut(seconds: readSeconds))
    }

    package func connectionClosed(_ connection: Connection, error: SocketError?) {
        guard connection === self.connection else { return }
        self.connection = nil
        guard stage != .closed else { return }
        if stage == .connecting { return connectNext(after: error ?? .peerReset) }
        if error == .filterFailed {
            return fail(.tls(reason: "the server sent what is no TLS"))
        }
        fail(.lost)
    }

    // MARK: - Events

    private func pump() {
        guard !isPumping else { return }
        isPumping = true
        while stage != .closed, let event = nextEvent() { handle(event) }
        isPumping = false
        guard stage == .standing else { return }
        user?.upstreamPaused(self)
        setReadDeadline()
    }

    private func nextEvent() -> ClientConversation.Event? {
        guard let connection else { return nil }
        var event: ClientConversation.Event?
        connection.withOutput { event = conversation.poll(into: &$0) }
        return event
    }

    private func handle(_ event: ClientConversation.Event) {
        switch event {
        case .startTLS: startTLS()
        case .unpack(let frame): unpack(frame)
        case .loggedIn:
            loginTimer?.cancel()
            loginTimer = nil
            if stage != .standing { server.noteStanding(conversation.greeting) }
            stage = .standing
            user?.upstreamReady(self)
        case .packet(let packet, let isLast):
            user?.upstream(self, sent: packet, isLast: isLast)
        case .failed(let error): fail(.wire(error))
        }
    }

    private func startTLS() {
        guard let connection, let context = server.tls else { return }
        do throws(TLSError) {
            try TLSHandshake.begin(
                on: connection,
                context,
                server: server.url.host,
                pool: server.pool,
                finished: { [self] _ in
                    connection.withOutput { conversation.tlsStarted(into: &$0) }
                },
                failed: { [self] in if stage != .closed { fail(.tls(reason: $0.message)) } }
            )
        } catch {
            fail(.tls(reason: error.message))
        }
    }

    /// Unpacks a large frame on a worker, in which time nothing is read.
    private func unpack(_ frame: CompressedFrame) {
        isPaused = true
        connection?.pauseReading()
        let isAccepted = server.pool.submit { [self] in
            let result: Result<[UInt8], WireError>
            do throws(WireError) {
                result = .success(try frame.unpacked())
            } catch {
                result = .failure(error)
            }
            loop.execute { self.unpacked(result) }
        }
        if !isAccepted { fail(.stopped) }
    }

    private func unpacked(_ result: Result<[UInt8], WireError>) {
        guard stage != .closed else { return }
        isPaused = false
        switch result {
        case .failure(let error): fail(.wire(error))
        case .success(let bytes):
            conversation.unpacked(bytes)
            connection?.resumeReading()
            pump()
        }
    }

    /// Sets by when the server must say something, if it owes an answer.
    private func setReadDeadline() {
        guard stage == .standing, let connection, !connection.isReadingPaused else { return }
        let isOwed = !conversation.isReady && !conversation.awaitsFile && readSeconds > 0
        connection.setDeadline(afterMilliseconds: isOwed ? readSeconds * 1_000 : nil)
    }

    // MARK: - End

    private func fail(_ error: UpstreamError) {
        guard stage != .closed else { return }
        finish()
        server.noteFailure(error)
        connection?.close()
        let last = user
        user = nil
        last?.upstream(self, failed: error)
    }

    private func finish() {
        stage = .closed
        loginTimer?.cancel()
        loginTimer = nil
    }
}
