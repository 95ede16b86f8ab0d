import BorealBase
import BorealCatalog
import BorealEngine
import BorealNet
import BorealTLS
import BorealWire

/// One MySQL client: drives its `ServerConversation` on the connection's loop and has its
/// statements stepped by the workers.
///
/// The session and the running statement belong to a worker while `isAtWorker`, and to the loop
/// otherwise; nothing is ever touched by both at once, so neither needs a lock.
// Unchecked: everything here is touched on the connection's loop only; workers get the turn they
// run.
final class ClientConnection: ConnectionHandler, @unchecked Sendable {
    let core: ServerCore
    let connection: Connection
    let id: UInt32
    var conversation: ServerConversation
    var transport: ClientTransport
    var account: Account?
    var session: ClientSession?
    /// What goes to the source; nil without one.
    private(set) var relay: UpstreamRelay?
    /// What goes to sources by name.
    var named = NamedRelays()
    /// What the client logged in with; nil before.
    var login: Login?
    /// The connection ends with the command under way: its session at the source is lost.
    var closesWhenIdle = false
    /// The statement under way; nil between statements.
    private var turn: StatementTurn?
    private var isAtWorker = false
    /// True while the turn waits for an event (a lock) that will resume it.
    private var isWaitingForEvent = false
    /// Resumes such a turn at its deadline.
    private var waitTimer: LoopTimer?
    private var isClosed = false
    /// A part of a local file that came while a worker was letting go of its statement.
    private var heldPart: [UInt8]??
    /// Set by an action, carried out once the conversation's output is handed to the socket.
    private var closesAfterFlush = false
    /// The same for the beginning of a TLS handshake: what the client sent of it already.
    private var startsTLS: [UInt8]?
    /// The client said that it goes: there is nothing that it must still hear.
    private var isQuitting = false
    /// What the connection's deadline is for.
    private var deadline = Deadline.login
    /// Unsent bytes when the deadline for reading them was set.
    private var unsentBytes = 0
    /// Statements that may still run on the loop for the bytes that came in last.
    private var shortRunsLeft = 0

    /// What a client must do in time.
    private enum Deadline { case login, command, message, reading }

    /// Statements that run on the loop for one read of the socket; those behind them go to workers,
    /// so that one client's thousands do not hold up all others of the loop.
    private static let shortRunsMax = 64

    init(_ connection: Connection, core: ServerCore) {
        self.core = core
        self.connection = connection
        id = core.nextConnectionID()
        var configuration = ServerConversation.Configuration(
            connectionID: id,
            serverVersion: core.greetingVersion,
            nonce: RandomBytes.nonce(),
            isSecureChannel: connection.peer.isUnixSocket
        )
        configuration.clientHost = core.hostName(of: connection.peer)
        configuration.isNativePasswordEnabled = core.engine.settings.isOn("native_password_enabled")
        configuration.packetBytesMax = core.engine.globalNumber("max_allowed_packet")
        if core.tls.context != nil { configuration.capabilities.insert(.ssl) }
        let policy = CompressionPolicy(
            list: core.engine.settings.text("protocol_compression_algorithms")
        )
        configuration.capabilities.formUnion(policy.capabilities)
        configuration.requiresCompression = !policy.allowsNone
        configuration.requiresSecureChannel =
            core.engine.settings.isOn("require_secure_transport")
        if core.source != nil {
            configuration.relaysStatements = true
            // The source may not know them, and its statements are not taken apart.
            configuration.capabilities.remove(.queryAttributes)
        }
        conversation = ServerConversation(configuration)
        transport = ClientTransport(isUnixSocket: connection.peer.isUnixSocket)
    }

    /// True while a source is asked for what a statement needs before it is sent.
    var isAsking = false
    /// True while a statement of this server's own is under way.
    var isRunning: Bool { turn != nil || isAsking }

    // MARK: - The loop's side

