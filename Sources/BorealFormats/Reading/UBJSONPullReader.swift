import BorealBase

/// Reads UBJSON (draft 12), as far as model libraries write it, as it is asked.
///
///     value     a marker, then bytes
///     numbers   i U 1 byte, I 2, l d 4, L D 8, big endian; d and D are floating point
///     words     T F Z, no bytes; N is no value and may stand before any
///     text      S, a length (a whole number with its marker), UTF-8
///     object    {, pairs of a text without its S and a value, }
///     array     [, values, ]; or [ # count, values; or [ $ type # count, values without markers
///
/// Counts are checked against the bytes that are left, each element taking at least its width; a
/// type of no width would promise any number of elements, so such arrays are refused.
struct UBJSONPullReader: PullReader {
    let bytes: UnsafeRawBufferPointer
    let format: ModelFormat
    private(set) var position = 0
    /// The arrays and objects that are open, the innermost last.
    private var open: [Container] = []

    private struct Container {
        /// Elements to come; nil where a bracket ends them.
        var rest: Int?
        /// The type of all elements; nil where each has a marker.
        var type: UInt8?
        /// Whether it is an object that is skipped.
        var isObject = false
    }

    /// What stands behind `[`: how many elements of which type.
    private struct Header {
        var count: Int?
        var type: UInt8?
    }

    init(_ bytes: UnsafeRawBufferPointer, format: ModelFormat) {
        self.bytes = bytes
        self.format = format
    }

    var byteCount: Int { bytes.count }

    // MARK: - Bytes

