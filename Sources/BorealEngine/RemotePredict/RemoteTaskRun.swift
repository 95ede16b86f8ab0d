import BorealBase
import BorealCatalog
import BorealRemote
import BorealTasks
import BorealWire
import Dispatch

/// Asks a remote model about all rows of a background task, on the task's own thread: rows that
/// have an answer already are not asked again, and what was answered is stored before it is
/// written.
final class RemoteTaskRun {
    /// The answer to a row, shared by rows that are the same.
    private final class Answer {
        let content: String
        var cell: RemoteCell?

        init(content: String) { self.content = content }
    }

    /// Where the cell of a row comes from.
    private enum Source {
        case known(RemoteCell)
        /// It is asked here.
        case asked(key: String, Answer)
        /// It is asked for an earlier row.
        case shared(Answer)
    }

    /// What became of a chunk.
    private struct Plan {
        var sources: [Source]
        var isStored = false
    }

    private let context: JobContext
    private let target: RemoteTarget
    private let features: RemoteFeatures
    private let store: RemoteAnswerStore
    /// Columns of `primary_key`; empty when the content tells rows apart.
    private let keyPlaces: [Int]
    private var intake: RemoteIntake
    private var window: RemoteWindow
    /// One for each chunk of the window.
    private var plans: [Plan] = []
    /// Rows that are under way, by their keys.
    private var asked: [String: Answer] = [:]
    private var tally: RemoteTally
    private var rowCount = 0
    private var isRead = false
    /// When a row was answered last.
    private var lastAnswer = MonotonicClock.milliseconds
    /// Takes a chunk of rows with their cells.
    private let write: (RowBatch, [RemoteCell]) throws -> Void

    /// Between two looks at what has come, and at the cancellation flag.
    private static let lookMilliseconds = 20
    /// Before rows are sent again that were refused.
    private static let pauseMilliseconds = 200
    /// Without any answer for so long, a service is not waited for.
    private static let outageMilliseconds: UInt64 = 120_000

    init(
        _ context: JobContext,
        _ request: RemotePredictRequest,
        _ source: any QuerySource,
        _ target: RemoteTarget,
        _ gateway: RemoteGateway,
        _ store: RemoteAnswerStore,
        write: @escaping (RowBatch, [RemoteCell]) throws -> Void
    ) throws(ServerError) {
        let names = source.columns.map(\.name)
        try JobStarter.check(request.key, among: names, "primary_key")
        let folded = names.map(\.asciiLowercased)
        keyPlaces = request.key.compactMap { folded.firstIndex(of: $0.asciiLowercased) }
        features = try RemoteFeatures(request.features, columns: names, target)
        window = RemoteWindow(
            try gateway.dispatcher(for: target),
            target,
            statement: gateway.nextStatement(),
            cancellation: context.cancellation
        )
        intake = RemoteIntake(source, rowsMax: window.chunkRowsMax)
        tally = RemoteTally(.init(statement: request.onError, model: target.options.onError))
        self.context = context
        self.target = target
        self.store = store
        self.write = write
    }

    /// Asks about all rows and writes them in their order.
    ///
    /// - Throws: what the query, the store or the file ended in, `TaskError.cancelled`, the failure
    ///   of all rows or of the first one. Rows that were answered before are written and stored.
    func run() throws {
        do {
            while try advance() {}
            if let failure = tally.verdict { throw target.error(failure) }
        } catch {
            window.cancel()
            // What was answered is kept as far as that can be: the error that ends it says more.
            try? keepFinished()
            throw error
        }
    }

    /// - Returns: false when all rows are written.
    private func advance() throws -> Bool {
        try context.checkCancellation()
        try fill()
        try storeFinished()
        guard let chunk = window.first else { return false }
        guard plans[0].isStored else {
            chunk.wait(milliseconds: Self.lookMilliseconds)
            return true
        }
        let cells = plans[0].sources.map(cell)
        try write(chunk.batch, cells)
        rowCount += cells.count
        retire()
        // After the writing: the rows before a failure that ends the task are in the file.
        do throws(RemoteModelError) {
            for cell in cells { try tally.add(cell) }
        } catch {
            throw target.error(error)
        }
        let failed = tally.failedRows == 0 ? "" : ", \(tally.failedRows) failed"
        context.report("predicting, \(rowCount) rows\(failed)")
        return true
    }

    private func cell(_ source: Source) -> RemoteCell {
        switch source {
        case .known(let cell): cell
        case .asked(_, let answer), .shared(let answer): answer.cell ?? .empty
        }
    }

    /// Lets go of the first chunk.
    private func retire() {
        for case .asked(let key, _) in plans[0].sources { asked[key] = nil }
        plans.removeFirst()
        window.removeFirst()
    }

    // MARK: - Sending

    private func fill() throws {
        while !isRead, window.hasRoom {
            guard let batch = try intake.next() else {
                isRead = true
                intake.source.close()
                return window.finish()
            }
            guard batch.rowCount > 0 else { continue }
            var inputs = features.inputs(batch)
            var sources: [Source] = []
            for row in inputs.indices {
                let source = try source(inputs[row], batch, row)
                if case .asked = source {} else { inputs[row] = nil }
                sources.append(source)
            }
            plans.append(Plan(sources: sources))
            window.send(batch, inputs)
        }
    }

