/// Numbers of an array, row by row whatever order the file has them in.
struct NumberArray: Equatable {
    var shape: [Int]
    var values: [Double]

    /// Extent of the last dimension; 1 for a scalar.
    var columns: Int { shape.last ?? 1 }
    /// Product of all extents but the last.
    var rows: Int { shape.dropLast().reduce(1, *) }

    /// A row of the innermost dimension.
    func row(_ index: Int) -> ArraySlice<Double> {
        precondition(index >= 0 && index < rows, "no row \(index) in \(shape)")
        return values[index * columns..<(index + 1) * columns]
    }
}

extension PickleDocument {
    /// The array behind a reference.
    func array(_ ref: PickleRef?) -> NumpyArray? {
        guard let ref, case .array(let index) = self[ref] else { return nil }
        return arrays[index]
    }

    /// The numbers of an array, of a sparse matrix, or of a list or tuple of numbers (one level);
    /// nil when there is anything else in it.
    func numbers(_ ref: PickleRef?) -> NumberArray? {
        guard let ref else { return nil }
        switch self[ref] {
        case .array(let index): return numbers(arrays[index])
        case .object(let index): return sparseNumbers(objects[index])
        case .list(let index), .tuple(let index):
            var values: [Double] = []
            for element in containers[index] {
                guard let value = number(element) else { return nil }
                values.append(value)
            }
            return NumberArray(shape: [values.count], values: values)
        default:
            return number(ref).map { NumberArray(shape: [], values: [$0]) }
        }
    }

    /// A number: Python's, NumPy's, or an array of one element.
    func number(_ ref: PickleRef?) -> Double? {
        guard let ref else { return nil }
        switch self[ref] {
        case .integer(let value): return Double(value)
        case .float(let value): return value
        case .bool(let value): return value ? 1 : 0
        case .array(let index) where arrays[index].count == 1:
            return numbers(arrays[index])?.values.first
        default: return nil
        }
    }

    private func numbers(_ array: NumpyArray) -> NumberArray? {
        guard let type = array.type else { return nil }
        if case .objects(let container) = array.storage {
            var values: [Double] = []
            for element in containers[container] {
                guard let value = number(element) else { return nil }
                values.append(value)
            }
            return rowMajor(array, values)
        }
        guard type.isNumber, let data = bytes(of: array) else { return nil }
        let part = NumpyField.PartType(
            kind: type.kind,
            itemBytes: type.itemBytes,
            isBigEndian: type.isBigEndian
        )
        return rowMajor(
            array,
            Self.numbers(data, count: array.count, stride: type.itemBytes, offset: 0, part)
        )
    }

    /// One part of every record of a one-dimensional array of records.
    func part(_ name: String, of array: NumpyArray) -> [Double]? {
        guard let type = array.type, array.shape.count == 1,
            let field = type.fields.first(where: { $0.name == name }),
            let data = bytes(of: array)
        else { return nil }
        let element = NumpyType(field.type)
        guard element.isNumber else { return nil }
        return Self.numbers(
            data,
            count: array.count,
            stride: type.itemBytes,
            offset: field.offset,
            field.type
        )
    }

    /// Elements that lie `stride` bytes apart; `isNumber` was checked.
    private static func numbers(
        _ data: ArraySlice<UInt8>,
        count: Int,
        stride: Int,
        offset: Int,
        _ type: NumpyField.PartType
    ) -> [Double] {
        data.withUnsafeBytes { bytes in
            // Numbers that lie in memory as the processor has them.
            func all<Number: BitwiseCopyable>(_: Number.Type, _ double: (Number) -> Double)
                -> [Double]
            {
                (0..<count).map {
                    let place = $0 * stride + offset
                    return double(bytes.loadUnaligned(fromByteOffset: place, as: Number.self))
                }
            }
            if !type.isBigEndian {
                switch (type.kind, type.itemBytes) {
                case (UInt8(ascii: "f"), 8): return all(Double.self) { $0 }
                case (UInt8(ascii: "f"), 4): return all(Float.self) { Double($0) }
                case (UInt8(ascii: "i"), 8): return all(Int64.self) { Double($0) }
                case (UInt8(ascii: "i"), 4): return all(Int32.self) { Double($0) }
                case (UInt8(ascii: "u"), 4): return all(UInt32.self) { Double($0) }
                case (UInt8(ascii: "u"), 1): return all(UInt8.self) { Double($0) }
                default: break
                }
            }
            // What is rarer, and what has its bytes the other way round.
            let element = NumpyType(type)
            return (0..<count).map { index in
                var bits: UInt64 = 0
                for byte in 0..<type.itemBytes {
                    let place = type.isBigEndian ? byte : type.itemBytes - 1 - byte
                    bits = bits << 8 | UInt64(bytes[index * stride + offset + place])
                }
                return element.double(bits)
            }
        }
    }

    /// Column-major arrays are turned.
    private func rowMajor(_ array: NumpyArray, _ values: [Double]) -> NumberArray? {
        guard values.count == array.count else { return nil }
        guard array.isFortran, array.shape.count > 1 else {
            return NumberArray(shape: array.shape, values: values)
        }
        var turned = values
        var position = [Int](repeating: 0, count: array.shape.count)
        for target in turned.indices {
            var source = 0
            for dimension in array.shape.indices.reversed() {
                source = source * array.shape[dimension] + position[dimension]
            }
            turned[target] = values[source]
            for dimension in array.shape.indices.reversed() {
                position[dimension] += 1
                if position[dimension] < array.shape[dimension] { break }
                position[dimension] = 0
            }
        }
        return NumberArray(shape: array.shape, values: turned)
    }

    /// A matrix of scipy in compressed rows or columns, as a full one.
    private func sparseNumbers(_ object: PickleObject) -> NumberArray? {
        guard let name = object.member?.name, name.hasPrefix("csr_") || name.hasPrefix("csc_"),
            let shape = numbers(attribute(object, "_shape")), shape.values.count == 2,
            let rows = Int(exactly: shape.values[0]), let columns = Int(exactly: shape.values[1]),
            let starts = numbers(attribute(object, "indptr"))?.values,
            let places = numbers(attribute(object, "indices"))?.values,
            let values = numbers(attribute(object, "data"))?.values,
            rows >= 0, columns >= 0, places.count == values.count
        else { return nil }
        let isRows = name.hasPrefix("csr_")
        let (major, minor) = isRows ? (rows, columns) : (columns, rows)
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow, count <= FormatLimits.denseElementsMax, starts.count == major + 1 else {
            return nil
        }
        var full = [Double](repeating: 0, count: count)
        for line in 0..<major {
            guard let first = Int(exactly: starts[line]), let end = Int(exactly: starts[line + 1]),
                first >= 0, first <= end, end <= values.count
            else { return nil }
            for index in first..<end {
                guard let place = Int(exactly: places[index]), place >= 0, place < minor else {
                    return nil
                }
                full[isRows ? line * columns + place : place * columns + line] += values[index]
            }
        }
        return NumberArray(shape: [rows, columns], values: full)
    }
}

extension NumpyType {
    /// The type of a part of a record.
    init(_ part: NumpyField.PartType) {
        kind = part.kind
        itemBytes = part.itemBytes
        isBigEndian = part.isBigEndian
    }

    /// The number that bits stand for.
    func double(_ bits: UInt64) -> Double {
        switch number(bits) {
        case .bool(let value): value ? 1 : 0
        case .integer(let value): Double(value)
        case .float(let value): value
        default: .nan
        }
    }
}
