import BorealBase
public import BorealSQL
import BorealSQLite

/// System variables: reading and setting.
extension TableSession {
    /// The value of `@@name`.
    public func systemValue(_ variable: SystemVariable) throws -> TableValue {
        let name = variable.name.asciiLowercased
        if let live = liveValue(name) { return live }
        guard let entry = SystemVariables.all[name] else {
            if let value = store.external?.value(name) { return value }
            throw TableError.unknownSystemVariable(variable.name)
        }
        switch variable.scope {
        case .global, .persist, .persistOnly:
            if entry.scope == .session { throw TableError.variableIsSession(name) }
            return store.global(name) ?? entry.value
        case .session:
            if entry.scope == .global { throw TableError.variableIsGlobal(name) }
            return value(name)
        case .unspecified: return value(name)
        }
    }

    /// Variables that are computed.
    private func liveValue(_ name: String) -> TableValue? {
        switch name {
        case "version": .text(store.options.serverVersion)
        case "port": .integer(store.options.port)
        case "system_time_zone": .text(SystemClock.zoneName)
        case "error_count": .integer(Int64(warnings.count { $0.level == .error }))
        case "warning_count": .integer(Int64(warnings.count))
        case "last_insert_id", "identity": .unsigned(lastInsertID)
        case "pseudo_thread_id": .unsigned(identity.connectionID)
        case "timestamp":
            value(name) == .real(0)
                ? .real(Double(Instant.now.microseconds) / 1_000_000) : value(name)
        case "collation_database":
            .text(
                database.flatMap { store.schema.databases[$0]?.collation }
                    ?? Collations.defaultCollation
            )
        default: nil
        }
    }

    /// Every variable in the order of names, for SHOW VARIABLES.
    func allVariables(_ scope: SystemVariable.Scope) -> [(name: String, value: TableValue)] {
        var rows: [(name: String, value: TableValue)] = []
        for (name, entry) in SystemVariables.all {
            if scope == .global, entry.scope == .session { continue }
            let value =
                liveValue(name)
                ?? (scope == .global ? store.global(name) ?? entry.value : value(name))
            rows.append(
                (name, entry.isSwitch ? .text(value.wholeNumber == 1 ? "ON" : "OFF") : value)
            )
        }
        for name in ["version", "port", "system_time_zone"] {
            if let value = liveValue(name) { rows.append((name, value)) }
        }
        rows += store.external?.all() ?? []
        return rows.sorted { $0.name < $1.name }
    }

    /// Runs SET. Expressions are evaluated on a connection; nothing waits.
    func set(_ statement: SetStatement, text: [UInt8], parameters: [TableValue]) throws {
        for assignment in statement.assignments {
            switch assignment {
            case .user(let name, let node):
                let (value, type) = try evaluate(node, text: text, parameters: parameters)
                guard userVariables.count < TableLimits.userVariablesMax else {
                    throw TableError.memoryLimit(TableLimits.userVariablesMax)
                }
                userVariables[name.asciiLowercased] = (
                    value, VariableType.type(VariableType.tag(type))
                )
            case .names(let charset, let collation): try setNames(charset, collation)
            case .characterSet(let charset): try setNames(charset, nil)
            case .system(let variable, let value):
                try set(variable, value, text: text, parameters: parameters)
            }
        }
    }

    /// The value of one expression.
    func evaluate(
        _ node: Expression,
        text: [UInt8],
        parameters: [TableValue]
    ) throws -> (SQLiteValue, ColumnType) {
        let translator = Translator(translationContext(parameters), text: text)
        let scope = Scope(parent: nil)
        let value = try translator.expression(node, scope)
        translator.addPasses(scope, source: "")
        let connection = try beginRead(ofTables: !translator.tables.isEmpty)
        defer { endRead(connection) }
        prime(connection, cancellation: CancellationFlag())
        do {
            try BatchRun.runAll(translator.passes, connection, parameters: parameters)
            let sql = "SELECT \(value.sql)"
            let statement = try connection.sqlite.statement(sql)
            defer { connection.sqlite.giveBack(statement) }
            try Self.bind(statement, parameters)
            guard try statement.step() else { return (.null, value.type) }
            return (statement.value(0), value.type)
        } catch {
            throw connection.mapped(error)
        }
    }

    /// Binds the client's parameters as far as the statement has them.
    static func bind(_ statement: SQLiteStatement, _ parameters: [TableValue]) throws(SQLiteError) {
        guard !parameters.isEmpty else { return }
        for index in 1...max(1, min(statement.parameterCount, parameters.count)) {
            guard index <= statement.parameterCount else { return }
            try statement.bind(index, parameters[index - 1].stored)
        }
    }

    private func setNames(_ charset: String?, _ collation: String?) throws {
        let name = charset.map { Collations.canonicalCharset($0) } ?? Collations.defaultCharset
        guard let standard = Collations.defaultCollation(ofCharset: name) else {
            throw TableError.unknownCharacterSet(charset ?? "")
        }
        var chosen = standard
        if let collation {
            guard let entry = Collations.entry(collation) else {
                throw TableError.unknownCollation(collation)
            }
            chosen = entry.name
        }
        for variable in ["client", "connection", "results"] {
            values["character_set_\(variable)"] = .text(name)
        }
        values["collation_connection"] = .text(chosen)
    }