    func connectionOpened(_ connection: Connection) {
        relay = core.source.map { UpstreamRelay(self, $0) }
        guard core.register(self, id) else {
            let error =
                core.isStopping
                ? ServerError(.serverShutdown, "Server shutdown in progress")
                : ServerError(.tooManyConnections, "Too many connections")
            connection.withOutput { ServerConversation.refuse(error, into: &$0) }
            connection.closeAfterFlush()
            return
        }
        let seconds = core.engine.globalNumber("connect_timeout")
        connection.setDeadline(afterMilliseconds: seconds * 1_000)
        connection.withOutput { conversation.start(into: &$0) }
    }

    func connection(_ connection: Connection, received bytes: UnsafeRawBufferPointer) {
        conversation.receive(bytes)
        shortRunsLeft = Self.shortRunsMax
        pump()
    }

    func connectionPeerClosed(_ connection: Connection, allRead: Bool) {
        // A client that hung up does not want what its statement is about to find.
        turn?.cancellation.cancel()
        activeRelay?.clientLeft()
        if allRead { connection.closeAfterFlush() }
    }

    func connectionOutputDrained(_ connection: Connection) {
        setDeadline()
        activeRelay?.clientDrained()
        if conversation.isHeldBack { return takeNextTurn() }
        if turn != nil, !isAtWorker, !isWaitingForEvent, turn?.wantsStep == true { stepTurn() }
    }

    func connectionDeadlinePassed(_ connection: Connection) {
        switch deadline {
        case .login: connection.close(error: .timedOut)
        case .message:
            // It holds what its statement holds, the write lock perhaps.
            turn?.cancellation.cancel()
            connection.close(error: .timedOut)
        case .reading where connection.pendingOutputBytes < unsentBytes:
            // Slow, but it does read.
            awaitReading()
        case .reading:
            turn?.cancellation.cancel()
            connection.close(error: .timedOut)
        case .command:
            let error = ServerError(
                .clientInactive,
                "The client was disconnected by the server because of inactivity. See "
                    + "wait_timeout and interactive_timeout for configuring this behavior."
            )
            connection.withOutput { conversation.end(with: error, into: &$0) }
            connection.closeAfterFlush()
        }
    }

    /// Sets what the client must do next, and by when.
    func setDeadline() {
        guard !isClosed else { return }
        if connection.pendingOutputBytes > Connection.lowWaterMark {
            if deadline != .reading { awaitReading() }
        } else if conversation.isIdle {
            deadline = .command
            connection.setDeadline(
                afterMilliseconds: session?.idleMilliseconds ?? core.idleMilliseconds
            )
        } else if conversation.isMidMessage {
            deadline = .message
            connection.setDeadline(afterMilliseconds: core.readMilliseconds)
        } else if conversation.isAuthenticated {
            deadline = .command
            connection.setDeadline(afterMilliseconds: nil)
        }
    }

    private func awaitReading() {
        deadline = .reading
        unsentBytes = connection.pendingOutputBytes
        connection.setDeadline(afterMilliseconds: core.writeMilliseconds)
    }

    func connectionClosed(_ connection: Connection, error: SocketError?) {
        isClosed = true
        if error == .filterFailed {
            let failure = TLSError.broken(reason: "the client sent what is no TLS")
            core.noteTLSFailure(failure, peer: connection.peer.description)
        }
        if let user = conversation.mistakenUser {
            core.loginFailed(user, connection.peer, isPasswordUsed: true)
        }
        turn?.cancellation.cancel()
        relay?.close()
        named.close()
        core.unregister(id)
        if !isAtWorker { endSession() }
    }

    /// Closes from any thread: KILL, shutdown.
    func requestClose() {
        connection.loop.execute { [self] in
            turn?.cancellation.cancel()
            connection.close()
        }
    }

