import CZlib

/// Unpacks a body (gzip or deflate) as its pieces come, and stops where it grows beyond measure.
///
/// Not for files: those are unpacked whole in BorealFormats.
final class BodyInflater {
    enum Failure: Error {
        /// The bytes are not what the coding says.
        case malformed
        /// More bytes come out than went in, times `ratioMax`.
        case growsTooMuch
    }

    /// Bytes out for each byte in. Deflate itself reaches 1,032.
    static let ratioMax = 100
    /// Up to here a body may grow as it likes: a short answer of one letter is no attack.
    static let freeBytes = 64 << 10
    /// Bytes of one piece of output.
    private static let pieceBytes = 32 << 10

    private enum Coding {
        case gzip
        case deflate
    }

    private let coding: Coding
    private var stream = z_stream()
    private var isOpen = false
    /// The end of a packed stream was reached, and nothing came after it.
    private var isAtEnd = false
    /// Of the body so far.
    private var bytesIn = 0
    private var bytesOut = 0
    private let piece = UnsafeMutableRawBufferPointer.allocate(
        byteCount: BodyInflater.pieceBytes,
        alignment: 16
    )

    /// - Parameter coding: of `Content-Encoding`; nil for one that we do not know.
    init?(coding: String) {
        switch coding {
        case "gzip", "x-gzip": self.coding = .gzip
        case "deflate": self.coding = .deflate
        default: return nil
        }
    }

    deinit {
        if isOpen { inflateEnd(&stream) }
        piece.deallocate()
    }

    /// Whether the body may end here: nothing came, or a whole stream.
    var isComplete: Bool { bytesIn == 0 || isAtEnd }

    /// Unpacks the next bytes and hands what comes out to `sink`, which must not keep them.
    func feed<E: Error>(
        _ bytes: UnsafeRawBufferPointer,
        failing: (Failure) -> E,
        sink: (UnsafeRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        var rest = bytes
        // A full piece of output may mean that zlib holds more, also when all input is taken.
        while !rest.isEmpty || isOpen && !isAtEnd && stream.avail_out == 0 {
            guard rest.isEmpty || open(rest) else { throw failing(.malformed) }
            let before = rest.count
            let code = step(&rest)
            let made = Self.pieceBytes - Int(stream.avail_out)
            bytesIn += before - rest.count
            bytesOut += made
            guard bytesOut <= max(Self.freeBytes, bytesIn * Self.ratioMax) else {
                throw failing(.growsTooMuch)
            }
            if made > 0 { try sink(UnsafeRawBufferPointer(rebasing: piece[..<made])) }
            switch code {
            case Z_STREAM_END: isAtEnd = true
            case Z_OK: break
            // Nothing to do: all was taken and given before.
            case Z_BUF_ERROR where rest.isEmpty: break
            default: throw failing(.malformed)
            }
        }
    }

    /// Has a stream for what comes next: the first one, or another gzip member (RFC 1952, 2.2).
    private func open(_ next: UnsafeRawBufferPointer) -> Bool {
        if isOpen, !isAtEnd { return true }
        if isOpen {
            guard coding == .gzip, inflateReset(&stream) == Z_OK else { return false }
            isAtEnd = false
            return true
        }
        isOpen = boreal_inflate_init(&stream, windowBits(first: next[0])) == Z_OK
        return isOpen
    }

    /// "deflate" is a zlib stream by RFC 9110, 8.4.1.2, and a bare one from servers that read the
    /// name as it sounds. A zlib stream begins with the method, 8, and a window of at most 7.
    private func windowBits(first byte: UInt8) -> Int32 {
        switch coding {
        case .gzip: MAX_WBITS + 16
        case .deflate: byte & 0x0F == 8 && byte >> 4 <= 7 ? MAX_WBITS : -MAX_WBITS
        }
    }

    /// One call of zlib: takes from the front of `rest`, fills `piece`.
    private func step(_ rest: inout UnsafeRawBufferPointer) -> Int32 {
        let count = min(rest.count, Int(Int32.max))
        // Zlib reads its input only; the type of the field is older than `const`.
        let input = UnsafeMutableRawPointer(mutating: rest.baseAddress)
        stream.next_in = input?.assumingMemoryBound(to: UInt8.self)
        stream.avail_in = UInt32(count)
        stream.next_out = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(Self.pieceBytes)
        let code = inflate(&stream, Z_NO_FLUSH)
        rest = UnsafeRawBufferPointer(rebasing: rest[(count - Int(stream.avail_in))...])
        return code
    }
}
