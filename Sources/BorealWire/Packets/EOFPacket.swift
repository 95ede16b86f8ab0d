public import BorealBase

/// The end of column definitions or rows (the manual's `Protocol::EOF_Packet`).
///
/// Clients with `CLIENT_DEPRECATE_EOF` get none behind column definitions, and an OK packet with
/// this packet's first byte at the end of rows.
public struct EOFPacket: Equatable, Sendable {
    /// `warnings` (2).
    public var warnings: UInt16
    /// `status_flags` (2).
    public var status: StatusFlags

    /// An EOF packet; the defaults are those of a session at rest.
    public init(status: StatusFlags = .autocommit, warnings: UInt16 = 0) {
        self.status = status
        self.warnings = warnings
    }

    /// Appends the payload in the shape that the client reads.
    public func encode(into output: inout ByteBuffer, capabilities: CapabilityFlags) {
        if capabilities.contains(.deprecateEOF) {
            OKPacket(status: status, warnings: warnings)
                .encode(into: &output, capabilities: capabilities, header: .endOfResult)
        } else {
            output.append(0xfe)
            output.append(littleEndian: UInt64(warnings), bytes: 2)
            output.append(littleEndian: UInt64(status.rawValue), bytes: 2)
        }
    }
}

extension EOFPacket {
    /// True for a packet that ends rows: no row begins so and is so short.
    ///
    /// A row may begin with the same byte when its first cell has 16 MiB and more; then it is
    /// longer than any such end.
    static func isEnd(_ payload: UnsafeRawBufferPointer, _ capabilities: CapabilityFlags) -> Bool {
        guard payload.first == 0xfe else { return false }
        return capabilities.contains(.deprecateEOF)
            ? payload.count < WireLimits.framePayloadBytes : payload.count < 9
    }

    /// Reads the end of column definitions or rows, in either shape.
    ///
    /// - Throws: `truncated`, `malformed`.
    package init(
        decoding payload: UnsafeRawBufferPointer,
        capabilities: CapabilityFlags
    ) throws(WireError) {
        if capabilities.contains(.deprecateEOF) {
            let packet = try OKPacket(decoding: payload, capabilities: capabilities)
            self.init(status: packet.status, warnings: packet.warnings)
        } else {
            var reader = PayloadReader(payload, packet: "EOF_Packet")
            _ = try reader.byte("header")
            let warnings = UInt16(truncatingIfNeeded: try reader.integer(2, "warnings"))
            let status = try reader.integer(2, "status_flags")
            self.init(
                status: StatusFlags(rawValue: UInt16(truncatingIfNeeded: status)),
                warnings: warnings
            )
        }
    }
}