    /// Has a statement that waits look again, from any thread: its event happened, or it was
    /// killed.
    func requestStep() {
        connection.loop.execute { [self] in
            guard !isAtWorker, !isClosed, activeRelay?.killIfCancelled() != true, let turn else {
                return
            }
            if turn.isReceivingFile, turn.cancellation.isCancelled { return abandonFile(turn) }
            guard isWaitingForEvent else { return }
            waitTimer?.cancel()
            waitTimer = nil
            let isKilled = turn.cancellation.isCancelled
            guard isKilled || connection.pendingOutputBytes <= Connection.lowWaterMark else {
                // It goes on when the client has read, as between any two steps.
                isWaitingForEvent = false
                return setDeadline()
            }
            guard turn.endsSoon else { return stepTurn() }
            // Two changes of thread would cost more than the step.
            isWaitingForEvent = false
            stepped(turn, turn.step())
        }
    }

    /// Closes an idle connection at once; a busy one when its statement ends.
    func requestOrderlyEnd() {
        connection.loop.execute { [self] in
            guard turn == nil, !isAtWorker, activeRelay == nil else { return }
            connection.closeAfterFlush()
        }
    }

    /// Lets the conversation speak until it waits for the client or for a completion.
    func pump() {
        guard !isClosed else { return }
        while let action = nextAction() { if !relays(action) { perform(action) } }
        if closesWhenIdle, conversation.isIdle { closesAfterFlush = true }
        if closesAfterFlush {
            connection.closeAfterFlush(lingering: !isQuitting)
            return
        }
        if let received = startsTLS {
            startsTLS = nil
            return startTLS(received)
        }
        if conversation.wantsInput != !connection.isReadingPaused {
            if conversation.wantsInput {
                connection.resumeReading()
            } else {
                connection.pauseReading()
            }
        }
        setDeadline()
        if conversation.isHeldBack, connection.pendingOutputBytes <= Connection.lowWaterMark {
            takeNextTurn()
        }
    }

    /// Goes on with the commands that came at once, when others had their turn; while the client
    /// reads none of their answers, it waits for itself.
    private func takeNextTurn() {
        connection.loop.execute { [self] in
            guard !isClosed, conversation.isHeldBack else { return }
            conversation.resume()
            pump()
        }
    }

    private func nextAction() -> ServerConversation.Action? {
        var action: ServerConversation.Action?
        connection.withOutput { action = conversation.poll(into: &$0) }
        return action
    }

    func finish(_ completion: ServerConversation.Completion) {
        conversation.complete(completion)
        pump()
    }

    func perform(_ action: ServerConversation.Action) {
        switch action {
        case .startTLS(let received): startsTLS = received
        case .unpack(let frame): unpack(frame)
        case .lookUpAccount(let login): lookUp(login)
        case .rsaKeyNeeded:
            core.rsaKey.whenReady { [self] key in
                connection.loop.execute { self.finish(.rsaKey(key)) }
            }
        case .checkPassword(let check): checkPassword(check)
        case .authenticated(let login): open(login)
        case .query(let text): run(turn(.query(text)))
        case .prepareStatement(let id, let text):
            begin(turn(.prepare(id: id, text: text)))
        case .executeStatement(let id, let parameters, let opensCursor):
            run(turn(.execute(id: id, parameters: parameters, opensCursor: opensCursor)))
        case .fetchRows(let id, let count):
            begin(turn(.fetch(id: id, count: count)))
        // The loop may: between commands the session is no worker's.
        case .closeStatement(let id): session?.closeStatement(id: id)
        case .resetStatement(let id): session?.resetStatement(id: id)
        case .fieldList(let command):
            begin(turn(.fieldList(command)))
        case .initDatabase(let name):
            onSession { session throws(ServerError) in
                try session.changeDatabase(name)
                return .ok(
                    OKPacket(status: session.status, sessionChanges: session.takeChanges())
                )
            }
        case .resetConnection:
            onSession { session throws(ServerError) in
                session.reset()
                return .ok(
                    OKPacket(status: session.status, sessionChanges: session.takeChanges())
                )
            }
        case .shutdown: administer("SHUTDOWN", core.requestStop)
        case .debug: administer("SUPER", core.logState)
        case .statistics: conversation.complete(.statistics(core.statistics()))
        case .processKill(let other):
            onSession { session throws(ServerError) in
                try session.kill(UInt64(other), queryOnly: false)
                return .ok(OKPacket(status: session.status))
            }
        case .setOption(let isMultiStatements):
            session?.allowsSeveralStatements = isMultiStatements
            conversation.complete(.eof(EOFPacket(status: conversation.statusFlags)))
        // Only the sources' statements make it, and it is taken before.
        case .relay: break
        case .localInfileData(let bytes): feed(bytes)
        case .localInfileEnd: feed(nil)
        case .quit:
            isQuitting = true
            closesAfterFlush = true
        case .close(let reason):
            if case .accessDenied(let user, _, let isPasswordUsed)? = reason {
                core.loginFailed(user, connection.peer, isPasswordUsed: isPasswordUsed)
            }
            if let reason { core.noteProtocolError(reason, peer: connection.peer.description) }
            closesAfterFlush = true
        }
    }

