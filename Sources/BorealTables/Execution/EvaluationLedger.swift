/// What the expressions of a statement that begins anew have asked so far, by their places.
///
/// A call whose answer comes later ends the statement, which holds no thread and no lock meanwhile;
/// when it begins anew it finds the answers here.
final class EvaluationLedger {
    private var known: [Int: [BatchMemo]] = [:]
    private var asked: [HeldEvaluation] = []
    private var next = 0

    deinit { abandon() }

    /// The statement begins anew.
    func rewind() { next = 0 }

    /// The place of the next expression, where expressions come in one order each time.
    func take() -> Int {
        defer { next += 1 }
        return next
    }

    /// The memos of an expression; empty before it was asked.
    subscript(place: Int) -> [BatchMemo] {
        get { known[place] ?? [] }
        set { known[place] = newValue }
    }

    /// These are waited for before the statement begins anew.
    func wait(for evaluations: [HeldEvaluation]) { asked += evaluations }

    /// Takes answers that have come, with what was said beside them.
    ///
    /// - Returns: what has to be waited for; nil when all answers are there.
    /// - Throws: why there are none.
    func advance(_ session: TableSession) throws -> PendingAnswer? {
        while let first = asked.first {
            switch try first.held.advance() {
            case .waiting(let pending): return pending
            case .known(let memos, let warnings):
                known[first.place] = memos
                warnings.forEach(session.warn)
            }
            asked.removeFirst()
        }
        return nil
    }

    /// Nobody wants the answers any more.
    func abandon() {
        for evaluation in asked { evaluation.held.abandon() }
        asked = []
    }
}

/// An expression waits for the answers of a batched call.
struct HeldEvaluation {
    let held: HeldAsk
    /// Of the expression, in the ledger.
    let place: Int
}

/// A statement waits for answers: it begins anew when they are there.
struct HeldEvaluations: Error, @unchecked Sendable {
    // Unchecked: it is thrown and caught on the thread that runs the statement.
    var list: [HeldEvaluation]
}
