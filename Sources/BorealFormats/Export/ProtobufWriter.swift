/// Writes the wire format of Protocol Buffers: fields in the order they are put.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func key(_ field: Int, _ type: UInt64) { varint(UInt64(field) << 3 | type) }

    /// A whole number; negative ones take ten bytes.
    mutating func put(_ field: Int, _ value: Int) {
        key(field, 0)
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func put(_ field: Int, _ text: String) { put(field, bytes: Array(text.utf8)) }

    mutating func put(_ field: Int, bytes content: [UInt8]) {
        key(field, 2)
        varint(UInt64(content.count))
        bytes += content
    }

    /// Whole numbers packed into one field.
    mutating func put(_ field: Int, packed values: [Int]) {
        var inner = ProtobufWriter()
        for value in values { inner.varint(UInt64(bitPattern: Int64(value))) }
        put(field, bytes: inner.bytes)
    }

    /// A message within the message.
    mutating func put(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        body(&inner)
        put(field, bytes: inner.bytes)
    }
}
