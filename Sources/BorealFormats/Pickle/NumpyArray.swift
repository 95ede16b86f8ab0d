/// A NumPy dtype, as far as plain arrays need it.
struct NumpyType: Equatable {
    /// NumPy's kind character: `b` bool, `i` `u` `f` `c` numbers, `U` `S` strings, `O` objects, `V`
    /// records, `M` `m` times.
    var kind: UInt8
    /// Bytes of an element.
    var itemBytes: Int
    /// Byte order of numbers and of UCS-4 strings.
    var isBigEndian = false
    /// The parts of a record, in the order of its names; empty for all other types.
    var fields: [NumpyField] = []

    /// Reads a type string such as `f8`, `<i4`, `U12`, `b1`, `O8`.
    init?(_ text: String) {
        var rest = Substring(text)
        if let first = rest.first, "<>|=".contains(first) {
            isBigEndian = first == ">"
            rest = rest.dropFirst()
        }
        guard let kind = rest.utf8.first, "biufcUSOVMma?".utf8.contains(kind) else { return nil }
        rest = rest.dropFirst()
        guard let size = rest.isEmpty ? 0 : Int(rest), size >= 0, size <= 1 << 28 else {
            return nil
        }
        self.kind = kind == UInt8(ascii: "?") ? UInt8(ascii: "b") : kind
        itemBytes =
            kind == UInt8(ascii: "U") ? size * 4 : max(size, self.kind == UInt8(ascii: "b") ? 1 : 0)
    }

    var isObject: Bool { kind == UInt8(ascii: "O") }

    /// True when a number of this type can be made into a Double or Int64.
    var isNumber: Bool {
        switch kind {
        case UInt8(ascii: "b"): itemBytes == 1
        case UInt8(ascii: "i"), UInt8(ascii: "u"): [1, 2, 4, 8].contains(itemBytes)
        case UInt8(ascii: "f"): [2, 4, 8].contains(itemBytes)
        default: false
        }
    }
}

/// A named part of a record.
struct NumpyField: Equatable {
    let name: String
    /// A number, never a record itself.
    let type: PartType
    /// Bytes from the record's start; the part lies within the record.
    let offset: Int

    /// A dtype without parts.
    struct PartType: Equatable {
        let kind: UInt8
        let itemBytes: Int
        let isBigEndian: Bool
    }
}

/// A NumPy array that was read as data.
struct NumpyArray {
    /// Where the elements are.
    enum Storage {
        case pending
        /// In the source, or in the document's own bytes.
        case source(start: Int)
        case owned(Int)
        /// In a container of the document.
        case objects(Int)
    }

    var shape: [Int] = []
    var type: NumpyType?
    /// Column-major order.
    var isFortran = false
    var storage = Storage.pending

    /// Elements of the array; the shape was checked when it was read.
    var count: Int { shape.reduce(1, *) }
}

/// A scalar out of a pickle: what labels and categories are.
enum PlainValue: Equatable {
    case none
    case bool(Bool)
    case integer(Int64)
    case float(Double)
    case text(String)
}

extension PickleDocument {
    /// The elements of a one-dimensional array, list or tuple of plain values; nil when it is
    /// anything else.
    func plainValues(_ ref: PickleRef?) -> [PlainValue]? {
        guard let ref else { return nil }
        if case .array(let index) = self[ref] { return plainValues(arrays[index]) }
        guard let elements = elements(ref) else { return nil }
        return plainValues(of: elements)
    }

    private func plainValues(of elements: [PickleRef]) -> [PlainValue]? {
        var values: [PlainValue] = []
        values.reserveCapacity(elements.count)
        for element in elements {
            guard let value = plainValue(element) else { return nil }
            values.append(value)
        }
        return values
    }

