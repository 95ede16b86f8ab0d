import BorealBase
import BorealSQL
import BorealSQLite
import BorealWire

/// SET in all its spellings. As in MySQL, everything is evaluated and checked before anything is
/// changed: a statement with one bad assignment changes nothing.
extension TableSession {
    /// One assignment that passed its checks.
    private enum Change {
        case user(String, SQLiteValue, ColumnType)
        case session(String, TableValue)
        case global(String, TableValue)
        case external(String, TableValue)
    }

    /// Runs SET. Expressions are evaluated on a connection; nothing waits.
    ///
    /// - Parameter ledger: what is known of calls that answer later; nil where none may stand.
    /// - Throws: `HeldEvaluation` when one has to be waited for; nothing is changed then.
    func set(
        _ statement: SetStatement,
        text: [UInt8],
        parameters: [TableValue],
        ledger: EvaluationLedger? = nil
    ) throws {
        var changes: [Change] = []
        for assignment in statement.assignments {
            switch assignment {
            case .user(let name, let node):
                let (value, type) = try evaluate(
                    node,
                    text: text,
                    parameters: parameters,
                    ledger: ledger
                )
                let kept = VariableType.type(VariableType.tag(type))
                changes.append(.user(name.asciiLowercased, value, kept))
            case .names(let charset, let collation):
                changes += try names(charset, collation)
            case .characterSet(let charset): changes += try characterSet(charset)
            case .system(let variable, let value):
                let given = try given(value, text, parameters, ledger)
                changes.append(try change(variable, to: given))
            }
        }
        for change in changes { try apply(change) }
    }

    /// The value written; nil for DEFAULT.
    private func given(
        _ value: SetValue,
        _ text: [UInt8],
        _ parameters: [TableValue],
        _ ledger: EvaluationLedger?
    ) throws -> TableValue? {
        switch value {
        case .byDefault: return nil
        case .word(let word): return .text(word)
        case .expression(let node):
            let (stored, type) = try evaluate(
                node,
                text: text,
                parameters: parameters,
                ledger: ledger
            )
            return TableValue(stored, type: type)
        }
    }

    // MARK: - Checks

    /// One system variable: that it is there, that it may be set in this scope, and its value.
    private func change(_ variable: SystemVariable, to given: TableValue?) throws -> Change {
        let name = variable.name.asciiLowercased
        let isGlobal = variable.scope != .unspecified && variable.scope != .session
        guard variable.scope != .persistOnly else {
            throw TableError.notSupported("SET PERSIST_ONLY")
        }
        guard let entry = SystemVariables.all[name] else {
            return try external(variable, name, given, isGlobal: isGlobal)
        }
        if entry.isReadOnly { throw TableError.variableIsReadOnly(name) }
        if isGlobal, entry.isSession { throw TableError.variableHasNoGlobal(name) }
        if !isGlobal, entry.isGlobal { throw TableError.variableIsGlobal(name) }
        if !isGlobal, entry.scope == .connect { throw TableError.sessionIsReadOnly(name) }
        guard variable.scope != .persist else {
            throw TableError.notSupported("SET PERSIST of a variable that a restart forgets")
        }
        let fallback = isGlobal ? entry.value : store.global(name) ?? entry.value
        var check = VariableCheck(
            name,
            entry,
            isStrict: sqlMode.names.contains("STRICT_ALL_TABLES")
        )
        let checked = try given.map { try check.checked($0) } ?? fallback
        if let warning = check.warning { warn(warning) }
        return isGlobal ? .global(name, checked) : .session(name, checked)
    }

    /// A setting of the engine's, or a variable that is computed.
    private func external(
        _ variable: SystemVariable,
        _ name: String,
        _ given: TableValue?,
        isGlobal: Bool
    ) throws -> Change {
        guard store.external?.value(name) != nil else {
            guard liveValue(name) != nil else {
                throw TableError.unknownSystemVariable(variable.name)
            }
            throw TableError.variableIsReadOnly(name)
        }
        guard isGlobal else { throw TableError.variableIsGlobal(name) }
        return .external(name, given ?? .null)
    }

