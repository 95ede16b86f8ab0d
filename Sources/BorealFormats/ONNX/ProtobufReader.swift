/// Reads the fields of one message of a protocol buffer, one after the other.
///
/// It never looks beyond the message's own bytes and never calls itself: messages within a message
/// are ranges that the caller may read with a reader of their own.
struct ProtobufReader {
    /// A field with its number.
    struct Field {
        /// The number that the schema gives the field.
        var number: Int
        /// What is in it.
        var value: Value
        /// Where it begins in the file.
        var offset: Int
    }

    /// The wire types that are in use.
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// Text, bytes, a message or packed numbers.
        case bytes(Range<Int>)
    }

    let bytes: [UInt8]
    private(set) var position: Int
    private let end: Int

    /// A reader of the message at `range`, which lies within `bytes`.
    init(_ bytes: [UInt8], _ range: Range<Int>) {
        assert(range.lowerBound >= 0 && range.upperBound <= bytes.count, "beyond the file")
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next field; nil at the end of the message.
    ///
    /// - Throws: `FormatError.malformed`.
    mutating func next() throws(FormatError) -> Field? {
        guard position < end else { return nil }
        let offset = position
        let key = try varint()
        let number = Int(truncatingIfNeeded: key >> 3)
        guard number > 0, number < 1 << 29 else {
            throw malformed(offset, "field number \(key >> 3)")
        }
        switch key & 7 {
        case 0: return Field(number: number, value: .varint(try varint()), offset: offset)
        case 1: return Field(number: number, value: .fixed64(try fixed(8)), offset: offset)
        case 5:
            let value = UInt32(truncatingIfNeeded: try fixed(4))
            return Field(number: number, value: .fixed32(value), offset: offset)
        case 2:
            let length = try varint()
            guard length <= UInt64(end - position) else {
                throw malformed(offset, "\(length) bytes where \(end - position) remain")
            }
            let range = position..<position + Int(length)
            position = range.upperBound
            return Field(number: number, value: .bytes(range), offset: offset)
        default: throw malformed(offset, "wire type \(key & 7)")
        }
    }

    /// A number of at most ten bytes, seven bits each, least significant first.
    mutating func varint() throws(FormatError) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end, shift < 70 {
            let byte = bytes[position]
            position += 1
            // The tenth byte has room for one bit.
            if shift == 63, byte > 1 { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw malformed(start, "a number without end")
    }

    /// A number of so many bytes, least significant first.
    private mutating func fixed(_ count: Int) throws(FormatError) -> UInt64 {
        guard end - position >= count else { throw malformed(position, "a cut number") }
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
        position += count
        return value
    }

    /// The message breaks off or makes no sense at a byte of the file.
    private func malformed(_ offset: Int, _ reason: String) -> FormatError {
        .malformed(.onnx, offset: offset, reason: reason)
    }
}

extension ProtobufReader.Field {
    /// A whole number.
    func integer() throws(FormatError) -> Int64 {
        guard case .varint(let value) = value else { throw mismatch("a whole number") }
        return Int64(bitPattern: value)
    }

    /// A number of 32 bits.
    func float() throws(FormatError) -> Float {
        guard case .fixed32(let value) = value else { throw mismatch("a number") }
        return Float(bitPattern: value)
    }

    /// Where the bytes of text or of a message are.
    func range() throws(FormatError) -> Range<Int> {
        guard case .bytes(let range) = value else { throw mismatch("bytes") }
        return range
    }

    /// Text, which has to be UTF-8.
    func string(_ bytes: [UInt8]) throws(FormatError) -> String {
        guard let text = String(validating: bytes[try range()], as: UTF8.self) else {
            throw mismatch("UTF-8")
        }
        return text
    }

    /// Appends whole numbers: one, or many packed.
    func appendIntegers(_ bytes: [UInt8], to numbers: inout [Int64]) throws(FormatError) {
        if case .varint(let value) = value {
            numbers.append(Int64(bitPattern: value))
            return
        }
        let range = try range()
        var reader = ProtobufReader(bytes, range)
        while reader.position < range.upperBound {
            numbers.append(Int64(bitPattern: try reader.varint()))
        }
    }

    /// Appends numbers of 32 bits: one, or many packed.
    func appendFloats(_ bytes: [UInt8], to numbers: inout [Float]) throws(FormatError) {
        if case .fixed32(let value) = value {
            numbers.append(Float(bitPattern: value))
            return
        }
        let range = try range()
        guard range.count % 4 == 0 else { throw mismatch("whole numbers of 32 bits") }
        numbers.reserveCapacity(numbers.count + range.count / 4)
        for place in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
            numbers.append(Float(bitPattern: bytes.littleEndian(at: place)))
        }
    }

    /// Appends numbers of 64 bits: one, or many packed.
    func appendDoubles(_ bytes: [UInt8], to numbers: inout [Double]) throws(FormatError) {
        if case .fixed64(let value) = value {
            numbers.append(Double(bitPattern: value))
            return
        }
        let range = try range()
        guard range.count % 8 == 0 else { throw mismatch("whole numbers of 64 bits") }
        numbers.reserveCapacity(numbers.count + range.count / 8)
        for place in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
            numbers.append(Double(bitPattern: bytes.littleEndian(at: place)))
        }
    }

    /// The field is not of the wire type that the schema has for it.
    private func mismatch(_ expected: String) -> FormatError {
        .malformed(.onnx, offset: offset, reason: "field \(number) is not \(expected)")
    }
}

extension [UInt8] {
    /// A whole number of `Number`'s width, least significant byte first; the bytes are there.
    func littleEndian<Number: FixedWidthInteger>(at place: Int) -> Number {
        withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Number.self))
        }
    }
}
