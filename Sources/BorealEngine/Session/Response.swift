package import BorealBase
package import BorealWire

/// Where a statement writes its answer: the writer that survives between steps, and the bytes of
/// this step.
package struct Response {
    /// Knows the client's capabilities and the next sequence id.
    package var writer: RowWriter
    /// Packets of this step, in order.
    package var output = ByteBuffer()
    /// What the session tells of itself; kept current by whoever changes it.
    package var sessionStatus: StatusFlags
    /// True while another statement of the same text follows.
    package var hasMoreResults = false

    package init(writer: RowWriter, status: StatusFlags) {
        self.writer = writer
        sessionStatus = status
    }

    /// What the next OK, EOF or end of result tells.
    package var status: StatusFlags {
        hasMoreResults ? sessionStatus.union(.moreResultsExist) : sessionStatus
    }

    /// Writes a whole small table.
    package mutating func write(_ table: FixedTable, warnings: Int = 0) {
        let definitions = table.columns.map { ColumnDefinition41(name: $0.name, type: $0.type) }
        writer.columns(definitions, status: status, into: &output)
        for row in table.rows {
            writer.beginRow(into: &output)
            for cell in row {
                switch cell {
                case .null: writer.null(into: &output)
                case .text(let text): writer.text(text, into: &output)
                case .integer(let number): writer.int64(number, into: &output)
                }
            }
            writer.endRow(into: &output)
        }
        writer.endResult(status: status, warnings: UInt16(clamping: warnings), into: &output)
    }

    /// Ends the answer with an error, also in the middle of a result.
    package mutating func fail(_ error: ServerError) {
        writer.error(error, into: &output)
    }

    /// Writes an OK packet.
    package mutating func ok(affectedRows: UInt64 = 0, warnings: Int = 0, info: String = "") {
        writer.ok(
            OKPacket(
                affectedRows: affectedRows,
                status: status,
                warnings: UInt16(clamping: warnings),
                info: info
            ),
            into: &output
        )
    }
}