    /// `SET NAMES`.
    private func names(_ charset: String?, _ collation: String?) throws -> [Change] {
        let name = charset.map { Collations.canonicalCharset($0) } ?? Collations.defaultCharset
        try Collations.checkClient(name)
        guard let standard = Collations.defaultCollation(ofCharset: name) else {
            throw TableError.unknownCharacterSet(charset ?? "")
        }
        var chosen = standard
        if let collation {
            guard let entry = Collations.entry(collation) else {
                throw TableError.unknownCollation(collation)
            }
            guard entry.charset == name else {
                throw TableError.collationMismatch(collation: entry.name, charset: name)
            }
            chosen = entry.name
        }
        return ["client", "connection", "results"].map {
            .session("character_set_\($0)", .text(name))
        } + [.session("collation_connection", .text(chosen))]
    }

    /// `SET CHARACTER SET`: the connection's own is the database's.
    private func characterSet(_ charset: String?) throws -> [Change] {
        let name = charset.map { Collations.canonicalCharset($0) } ?? Collations.defaultCharset
        try Collations.checkClient(name)
        guard Collations.defaultCollation(ofCharset: name) != nil else {
            throw TableError.unknownCharacterSet(charset ?? "")
        }
        let collation = liveValue("collation_database") ?? .text(Collations.defaultCollation)
        return [
            .session("character_set_client", .text(name)),
            .session("character_set_results", .text(name)),
            .session("collation_connection", collation),
        ]
    }

    // MARK: - Changes

    /// Does what passed the checks. Only a setting of the engine's can still be refused, by its
    /// own range.
    private func apply(_ change: Change) throws {
        switch change {
        case .user(let name, let value, let type):
            try userVariables.checkRoom(for: name, value)
            userVariables[name] = (value, type)
            tracking.noteState()
        case .session(let name, let value): try apply(name, value)
        case .global(let name, let value): store.setGlobal(name, value)
        case .external(let name, let value): _ = try store.external?.setGlobal(name, value)
        }
    }

    /// A variable of this session, with those that go along with it.
    private func apply(_ name: String, _ value: TableValue) throws {
        tracking.noteAssignment(name)
        switch name {
        case "autocommit":
            if value == .integer(1), !isAutocommit { try commit() }
            values[name] = value
        case "transaction_isolation", "tx_isolation":
            values["transaction_isolation"] = value
            values["tx_isolation"] = value
        case "transaction_read_only", "tx_read_only":
            values["transaction_read_only"] = value
            values["tx_read_only"] = value
        case "last_insert_id", "identity":
            lastInsertID = UInt64(clamping: value.wholeNumber ?? 0)
        case "collation_connection":
            values[name] = value
            values["character_set_connection"] = .text(Collations.charset(of: value.text ?? ""))
            tracking.noteAssignment("character_set_connection")
        case "character_set_connection":
            values[name] = value
            if let collation = Collations.defaultCollation(ofCharset: value.text ?? "") {
                values["collation_connection"] = .text(collation)
                tracking.noteAssignment("collation_connection")
            }
        default: values[name] = value
        }
    }
}

/// MariaDB's `SET STATEMENT name = value, ... FOR statement`: the variables hold until it ends.
///
/// One thread at a time steps it.
final class ScopedStatement: TableStatement, @unchecked Sendable {
    private let session: TableSession
    private let outer: [String: TableValue]
    private let inner: any TableStatement
    private var isOver = false

    /// - Parameters:
    ///   - outer: the session's values before.
    ///   - inner: the statement, prepared with the values that hold for it.
    init(_ session: TableSession, outer: [String: TableValue], _ inner: any TableStatement) {
        self.session = session
        self.outer = outer
        self.inner = inner
    }

    deinit { restore() }

    var columns: [ResultColumn] { inner.columns }

    func step(
        into writer: inout RowWriter,
        buffer: inout ByteBuffer,
        budgetBytes: Int
    ) throws -> StepOutcome {
        do {
            let outcome = try inner.step(
                into: &writer,
                buffer: &buffer,
                budgetBytes: budgetBytes
            )
            if case .finished = outcome { restore() }
            return outcome
        } catch {
            restore()
            throw error
        }
    }

    func nextBatch(rowsMax: Int) throws -> RowBatch? { try inner.nextBatch(rowsMax: rowsMax) }

    func close() {
        inner.close()
        restore()
    }

    private func restore() {
        guard !isOver else { return }
        isOver = true
        session.values = outer
    }
}
