public import BorealBase

/// What goes wrong between bytes and packets. Every case can be caused by the other side.
public enum WireError: Error, Equatable, Sendable {
    /// A packet ended before a field of it did.
    case truncated(packet: String, field: String)
    /// A field holds what the protocol does not allow there.
    case malformed(packet: String, field: String)
    /// A packet is larger than the limit in force, both in bytes of payload.
    case packetTooLarge(bytes: Int, limit: Int)
    /// A packet carries another sequence id than its place in the exchange demands.
    case packetsOutOfOrder(expected: UInt8, received: UInt8)
    /// The client speaks the protocol from before version 4.1.
    case protocolTooOld
    /// A command that the server does not know, by its first byte.
    case unknownCommand(UInt8)
    /// A command names a prepared statement that there is not.
    case unknownStatement(id: UInt32, command: String)
    /// The values for a prepared statement are none that it can take.
    case wrongArguments(String)
    /// More was sent ahead for a parameter than may be.
    case longDataTooLarge(limit: Int)
    /// COM_STMT_FETCH for a statement whose rows were sent already.
    case noOpenCursor(id: UInt32)
    /// A compressed frame is broken, or holds more or less than it says.
    case malformedFrame
    /// A client that compresses nothing where that is demanded.
    case compressionRequired
    /// A client asks for a level that its algorithm does not have.
    case wrongCompressionLevel(Int)
    /// A client without TLS where TLS or a unix socket is required.
    case insecureTransport
    /// Name and password do not open an account.
    case accessDenied(user: String, host: String, isPasswordUsed: Bool)
    /// A stored verifier, key or PEM text is not in the form it should have.
    case malformedKey(String)
    /// OpenSSL refused an operation for want of memory or randomness.
    case cryptography(operation: String)
    /// The driver completed an action that it was not given: an error of the program.
    case unexpectedCompletion(String)
    /// As a client: a packet that has no place where it came.
    case unexpectedPacket(String)
    /// As a client: the server has an error instead of a greeting, of the log-in's OK, or of
    /// silence.
    case refused(ServerError)
    /// As a client: TLS is demanded and the server offers none.
    case tlsNotOffered
    /// As a client: the server asks for a plugin that is not known here.
    case unknownAuthPlugin(String)
    /// As a client: this plugin sends the password, and the channel is open to others.
    case passwordNotSafe(plugin: String)
    /// As a client: a column of a type or a character set that is not known here, which is named.
    case unreadableColumn(String, String)
}
