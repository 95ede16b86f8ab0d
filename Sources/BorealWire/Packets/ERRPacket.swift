public import BorealBase

/// A statement or a connection failed (the manual's `Protocol::ERR_Packet`).
public struct ERRPacket: Equatable, Sendable {
    /// `error_code` (2), `sql_state` (1 + 5) and `error_message` (string<EOF>).
    public var error: ServerError

    /// - Parameter error: number, SQLSTATE and sentence.
    public init(_ error: ServerError) { self.error = error }

    /// Appends the payload. A sentence longer than 512 bytes ends before the character that crosses
    /// the limit.
    ///
    /// - Parameters:
    ///   - results: what the sentence is written in.
    ///   - numbers: what the client takes.
    public func encode(
        into output: inout ByteBuffer,
        results: ResultTexts = ResultTexts(),
        numbers: ErrorNumbers = .all
    ) {
        let error = numbers.told(error)
        output.append(0xff)
        output.append(littleEndian: UInt64(error.number), bytes: 2)
        output.append(UInt8(ascii: "#"))
        output.append(utf8: error.sqlState)
        if let conversion = results.conversion {
            let message = conversion.converted(message: error.message)
            return output.append(contentsOf: message.prefix(WireLimits.errorMessageBytesMax))
        }
        var message = error.message
        message.withUTF8 { bytes in
            var end = min(bytes.count, WireLimits.errorMessageBytesMax)
            // A byte 10xxxxxx goes on with a character that began before it.
            if end < bytes.count { while end > 0, bytes[end] & 0xc0 == 0x80 { end -= 1 } }
            output.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<end]))
        }
    }
}

extension ERRPacket {
    /// Reads another server's error. Before the login there may be no SQLSTATE.
    ///
    /// - Throws: `truncated`.
    package init(decoding payload: UnsafeRawBufferPointer) throws(WireError) {
        var reader = PayloadReader(payload, packet: "ERR_Packet")
        _ = try reader.byte("header")
        let number = UInt16(truncatingIfNeeded: try reader.integer(2, "error_code"))
        var sqlState = ServerErrorCode.unknownError.sqlState
        var message = reader.rest()
        if message.first == UInt8(ascii: "#"), message.count >= 6 {
            sqlState = String(wire: UnsafeRawBufferPointer(rebasing: message[1..<6]))
            message = UnsafeRawBufferPointer(rebasing: message[6...])
        }
        let kept = message.prefix(WireLimits.errorMessageBytesMax)
        self.init(
            ServerError(
                foreign: number,
                sqlState: sqlState,
                String(wire: UnsafeRawBufferPointer(rebasing: kept))
            )
        )
    }
}
