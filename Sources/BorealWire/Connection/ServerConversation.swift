public import BorealBase

/// The server's side of one connection: packets in, actions and bytes out. No sockets, no clock, no
/// SQL.
///
/// The driver gives it what it receives, polls until nil, sends what was written, and completes
/// each action:
///
///     conversation.receive(bytes)
///     while let action = conversation.poll(into: &output) { perform(action) }
///     // and later, from whatever performed it:
///     conversation.complete(.ok(OKPacket()))
///     while let action = conversation.poll(into: &output) { perform(action) }
///
/// A value: a driver may keep it wherever its connection lives. Rows are not written here: the
/// driver takes a `RowWriter` from `responseWriter()` and tells in `.commandDone` where its
/// sequence ids ended.
public struct ServerConversation: Sendable {
    /// What a connection begins with.
    public struct Configuration: Sendable {
        /// The connection's id, as `CONNECTION_ID()` tells it.
        public var connectionID: UInt32
        /// What the greeting calls the server, such as `8.0.36-boreal`.
        public var serverVersion: String
        /// The challenge: 20 bytes without a zero, from a source of randomness, for this connection
        /// only.
        public var nonce: [UInt8]
        /// What the server offers; with `.ssl` it must be able to do `startTLS`.
        public var capabilities: CapabilityFlags = .offered
        /// True for unix sockets; TLS makes any channel one. Only there a clear password is
        /// accepted.
        public var isSecureChannel: Bool
        /// Whether clients on other channels are turned away (`require_secure_transport`).
        public var requiresSecureChannel = false
        /// Whether clients that compress nothing are turned away.
        public var requiresCompression = false
        /// The client's host, as `Access denied` tells it.
        public var clientHost = "localhost"
        /// The plugin that the greeting names and that other clients are switched to.
        public var authPlugin = AuthPlugin.cachingSHA2Password
        /// Whether `mysql_native_password` opens accounts at all.
        public var isNativePasswordEnabled = true
        /// The server's collation.
        public var collation = Collation.utf8mb4Unicode0900
        /// Whether another server prepares statements for this client: commands about those are
        /// handed out as they came, `.relay`.
        public var relaysStatements = false
        /// Bytes of payload of the largest packet accepted after the login (`max_allowed_packet`).
        public var packetBytesMax = WireLimits.maxAllowedPacketDefault

        /// A configuration with the defaults of all other properties.
        public init(
            connectionID: UInt32,
            serverVersion: String,
            nonce: [UInt8],
            isSecureChannel: Bool
        ) {
            self.connectionID = connectionID
            self.serverVersion = serverVersion
            self.nonce = nonce
            self.isSecureChannel = isSecureChannel
        }
    }

    /// Where the conversation stands.
    enum Phase: Sendable {
        /// `start(into:)` was not called.
        case notStarted
        /// The greeting is out, or TLS has begun.
        case awaitingLogin
        /// The driver does the handshake of TLS.
        case startingTLS
        /// Between a login, or COM_CHANGE_USER, and the OK or ERR that ends it.
        case authenticating(Authentication)
        /// A command may come.
        case ready
        /// The driver has an action of the command phase.
        case running
        /// The client sends a file; `isConsumed` is false while the driver has a part of it.
        case receivingLocalInfile(isConsumed: Bool)
        /// The client sends a file that nobody wants any more; then comes this answer.
        case drainingLocalInfile(Completion)
        /// Nothing more is read or written.
        case closed
    }

    /// Status flags of the session, for packets that the machine writes on its own (the answer to
    /// COM_PING). An OK packet that the driver gives sets it.
    public var statusFlags: StatusFlags = .autocommit
    /// What both sides can do; empty before the login.
    public internal(set) var capabilities: CapabilityFlags = []
    /// What the client sent along with the running statement.
    public internal(set) var attributes: [QueryAttribute] = []
    /// What the connection began with.
    public let configuration: Configuration
    /// True where nobody else can listen: there a password may come in clear.
    public internal(set) var isSecureChannel: Bool
    /// What the server still offers.
    var offered: CapabilityFlags
    /// What the login agreed on; in force once it is over.
    public internal(set) var agreedCompression: WireCompression?
    /// Compressed frames of the client; nil while there are none.
    var frames: FrameReader?
    /// What the next compressed frame carries.
    var frameSequenceID: UInt8 = 0
    /// Where the bytes begin that this poll has to compress.
    var sealStart = 0
    /// True when the client's next frame goes on in the sequence of ours.
    var continuesFrames = false
    /// True while a worker unpacks a frame.
    var isUnpacking = false
    /// Commands that may be taken before others have a turn.
    var commandsLeft = WireLimits.commandsPerTurnMax
    var phase = Phase.notStarted
    var reader = PacketReader()
    var writer = PacketWriter(sequenceID: 0)
    /// What reading the commands of prepared statements needs.
    var statements: PreparedStatementTable
    /// Whether commands about statements that are not in `statements` are handed out.
    var relaysStatements: Bool
    /// What the client writes and reads; whoever has the session keeps it current.
    public var texts = ClientTexts()
    /// Which numbers of errors the client takes, as far as its login tells.
    public internal(set) var errorNumbers = ErrorNumbers.all
    /// How rows of the running command travel.
    var answerFormat = RowWriter.Format.text
    var completion: Completion?
    /// True when the end of the client's file came along with the part that the driver has.
    var hasFileEnd = false
    private var hasOverflown = false

