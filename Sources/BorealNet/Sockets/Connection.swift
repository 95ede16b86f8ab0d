public import BorealBase
import CLinux
import Glibc

/// A connected stream socket on one loop: bytes in to a handler, bytes out through a buffer.
///
/// Everything but `loop` and `peer` may be touched on the loop only. Output is collected and sent
/// once per event or turn, so that several `send` calls cost one system call; what the socket does
/// not take waits for the peer to read. An idle connection holds no buffer.
///
/// Unchecked: the state is confined to the connection's loop, which debug builds assert.
public final class Connection: @unchecked Sendable {
    struct Flags: OptionSet {
        let rawValue: UInt16
        /// `pauseReading` was called.
        static let readingPaused = Flags(rawValue: 1)
        /// Output waits to be flushed in this turn.
        static let dirty = Flags(rawValue: 2)
        /// In the loop's list of connections that may hold buffers.
        static let warm = Flags(rawValue: 4)
        /// Something happened since the last tick.
        static let touched = Flags(rawValue: 8)
        /// Unsent output was above the low-water mark since the last `connectionOutputDrained`.
        static let aboveLowWater = Flags(rawValue: 16)
        /// The early notice of the peer's end was given.
        static let peerClosed = Flags(rawValue: 32)
        /// The peer's last byte was read.
        static let inputEnded = Flags(rawValue: 64)
        /// Close when the output is sent.
        static let closeAfterFlush = Flags(rawValue: 128)
        /// Read and forget until the peer closes, so that it gets our last bytes instead of a
        /// reset.
        static let lingers = Flags(rawValue: 256)
        /// The output is sent and our side shut; the peer's end is awaited.
        static let lingering = Flags(rawValue: 512)
        /// No more: taken down at the end of the turn.
        static let closed = Flags(rawValue: 1_024)
        /// The socket's buffer is full; epoll tells when it is not.
        static let writeBlocked = Flags(rawValue: 2_048)
        /// An outgoing connection that does not stand yet.
        static let connecting = Flags(rawValue: 4_096)
    }

    /// The filter and the plain bytes around it; most connections have none.
    private final class Filtering {
        let filter: any ConnectionFilter
        var plainInput = ByteBuffer()
        var plainOutput = ByteBuffer()

        init(_ filter: any ConnectionFilter) { self.filter = filter }
    }

    /// Bytes unsent above which `send` does not wait for the end of the turn.
    private static let eagerFlushBytes = 256 << 10
    /// Milliseconds that a lingering close waits for the peer.
    private static let lingerMilliseconds = 2_000

    /// The loop this connection belongs to for life.
    public let loop: EventLoop
    /// The other end.
    public let peer: SocketAddress
    /// Who is called; replaced when the protocol changes. Nil once the connection is closed.
    public var handler: (any ConnectionHandler)?

    private let knownLocal: SocketAddress?
    private var descriptor: Int32
    private var flags: Flags = []
    private var armed: UInt32 = 0
    private var token: UInt64 = 0
    private var output = ByteBuffer()
    private var filtering: Filtering?
    /// Unsent bytes when the deadline of an orderly close was set: did the peer read anything?
    private var lastUnsent = 0

    /// Unsent bytes at which `connectionOutputDrained` is called when the count falls from above.
    public static let lowWaterMark = Limits.unsentBytesMax / 2

    /// - Parameter local: the near end; nil to ask the system when somebody wants to know.
    init(descriptor: Int32, loop: EventLoop, peer: SocketAddress, local: SocketAddress? = nil) {
        self.descriptor = descriptor
        self.loop = loop
        self.peer = peer
        knownLocal = local
    }

