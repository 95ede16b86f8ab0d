import BorealBase
import CBZip2
import CLZ4
import CLZMA
import CZlib

/// The wrappers that joblib and gzip put around a pickle.
enum Compression: Equatable {
    case zlib
    case gzip
    case xz
    case lzma
    case bzip2
    case lz4
    case zstandard
    /// joblib before 0.10: a `ZF` header before a zlib stream, arrays in files beside it.
    case joblibZFile

    /// By the first bytes, as joblib tells them apart.
    init?(signatureOf bytes: [UInt8]) {
        func starts(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }
        if starts([0x1F, 0x8B]) {
            self = .gzip
        } else if starts([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) {
            self = .xz
        } else if starts([0x5D, 0x00, 0x00]) {
            self = .lzma
        } else if starts([0x42, 0x5A, 0x68]) {
            self = .bzip2
        } else if starts([0x04, 0x22, 0x4D, 0x18]) {
            self = .lz4
        } else if starts([0x28, 0xB5, 0x2F, 0xFD]) {
            self = .zstandard
        } else if starts([0x5A, 0x46]) {
            self = .joblibZFile
        } else if bytes.count > 2, bytes[0] == 0x78,
            (UInt16(bytes[0]) << 8 | UInt16(bytes[1])) % 31 == 0
        {
            self = .zlib
        } else {
            return nil
        }
    }
}

/// Unpacks a whole compressed stream, never beyond a bound.
struct Decompressor {
    /// Bytes the unpacked stream may have.
    var bytesMax = Limits.modelBytesMax

    /// What one turn of a decompressor said.
    enum Turn {
        case goesOn
        case ended
        case failed(String)
    }

    /// The unpacked bytes of `packed`.
    ///
    /// - Throws: `FormatError.malformed` for a damaged or cut stream, `.tooLarge` beyond the bound,
    ///   `.unsupportedFormat` for wrappers that cannot be read.
    func unpack(_ packed: [UInt8], _ compression: Compression) throws(FormatError) -> [UInt8] {
        switch compression {
        case .zlib: return try inflate(packed, windowBits: 15)
        case .gzip: return try inflate(packed, windowBits: 31)
        case .xz, .lzma: return try unpackLZMA(packed)
        case .bzip2: return try unpackBZip2(packed)
        case .lz4: return try unpackLZ4(packed)
        case .zstandard: throw .unsupportedFormat(.joblib, detail: "zstandard compression")
        case .joblibZFile: throw .unsupportedFormat(.joblib, detail: "files of joblib before 0.10")
        }
    }

    /// The unpacked bytes of a deflated stream without header, as zip archives hold.
    ///
    /// - Throws: as `unpack`.
    func unpackDeflated(_ packed: [UInt8]) throws(FormatError) -> [UInt8] {
        try inflate(packed, windowBits: -15)
    }

    // MARK: - zlib and gzip

