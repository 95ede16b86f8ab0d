public import BorealBase

/// Integers of one, three, four or nine bytes (the manual's `int<lenenc>`), and strings behind
/// them.
///
/// The first byte tells: up to 0xfa the value itself, 0xfc two bytes follow, 0xfd three, 0xfe
/// eight. 0xfb is the NULL of text rows and 0xff begins an ERR packet, so neither begins an
/// integer.
public enum LengthEncoded {
    /// The byte that stands for NULL in a text row.
    public static let null: UInt8 = 0xfb
    /// Bytes the longest integer takes.
    public static let integerBytesMax = 9

    /// Bytes that `value` takes.
    public static func integerBytes(_ value: UInt64) -> Int {
        switch value {
        case ..<0xfb: 1
        case ..<0x1_0000: 3
        case ..<0x100_0000: 4
        default: 9
        }
    }

    /// Writes `value` to memory of at least nine bytes and tells how many it took.
    @inline(__always)
    static func write(_ value: UInt64, to place: UnsafeMutableRawPointer) -> Int {
        if value < 0xfb {
            place.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
            return 1
        }
        return writeLong(value, to: place)
    }

    /// The forms of more than one byte.
    private static func writeLong(_ value: UInt64, to place: UnsafeMutableRawPointer) -> Int {
        let bytes = integerBytes(value)
        let mark: UInt8 = bytes == 3 ? 0xfc : bytes == 4 ? 0xfd : 0xfe
        place.storeBytes(of: mark, as: UInt8.self)
        var rest = value
        for i in 1..<bytes {
            place.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: i, as: UInt8.self)
            rest >>= 8
        }
        return bytes
    }
}

extension ByteBuffer {
    /// Appends an `int<lenenc>`.
    public mutating func append(lengthEncoded value: UInt64) {
        append(upTo: LengthEncoded.integerBytesMax) { LengthEncoded.write(value, to: $0) }
    }

    /// Appends a `string<lenenc>`.
    public mutating func append(lengthEncoded bytes: UnsafeRawBufferPointer) {
        append(lengthEncoded: UInt64(bytes.count))
        append(bytes)
    }

    /// Appends the UTF-8 of a text as a `string<lenenc>`.
    public mutating func append(lengthEncoded text: String) {
        var text = text
        text.withUTF8 { append(lengthEncoded: UnsafeRawBufferPointer($0)) }
    }

    /// Appends a `string<NUL>`. A text ends at its own first NUL, if it has one.
    public mutating func append(nulTerminated text: String) {
        append(contentsOf: text.utf8.prefix { $0 != 0 })
        append(0)
    }
}
