import BorealBase

/// The first packet of the answer to COM_STMT_PREPARE (the manual's `COM_STMT_PREPARE_OK`).
struct StatementPrepareOK: Equatable, Sendable {
    /// `statement_id` (4).
    var statementID: UInt32
    /// `num_columns` (2): of the result; 0 for none.
    var columnCount: Int
    /// `num_params` (2).
    var parameterCount: Int
    /// `warning_count` (2).
    var warnings: UInt16

    func encode(into output: inout ByteBuffer) {
        output.append(0)
        output.append(littleEndian: UInt64(statementID), bytes: 4)
        output.append(littleEndian: UInt64(UInt16(clamping: columnCount)), bytes: 2)
        output.append(littleEndian: UInt64(UInt16(clamping: parameterCount)), bytes: 2)
        output.append(0)
        output.append(littleEndian: UInt64(warnings), bytes: 2)
    }
}

extension ColumnDefinition41 {
    /// What a client is told of each `?`: only that there is one.
    static let parameter = ColumnDefinition41(
        name: "?",
        collation: .binary,
        length: 0,
        type: .varString,
        flags: .binary,
        decimals: 0
    )
}
