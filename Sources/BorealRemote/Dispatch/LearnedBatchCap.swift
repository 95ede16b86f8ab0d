/// How many rows a request of a model may hold, as far as the service has said: any number, until
/// it refuses one. What was learned holds as long as the server runs.
struct LearnedBatchCap: Sendable {
    private(set) var value: Int

    init(_ start: Int) { value = max(1, start) }

    /// The service called a request of so many rows too large.
    ///
    /// - Returns: whether a smaller request may be tried.
    mutating func refused(rows: Int) -> Bool {
        guard rows > 1 else { return false }
        value = min(value, max(1, rows / 2))
        return true
    }
}

/// What follows when a whole batch fails.
enum BatchRemedy: Equatable, Sendable {
    /// Ask again in pieces of at most so many rows.
    case pieces(rowsMax: Int)
    /// Nothing about the batch: it is a failure like any other.
    case none

    /// - Parameter rows: how many the failed request held.
    init(
        _ failure: AttemptFailure,
        rows: Int,
        kind: RemoteModelKind,
        cap: inout LearnedBatchCap
    ) {
        self = .none
        guard rows > 1 else { return }
        if Self.isUnreadable(failure) {
            // One row of several may have spoiled the answer of all: the others shall have theirs.
            // Prompts that shared one are asked alone, since sharing is what goes wrong there.
            self = .pieces(rowsMax: kind == .chat ? 1 : (rows + 1) / 2)
            return
        }
        guard case .refused(let refusal) = failure else { return }
        let isSize = refusal.status == 413 || (refusal.isAboutSize && refusal.status < 500)
        if isSize, cap.refused(rows: rows) {
            self = .pieces(rowsMax: cap.value)
        } else if refusal.status == 400, !refusal.isQuotaUsedUp {
            self = .pieces(rowsMax: (rows + 1) / 2)
        }
    }

    /// A good status without a usable answer: no JSON, another number of parts than rows, cut off,
    /// too large. BAD_RESPONSE, as the client sees it.
    static func isUnreadable(_ failure: AttemptFailure) -> Bool {
        switch failure {
        case .refused: false
        case .lost(let failure): failure.kind == .truncated || failure.kind == .tooLarge
        case .unreadable(let error): error.code == .badResponse
        }
    }
}
