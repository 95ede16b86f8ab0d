import BorealBase
import BorealEngine
import BorealNet
import BorealUpstream
import BorealWire

/// Hands a client's ordinary statements on to the source and the answers back, packet by packet,
/// over a connection that belongs to this client alone: transactions, temporary tables, variables
/// and prepared statements are the source's, and behave as they do there.
///
/// A source by name is reached the same way, beside the client's session and not in its place: each
/// statement stands for itself, so a connection that is lost is opened anew, and what the source
/// says of its session is not the client's.
///
/// Everything happens on the client's loop; no worker has a part in it, however long the source
/// takes.
// Unchecked: everything is touched on the client's loop only.
final class UpstreamRelay: UpstreamUser, @unchecked Sendable {
    /// Bytes of an answer that are collected before the client's socket gets them.
    private static let flushBytes = 64 << 10
    /// Bytes that are compressed on the loop; more take a worker.
    private static let sealedHereBytesMax = 2 << 10

    private unowned let client: ClientConnection
    let server: UpstreamServer
    /// The name of a source by name; nil for the one that the server was started with.
    let name: String?
    /// Whether the statement that is being prepared changes nothing.
    var preparesReading = false
    /// The collation that the connection was opened with.
    private var collation = Collation.utf8mb4GeneralCI
    private var login: Login?
    private var upstream: UpstreamConnection?
    /// The client's session at the source stood: it can be lost.
    private var hasStood = false
    /// Queries of statements on models, over the same connection.
    private var queries: UpstreamQueries?
    /// Commands without an answer that wait for those.
    private var held: [[UInt8]] = []
    private var translator: AnswerTranslator
    /// The statement under way; nil between statements.
    private var running: CancellationFlag?
    /// What is sent when the connection stands.
    private var waiting: [UInt8]?
    /// Packets for the client that its socket has not got yet.
    private var pending = ByteBuffer()
    /// The answer is whole; it ends when `pending` is on its way.
    private var isWhole = false
    /// A worker compresses a part of the answer.
    private var isSealing = false
    /// The client sends a file that the source asked for.
    private(set) var isReceivingFile = false
    /// The file that the client is asked for when what stands before is on its way.
    private var fileRequest: (name: String, nextSequenceID: UInt8)?
    /// A part of the file was handed on, and the source has yet to take it.
    private var owesConsumed = false
    /// What the source said of the file before its end, or why it is gone.
    private var fileFailure: ServerError?
    /// A KILL is on its way.
    private var isKilled = false
    /// The session is lost with the source's: the client must log in again.
    private var closesAtEnd = false
    /// Whether the statement before this one ran here.
    var lastWasOurs = false

    init(_ client: ClientConnection, _ server: UpstreamServer, name: String? = nil) {
        self.client = client
        self.server = server
        self.name = name
        translator = AnswerTranslator(sequenceID: 1, server: [], client: [])
    }

    // MARK: - State

    /// True while a statement is with the source.
    var isBusy: Bool { running != nil }

    /// True when there is a session at the source.
    var isConnected: Bool { upstream != nil }
    /// What the source last told of the client's session there; nil when there is none.
    var sessionStatus: StatusFlags? { upstream?.status.ofSession }

    /// Where the source is, for messages.
    var address: String { server.url.address }

    /// The database that the client's session begins in.
    var database: String? { login?.database ?? server.url.database }

    /// A client has logged in, or changed its user: what it had at the source is gone.
    func begin(_ login: Login) {
        upstream?.close()
        upstream = nil
        endQueries(.lost)
        self.login = login
        collation = login.collation
        lastWasOurs = false
    }

    /// A statement for a source by name comes from a session that may have changed what its client
    /// writes and reads; then it is sent over a new connection.
    func follow(_ login: Login?, collation: Collation?) {
        self.login = login
        let wanted = collation ?? .utf8mb4GeneralCI
        guard wanted != self.collation else { return }
        self.collation = wanted
        close()
        client.named.forgetStatements(of: self)
    }

    // MARK: - Commands

    /// Hands a command on; the client's conversation is completed when it is answered.
    ///
    /// - Parameters:
    ///   - payload: begins with the command's byte.
    ///   - command: for the process list.
    ///   - text: likewise.
    func run(_ payload: [UInt8], _ command: String, _ text: [UInt8] = []) {
        let flag = CancellationFlag()
        running = flag
        isKilled = false
        isWhole = false
        lastWasOurs = false
        client.session?.sourceStatementBegins(command, text, flag)
        prepareTranslator()
        if let upstream, upstream.isReady, queries?.isBusy != true {
            send(payload, upstream)
        } else {
            waiting = payload
            if upstream == nil { connect() }
        }
    }

