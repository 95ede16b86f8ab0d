import BorealBase
public import BorealWire

/// What a session has changed since it last told: `session_track_system_variables`,
/// `session_track_schema`, `session_track_state_change`, `session_track_transaction_info`.
struct SessionTracking {
    /// Variables that were assigned, in order.
    fileprivate(set) var variables: [String] = []
    fileprivate var isSchemaChanged = false
    fileprivate var isStateChanged = false
    /// The transaction as it was told last.
    fileprivate var transaction = SessionTracking.noTransaction
    fileprivate var characteristics = ""

    fileprivate static let noTransaction = "________"

    mutating func noteAssignment(_ name: String) {
        isStateChanged = true
        if !variables.contains(name) { variables.append(name) }
    }

    mutating func noteSchema() {
        isSchemaChanged = true
        isStateChanged = true
    }

    /// A user variable, a prepared statement or a temporary table: nothing that has a name of its
    /// own in what is told.
    mutating func noteState() { isStateChanged = true }
}

extension TableSession {
    /// What an OK packet tells of the session, and has told then.
    public func takeChanges() -> [SessionChange] {
        var changes: [SessionChange] = []
        if !tracking.variables.isEmpty {
            let names = TrackedNames(text("session_track_system_variables"))
            for name in tracking.variables where names.contains(name) {
                changes.append(.systemVariable(name: name, value: shownValue(name)))
            }
        }
        if tracking.isSchemaChanged, isOn("session_track_schema") {
            changes.append(.schema(database ?? ""))
        }
        if tracking.isStateChanged, isOn("session_track_state_change") {
            changes.append(.state(isChanged: true))
        }
        let before = tracking
        tracking = SessionTracking()
        tracking.transaction = before.transaction
        tracking.characteristics = before.characteristics
        addTransaction(to: &changes)
        return changes
    }

    private func shownValue(_ name: String) -> String {
        let value = liveValue(name) ?? value(name)
        if SystemVariables.all[name]?.isSwitch == true {
            return value.wholeNumber == 1 ? "ON" : "OFF"
        }
        return value.text ?? ""
    }

    private func addTransaction(to changes: inout [SessionChange]) {
        let level = text("session_track_transaction_info")
        guard level != "OFF" else { return }
        if level == "CHARACTERISTICS", transactionBeginning != tracking.characteristics {
            tracking.characteristics = transactionBeginning
            changes.append(.transactionCharacteristics(transactionBeginning))
        }
        let state = transactionState
        guard state != tracking.transaction else { return }
        tracking.transaction = state
        changes.append(.transactionState(state))
    }

    /// Eight places, each a letter or `_`: explicit or implicit transaction; reads of tables
    /// without transactions; reads; writes to tables without transactions; writes; unsafe
    /// statements; results sent; locked tables.
    private var transactionState: String {
        guard isExplicit || lockedTables != nil else { return SessionTracking.noTransaction }
        let place1 = !isExplicit ? "_" : isAutocommit ? "T" : "I"
        let reads = connection != nil ? "R" : "_"
        let writes = hasWritten ? "W" : "_"
        return "\(place1)_\(reads)_\(writes)__\(lockedTables == nil ? "_" : "L")"
    }

    /// Statements that begin a transaction like the open one.
    private var transactionBeginning: String {
        guard isExplicit else { return "" }
        var text = ""
        if let level = isolationOnce {
            text += "SET TRANSACTION ISOLATION LEVEL \(level.replacing("-", with: " ")); "
        }
        return text + (isReadOnly ? "START TRANSACTION READ ONLY;" : "START TRANSACTION;")
    }
}

/// The list of `session_track_system_variables`: names, or `*` for all.
private struct TrackedNames {
    private let names: Set<String>

    init(_ text: String) {
        names = Set(
            text.split(separator: ",").map {
                $0.filter { !$0.isWhitespace }.asciiLowercased
            }
        )
    }

    func contains(_ name: String) -> Bool { names.contains("*") || names.contains(name) }
}