    // MARK: - Work

    /// Runs `work` on a worker and what it returns on the loop. The session is the worker's
    /// meanwhile.
    ///
    /// - Parameter isControl: true for what must never stand behind statements.
    func onWorker(
        isControl: Bool = true,
        _ work: @escaping @Sendable () -> @Sendable () -> Void
    ) {
        precondition(!isAtWorker, "a connection has one job at a time")
        isAtWorker = true
        let pool = isControl ? core.control : core.workers
        let isAccepted = pool.submit { [self] in
            let then = work()
            connection.loop.execute { [self] in
                isAtWorker = false
                if isClosed { endSession() } else { then() }
            }
        }
        guard !isAccepted else { return }
        // The queue holds more jobs than there may be connections: the server is stopping.
        isAtWorker = false
        requestClose()
    }

    /// What only an administrator may have done, answered as these old commands are.
    private func administer(_ right: String, _ work: () -> Void) {
        do throws(ServerError) {
            guard let session else { throw ServerError(.unknownError, "There is no session") }
            try session.checkAdministrator(right)
        } catch {
            return conversation.complete(.error(error))
        }
        work()
        conversation.complete(.eof(EOFPacket(status: conversation.statusFlags)))
    }

    /// Unpacks a frame of the client's; the session has no part in it.
    private func unpack(_ frame: CompressedFrame) {
        let isAccepted = core.workers.submit { [self] in
            let result: Result<[UInt8], WireError>
            do throws(WireError) {
                result = .success(try frame.unpacked())
            } catch {
                result = .failure(error)
            }
            connection.loop.execute { [self] in if !isClosed { finish(.unpacked(result)) } }
        }
        if !isAccepted { requestClose() }
    }

    /// A small job of the session that ends in one packet.
    private func onSession(
        _ work:
            @escaping @Sendable (ClientSession) throws(ServerError) -> ServerConversation.Completion
    ) {
        guard let session else {
            conversation.complete(.error(ServerError(.unknownError, "There is no session")))
            return
        }
        let handle = SessionHandle(session)
        onWorker {
            let completion: ServerConversation.Completion
            do throws(ServerError) {
                completion = try work(handle.session)
            } catch {
                completion = .error(error)
            }
            return { [self] in
                noteTexts()
                finish(completion)
            }
        }
    }

    /// Tells the conversation what the client writes and reads, which a statement may have changed.
    func noteTexts() {
        if let session { conversation.texts = session.texts }
    }

    private func begin(_ turn: StatementTurn) {
        self.turn = turn
        // A client that sends statements and reads no answers waits for itself.
        if connection.pendingOutputBytes <= Connection.lowWaterMark { stepTurn() }
    }

    /// Runs a text or a prepared statement: one that is short at once, here, because two changes of
    /// thread would cost more than it does; any other on a worker.
    private func run(_ turn: StatementTurn) {
        session?.take(conversation.attributes)
        guard mayRunHere, turn.beginsShort() else { return begin(turn) }
        runHere(turn)
    }

    /// Compressing an answer takes longer than the two changes of thread.
    private var mayRunHere: Bool {
        conversation.compression == nil && shortRunsLeft > 0
            && connection.pendingOutputBytes <= Connection.lowWaterMark
    }

