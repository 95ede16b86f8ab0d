import BorealGraph
import Glibc

/// Walks the lines of a text in memory and reads lists of numbers out of them.
struct TextCursor {
    let bytes: UnsafeRawBufferPointer
    /// Start of the next line.
    var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position >= bytes.count }

    /// The next line without its line feed (and carriage return); nil at the end.
    mutating func line() -> Range<Int>? {
        guard position < bytes.count, let base = bytes.baseAddress else { return nil }
        let start = position
        let found = memchr(base + start, 0x0A, bytes.count - start)
        var end = found.map { base.distance(to: UnsafeRawPointer($0)) } ?? bytes.count
        position = end + 1
        if end > start, bytes[end - 1] == 0x0D { end -= 1 }
        return start..<end
    }

    /// The next line, which stays the next one.
    func peek() -> Range<Int>? {
        var copy = self
        return copy.line()
    }

    /// True when the line begins with `prefix`.
    func starts(_ line: Range<Int>, _ prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        guard line.count >= count, let base = bytes.baseAddress else { return false }
        return memcmp(base + line.lowerBound, prefix.utf8Start, count) == 0
    }

    /// True when the line is exactly `text`.
    func equals(_ line: Range<Int>, _ text: StaticString) -> Bool {
        line.count == text.utf8CodeUnitCount && starts(line, text)
    }

    /// The text of a range; nil when it is no UTF-8.
    func text(_ range: Range<Int>) -> String? {
        String(validating: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }

    /// A line `key=value` in two; nil without `=`.
    func pair(_ line: Range<Int>) -> (key: Range<Int>, value: Range<Int>)? {
        guard let base = bytes.baseAddress,
            let found = memchr(base + line.lowerBound, 0x3D, line.count)
        else { return nil }
        let middle = base.distance(to: UnsafeRawPointer(found))
        return (line.lowerBound..<middle, middle + 1..<line.upperBound)
    }

    /// The next word of `rest` between blanks, taken off its front.
    func word(_ rest: inout Range<Int>) -> Range<Int>? {
        var start = rest.lowerBound
        while start < rest.upperBound, bytes[start] == 0x20 { start += 1 }
        guard start < rest.upperBound else {
            rest = rest.upperBound..<rest.upperBound
            return nil
        }
        var end = start
        while end < rest.upperBound, bytes[end] != 0x20 { end += 1 }
        rest = end..<rest.upperBound
        return start..<end
    }

    /// A number as LightGBM prints them: decimal, `inf` or `nan`; nil for anything else and for
    /// decimals beyond the range of a Double.
    func double(_ word: Range<Int>) -> Double? {
        let bytes = UnsafeRawBufferPointer(rebasing: bytes[word])
        if let value = NumberText.parse(bytes) { return value.isFinite ? value : nil }
        switch String(decoding: bytes, as: UTF8.self) {
        case "inf", "+inf": return .infinity
        case "-inf": return -.infinity
        case "nan", "-nan": return .nan
        default: return nil
        }
    }

    /// A whole number; one with an exponent or a fraction of zero counts.
    func integer(_ word: Range<Int>) -> Int64? {
        var value: Int64 = 0
        var index = word.lowerBound
        let isNegative = word.count > 1 && bytes[index] == 0x2D
        if isNegative { index += 1 }
        guard word.upperBound - index <= 18 else { return nil }
        while index < word.upperBound {
            let digit = bytes[index] &- 0x30
            guard digit <= 9 else { return double(word).flatMap { Int64(exactly: $0) } }
            value = value * 10 + Int64(digit)
            index += 1
        }
        return word.isEmpty ? nil : isNegative ? -value : value
    }

    /// Exactly `count` numbers between blanks; nil when there are fewer, more, or others.
    func list<Element>(
        _ range: Range<Int>,
        count: Int,
        _ read: (Range<Int>) -> Element?
    ) -> [Element]? {
        // Each element takes at least a digit and a blank, so the text bounds what is reserved.
        guard count <= range.count / 2 + 1 else { return nil }
        var values: [Element] = []
        values.reserveCapacity(count)
        var rest = range
        while let word = word(&rest) {
            guard values.count < count, let value = read(word) else { return nil }
            values.append(value)
        }
        return values.count == count ? values : nil
    }
}
