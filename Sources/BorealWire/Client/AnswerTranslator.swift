package import BorealBase

/// Hands another server's answer on to a client: the packets as they are, with the client's
/// numbers, and in the few places where the two agreed on other shapes with each side in its own.
///
/// Rows are never taken apart.
package struct AnswerTranslator: Sendable {
    private var writer: PacketWriter
    /// What this side and the other server agreed on.
    private let server: CapabilityFlags
    /// What the client and this side agreed on.
    private let client: CapabilityFlags

    /// - Parameter sequenceID: of the first packet.
    package init(sequenceID: UInt8, server: CapabilityFlags, client: CapabilityFlags) {
        writer = PacketWriter(sequenceID: sequenceID)
        self.server = server
        self.client = client
    }

    /// What the next packet carries.
    package var sequenceID: UInt8 { writer.sequenceID }

    /// Appends what the client gets for a packet of the server's, which may be nothing.
    package mutating func append(
        _ packet: AnswerPacket,
        _ payload: UnsafeRawBufferPointer,
        into output: inout ByteBuffer
    ) {
        switch packet {
        case .ok: appendOK(payload, &output)
        case .endOfDefinitions: appendEndOfDefinitions(payload, &output)
        case .endOfRows: appendEnd(payload, &output)
        default: writer.packet(&output, payload: payload)
        }
    }

    /// An OK packet, without the changes of the session that the client did not ask for.
    private mutating func appendOK(
        _ payload: UnsafeRawBufferPointer,
        _ output: inout ByteBuffer
    ) {
        guard server.contains(.sessionTrack), !client.contains(.sessionTrack),
            let cut = Self.withoutChanges(payload)
        else { return writer.packet(&output, payload: payload) }
        cut.withUnsafeBytes { writer.packet(&output, payload: $0) }
    }

    /// Nil when there is nothing to leave out, or the packet is none.
    private static func withoutChanges(_ payload: UnsafeRawBufferPointer) -> ByteBuffer? {
        // What cannot be read was refused before; it would go on as it came.
        guard let parts = try? OKParts(payload), parts.status.contains(.sessionStateChanged)
        else { return nil }
        var cut = ByteBuffer()
        cut.append(UnsafeRawBufferPointer(rebasing: payload[..<parts.end]))
        let kept = UInt64(parts.status.subtracting(.sessionStateChanged).rawValue)
        cut.overwrite(at: parts.statusPlace, littleEndian: kept, bytes: 2)
        return cut
    }

    /// Where the parts of an OK packet lie.
    private struct OKParts {
        let statusPlace: Int
        let status: StatusFlags
        /// Behind the line for people; an empty one needs no length.
        let end: Int

        init(_ payload: UnsafeRawBufferPointer) throws(WireError) {
            var reader = PayloadReader(payload, packet: "OK_Packet")
            _ = try reader.byte("header")
            _ = try reader.lengthEncoded("affected_rows")
            _ = try reader.lengthEncoded("last_insert_id")
            statusPlace = reader.position
            let flags = try reader.integer(2, "status_flags")
            status = StatusFlags(rawValue: UInt16(truncatingIfNeeded: flags))
            _ = try reader.integer(2, "warnings")
            let infoPlace = reader.position
            var hasInfo = false
            if !reader.isAtEnd { hasInfo = try !reader.lengthEncodedBytes("info").isEmpty }
            end = hasInfo ? reader.position : infoPlace
        }
    }

    /// A client without such packets gets none, unless the answer ends here: at a cursor.
    private mutating func appendEndOfDefinitions(
        _ payload: UnsafeRawBufferPointer,
        _ output: inout ByteBuffer
    ) {
        guard client.contains(.deprecateEOF), !server.contains(.deprecateEOF) else {
            return writer.packet(&output, payload: payload)
        }
        // What cannot be read was refused before.
        guard let end = try? EOFPacket(decoding: payload, capabilities: server),
            end.status.contains(.cursorExists)
        else { return }
        let client = client
        writer.packet(&output) { end.encode(into: &$0, capabilities: client) }
    }

    private mutating func appendEnd(
        _ payload: UnsafeRawBufferPointer,
        _ output: inout ByteBuffer
    ) {
        let isOldShape = payload.count < 7
        guard client.contains(.deprecateEOF), !server.contains(.deprecateEOF), isOldShape,
            // What cannot be read was refused before; it goes on as it came.
            let end = try? EOFPacket(decoding: payload, capabilities: server)
        else {
            return isOldShape
                ? writer.packet(&output, payload: payload) : appendOK(payload, &output)
        }
        let client = client
        writer.packet(&output) { end.encode(into: &$0, capabilities: client) }
    }
}