    deinit {
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    // MARK: - State

    /// The near end, which is the address the peer connected to. Nil once closed.
    public var local: SocketAddress? {
        loop.assertCurrent()
        guard descriptor >= 0 else { return nil }
        return knownLocal ?? SocketAddress.local(of: descriptor)
    }

    /// True after `close`, or once the orderly close is over.
    public var isClosed: Bool { flags.contains(.closed) }

    /// True when the connection takes no more output: closed or about to be.
    public var isClosing: Bool { !flags.isDisjoint(with: [.closed, .closeAfterFlush]) }

    /// True when the peer will send no more, even if some of what it sent is still unread.
    public var isPeerClosed: Bool { !flags.isDisjoint(with: [.peerClosed, .inputEnded]) }

    /// True between `pauseReading` and `resumeReading`.
    public var isReadingPaused: Bool { flags.contains(.readingPaused) }

    /// Bytes handed to `send` that the system has not taken yet.
    public var pendingOutputBytes: Int {
        output.count + (filtering?.plainOutput.count ?? 0)
    }

    /// True when bytes pass through a filter (TLS).
    public var isFiltered: Bool { filtering != nil }

    // MARK: - Output

    /// Sends a copy of `bytes`, at the end of the event that is being handled. Ignored when
    /// closing.
    public func send(_ bytes: UnsafeRawBufferPointer) {
        withOutput { $0.append(bytes) }
    }

    /// Sends a copy of `bytes`.
    public func send(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { send($0) }
    }

    /// Lets `body` append to the unsent bytes in place, which saves the copy. It may append (and
    /// overwrite or truncate what it appended itself), nothing else.
    public func withOutput(_ body: (inout ByteBuffer) -> Void) {
        loop.assertCurrent()
        guard !isClosing else { return }
        if let filtering {
            body(&filtering.plainOutput)
        } else {
            body(&output)
        }
        outputGrew()
    }

    private func outputGrew() {
        let pending = pendingOutputBytes
        guard pending > 0 else { return }
        if pending > Self.lowWaterMark { flags.insert(.aboveLowWater) }
        if !flags.contains(.dirty) {
            flags.insert(.dirty)
            if loop.current !== self { loop.markDirty(self) }
        }
        if pending >= Self.eagerFlushBytes { write() }
    }

    /// The loop's call for connections that produced output in this turn.
    func flushDirty() {
        guard flags.contains(.dirty) else { return }
        flush()
    }

    /// Sends what the socket takes, and calls back if that made room.
    private func flush() {
        flags.remove(.dirty)
        write()
        guard !isClosed else { return }
        if pendingOutputBytes == 0 { outputSent() }
        if flags.contains(.aboveLowWater), pendingOutputBytes <= Self.lowWaterMark {
            flags.remove(.aboveLowWater)
            handler?.connectionOutputDrained(self)
        }
    }

    /// Hands bytes to the system until it wants no more. Calls nobody.
    private func write() {
        guard flags.isDisjoint(with: [.closed, .connecting]) else { return }
        encodePlainOutput()
        guard !flags.contains(.writeBlocked) else { return }
        while !output.isEmpty {
            let sent = output.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent >= 0 {
                output.consume(sent)
                continue
            }
            let code = errno
            if code == EINTR { continue }
            guard code == EAGAIN || code == EWOULDBLOCK else {
                return close(error: Self.meaning(of: code, call: "send"))
            }
            flags.insert(.writeBlocked)
            arm(armed | boreal_epoll_out)
            return
        }
    }

    private func encodePlainOutput() {
        guard let filtering, !filtering.plainOutput.isEmpty else { return }
        do {
            try filtering.plainOutput.withUnsafeBytes {
                try filtering.filter.encode($0, wire: &output)
            }
            filtering.plainOutput.consume(filtering.plainOutput.count)
        } catch {
            close(error: .filterFailed)
        }
        // Encoded bytes are more than those they stand for.
        if pendingOutputBytes > Self.lowWaterMark { flags.insert(.aboveLowWater) }
    }

    /// All output is with the system.
    private func outputSent() {
        if armed & boreal_epoll_out != 0 { arm(armed & ~boreal_epoll_out) }
        if flags.contains(.closeAfterFlush) { return finishOrderlyClose() }
        flags.insert(.touched)
        if !flags.contains(.warm) {
            flags.insert(.warm)
            loop.markWarm(self)
        }
    }

    // MARK: - Input

    /// Stops delivering bytes until `resumeReading`; the peer's hanging up is still noticed.
    public func pauseReading() {
        loop.assertCurrent()
        // Epoll is told only if bytes do arrive: a client that waits for its answer sends none.
        flags.insert(.readingPaused)
    }

    /// Delivers bytes again.
    public func resumeReading() {
        loop.assertCurrent()
        guard flags.contains(.readingPaused) else { return }
        flags.remove(.readingPaused)
        guard flags.isDisjoint(with: [.closed, .inputEnded, .connecting]) else { return }
        arm(armed | boreal_epoll_in)
    }

    /// Epoll's report. The one way in from the loop.
    func ready(_ events: UInt32) {
        guard !isClosed else { return }
        loop.current = self
        defer { loop.current = nil }
        if flags.contains(.connecting) { return finishConnecting() }
        if events & boreal_epoll_out != 0 {
            flags.remove(.writeBlocked)
            flush()
        }
        if events & ~boreal_epoll_out != 0, !isClosed {
            if flags.contains(.readingPaused), !flags.contains(.lingering) {
                noticeWhilePaused(events)
            } else {
                read()
            }
        }
        if flags.contains(.dirty), !isClosed { flush() }
        if flags.contains(.dirty), !isClosed { loop.markDirty(self) }
    }

    private func noticeWhilePaused(_ events: UInt32) {
        if events & (boreal_epoll_err | boreal_epoll_hup) != 0 {
            return close(error: .peerReset)
        }
        var wanted = armed
        if events & boreal_epoll_in != 0 { wanted &= ~boreal_epoll_in }
        if events & boreal_epoll_rdhup != 0 { wanted &= ~boreal_epoll_rdhup }
        arm(wanted)
        if events & boreal_epoll_rdhup != 0, !flags.contains(.peerClosed) {
            flags.insert(.peerClosed)
            guard !isClosing else { return }
            handler?.connectionPeerClosed(self, allRead: false)
        }
    }

    private func read() {
        let count = recv(descriptor, loop.scratch.baseAddress, loop.scratch.count, 0)
        if count > 0 {
            flags.insert(.touched)
            guard !flags.contains(.lingering) else { return }
            return decode(UnsafeRawBufferPointer(rebasing: loop.scratch[..<count]))
        }
        if count == 0 { return inputEnded() }
        let code = errno
        guard code != EAGAIN, code != EWOULDBLOCK, code != EINTR else { return }
        close(error: Self.meaning(of: code, call: "recv"))
    }

    private func inputEnded() {
        guard !flags.contains(.inputEnded) else {
            // Epoll reports only errors and hang-ups after the end.
            return close(error: flags.contains(.closeAfterFlush) ? nil : .peerReset)
        }
        flags.insert([.peerClosed, .inputEnded])
        arm(armed & ~(boreal_epoll_in | boreal_epoll_rdhup))
        if flags.contains(.lingering) { return close(error: nil) }
        handler?.connectionPeerClosed(self, allRead: true)
    }

    private func decode(_ bytes: UnsafeRawBufferPointer) {
        guard let filtering else {
            handler?.connection(self, received: bytes)
            return
        }
        var goesOn = false
        do {
            goesOn = try filtering.filter.decode(
                bytes,
                plain: &filtering.plainInput,
                wire: &output
            )
        } catch {
            if !output.isEmpty { write() }
            return close(error: .filterFailed)
        }
        if !output.isEmpty { outputGrew() }
        deliverPlainInput()
        if !goesOn, !isClosed { inputEnded() }
    }

    private func deliverPlainInput() {
        guard let filtering, !filtering.plainInput.isEmpty else { return }
        // Taken out first: the handler may replace itself or close while it reads.
        var plain = ByteBuffer()
        swap(&plain, &filtering.plainInput)
        plain.withUnsafeBytes { handler?.connection(self, received: $0) }
    }

    /// Delivers bytes that somebody else has read to the handler, as if they had just arrived: what
    /// a protocol sniffer or a handshake left over. Through the filter if there is one.
    public func replay(_ bytes: [UInt8]) {
        loop.assertCurrent()
        guard !isClosed, !bytes.isEmpty else { return }
        bytes.withUnsafeBytes { decode($0) }
    }

    /// Puts a filter (TLS) around everything received and sent from now on.
    public func install(_ filter: any ConnectionFilter) {
        loop.assertCurrent()
        filtering = Filtering(filter)
    }

    // MARK: - Time

    /// Calls `connectionDeadlinePassed` once after `milliseconds`, rounded up to the loop's tick (a
    /// second); nil switches it off. A new deadline replaces the old one. Costs a store.
    public func setDeadline(afterMilliseconds milliseconds: Int?) {
        loop.assertCurrent()
        guard !isClosing else { return }
        loop.setDeadline(token, afterMilliseconds: milliseconds)
    }

    func deadlinePassed() {
        guard !isClosed else { return }
        if flags.contains(.lingering) { return close(error: nil) }
        if flags.contains(.connecting) { return close(error: .timedOut) }
        retryWrite()
        guard !isClosed else { return }
        guard flags.contains(.closeAfterFlush) else {
            handler?.connectionDeadlinePassed(self)
            return
        }
        // A peer that reads, however slowly, gets all of it. Nothing is added any more, so that
        // this ends.
        guard pendingOutputBytes < lastUnsent else { return close(error: .timedOut) }
        setCloseDeadline()
    }

    /// Offers unsent bytes to the socket once more, so that a deadline sees what a slow peer has
    /// read: epoll is silent until a third of the socket's buffer is free, which may be a megabyte.
    private func retryWrite() {
        guard flags.contains(.writeBlocked) else { return }
        flags.remove(.writeBlocked)
        write()
        // Whoever waits for room is called at the end of the turn.
        guard !isClosed, !flags.contains(.dirty) else { return }
        flags.insert(.dirty)
        loop.markDirty(self)
    }

    private func setCloseDeadline() {
        lastUnsent = pendingOutputBytes
        loop.setDeadline(token, afterMilliseconds: loop.closeMilliseconds)
    }

    /// A tick passed: releases the buffers when nothing happened since the last one.
    ///
    /// - Returns: true when there is a reason to look again.
    func coolDown() -> Bool {
        guard !isClosed else { return false }
        if flags.contains(.touched) {
            flags.remove(.touched)
            return true
        }
        guard pendingOutputBytes == 0 else { return true }
        flags.remove(.warm)
        output.release()
        filtering?.plainOutput.release()
        handler?.connectionIdle(self)
        return false
    }

    // MARK: - End

    /// Closes now; unsent bytes are lost. `connectionClosed` follows at the end of the turn.
    public func close() { close(error: nil) }

    /// Closes now for a reason, which the handler gets.
    public func close(error: SocketError?) {
        loop.assertCurrent()
        guard !isClosed else { return }
        flags.insert(.closed)
        loop.markClosing(self, error)
    }

    /// Sends what is unsent, then closes. Takes no more output; what arrives is not delivered. A
    /// peer that reads nothing of it for half a minute is cut off.
    ///
    /// - Parameter lingering: waits up to two seconds for the peer's end, so that unread bytes of
    ///   its do not turn our last words into a reset. For an answer to a request that was not read
    ///   to its end.
    public func closeAfterFlush(lingering: Bool = false) {
        loop.assertCurrent()
        guard !isClosing else { return }
        if let filtering {
            encodePlainOutput()
            filtering.filter.encodeEnd(wire: &output)
        }
        flags.insert(.closeAfterFlush)
        if lingering, !flags.contains(.inputEnded) { flags.insert(.lingers) }
        flags.insert(.readingPaused)
        setCloseDeadline()
        guard !flags.contains(.dirty) else { return }
        flags.insert(.dirty)
        if loop.current !== self { loop.markDirty(self) }
    }

    private func finishOrderlyClose() {
        guard flags.contains(.lingers) else { return close(error: nil) }
        guard !flags.contains(.lingering) else { return }
        shutdown(descriptor, Int32(SHUT_WR))
        loop.setDeadline(token, afterMilliseconds: Self.lingerMilliseconds)
        flags.insert(.lingering)
        arm(armed | boreal_epoll_in)
    }

    /// The loop's last call: frees the descriptor and tells the handler.
    func tearDown(_ error: SocketError?) {
        loop.remove(token)
        Glibc.close(descriptor)
        descriptor = -1
        output = ByteBuffer()
        filtering = nil
        let last = handler
        handler = nil
        last?.connectionClosed(self, error: error)
    }

    private func arm(_ events: UInt32) {
        guard events != armed else { return }
        armed = events
        loop.modify(descriptor, events: events, token: token)
    }

    static func meaning(of code: Int32, call: String) -> SocketError {
        switch code {
        case ECONNRESET, EPIPE, ECONNABORTED: .peerReset
        case ETIMEDOUT: .timedOut
        default: .system(call: call, code: code)
        }
    }
}

// MARK: - Beginnings

extension Connection {
    /// Takes over an accepted descriptor. On the loop; the descriptor is closed on failure.
    func open(
        makeHandler: (Connection) -> any ConnectionHandler
    ) throws(SocketError) {
        let events = boreal_epoll_in | boreal_epoll_rdhup
        token = try loop.add(descriptor, .connection(self), events: events)
        armed = events
        handler = makeHandler(self)
        loop.current = self
        handler?.connectionOpened(self)
        loop.current = nil
        if flags.contains(.dirty), !isClosed { flush() }
        if flags.contains(.dirty), !isClosed { loop.markDirty(self) }
    }

    /// Waits for an outgoing connection.
    func openConnecting(
        timeoutMilliseconds: Int,
        makeHandler: (Connection) -> any ConnectionHandler
    ) throws(SocketError) {
        token = try loop.add(descriptor, .connection(self), events: boreal_epoll_out)
        armed = boreal_epoll_out
        flags.insert(.connecting)
        handler = makeHandler(self)
        loop.setDeadline(token, afterMilliseconds: timeoutMilliseconds)
    }

    private func finishConnecting() {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        guard code == 0 else { return close(error: .connectFailed(code: code)) }
        flags.remove(.connecting)
        loop.setDeadline(token, afterMilliseconds: nil)
        arm(boreal_epoll_in | boreal_epoll_rdhup)
        handler?.connectionOpened(self)
        if flags.contains(.dirty), !isClosed { flush() }
        if flags.contains(.dirty), !isClosed { loop.markDirty(self) }
    }
}
