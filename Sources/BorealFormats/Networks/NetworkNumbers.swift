import BorealBase

/// How files of networks write numbers down.
enum NetworkNumber {
    /// IEEE 754, as most files have them.
    case float32
    /// Rounded to 32 bits when read.
    case float64
    /// IEEE 754 binary16.
    case float16
    /// The upper half of a number of 32 bits.
    case bfloat16
    /// Whole numbers of so many bytes.
    case signed(Int)
    case unsigned(Int)

    /// Bytes of an element.
    var byteCount: Int {
        switch self {
        case .float32: 4
        case .float64: 8
        case .float16, .bfloat16: 2
        case .signed(let bytes), .unsigned(let bytes): bytes
        }
    }

    /// One element, least significant byte first, as 32 bits.
    func value(_ bytes: [UInt8], at place: Int) -> Float {
        switch self {
        case .float32: return Float(bitPattern: bytes.littleEndian(at: place))
        case .float64: return Float(Double(bitPattern: bytes.littleEndian(at: place)))
        case .float16: return Self.half(bytes.littleEndian(at: place))
        case .bfloat16:
            let upper: UInt16 = bytes.littleEndian(at: place)
            return Float(bitPattern: UInt32(upper) << 16)
        case .signed(1): return Float(Int8(bitPattern: bytes[place]))
        case .signed(2): return Float(bytes.littleEndian(at: place) as Int16)
        case .signed(4): return Float(bytes.littleEndian(at: place) as Int32)
        case .signed: return Float(bytes.littleEndian(at: place) as Int64)
        case .unsigned(1): return Float(bytes[place])
        case .unsigned(2): return Float(bytes.littleEndian(at: place) as UInt16)
        case .unsigned(4): return Float(bytes.littleEndian(at: place) as UInt32)
        case .unsigned: return Float(bytes.littleEndian(at: place) as UInt64)
        }
    }

    /// IEEE 754 binary16, spelt out because not every processor's Swift has `Float16`.
    static func half(_ bits: UInt16) -> Float {
        let sign: Float = bits & 0x8000 != 0 ? -1 : 1
        let exponent = Int(bits >> 10) & 0x1F
        let fraction = Float(bits & 0x3FF)
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default:
            let significand = 1 + fraction / 1_024
            return sign * Float(sign: .plus, exponent: exponent - 15, significand: significand)
        }
    }

    /// The product of extents; nil when one is negative or the product beyond what a file may hold.
    static func count(_ shape: [Int]) -> Int? {
        guard shape.count <= FormatLimits.arrayDimensionsMax else { return nil }
        // Extents of 0 count as 1, so that no part of a product overflows either.
        var bound = 1
        for extent in shape {
            let (product, overflow) = bound.multipliedReportingOverflow(by: max(1, extent))
            guard extent >= 0, !overflow, product <= Limits.modelBytesMax else { return nil }
            bound = product
        }
        return shape.contains(0) ? 0 : bound
    }

    /// A tensor whose elements lie one behind the other; the bytes must be exactly as many.
    ///
    /// - Returns: nil when bytes and extents do not fit.
    func tensor(_ bytes: [UInt8], _ range: Range<Int>, shape: [Int]) -> NetworkTensor? {
        guard let count = Self.count(shape), range.lowerBound >= 0,
            range.upperBound <= bytes.count, range.count / byteCount == count,
            range.count % byteCount == 0
        else { return nil }
        var values: [Float] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            values.append(value(bytes, at: range.lowerBound + index * byteCount))
        }
        return NetworkTensor(shape: shape, values: values)
    }
}
