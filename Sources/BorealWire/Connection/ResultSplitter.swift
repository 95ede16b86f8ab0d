import BorealBase

/// Takes the answer that a `RowWriter` wrote apart again, for a cursor: the columns go to the
/// client now, the rows later.
///
/// It is given the bytes of one step after the other; a packet never spans two.
public struct ResultSplitter: Sendable {
    /// A part of the answer, without its packet header.
    public enum Part {
        /// The number of columns, one definition, or the EOF packet behind them; or an OK packet,
        /// when the statement has no result.
        case head(UnsafeRawBufferPointer)
        /// A row.
        case row(UnsafeRawBufferPointer)
    }

    private enum Stage: Sendable {
        case count
        case definitions(Int)
        case separator, rows, ended
    }

    /// How many columns the result has; 0 for a statement without one.
    public private(set) var columnCount = 0
    /// Warnings that the end of the result tells.
    public private(set) var warnings: UInt16 = 0
    private var stage = Stage.count
    private let capabilities: CapabilityFlags

    /// - Parameter capabilities: those that the writer writes for.
    public init(capabilities: CapabilityFlags) { self.capabilities = capabilities }

    /// Goes through whole packets.
    public mutating func split<E>(
        _ packets: UnsafeRawBufferPointer,
        _ take: (Part) throws(E) -> Void
    ) throws(E) {
        var rest = packets
        while let payload = Self.nextPayload(&rest) {
            // A payload over 16 MiB lies in several frames, with headers in between.
            guard payload.count == WireLimits.framePayloadBytes else {
                try look(at: payload, take)
                continue
            }
            var joined = ByteBuffer()
            joined.append(payload)
            var last = payload.count
            while last == WireLimits.framePayloadBytes, let more = Self.nextPayload(&rest) {
                joined.append(more)
                last = more.count
            }
            try joined.withUnsafeBytes { bytes throws(E) in try look(at: bytes, take) }
        }
    }

    private static func nextPayload(_ rest: inout UnsafeRawBufferPointer)
        -> UnsafeRawBufferPointer?
    {
        let header = WireLimits.frameHeaderBytes
        guard rest.count >= header else { return nil }
        let count = Int(rest[0]) | Int(rest[1]) << 8 | Int(rest[2]) << 16
        assert(rest.count >= header + count, "a step ends between two packets")
        let payload = UnsafeRawBufferPointer(rebasing: rest[header..<header + count])
        rest = UnsafeRawBufferPointer(rebasing: rest[(header + count)...])
        return payload
    }

    private mutating func look<E>(
        at payload: UnsafeRawBufferPointer,
        _ take: (Part) throws(E) -> Void
    ) throws(E) {
        switch stage {
        case .count:
            if payload.first == OKPacket.Header.ok.rawValue {
                stage = .ended
            } else {
                var reader = PayloadReader(payload, packet: "column_count")
                // Written by ourselves a moment ago.
                columnCount = Int((try? reader.lengthEncoded("column_count")) ?? 0)
                stage = .definitions(columnCount)
            }
            try take(.head(payload))
        case .definitions(let left):
            if left > 1 {
                stage = .definitions(left - 1)
            } else {
                stage = capabilities.contains(.deprecateEOF) ? .rows : .separator
            }
            try take(.head(payload))
        case .separator: stage = .rows
        case .rows:
            if payload.first == OKPacket.Header.ok.rawValue {
                try take(.row(payload))
            } else {
                warnings = Self.warnings(ofEnd: payload, capabilities)
                stage = .ended
            }
        case .ended: assertionFailure("nothing follows the end of an answer")
        }
    }

    /// The warnings of an EOF packet, or of the OK packet that stands for it.
    private static func warnings(
        ofEnd payload: UnsafeRawBufferPointer,
        _ capabilities: CapabilityFlags
    ) -> UInt16 {
        // 0xfe, and for the OK packet no rows and no id, one byte each, and the status.
        let offset = capabilities.contains(.deprecateEOF) ? 5 : 1
        guard payload.count >= offset + 2 else { return 0 }
        return payload.loadUnaligned(fromByteOffset: offset, as: UInt16.self).littleEndian
    }
}
