import BorealBase

/// Reads the fields of one packet's payload in order, and names the field at which the payload ends
/// early.
struct PayloadReader {
    /// The whole payload; valid only while the caller's buffer is.
    private let bytes: UnsafeRawBufferPointer
    /// The packet's name in the manual, for errors.
    private let packet: StaticString
    /// What the client's texts are written in; nil for UTF-8.
    var characterSet: SingleByteSet?
    /// Bytes already read.
    private(set) var position = 0

    init(
        _ bytes: UnsafeRawBufferPointer,
        packet: StaticString,
        characterSet: SingleByteSet? = nil
    ) {
        self.bytes = bytes
        self.packet = packet
        self.characterSet = characterSet
    }

    var remaining: Int { bytes.count - position }
    var isAtEnd: Bool { position == bytes.count }

    func truncated(_ field: StaticString) -> WireError {
        .truncated(packet: "\(packet)", field: "\(field)")
    }

    func malformed(_ field: StaticString) -> WireError {
        .malformed(packet: "\(packet)", field: "\(field)")
    }

    /// `int<n>`: `count` bytes, least significant first, at most eight.
    mutating func integer(_ count: Int, _ field: StaticString) throws(WireError) -> UInt64 {
        guard remaining >= count else { throw truncated(field) }
        var value: UInt64 = 0
        for i in 0..<count { value |= UInt64(bytes[position + i]) << (8 * UInt64(i)) }
        position += count
        return value
    }

    /// `int<1>`.
    mutating func byte(_ field: StaticString) throws(WireError) -> UInt8 {
        UInt8(truncatingIfNeeded: try integer(1, field))
    }

    /// `int<lenenc>`.
    mutating func lengthEncoded(_ field: StaticString) throws(WireError) -> UInt64 {
        let first = try byte(field)
        switch first {
        case 0xfc: return try integer(2, field)
        case 0xfd: return try integer(3, field)
        case 0xfe: return try integer(8, field)
        case 0xfb, 0xff: throw malformed(field)
        default: return UInt64(first)
        }
    }

    /// `string<n>` of a length that the packet itself gave.
    mutating func bytes(_ count: UInt64, _ field: StaticString) throws(WireError)
        -> UnsafeRawBufferPointer
    {
        guard count <= UInt64(remaining) else { throw truncated(field) }
        let start = position
        position += Int(count)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }

    /// `string<lenenc>`.
    mutating func lengthEncodedBytes(_ field: StaticString) throws(WireError)
        -> UnsafeRawBufferPointer
    {
        let count = try lengthEncoded(field)
        return try bytes(count, field)
    }

    /// `string<NUL>`, without its NUL.
    mutating func nulTerminated(_ field: StaticString) throws(WireError) -> UnsafeRawBufferPointer {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
        guard let end = rest.firstIndex(of: 0) else { throw truncated(field) }
        position += end + 1
        return UnsafeRawBufferPointer(rebasing: rest[..<end])
    }

    /// `string<NUL>` that may also end where the packet ends.
    mutating func nulTerminatedOrRest() -> UnsafeRawBufferPointer {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
        let end = rest.firstIndex(of: 0) ?? rest.count
        position += min(end + 1, rest.count)
        return UnsafeRawBufferPointer(rebasing: rest[..<end])
    }

    /// A text of the client's; bytes that are no UTF-8, when that is its set, are replaced.
    func text(_ bytes: UnsafeRawBufferPointer) -> String {
        guard let characterSet else { return String(wire: bytes) }
        return String(decoding: characterSet.decoded(bytes), as: UTF8.self)
    }

    /// A user's name, cut as MySQL cuts it: nobody has a longer one, and it comes into messages,
    /// counters and logs before anybody is known.
    func userName(_ bytes: UnsafeRawBufferPointer) -> String {
        let count = Limits.accountNameCharactersMax
        // A character has up to four bytes.
        return text(UnsafeRawBufferPointer(rebasing: bytes.prefix(4 * count))).cut(scalars: count)
    }

    /// `string<EOF>`.
    mutating func rest() -> UnsafeRawBufferPointer {
        let start = position
        position = bytes.count
        return UnsafeRawBufferPointer(rebasing: bytes[start...])
    }
}

extension String {
    /// UTF-8 text from a packet; bytes that are no UTF-8 are replaced.
    init(wire bytes: UnsafeRawBufferPointer) {
        self = String(decoding: bytes, as: UTF8.self)
    }
}
