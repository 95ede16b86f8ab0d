package import BorealWire

/// A statement that a source by name has prepared for a client, whose number for it is ours: each
/// source numbers its own, and a client may use several.
package struct ForeignStatement: Equatable, Sendable {
    /// The number that the source gave it.
    package let id: UInt32
    /// How many `?` it has.
    package let parameterCount: Int
    /// True when it changes nothing.
    package let isReading: Bool

    /// Reads the first packet of the answer to COM_STMT_PREPARE: `status` (1), `statement_id` (4),
    /// `num_columns` (2), `num_params` (2).
    ///
    /// - Returns: nil for a packet that is none.
    package init?(prepared payload: [UInt8], isReading: Bool) {
        guard payload.count >= 9, payload[0] == 0 else { return nil }
        id = Self.id(payload)
        parameterCount = Int(payload[7]) | Int(payload[8]) << 8
        self.isReading = isReading
    }

    /// The number behind a packet's first byte; 0 for a packet that is too short.
    package static func id(_ payload: [UInt8]) -> UInt32 {
        guard payload.count >= 5 else { return 0 }
        return (0..<4).reduce(0) { $0 | UInt32(payload[1 + $1]) << UInt32(8 * $1) }
    }

    /// The packet with another number behind its first byte.
    package static func renumbered(_ payload: [UInt8], _ id: UInt32) -> [UInt8] {
        guard payload.count >= 5 else { return payload }
        var result = payload
        for index in 0..<4 {
            result[1 + index] = UInt8(truncatingIfNeeded: id >> UInt32(8 * index))
        }
        return result
    }

    /// A client's command about the statement as the source is to get it.
    ///
    /// - Parameter isNamed: whether the client writes names beside the types of its values
    ///   (`CLIENT_QUERY_ATTRIBUTES`), which the source does not read.
    /// - Throws: `wrongArguments` for an execution that is cut off, or has more values than `?`.
    package func command(_ payload: [UInt8], isNamed: Bool) throws(WireError) -> [UInt8] {
        let command = Self.renumbered(payload, id)
        guard isNamed, command.first == Self.execute else { return command }
        return try withoutNames(command)
    }

    /// COM_STMT_EXECUTE.
    private static let execute: UInt8 = 0x17
    /// `PARAMETER_COUNT_AVAILABLE` of its flags.
    private static let countFlag: UInt8 = 0x08
    /// Bytes in front of the values: command, number, flags, iterations.
    private static let headBytes = 10

    private func withoutNames(_ payload: [UInt8]) throws(WireError) -> [UInt8] {
        let refused = WireError.wrongArguments("mysqld_stmt_execute")
        guard payload.count >= Self.headBytes else { throw refused }
        var result = Array(payload[..<Self.headBytes])
        result[5] &= ~Self.countFlag
        guard parameterCount > 0 || payload[5] & Self.countFlag != 0 else { return result }
        var rest = payload[Self.headBytes...]
        guard Self.number(&rest) == parameterCount else { throw refused }
        guard parameterCount > 0 else { return result }
        let bitmapBytes = (parameterCount + 7) / 8
        guard rest.count > bitmapBytes else { throw refused }
        let hasTypes = rest[rest.startIndex + bitmapBytes] != 0
        result += rest.prefix(bitmapBytes + 1)
        rest = rest.dropFirst(bitmapBytes + 1)
        guard hasTypes else { return result + rest }
        for _ in 0..<parameterCount {
            result += rest.prefix(2)
            rest = rest.dropFirst(2)
            guard let length = Self.number(&rest), length <= rest.count else { throw refused }
            rest = rest.dropFirst(length)
        }
        return result + rest
    }

    /// A length-encoded integer of at most four bytes; nil for any other.
    private static func number(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        guard let first = bytes.popFirst() else { return nil }
        let width: Int
        switch first {
        case 0xfc: width = 2
        case 0xfd: width = 3
        case 0xfb, 0xfe, 0xff: return nil
        default: return Int(first)
        }
        guard bytes.count >= width else { return nil }
        defer { bytes = bytes.dropFirst(width) }
        return bytes.prefix(width).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
