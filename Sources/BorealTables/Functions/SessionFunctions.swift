import BorealBase
import BorealSQLite

/// What depends on the session: names, counters, variables.
extension FunctionRegistry {
    /// Registers them. None is deterministic: a prepared statement must not remember them.
    func addSession() throws(SQLiteError) {
        let context = context
        try addRaw("b_database", 0, isDeterministic: false) { $0.result(context.database) }
        try addRaw("b_user", 0, isDeterministic: false) { $0.result(context.user) }
        try addRaw("b_current_user", 0, isDeterministic: false) { $0.result(context.account) }
        try addRaw("b_connection_id", 0, isDeterministic: false) {
            $0.result(Int64(clamping: context.connectionID))
        }
        try addRaw("b_row_count", 0, isDeterministic: false) { $0.result(context.rowCount) }
        try addRaw("b_found_rows", 0, isDeterministic: false) {
            $0.result(Int64(clamping: context.foundRows))
        }
        try addRaw("b_last_insert_id", -1, isDeterministic: false) { call in
            guard call.count > 0 else { return call.result(context.lastInsertID) }
            let value = call.isNull(0) ? 0 : call.bitPattern(0)
            context.insertIDSet = value
            call.result(value)
        }
        try addRaw("b_attribute", 1, isDeterministic: false) { call in
            call.result((context.attributes[call.text(0)] ?? nil).map { .text($0) } ?? .null)
        }
        try addRaw("b_var", 1, isDeterministic: false) { call in
            call.result(context.variables[call.text(0)]?.value ?? .null)
        }
        try addRaw("b_setvar", 3, isDeterministic: false) { call in
            let name = call.text(0)
            let value = call.value(1)
            do throws(TableError) { try context.variables.checkRoom(for: name, value) } catch {
                return context.fail(call, error)
            }
            context.variables[name] = (value, VariableType.type(call.int(2)))
            call.result(argument: 1)
        }
    }
}
