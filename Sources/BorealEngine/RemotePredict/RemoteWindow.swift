import BorealBase
import BorealRemote
import Dispatch
import Synchronization

/// Some rows of a statement under way to a remote model.
final class RemoteChunk: Sendable {
    private struct State {
        var outcomes: [RowOutcome?]?
        var waiter: (@Sendable () -> Void)?
    }

    let batch: RowBatch
    /// What the batch holds in memory.
    let bytes: Int
    private let state = Mutex(State())

    init(_ batch: RowBatch) {
        self.batch = batch
        bytes = batch.byteCount
    }

    /// What came of the rows; nil while one of them is under way.
    var outcomes: [RowOutcome?]? { state.withLock { $0.outcomes } }

    fileprivate func complete(_ outcomes: [RowOutcome?]) {
        let waiter = state.withLock { state in
            state.outcomes = outcomes
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?()
    }

    /// Some of the rows are asked again.
    fileprivate func reopen() { state.withLock { $0.outcomes = nil } }

    /// Calls `body` once when all rows have their outcome, at once when they have; of several
    /// bodies the last.
    func onDone(_ body: @escaping @Sendable () -> Void) {
        let isDone = state.withLock { state in
            guard state.outcomes == nil else { return true }
            state.waiter = body
            return false
        }
        if isDone { body() }
    }

    /// Blocks the thread until all rows have their outcome, or the time is over: for jobs only.
    func wait(milliseconds: Int) {
        let bell = DispatchSemaphore(value: 0)
        onDone { bell.signal() }
        _ = bell.wait(timeout: .now() + .milliseconds(milliseconds))
    }
}

/// The rows of a statement that are sent ahead of those that are answered: so many that requests
/// are full and run side by side, and no more, whatever the query yields and however slowly the
/// client reads.
struct RemoteWindow {
    private let dispatcher: RemoteDispatcher
    private let target: RemoteTarget
    private let statement: UInt64
    private let cancellation: CancellationFlag
    private let rowsMax: Int
    /// In the order of the rows.
    private(set) var chunks: [RemoteChunk] = []
    private var rows = 0
    private var bytes = 0

    /// Rows of a chunk.
    let chunkRowsMax: Int
    /// Bytes that the chunks of a window may have before no more are sent.
    private static let bytesMax = 16 << 20
    /// Rows of a window.
    private static let rowsMaxOfAll = 1_024
    /// Rows of a chunk, which goes to the client as one.
    private static let chunkRows = 16...256

    init(
        _ dispatcher: RemoteDispatcher,
        _ target: RemoteTarget,
        statement: UInt64,
        cancellation: CancellationFlag
    ) {
        self.dispatcher = dispatcher
        self.target = target
        self.statement = statement
        self.cancellation = cancellation
        let perRequest = target.runtime.rowsMax
        chunkRowsMax = min(Self.chunkRows.upperBound, max(Self.chunkRows.lowerBound, perRequest))
        let side = target.runtime.limits.concurrencyMax
        rowsMax = max(2 * chunkRowsMax, min(Self.rowsMaxOfAll, 2 * side * perRequest))
    }

    /// True when another chunk may be sent.
    var hasRoom: Bool {
        chunks.isEmpty || (rows + chunkRowsMax <= rowsMax && bytes < Self.bytesMax)
    }

    var first: RemoteChunk? { chunks.first }

    /// Sends rows.
    ///
    /// - Parameter inputs: one for each row of the batch; nil for one that is not asked.
    mutating func send(_ batch: RowBatch, _ inputs: [RemoteInput?]) {
        let chunk = RemoteChunk(batch)
        chunks.append(chunk)
        rows += batch.rowCount
        bytes += chunk.bytes
        submit(chunk, inputs)
    }

    /// Sends some rows of a chunk that has its outcomes once more.
    func sendAgain(_ chunk: RemoteChunk, _ inputs: [RemoteInput?]) {
        chunk.reopen()
        submit(chunk, inputs)
    }

