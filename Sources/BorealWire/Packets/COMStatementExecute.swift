import BorealBase

/// Runs a prepared statement (the manual's `COM_STMT_EXECUTE`), read.
struct COMStatementExecute: Equatable, Sendable {
    /// `statement_id` (4), after `lastStatementID` was replaced.
    var statementID: UInt32
    /// One value a `?`.
    var parameters: [ParameterValue]
    /// What the client sends along, with `CLIENT_QUERY_ATTRIBUTES`.
    var attributes: [QueryAttribute] = []
    /// `CURSOR_TYPE_READ_ONLY`: keep the rows, the client fetches them.
    var opensCursor: Bool

    /// One from its parts.
    init(
        statementID: UInt32,
        parameters: [ParameterValue],
        attributes: [QueryAttribute] = [],
        opensCursor: Bool
    ) {
        self.statementID = statementID
        self.parameters = parameters
        self.attributes = attributes
        self.opensCursor = opensCursor
    }

    /// Bits of `flags`.
    private enum Flag {
        static let cursorReadOnly: UInt8 = 0x01
        static let parameterCountAvailable: UInt8 = 0x08
    }

    /// Reads `flags` (1), `iteration_count` (4), then, for a statement with parameters or
    /// attributes: with `CLIENT_QUERY_ATTRIBUTES` their count, the NULL bitmap,
    /// `new_params_bind_flag` (1), the types (and names) if the flag is set, and the values.
    ///
    /// Types and long data that the statement remembers are read and renewed.
    ///
    /// - Throws: `truncated`, `malformed`; `wrongArguments` when no types were ever sent.
    init(
        statementID: UInt32,
        _ reader: inout PayloadReader,
        _ statement: inout PreparedStatementTable.Statement,
        _ capabilities: CapabilityFlags
    ) throws(WireError) {
        self.statementID = statementID
        parameters = []
        let flags = try reader.byte("flags")
        opensCursor = flags & Flag.cursorReadOnly != 0
        _ = try reader.integer(4, "iteration_count")
        let count = statement.parameterCount
        var total = count
        let isNamed = capabilities.contains(.queryAttributes)
        if isNamed, count > 0 || flags & Flag.parameterCountAvailable != 0 {
            total = try reader.attributeCount()
            guard total >= count else { throw .wrongArguments("mysqld_stmt_execute") }
        }
        guard total > 0 else { return }
        if let error = statement.longDataError { throw error }
        let nulls = try reader.bytes(UInt64(total + 7) / 8, "null_bitmap")
        if try reader.byte("new_params_bind_flag") != 0 {
            statement.types = try Self.types(total, isNamed: isNamed, &reader)
        }
        guard statement.types.count == total else { throw .wrongArguments("mysqld_stmt_execute") }
        parameters.reserveCapacity(count)
        for index in 0..<total {
            let declared = statement.types[index]
            let value: ParameterValue
            if let data = statement.longData[index] {
                value = data.withUnsafeBytes { reader.string($0, declared.type.field) }
            } else {
                value = try reader.value(declared.type, isNull: nulls.isBitSet(index))
            }
            if index < count {
                parameters.append(value)
            } else {
                attributes.append(QueryAttribute(name: declared.name, value: value))
            }
        }
    }

    private static func types(
        _ count: Int,
        isNamed: Bool,
        _ reader: inout PayloadReader
    ) throws(WireError) -> [QueryAttribute.Declaration] {
        var types: [QueryAttribute.Declaration] = []
        guard reader.remaining >= 2 * count else { throw reader.truncated("parameter_type") }
        types.reserveCapacity(count)
        for _ in 0..<count {
            if isNamed {
                types.append(try reader.declaration())
            } else {
                types.append(
                    QueryAttribute.Declaration(name: "", type: try reader.parameterType())
                )
            }
        }
        return types
    }
}

extension COMStatementExecute {
    /// Appends the payload as a client sends it, types with every execution. Attributes are none of
    /// this side's.
    func encode(into output: inout ByteBuffer) {
        output.append(ClientCommand.Code.statementExecute.rawValue)
        output.append(littleEndian: UInt64(statementID), bytes: 4)
        output.append(opensCursor ? Flag.cursorReadOnly : 0)
        output.append(littleEndian: 1, bytes: 4)
        guard !parameters.isEmpty else { return }
        var nulls = [UInt8](repeating: 0, count: (parameters.count + 7) / 8)
        for (index, value) in parameters.enumerated() where value == .null {
            nulls[index / 8] |= 1 << UInt8(index % 8)
        }
        output.append(contentsOf: nulls)
        output.append(1)
        for value in parameters {
            let type = value.wireType
            output.append(type.field.rawValue)
            output.append(type.isUnsigned ? 0x80 : 0)
        }
        for value in parameters { value.encode(into: &output) }
    }
}
