public import BorealBase

extension WireError {
    /// What the client is told: the errors of the protocol itself, which never reach the engine.
    public var serverError: ServerError {
        switch self {
        case .truncated(let packet, _), .malformed(let packet, _):
            packet.hasPrefix("COM_")
                ? ServerError(.malformedPacket, "Malformed communication packet.")
                : ServerError(.badHandshake, "Bad handshake")
        case .packetTooLarge:
            ServerError(
                .packetTooLarge,
                "Got a packet bigger than 'max_allowed_packet' bytes"
            )
        case .packetsOutOfOrder: ServerError(.packetsOutOfOrder, "Got packets out of order")
        case .protocolTooOld: ServerError(.badHandshake, "Bad handshake")
        case .unknownCommand: ServerError(.unknownCommand, "Unknown command")
        case .unknownStatement(let id, let command):
            ServerError(
                .unknownStatementHandler,
                "Unknown prepared statement handler (\(id)) given to \(command)"
            )
        case .wrongArguments(let command):
            ServerError(.wrongArguments, "Incorrect arguments to \(command)")
        case .longDataTooLarge:
            ServerError(
                .unknownError,
                "Parameter of prepared statement which is set through mysql_send_long_data() is "
                    + "longer than 'max_allowed_packet' bytes"
            )
        case .noOpenCursor(let id):
            ServerError(.noOpenCursor, "The statement (\(id)) has no open cursor.")
        case .malformedFrame:
            ServerError(.uncompressFailed, "Couldn't uncompress communication packet")
        case .compressionRequired:
            ServerError(
                .wrongCompressionAlgorithm,
                "Invalid compression algorithm 'uncompressed'."
            )
        case .wrongCompressionLevel(let level):
            ServerError(
                .wrongCompressionLevel,
                "Invalid compression level '\(level)' for algorithm 'zstd'."
            )
        case .insecureTransport:
            ServerError(
                .secureTransportRequired,
                "Connections using insecure transport are prohibited while "
                    + "--require_secure_transport=ON."
            )
        case .accessDenied(let user, let host, let isPasswordUsed):
            ServerError(
                .accessDenied,
                "Access denied for user '\(user)'@'\(host)' "
                    + "(using password: \(isPasswordUsed ? "YES" : "NO"))"
            )
        case .malformedKey, .cryptography, .unexpectedCompletion:
            ServerError(.unknownError, "Unknown error")
        }
    }
}