    /// Hands a command on that has no answer.
    func pass(_ payload: [UInt8]) {
        // Without a connection there is no statement that it could be about.
        guard let upstream else { return }
        if queries?.isBusy == true { return held.append(payload) }
        guard upstream.isReady else { return }
        _ = upstream.send { conversation, output in
            payload.withUnsafeBytes { conversation.relay($0, into: &output) }
        }
    }

    private func prepareTranslator() {
        translator = AnswerTranslator(
            sequenceID: client.conversation.responseWriter().sequenceID,
            server: upstream?.capabilities ?? [],
            client: clientCapabilities
        )
    }

    /// What the client is told; the session of a source by name is not the client's.
    private var clientCapabilities: CapabilityFlags {
        let capabilities = client.conversation.capabilities
        return name == nil ? capabilities : capabilities.subtracting(.sessionTrack)
    }

    private func send(_ payload: [UInt8], _ upstream: UpstreamConnection) {
        let isSent = upstream.send { conversation, output in
            payload.withUnsafeBytes { conversation.relay($0, into: &output) }
        }
        if isSent == false { fail(ServerError(.unknownCommand, "Unknown command")) }
    }

    private func connect() {
        let settings = client.core.engine.settings
        hasStood = false
        let upstream = UpstreamConnection.open(
            to: server,
            server.configuration(
                capabilities: capabilities,
                // The client's database is none of a source's by name.
                database: name == nil ? login?.database : nil,
                collation: collation
            ),
            on: client.connection.loop,
            user: self,
            connectSeconds: settings.integer("source_connect_timeout"),
            readSeconds: settings.integer("source_read_timeout")
        )
        self.upstream = upstream
        queries = UpstreamQueries(upstream) { [weak self] in self?.queriesEnded() }
    }

    // MARK: - Queries of statements on models

    /// Has the source prepare a query in the client's session.
    ///
    /// - Parameter usesCursor: false for one of a row or two, whose values come as they are: a
    ///   cursor's go through a table, which widens decimal numbers.
    func read(_ text: String, _ rows: UpstreamRows, usesCursor: Bool = true) {
        if upstream == nil { connect() }
        let bytes = client.conversation.texts.client.map { $0.encoded(text) } ?? Array(text.utf8)
        queries?.open(bytes, rows, usesCursor: usesCursor)
    }

    /// The connection is free for what waited meanwhile.
    private func queriesEnded() {
        guard let upstream, upstream.isReady else { return }
        let passed = held
        held = []
        for payload in passed { pass(payload) }
        guard let payload = waiting else { return }
        waiting = nil
        prepareTranslator()
        send(payload, upstream)
    }

    private func endQueries(_ error: UpstreamError) {
        queries?.fail(error)
        queries = nil
        held = []
    }

    /// What the client can do, as far as it changes what the source sends or understands.
    private var capabilities: CapabilityFlags {
        let client = client.conversation.capabilities
        let passed: CapabilityFlags = [
            .foundRows, .odbc, .localFiles, .ignoreSpace, .interactive, .multiStatements,
        ]
        var wanted = CapabilityFlags.ofClients.union(passed.intersection(client))
        // The login's word counts no more once the client has set the option.
        if self.client.session?.allowsSeveralStatements == true {
            wanted.insert(.multiStatements)
        } else {
            wanted.remove(.multiStatements)
        }
        for flag in [CapabilityFlags.deprecateEOF, .multiResults, .preparedMultiResults]
        where !client.contains(flag) {
            wanted.remove(flag)
        }
        return wanted
    }

    // MARK: - Answers

    func upstreamReady(_ upstream: UpstreamConnection) {
        hasStood = true
        guard let queries, queries.isBusy else { return queriesEnded() }
        queries.proceed()
    }

    func upstream(_ upstream: UpstreamConnection, sent packet: AnswerPacket, isLast: Bool) {
        if let queries, queries.isUnderWay { return queries.received(packet, isLast: isLast) }
        guard running != nil else { return }
        if packet == .localInfile { return requestFile(upstream) }
        if isReceivingFile, packet == .error { return noteFileError(upstream) }
        if packet == .prepared, name != nil {
            appendPrepared(upstream)
        } else {
            append(packet, upstream)
        }
        if isLast {
            if packet == .ok { follow(upstream) }
            isWhole = true
        }
        if isLast || pending.count >= Self.flushBytes { flush() }
    }

    private func append(_ packet: AnswerPacket, _ upstream: UpstreamConnection) {
        do throws(WireError) {
            try upstream.withPacket { payload throws(WireError) in
                translator.append(packet, payload, into: &pending)
            }
        } catch {
            assertionFailure("a payload that is at hand was not shown")
        }
    }

