import BorealBase
import BorealSQLite

/// What values take in memory, roughly: for bounds of what a statement collects.
extension SQLiteValue {
    var bytesHeld: Int {
        switch self {
        case .text(let text): text.utf8.count + 16
        case .blob(let bytes): bytes.count + 16
        default: 16
        }
    }
}

extension TableValue {
    var bytesHeld: Int {
        switch self {
        case .decimal(let text), .text(let text), .temporal(let text, _): text.utf8.count + 32
        case .bytes(let bytes): bytes.count + 32
        default: 32
        }
    }
}

/// The user variables of a session.
extension Dictionary where Key == String, Value == (value: SQLiteValue, type: ColumnType) {
    /// - Throws: `memoryLimit` when there would be too many, or they would hold too much.
    func checkRoom(for name: String, _ value: SQLiteValue) throws(TableError) {
        if count >= TableLimits.userVariablesMax, self[name] == nil {
            throw .memoryLimit(TableLimits.userVariablesMax)
        }
        let held = value.bytesHeld
        // So many small ones fit in any case.
        guard held > TableLimits.userVariablesBytesMax / TableLimits.userVariablesMax else {
            return
        }
        let others = reduce(0) { $0 + ($1.key == name ? 0 : $1.value.value.bytesHeld) }
        guard others + held <= TableLimits.userVariablesBytesMax else {
            throw .memoryLimit(TableLimits.userVariablesBytesMax)
        }
    }
}
