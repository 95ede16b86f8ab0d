package import BorealBase

/// The client's side of one connection to another server: bytes in, events and bytes out. No
/// sockets, no clock.
///
/// The driver gives it what it receives, polls until nil, sends what was written, and looks at each
/// packet of an answer before it polls again:
///
///     conversation.receive(bytes)
///     while let event = conversation.poll(into: &output) { handle(event) }
///
/// Once `.loggedIn` has come, one command at a time is sent; its answer ends with the packet whose
/// `isLast` is true. The server is not trusted: what it announces is bounded before room is made
/// for it, and a packet that has no place where it comes ends the conversation.
package struct ClientConversation: Sendable {
    /// When TLS is asked for.
    package enum TLSDemand: Equatable, Sendable {
        /// Never.
        case never
        /// When the server offers it.
        case ifOffered
        /// Always; a server without it is refused.
        case always
    }

    /// What a connection begins with.
    package struct Configuration: Sendable {
        /// The account's name.
        package var userName: String
        /// Its password.
        package var password: ClientPassword
        /// The database to begin in; nil for none.
        package var database: String?
        /// The collation of the login.
        package var collation = Collation.utf8mb4GeneralCI
        /// What this side wants, of which the server must offer what the protocol needs.
        package var capabilities = CapabilityFlags.ofClients
        /// What this side tells about itself.
        package var attributes = ConnectAttributes()
        /// When TLS is asked for.
        package var tls = TLSDemand.ifOffered
        /// True for unix sockets: there a password may travel in clear.
        package var isSecureChannel = false
        /// Whether the server's RSA key is believed on an open channel, where anybody in between
        /// could send one of his own.
        package var believesPublicKey = false
        /// Bytes of payload of the largest packet accepted.
        package var packetBytesMax = WireLimits.answerPacketBytesMax

        /// A configuration with the defaults of all other properties.
        package init(userName: String, password: ClientPassword) {
            self.userName = userName
            self.password = password
        }
    }

    /// What the driver learns.
    package enum Event: Equatable, Sendable {
        /// Do the client's side of a TLS handshake; call `tlsStarted`. From then on what arrives is
        /// decrypted first, and what is written is to be encrypted.
        case startTLS
        /// Unpack a large frame elsewhere; call `unpacked`.
        case unpack(CompressedFrame)
        /// The login, or a change of user, is over.
        case loggedIn
        /// A packet of the running command's answer; `withPacket` shows its payload until the next
        /// poll. `isLast` when the answer ends with it.
        case packet(AnswerPacket, isLast: Bool)
        /// The conversation is over; close the socket.
        case failed(WireError)
    }

    /// Where the conversation stands.
    enum Phase: Sendable {
        case awaitingGreeting
        /// The driver does the handshake of TLS.
        case startingTLS
        case authenticating(ClientLogin)
        /// A command may be sent.
        case ready
        /// An answer is being read.
        case answering
        /// Nothing more is read or written.
        case closed
    }

    /// What the connection began with.
    package internal(set) var configuration: Configuration
    /// The server's greeting; nil before it came.
    package internal(set) var greeting: HandshakeV10?
    /// What is in force on both sides; empty before the login.
    package internal(set) var capabilities: CapabilityFlags = []
    /// Status flags of the last answer that told any.
    package internal(set) var status: StatusFlags = []
    /// True where nobody else can listen.
    package internal(set) var isSecureChannel: Bool
    var phase = Phase.awaitingGreeting
    var reader = PacketReader()
    var writer = PacketWriter(sequenceID: 0)
    var answer = AnswerReader([])
    /// How the account proved its password last: a change of user begins with the same.
    var lastLogin: ClientLogin?
    /// Compressed frames of the server; nil while there are none.
    private var frames: FrameReader?
    private var frameSequenceID: UInt8 = 0
    private var isUnpacking = false
    /// True while the driver may look at a packet.
    private var holdsPacket = false

    /// A conversation that waits for the greeting.
    package init(_ configuration: Configuration) {
        self.configuration = configuration
        isSecureChannel = configuration.isSecureChannel
    }

    // MARK: - State

    /// True when a command may be sent.
    package var isReady: Bool { if case .ready = phase { true } else { false } }

    /// True while the server waits for the file that it asked for.
    package var awaitsFile: Bool { answer.awaitsFile }

    /// True once the conversation is over.
    package var isClosed: Bool { if case .closed = phase { true } else { false } }

    // MARK: - Input

    /// Takes bytes as they came from the server; then `poll`.
    package mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        if case .closed = phase { return }
        if frames == nil { reader.receive(bytes) } else { frames?.receive(bytes) }
    }

    /// The handshake of TLS is done; then `poll`.
    package mutating func tlsStarted(into output: inout ByteBuffer) {
        guard case .startingTLS = phase else { return }
        isSecureChannel = true
        sendLogin(&output)
    }

    /// The frame is unpacked; then `poll`.
    package mutating func unpacked(_ bytes: [UInt8]) {
        guard isUnpacking else { return }
        isUnpacking = false
        bytes.withUnsafeBytes { reader.receive($0) }
    }

    /// The next event; nil when the server must say more, or the driver send a command.
    package mutating func poll(into output: inout ByteBuffer) -> Event? {
        if holdsPacket {
            holdsPacket = false
            reader.drop()
        }
        do throws(WireError) {
            while true {
                if case .closed = phase { return nil }
                if case .startingTLS = phase { return nil }
                guard !isUnpacking else { return nil }
                guard try reader.next(limit: packetBytesLimit) else {
                    switch try nextFrame() {
                    case .nothing: return nil
                    case .stored: continue
                    case .packed(let frame): return .unpack(frame)
                    }
                }
                if let event = try packetReceived(&output) { return event }
            }
        } catch {
            return fail(error)
        }
    }

    /// The payload of the packet that `poll` told of last.
    package func withPacket<R>(
        _ body: (UnsafeRawBufferPointer) throws(WireError) -> R
    ) throws(WireError) -> R {
        precondition(holdsPacket, "looked at a packet that poll did not tell of")
        return try reader.look(body)
    }

    /// The payload of the row that `poll` told of last, and of those behind it that lie whole here:
    /// `poll` does not tell of them any more.
    ///
    /// Many rows in one call: taking each with `poll` was half of the time of reading a table.
    package mutating func withRows(
        _ body: (UnsafeRawBufferPointer) throws(WireError) -> Void
    ) throws(WireError) {
        try withPacket(body)
        holdsPacket = false
        reader.drop()
        let answer = answer
        try reader.takeWhole(limit: packetBytesLimit) { payload throws(WireError) in
            guard answer.isRow(payload) else { return false }
            try body(payload)
            return true
        }
    }

    private var packetBytesLimit: Int {
        switch phase {
        case .awaitingGreeting, .startingTLS, .authenticating: WireLimits.loginPacketBytesMax
        case .ready, .answering, .closed: configuration.packetBytesMax
        }
    }

    /// Takes a frame of the server's when the packets of those before are used up; small ones are
    /// unpacked here.
    private mutating func nextFrame() throws(WireError) -> FrameReader.Found {
        guard var frames else { return .nothing }
        // Moved out and back, so that the bytes are not copied.
        self.frames = nil
        defer { self.frames = frames }
        let found = try frames.next(&reader)
        // What answers it, a file, goes on from there.
        frameSequenceID = frames.lastSequenceID &+ 1
        guard case .packed(let frame) = found else { return found }
        if frame.plainBytes <= WireLimits.unpackedHereBytesMax {
            try frame.unpacked().withUnsafeBytes { reader.receive($0) }
            return .stored
        }
        isUnpacking = true
        return found
    }

    private mutating func packetReceived(
        _ output: inout ByteBuffer
    ) throws(WireError) -> Event? {
        writer.sequenceID = reader.nextSequenceID
        switch phase {
        case .awaitingGreeting: return try greetingReceived(&output)
        case .authenticating(let login): return try loginAnswerReceived(login, &output)
        case .ready:
            // What a server says unasked is why it ends the connection.
            throw try reader.take { payload throws(WireError) in
                guard payload.first == 0xff else {
                    return WireError.unexpectedPacket("a packet that nobody asked for")
                }
                return .refused(try ERRPacket(decoding: payload).error)
            }
        case .answering:
            let answer = answer
            let (packet, after) = try reader.look { payload throws(WireError) in
                var after = answer
                return (try after.read(payload), after)
            }
            self.answer = after
            holdsPacket = true
            if after.isOver {
                expectNothing()
                if packet != .error { status = after.status }
            }
            return .packet(packet, isLast: after.isOver)
        case .startingTLS, .closed: return nil
        }
    }

    /// The login is over: what follows may be compressed.
    mutating func beginCommands() {
        expectNothing()
        answer = AnswerReader(capabilities)
        guard capabilities.contains(.compress), frames == nil else { return }
        var frames = FrameReader(.zlib)
        frames.checksSequenceIDs = false
        reader.takeRest().withUnsafeBytes { frames.receive($0) }
        self.frames = frames
    }

    /// A command may be sent. What a server says unasked has a number of its own liking.
    private mutating func expectNothing() {
        phase = .ready
        reader.checksSequenceIDs = false
    }

    // MARK: - Output

    /// Sends a command whose payload is ready.
    ///
    /// - Parameter form: what answers it; nil for a command without an answer.
    mutating func send(
        _ form: AnswerReader.Form?,
        into output: inout ByteBuffer,
        _ body: (inout ByteBuffer) -> Void
    ) {
        precondition(isReady, "a command was sent before the answer to the last one was read")
        writer.sequenceID = 0
        frameSequenceID = 0
        reader.checksSequenceIDs = frames == nil
        write(into: &output, body)
        guard let form else { return }
        answer.begin(form)
        phase = .answering
    }

    /// Writes a packet that goes on in the sequence.
    mutating func write(into output: inout ByteBuffer, _ body: (inout ByteBuffer) -> Void) {
        let start = output.end
        writer.packet(&output, body)
        reader.nextSequenceID = writer.sequenceID
        guard frames != nil else { return }
        WireCompression.zlib.seal(&output, from: start)
        WireCompression.number(&output, from: start, &frameSequenceID)
    }

    /// Sends a part of the file that the server asked for; nothing is its end.
    package mutating func sendFile(
        _ bytes: UnsafeRawBufferPointer,
        into output: inout ByteBuffer
    ) {
        precondition(answer.awaitsFile, "the server asked for no file")
        // Each part is a packet: none may be empty but the last.
        write(into: &output) { $0.append(bytes) }
        if bytes.isEmpty { answer.fileEnded() }
    }

    // MARK: - End

    mutating func fail(_ error: WireError) -> Event {
        phase = .closed
        reader.discard()
        frames?.discard()
        return .failed(error)
    }
}

extension CapabilityFlags {
    /// What this side wants of a server that it is a client of. Compression, TLS, files and the
    /// database are added by who wants them.
    package static let ofClients: CapabilityFlags = [
        .longPassword, .longFlag, .protocol41, .transactions, .secureConnection, .multiResults,
        .preparedMultiResults, .pluginAuth, .connectAttributes, .pluginAuthLengthEncoded,
        .sessionTrack, .deprecateEOF,
    ]
}
