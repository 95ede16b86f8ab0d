import BorealBase
import BorealRemote
import BorealTables
import BorealWire

/// PREDICT on a remote model that answers in the session: rows go to the client in the order of the
/// inner query as their answers come. No thread waits for them.
///
/// While every row so far failed for one reason, rows are held back as far as they are sent ahead:
/// the statement may be about to fail as a whole.
final class RemotePredict: RunningStatement {
    private let target: RemoteTarget
    private let features: RemoteFeatures
    private let columns: RemoteColumns
    private let tables: TableSession
    private let cancellation: CancellationFlag
    /// What the client is told of all columns.
    private let definitions: [ColumnDefinition41]
    /// A failed row has a status, no warning.
    private let hasStatus: Bool
    private var intake: RemoteIntake
    private var window: RemoteWindow
    private var tally: RemoteTally
    /// Rows that there may be; nil when any number is sent, or when they are counted.
    private var rowsLimit: Int?
    private var isRead = false
    /// Cells of the chunks at the beginning of the window whose outcomes were looked at.
    private var judged: [[RemoteCell]] = []
    /// The next row of the first chunk to write.
    private var row = 0
    private var hasBegun = false
    private var cell: [UInt8] = []
    private var warningCount = 0

    /// Rows that are counted in one step.
    private static let countedRows = 2_048
    /// Nothing takes as long as that.
    private static let longest: UInt64 = 365 * 86_400_000
    /// Warnings that are made: SHOW WARNINGS shows no more.
    private static let warningsMax = 64

    init(
        _ request: RemotePredictRequest,
        _ source: any QuerySource,
        _ target: RemoteTarget,
        _ gateway: RemoteGateway,
        tables: TableSession,
        cancellation: CancellationFlag
    ) throws(ServerError) {
        let names = source.columns.map(\.name)
        try JobStarter.check(request.key, among: names, "primary_key")
        features = try RemoteFeatures(request.features, columns: names, target)
        columns = try RemoteColumns(request, inputs: names, kind: target.runtime.kind)
        definitions = columns.projection.definitions(
            inputs: source.columns,
            added: columns.definitions
        )
        window = RemoteWindow(
            try gateway.dispatcher(for: target),
            target,
            statement: gateway.nextStatement(),
            cancellation: cancellation
        )
        intake = RemoteIntake(source, rowsMax: window.chunkRowsMax)
        tally = RemoteTally(
            .init(
                statement: request.onError ?? .init(session: tables.variable("ai_on_error")),
                model: target.options.onError
            )
        )
        rowsLimit = request.mode == .unset ? Limits.remoteRowsMax : nil
        hasStatus = request.hasOptions
        self.target = target
        self.tables = tables
        self.cancellation = cancellation
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        if cancellation.isCancelled { throw .interrupted }
        if let limit = rowsLimit {
            guard try intake.holdAll(upTo: limit, most: Self.countedRows) else { return .more }
            rowsLimit = nil
        }
        while true {
            try fill()
            try judge()
            if isRead, !hasBegun, judged.count == window.chunks.count, let error = tally.verdict {
                throw target.error(error)
            }
            guard let chunk = window.first else { return try end(&response) }
            guard !judged.isEmpty, mayWrite else { return wait() }
            begin(&response)
            guard write(chunk.batch, &response, budgetBytes) else { return .more }
            window.removeFirst()
            judged.removeFirst()
            row = 0
        }
    }

    /// Sends what there is room for.
    private func fill() throws(ServerError) {
        while !isRead, window.hasRoom {
            guard let batch = try intake.next() else {
                isRead = true
                intake.source.close()
                return window.finish()
            }
            if batch.rowCount > 0 { window.send(batch, features.inputs(batch)) }
        }
    }

    /// Looks at the outcomes that are there, in the order of the rows.
    private func judge() throws(ServerError) {
        while judged.count < window.chunks.count,
            let outcomes = window.chunks[judged.count].outcomes
        {
            let cells = outcomes.map { RemoteCell($0) }
            for cell in cells {
                do { try tally.add(cell) } catch { throw target.error(error) }
                warn(of: cell)
            }
            judged.append(cells)
        }
    }

    private func warn(of cell: RemoteCell) {
        guard !hasStatus, case .failure(let failure) = cell, warningCount < Self.warningsMax else {
            return
        }
        warningCount += 1
        let error = target.error(failure)
        tables.warn(TableWarning(.warning, error.code, error.message))
    }

    /// False while the statement may yet fail as a whole with nothing written.
    private var mayWrite: Bool {
        if hasBegun || tally.verdict == nil { return true }
        return judged.count == window.chunks.count && !isRead
    }

    private func wait() -> StepOutcome {
        let chunk = window.chunks[min(judged.count, window.chunks.count - 1)]
        return .waiting(deadlineMilliseconds: MonotonicClock.milliseconds + Self.longest) {
            chunk.onDone($0)
        }
    }

    private func begin(_ response: inout Response) {
        guard !hasBegun else { return }
        hasBegun = true
        response.writer.columns(definitions, status: response.status, into: &response.output)
    }

    /// - Returns: false when the budget is spent before the last row.
    private func write(
        _ batch: RowBatch,
        _ response: inout Response,
        _ budgetBytes: Int
    ) -> Bool {
        while row < batch.rowCount {
            if response.output.count >= budgetBytes { return false }
            write(batch, judged[0][row], &response)
            row += 1
        }
        return true
    }

    private func write(_ batch: RowBatch, _ answer: RemoteCell, _ response: inout Response) {
        response.writer.beginRow(into: &response.output)
        for column in columns.projection.columns {
            switch column.source {
            case .input(let index): CellText.write(batch.columns[index], row, to: &response)
            case .added(let index):
                cell.removeAll(keepingCapacity: true)
                if columns.append(answer, column: index, to: &cell) {
                    cell.withUnsafeBytes { response.writer.bytes($0, into: &response.output) }
                } else {
                    response.writer.null(into: &response.output)
                }
            }
        }
        response.writer.endRow(into: &response.output)
    }

    private func end(_ response: inout Response) throws(ServerError) -> StepOutcome {
        if let failure = tally.verdict { throw target.error(failure) }
        begin(&response)
        if tally.cutRows > 0 {
            var error = RemoteModelError(.truncated, "the answer stops at the limit of tokens")
            error.rows = tally.cutRows
            let warning = target.error(error)
            tables.warn(TableWarning(.warning, warning.code, warning.message))
        }
        response.writer.endResult(
            status: response.status,
            warnings: UInt16(clamping: tables.warnings.count),
            into: &response.output
        )
        return .finished
    }

    func abandon() {
        window.cancel()
        intake.source.close()
    }
}

extension RemoteGateway {
    /// The dispatcher, for a target that may be called at all.
    ///
    /// - Throws: `ServerError` when no address of the target may be called now, or its key does not
    ///   open: before any row is sent.
    func dispatcher(for target: RemoteTarget) throws(ServerError) -> RemoteDispatcher {
        do throws(RemoteModelError) {
            var refusal: RemoteModelError?
            for provider in target.runtime.providers {
                do throws(RemoteModelError) {
                    _ = try provider.headers()
                    return try dispatcher()
                } catch {
                    refusal = refusal ?? error
                }
            }
            if let refusal { throw refusal }
            return try dispatcher()
        } catch {
            throw target.error(error)
        }
    }
}
