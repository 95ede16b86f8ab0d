import BorealBase

/// Reads safetensors: a length of eight bytes, a JSON object of names, types, shapes and offsets,
/// then the numbers.
enum SafetensorsReader {
    /// Bytes of the header.
    private static let headerBytesMax = 16 << 20

    /// The tensors, in the order of the header.
    ///
    /// - Throws: `FormatError.malformed`, `.tooLarge`, `.unsupportedFormat`.
    static func read(
        _ bytes: [UInt8]
    ) throws(FormatError) -> [(name: String, tensor: NetworkTensor)] {
        guard bytes.count >= 8 else { throw malformed(0, "no header") }
        let declared: UInt64 = bytes.littleEndian(at: 0)
        guard declared <= UInt64(min(bytes.count - 8, headerBytesMax)) else {
            throw malformed(0, "a header of \(declared) bytes")
        }
        let start = 8 + Int(declared)
        let header: JSON
        do throws(JSONError) {
            header = try JSON.parse(bytes[8..<start])
        } catch { throw malformed(8 + error.offset, error.reason) }
        guard let entries = header.object else { throw malformed(8, "the header is no object") }
        var tensors: [(name: String, tensor: NetworkTensor)] = []
        var names: Set<String> = []
        let budget = NetworkBudget()
        for (name, entry) in entries where name != "__metadata__" {
            guard names.insert(name).inserted else { throw malformed(8, "'\(name)' twice") }
            tensors.append((name, try tensor(name, entry, bytes, start, budget)))
        }
        return tensors
    }

    /// One tensor, if its type, shape and place agree.
    private static func tensor(
        _ name: String,
        _ entry: JSON,
        _ bytes: [UInt8],
        _ start: Int,
        _ budget: NetworkBudget
    ) throws(FormatError) -> NetworkTensor {
        guard let type = entry["dtype"]?.string, let extents = entry["shape"]?.array,
            let offsets = entry["data_offsets"]?.array, offsets.count == 2,
            let first = offsets[0].integer, let end = offsets[1].integer,
            first >= 0, first <= end, end <= Int64(bytes.count - start)
        else { throw malformed(start, "'\(name)' lies outside of the file") }
        guard let number = number(type) else {
            throw .unsupportedFormat(.safetensors, detail: "'\(name)' of type '\(type)'")
        }
        var shape: [Int] = []
        for extent in extents {
            guard let value = extent.integer, value >= 0 else {
                throw malformed(start, "the shape of '\(name)'")
            }
            shape.append(Int(value))
        }
        try budget.spend(Int(end - first) / number.byteCount, .safetensors)
        let range = start + Int(first)..<start + Int(end)
        guard let tensor = number.tensor(bytes, range, shape: shape) else {
            throw malformed(
                range.lowerBound,
                "'\(name)': \(range.count) bytes for the shape \(shape)"
            )
        }
        return tensor
    }

    /// An element type by its name.
    private static func number(_ name: String) -> NetworkNumber? {
        switch name {
        case "F32": .float32
        case "F64": .float64
        case "F16": .float16
        case "BF16": .bfloat16
        case "I8": .signed(1)
        case "I16": .signed(2)
        case "I32": .signed(4)
        case "I64": .signed(8)
        case "U8", "BOOL": .unsigned(1)
        case "U16": .unsigned(2)
        case "U32": .unsigned(4)
        case "U64": .unsigned(8)
        default: nil
        }
    }

    /// The file breaks the rules at `offset`.
    private static func malformed(_ offset: Int, _ reason: String) -> FormatError {
        .malformed(.safetensors, offset: offset, reason: reason)
    }
}
