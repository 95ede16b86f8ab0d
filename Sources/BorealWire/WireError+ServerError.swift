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
        case .malformedKey, .cryptography, .unexpectedCompletion, .unexpectedPacket,
            .tlsNotOffered, .unknownAuthPlugin, .passwordNotSafe, .unreadableColumn:
            ServerError(.unknownError, "Unknown error")
        case .refused(let error): error
        }
    }

    /// What is told of a server that this side is a client of.
    ///
    /// - Parameter server: its address, as `db.example:3306`.
    package func clientError(of server: String) -> ServerError {
        switch self {
        case .refused(let error): error
        case .packetTooLarge(let bytes, let limit):
            ServerError(
                .upstreamPacketTooLarge,
                "Got packet bigger than 'max_allowed_packet' bytes: '\(server)' sends \(bytes), "
                    + "the limit is \(limit)"
            )
        case .tlsNotOffered:
            ServerError(
                .upstreamTLS,
                "TLS/SSL error: '\(server)' offers no TLS, and ssl-mode demands it"
            )
        case .unknownAuthPlugin(let name):
            ServerError(
                .upstreamPluginUnknown,
                "Authentication plugin '\(name)', which '\(server)' asks for, is not supported; "
                    + "give the account caching_sha2_password or mysql_native_password"
            )
        case .passwordNotSafe(let plugin):
            ServerError(
                .upstreamAuthentication,
                "Authentication plugin '\(plugin)' requires secure connection: use "
                    + "ssl-mode=REQUIRED for '\(server)'"
            )
        case .malformedKey(let what), .cryptography(let what):
            ServerError(
                .upstreamAuthentication,
                "Authentication at '\(server)' failed: \(what)"
            )
        case .truncated(let packet, let field), .malformed(let packet, let field):
            Self.malformed(server, "\(field) of \(packet)")
        case .unexpectedPacket(let what): Self.malformed(server, what)
        case .unreadableColumn(let name, let what):
            ServerError(
                .notSupportedYet,
                "Column '\(name)' has \(what), which cannot be read from '\(server)'; "
                    + "CAST or CONVERT it in the query"
            )
        default: Self.malformed(server, "\(self)")
        }
    }

    private static func malformed(_ server: String, _ what: String) -> ServerError {
        ServerError(.upstreamMalformedPacket, "Malformed packet from '\(server)': \(what)")
    }
}
