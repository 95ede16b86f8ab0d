/// Numbers that are made when they are wanted: once to be measured, once to be written.
struct ProtobufNumbers<Number: Sendable>: Sendable {
    /// How many.
    let count: Int
    /// Calls with each number in order; the same ones every time.
    let visit: @Sendable ((Number) -> Void) -> Void

    init(count: Int, visit: @escaping @Sendable ((Number) -> Void) -> Void) {
        self.count = count
        self.visit = visit
    }

    init(_ numbers: [Number]) {
        self.init(count: numbers.count) { numbers.forEach($0) }
    }
}

extension ProtobufNumbers: ExpressibleByArrayLiteral {
    init(arrayLiteral numbers: Number...) { self.init(numbers) }
}

/// Writes the wire format of Protocol Buffers: fields in the order they are put.
///
/// A field says how long it is before what is in it, so a message cannot go to a file before all of
/// it is known. Its long lists are not kept for that: they are measured when they are put, and made
/// once more when the message is written.
struct ProtobufWriter {
    private enum Part {
        case bytes([UInt8])
        case varints(ProtobufNumbers<Int>)
        case doubles(ProtobufNumbers<Double>)
    }

    private var parts: [Part] = []
    /// Of the parts before `tail`.
    private var partBytes = 0
    private var tail: [UInt8] = []

    /// Length of the message.
    var count: Int { partBytes + tail.count }

    /// Writes the message.
    func write(to sink: ExportSink) throws(ExportError) {
        for part in parts {
            try sink.check()
            switch part {
            case .bytes(let bytes): sink.append(bytes: bytes)
            case .varints(let numbers):
                var buffer = ProtobufWriter()
                numbers.visit { number in
                    buffer.tail.removeAll(keepingCapacity: true)
                    buffer.varint(UInt64(bitPattern: Int64(number)))
                    sink.append(bytes: buffer.tail)
                }
            case .doubles(let numbers):
                numbers.visit { number in
                    withUnsafeBytes(of: number.bitPattern.littleEndian) { sink.append(bytes: $0) }
                }
            }
        }
        sink.append(bytes: tail)
        try sink.check()
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            tail.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        tail.append(UInt8(rest))
    }

    private static func varintBytes(_ value: Int) -> Int {
        let bits = UInt64.bitWidth - UInt64(bitPattern: Int64(value) | 1).leadingZeroBitCount
        return (bits + 6) / 7
    }

    private mutating func key(_ field: Int, _ type: UInt64) { varint(UInt64(field) << 3 | type) }

    private mutating func add(_ part: Part, bytes: Int) {
        if !tail.isEmpty {
            parts.append(.bytes(tail))
            partBytes += tail.count
            tail = []
        }
        parts.append(part)
        partBytes += bytes
    }

    /// A whole number; negative ones take ten bytes.
    mutating func put(_ field: Int, _ value: Int) {
        key(field, 0)
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func put(_ field: Int, _ text: String) { put(field, bytes: Array(text.utf8)) }

    mutating func put(_ field: Int, bytes content: [UInt8]) {
        key(field, 2)
        varint(UInt64(content.count))
        tail += content
    }

    /// Whole numbers packed into one field.
    mutating func put(_ field: Int, packed values: [Int]) {
        put(field, packed: ProtobufNumbers(values))
    }

    /// Whole numbers packed into one field.
    mutating func put(_ field: Int, packed numbers: ProtobufNumbers<Int>) {
        var bytes = 0
        numbers.visit { bytes += Self.varintBytes($0) }
        key(field, 2)
        varint(UInt64(bytes))
        add(.varints(numbers), bytes: bytes)
    }

    /// Doubles as they lie in memory, as one field of bytes.
    mutating func put(_ field: Int, raw numbers: ProtobufNumbers<Double>) {
        key(field, 2)
        varint(UInt64(numbers.count * 8))
        add(.doubles(numbers), bytes: numbers.count * 8)
    }

    /// A message within the message.
    mutating func put(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        body(&inner)
        put(field, message: inner)
    }

    /// A message within the message.
    mutating func put(_ field: Int, message inner: ProtobufWriter) {
        key(field, 2)
        varint(UInt64(inner.count))
        guard !inner.parts.isEmpty else {
            tail += inner.tail
            return
        }
        if !tail.isEmpty { parts.append(.bytes(tail)) }
        partBytes += tail.count + inner.partBytes
        parts += inner.parts
        tail = inner.tail
    }
}
