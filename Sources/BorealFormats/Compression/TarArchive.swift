import BorealBase

/// The regular files of a tar archive: ustar, and what GNU tar and pax add for long names.
struct TarArchive {
    /// One file of the archive.
    struct Member: Equatable {
        /// Its path within the archive.
        let name: String
        /// Where its bytes are.
        let range: Range<Int>
    }

    let members: [Member]

    private static let blockBytes = 512
    private static let membersMax = 10_000
    private static let longNameBytesMax = 4_096

    /// - Throws: `FormatError.malformed` with the offset of the header, `.tooLarge`.
    init(_ bytes: [UInt8]) throws(FormatError) {
        var members: [Member] = []
        var position = 0
        var longName: String?
        while position + Self.blockBytes <= bytes.count {
            let header = bytes[position..<position + Self.blockBytes]
            // Two blocks of zeros end the archive.
            if header.allSatisfy({ $0 == 0 }) { break }
            func malformed(_ reason: String) -> FormatError {
                .malformed(.tar, offset: position, reason: reason)
            }
            guard Self.sumIsRight(header) else { throw malformed("a header with a wrong sum") }
            guard let size = Self.octal(Self.field(header, 124, 12)) else {
                throw malformed("a size that is no number")
            }
            let start = position + Self.blockBytes
            guard size <= bytes.count - start else { throw malformed("a file of \(size) bytes") }
            let content = start..<start + size
            switch header[header.startIndex + 156] {
            case UInt8(ascii: "L"):
                guard size <= Self.longNameBytesMax else { throw malformed("a long name") }
                longName = Self.text(bytes[content])
            case UInt8(ascii: "x"):
                guard size <= 16 * Self.longNameBytesMax else { throw malformed("a long header") }
                longName = Self.paxPath(bytes[content]) ?? longName
            case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
                guard members.count < Self.membersMax else {
                    throw .tooLarge(.tar, what: "files", limit: Self.membersMax)
                }
                let name = longName ?? Self.name(header)
                members.append(Member(name: name, range: content))
                longName = nil
            default: longName = nil
            }
            position = start + (size + Self.blockBytes - 1) / Self.blockBytes * Self.blockBytes
        }
        self.members = members
    }

    private static func field(
        _ header: ArraySlice<UInt8>,
        _ offset: Int,
        _ count: Int
    ) -> ArraySlice<UInt8> {
        header[header.startIndex + offset..<header.startIndex + offset + count]
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The name, behind the prefix that ustar cuts from long ones.
    private static func name(_ header: ArraySlice<UInt8>) -> String {
        let name = text(field(header, 0, 100))
        let isUstar = field(header, 257, 6).elementsEqual("ustar\0".utf8)
        let prefix = isUstar ? text(field(header, 345, 155)) : ""
        return prefix.isEmpty ? name : "\(prefix)/\(name)"
    }

    /// Octal digits between blanks or zeros, or GNU's binary form; nil beyond 2^50.
    private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
        var value = 0
        if let first = field.first, first & 0x80 != 0 {
            guard first == 0x80 else { return nil }
            for byte in field.dropFirst() {
                guard value < 1 << 42 else { return nil }
                value = value << 8 | Int(byte)
            }
            return value
        }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
        for digit in digits {
            guard (0x30...0x37).contains(digit), value < 1 << 47 else { return nil }
            value = value << 3 | Int(digit & 7)
        }
        return value
    }

    /// The sum of the header's bytes, its own field read as blanks.
    private static func sumIsRight(_ header: ArraySlice<UInt8>) -> Bool {
        guard let wanted = octal(field(header, 148, 8)) else { return false }
        var sum = 8 * 0x20
        for (index, byte) in header.enumerated() where !(148..<156).contains(index) {
            sum += Int(byte)
        }
        return sum == wanted
    }

    /// `path` of the records `<length> <key>=<value>\n`.
    private static func paxPath(_ bytes: ArraySlice<UInt8>) -> String? {
        for record in bytes.split(separator: 0x0A) {
            guard let blank = record.firstIndex(of: 0x20) else { continue }
            let pair = record[(blank + 1)...]
            if pair.starts(with: "path=".utf8) { return text(pair.dropFirst(5)) }
        }
        return nil
    }
}
