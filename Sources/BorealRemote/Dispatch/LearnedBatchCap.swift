/// How many rows a request of a model may hold: what was asked for, until the service refuses it.
/// What was learned holds as long as the server runs.
struct LearnedBatchCap: Sendable {
    private(set) var value: Int

    init(_ configured: Int) { value = max(1, configured) }

    /// The service called a request of so many rows too large.
    ///
    /// - Returns: whether a smaller request may be tried.
    mutating func refused(rows: Int) -> Bool {
        guard rows > 1 else { return false }
        value = min(value, max(1, rows / 2))
        return true
    }
}

/// What follows from a refusal of a whole batch.
enum BatchRemedy: Equatable, Sendable {
    /// Ask again in pieces of at most so many rows.
    case pieces(rowsMax: Int)
    /// Nothing about the batch: it is a failure like any other.
    case none

    /// - Parameter rows: how many the refused request held.
    init(_ failure: AttemptFailure, rows: Int, cap: inout LearnedBatchCap) {
        self = .none
        guard case .refused(let refusal) = failure, rows > 1 else { return }
        let isSize = refusal.status == 413 || (refusal.isAboutSize && refusal.status < 500)
        if isSize, cap.refused(rows: rows) {
            self = .pieces(rowsMax: cap.value)
        } else if refusal.status == 400, !refusal.isQuotaUsedUp {
            self = .pieces(rowsMax: (rows + 1) / 2)
        }
    }
}