    /// The client gets a number of ours for the statement.
    private func appendPrepared(_ upstream: UpstreamConnection) {
        // A payload that is at hand is shown.
        let payload =
            (try? upstream.withPacket { payload throws(WireError) in Array(payload) }) ?? []
        guard let statement = ForeignStatement(prepared: payload, isReading: preparesReading) else {
            return append(.prepared, upstream)
        }
        let id = client.named.add(statement, at: self)
        ForeignStatement.renumbered(payload, id).withUnsafeBytes {
            translator.append(.prepared, $0, into: &pending)
        }
    }

    /// Takes over what the source's session tells of itself.
    private func follow(_ upstream: UpstreamConnection) {
        guard name == nil, upstream.status.contains(.sessionStateChanged) else { return }
        let capabilities = upstream.capabilities
        // One that cannot be read changes nothing here; the client reads it for itself.
        let packet = try? upstream.withPacket { payload throws(WireError) in
            try OKPacket(decoding: payload, capabilities: capabilities)
        }
        var changes: [(name: String, value: String)] = []
        for change in packet?.sessionChanges ?? [] {
            switch change {
            case .systemVariable(let name, let value): changes.append((name, value))
            case .schema(let database) where name == nil:
                client.session?.sourceDatabase = database
            default: break
            }
        }
        guard !changes.isEmpty else { return }
        client.session?.follow(changes)
        client.noteTexts()
    }

    func upstreamPaused(_ upstream: UpstreamConnection) {
        queries?.paused()
        if running != nil, waiting == nil { flush() }
    }

    /// Hands over what was collected, and slows the source down when the client does not read.
    private func flush() {
        guard !isSealing else { return }
        if !pending.isEmpty {
            guard let compression = client.conversation.compression else {
                client.connection.withOutput { output in
                    pending.withUnsafeBytes { output.append($0) }
                }
                pending.consume(pending.count)
                return flushed()
            }
            if pending.count > Self.sealedHereBytesMax { return sealElsewhere(compression) }
            compression.seal(&pending, from: 0)
            sendSealed(&pending)
            pending = ByteBuffer()
        }
        flushed()
    }

    /// Compresses on a worker, in which time the source is not listened to.
    private func sealElsewhere(_ compression: WireCompression) {
        isSealing = true
        upstream?.pauseReading()
        let part = pending
        pending = ByteBuffer()
        // The client may go away meanwhile, and nobody else keeps it until the frames are back.
        let client = client
        let isAccepted = client.core.workers.submit { [self] in
            var sealed = part
            compression.seal(&sealed, from: 0)
            let frames = sealed
            client.connection.loop.execute { [self] in
                withExtendedLifetime(client) { self.sealed(frames) }
            }
        }
        // The queue holds more jobs than there may be connections: the server is stopping.
        if !isAccepted { client.requestClose() }
    }

    private func sealed(_ frames: ByteBuffer) {
        isSealing = false
        guard running != nil, !client.connection.isClosed else { return }
        var frames = frames
        sendSealed(&frames)
        flush()
        askForFile()
    }

    private func sendSealed(_ frames: inout ByteBuffer) {
        client.conversation.number(&frames)
        frames.withUnsafeBytes { client.connection.send($0) }
    }

    private func flushed() {
        if isWhole { return end() }
        guard let upstream else { return }
        if client.connection.pendingOutputBytes > Connection.lowWaterMark {
            upstream.pauseReading()
            client.setDeadline()
        } else {
            upstream.resumeReading()
        }
    }

    /// The client has read: the source may go on.
    func clientDrained() {
        guard running != nil, !isSealing else { return }
        upstream?.resumeReading()
    }

    private func end() {
        running = nil
        isReceivingFile = false
        fileRequest = nil
        fileFailure = nil
        client.session?.statementEnded()
        if let upstream {
            // It may have been stopped while the answer's end was there already.
            upstream.resumeReading()
            if name == nil { client.conversation.statusFlags = upstream.status.ofSession }
        }
        if pending.capacity > Self.flushBytes * 4 { pending = ByteBuffer() }
        client.finish(.commandDone(nextSequenceID: translator.sequenceID))
        if closesAtEnd {
            client.connection.closeAfterFlush(lingering: true)
        } else if client.core.isStopping {
            client.requestOrderlyEnd()
        }
    }

    // MARK: - Files of the client's

    private func requestFile(_ upstream: UpstreamConnection) {
        // A name that cannot be shown is asked for as it is shown.
        let bytes =
            (try? upstream.withPacket { payload throws(WireError) in Array(payload.dropFirst()) })
            ?? []
        let set = client.conversation.texts.client
        let name = set.map { set in
            bytes.withUnsafeBytes { String(decoding: set.decoded($0), as: UTF8.self) }
        }
        isReceivingFile = true
        fileFailure = nil
        let shown = name ?? String(decoding: bytes, as: UTF8.self)
        fileRequest = (shown, nextSequenceID: translator.sequenceID)
        flush()
        askForFile()
    }

