import BorealBase
import BorealGraph
import BorealTables
import BorealWire

/// PREDICT of the row that a lookup by key finds: from the row to the answer without columns in
/// between, which for one row cost more than the model does.
final class OneRowPredict: RunningStatement {
    private let lookup: ShortLookup
    private let kept: KeptPrediction
    private let binder: RowBinder
    private let model: LoadedModel
    private let scorer: GraphSession
    private let session: ClientSession
    private let cancellation: CancellationFlag
    /// What answers a row that there is something to say about.
    private var further: OnlinePredict?

    /// - Parameter scorer: one of the model's, which gets it back.
    init(
        _ lookup: ShortLookup,
        _ kept: KeptPrediction,
        _ binder: RowBinder,
        _ model: LoadedModel,
        _ scorer: GraphSession,
        _ session: ClientSession,
        _ cancellation: CancellationFlag
    ) {
        self.lookup = lookup
        self.kept = kept
        self.binder = binder
        self.model = model
        self.scorer = scorer
        self.session = session
        self.cancellation = cancellation
    }

    deinit { model.giveBack(scorer) }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        if let further { return try further.step(&response, budgetBytes: budgetBytes) }
        let found: ShortLookup.Found<Void>
        do {
            found = try lookup.read { answer($0, &response) }
        } catch {
            throw ServerError(table: error)
        }
        switch found {
        case .nothing: writeColumns(&response)
        case .value: session.engine.meter.countPredicted(1)
        case .batch(let batch):
            let further = OnlinePredict(
                RowsAtHand(batch),
                kept.frame,
                scorer: ModelScorer(scorer.graph, kept.binder, meter: session.engine.meter),
                tables: session.tables,
                cancellation: cancellation
            )
            self.further = further
            return try further.step(&response, budgetBytes: budgetBytes)
        }
        response.writer.endResult(
            status: response.status,
            warnings: UInt16(clamping: session.tables.warnings.count),
            into: &response.output
        )
        return .finished
    }

    /// Writes columns and row; nil, and nothing written, for a row that takes a batch.
    private func answer(_ cells: LookupCells, _ response: inout Response) -> Void? {
        let isRead = withUnsafeTemporaryAllocation(
            of: Double.self,
            capacity: max(1, binder.featureCount)
        ) { features in
            guard let base = features.baseAddress,
                binder.write(to: base, cell: { Self.feature($0, of: cells) })
            else { return false }
            scorer.runOne(base)
            return true
        }
        guard isRead else { return nil }
        writeColumns(&response)
        response.writer.beginRow(into: &response.output)
        for column in kept.frame.projection.columns {
            switch column.source {
            case .input(let index): Self.write(cells.cell(index), to: &response)
            case .added: writePrediction(to: &response)
            }
        }
        response.writer.endRow(into: &response.output)
        return ()
    }

    private func writeColumns(_ response: inout Response) {
        response.writer.columns(
            kept.frame.definitions,
            status: response.status,
            into: &response.output
        )
    }

    private func writePrediction(to response: inout Response) {
        if scorer.isMissing(output: 0) { return response.writer.null(into: &response.output) }
        var text: [UInt8] = []
        scorer.appendPrediction(output: 0, to: &text)
        text.withUnsafeBytes { response.writer.bytes($0, into: &response.output) }
    }

    private static func feature(_ column: Int, of cells: LookupCells) -> RowBinder.Cell {
        switch cells.cell(column) {
        case .null: .missing
        case .int64(let value): .number(Double(value))
        case .uint64(let value): .number(Double(value))
        case .double(let value): .number(value)
        case .float(let value): .number(Double(value))
        case .bytes(let bytes): .bytes(bytes, cells.type(column).kind)
        }
    }

    /// As `CellText` writes it.
    private static func write(_ cell: LookupCells.Cell, to response: inout Response) {
        switch cell {
        case .null: response.writer.null(into: &response.output)
        case .int64(let value): response.writer.int64(value, into: &response.output)
        case .uint64(let value): response.writer.uint64(value, into: &response.output)
        case .double(let value): response.writer.text(value.description, into: &response.output)
        case .float(let value): response.writer.text(value.description, into: &response.output)
        case .bytes(let bytes): response.writer.bytes(bytes, into: &response.output)
        }
    }

    func abandon() {
        lookup.close()
        further?.abandon()
    }
}

/// Rows that were read already, as a source.
private final class RowsAtHand: QuerySource {
    private var batch: RowBatch?
    let columns: [ColumnDefinition41] = []
    let types: [ColumnType] = []
    let resultColumns: [ResultColumn] = []

    init(_ batch: RowBatch) { self.batch = batch }

    func next(rowsMax: Int) throws(ServerError) -> RowBatch? {
        defer { batch = nil }
        return batch
    }

    func close() { batch = nil }
}