    /// A scalar, or an array of no dimension.
    func plainValue(_ ref: PickleRef) -> PlainValue? {
        switch self[ref] {
        case .none: return PlainValue.none
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .float(let value): return .float(value)
        case .text, .ownText: return string(ref).map { .text($0) }
        case .array(let index) where arrays[index].shape.isEmpty:
            return plainValues(arrays[index])?.first
        default: return nil
        }
    }

    private func plainValues(_ array: NumpyArray) -> [PlainValue]? {
        guard array.shape.count <= 1, let type = array.type else { return nil }
        if case .objects(let container) = array.storage {
            return plainValues(of: containers[container])
        }
        guard let data = bytes(of: array) else { return nil }
        var values: [PlainValue] = []
        values.reserveCapacity(array.count)
        for position in 0..<array.count {
            let start = data.startIndex + position * type.itemBytes
            guard let value = type.value(data[start..<start + type.itemBytes]) else { return nil }
            values.append(value)
        }
        return values
    }

    /// The bytes of an array's elements.
    func bytes(of array: NumpyArray) -> ArraySlice<UInt8>? {
        guard let type = array.type else { return nil }
        let bytes = array.count * type.itemBytes
        switch array.storage {
        case .source(let start): return source[start..<start + bytes]
        case .owned(let index): return owned[index][0..<bytes]
        case .pending, .objects: return nil
        }
    }
}

extension NumpyType {
    /// One element as a plain value; nil for types that are none.
    func value(_ bytes: ArraySlice<UInt8>) -> PlainValue? {
        if isNumber {
            var bits: UInt64 = 0
            for byte in isBigEndian ? Array(bytes) : bytes.reversed() {
                bits = bits << 8 | UInt64(byte)
            }
            return number(bits)
        }
        switch kind {
        case UInt8(ascii: "U"): return ucs4(bytes).map { .text($0) }
        case UInt8(ascii: "S"):
            let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? bytes.startIndex
            return String(validating: bytes[..<end], as: UTF8.self).map { .text($0) }
        default: return nil
        }
    }

    func number(_ bits: UInt64) -> PlainValue? {
        switch (kind, itemBytes) {
        case (UInt8(ascii: "b"), _): return .bool(bits != 0)
        case (UInt8(ascii: "i"), 1): return .integer(Int64(Int8(truncatingIfNeeded: bits)))
        case (UInt8(ascii: "i"), 2): return .integer(Int64(Int16(truncatingIfNeeded: bits)))
        case (UInt8(ascii: "i"), 4): return .integer(Int64(Int32(truncatingIfNeeded: bits)))
        case (UInt8(ascii: "i"), _): return .integer(Int64(bitPattern: bits))
        case (UInt8(ascii: "u"), _):
            return Int64(exactly: bits).map { .integer($0) } ?? .float(Double(bits))
        case (_, 2): return .float(Self.half(UInt16(truncatingIfNeeded: bits)))
        case (_, 4): return .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
        default: return .float(Double(bitPattern: bits))
        }
    }

    /// IEEE 754 binary16, spelt out because not every processor's Swift has `Float16`.
    private static func half(_ bits: UInt16) -> Double {
        let sign = bits & 0x8000 != 0 ? -1.0 : 1.0
        let exponent = Int(bits >> 10) & 0x1F
        let fraction = Double(bits & 0x3FF)
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default:
            return sign
                * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1_024)
        }
    }

    /// UCS-4 text, padded with zeros at its end.
    private func ucs4(_ bytes: ArraySlice<UInt8>) -> String? {
        var codes: [UInt32] = []
        var index = bytes.startIndex
        while index + 4 <= bytes.endIndex {
            var code: UInt32 = 0
            for offset in 0..<4 {
                code = code << 8 | UInt32(bytes[index + (isBigEndian ? offset : 3 - offset)])
            }
            codes.append(code)
            index += 4
        }
        while codes.last == 0 { codes.removeLast() }
        var text = String.UnicodeScalarView()
        for code in codes {
            guard let scalar = Unicode.Scalar(code) else { return nil }
            text.append(scalar)
        }
        return String(text)
    }
}
