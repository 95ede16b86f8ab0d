/// Writes the FlatBuffers documents that tests need: tables with every field given, children behind
/// their parents.
struct FlatBuilder {
    /// One field of a table.
    indirect enum Field {
        case int32(Int32)
        case double(Double)
        case byte(UInt8)
        case text(String)
        case ints([Int32])
        case floats([Float])
        case doubles([Double])
        case data([UInt8])
        case table([Int: Field])
        case tables([[Int: Field]])
        case texts([String])
    }

    private(set) var bytes: [UInt8] = [0, 0, 0, 0]

    /// The document of a table.
    static func document(_ fields: [Int: Field]) -> [UInt8] {
        var builder = FlatBuilder()
        let root = builder.table(fields)
        builder.set(UInt32(root), at: 0)
        return builder.bytes
    }

    private mutating func set(_ value: UInt32, at place: Int) {
        for index in 0..<4 {
            bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
        }
    }

    private mutating func append<Number: FixedWidthInteger>(_ value: Number) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Fields first, then the values, then what these refer to; where the table is.
    private mutating func table(_ fields: [Int: Field]) -> Int {
        let count = (fields.keys.max() ?? -1) + 1
        let list = bytes.count
        append(UInt16(4 + 2 * count))
        append(UInt16(4 + 8 * count))
        for field in 0..<count { append(UInt16(fields[field] == nil ? 0 : 4 + 8 * field)) }
        let table = bytes.count
        append(Int32(table - list))
        bytes += [UInt8](repeating: 0, count: 8 * count)
        for field in fields.keys.sorted() {
            guard let value = fields[field] else { continue }
            write(value, at: table + 4 + 8 * field)
        }
        return table
    }

    private mutating func write(_ value: Field, at place: Int) {
        switch value {
        case .int32(let number): set(UInt32(bitPattern: number), at: place)
        case .byte(let number): bytes[place] = number
        case .double(let number):
            set(UInt32(truncatingIfNeeded: number.bitPattern), at: place)
            set(UInt32(truncatingIfNeeded: number.bitPattern >> 32), at: place + 4)
        case .table(let fields):
            let target = table(fields)
            set(UInt32(target - place), at: place)
        case .tables(let list): references(list.count, at: place) { $0.table(list[$1]) }
        case .texts(let list):
            references(list.count, at: place) { builder, index in
                builder.vector(Array(list[index].utf8), count: list[index].utf8.count)
            }
        default:
            let target = vector(of: value)
            set(UInt32(target - place), at: place)
        }
    }

    /// A vector of distances to what `make` writes.
    private mutating func references(
        _ count: Int,
        at place: Int,
        _ make: (inout FlatBuilder, Int) -> Int
    ) {
        let start = vector([UInt8](repeating: 0, count: 4 * count), count: count)
        set(UInt32(start - place), at: place)
        for index in 0..<count {
            let target = make(&self, index)
            let entry = start + 4 + 4 * index
            set(UInt32(target - entry), at: entry)
        }
    }

    private mutating func vector(of value: Field) -> Int {
        switch value {
        case .text(let text): return vector(Array(text.utf8), count: text.utf8.count)
        case .data(let data): return vector(data, count: data.count)
        case .ints(let numbers):
            let start = vector([], count: numbers.count)
            for number in numbers { append(number) }
            return start
        case .floats(let numbers):
            let start = vector([], count: numbers.count)
            for number in numbers { append(number.bitPattern) }
            return start
        case .doubles(let numbers):
            let start = vector([], count: numbers.count)
            for number in numbers { append(number.bitPattern) }
            return start
        default: return vector([], count: 0)
        }
    }

    private mutating func vector(_ data: [UInt8], count: Int) -> Int {
        let start = bytes.count
        append(UInt32(count))
        bytes += data
        return start
    }
}
