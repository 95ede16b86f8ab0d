import BorealBase

/// The client's wish to go on in TLS (the manual's `Protocol::SSLRequest`): a login that ends
/// before the name. The login follows inside TLS.
struct SSLRequest: Equatable, Sendable {
    /// Bytes of the payload: `client_flag` (4), `max_packet_size` (4), `character_set` (1), filler
    /// (23).
    static let payloadBytes = 32

    /// - Parameter offered: what the greeting offered; without TLS in it there is no such request.
    /// - Returns: nil when the payload is something else.
    init?(decoding payload: UnsafeRawBufferPointer, offered: CapabilityFlags) {
        guard offered.contains(.ssl), payload.count == Self.payloadBytes else { return nil }
        let raw = UInt32(littleEndian: payload.loadUnaligned(as: UInt32.self))
        let flags = CapabilityFlags(rawValue: raw)
        guard flags.contains([.ssl, .protocol41]) else { return nil }
    }

    /// Appends the payload, which is also the beginning of a login.
    static func encode(
        _ capabilities: CapabilityFlags,
        _ packetBytesMax: UInt32,
        _ collation: Collation,
        into output: inout ByteBuffer
    ) {
        output.append(littleEndian: UInt64(capabilities.rawValue), bytes: 4)
        output.append(littleEndian: UInt64(packetBytesMax), bytes: 4)
        output.append(UInt8(truncatingIfNeeded: collation.id))
        output.append(zeros: 23)
    }
}
