import BorealBase
import Glibc

/// Walks over the JSON of an answer without making a tree of it: what nobody asks for is skipped,
/// arrays of numbers become arrays of numbers. It is not a validator to the letter: bytes of
/// strings that are skipped are not decoded.
///
/// `NaN` and the infinities of Python's writer pass as numbers, so that one bad vector does not
/// spoil the rows beside it; whoever keeps a number asks whether it is finite.
struct AnswerScanner {
    /// The whole answer; outlives the scanner.
    let bytes: UnsafeBufferPointer<UInt8>
    /// The next byte to be looked at.
    private(set) var position = 0
    /// Containers that are open.
    private var depth = 0
    /// What the bytes are, in messages.
    private let subject: String

    /// Containers within containers that are followed.
    static let depthMax = 64

    init(_ bytes: UnsafeBufferPointer<UInt8>, subject: String = "the answer") {
        self.bytes = bytes
        self.subject = subject
    }

    /// Hands out a scanner at the start of a text that must be one JSON value, which `read`
    /// consumes.
    static func whole<Answer>(
        _ text: [UInt8],
        subject: String = "the answer",
        _ read: (inout AnswerScanner) throws(RemoteModelError) -> Answer
    ) throws(RemoteModelError) -> Answer {
        try text.withUnsafeBufferPointer { (bytes) throws(RemoteModelError) in
            var scanner = AnswerScanner(bytes, subject: subject)
            let answer = try read(&scanner)
            scanner.skipSpace()
            guard scanner.position == bytes.count else {
                throw scanner.malformed("text behind the value")
            }
            return answer
        }
    }

    /// BAD_RESPONSE, with the place.
    func malformed(_ reason: String) -> RemoteModelError {
        RemoteModelError(.badResponse, "\(subject) is no JSON: \(reason) at byte \(position)")
    }
}

// MARK: - Bytes

extension AnswerScanner {
    @inline(__always)
    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    @inline(__always)
    private mutating func skipSpace() {
        while position < bytes.count, bytes[position] <= 0x20 {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    /// The first byte of the next value or mark.
    mutating func peek() throws(RemoteModelError) -> UInt8 {
        skipSpace()
        guard let next else { throw malformed("the text ends early") }
        return next
    }

    private mutating func take(_ byte: UInt8, _ missing: String) throws(RemoteModelError) {
        guard try peek() == byte else { throw malformed(missing) }
        position += 1
    }

    /// True when the text goes on with the word, which is then consumed.
    private mutating func takes(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count, let base = bytes.baseAddress,
            memcmp(base + position, word.utf8Start, count) == 0
        else { return false }
        position += count
        return true
    }
}

// MARK: - Containers

extension AnswerScanner {
    /// Calls `each` at the value of every member; it must consume the value.
    mutating func members(
        _ each: (Name, inout AnswerScanner) throws(RemoteModelError) -> Void
    ) throws(RemoteModelError) {
        try container(UInt8(ascii: "{"), UInt8(ascii: "}")) { (scanner) throws(RemoteModelError) in
            let name = try scanner.name()
            try scanner.take(UInt8(ascii: ":"), "':' is missing")
            try each(name, &scanner)
        }
    }

    /// Calls `each` at every element; it must consume the element.
    mutating func elements(
        _ each: (inout AnswerScanner) throws(RemoteModelError) -> Void
    ) throws(RemoteModelError) {
        try container(UInt8(ascii: "["), UInt8(ascii: "]"), each)
    }

    private mutating func container(
        _ opening: UInt8,
        _ closing: UInt8,
        _ each: (inout AnswerScanner) throws(RemoteModelError) -> Void
    ) throws(RemoteModelError) {
        try take(opening, opening == UInt8(ascii: "{") ? "no object" : "no array")
        depth += 1
        guard depth <= Self.depthMax else { throw malformed("more than \(Self.depthMax) levels") }
        defer { depth -= 1 }
        if try peek() == closing {
            position += 1
            return
        }
        while true {
            try each(&self)
            let mark = try peek()
            guard mark == closing || mark == UInt8(ascii: ",") else {
                throw malformed("',' or a closing bracket is missing")
            }
            position += 1
            if mark == closing { return }
        }
    }

    /// Passes over any value.
    mutating func skip() throws(RemoteModelError) {
        switch try peek() {
        case UInt8(ascii: "{"):
            try container(UInt8(ascii: "{"), UInt8(ascii: "}")) {
                (scanner) throws(RemoteModelError) in
                _ = try scanner.stringSpan()
                try scanner.take(UInt8(ascii: ":"), "':' is missing")
                try scanner.skip()
            }
        case UInt8(ascii: "["):
            try elements { (scanner) throws(RemoteModelError) in try scanner.skip() }
        case UInt8(ascii: "\""): _ = try stringSpan()
        case UInt8(ascii: "t") where takes("true"): break
        case UInt8(ascii: "f") where takes("false"): break
        case UInt8(ascii: "n") where takes("null"): break
        default: _ = try number()
        }
    }

    /// Passes over any value and says where it stands.
    mutating func span() throws(RemoteModelError) -> Range<Int> {
        skipSpace()
        let start = position
        try skip()
        return start..<position
    }

    /// A scanner at a place found before.
    func moved(to place: Int) -> AnswerScanner {
        var copy = self
        copy.position = place
        return copy
    }
}

// MARK: - Strings and numbers

extension AnswerScanner {
    /// A member's name, which is held against names and made a string of by nobody.
    struct Name {
        /// As it stands between its quotes; nobody reads it once the answer is gone.
        private let written: UnsafeBufferPointer<UInt8>
        /// With its escapes undone; nil for a name without any.
        private let unescaped: String?

        fileprivate init(_ written: UnsafeBufferPointer<UInt8>, _ unescaped: String?) {
            self.written = written
            self.unescaped = unescaped
        }

        static func == (name: Name, text: String) -> Bool {
            if let unescaped = name.unescaped { return unescaped == text }
            var text = text
            return text.withUTF8 { text in
                guard text.count == name.written.count else { return false }
                guard let base = text.baseAddress, let start = name.written.baseAddress else {
                    return text.isEmpty
                }
                return memcmp(base, start, text.count) == 0
            }
        }

        static func ~= (text: String, name: Name) -> Bool { name == text }

        /// With its escapes undone.
        var text: String { unescaped ?? String(decoding: written, as: UTF8.self) }
    }

    private mutating func name() throws(RemoteModelError) -> Name {
        let inside = try stringSpan()
        let written = UnsafeBufferPointer(rebasing: bytes[inside])
        if written.contains(UInt8(ascii: "\\")) { return Name(written, try unescaped(inside)) }
        // Readers that drop what is no UTF-8 would find another name.
        guard written.allSatisfy({ $0 < 0x80 }) || String(ifUTF8: written) != nil else {
            throw malformed("a name is no UTF-8")
        }
        return Name(written, nil)
    }

    /// A text, its escapes undone.
    mutating func string() throws(RemoteModelError) -> String {
        let inside = try stringSpan()
        let text = UnsafeBufferPointer(rebasing: bytes[inside])
        guard !text.contains(UInt8(ascii: "\\")) else { return try unescaped(inside) }
        guard let string = String(ifUTF8: text) else { throw malformed("a string is no UTF-8") }
        return string
    }

    private func unescaped(_ inside: Range<Int>) throws(RemoteModelError) -> String {
        try JSONText.tree(bytes[inside.lowerBound - 1..<inside.upperBound + 1]).string ?? ""
    }

    /// Passes over a string and says what stands between its quotes.
    private mutating func stringSpan() throws(RemoteModelError) -> Range<Int> {
        try take(UInt8(ascii: "\""), "a string is missing")
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return start..<position - 1
            case UInt8(ascii: "\\"): position += 2
            case 0..<0x20: throw malformed("a control character in a string")
            default: position += 1
            }
        }
        position = bytes.count
        throw malformed("a string does not end")
    }