    /// A command that runs here, beside what the client has begun at a source.
    private func turn(_ command: StatementTurn.Command) -> StatementTurn {
        session?.sourceStatus = relay?.sessionStatus
        return StatementTurn(command, conversation, session)
    }

    /// What is told of the session from now on: its state at the source, if it has one there.
    private func note(_ status: StatusFlags) {
        let own = status.intersection(.inTransaction)
        conversation.statusFlags = relay?.sessionStatus.map { $0.union(own) } ?? status
    }

    private func runHere(_ turn: StatementTurn) {
        shortRunsLeft -= 1
        var outcome = StatementTurn.Outcome.more
        connection.withOutput { output in
            swap(&turn.response.output, &output)
            outcome = turn.step()
            swap(&turn.response.output, &output)
        }
        switch outcome {
        case .finished(let status, let next):
            note(status)
            noteTexts()
            conversation.complete(.commandDone(nextSequenceID: next))
        // A call of a model is on its way; its answer is written here too.
        case .waiting:
            self.turn = turn
            stepped(turn, outcome)
        default: begin(turn)
        }
    }

    /// Has the statement go on, on a worker.
    private func stepTurn() {
        guard let turn else { return }
        isWaitingForEvent = false
        onWorker(isControl: turn.isControl) {
            let outcome = turn.step()
            return { [self] in stepped(turn, outcome) }
        }
    }

    private func stepped(_ turn: StatementTurn, _ outcome: StatementTurn.Outcome) {
        turn.takeOutput { output in
            conversation.number(&output)
            output.withUnsafeBytes { connection.send($0) }
        }
        switch outcome {
        case .finished(let status, let next):
            self.turn = nil
            note(status)
            noteTexts()
            if let (id, count) = turn.preparedStatement {
                finish(
                    .statementPrepared(id: id, parameterCount: count, nextSequenceID: next)
                )
            } else {
                finish(.commandDone(nextSequenceID: next))
            }
            if core.isStopping { requestOrderlyEnd() }
        case .more:
            setDeadline()
            if connection.pendingOutputBytes <= Connection.lowWaterMark { stepTurn() }
        case .waiting(let deadline, let register):
            isWaitingForEvent = true
            // A KILL that came while the worker was on its way here found nobody to wake.
            guard !turn.cancellation.isCancelled else { return stepTurn() }
            register { [weak self] in self?.requestStep() }
            let now = MonotonicClock.milliseconds
            waitTimer = connection.loop.schedule(
                afterMilliseconds: Int(clamping: deadline > now ? deadline - now : 0)
            ) { [weak self] in
                self?.requestStep()
            }
        case .localFile(let name, let next):
            finish(.requestLocalInfile(fileName: name, nextSequenceID: next))
        case .needsFile:
            finish(.localInfileConsumed)
        }
    }

    /// Gives the statement a part of the local file; nil is its end.
    private func feed(_ bytes: [UInt8]?) {
        guard let turn else { return }
        guard !isAtWorker else {
            heldPart = .some(bytes)
            return
        }
        turn.file = .some(bytes)
        if bytes == nil { turn.response.writer = conversation.responseWriter() }
        stepTurn()
    }

    /// A statement that was killed while its client sends a file lets go of its lock at once; the
    /// client learns it when the file is over.
    private func abandonFile(_ turn: StatementTurn) {
        onWorker {
            turn.interruptFile()
            return { [self] in
                guard let part = heldPart else { return }
                heldPart = nil
                feed(part)
            }
        }
    }

    /// The client is gone: lets go of what statement and session hold, on a worker because that may
    /// roll back.
    private func endSession() {
        let handle = session.map(SessionHandle.init)
        let turn = turn
        session = nil
        self.turn = nil
        guard handle != nil || turn != nil else { return }
        if turn == nil, let session = handle?.session, session.isAtRest { return session.close() }
        let job: @Sendable () -> Void = {
            turn?.abandon()
            handle?.session.close()
        }
        // A pool that takes no more jobs is shutting down; then it must happen here.
        if !core.control.submit(job) { job() }
    }
}
