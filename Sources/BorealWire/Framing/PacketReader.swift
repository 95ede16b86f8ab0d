import BorealBase

/// Cuts incoming bytes into packets: undoes the splitting at 16 MiB and checks sequence ids and
/// sizes.
///
/// Bytes may arrive cut anywhere. A packet of one frame is read in place, without a copy.
struct PacketReader: Sendable {
    /// Sequence id that the next frame must carry.
    var nextSequenceID: UInt8 = 0
    /// False inside compressed frames, which have numbers of their own: clients number the packets
    /// in them as they like (libmariadb gives every part of a long one 0).
    var checksSequenceIDs = true
    /// Bytes as they came, from the header of the first frame not yet taken.
    private var input = ByteBuffer()
    /// Payload of the frames of a packet that goes on.
    private var assembled = ByteBuffer()
    /// True when `assembled` waits for a further frame, even an empty one.
    private var isContinuing = false
    /// Where the packet is that `next(limit:)` found.
    private var ready: Ready = .none

    private enum Ready: Sendable {
        case none
        /// In `input`, behind one header.
        case inPlace(payload: Int)
        case assembled
    }

    /// Bytes received and not yet taken.
    var bufferedBytes: Int { input.count + assembled.count }

    /// Appends bytes as they came.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) { input.append(bytes) }

    /// Everything received and not taken, as it came. Between packets only.
    mutating func takeRest() -> [UInt8] {
        assert(assembled.isEmpty && !isContinuing, "half a packet was taken already")
        let rest = input.bytes
        discard()
        return rest
    }

    /// Drops everything received.
    mutating func discard() {
        input.consume(input.count)
        input.release()
        assembled.consume(assembled.count)
        assembled.release()
    }

    /// Finds the next packet. True when it is whole: then `take` must follow.
    ///
    /// - Parameter limit: bytes of payload that a packet may have; a larger one is refused at the
    ///   header that announces it.
    /// - Throws: `packetsOutOfOrder`, `packetTooLarge`.
    mutating func next(limit: Int) throws(WireError) -> Bool {
        while true {
            guard input.count >= WireLimits.frameHeaderBytes else { return false }
            let header = input.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }.littleEndian
            let length = Int(header & 0xff_ffff)
            let sequenceID = UInt8(truncatingIfNeeded: header >> 24)
            guard sequenceID == nextSequenceID || !checksSequenceIDs else {
                throw .packetsOutOfOrder(expected: nextSequenceID, received: sequenceID)
            }
            guard assembled.count + length <= limit else {
                throw .packetTooLarge(bytes: assembled.count + length, limit: limit)
            }
            guard input.count >= WireLimits.frameHeaderBytes + length else { return false }
            nextSequenceID = sequenceID &+ 1
            let isLast = length < WireLimits.framePayloadBytes
            if isLast && !isContinuing {
                ready = .inPlace(payload: length)
                return true
            }
            input.withUnsafeBytes { all in
                assembled.append(UnsafeRawBufferPointer(rebasing: all[4..<4 + length]))
            }
            input.consume(WireLimits.frameHeaderBytes + length)
            isContinuing = !isLast
            if isLast {
                ready = .assembled
                return true
            }
        }
    }

    /// Gives the payload that `next(limit:)` found to `decode`, and drops it.
    mutating func take<R>(
        _ decode: (UnsafeRawBufferPointer) throws(WireError) -> R
    ) throws(WireError) -> R {
        defer { drop() }
        return try look(decode)
    }

    /// Gives the payload that `next(limit:)` found to `decode`, and keeps it; `drop` must follow.
    func look<R>(
        _ decode: (UnsafeRawBufferPointer) throws(WireError) -> R
    ) throws(WireError) -> R {
        switch ready {
        case .none:
            preconditionFailure("took a packet that next(limit:) did not find")
        case .inPlace(let payload):
            return try input.withUnsafeBytes { all throws(WireError) in
                try decode(UnsafeRawBufferPointer(rebasing: all[4..<4 + payload]))
            }
        case .assembled:
            return try assembled.withUnsafeBytes(decode)
        }
    }

    /// Gives the payloads of packets that lie whole and in one frame here to `body`, one behind the
    /// other, until it does not take one; that one and what follows stay. Between packets only.
    ///
    /// - Parameter limit: as with `next(limit:)`, which refuses what is too large.
    /// - Throws: what `body` throws, behind the packets that were taken.
    mutating func takeWhole(
        limit: Int,
        _ body: (UnsafeRawBufferPointer) throws(WireError) -> Bool
    ) throws(WireError) {
        guard !isContinuing else { return }
        let header = WireLimits.frameHeaderBytes
        var taken = 0
        var sequenceID = nextSequenceID
        defer {
            nextSequenceID = sequenceID
            input.consume(taken)
        }
        try input.withUnsafeBytes { all throws(WireError) in
            while all.count - taken >= header {
                let word = all.loadUnaligned(fromByteOffset: taken, as: UInt32.self).littleEndian
                let length = Int(word & 0xff_ffff)
                let number = UInt8(truncatingIfNeeded: word >> 24)
                guard length < WireLimits.framePayloadBytes, length <= limit,
                    number == sequenceID || !checksSequenceIDs,
                    all.count - taken - header >= length
                else { return }
                let start = taken + header
                let payload = UnsafeRawBufferPointer(rebasing: all[start..<start + length])
                guard try body(payload) else { return }
                taken = start + length
                sequenceID = number &+ 1
            }
        }
    }

    /// Drops the packet that `next(limit:)` found, if there is one.
    mutating func drop() {
        switch ready {
        case .none: break
        case .inPlace(let payload): input.consume(WireLimits.frameHeaderBytes + payload)
        case .assembled:
            assembled.consume(assembled.count)
            assembled.release()
        }
        ready = .none
        if input.isEmpty, input.capacity > WireLimits.idleBufferBytesMax { input.release() }
    }
}
