import BorealBase

/// Puts a header in front of each payload, counts sequence ids, and splits payloads at 16 MiB.
///
/// A payload is written straight into the output buffer between `begin` and `end`; nothing may be
/// consumed from the buffer in between.
struct PacketWriter: Sendable {
    /// Sequence id of the next frame; wraps after 255.
    var sequenceID: UInt8

    /// Leaves room for the header. Returns where it is, for `end`.
    @inline(__always)
    func begin(_ output: inout ByteBuffer) -> Int {
        let start = output.end
        output.append(littleEndian: 0, bytes: WireLimits.frameHeaderBytes)
        return start
    }

    /// Fills in the header of the payload that began at `start`, or splits the payload.
    @inline(__always)
    mutating func end(_ start: Int, _ output: inout ByteBuffer) {
        let length = output.end - start - WireLimits.frameHeaderBytes
        if length < WireLimits.framePayloadBytes {
            output.withUnsafeMutableBytes { bytes in
                let header = UInt32(truncatingIfNeeded: length) | UInt32(sequenceID) << 24
                bytes.storeBytes(of: header.littleEndian, toByteOffset: start, as: UInt32.self)
            }
            sequenceID &+= 1
        } else {
            split(start, length, &output)
        }
    }

    /// One packet whose payload `body` appends.
    @inline(__always)
    mutating func packet(_ output: inout ByteBuffer, _ body: (inout ByteBuffer) -> Void) {
        let start = begin(&output)
        body(&output)
        end(start, &output)
    }

    /// One packet of a payload that is ready.
    mutating func packet(_ output: inout ByteBuffer, payload: UnsafeRawBufferPointer) {
        output.reserve(payload.count + WireLimits.frameHeaderBytes)
        packet(&output) { $0.append(payload) }
    }

    /// Opens gaps for the further headers, from the last frame to the first, so that each byte
    /// moves once. A payload of an exact multiple of 0xffffff ends with an empty frame.
    @inline(never)
    private mutating func split(_ start: Int, _ length: Int, _ output: inout ByteBuffer) {
        let full = WireLimits.framePayloadBytes
        let header = WireLimits.frameHeaderBytes
        let extraFrames = length / full
        output.append(zeros: extraFrames * header)
        output.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for frame in stride(from: extraFrames, through: 0, by: -1) {
                let size = frame == extraFrames ? length - extraFrames * full : full
                let source = base + start + header + frame * full
                let target = base + start + frame * (full + header)
                (target + header).copyMemory(from: source, byteCount: size)
                let id = sequenceID &+ UInt8(truncatingIfNeeded: frame)
                let value = UInt32(truncatingIfNeeded: size) | UInt32(id) << 24
                target.storeBytes(of: value.littleEndian, as: UInt32.self)
            }
        }
        sequenceID &+= UInt8(truncatingIfNeeded: extraFrames + 1)
    }
}
