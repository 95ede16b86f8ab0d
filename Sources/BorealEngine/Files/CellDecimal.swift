import Glibc

/// Decimal text to Double, for columns of millions of cells.
package enum CellDecimal {
    /// The number a whole cell spells, blanks at its ends allowed; nil when it spells none.
    ///
    /// Up to 19 digits and a power of ten within 22 are exact in one multiplication or division
    /// (both operands are exact doubles, so the one rounding is the right one: Clinger, "How to
    /// read floating point numbers accurately", 1990, section 3). Everything else goes to `strtod`.
    @inline(__always)
    package static func double(_ cell: UnsafeRawBufferPointer) -> Double? {
        var i = 0
        var end = cell.count
        while i < end, cell[i] == 0x20 || cell[i] == 0x09 { i &+= 1 }
        while end > i, cell[end &- 1] == 0x20 || cell[end &- 1] == 0x09 { end &-= 1 }
        guard i < end else { return nil }
        let first = i
        let isNegative = cell[i] == UInt8(ascii: "-")
        if isNegative || cell[i] == UInt8(ascii: "+") { i &+= 1 }
        var mantissa: UInt64 = 0
        var digits = 0
        var scale = 0
        var sawPoint = false
        while i < end {
            let byte = cell[i]
            if byte &- 0x30 < 10 {
                if digits < 19 {
                    mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
                    if sawPoint { scale &-= 1 }
                    if mantissa != 0 { digits &+= 1 }
                } else {
                    return slow(cell, first, end)
                }
            } else if byte == UInt8(ascii: "."), !sawPoint {
                sawPoint = true
            } else {
                break
            }
            i &+= 1
        }
        if i < end { return slow(cell, first, end) }
        // A point or sign alone is no number.
        guard
            cell[end &- 1] &- 0x30 < 10
                || (sawPoint && end &- first >= 2 && cell[end &- 2] &- 0x30 < 10)
        else { return nil }
        guard mantissa < 1 << 53, scale >= -22 else { return slow(cell, first, end) }
        let value = Double(mantissa) / powersOfTen[-scale]
        return isNegative ? -value : value
    }

    /// `10^0 ... 10^22`, all exact.
    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// Exponents, long mantissas, infinities; hexadecimal floats are no numbers here.
    @inline(never)
    private static func slow(_ cell: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Double? {
        guard end - start < 400 else { return nil }
        let text = String(decoding: cell[start..<end], as: UTF8.self)
        guard !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) else { return nil }
        let folded = text.asciiFoldedSign
        switch folded {
        case "inf", "infinity": return text.hasPrefix("-") ? -Double.infinity : Double.infinity
        default: break
        }
        guard let head = folded.utf8.first, head &- 0x30 < 10 || head == UInt8(ascii: ".") else {
            return nil
        }
        return text.withCString { pointer in
            var stop: UnsafeMutablePointer<CChar>?
            let value = strtod(pointer, &stop)
            guard let stop, stop.pointee == 0, stop != UnsafeMutablePointer(mutating: pointer)
            else {
                return nil
            }
            return value
        }
    }
}

extension String {
    /// Lower case, without a leading sign.
    fileprivate var asciiFoldedSign: String {
        let folded = String(
            decoding: utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 },
            as: UTF8.self
        )
        return folded.hasPrefix("-") || folded.hasPrefix("+") ? String(folded.dropFirst()) : folded
    }
}
