import BorealBase
public import BorealSQL
import BorealSQLite
public import BorealWire
import Synchronization

/// System variables: reading and setting.
extension TableSession {
    /// The value of `@@name`.
    public func systemValue(_ variable: SystemVariable) throws -> TableValue {
        let name = variable.name.asciiLowercased
        guard let entry = SystemVariables.all[name] else {
            if let value = liveValue(name) ?? store.external?.value(name) { return value.counted }
            throw TableError.unknownSystemVariable(variable.name)
        }
        let value: TableValue
        switch variable.scope {
        case .global, .persist, .persistOnly:
            if entry.isSession { throw TableError.variableIsSession(name) }
            value = store.global(name) ?? entry.value
        case .session where entry.isGlobal: throw TableError.variableHasNoSession(name)
        case .session, .unspecified: value = liveValue(name) ?? self.value(name)
        }
        // Switches are 1 and 0; all other whole numbers count something.
        return entry.isSwitch ? value : value.counted
    }

    /// Begins as the client's login has it.
    ///
    /// - Parameters:
    ///   - collation: the id of the client's collation. One that is unknown, or of a character set
    ///     that is not converted, changes nothing.
    ///   - isInteractive: a person sits there, who may be idle for `interactive_timeout`.
    public func begin(collation: UInt16, isInteractive: Bool) {
        if let entry = Collation(id: collation).description,
            ClientTexts.supports(entry.characterSet)
        {
            loginCollation = collation
        }
        if isInteractive {
            let seconds = store.globalNumber("interactive_timeout")
            if seconds != store.globalNumber("wait_timeout") {
                values["wait_timeout"] = .integer(Int64(seconds))
            }
        }
    }

    /// What the login's collation makes of a variable that the session has not set. Most clients
    /// name a collation, and few set one: an id takes less room than four variables.
    func loginValue(_ name: String) -> TableValue? {
        let isCollation = name == "collation_connection"
        guard loginCollation != 0,
            isCollation || Self.loginCharacterSets.contains(name),
            let entry = Collation(id: loginCollation).description
        else { return nil }
        return .text(isCollation ? entry.name : entry.characterSet)
    }

    private static let loginCharacterSets: Set<String> = [
        "character_set_client", "character_set_connection", "character_set_results",
    ]

    /// `collation_connection`, by name.
    public var connectionCollation: String { text("collation_connection") }

    /// What the client writes and reads.
    public var texts: ClientTexts {
        let now = (store.revision.load(ordering: .acquiring), revision)
        if let kept = keptTexts, kept.store == now.0, kept.session == now.1 { return kept.texts }
        let fresh = ClientTexts(
            client: text("character_set_client"),
            results: value("character_set_results").text,
            collation: text("collation_connection")
        )
        keptTexts = (store: now.0, session: now.1, texts: fresh)
        return fresh
    }

    /// Takes over a variable of another server's session, which the client has set there.
    ///
    /// Only what says how texts travel is of any use here.
    public func follow(_ name: String, _ value: String) {
        let isCharacterSet = Self.loginCharacterSets.contains(name)
        guard isCharacterSet ? ClientTexts.supports(value) : name == "collation_connection" else {
            return
        }
        values[name] = .text(value)
    }

    /// Variables that are computed.
    func liveValue(_ name: String) -> TableValue? {
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
            if scope == .global, entry.isSession { continue }
            let value =
                scope == .global
                ? store.global(name) ?? entry.value : liveValue(name) ?? value(name)
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

    /// The value of one expression that stands in a statement of the engine's.
    public func value(
        of node: Expression,
        text: [UInt8],
        parameters: [TableValue]
    ) throws -> TableValue {
        let (value, type) = try evaluate(node, text: text, parameters: parameters)
        return TableValue(value, type: type)
    }

    /// The value of one expression.
    ///
    /// - Parameter ledger: as of `set`.
    func evaluate(
        _ node: Expression,
        text: [UInt8],
        parameters: [TableValue],
        ledger: EvaluationLedger? = nil
    ) throws -> (SQLiteValue, ColumnType) {
        let translator = Translator(translationContext(parameters), text: text)
        let scope = Scope(parent: nil)
        let value = try translator.expression(node, scope)
        translator.addPasses(scope, source: "")
        let place = ledger?.take() ?? 0
        let connection = try beginRead(ofTables: !translator.tables.isEmpty)
        defer { endRead(connection) }
        prime(connection, cancellation: CancellationFlag())
        do {
            let held = try BatchRun.runAll(
                translator.passes,
                connection,
                parameters: parameters,
                known: ledger?[place] ?? [],
                mayHold: ledger != nil
            )
            if let held {
                throw HeldEvaluations(list: [HeldEvaluation(held: held, place: place)])
            }
            if !translator.passes.isEmpty { ledger?[place] = connection.context.memos }
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
}

extension TableValue {
    /// A whole number that is not negative as one that never is, as MySQL has them in `@@name`.
    fileprivate var counted: TableValue {
        guard case .integer(let number) = self, number >= 0 else { return self }
        return .unsigned(UInt64(number))
    }
}

extension String {
    /// Each occurrence of one text replaced by another.
    func replacing(_ old: Character, with new: String) -> String {
        reduce(into: "") { $1 == old ? $0 += new : $0.append($1) }
    }
}