    /// Looks whether a row must be asked.
    private func source(
        _ input: RemoteInput?,
        _ batch: RowBatch,
        _ row: Int
    ) throws -> Source {
        guard let input else { return .known(.empty) }
        let content: String
        do throws(RemoteModelError) {
            content = try Self.digest([target.runtime.codec.body(for: [input])])
        } catch {
            return .known(.failure(error))
        }
        let key = try keyPlaces.isEmpty ? content : Self.digest(keyBytes(batch, row))
        if let answer = asked[key] {
            guard answer.content == content else { throw repeated(batch, row) }
            return .shared(answer)
        }
        if let known = try store.answer(to: key) {
            guard !known.isOfThisRun || known.content == content else { throw repeated(batch, row) }
            return .known(known.cell)
        }
        let answer = Answer(content: content)
        asked[key] = answer
        return .asked(key: key, answer)
    }

    /// The key's values; NULL is none of them.
    private func keyBytes(_ batch: RowBatch, _ row: Int) -> [[UInt8]] {
        keyPlaces.map { place in
            guard let text = RemoteRows.text(batch.columns[place], row) else { return [0] }
            return [1] + Array(text.utf8)
        }
    }

    private func repeated(_ batch: RowBatch, _ row: Int) -> ServerError {
        let values = keyPlaces.map { RemoteRows.text(batch.columns[$0], row) ?? "NULL" }
        let shown = values.joined(separator: ", ").prefix(100)
        return .invalidOption(
            "primary_key",
            "its value '\(shown)' stands in two rows that ask different things"
        )
    }

    /// 64 hexadecimal digits over parts with their lengths, so that no two lists are one text.
    private static func digest(_ parts: [[UInt8]]) throws(RemoteModelError) -> String {
        do {
            let hasher = try SHA256Hasher()
            for part in parts {
                var length = UInt64(part.count).littleEndian
                try withUnsafeBytes(of: &length) { try hasher.update($0) }
                try part.withUnsafeBytes { try hasher.update($0) }
            }
            return try hasher.finish()
        } catch {
            throw RemoteModelError(.config, "the system's OpenSSL has no SHA-256")
        }
    }

    // MARK: - Keeping

    /// Stores the answers of chunks that have come, in whatever order they do.
    private func storeFinished() throws {
        var hasPaused = false
        for place in plans.indices where !plans[place].isStored {
            let chunk = window.chunks[place]
            guard let outcomes = chunk.outcomes else { continue }
            var rows: [RemoteAnswerStore.Row] = []
            var isRefused = false
            for (row, source) in plans[place].sources.enumerated() {
                guard case .asked(let key, let answer) = source, answer.cell == nil else {
                    continue
                }
                let cell = RemoteCell(outcomes[row])
                if case .failure(let error) = cell {
                    // A row that was given up is not one that failed.
                    if error.code == .cancelled { try context.checkCancellation() }
                    if isWorthAnotherTry(error) {
                        isRefused = true
                        continue
                    }
                }
                if !cell.isPassing { lastAnswer = MonotonicClock.milliseconds }
                answer.cell = cell
                guard !cell.isPassing else { continue }
                rows.append(.init(key: key, content: answer.content, cell: cell))
            }
            try store.keep(rows)
            plans[place].isStored = !isRefused
            guard isRefused else { continue }
            if !hasPaused { try pause() }
            hasPaused = true
            sendAgain(chunk, place)
        }
    }

    /// True for a row that nobody looked at: the model's queue was full, or its service is out of
    /// order for a while.
    private func isWorthAnotherTry(_ error: RemoteModelError) -> Bool {
        switch error.code {
        case .busy: true
        case .breakerOpen, .rateLimit:
            MonotonicClock.milliseconds < lastAnswer + Self.outageMilliseconds
        default: false
        }
    }

    private func pause() throws {
        _ = DispatchSemaphore(value: 0).wait(
            timeout: .now() + .milliseconds(Self.pauseMilliseconds)
        )
        try context.checkCancellation()
    }

    /// Sends the rows of a chunk that were refused once more.
    private func sendAgain(_ chunk: RemoteChunk, _ place: Int) {
        var inputs = features.inputs(chunk.batch)
        for (row, source) in plans[place].sources.enumerated() {
            if case .asked(_, let answer) = source, answer.cell == nil { continue }
            inputs[row] = nil
        }
        window.sendAgain(chunk, inputs)
    }

    /// Stores and writes the rows of the window that were answered before the end came.
    private func keepFinished() throws {
        for (chunk, plan) in zip(window.chunks, plans) {
            guard let outcomes = chunk.outcomes else { continue }
            var rows: [RemoteAnswerStore.Row] = []
            for (row, source) in plan.sources.enumerated() {
                guard case .asked(let key, let answer) = source else { continue }
                let cell = answer.cell ?? RemoteCell(outcomes[row])
                guard !cell.isPassing else { continue }
                answer.cell = cell
                rows.append(.init(key: key, content: answer.content, cell: cell))
            }
            try store.keep(rows)
            let cells = plan.sources.map(cell)
            for row in cells.indices {
                let isOpen: Bool
                switch plan.sources[row] {
                case .known: isOpen = false
                case .asked(_, let answer), .shared(let answer): isOpen = answer.cell == nil
                }
                guard !isOpen, !cells[row].isPassing else { continue }
                try write(chunk.batch.slice(row..<row + 1), [cells[row]])
            }
        }
    }
}