    /// Consumes an array.
    ///
    /// - Returns: its numbers; nil when something in it is no finite number.
    mutating func numbers(expected: Int) throws(RemoteModelError) -> [Double]? {
        var numbers: [Double] = []
        numbers.reserveCapacity(min(expected, 1 << 16))
        var areNumbers = true
        try elements { (scanner) throws(RemoteModelError) in
            switch try scanner.peek() {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "N"),
                UInt8(ascii: "I"):
                let number = try scanner.number()
                areNumbers = areNumbers && number.isFinite
                numbers.append(number)
            default:
                try scanner.skip()
                areNumbers = false
            }
        }
        return areNumbers ? numbers : nil
    }

    /// A number, correctly rounded; one beyond the greatest is an infinity.
    mutating func number() throws(RemoteModelError) -> Double {
        skipSpace()
        let start = position
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var mantissa: UInt64 = 0
        let wholeStart = position
        takeDigits(&mantissa)
        var digitCount = position - wholeStart
        guard digitCount > 0 else { return try word(isNegative) }
        if digitCount > 1, bytes[wholeStart] == 0x30 { throw malformed("a number begins with 0") }
        var power = 0
        if next == UInt8(ascii: ".") {
            position += 1
            let fractionStart = position
            takeDigits(&mantissa)
            power = fractionStart - position
            guard power < 0 else { throw malformed("a digit is missing") }
            digitCount -= power
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") { power += try exponent() }
        guard digitCount <= 19 else { return decimal(start) }
        let value: Double
        if mantissa <= 1 << 53, power >= -22, power <= 22 {
            // One exact operation on exact numbers rounds correctly (Clinger 1990).
            let scale = Self.powersOfTen[abs(power)]
            value = power < 0 ? Double(mantissa) / scale : Double(mantissa) * scale
        } else if let rounded = DecimalRounding.double(mantissa, power: power) {
            value = rounded
        } else {
            return decimal(start)
        }
        return isNegative ? -value : value
    }

    @inline(__always)
    private mutating func takeDigits(_ mantissa: inout UInt64) {
        while position < bytes.count {
            let digit = bytes[position] &- 0x30
            guard digit <= 9 else { return }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            position += 1
        }
    }

    private mutating func exponent() throws(RemoteModelError) -> Int {
        position += 1
        let isNegative = next == UInt8(ascii: "-")
        if isNegative || next == UInt8(ascii: "+") { position += 1 }
        let start = position
        var exponent = 0
        while let byte = next, byte &- 0x30 <= 9 {
            exponent = min(exponent * 10 + Int(byte - 0x30), 100_000)
            position += 1
        }
        guard position > start else { throw malformed("a digit is missing") }
        return isNegative ? -exponent : exponent
    }

    /// What Python's writer makes of what is no number.
    private mutating func word(_ isNegative: Bool) throws(RemoteModelError) -> Double {
        if takes("NaN") { return .nan }
        if takes("Infinity") { return isNegative ? -.infinity : .infinity }
        throw malformed("no value here")
    }

    /// The number between `start` and here by the C library.
    private func decimal(_ start: Int) -> Double {
        // The array that is read ends behind every number, so the C library stops in time.
        if position < bytes.count, let base = bytes.baseAddress {
            return UnsafeRawPointer(base + start).withMemoryRebound(to: CChar.self, capacity: 1) {
                strtod($0, nil)
            }
        }
        return Double(String(decoding: bytes[start..<position], as: UTF8.self)) ?? .nan
    }

    /// Those that a Double holds exactly.
    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
}
