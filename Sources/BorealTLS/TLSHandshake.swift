import BorealBase
public import BorealNet

/// Stands in for a connection's handler while its TLS handshake runs, and puts the filter in place
/// when it is done.
///
/// Signing and verifying cost up to a millisecond, so each flight of the client goes to a worker;
/// between flights a handshake holds no thread, and however many clients stall in theirs, nobody
/// waits for them. The deadline that the owner set stays in force.
public final class TLSHandshake: ConnectionHandler {
    /// What the owner is told, on the loop. The filter is in place and the handler the owner's.
    public typealias Finished = (TLSPeer) -> Void
    /// Why there will be no connection. It is closed by the handshake.
    public typealias Failed = (TLSError) -> Void

    /// Bytes of the client's that may wait while a worker has the session.
    private static let waitingBytesMax = 64 << 10

    private let session: TLSSession
    private let owner: any ConnectionHandler
    private let pool: WorkerPool
    private let finished: Finished
    private let failed: Failed
    private weak var connection: Connection?
    private var waiting: [UInt8] = []
    private var isAtWorker = false
    private var isPeerClosed = false
    private var isOver = false

    private init(
        _ session: TLSSession,
        owner: any ConnectionHandler,
        pool: WorkerPool,
        finished: @escaping Finished,
        failed: @escaping Failed
    ) {
        self.session = session
        self.owner = owner
        self.pool = pool
        self.finished = finished
        self.failed = failed
    }

    /// Takes a connection over. On its loop.
    ///
    /// - Parameters:
    ///   - received: bytes of the client's that came already.
    ///   - pool: runs the expensive part.
    ///   - finished: called once, before plain bytes reach the owner; or else `failed` is.
    /// - Throws: `cryptography` when there is no memory for a session.
    public static func begin(
        on connection: Connection,
        _ context: TLSContext,
        received: [UInt8],
        pool: WorkerPool,
        finished: @escaping Finished,
        failed: @escaping Failed
    ) throws(TLSError) {
        let session = try TLSSession(context)
        begin(on: connection, session, received, pool, finished, failed)?.advance()
    }

    /// The client's side: speaks first. On the connection's loop.
    ///
    /// - Parameters:
    ///   - server: the name or address that was connected to.
    ///   - pool: runs the expensive part.
    ///   - finished: called once; or else `failed` is.
    /// - Throws: `cryptography` when there is no memory for a session.
    package static func begin(
        on connection: Connection,
        _ context: TLSClientContext,
        server: String,
        pool: WorkerPool,
        finished: @escaping Finished,
        failed: @escaping Failed
    ) throws(TLSError) {
        let session = try TLSSession(context, server: server)
        begin(on: connection, session, [], pool, finished, failed)?.advance(isFirst: true)
    }

    private static func begin(
        on connection: Connection,
        _ session: TLSSession,
        _ received: [UInt8],
        _ pool: WorkerPool,
        _ finished: @escaping Finished,
        _ failed: @escaping Failed
    ) -> TLSHandshake? {
        guard let owner = connection.handler else { return nil }
        let handshake = TLSHandshake(
            session,
            owner: owner,
            pool: pool,
            finished: finished,
            failed: failed
        )
        handshake.connection = connection
        handshake.waiting = received
        connection.handler = handshake
        return handshake
    }

    // MARK: - Events

    /// A flight of the client's, or a part of one.
    public func connection(_ connection: Connection, received bytes: UnsafeRawBufferPointer) {
        waiting.append(contentsOf: bytes)
        if waiting.count > Self.waitingBytesMax { connection.pauseReading() }
        advance()
    }

    /// A client that goes before the end.
    public func connectionPeerClosed(_ connection: Connection, allRead: Bool) {
        isPeerClosed = true
        if !isAtWorker { fail(.handshakeFailed(reason: "the peer hung up")) }
    }

    /// The owner's deadline passed.
    public func connectionDeadlinePassed(_ connection: Connection) {
        note(.handshakeFailed(reason: "the handshake took too long"))
        connection.close(error: .timedOut)
    }

    /// The end of a connection that was never one.
    public func connectionClosed(_ connection: Connection, error: SocketError?) {
        note(.handshakeFailed(reason: "the connection was closed"))
        owner.connectionClosed(connection, error: error)
    }

    // MARK: - Flights

    private func advance(isFirst: Bool = false) {
        guard !isAtWorker, !isOver, isFirst || !waiting.isEmpty, let connection else { return }
        isAtWorker = true
        let bytes = waiting
        waiting = []
        let session = session
        let bound = LoopBound(self, to: connection.loop)
        let isAccepted = pool.submit {
            var wire = ByteBuffer()
            let progress = session.handshake(bytes, wire: &wire)
            let answer = wire
            bound.loop.execute { bound.value.answered(progress, answer) }
        }
        guard !isAccepted else { return }
        // The queue holds more jobs than there may be connections: the server is stopping.
        isAtWorker = false
        fail(.handshakeFailed(reason: "the server is stopping"))
    }

    private func answered(_ progress: TLSSession.Progress, _ answer: ByteBuffer) {
        isAtWorker = false
        guard !isOver, let connection, !connection.isClosed else { return }
        answer.withUnsafeBytes { connection.send($0) }
        switch progress {
        case .waiting:
            if waiting.isEmpty, isPeerClosed {
                return fail(.handshakeFailed(reason: "the peer hung up"))
            }
            connection.resumeReading()
            advance()
        case .finished(let peer, let rest): finish(connection, peer, rest)
        case .failed(let error): fail(error)
        }
    }

    private func finish(_ connection: Connection, _ peer: TLSPeer, _ rest: [UInt8]) {
        isOver = true
        connection.install(session)
        connection.handler = owner
        connection.resumeReading()
        finished(peer)
        connection.replay(rest + waiting)
        waiting = []
        guard isPeerClosed, !connection.isClosed else { return }
        connection.handler?.connectionPeerClosed(connection, allRead: true)
    }

    private func fail(_ error: TLSError) {
        note(error)
        // Lingering: the client may still be sending, and should read the alert all the same.
        connection?.closeAfterFlush(lingering: true)
    }

    /// Tells the owner, once.
    private func note(_ error: TLSError) {
        guard !isOver else { return }
        isOver = true
        failed(error)
    }
}
