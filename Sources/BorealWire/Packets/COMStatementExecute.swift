/// Runs a prepared statement (the manual's `COM_STMT_EXECUTE`), read.
struct COMStatementExecute: Equatable, Sendable {
    /// `statement_id` (4), after `lastStatementID` was replaced.
    var statementID: UInt32
    /// One value a `?`.
    var parameters: [ParameterValue]

    /// Reads `flags` (1), `iteration_count` (4), then, for a statement with parameters: the NULL
    /// bitmap, `new_params_bind_flag` (1), the types if the flag is set, and the values.
    ///
    /// A cursor that `flags` asks for is not opened: the rows are sent at once, as the status of
    /// the answer tells. Types and long data that the statement remembers are read and renewed.
    ///
    /// - Throws: `truncated`, `malformed`; `wrongArguments` when no types were ever sent.
    init(
        statementID: UInt32,
        _ reader: inout PayloadReader,
        _ statement: inout PreparedStatementTable.Statement
    ) throws(WireError) {
        self.statementID = statementID
        parameters = []
        _ = try reader.integer(5, "flags and iteration_count")
        let count = statement.parameterCount
        guard count > 0 else { return }
        if let error = statement.longDataError { throw error }
        let nulls = try reader.bytes(UInt64(count + 7) / 8, "null_bitmap")
        if try reader.byte("new_params_bind_flag") != 0 {
            statement.types = try Self.types(count, &reader)
        }
        guard statement.types.count == count else { throw .wrongArguments("mysqld_stmt_execute") }
        parameters.reserveCapacity(count)
        for index in 0..<count {
            let type = statement.types[index]
            if let data = statement.longData[index] {
                parameters.append(data.withUnsafeBytes { PayloadReader.string($0, type.field) })
            } else if nulls[index / 8] & 1 << UInt8(index % 8) != 0 {
                parameters.append(.null)
            } else {
                parameters.append(try reader.value(type))
            }
        }
    }

    private static func types(
        _ count: Int,
        _ reader: inout PayloadReader
    ) throws(WireError) -> [ParameterType] {
        var types: [ParameterType] = []
        guard reader.remaining >= 2 * count else { throw reader.truncated("parameter_type") }
        types.reserveCapacity(count)
        for _ in 0..<count {
            let code = try reader.byte("parameter_type")
            let flags = try reader.byte("parameter_type")
            guard let field = FieldType(rawValue: code) else {
                throw reader.malformed("parameter_type")
            }
            types.append(ParameterType(field: field, isUnsigned: flags & 0x80 != 0))
        }
        return types
    }
}
