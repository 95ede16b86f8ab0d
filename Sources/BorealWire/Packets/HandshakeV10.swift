public import BorealBase

/// The server's greeting, the first packet of a connection (the manual's `Protocol::HandshakeV10`).
public struct HandshakeV10: Equatable, Sendable {
    /// `server version` (string<NUL>): what clients parse to guess features.
    public var serverVersion: String
    /// `thread id` (4): the connection's id.
    public var connectionID: UInt32
    /// `auth-plugin-data` (8, later 12 + NUL): the challenge, 20 bytes without a zero.
    public var nonce: [UInt8]
    /// `capability_flags` (2, later 2): what the server offers.
    public var capabilities: CapabilityFlags
    /// `character_set` (1): low byte of the server's collation id.
    public var collation: Collation
    /// `status_flags` (2).
    public var status: StatusFlags
    /// `auth_plugin_name` (string<NUL>): the plugin the challenge is meant for.
    public var authPlugin: String

    /// `protocol version` (1): ten, since MySQL 3.21.
    static let protocolVersion: UInt8 = 10
    /// Bytes of the challenge without its NUL.
    public static let nonceBytes = 20

    /// - Parameter nonce: 20 bytes without a zero.
    public init(
        serverVersion: String,
        connectionID: UInt32,
        nonce: [UInt8],
        capabilities: CapabilityFlags,
        collation: Collation,
        status: StatusFlags,
        authPlugin: String
    ) {
        precondition(
            nonce.count == Self.nonceBytes && !nonce.contains(0),
            "a challenge is 20 bytes without a zero"
        )
        self.serverVersion = serverVersion
        self.connectionID = connectionID
        self.nonce = nonce
        self.capabilities = capabilities
        self.collation = collation
        self.status = status
        self.authPlugin = authPlugin
    }

    /// Appends the payload.
    public func encode(into output: inout ByteBuffer) {
        output.append(Self.protocolVersion)
        output.append(nulTerminated: serverVersion)
        output.append(littleEndian: UInt64(connectionID), bytes: 4)
        output.append(contentsOf: nonce[..<8])
        output.append(0)
        output.append(littleEndian: UInt64(capabilities.rawValue & 0xffff), bytes: 2)
        output.append(UInt8(truncatingIfNeeded: collation.id))
        output.append(littleEndian: UInt64(status.rawValue), bytes: 2)
        output.append(littleEndian: UInt64(capabilities.rawValue >> 16), bytes: 2)
        output.append(UInt8(Self.nonceBytes + 1))
        output.append(zeros: 10)
        output.append(contentsOf: nonce[8...])
        output.append(0)
        output.append(nulTerminated: authPlugin)
    }
}

extension HandshakeV10 {
    /// Reads a server's greeting. Parts that old servers leave out count as empty.
    ///
    /// - Throws: `protocolTooOld`, `truncated`, `malformed`: also for a challenge that is not 20
    ///   bytes without a zero, as every server since 4.1 sends it.
    package init(decoding payload: UnsafeRawBufferPointer) throws(WireError) {
        var reader = PayloadReader(payload, packet: "HandshakeV10")
        guard try reader.byte("protocol version") == Self.protocolVersion else {
            throw .protocolTooOld
        }
        serverVersion = String(wire: try reader.nulTerminated("server version"))
        connectionID = UInt32(truncatingIfNeeded: try reader.integer(4, "thread id"))
        nonce = Array(try reader.bytes(8, "auth-plugin-data"))
        _ = try reader.byte("filler")
        let low = try reader.integer(2, "capability_flags")
        guard CapabilityFlags(rawValue: UInt32(low)).contains(.protocol41), !reader.isAtEnd else {
            throw .protocolTooOld
        }
        collation = Collation(id: UInt16(try reader.byte("character_set")))
        status = StatusFlags(
            rawValue: UInt16(truncatingIfNeeded: try reader.integer(2, "status_flags"))
        )
        let high = try reader.integer(2, "capability_flags")
        capabilities = CapabilityFlags(rawValue: UInt32(low | high << 16))
        _ = try reader.byte("auth_plugin_data_len")
        _ = try reader.bytes(10, "reserved")
        nonce += Array(try reader.bytes(UInt64(Self.nonceBytes - 8), "auth-plugin-data"))
        guard !nonce.contains(0) else { throw reader.malformed("auth-plugin-data") }
        _ = try reader.byte("auth-plugin-data")
        authPlugin = String(wire: reader.nulTerminatedOrRest())
    }
}
