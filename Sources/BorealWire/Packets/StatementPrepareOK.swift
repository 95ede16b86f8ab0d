import BorealBase

/// The first packet of the answer to COM_STMT_PREPARE (the manual's `COM_STMT_PREPARE_OK`).
package struct StatementPrepareOK: Equatable, Sendable {
    /// `statement_id` (4).
    package var statementID: UInt32
    /// `num_columns` (2): of the result; 0 for none.
    package var columnCount: Int
    /// `num_params` (2).
    package var parameterCount: Int
    /// `warning_count` (2).
    package var warnings: UInt16

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

extension StatementPrepareOK {
    /// Reads a server's answer.
    ///
    /// - Throws: `truncated`.
    package init(decoding payload: UnsafeRawBufferPointer) throws(WireError) {
        var reader = PayloadReader(payload, packet: "COM_STMT_PREPARE_OK")
        _ = try reader.byte("status")
        statementID = UInt32(truncatingIfNeeded: try reader.integer(4, "statement_id"))
        columnCount = Int(try reader.integer(2, "num_columns"))
        parameterCount = Int(try reader.integer(2, "num_params"))
        // Servers of MariaDB and MySQL send both always; the protocol lets them be left out.
        guard !reader.isAtEnd else {
            warnings = 0
            return
        }
        _ = try reader.byte("reserved")
        warnings = UInt16(truncatingIfNeeded: try reader.integer(2, "warning_count"))
    }
}
