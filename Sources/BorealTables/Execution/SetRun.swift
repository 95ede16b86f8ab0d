import BorealBase
import BorealSQL
import BorealWire

/// What the expressions of a statement that begins anew have asked so far, by their order.
final class EvaluationLedger {
    /// The memos of each expression with batched calls.
    var known: [Int: [BatchMemo]] = [:]
    private var next = 0

    /// The statement begins anew.
    func rewind() { next = 0 }

    /// The place of the next expression.
    func take() -> Int {
        defer { next += 1 }
        return next
    }
}

/// An expression waits for the answers of a batched call: its statement begins anew when they are
/// there.
struct HeldEvaluation: Error {
    let held: HeldAsk
    /// Of the expression, in the ledger.
    let place: Int
}

/// SET, whose expressions may ask models that answer later. Nothing is changed before all values
/// are known.
///
/// One thread at a time steps it.
final class SetRun: TableStatement, @unchecked Sendable {
    var columns: [ResultColumn] { [] }
    private let session: TableSession
    private let statement: SetStatement
    private let input: StatementInput
    private let ledger = EvaluationLedger()
    private var held: HeldEvaluation?
    private var result: StatementSummary?

    init(_ session: TableSession, _ statement: SetStatement, _ input: StatementInput) {
        self.session = session
        self.statement = statement
        self.input = input
    }

    deinit { close() }

    func step(
        into writer: inout RowWriter,
        buffer: inout ByteBuffer,
        budgetBytes: Int
    ) throws -> StepOutcome {
        if let result { return .finished(result) }
        if input.cancellation.isCancelled { throw TableError.interrupted }
        if let held {
            switch try held.held.advance() {
            case .waiting(let pending): return .waiting(pending.ticket())
            case .known(let memos, let warnings):
                ledger.known[held.place] = memos
                warnings.forEach(session.warn)
            }
            self.held = nil
        }
        ledger.rewind()
        do {
            try session.set(
                statement,
                text: input.text,
                parameters: input.parameters,
                ledger: ledger
            )
        } catch let held as HeldEvaluation {
            self.held = held
            return .more
        }
        var done = StatementSummary()
        done.warningCount = session.warnings.count
        result = done
        return .finished(done)
    }

    func nextBatch(rowsMax: Int) throws -> RowBatch? { nil }

    func close() {
        held?.held.abandon()
        held = nil
    }
}
