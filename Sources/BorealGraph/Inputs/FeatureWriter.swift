import BorealBase

/// Writes one column into one feature of a batch.
struct FeatureWriter {
    let input: GraphInput
    /// Position of the feature in a row.
    let feature: Int
    let column: Column

    func write(into batch: inout GraphBatch) throws(GraphError) {
        switch input.kind {
        case .number, .integerCategory: try writeNumbers(into: &batch)
        case .category(let dictionary):
            if dictionary.isText {
                try writeTextCodes(dictionary, into: &batch)
            } else {
                try writeNumberCodes(dictionary, into: &batch)
            }
        }
    }

    // MARK: - Numbers

    private func writeNumbers(into batch: inout GraphBatch) throws(GraphError) {
        let stride = batch.featureCount
        var index = feature
        switch column.storage {
        case .int64(let values):
            for (row, value) in values.enumerated() {
                if !column.isNull(row) { batch.values[index] = Double(value) }
                index += stride
            }
        case .uint64(let values):
            for (row, value) in values.enumerated() {
                if !column.isNull(row) { batch.values[index] = Double(value) }
                index += stride
            }
        case .double(let values):
            for (row, value) in values.enumerated() {
                if !column.isNull(row) { batch.values[index] = value }
                index += stride
            }
        case .float(let values):
            for (row, value) in values.enumerated() {
                if !column.isNull(row) { batch.values[index] = Double(value) }
                index += stride
            }
        case .bytes(let values):
            for row in 0..<values.count {
                if !column.isNull(row) { batch.values[index] = try number(values, row) }
                index += stride
            }
        }
    }

    /// The number a cell of bytes stands for, by the column's logical type.
    private func number(_ values: ByteColumn, _ row: Int) throws(GraphError) -> Double {
        let value = values[row].withUnsafeBytes { bytes in
            switch column.type.kind {
            case .date, .dateTime, .timestamp: TemporalText.dateSeconds(bytes)
            case .time: TemporalText.timeSeconds(bytes)
            case .bit: Self.bits(bytes)
            default: NumberText.parse(bytes)
            }
        }
        guard let value else { throw badValue(row) }
        return value
    }

    /// A BIT value: up to eight bytes, most significant first.
    private static func bits(_ bytes: UnsafeRawBufferPointer) -> Double? {
        guard bytes.count <= 8 else { return nil }
        var value: UInt64 = 0
        for byte in bytes { value = value << 8 | UInt64(byte) }
        return Double(value)
    }

    // MARK: - Categories

    private func writeNumberCodes(
        _ dictionary: CategoryDictionary,
        into batch: inout GraphBatch
    ) throws(GraphError) {
        try writeNumbers(into: &batch)
        var index = feature
        for _ in 0..<batch.rowCount {
            let value = batch.values[index]
            if !value.isNaN {
                let code = dictionary.code(of: value)
                if code == nil { batch.unseenCategories += 1 }
                batch.values[index] = code.map(Double.init) ?? .nan
            }
            index += batch.featureCount
        }
    }

    private func writeTextCodes(
        _ dictionary: CategoryDictionary,
        into batch: inout GraphBatch
    ) throws(GraphError) {
        var index = feature
        for row in 0..<batch.rowCount {
            if !column.isNull(row), !isNotANumber(row) {
                let code = textCode(dictionary, row)
                if code == nil { batch.unseenCategories += 1 }
                batch.values[index] = code.map(Double.init) ?? .nan
            }
            index += batch.featureCount
        }
    }

    /// A NaN given for a category is a missing one, not an unseen one.
    private func isNotANumber(_ row: Int) -> Bool {
        switch column.storage {
        case .double(let values): values[row].isNaN
        case .float(let values): values[row].isNaN
        default: false
        }
    }

    /// Bytes match as they are; a number matches its decimal text.
    private func textCode(_ dictionary: CategoryDictionary, _ row: Int) -> Int32? {
        switch column.storage {
        case .bytes(let values): values[row].withUnsafeBytes { dictionary.code(of: $0) }
        case .int64(let values): code(dictionary, String(values[row]))
        case .uint64(let values): code(dictionary, String(values[row]))
        case .double(let values): code(dictionary, fraction: values[row].description)
        case .float(let values): code(dictionary, fraction: values[row].description)
        }
    }

    private func code(_ dictionary: CategoryDictionary, _ text: String) -> Int32? {
        var text = text
        return text.withUTF8 { dictionary.code(of: UnsafeRawBufferPointer($0)) }
    }

    /// `1.0` is looked for as MySQL prints it, `1`, and then as Python does, `1.0`.
    private func code(_ dictionary: CategoryDictionary, fraction text: String) -> Int32? {
        if text.hasSuffix(".0"), let code = code(dictionary, String(text.dropLast(2))) { return code }
        return code(dictionary, text)
    }

    private func badValue(_ row: Int) -> GraphError {
        guard case .bytes(let values) = column.storage else {
            return .badValue(row: row, column: column.name, value: "", expected: input.kind.name)
        }
        let shown = String(decoding: values[row].prefix(GraphLimits.shownValueBytesMax), as: UTF8.self)
        return .badValue(row: row, column: column.name, value: shown, expected: input.kind.name)
    }
}