    private mutating func byte() throws(FormatError) -> UInt8 {
        guard position < bytes.count else { throw malformed("the file ends early") }
        defer { position += 1 }
        return bytes[position]
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// A big-endian number of so many bytes.
    private mutating func bits(_ count: Int) throws(FormatError) -> UInt64 {
        guard count <= bytes.count - position else { throw malformed("the file ends early") }
        var value: UInt64 = 0
        for index in 0..<count { value = value << 8 | UInt64(bytes[position + index]) }
        position += count
        return value
    }

    /// Bytes of a value of a type; nil for those that are none of a fixed number.
    private static func width(_ type: UInt8) -> Int? {
        switch type {
        case UInt8(ascii: "i"), UInt8(ascii: "U"), UInt8(ascii: "C"), UInt8(ascii: "B"): 1
        case UInt8(ascii: "I"), UInt8(ascii: "u"): 2
        case UInt8(ascii: "l"), UInt8(ascii: "d"), UInt8(ascii: "m"): 4
        case UInt8(ascii: "L"), UInt8(ascii: "D"), UInt8(ascii: "M"): 8
        default: nil
        }
    }

    /// A number of a type whose marker was taken.
    private mutating func number(_ type: UInt8) throws(FormatError) -> Double {
        switch type {
        case UInt8(ascii: "T"): return 1
        case UInt8(ascii: "F"): return 0
        default: break
        }
        guard let width = Self.width(type) else {
            position -= 1
            throw malformed("no number here")
        }
        let bits = try bits(width)
        return Self.value(bits, type)
    }

    @inline(__always)
    private static func value(_ bits: UInt64, _ type: UInt8) -> Double {
        switch type {
        case UInt8(ascii: "i"): Double(Int8(truncatingIfNeeded: bits))
        case UInt8(ascii: "I"): Double(Int16(truncatingIfNeeded: bits))
        case UInt8(ascii: "l"): Double(Int32(truncatingIfNeeded: bits))
        case UInt8(ascii: "L"): Double(Int64(bitPattern: bits))
        case UInt8(ascii: "d"): Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case UInt8(ascii: "D"): Double(bitPattern: bits)
        default: Double(bits)
        }
    }

    /// A length: a marker of a whole type and a number that is not negative.
    private mutating func length() throws(FormatError) -> Int {
        let start = position
        let type = try byte()
        guard "iUIulmL".utf8.contains(type) else {
            position = start
            throw malformed("a length is missing")
        }
        let value = try number(type)
        guard value >= 0, let length = Int(exactly: value) else {
            position = start
            throw malformed("a length of \(Int64(exactly: value).map { "\($0)" } ?? "\(value)")")
        }
        return length
    }

    // MARK: - Structure

    mutating func beginObject() throws(FormatError) {
        try take(UInt8(ascii: "{"))
        guard next != UInt8(ascii: "$"), next != UInt8(ascii: "#") else {
            throw malformed("an object that is counted beforehand")
        }
        try enter(Container())
    }

    mutating func beginArray() throws(FormatError) {
        try take(UInt8(ascii: "["))
        let header = try arrayHeader()
        try enter(Container(rest: header.count, type: header.type))
    }

    private mutating func enter(_ container: Container) throws(FormatError) {
        guard open.count < Limits.modelNestingMax else {
            throw .tooLarge(format, what: "nested containers", limit: Limits.modelNestingMax)
        }
        open.append(container)
    }

    /// The marker of a value, which an array of one type has only once.
    private mutating func marker() throws(FormatError) -> UInt8 {
        if let type = open.last?.type { return type }
        // A no-op may stand before any value.
        while next == UInt8(ascii: "N") { position += 1 }
        return try byte()
    }

    private mutating func take(_ wanted: UInt8) throws(FormatError) {
        let start = position
        guard try marker() == wanted else {
            position = start
            throw malformed("no '\(Character(Unicode.Scalar(wanted)))' here")
        }
    }

    /// Type and count of an array; elements that take bytes must be there.
    private mutating func arrayHeader() throws(FormatError) -> Header {
        var header = Header()
        if next == UInt8(ascii: "$") {
            position += 1
            header.type = try byte()
            guard next == UInt8(ascii: "#") else { throw malformed("a type without a count") }
        }
        guard next == UInt8(ascii: "#") else { return header }
        position += 1
        let start = position
        let count = try length()
        // Untyped elements take a byte at least, and so do typed ones that are worth an array.
        let width: Int
        if let type = header.type {
            guard let bytes = Self.width(type) else {
                position = start
                let name = Character(Unicode.Scalar(type))
                throw malformed("an array of elements of type '\(name)'")
            }
            width = bytes
        } else {
            width = 1
        }
        guard count <= (bytes.count - position) / width else {
            position = start
            throw malformed("an array of \(count) elements in \(bytes.count - start) bytes")
        }
        header.count = count
        return header
    }

    mutating func nextKey() throws(FormatError) -> String? {
        while next == UInt8(ascii: "N") { position += 1 }
        if next == UInt8(ascii: "}") {
            position += 1
            open.removeLast()
            return nil
        }
        return try text()
    }

    mutating func hasElement() throws(FormatError) -> Bool {
        guard let container = open.last else { return false }
        if let rest = container.rest {
            guard rest > 0 else {
                open.removeLast()
                return false
            }
            open[open.count - 1].rest = rest - 1
            return true
        }
        while next == UInt8(ascii: "N") { position += 1 }
        guard next == UInt8(ascii: "]") else { return true }
        position += 1
        open.removeLast()
        return false
    }

    mutating func isAtObject() -> Bool { next == UInt8(ascii: "{") }
    mutating func isAtString() -> Bool { next == UInt8(ascii: "S") }

    mutating func finish() throws(FormatError) {
        while next == UInt8(ascii: "N") { position += 1 }
        guard position == bytes.count else { throw malformed("bytes behind the document") }
    }

    // MARK: - Scalars

    /// A length and as many bytes of UTF-8.
    private mutating func text() throws(FormatError) -> String {
        let start = position
        let count = try length()
        guard count <= bytes.count - position else {
            position = start
            throw malformed("a text of \(count) bytes")
        }
        let slice = UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw malformed("a text that is no UTF-8")
        }
        position += count
        return text
    }

    mutating func string() throws(FormatError) -> String {
        try take(UInt8(ascii: "S"))
        return try text()
    }

