import BorealBase

/// Reads a constant tensor: `TensorProto`. Its extents are checked against the numbers that are
/// there before anything is made of them.
struct ONNXConstantReader {
    let bytes: [UInt8]
    /// Where the tensor begins in the file.
    let offset: Int

    private static let dimensionsMax = 32

    /// The fields of the message before they are known to fit together.
    private struct Parts {
        var name = ""
        var type: Int64 = 0
        var extents: [Int64] = []
        var raw: Range<Int>?
        var floats: [Float] = []
        var doubles: [Double] = []
        var integers: [Int64] = []
        var strings: [String] = []
        /// The numbers are said to lie in another file.
        var isElsewhere = false
    }

    /// The tensor in the message at `range`.
    ///
    /// - Throws: `FormatError.malformed`, `.tooLarge`, and `.unsupportedFormat` for data elsewhere.
    func read(_ range: Range<Int>) throws(FormatError) -> ONNXConstant {
        var parts = Parts()
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: try field.appendIntegers(bytes, to: &parts.extents)
            case 2: parts.type = try field.integer()
            case 3: throw .unsupportedFormat(.onnx, detail: "tensors in segments")
            case 4: try field.appendFloats(bytes, to: &parts.floats)
            case 5, 7, 11: try field.appendIntegers(bytes, to: &parts.integers)
            case 6: parts.strings.append(try field.string(bytes))
            case 8: parts.name = try field.string(bytes)
            case 9: parts.raw = try field.range()
            case 10: try field.appendDoubles(bytes, to: &parts.doubles)
            case 13: parts.isElsewhere = true
            case 14: if try field.integer() != 0 { parts.isElsewhere = true }
            default: break
            }
        }
        guard !parts.isElsewhere else {
            throw .unsupportedFormat(
                .onnx,
                detail: "tensor '\(parts.name)', whose numbers lie in another file; write one file"
            )
        }
        return try tensor(parts)
    }

    /// Numbers from wherever they stand: raw bytes, or the list of their type.
    private func tensor(_ parts: Parts) throws(FormatError) -> ONNXConstant {
        guard let type = ONNXType(rawValue: parts.type), type != .float16 else {
            throw .unsupportedFormat(.onnx, detail: "tensors of element type \(parts.type)")
        }
        var tensor = ONNXConstant(name: parts.name, type: type)
        let count = try elementCount(parts, &tensor.shape)
        if let raw = parts.raw {
            guard type != .string, raw.count / type.byteCount == count,
                raw.count % type.byteCount == 0
            else { throw short(parts, raw.count, "bytes", count) }
            tensor.numbers = numbers(raw, type)
            return tensor
        }
        switch type {
        case .float: tensor.numbers = .floats(parts.floats)
        case .double: tensor.numbers = .doubles(parts.doubles)
        case .string: tensor.numbers = .strings(parts.strings)
        default: tensor.numbers = .integers(parts.integers)
        }
        guard tensor.count == count else { throw short(parts, tensor.count, "numbers", count) }
        return tensor
    }

    /// The product of the extents, without overflow in any part of it.
    private func elementCount(
        _ parts: Parts,
        _ shape: inout [Int]
    ) throws(FormatError) -> Int {
        guard parts.extents.count <= Self.dimensionsMax else {
            throw .tooLarge(.onnx, what: "dimensions of a tensor", limit: Self.dimensionsMax)
        }
        // Extents of 0 count as 1, so that no part of a product overflows either.
        var bound = 1
        for extent in parts.extents {
            let (product, overflow) = bound.multipliedReportingOverflow(by: max(1, Int(extent)))
            guard extent >= 0, !overflow else {
                throw .malformed(
                    .onnx,
                    offset: offset,
                    reason: "tensor '\(parts.name)' has the extent \(extent)"
                )
            }
            bound = product
            shape.append(Int(extent))
        }
        return shape.reduce(1, *)
    }

    /// There are fewer or more numbers than extents say.
    private func short(_ parts: Parts, _ found: Int, _ what: String, _ count: Int) -> FormatError {
        .malformed(
            .onnx,
            offset: offset,
            reason: "tensor '\(parts.name)' has \(found) \(what) for \(count) elements"
        )
    }

    /// Raw data: elements one behind the other, least significant byte first.
    private func numbers(_ range: Range<Int>, _ type: ONNXType) -> ONNXConstant.Numbers {
        let places = stride(from: range.lowerBound, to: range.upperBound, by: type.byteCount)
        switch type {
        case .float:
            return .floats(places.map { Float(bitPattern: bytes.littleEndian(at: $0)) })
        case .double:
            return .doubles(places.map { Double(bitPattern: bytes.littleEndian(at: $0)) })
        case .int8: return .integers(places.map { Int64(Int8(bitPattern: bytes[$0])) })
        case .int16:
            return .integers(places.map { Int64(bytes.littleEndian(at: $0) as Int16) })
        case .uint16:
            return .integers(places.map { Int64(bytes.littleEndian(at: $0) as UInt16) })
        case .int32:
            return .integers(places.map { Int64(bytes.littleEndian(at: $0) as Int32) })
        case .uint32:
            return .integers(places.map { Int64(bytes.littleEndian(at: $0) as UInt32) })
        case .int64, .uint64: return .integers(places.map { bytes.littleEndian(at: $0) as Int64 })
        default: return .integers(places.map { Int64(bytes[$0]) })
        }
    }
}
