import BorealBase

/// Brings the bytes of an XML file into UTF-8, which all else expects.
enum XMLEncoding {
    /// The document as UTF-8, checked.
    ///
    /// - Throws: `FormatError.malformed` for bytes that are no UTF-8, `.unsupportedFormat` for an
    ///   encoding that is not known.
    static func utf8(_ bytes: [UInt8], format: ModelFormat) throws(FormatError) -> [UInt8] {
        switch declared(bytes)?.asciiLowercased {
        case nil, "utf-8", "utf8", "us-ascii", "ascii":
            if let offset = firstInvalid(bytes) {
                throw .malformed(format, offset: offset, reason: "a byte that is no UTF-8")
            }
            return bytes
        case "iso-8859-1", "latin1", "iso-8859-15", "windows-1252":
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count + bytes.count / 16)
            for byte in bytes {
                if byte < 0x80 {
                    result.append(byte)
                } else if byte < 0xA0 {
                    throw .unsupportedFormat(format, detail: "windows-1252 beyond Latin-1")
                } else {
                    result.append(0xC0 | byte >> 6)
                    result.append(0x80 | byte & 0x3F)
                }
            }
            return result
        case let other?: throw .unsupportedFormat(format, detail: "the encoding '\(other)'")
        }
    }

    /// The encoding that the XML declaration names.
    private static func declared(_ bytes: [UInt8]) -> String? {
        let head = bytes.prefix(256)
        guard let start = head.firstIndex(of: UInt8(ascii: "<")), start <= 3,
            head[start...].starts(with: "<?xml".utf8),
            let end = head.firstIndex(of: UInt8(ascii: ">"))
        else { return nil }
        let words = String(decoding: head[start..<end], as: UTF8.self)
        guard let found = words.firstRange(of: "encoding") else { return nil }
        let rest = words[found.upperBound...].drop { $0 == " " || $0 == "=" }
        guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
        return String(rest.dropFirst().prefix { $0 != quote })
    }

    /// Where the bytes stop being UTF-8; nil when they never do.
    static func firstInvalid(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBytes { all in
            var index = 0
            while index < all.count {
                if all.count - index >= 8,
                    all.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                        & 0x8080_8080_8080_8080 == 0
                {
                    index += 8
                    continue
                }
                guard let length = sequenceLength(all, index) else { return index }
                index += length
            }
            return nil
        }
    }

    /// Bytes of the character at `index`, or nil when it is none (Unicode, table 3-7).
    private static func sequenceLength(_ all: UnsafeRawBufferPointer, _ index: Int) -> Int? {
        let first = all[index]
        let length: Int
        var low: UInt8 = 0x80
        var high: UInt8 = 0xBF
        switch first {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF:
            length = 3
            if first == 0xE0 { low = 0xA0 }
            if first == 0xED { high = 0x9F }
        case 0xF0...0xF4:
            length = 4
            if first == 0xF0 { low = 0x90 }
            if first == 0xF4 { high = 0x8F }
        default: return nil
        }
        guard all.count - index >= length, (low...high).contains(all[index + 1]) else { return nil }
        for next in index + 2..<index + max(length, 2)
        where !(0x80...0xBF).contains(all[next]) { return nil }
        return length
    }
}
