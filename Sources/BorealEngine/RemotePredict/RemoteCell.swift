import BorealBase
import BorealRemote

/// What a remote model made of one row, as results and files show it.
enum RemoteCell: Equatable, Sendable {
    /// NULL was asked: nothing was sent.
    case empty
    /// - Parameter isCut: the answer stopped at a limit of tokens.
    case text(String, isCut: Bool = false)
    case score(Double)
    case failure(RemoteModelError)

    init(_ outcome: RowOutcome?) {
        guard let outcome else {
            self = .empty
            return
        }
        switch outcome.result {
        case .failure(let error): self = .failure(error)
        case .success(let answer):
            switch answer.value {
            case .text(let text): self = .text(text, isCut: answer.isTruncated)
            case .vector(let numbers):
                self = .text(JSON.array(numbers.map { .number($0) }).description)
            case .score(let score): self = .score(score)
            case .json(.string(let text)): self = .text(text)
            case .json(let json): self = .text(json.description)
            case .written(let body): self = .text(String(decoding: body, as: UTF8.self))
            }
        }
    }

    /// Appends the prediction.
    ///
    /// - Returns: false for NULL.
    func appendPrediction(to text: inout [UInt8]) -> Bool {
        switch self {
        case .empty, .failure: return false
        case .text(let value, _): text.append(contentsOf: value.utf8)
        case .score(let score): text.append(contentsOf: score.description.utf8)
        }
        return true
    }

    /// Appends the status: nothing for success, else `CODE: message`.
    func appendStatus(to text: inout [UInt8]) {
        guard case .failure(let error) = self else { return }
        text.append(contentsOf: "\(error.code.rawValue): \(error.text)".utf8)
    }

    /// A failure that says nothing of the row: nobody looked at it, and it may be asked again.
    var isPassing: Bool {
        guard case .failure(let error) = self else { return false }
        switch error.code {
        case .cancelled, .busy, .budget, .rateLimit, .breakerOpen, .connect, .timeout, .config,
            .policy, .access, .noModel, .notDeployed:
            return true
        case .upstream4xx, .upstream5xx, .badResponse, .filtered, .truncated: return false
        }
    }
}

extension RemoteModelOptions.OnError {
    /// - Parameter session: `ai_on_error`; nil for `DEFAULT`.
    init?(session: String) { self.init(rawValue: session.asciiLowercased) }
}

/// Counts what came of the rows of a statement, and says when it fails as a whole.
struct RemoteTally {
    /// What failed rows do to the statement.
    enum Rule: Equatable {
        /// The first one fails it.
        case fail
        /// Only when every row failed for one reason.
        case failIfAll
        /// Nothing.
        case keep

        /// - Parameters:
        ///   - statement: what the statement says; nil for nothing.
        ///   - model: what the model says.
        init(
            statement: RemoteModelOptions.OnError?,
            model: RemoteModelOptions.OnError?
        ) {
            switch (statement, model) {
            case (.fail, _), (nil, .fail): self = .fail
            case (.null, _): self = .keep
            case (nil, _): self = .failIfAll
            }
        }
    }

    private let rule: Rule
    private var first: RemoteModelError?
    private var hasOneReason = true
    /// Rows that something was asked for.
    private(set) var askedRows = 0
    private(set) var failedRows = 0
    /// Rows whose answer stopped at a limit of tokens.
    private(set) var cutRows = 0

    init(_ rule: Rule) { self.rule = rule }

    /// - Throws: the failure, when one is enough.
    mutating func add(_ cell: RemoteCell) throws(RemoteModelError) {
        switch cell {
        case .empty: return
        case .text(_, let isCut): if isCut { cutRows += 1 }
        case .score: break
        case .failure(let error):
            if rule == .fail { throw error }
            failedRows += 1
            if first == nil { first = error }
            if first?.code != error.code { hasOneReason = false }
        }
        askedRows += 1
    }

    /// Why the statement fails, if no other row follows; nil when it does not.
    var verdict: RemoteModelError? {
        guard rule == .failIfAll, hasOneReason, failedRows == askedRows, var error = first else {
            return nil
        }
        error.rows = failedRows
        return error
    }
}