    /// Asks the client, unless a part of the answer before is still being compressed.
    private func askForFile() {
        guard !isSealing, let request = fileRequest else { return }
        fileRequest = nil
        client.finish(
            .requestLocalInfile(
                fileName: request.name,
                nextSequenceID: request.nextSequenceID
            )
        )
    }

    /// A part of the file came from the client.
    func fileReceived(_ bytes: [UInt8]) {
        if let fileFailure { return endFile(fileFailure) }
        guard let upstream, upstream.awaitsFile else { return }
        _ = upstream.send { conversation, output in
            bytes.withUnsafeBytes { conversation.sendFile($0, into: &output) }
        }
        if upstream.isOutputHigh {
            owesConsumed = true
        } else {
            client.conversation.complete(.localInfileConsumed)
        }
    }

    /// The client's file is over.
    func fileEnded() {
        if let fileFailure { return endFile(fileFailure) }
        isReceivingFile = false
        translator = AnswerTranslator(
            sequenceID: client.conversation.responseWriter().sequenceID,
            server: upstream?.capabilities ?? [],
            client: clientCapabilities
        )
        guard let upstream, upstream.awaitsFile else { return }
        _ = upstream.send { conversation, output in
            conversation.sendFile(UnsafeRawBufferPointer(start: nil, count: 0), into: &output)
        }
    }

    func upstreamDrained(_ upstream: UpstreamConnection) {
        guard owesConsumed else { return }
        owesConsumed = false
        client.finish(.localInfileConsumed)
    }

    /// The source wants no more of the file; the client learns it when it has sent the next part.
    private func noteFileError(_ upstream: UpstreamConnection) {
        let error = try? upstream.withPacket { payload throws(WireError) in
            try ERRPacket(decoding: payload).error
        }
        noteFileFailure(error ?? ServerError(.unknownError, "Unknown error"))
    }

    private func noteFileFailure(_ error: ServerError) {
        fileFailure = error
        guard owesConsumed else { return }
        owesConsumed = false
        endFile(error)
        client.pump()
    }

    /// The conversation throws the rest of the file away and tells the error at its end.
    private func endFile(_ error: ServerError) {
        isReceivingFile = false
        running = nil
        client.session?.statementEnded()
        client.conversation.complete(.error(error))
        client.closesWhenIdle = closesAtEnd
    }

    // MARK: - Ends

    func upstream(_ upstream: UpstreamConnection, failed error: UpstreamError) {
        guard upstream === self.upstream else { return }
        self.upstream = nil
        endQueries(error)
        let failure = ServerError(upstream: error, server: server.url.address)
        if name != nil { client.named.forgetStatements(of: self) }
        guard running != nil else {
            // A statement that runs here says itself what became of it.
            if name == nil, client.isRunning { return client.closesWhenIdle = hasStood }
            if name == nil, hasStood { client.endIdle(with: failure) }
            return
        }
        // Without a connection there was no session that could be lost; at a source by name none is
        // the client's.
        closesAtEnd = hasStood && name == nil
        waiting = nil
        if isReceivingFile { return noteFileFailure(failure) }
        fail(failure)
    }

    /// Ends the answer with an error of our own, also in the middle of rows.
    private func fail(_ error: ServerError) {
        var payload = ByteBuffer()
        ERRPacket(error).encode(
            into: &payload,
            results: client.conversation.texts.results,
            numbers: client.conversation.errorNumbers
        )
        payload.withUnsafeBytes { translator.append(.error, $0, into: &pending) }
        isWhole = true
        flush()
    }

    /// Ends the statement under way, if it was killed.
    ///
    /// - Returns: false when there is none.
    func killIfCancelled() -> Bool {
        guard let running else { return false }
        guard running.isCancelled, !isKilled else { return true }
        isKilled = true
        if isReceivingFile, upstream == nil {
            noteFileFailure(ServerError(.queryInterrupted, "Query execution was interrupted"))
            return true
        }
        guard waiting == nil, let upstream, let id = upstream.greeting?.connectionID else {
            waiting = nil
            if queries?.isBusy != true {
                upstream?.close()
                upstream = nil
            }
            fail(ServerError(.queryInterrupted, "Query execution was interrupted"))
            return true
        }
        queries?.kill(id)
        return true
    }

    /// The client has hung up and does not want what its statement finds.
    func clientLeft() {
        running?.cancel()
        _ = killIfCancelled()
    }

    /// The client is gone.
    func close() {
        guard let upstream else { return }
        self.upstream = nil
        let isWorking = running != nil && waiting == nil || queries?.isUnderWay == true
        endQueries(.lost)
        if isWorking, let id = upstream.greeting?.connectionID {
            UpstreamKill.send(to: server, id: id, queryOnly: false, on: client.connection.loop)
        }
        running = nil
        waiting = nil
        fileRequest = nil
        upstream.close()
    }
}
