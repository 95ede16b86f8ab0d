public import BorealBase

extension WireError {
    /// What the client is told: the errors of the protocol itself, which never reach the engine.
    public var serverError: ServerError {
        switch self {
        case .truncated(let packet, _), .malformed(let packet, _):
            packet.hasPrefix("COM_")
                ? ServerError(.unknownCommand, "Malformed communication packet")
                : ServerError(.badHandshake, "Bad handshake")
        case .packetTooLarge:
            ServerError(
                .packetTooLarge,
                "Got a packet bigger than 'max_allowed_packet' bytes"
            )
        case .packetsOutOfOrder: ServerError(.packetsOutOfOrder, "Got packets out of order")
        case .protocolTooOld: ServerError(.badHandshake, "Bad handshake")
        case .unknownCommand: ServerError(.unknownCommand, "Unknown command")
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
