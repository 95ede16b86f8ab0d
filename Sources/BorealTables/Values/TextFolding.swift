import Synchronization

/// Comparison of UTF-8 text without regard to case: simple Unicode folding, scalar by scalar.
///
/// Bytes that are no UTF-8 count as scalars of their own, so that the order stays total.
enum TextFolding {
    /// Lower case of 256 scalars at a time, made when first asked for: a table of all of Unicode
    /// would cost more than a whole start-up.
    private static let blocks = Mutex<[UInt32: [UInt32]]>([:])

    /// The simple fold of a scalar: its lower case when that is one scalar, else itself.
    static func fold(_ scalar: UInt32) -> UInt32 {
        if scalar < 0x80 {
            return scalar >= 0x41 && scalar <= 0x5A ? scalar | 0x20 : scalar
        }
        let block = scalar >> 8
        return blocks.withLock { blocks in
            if let known = blocks[block] { return known[Int(scalar & 0xFF)] }
            let made = (block << 8..<(block + 1) << 8).map { simpleLowerCase($0) }
            blocks[block] = made
            return made[Int(scalar & 0xFF)]
        }
    }

    private static func simpleLowerCase(_ value: UInt32) -> UInt32 {
        guard let scalar = Unicode.Scalar(value) else { return value }
        let lower = scalar.properties.lowercaseMapping.unicodeScalars
        guard lower.count == 1, let first = lower.first else { return value }
        // Final sigma is folded to sigma, as Unicode's simple folding has it.
        return first.value == 0x3C2 ? 0x3C3 : first.value
    }

    /// Reads one scalar; an invalid byte is answered as 0x110000 + byte.
    @inline(__always)
    static func scalar(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> UInt32 {
        let first = bytes[position]
        position += 1
        if first < 0x80 { return UInt32(first) }
        return multiByteScalar(first, bytes, &position)
    }

    private static func multiByteScalar(
        _ first: UInt8,
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int
    ) -> UInt32 {
        let length = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC2 ? 1 : 0
        guard length > 0, first < 0xF5, position + length <= bytes.count else {
            return 0x11_0000 + UInt32(first)
        }
        var value = UInt32(first) & (0x3F >> UInt32(length))
        for offset in 0..<length {
            let byte = bytes[position + offset]
            guard byte & 0xC0 == 0x80 else { return 0x11_0000 + UInt32(first) }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        position += length
        return value
    }

    /// Negative, zero or positive.
    static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        var i = 0
        var j = 0
        while i < left.count, j < right.count {
            let first = scalar(left, &i)
            let second = scalar(right, &j)
            if first == second { continue }
            let a = fold(first)
            let b = fold(second)
            if a != b { return a < b ? -1 : 1 }
        }
        return (left.count - i).signum() - (right.count - j).signum()
    }

    /// Equal in bytes or, when `isFolding`, without regard to case.
    static func equal(
        _ left: UnsafeRawBufferPointer,
        _ right: UnsafeRawBufferPointer,
        isFolding: Bool
    ) -> Bool {
        isFolding ? compare(left, right) == 0 : left.elementsEqual(right)
    }

    /// Equal in bytes or, when `isFolding`, without regard to case.
    static func equal(_ left: String, _ right: String) -> Bool {
        folded(left) == folded(right)
    }

    /// All scalars of a text, folded or not.
    static func scalars(_ bytes: UnsafeRawBufferPointer, isFolding: Bool) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            let value = scalar(bytes, &position)
            result.append(isFolding ? fold(value) : value)
        }
        return result
    }

    /// The folded scalars of a text.
    static func folded(_ text: String) -> [UInt32] { text.unicodeScalars.map { fold($0.value) } }

    /// How many scalars (MySQL's characters) a text has.
    static func characterCount(_ bytes: UnsafeRawBufferPointer) -> Int {
        var count = 0
        for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
        return count
    }
}
