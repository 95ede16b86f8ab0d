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
