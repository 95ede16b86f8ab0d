import BorealBase

/// Cuts incoming bytes into compressed frames and checks their numbers.
struct FrameReader: Sendable {
    /// What a frame turned out to be.
    enum Found: Equatable, Sendable {
        /// More bytes must come.
        case nothing
        /// Bytes that were not compressed; they are with the reader of packets.
        case stored
        /// To be unpacked.
        case packed(CompressedFrame)
    }

    let algorithm: WireCompression.Algorithm
    /// The number that the next frame must have.
    var nextSequenceID: UInt8 = 0
    /// False for a server's frames, which number on in ways of their own; on a stream of bytes
    /// nothing can be out of order.
    var checksSequenceIDs = true
    /// The number of the last frame.
    private(set) var lastSequenceID: UInt8 = 0
    private var input = ByteBuffer()

    init(_ algorithm: WireCompression.Algorithm) { self.algorithm = algorithm }

    /// Bytes received and not yet taken.
    var bufferedBytes: Int { input.count }

    /// Appends bytes as they came.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) { input.append(bytes) }

    /// Takes the next frame if it is whole.
    ///
    /// - Throws: `packetsOutOfOrder`.
    mutating func next(_ packets: inout PacketReader) throws(WireError) -> Found {
        guard input.count >= WireLimits.compressedHeaderBytes else { return .nothing }
        let head = input.withUnsafeBytes { bytes in
            (
                bytes.loadUnaligned(as: UInt32.self).littleEndian,
                bytes.loadUnaligned(fromByteOffset: 3, as: UInt32.self).littleEndian
            )
        }
        let length = Int(head.0 & 0xff_ffff)
        let sequenceID = UInt8(truncatingIfNeeded: head.0 >> 24)
        let plainBytes = Int(head.1 >> 8)
        guard sequenceID == nextSequenceID || !checksSequenceIDs else {
            // The error that answers it goes on from there.
            lastSequenceID = sequenceID
            throw .packetsOutOfOrder(expected: nextSequenceID, received: sequenceID)
        }
        let whole = WireLimits.compressedHeaderBytes + length
        guard input.count >= whole else { return .nothing }
        lastSequenceID = sequenceID
        nextSequenceID = sequenceID &+ 1
        let found: Found = input.withUnsafeBytes { bytes in
            let payload = UnsafeRawBufferPointer(
                rebasing: bytes[WireLimits.compressedHeaderBytes..<whole]
            )
            guard plainBytes > 0 else {
                packets.receive(payload)
                return .stored
            }
            return .packed(
                CompressedFrame(
                    algorithm: algorithm,
                    payload: Array(payload),
                    plainBytes: plainBytes
                )
            )
        }
        input.consume(whole)
        if input.isEmpty, input.capacity > WireLimits.idleBufferBytesMax { input.release() }
        return found
    }

    /// Drops everything received.
    mutating func discard() {
        input.consume(input.count)
        input.release()
    }
}