    mutating func scalarText() throws(FormatError) -> String {
        let type = try marker()
        switch type {
        case UInt8(ascii: "S"): return try text()
        case UInt8(ascii: "T"): return "true"
        case UInt8(ascii: "F"): return "false"
        case UInt8(ascii: "Z"): return "null"
        default:
            let value = try number(type)
            return Int64(exactly: value).map { String($0) } ?? value.description
        }
    }

    mutating func double() throws(FormatError) -> Double { try number(try marker()) }

    // MARK: - Arrays of numbers

    /// An array whose elements are made by `convert` of bits and type.
    @inline(__always)
    private mutating func array<Element>(
        _ convert: (UInt64, UInt8) -> Element?
    ) throws(FormatError) -> [Element] {
        try take(UInt8(ascii: "["))
        let header = try arrayHeader()
        guard let count = header.count, let type = header.type else {
            return try untyped(header, convert)
        }
        var values: [Element] = []
        values.reserveCapacity(count)
        // The header checked that there is a width, and bytes for all elements.
        let width = Self.width(type) ?? 1
        assert(count <= (bytes.count - position) / width, "a count that was not checked")
        var at = position
        for _ in 0..<count {
            let bits: UInt64 =
                switch width {
                case 4: UInt64(load(at, UInt32.self))
                case 8: load(at, UInt64.self)
                case 2: UInt64(load(at, UInt16.self))
                default: UInt64(bytes[at])
                }
            guard let value = convert(bits, type) else {
                position = at
                throw malformed("a number out of range")
            }
            values.append(value)
            at += width
        }
        position = at
        return values
    }

    @inline(__always)
    private func load<Bits: FixedWidthInteger & BitwiseCopyable>(
        _ offset: Int,
        _ type: Bits.Type
    ) -> Bits {
        Bits(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }

    /// Each element with a marker of its own.
    private mutating func untyped<Element>(
        _ header: Header,
        _ convert: (UInt64, UInt8) -> Element?
    ) throws(FormatError) -> [Element] {
        try enter(Container(rest: header.count))
        var values: [Element] = []
        while try hasElement() {
            let start = position
            let number = try double()
            guard let value = convert(number.bitPattern, UInt8(ascii: "D")) else {
                position = start
                throw malformed("a number out of range")
            }
            values.append(value)
        }
        return values
    }

    mutating func floats() throws(FormatError) -> [Float] {
        try array { bits, type in
            type == UInt8(ascii: "d")
                ? Float(bitPattern: UInt32(truncatingIfNeeded: bits))
                : Float(Self.value(bits, type))
        }
    }

    mutating func doubles() throws(FormatError) -> [Double] { try array { Self.value($0, $1) } }

    mutating func integers() throws(FormatError) -> [Int32] {
        try array { bits, type in
            type == UInt8(ascii: "l")
                ? Int32(truncatingIfNeeded: bits) : Int32(exactly: Self.value(bits, type))
        }
    }

    mutating func flags() throws(FormatError) -> [UInt8] {
        try array { UInt8(exactly: Self.value($0, $1)) }
    }

    // MARK: - Skipping

    mutating func skip() throws(FormatError) {
        let outer = open.count
        try skipOne()
        while open.count > outer {
            if open[open.count - 1].isObject {
                if try nextKey() != nil { try skipOne() }
            } else if try hasElement() {
                try skipOne()
            }
        }
    }

    /// Moves behind a scalar, or into a container.
    private mutating func skipOne() throws(FormatError) {
        let type = try marker()
        switch type {
        case UInt8(ascii: "{"):
            position -= 1
            try beginObject()
            open[open.count - 1].isObject = true
        case UInt8(ascii: "["):
            let header = try arrayHeader()
            if let type = header.type, let count = header.count, let width = Self.width(type) {
                position += count * width
            } else {
                try enter(Container(rest: header.count))
            }
        case UInt8(ascii: "S"), UInt8(ascii: "H"): _ = try text()
        case UInt8(ascii: "Z"), UInt8(ascii: "T"), UInt8(ascii: "F"): break
        default: _ = try number(type)
        }
    }
}
