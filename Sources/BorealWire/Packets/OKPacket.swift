public import BorealBase

/// A statement that has no rows went well (the manual's `Protocol::OK_Packet`).
public struct OKPacket: Equatable, Sendable {
    /// `affected_rows` (int<lenenc>).
    public var affectedRows: UInt64
    /// `last_insert_id` (int<lenenc>).
    public var lastInsertID: UInt64
    /// `status_flags` (2).
    public var status: StatusFlags
    /// `warnings` (2).
    public var warnings: UInt16
    /// `info`: a line for people, such as `Records: 2  Deleted: 0  Skipped: 0  Warnings: 0`.
    public var info: String
    /// `session state info` (string<lenenc>), sent with `CLIENT_SESSION_TRACK` only.
    public var sessionChanges: [SessionChange]

    /// An OK packet; the defaults are those of a statement that changed nothing.
    public init(
        affectedRows: UInt64 = 0,
        lastInsertID: UInt64 = 0,
        status: StatusFlags = .autocommit,
        warnings: UInt16 = 0,
        info: String = "",
        sessionChanges: [SessionChange] = []
    ) {
        self.affectedRows = affectedRows
        self.lastInsertID = lastInsertID
        self.status = status
        self.warnings = warnings
        self.info = info
        self.sessionChanges = sessionChanges
    }

    /// First byte of an OK packet, and of one that ends a result set under `CLIENT_DEPRECATE_EOF`.
    enum Header: UInt8 {
        case ok = 0x00
        case endOfResult = 0xfe
    }

    /// Appends the payload.
    public func encode(into output: inout ByteBuffer, capabilities: CapabilityFlags) {
        encode(into: &output, capabilities: capabilities, header: .ok)
    }

    func encode(
        into output: inout ByteBuffer,
        capabilities: CapabilityFlags,
        header: Header
    ) {
        var status = status.subtracting(.sessionStateChanged)
        let isTracked = capabilities.contains(.sessionTrack) && !sessionChanges.isEmpty
        if isTracked { status.insert(.sessionStateChanged) }
        output.append(header.rawValue)
        output.append(lengthEncoded: affectedRows)
        output.append(lengthEncoded: lastInsertID)
        output.append(littleEndian: UInt64(status.rawValue), bytes: 2)
        output.append(littleEndian: UInt64(warnings), bytes: 2)
        // The manual says string<EOF> for clients without session tracking. Servers have always
        // sent a length in front, and the client libraries read one.
        if isTracked || !info.isEmpty { output.append(lengthEncoded: info) }
        if isTracked {
            var block = ByteBuffer()
            for change in sessionChanges { change.encode(into: &block) }
            block.withUnsafeBytes { output.append(lengthEncoded: $0) }
        }
    }
}

extension OKPacket {
    /// Reads an OK packet, or one that ends a result set under `CLIENT_DEPRECATE_EOF`.
    ///
    /// - Throws: `truncated`, `malformed`.
    package init(
        decoding payload: UnsafeRawBufferPointer,
        capabilities: CapabilityFlags
    ) throws(WireError) {
        self.init()
        var reader = PayloadReader(payload, packet: "OK_Packet")
        _ = try reader.byte("header")
        affectedRows = try reader.lengthEncoded("affected_rows")
        lastInsertID = try reader.lengthEncoded("last_insert_id")
        status = StatusFlags(
            rawValue: UInt16(truncatingIfNeeded: try reader.integer(2, "status_flags"))
        )
        warnings = UInt16(truncatingIfNeeded: try reader.integer(2, "warnings"))
        guard !reader.isAtEnd else { return }
        info = String(wire: try reader.lengthEncodedBytes("info"))
        guard status.contains(.sessionStateChanged), capabilities.contains(.sessionTrack),
            !reader.isAtEnd
        else { return }
        var block = PayloadReader(
            try reader.lengthEncodedBytes("session state info"),
            packet: "OK_Packet"
        )
        while !block.isAtEnd {
            guard sessionChanges.count < WireLimits.sessionChangesMax else {
                throw block.malformed("session state info")
            }
            if let change = try SessionChange(reading: &block) { sessionChanges.append(change) }
        }
    }
}
