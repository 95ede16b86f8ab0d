import Synchronization

/// Comparison of UTF-8 text without regard to case and accents, scalar by scalar.
///
/// Bytes that are no UTF-8 count as scalars of their own, so that the order stays total.
enum TextFolding {
    /// Whose order it is.
    enum Rule {
        /// `0900_ai_ci`, `unicode_ci`: Unicode's order.
        case unicode
        /// `general_ci`: the order of capital letters.
        case general
        /// `0900_as_ci`: case does not count, accents do.
        case accents
    }

    /// Folded forms of 256 scalars.
    private struct Block {
        var lower: [UInt32]
        var unicode: [UInt32]
        var general: [UInt32]
    }

    /// Blocks made when first asked for: a table of all of Unicode would cost more than a whole
    /// start-up.
    private static let blocks = Mutex<[UInt32: Block]>([:])

    private static let plain = pairs(TextFoldingTable.marked, TextFoldingTable.plain)
    private static let strokePlain = pairs(TextFoldingTable.stroked, TextFoldingTable.strokePlain)

    private static func pairs(_ from: String, _ to: String) -> [UInt32: UInt32] {
        let keys = from.unicodeScalars.map(\.value)
        return Dictionary(
            zip(keys, to.unicodeScalars.map(\.value)),
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// What a scalar compares as: its place in Unicode's order when it is ASCII or ASCII with
    /// marks, else its lower case without marks.
    static func fold(_ scalar: UInt32) -> UInt32 {
        if scalar < 0x80 { return TextFoldingTable.ranks[Int(scalar)] }
        return block(scalar) { $0.unicode[Int(scalar & 0xFF)] }
    }

    /// What a scalar compares as in `general_ci`.
    private static func generalFold(_ scalar: UInt32) -> UInt32 {
        if scalar < 0x80 { return scalar >= 0x61 && scalar <= 0x7A ? scalar & 0xDF : scalar }
        return block(scalar) { $0.general[Int(scalar & 0xFF)] }
    }

    /// The lower case of a scalar when that is one scalar, else itself; accents stay.
    static func lower(_ scalar: UInt32) -> UInt32 {
        if scalar < 0x80 {
            return scalar >= 0x41 && scalar <= 0x5A ? scalar | 0x20 : scalar
        }
        return block(scalar) { $0.lower[Int(scalar & 0xFF)] }
    }

    private static func block(_ scalar: UInt32, _ body: (Block) -> UInt32) -> UInt32 {
        let number = scalar >> 8
        return blocks.withLock { blocks in
            if let known = blocks[number] { return body(known) }
            let made = makeBlock(number)
            blocks[number] = made
            return body(made)
        }
    }

    private static func makeBlock(_ number: UInt32) -> Block {
        let lower = (number << 8..<(number + 1) << 8).map { simpleLowerCase($0) }
        let bases = lower.map { plain[$0] ?? $0 }
        let unicode = zip(lower, bases).map { letter, base in
            let folded = strokePlain[letter] ?? base
            return folded < 0x80 ? TextFoldingTable.ranks[Int(folded)] : folded
        }
        let general = bases.map { $0 < 0x80 ? generalFold($0) : $0 }
        return Block(lower: lower, unicode: unicode, general: general)
    }

    private static func simpleLowerCase(_ value: UInt32) -> UInt32 {
        guard let scalar = Unicode.Scalar(value) else { return value }
        let lower = scalar.properties.lowercaseMapping.unicodeScalars
        guard lower.count == 1, let first = lower.first else { return value }
        // Final sigma is folded to sigma, as Unicode's simple folding has it.
        return first.value == 0x3C2 ? 0x3C3 : first.value
    }

    /// A mark that combines with the letter before it: compared, it is nothing.
    private static func isMark(_ scalar: UInt32) -> Bool { scalar >= 0x300 && scalar < 0x370 }

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
    ///
    /// - Parameter pads: the shorter text counts as filled up with spaces.
    static func compare(
        _ left: UnsafeRawBufferPointer,
        _ right: UnsafeRawBufferPointer,
        _ rule: Rule = .unicode,
        pads: Bool = false
    ) -> Int {
        let shorter = min(left.count, right.count)
        var index = 0
        while index < shorter {
            let (a, b) = (left[index], right[index])
            if a != b {
                guard a | b < 0x80 else { return compareScalars(left, right, index, rule, pads) }
                let (first, second) = (fold(UInt32(a), rule), fold(UInt32(b), rule))
                if first != second { return first < second ? -1 : 1 }
            }
            index += 1
        }
        if left.count == right.count { return 0 }
        let isLonger = left.count > right.count
        let rest = isLonger ? left[shorter...] : right[shorter...]
        if rest.first.map({ $0 >= 0x80 }) == true {
            return compareScalars(left, right, index, rule, pads)
        }
        let order = pads ? compareToSpaces(rest, rule) : 1
        return isLonger ? order : -order
    }

    @inline(__always)
    private static func fold(_ scalar: UInt32, _ rule: Rule) -> UInt32 {
        switch rule {
        case .unicode: fold(scalar)
        case .general: generalFold(scalar)
        case .accents: scalar < 0x80 ? fold(scalar) : lower(scalar)
        }
    }

    /// ASCII against spaces.
    private static func compareToSpaces(_ bytes: Slice<UnsafeRawBufferPointer>, _ rule: Rule) -> Int
    {
        let space = fold(0x20, rule)
        for byte in bytes where byte != 0x20 {
            return fold(UInt32(byte), rule) < space ? -1 : 1
        }
        return 0
    }

    /// From the scalar that holds byte `start` on, which both texts have in common up to there.
    private static func compareScalars(
        _ left: UnsafeRawBufferPointer,
        _ right: UnsafeRawBufferPointer,
        _ start: Int,
        _ rule: Rule,
        _ pads: Bool
    ) -> Int {
        var i = start
        while i > 0, i < left.count, left[i] & 0xC0 == 0x80 { i -= 1 }
        if i == left.count { while i > 0, i < right.count, right[i] & 0xC0 == 0x80 { i -= 1 } }
        var j = i
        while true {
            let first = next(left, &i, rule)
            let second = next(right, &j, rule)
            if first == nil, second == nil { return 0 }
            let space = pads ? fold(0x20, rule) : 0
            // At the end there is a space when texts are filled up, else what is before all.
            let a = first.map { $0 + 1 } ?? (pads ? space + 1 : 0)
            let b = second.map { $0 + 1 } ?? (pads ? space + 1 : 0)
            if a != b { return a < b ? -1 : 1 }
        }
    }

    /// The next scalar that is compared, folded; nil at the end.
    private static func next(
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int,
        _ rule: Rule
    ) -> UInt32? {
        while position < bytes.count {
            let value = scalar(bytes, &position)
            if rule == .accents || !isMark(value) { return fold(value, rule) }
        }
        return nil
    }

    /// Bytes, the shorter text filled up with spaces: `utf8mb4_bin`.
    static func comparePadded(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer)
        -> Int
    {
        let shorter = min(left.count, right.count)
        for index in 0..<shorter where left[index] != right[index] {
            return left[index] < right[index] ? -1 : 1
        }
        let isLonger = left.count > right.count
        let rest = isLonger ? left[shorter...] : right[shorter...]
        guard let other = rest.first(where: { $0 != 0x20 }) else { return 0 }
        return (other < 0x20) == isLonger ? -1 : 1
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
