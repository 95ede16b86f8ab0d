import BorealBase

/// The client's login (the manual's `Protocol::HandshakeResponse41`).
public struct HandshakeResponse41: Equatable, Sendable {
    /// `client_flag` (4), reduced to what the server offered.
    public var capabilities: CapabilityFlags
    /// `max_packet_size` (4): the largest packet the client wants to receive; 0 says nothing.
    public var packetBytesMax: UInt32
    /// `character_set` (1): low byte of a collation id.
    public var collation: Collation
    /// `username` (string<NUL>), the first characters of a long one.
    public var userName: String
    /// `auth_response` (string<lenenc>, 1 byte length or NUL-terminated, by capability).
    public var authResponse: [UInt8]
    /// `database` (string<NUL>), with `CLIENT_CONNECT_WITH_DB`; nil when absent or empty.
    public var database: String?
    /// `client_plugin_name` (string<NUL>), with `CLIENT_PLUGIN_AUTH`; nil when absent or empty.
    public var authPlugin: String?
    /// Keys and values, with `CLIENT_CONNECT_ATTRS`.
    public var attributes = ConnectAttributes()
    /// `zstd_compression_level` (1), with `CLIENT_ZSTD_COMPRESSION_ALGORITHM`; nil when absent.
    public var zstdLevel: UInt8?

    /// Bytes of filler behind the collation; MariaDB clients keep further flags in the last four.
    private static let fillerBytes: UInt64 = 23

    /// A login as a client makes one.
    init(
        capabilities: CapabilityFlags,
        packetBytesMax: UInt32,
        collation: Collation,
        userName: String,
        authResponse: [UInt8],
        database: String?,
        authPlugin: String,
        attributes: ConnectAttributes
    ) {
        self.capabilities = capabilities
        self.packetBytesMax = packetBytesMax
        self.collation = collation
        self.userName = userName
        self.authResponse = authResponse
        self.database = database
        self.authPlugin = authPlugin
        self.attributes = attributes
    }

    /// Reads a login.
    ///
    /// - Parameter offered: what the greeting offered. The layout follows what is in force on both
    ///   sides.
    /// - Throws: `protocolTooOld`, `truncated`, `malformed`.
    public init(
        decoding payload: UnsafeRawBufferPointer,
        offered: CapabilityFlags
    ) throws(WireError) {
        var reader = PayloadReader(payload, packet: "HandshakeResponse41")
        let lowFlags = try reader.integer(2, "client_flag")
        guard CapabilityFlags(rawValue: UInt32(lowFlags)).contains(.protocol41) else {
            throw .protocolTooOld
        }
        let highFlags = try reader.integer(2, "client_flag")
        let flags = CapabilityFlags(rawValue: UInt32(lowFlags | highFlags << 16))
        capabilities = flags.intersection(offered)
        packetBytesMax = UInt32(try reader.integer(4, "max_packet_size"))
        collation = Collation(id: UInt16(try reader.byte("character_set")))
        reader.characterSet = ClientTexts(collation).client
        _ = try reader.bytes(Self.fillerBytes, "filler")
        let user = try reader.nulTerminated("username")
        userName = reader.userName(user)
        authResponse = try Self.readAuthResponse(&reader, capabilities)
        if capabilities.contains(.connectWithDatabase), !reader.isAtEnd {
            let name = reader.nulTerminatedOrRest()
            database = name.isEmpty ? nil : reader.text(name)
        }
        if capabilities.contains(.pluginAuth) {
            let name = String(wire: reader.nulTerminatedOrRest())
            authPlugin = name.isEmpty ? nil : name
        }
        if capabilities.contains(.connectAttributes) {
            attributes = try .read(&reader, packet: "HandshakeResponse41")
        }
        if capabilities.contains(.zstdCompression), !reader.isAtEnd {
            zstdLevel = try reader.byte("zstd_compression_level")
        }
    }

    private static func readAuthResponse(
        _ reader: inout PayloadReader,
        _ capabilities: CapabilityFlags
    ) throws(WireError) -> [UInt8] {
        let answer: UnsafeRawBufferPointer
        if capabilities.contains(.pluginAuthLengthEncoded) {
            answer = try reader.lengthEncodedBytes("auth_response")
        } else if capabilities.contains(.secureConnection) {
            let count = try reader.byte("auth_response_length")
            answer = try reader.bytes(UInt64(count), "auth_response")
        } else {
            answer = try reader.nulTerminated("auth_response")
        }
        guard answer.count <= WireLimits.authenticationAnswerBytesMax else {
            throw reader.malformed("auth_response")
        }
        return Array(answer)
    }
}

extension HandshakeResponse41 {
    /// Appends the payload. Its layout follows `capabilities`, which both sides must have.
    func encode(into output: inout ByteBuffer) {
        SSLRequest.encode(capabilities, packetBytesMax, collation, into: &output)
        output.append(nulTerminated: userName)
        if capabilities.contains(.pluginAuthLengthEncoded) {
            authResponse.withUnsafeBytes { output.append(lengthEncoded: $0) }
        } else {
            // An answer is 256 bytes at most, a password in clear among them.
            output.append(UInt8(clamping: authResponse.count))
            output.append(contentsOf: authResponse.prefix(Int(UInt8.max)))
        }
        if capabilities.contains(.connectWithDatabase) {
            output.append(nulTerminated: database ?? "")
        }
        if capabilities.contains(.pluginAuth) { output.append(nulTerminated: authPlugin ?? "") }
        if capabilities.contains(.connectAttributes) { attributes.encode(into: &output) }
    }
}
