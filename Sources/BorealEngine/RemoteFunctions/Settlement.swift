import BorealBase
import BorealRemote
import BorealTables

/// What failed rows do to a statement: as the session says in `ai_on_error`, else as the model
/// says, else by the number of rows.
enum FailureRule: Equatable, Sendable {
    /// The first fails the statement.
    case fail
    /// They are NULL, with a warning each.
    case null
    /// They are NULL, unless all rows failed for one reason.
    case nullUnlessAll
    /// As `nullUnlessAll`; a row that is the only one fails the statement.
    case byRows

    init(session: String, model: RemoteModelOptions.OnError?) {
        switch (session, model) {
        case ("FAIL", _): self = .fail
        case ("NULL", _): self = .null
        case (_, .fail?): self = .fail
        case (_, .null?): self = .nullUnlessAll
        case (_, nil): self = .byRows
        }
    }

    init(_ caller: BatchCaller, model: RemoteModelOptions.OnError?) {
        self.init(session: caller.variable("ai_on_error")?.text ?? "", model: model)
    }

    /// Why the statement fails; nil when it does not.
    ///
    /// - Parameters:
    ///   - failures: of the chunk.
    ///   - askedRows: rows that something was asked for.
    ///   - isSingle: the statement asks about one row.
    func verdict(
        _ failures: [RemoteModelError],
        askedRows: Int,
        isSingle: Bool
    ) -> RemoteModelError? {
        // What no row can help is no row's failure.
        if let whole = failures.first(where: { $0.isOfStatement }) { return whole }
        guard var first = failures.first else { return nil }
        let isOneReason =
            failures.count == askedRows && failures.allSatisfy { $0.code == first.code }
        switch self {
        case .null: return nil
        case .fail: break
        case .nullUnlessAll: guard isOneReason else { return nil }
        case .byRows: guard isOneReason || isSingle else { return nil }
        }
        if isOneReason { first.rows = failures.count }
        return first
    }
}

extension RemoteModelError {
    /// Whoever sent the statement is told, whatever failed rows are to be.
    fileprivate var isOfStatement: Bool {
        switch code {
        case .noModel, .notDeployed, .access, .policy, .cancelled: true
        default: false
        }
    }
}

/// Turns what came of a chunk's rows into a column and warnings.
struct Settlement: Sendable {
    let target: RemoteTarget
    let type: ColumnType
    let rule: FailureRule
    let isSingle: Bool
    /// When all rows of the chunk fail, so may all of the statement's; false for a chunk behind
    /// others, and for one row of many.
    let mayBeAll: Bool

    /// Warnings of one chunk: SHOW WARNINGS shows no more of a statement.
    private static let warningsMax = 64

    /// - Parameters:
    ///   - readings: one for each row; nil where nothing was asked.
    ///   - cutRows: rows whose answer stopped at a limit of tokens.
    func settle(
        _ readings: [AnswerReader.Reading?],
        cutRows: Int
    ) -> (result: Result<Column, any Error>, warnings: [TableWarning]) {
        let failures = readings.compactMap { reading -> RemoteModelError? in
            guard case .failure(let error)? = reading else { return nil }
            return error
        }
        let asked = readings.count { $0 != nil }
        let rows = mayBeAll ? asked : .max
        if let verdict = rule.verdict(failures, askedRows: rows, isSingle: isSingle) {
            return (.failure(target.error(verdict)), [])
        }
        var warnings = failures.prefix(Self.warningsMax).map(warning)
        if cutRows > 0 {
            var error = RemoteModelError(.truncated, "the answer stops at the limit of tokens")
            error.rows = cutRows
            warnings.append(warning(error))
        }
        return (.success(column(readings)), warnings)
    }

    private func warning(_ failure: RemoteModelError) -> TableWarning {
        let error = target.error(failure)
        return TableWarning(.warning, error.code, error.message)
    }

    private func column(_ readings: [AnswerReader.Reading?]) -> Column {
        var validity = Validity()
        var numbers: [Double] = []
        var texts = ByteColumn()
        let isNumber = type.kind == .double
        for reading in readings {
            var (text, number): (String?, Double?)
            if case .success(let value)? = reading {
                switch value {
                case .null: break
                case .text(let said): text = said
                case .number(let said): number = said
                }
            }
            validity.append(isNull: isNumber ? number == nil : text == nil)
            if isNumber { numbers.append(number ?? 0) } else { texts.append(text ?? "") }
        }
        return Column(
            name: "",
            type: type,
            storage: isNumber ? .double(numbers) : .bytes(texts),
            validity: validity
        )
    }
}
