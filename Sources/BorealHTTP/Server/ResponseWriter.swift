public import BorealBase
public import BorealNet
import Synchronization

/// The way back from a handler to its client, from any thread.
///
/// A handler answers once: with `respond`, or with `start`, any number of `write` and `end`. A
/// writer that goes away unanswered answers 500, so that no client waits for ever.
public final class ResponseWriter: Sendable {
    private enum Progress {
        case open
        case streaming
        case done
    }

    /// Set when the client has gone or the server stops: long work looks at it.
    public let cancellation = CancellationFlag()
    private let connection: LoopBound<HTTPConnection>
    private let serial: UInt64
    private let progress = Mutex(Progress.open)
    private let whenGone = Mutex<(@Sendable () -> Void)?>(nil)

    init(_ connection: HTTPConnection, loop: EventLoop, serial: UInt64) {
        self.connection = LoopBound(connection, to: loop)
        self.serial = serial
    }

    deinit {
        let serial = serial
        switch progress.withLock({ $0 }) {
        case .done: break
        case .open: onLoop(connection) { $0.answer(.plain(500), to: serial) }
        case .streaming: onLoop(connection) { $0.breakStream(serial) }
        }
    }

    /// Runs `job` once when the client goes before it is answered, at once when it has gone; of
    /// several jobs the last. It must not wait for anything.
    public func onGone(_ job: @escaping @Sendable () -> Void) {
        whenGone.withLock { $0 = job }
        if cancellation.isCancelled { tellGone() }
    }

    /// The client has gone, or the server stops.
    func clientHasGone() {
        cancellation.cancel()
        tellGone()
    }

    private func tellGone() {
        let job = whenGone.withLock { job in
            defer { job = nil }
            return job
        }
        job?()
    }

    /// The loop of the client's connection.
    public var loop: EventLoop { connection.loop }

    /// Answers. A second answer is ignored.
    public func respond(_ response: HTTPResponse) {
        guard advance(from: .open, to: .done) else { return assertionFailure("answered twice") }
        let serial = serial
        onLoop(connection) { $0.answer(response, to: serial) }
    }

    /// Begins an answer whose length is not known: events of a stream. Follow with `write` and
    /// `end`.
    public func start(status: Int, headers: HTTPHeaders) {
        guard advance(from: .open, to: .streaming) else {
            return assertionFailure("answered twice")
        }
        let serial = serial
        onLoop(connection) { $0.startStream(status: status, headers: headers, of: serial) }
    }

    /// Sends bytes of a started answer at once. To be bounded by the client's reading, wait for
    /// `whenWritable` between pieces.
    ///
    /// - Returns: false when the client has gone.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Bool {
        guard progress.withLock({ $0 == .streaming }), !cancellation.isCancelled else {
            return false
        }
        let serial = serial
        onLoop(connection) { $0.writeStream(bytes, of: serial) }
        return true
    }

    /// Runs `job` on the loop when less than half a megabyte is unsent: at once, later, or when the
    /// client has gone.
    public func whenWritable(_ job: @escaping @Sendable () -> Void) {
        let serial = serial
        onLoop(connection) { $0.whenWritable(serial, job) }
    }

    /// Ends a started answer.
    public func end() {
        guard advance(from: .streaming, to: .done) else { return }
        let serial = serial
        onLoop(connection) { $0.endStream(serial) }
    }

    private func advance(from: Progress, to: Progress) -> Bool {
        progress.withLock { now in
            guard now == from else { return false }
            now = to
            return true
        }
    }
}

/// Calls the connection on its loop: at once when already there.
private func onLoop(
    _ connection: LoopBound<HTTPConnection>,
    _ body: @escaping @Sendable (HTTPConnection) -> Void
) {
    if connection.loop.isCurrent {
        body(connection.value)
    } else {
        // A stopped loop has closed the connection: nobody is left to answer.
        connection.loop.execute { body(connection.value) }
    }
}
