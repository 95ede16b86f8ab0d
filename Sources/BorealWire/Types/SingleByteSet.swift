/// A character set of one byte a character, whose lower half is ASCII.
public final class SingleByteSet: Sendable {
    /// MySQL's name, such as `latin1`.
    public let name: String
    /// The code points of bytes 0x80 on; 0 where the set has none.
    private let codes: [UInt16]
    /// For each 256 code points, which 256 of `bytes` are theirs; the first 256 belong to none.
    private let pages: [UInt8]
    /// The byte of each code point; 0 where the set has none.
    private let bytes: [UInt8]

    /// By MySQL's name.
    private static let all: [String: SingleByteSet] = Dictionary(
        uniqueKeysWithValues: SingleByteTable.texts.map {
            ($0, SingleByteSet($0, SingleByteTable.codes($1)))
        }
    )

    /// MySQL's names of all.
    public static let names = Set(SingleByteTable.texts.keys)

    /// The set of that name in lower case; nil for sets of several bytes and unknown ones.
    public static func named(_ name: String) -> SingleByteSet? {
        name.hasPrefix("utf8") ? nil : all[name]
    }

    private init(_ name: String, _ codes: [UInt16]) {
        self.name = name
        self.codes = codes
        var pages = [UInt8](repeating: 0, count: 256)
        var bytes = [UInt8](repeating: 0, count: 256)
        for (offset, code) in codes.enumerated() where code != 0 {
            let page = Int(code >> 8)
            if pages[page] == 0 {
                pages[page] = UInt8(bytes.count >> 8)
                bytes += repeatElement(0, count: 256)
            }
            bytes[Int(pages[page]) << 8 | Int(code & 0xFF)] = 0x80 + UInt8(offset)
        }
        self.pages = pages
        self.bytes = bytes
    }

    /// The byte of a character; nil when the set does not have it.
    public func byte(of scalar: Unicode.Scalar) -> UInt8? {
        if scalar.value < 0x80 { return UInt8(scalar.value) }
        guard scalar.value <= 0xFFFF else { return nil }
        let byte = bytes[Int(pages[Int(scalar.value >> 8)]) << 8 | Int(scalar.value & 0xFF)]
        return byte == 0 ? nil : byte
    }

    /// The UTF-8 of a text in this set; `?` for a byte that is no character.
    public func decoded(_ text: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.underestimatedCount)
        append(text, to: &result)
        return result
    }

    /// Appends the UTF-8 of a text in this set.
    public func append(_ text: some Sequence<UInt8>, to result: inout [UInt8]) {
        for byte in text {
            guard byte >= 0x80 else {
                result.append(byte)
                continue
            }
            let code = codes[Int(byte) - 0x80]
            if code == 0 {
                result.append(UInt8(ascii: "?"))
            } else if code < 0x800 {
                result.append(0xC0 | UInt8(code >> 6))
                result.append(0x80 | UInt8(code & 0x3F))
            } else {
                result.append(0xE0 | UInt8(code >> 12))
                result.append(0x80 | UInt8(code >> 6 & 0x3F))
                result.append(0x80 | UInt8(code & 0x3F))
            }
        }
    }

    /// A text in this set; `?` for what the set does not have.
    public func encoded(_ text: String) -> [UInt8] {
        text.unicodeScalars.map { byte(of: $0) ?? UInt8(ascii: "?") }
    }
}