    private func inflate(_ packed: [UInt8], windowBits: Int32) throws(FormatError) -> [UInt8] {
        var stream = z_stream()
        guard boreal_inflate_init(&stream, windowBits) == Z_OK else {
            throw malformed(0, "the decompressor does not start")
        }
        defer { inflateEnd(&stream) }
        return try run(packed) { input, output in
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.avail_in = UInt32(truncatingIfNeeded: input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(truncatingIfNeeded: output.count)
            let code = CZlib.inflate(&stream, Z_NO_FLUSH)
            input = UnsafeBufferPointer(rebasing: input.suffix(Int(stream.avail_in)))
            output = UnsafeMutableBufferPointer(rebasing: output.suffix(Int(stream.avail_out)))
            switch code {
            case Z_OK, Z_BUF_ERROR: return .goesOn
            case Z_STREAM_END: return .ended
            default: return .failed("zlib error \(code)")
            }
        }
    }

    // MARK: - xz and lzma

    private func unpackLZMA(_ packed: [UInt8]) throws(FormatError) -> [UInt8] {
        var stream = boreal_lzma_stream()
        // 128 MiB holds the dictionary of every preset; a header that asks for more is refused.
        guard lzma_auto_decoder(&stream, 128 << 20, 0) == LZMA_OK else {
            throw malformed(0, "the decompressor does not start")
        }
        defer { lzma_end(&stream) }
        return try run(packed) { input, output in
            stream.next_in = input.baseAddress
            stream.avail_in = input.count
            stream.next_out = output.baseAddress
            stream.avail_out = output.count
            let code = lzma_code(&stream, LZMA_RUN)
            input = UnsafeBufferPointer(rebasing: input.suffix(stream.avail_in))
            output = UnsafeMutableBufferPointer(rebasing: output.suffix(stream.avail_out))
            switch code {
            case LZMA_OK, LZMA_BUF_ERROR: return .goesOn
            case LZMA_STREAM_END: return .ended
            default: return .failed("lzma error \(code.rawValue)")
            }
        }
    }

    // MARK: - bzip2

    private func unpackBZip2(_ packed: [UInt8]) throws(FormatError) -> [UInt8] {
        var stream = bz_stream()
        guard BZ2_bzDecompressInit(&stream, 0, 0) == BZ_OK else {
            throw malformed(0, "the decompressor does not start")
        }
        defer { BZ2_bzDecompressEnd(&stream) }
        return try run(packed) { input, output in
            let source = input.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
            stream.next_in = source?.assumingMemoryBound(to: CChar.self)
            stream.avail_in = UInt32(truncatingIfNeeded: input.count)
            stream.next_out = output.baseAddress.map {
                UnsafeMutableRawPointer($0).assumingMemoryBound(to: CChar.self)
            }
            stream.avail_out = UInt32(truncatingIfNeeded: output.count)
            let code = BZ2_bzDecompress(&stream)
            input = UnsafeBufferPointer(rebasing: input.suffix(Int(stream.avail_in)))
            output = UnsafeMutableBufferPointer(rebasing: output.suffix(Int(stream.avail_out)))
            switch code {
            case BZ_OK: return .goesOn
            case BZ_STREAM_END: return .ended
            default: return .failed("bzip2 error \(code)")
            }
        }
    }

    // MARK: - lz4

    private func unpackLZ4(_ packed: [UInt8]) throws(FormatError) -> [UInt8] {
        var context: OpaquePointer?
        guard LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0
        else { throw malformed(0, "the decompressor does not start") }
        defer { LZ4F_freeDecompressionContext(context) }
        return try run(packed) { input, output in
            var read = input.count
            var made = output.count
            let code = LZ4F_decompress(
                context,
                output.baseAddress,
                &made,
                input.baseAddress,
                &read,
                nil
            )
            guard LZ4F_isError(code) == 0 else {
                return .failed("lz4 error " + String(cString: LZ4F_getErrorName(code)))
            }
            input = UnsafeBufferPointer(rebasing: input.suffix(input.count - read))
            output = UnsafeMutableBufferPointer(rebasing: output.suffix(output.count - made))
            return code == 0 ? .ended : .goesOn
        }
    }

    // MARK: - The loop around them

    /// Feeds `packed` and collects what comes out, until the stream ends.
    ///
    /// - Parameter turn: consumes from the front of its input and fills the front of its output,
    ///   leaving in each what remains.
    private func run(
        _ packed: [UInt8],
        _ turn: (
            inout UnsafeBufferPointer<UInt8>, inout UnsafeMutableBufferPointer<UInt8>
        ) -> Turn
    ) throws(FormatError) -> [UInt8] {
        var unpacked: [UInt8] = []
        unpacked.reserveCapacity(min(bytesMax, packed.count &* 4))
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        var failure: FormatError?
        packed.withUnsafeBufferPointer { all in
            piece.withUnsafeMutableBufferPointer { room in
                var input = all
                while true {
                    let before = input.count
                    var output = room
                    let state = turn(&input, &output)
                    let made = room.count - output.count
                    unpacked.append(contentsOf: room.prefix(made))
                    let limit = limit(packed: all.count)
                    if unpacked.count > limit {
                        failure = .tooLarge(.joblib, what: "unpacked bytes", limit: limit)
                        return
                    }
                    switch state {
                    case .ended: return
                    case .failed(let reason):
                        failure = malformed(all.count - input.count, reason)
                        return
                    case .goesOn:
                        guard made > 0 || input.count < before else {
                            failure = malformed(all.count, "the compressed stream ends early")
                            return
                        }
                    }
                }
            }
        }
        if let failure { throw failure }
        return unpacked
    }

    /// Bytes that so many packed ones may become: the bound, and for what models never are, such as
    /// long runs of one byte, a multiple of what came in.
    private func limit(packed: Int) -> Int {
        let (scaled, overflow) = packed.multipliedReportingOverflow(
            by: FormatLimits.compressionRatioMax
        )
        return overflow ? bytesMax : min(bytesMax, max(scaled, FormatLimits.ratioFreeBytes))
    }

    private func malformed(_ offset: Int, _ reason: String) -> FormatError {
        .malformed(.joblib, offset: offset, reason: reason)
    }
}