    /// A conversation that has not begun.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
        isSecureChannel = configuration.isSecureChannel
        offered = configuration.capabilities
        relaysStatements = configuration.relaysStatements
        statements = PreparedStatementTable(
            longDataBytesMax: configuration.packetBytesMax,
            firstID: configuration.relaysStatements ? WireLimits.ownStatementIDsStart : 1
        )
    }

    /// A greeting's stand-in for a client that is turned away at once, as for want of connections.
    public static func refuse(_ error: ServerError, into output: inout ByteBuffer) {
        var writer = PacketWriter(sequenceID: 0)
        writer.packet(&output) { ERRPacket(error).encode(into: &$0) }
    }

    // MARK: - The driver's side

    /// Writes the greeting. Call once, first.
    public mutating func start(into output: inout ByteBuffer) {
        guard case .notStarted = phase else {
            assertionFailure("a conversation begins once")
            return
        }
        let greeting = HandshakeV10(
            serverVersion: configuration.serverVersion,
            connectionID: configuration.connectionID,
            nonce: configuration.nonce,
            capabilities: configuration.capabilities,
            collation: configuration.collation,
            status: statusFlags,
            authPlugin: configuration.authPlugin.rawValue
        )
        writer.packet(&output) { greeting.encode(into: &$0) }
        expectAnswer()
        phase = .awaitingLogin
    }

    /// Takes bytes as they came from the client; then `poll`.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        if case .closed = phase { return }
        if frames == nil { reader.receive(bytes) } else { frames?.receive(bytes) }
        if !isHeldBack { commandsLeft = WireLimits.commandsPerTurnMax }
        let limit = WireLimits.pipelinedBytesMax + WireLimits.pipelinedSlackBytes
        if isDriversTurn || isHeldBack, unreadBytes > limit { hasOverflown = true }
    }

    /// Bytes that came and were not looked at.
    private var unreadBytes: Int { frames?.bufferedBytes ?? reader.bufferedBytes }

    /// True when so many commands came at once that others should have a turn before the next:
    /// `resume`, then `poll`.
    public var isHeldBack: Bool {
        guard case .ready = phase, commandsLeft <= 0 else { return false }
        return reader.bufferedBytes + (frames?.bufferedBytes ?? 0) > 0
    }

    /// Others had their turn.
    public mutating func resume() { commandsLeft = WireLimits.commandsPerTurnMax }

    /// False while so much waits behind a running command that the driver should stop reading from
    /// the socket.
    public var wantsInput: Bool {
        if case .closed = phase { return false }
        return !isDriversTurn && !isHeldBack || unreadBytes < WireLimits.pipelinedBytesMax
    }

    /// True between the login's OK and the first byte of a command: the time that `wait_timeout`
    /// counts.
    public var isIdle: Bool {
        guard case .ready = phase, !isUnpacking else { return false }
        return reader.bufferedBytes == 0 && unreadBytes == 0
    }

    /// True when a logged-in client is in the middle of something and the next bytes must come from
    /// it: the time that `net_read_timeout` counts.
    public var isMidMessage: Bool {
        isAuthenticated && !isIdle && !isDriversTurn && !isHeldBack
    }

    /// Who gave a wrong answer to the challenge and was not denied yet; nil for nobody. A client
    /// that hangs up here has tried a password.
    public var mistakenUser: String? {
        guard case .authenticating(let state) = phase, state.hasLearntOfMistake else { return nil }
        return state.login.userName
    }

    /// True once a client is logged in.
    public var isAuthenticated: Bool {
        switch phase {
        case .ready, .running, .receivingLocalInfile, .drainingLocalInfile: true
        case .authenticating(let state): state.login.isUserChange
        case .notStarted, .awaitingLogin, .startingTLS, .closed: false
        }
    }

    /// Tells how the last action ended; then `poll`.
    public mutating func complete(_ completion: Completion) {
        if case .closed = phase { return }
        assert(self.completion == nil, "poll between two completions")
        self.completion = completion
    }

    /// Writes what can be written and tells what the driver must do next; nil when it must wait for
    /// the client or complete the last action.
    public mutating func poll(into output: inout ByteBuffer) -> Action? {
        sealStart = output.end
        let action = advance(&output)
        seal(&output, from: sealStart)
        return action
    }

    private mutating func advance(_ output: inout ByteBuffer) -> Action? {
        do throws(WireError) {
            while true {
                switch try step(&output) {
                case .action(let action): return action
                case .again: continue
                case .wait: return nil
                }
            }
        } catch {
            return fail(error, &output)
        }
    }

    /// Ends the conversation from outside: the client is idle too long, slow to log in, killed, or
    /// the server stops. The error is written where the client reads it as an answer; a running
    /// command must be completed instead, with an error of its own, if the client is to learn why.
    public mutating func end(with error: ServerError?, into output: inout ByteBuffer) {
        let start = output.end
        switch phase {
        case .closed: return
        case .running, .notStarted, .startingTLS, .receivingLocalInfile, .drainingLocalInfile:
            break
        case .ready, .awaitingLogin, .authenticating:
            // To an idle client it is the answer to whatever it says next.
            if case .ready = phase {
                writer.sequenceID = 1
                frameSequenceID = 1
            }
            if let error { write(error, &output) }
        }
        _ = close(nil)
        seal(&output, from: start)
    }

    /// A writer of results for the running command. Its packets go to the driver's own buffer,
    /// behind everything that `poll` wrote; with `compression` the driver has it make frames of
    /// them and gives those to `number`.
    public func responseWriter() -> RowWriter {
        RowWriter(
            sequenceID: writer.sequenceID,
            capabilities: capabilities,
            format: answerFormat,
            results: texts.results,
            numbers: errorNumbers
        )
    }

    // MARK: - The machine's side

    /// What one step led to.
    enum Step {
        case action(Action)
        case again
        case wait
    }

    private mutating func step(_ output: inout ByteBuffer) throws(WireError) -> Step {
        if case .closed = phase { return .wait }
        if hasOverflown {
            throw .packetTooLarge(
                bytes: reader.bufferedBytes,
                limit: WireLimits.pipelinedBytesMax + WireLimits.pipelinedSlackBytes
            )
        }
        if let completion {
            self.completion = nil
            return try completed(completion, &output)
        }
        guard !isDriversTurn, !isHeldBack else { return .wait }
        guard try reader.next(limit: packetBytesLimit) else { return try nextFrame() }
        // The answer continues the sequence that the client's packet is part of.
        writer.sequenceID = reader.nextSequenceID
        if let frames { frameSequenceID = frames.lastSequenceID &+ 1 }
        switch phase {
        case .awaitingLogin: return try loginReceived()
        case .authenticating: return try answerReceived(&output)
        case .ready: return try commandReceived(&output)
        case .receivingLocalInfile, .drainingLocalInfile:
            return try localInfileReceived(&output)
        case .notStarted, .startingTLS, .running, .closed: return .wait
        }
    }

    /// Gives a completion to the part of the machine whose action it ends.
    private mutating func completed(
        _ completion: Completion,
        _ output: inout ByteBuffer
    ) throws(WireError) -> Step {
        if isUnpacking { return try frameCompleted(completion) }
        switch phase {
        case .authenticating(let state):
            return try authenticationCompleted(completion, state, &output)
        case .startingTLS: return try tlsCompleted(completion)
        case .running: return try commandCompleted(completion, &output)
        case .receivingLocalInfile(isConsumed: false):
            return try localInfileCompleted(completion, &output)
        default: throw .unexpectedCompletion(completion.name)
        }
    }

    /// True while an action waits for its completion: no packet is taken from the input.
    private var isDriversTurn: Bool {
        if isUnpacking { return true }
        switch phase {
        case .notStarted, .startingTLS, .running, .receivingLocalInfile(isConsumed: false),
            .closed:
            return true
        case .authenticating(let state): return !state.isClientsTurn
        case .awaitingLogin, .ready, .receivingLocalInfile, .drainingLocalInfile:
            return false
        }
    }

    private var packetBytesLimit: Int {
        isAuthenticated ? configuration.packetBytesMax : WireLimits.loginPacketBytesMax
    }

    /// The client's next packet goes on in the sequence.
    mutating func expectAnswer() {
        reader.nextSequenceID = writer.sequenceID
        continuesFrames = true
    }

    /// The client's next packet begins a command.
    mutating func expectCommand() {
        reader.nextSequenceID = 0
        frames?.nextSequenceID = 0
        continuesFrames = false
        phase = .ready
    }

    /// Writes the error and ends the conversation.
    private mutating func fail(_ error: WireError, _ output: inout ByteBuffer) -> Action {
        switch error {
        case .packetsOutOfOrder(_, let received): writer.sequenceID = received &+ 1
        case .packetTooLarge: writer.sequenceID = reader.nextSequenceID &+ 1
        case .unexpectedCompletion(let what): assertionFailure("unexpected completion \(what)")
        default: break
        }
        if let frames { frameSequenceID = frames.lastSequenceID &+ 1 }
        write(error.serverError, &output)
        return close(error)
    }

    /// Ends the conversation after what is already written.
    mutating func close(_ reason: WireError?) -> Action {
        phase = .closed
        reader.discard()
        frames?.discard()
        return .close(reason)
    }
}