    private func set(
        _ variable: SystemVariable,
        _ value: SetValue,
        text: [UInt8],
        parameters: [TableValue]
    ) throws {
        let name = variable.name.asciiLowercased
        let isGlobal = variable.scope != .unspecified && variable.scope != .session
        guard let entry = SystemVariables.all[name] else {
            let known = store.external?.value(name) != nil
            guard known || liveValue(name) != nil else {
                throw TableError.unknownSystemVariable(variable.name)
            }
            guard known, isGlobal else { throw TableError.variableIsGlobal(name) }
            let given = try given(value, text: text, parameters: parameters) ?? .null
            _ = try store.external?.setGlobal(name, given)
            return
        }
        if entry.isReadOnly { throw TableError.variableIsReadOnly(name) }
        if isGlobal, entry.scope == .session { throw TableError.variableIsSession(name) }
        if !isGlobal, entry.scope == .global { throw TableError.variableIsGlobal(name) }
        let given = try given(value, text: text, parameters: parameters)
        let fallback = isGlobal ? entry.value : store.global(name) ?? entry.value
        let checked = try given.map { try self.checked(name, entry, $0) } ?? fallback
        if isGlobal { return store.setGlobal(name, checked) }
        try apply(name, checked, isOnce: variable.scope == .unspecified)
    }

    /// The value written; nil for DEFAULT.
    private func given(
        _ value: SetValue,
        text: [UInt8],
        parameters: [TableValue]
    ) throws -> TableValue? {
        switch value {
        case .byDefault: return nil
        case .word(let word): return .text(word)
        case .expression(let node):
            let (stored, type) = try evaluate(node, text: text, parameters: parameters)
            return TableValue(stored, type: type)
        }
    }

    /// A value in the form a variable keeps.
    private func checked(
        _ name: String,
        _ entry: SystemVariables.Entry,
        _ value: TableValue
    ) throws -> TableValue {
        let shown = value.text ?? "NULL"
        let wrong = TableError.wrongValueForVariable(name: name, value: shown)
        if entry.isSwitch {
            switch shown.uppercased() {
            case "1", "ON", "TRUE": return .integer(1)
            case "0", "OFF", "FALSE": return .integer(0)
            default: throw wrong
            }
        }
        switch name {
        case "sql_mode": return try .text(modeText(value, wrong))
        case "time_zone":
            guard TimeZoneOffset.minutes(shown) != nil else { throw wrong }
            return value
        case "transaction_isolation", "tx_isolation":
            let level = shown.uppercased().replacing(" ", with: "-")
            guard SetTransaction.Isolation(rawValue: level) != nil else { throw wrong }
            return .text(level)
        case _ where name.hasPrefix("character_set_"):
            if value.isNull, name == "character_set_results" { return .null }
            guard Collations.defaultCollation(ofCharset: shown) != nil else {
                throw TableError.unknownCharacterSet(shown)
            }
            return .text(Collations.canonicalCharset(shown))
        case _ where name.hasPrefix("collation_"):
            guard let found = Collations.entry(shown) else {
                throw TableError.unknownCollation(shown)
            }
            return .text(found.name)
        default: return try plain(entry, value, name, wrong)
        }
    }

    private func plain(
        _ entry: SystemVariables.Entry,
        _ value: TableValue,
        _ name: String,
        _ wrong: TableError
    ) throws -> TableValue {
        switch entry.value {
        case .integer:
            if case .text = value { throw TableError.wrongTypeForVariable(name) }
            guard let number = value.wholeNumber else {
                throw TableError.wrongTypeForVariable(name)
            }
            return .integer(max(number, 0))
        case .unsigned:
            if case .unsigned = value { return value }
            guard let number = value.wholeNumber else {
                throw TableError.wrongTypeForVariable(name)
            }
            return .unsigned(UInt64(max(number, 0)))
        case .real:
            guard let number = value.text.flatMap({ Double($0) }), number >= 0 else {
                throw TableError.wrongTypeForVariable(name)
            }
            return .real(number)
        default:
            guard !value.isNull else { throw wrong }
            return .text(value.text ?? "")
        }
    }

    private func modeText(_ value: TableValue, _ wrong: TableError) throws -> String {
        if let number = value.wholeNumber, number == 0 { return "" }
        var names: [String] = []
        let words = (value.text ?? "").uppercased().split(separator: ",").map { word in
            String(word.drop { $0 == " " })
        }
        for word in words where !word.isEmpty {
            guard SystemVariables.modeNames.contains(word) else {
                throw TableError.wrongValueForVariable(name: "sql_mode", value: word)
            }
            if word == "NO_AUTO_CREATE_USER" { continue }
            let list = SystemVariables.combinedModes[word] ?? word
            for name in list.split(separator: ",").map({ String($0) }) where !names.contains(name) {
                names.append(name)
            }
        }
        return names.joined(separator: ",")
    }

    private func apply(_ name: String, _ value: TableValue, isOnce: Bool) throws {
        switch name {
        case "autocommit":
            if value == .integer(1), !isAutocommit { try commit() }
            values[name] = value
        case "transaction_isolation", "tx_isolation":
            values["transaction_isolation"] = value
            values["tx_isolation"] = value
        case "last_insert_id", "identity":
            lastInsertID = UInt64(clamping: value.wholeNumber ?? 0)
        case "collation_connection":
            values[name] = value
            values["character_set_connection"] = .text(Collations.charset(of: value.text ?? ""))
        default: values[name] = value
        }
    }
}

extension String {
    /// Each occurrence of one text replaced by another.
    func replacing(_ old: Character, with new: String) -> String {
        reduce(into: "") { $1 == old ? $0 += new : $0.append($1) }
    }
}
