import BorealNet

/// Carries a body from a loop to an `HTTPUpload` on workers, one piece at a time and never more
/// than half a megabyte in memory.
///
/// All calls come from the connection's loop.
final class UploadPump {
    /// Bytes that make a piece worth a job.
    private static let pieceBytes = 128 << 10
    /// Bytes that may wait while a piece is written.
    private static let waitingBytesMax = 256 << 10

    private let upload: any HTTPUpload
    private let pool: WorkerPool
    private let loop: EventLoop
    private var waiting: [UInt8] = []
    private var isWriting = false
    private var hasEnded = false
    /// `finish` or `abort` is called or on its way.
    private var isOver = false
    private var isCancelled = false
    /// Called when there is room for more.
    var moved: () -> Void = {}
    /// Called with the answer, once.
    var finished: (HTTPResponse) -> Void = { _ in }

    init(_ upload: any HTTPUpload, pool: WorkerPool, loop: EventLoop) {
        self.upload = upload
        self.pool = pool
        self.loop = loop
    }

    /// True when more bytes may be appended.
    var wantsBytes: Bool { waiting.count < Self.waitingBytesMax && !isOver }

    func append(_ bytes: UnsafeRawBufferPointer) {
        guard !isOver else { return }
        waiting.append(contentsOf: bytes)
        if waiting.count >= Self.pieceBytes { write() }
    }

    /// The body is complete.
    func end() {
        hasEnded = true
        write()
    }

    /// The body will not be completed.
    func cancel() {
        guard !isOver, !isCancelled else { return }
        isCancelled = true
        waiting = []
        if !isWriting { abort() }
    }

    /// Aborts an upload that was never begun.
    static func discard(_ upload: any HTTPUpload, on pool: WorkerPool) {
        // A pool that takes no more jobs is shutting down: then this thread does it.
        if !pool.submit({ upload.abort() }) { upload.abort() }
    }

    private func abort() {
        isOver = true
        Self.discard(upload, on: pool)
    }

    private func write() {
        guard !isWriting, !isOver else { return }
        guard !waiting.isEmpty else { return hasEnded ? finish() : () }
        isWriting = true
        let bytes = waiting
        waiting = []
        let bound = LoopBound(self, to: loop)
        let accepted = pool.submit { [upload] in
            let answer = upload.write(bytes)
            let delivered = bound.loop.execute { bound.value.written(answer) }
            if !delivered { upload.abort() }
        }
        guard !accepted else { return }
        // The workers' queue is full: the piece waits, and with it the client.
        loop.schedule(afterMilliseconds: 10) {
            let pump = bound.value
            pump.isWriting = false
            if pump.isCancelled { return pump.abort() }
            pump.waiting = bytes + pump.waiting
            pump.write()
        }
    }

    private func written(_ answer: HTTPResponse?) {
        isWriting = false
        if isCancelled { return abort() }
        if let answer {
            abort()
            return finished(answer)
        }
        if hasEnded || waiting.count >= Self.pieceBytes { write() }
        if !hasEnded { moved() }
    }

    private func finish() {
        isOver = true
        let bound = LoopBound(self, to: loop)
        let accepted = pool.submit { [upload] in
            let answer = upload.finish()
            bound.loop.execute { bound.value.finished(answer) }
        }
        guard !accepted else { return }
        loop.schedule(afterMilliseconds: 10) { bound.value.finish() }
    }
}