    private func submit(_ chunk: RemoteChunk, _ inputs: [RemoteInput?]) {
        var submission = RemoteSubmission(
            rows: inputs,
            model: target.runtime,
            user: target.user,
            statement: statement
        )
        submission.cancellation = cancellation
        submission.expectsMore = true
        submission.isPart = true
        _ = dispatcher.submit(submission) { [weak chunk] outcomes in chunk?.complete(outcomes) }
    }

    mutating func removeFirst() {
        let chunk = chunks.removeFirst()
        rows -= chunk.batch.rowCount
        bytes -= chunk.bytes
    }

    /// No rows follow: requests that are not full need not wait.
    func finish() { dispatcher.finish(statement: statement) }

    /// Rows without an answer fail at once; requests under way are aborted.
    func cancel() { dispatcher.cancel(statement: statement) }
}

/// Takes the rows of a query in chunks: fewer at once where they are long.
struct RemoteIntake {
    let source: any QuerySource
    private let rowsMax: Int
    private var bytesPerRow = 0
    /// Batches that were read before they are wanted, in order.
    private var held: [RowBatch] = []
    private var heldBytes = 0
    private(set) var heldRows = 0
    private var isOver = false

    /// Bytes that a chunk should not exceed.
    private static let chunkBytes = 2 << 20
    /// Rows of the first chunk, of which nothing is known.
    private static let firstRows = 16

    init(_ source: any QuerySource, rowsMax: Int) {
        self.source = source
        self.rowsMax = rowsMax
    }

    /// The next rows; nil behind the last.
    mutating func next() throws(ServerError) -> RowBatch? {
        if !held.isEmpty { return held.removeFirst() }
        return try read()
    }

    /// Reads ahead.
    ///
    /// - Parameters:
    ///   - limit: rows that there may be.
    ///   - most: rows to read now, about.
    /// - Returns: true when all rows are read.
    /// - Throws: `tooManyRows` when there are more; 1038 when they are too long to be held.
    mutating func holdAll(upTo limit: Int, most: Int) throws(ServerError) -> Bool {
        let end = heldRows + most
        while heldRows < end {
            guard let batch = try read() else { return true }
            heldRows += batch.rowCount
            heldBytes += batch.byteCount
            held.append(batch)
            guard heldRows <= limit else { throw .tooManyRows(limit: limit) }
            guard heldBytes <= Limits.remoteHeldBytesMax else { throw .rowsTooLong }
        }
        return false
    }

    private mutating func read() throws(ServerError) -> RowBatch? {
        guard !isOver else { return nil }
        var rows = min(Self.firstRows, rowsMax)
        if bytesPerRow > 0 { rows = min(rowsMax, max(1, Self.chunkBytes / bytesPerRow)) }
        guard let batch = try source.next(rowsMax: rows) else {
            isOver = true
            return nil
        }
        if batch.rowCount > 0 { bytesPerRow = max(1, batch.byteCount / batch.rowCount) }
        return batch
    }
}

extension RowBatch {
    /// Bytes of the cells in memory, about.
    var byteCount: Int {
        columns.reduce(0) { sum, column in
            guard case .bytes(let values) = column.storage else { return sum + 8 * rowCount }
            return sum + values.bytes.count + 8 * rowCount
        }
    }
}

extension ServerError {
    /// PREDICT in the session over more rows than it sends without being told to.
    static func tooManyRows(limit: Int) -> ServerError {
        ServerError(
            .tooManyRowsOnline,
            "Please limit the SQL selected data length to less than '\(limit)' or convert to "
                + "offline prediction (mode='sync' sends any number of rows)"
        )
    }

    static var rowsTooLong: ServerError {
        ServerError(
            .memoryLimit,
            "The rows that are counted before anything is sent take more than "
                + "\(Limits.remoteHeldBytesMax) bytes; give mode='sync' or mode='async'"
        )
    }
}
