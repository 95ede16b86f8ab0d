import BorealBase

/// Writes one column into one feature of a batch, whose cells are NaN before.
struct FeatureWriter {
    let input: GraphInput
    let column: Column

    /// Writes the cells of all rows, `stride` numbers apart.
    ///
    /// - Parameter rejected: takes the rows whose value is no feature; nil to throw for the first.
    /// - Returns: cells with a category that the dictionary does not have.
    func write(
        to target: UnsafeMutablePointer<Double>,
        stride: Int,
        _ rejected: inout [Int: GraphError]?
    ) throws(GraphError) -> Int {
        if input.kind == .hashedCategory {
            writeHashes(target, stride)
            return 0
        }
        guard case .category(let dictionary) = input.kind else {
            try writeNumbers(target, stride, &rejected)
            return 0
        }
        if dictionary.isText { return writeTextCodes(dictionary, target, stride) }
        try writeNumbers(target, stride, &rejected)
        return replaceByCodes(dictionary, target, stride)
    }

    // MARK: - Numbers

    private func writeNumbers(
        _ target: UnsafeMutablePointer<Double>,
        _ stride: Int,
        _ rejected: inout [Int: GraphError]?
    ) throws(GraphError) {
        switch column.storage {
        case .int64(let values): write(values, target, stride) { Double($0) }
        case .uint64(let values): write(values, target, stride) { Double($0) }
        case .double(let values): write(values, target, stride) { $0 }
        case .float(let values): write(values, target, stride) { Double($0) }
        case .sparse(let numbers):
            for row in 0..<numbers.count where !column.isNull(row) { target[row * stride] = 0 }
            for (row, value) in zip(numbers.rows, numbers.values) {
                target[Int(row) * stride] = value
            }
        case .bytes(let values):
            for row in 0..<values.count where !column.isNull(row) {
                if let value = number(values, row) {
                    target[row * stride] = value
                } else if rejected == nil {
                    throw badValue(row)
                } else if rejected?[row] == nil {
                    rejected?[row] = badValue(row)
                }
            }
        }
    }

    @inline(__always)
    private func write<Element>(
        _ values: [Element],
        _ target: UnsafeMutablePointer<Double>,
        _ stride: Int,
        _ convert: (Element) -> Double
    ) {
        values.withUnsafeBufferPointer { values in
            if column.validity.nullCount == 0 {
                for row in values.indices { target[row * stride] = convert(values[row]) }
            } else {
                for row in values.indices where !column.isNull(row) {
                    target[row * stride] = convert(values[row])
                }
            }
        }
    }

    /// The number a cell of bytes stands for, by the column's logical type; nil when it is none.
    private func number(_ values: ByteColumn, _ row: Int) -> Double? {
        values[row].withUnsafeBytes { Self.number($0, column.type.kind) }
    }

    /// The number that bytes of a logical type stand for; nil when they are none.
    static func number(_ bytes: UnsafeRawBufferPointer, _ kind: ColumnType.Kind) -> Double? {
        switch kind {
        case .date, .dateTime, .timestamp: TemporalText.dateSeconds(bytes)
        case .time: TemporalText.timeSeconds(bytes)
        case .bit: bits(bytes)
        default: NumberText.parse(bytes)
        }
    }

    /// A BIT value: up to eight bytes, most significant first.
    private static func bits(_ bytes: UnsafeRawBufferPointer) -> Double? {
        guard bytes.count <= 8 else { return nil }
        var value: UInt64 = 0
        for byte in bytes { value = value << 8 | UInt64(byte) }
        return Double(value)
    }

    // MARK: - Categories

    private var unseenCode: Double { input.unseen == .marked ? -1 : .nan }

    /// Turns the numbers of number categories into codes.
    private func replaceByCodes(
        _ dictionary: CategoryDictionary,
        _ target: UnsafeMutablePointer<Double>,
        _ stride: Int
    ) -> Int {
        var unseen = 0
        for row in 0..<column.count {
            let value = target[row * stride]
            guard !value.isNaN else { continue }
            let code = dictionary.code(of: value)
            if code == nil { unseen += 1 }
            target[row * stride] = code.map(Double.init) ?? unseenCode
        }
        return unseen
    }

    private func writeTextCodes(
        _ dictionary: CategoryDictionary,
        _ target: UnsafeMutablePointer<Double>,
        _ stride: Int
    ) -> Int {
        var unseen = 0
        for row in 0..<column.count where !column.isNull(row) && !isNotANumber(row) {
            let code =
                textCode(dictionary, row)
                ?? (dictionary.takesCodes ? givenCode(dictionary, row) : nil)
            if code == nil { unseen += 1 }
            target[row * stride] = code.map(Double.init) ?? unseenCode
        }
        return unseen
    }

    /// Text as it is; numbers as their decimal text, whole ones without a point.
    private func writeHashes(_ target: UnsafeMutablePointer<Double>, _ stride: Int) {
        for row in 0..<column.count where !column.isNull(row) && !isNotANumber(row) {
            let hash =
                switch column.storage {
                case .bytes(let values): values[row].withUnsafeBytes { CityHash.category($0) }
                case .int64(let values): CityHash.category(String(values[row]))
                case .uint64(let values): CityHash.category(String(values[row]))
                case .double(let values): hash(values[row].description)
                case .float(let values): hash(values[row].description)
                case .sparse(let numbers): hash(numbers[row].description)
                }
            target[row * stride] = Double(hash)
        }
    }

    private func hash(_ text: String) -> UInt32 {
        CityHash.category(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }

    /// A NaN given for a category is a missing one, not an unseen one.
    private func isNotANumber(_ row: Int) -> Bool {
        switch column.storage {
        case .double(let values): values[row].isNaN
        case .float(let values): values[row].isNaN
        case .sparse(let numbers): numbers[row].isNaN
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
        case .sparse(let numbers): code(dictionary, fraction: numbers[row].description)
        }
    }

    /// The number in a cell, when it is a code of the dictionary.
    private func givenCode(_ dictionary: CategoryDictionary, _ row: Int) -> Int32? {
        let number: Double? =
            switch column.storage {
            case .bytes(let values): values[row].withUnsafeBytes { NumberText.parse($0) }
            case .int64(let values): Double(values[row])
            case .uint64(let values): Double(values[row])
            case .double(let values): values[row]
            case .float(let values): Double(values[row])
            case .sparse(let numbers): numbers[row]
            }
        guard let number, let code = Int32(exactly: number), code >= 0, code < dictionary.count
        else { return nil }
        return code
    }

    private func code(_ dictionary: CategoryDictionary, _ text: String) -> Int32? {
        var text = text
        return text.withUTF8 { dictionary.code(of: UnsafeRawBufferPointer($0)) }
    }

    /// `1.0` is looked for as MySQL prints it, `1`, and then as Python does, `1.0`.
    private func code(_ dictionary: CategoryDictionary, fraction text: String) -> Int32? {
        if text.hasSuffix(".0"), let code = code(dictionary, String(text.dropLast(2))) {
            return code
        }
        return code(dictionary, text)
    }

    private func badValue(_ row: Int) -> GraphError {
        guard case .bytes(let values) = column.storage else {
            return .badValue(row: row, column: column.name, value: "", expected: input.kind.name)
        }
        let shown = String(
            decoding: values[row].prefix(GraphLimits.shownValueBytesMax),
            as: UTF8.self
        )
        return .badValue(row: row, column: column.name, value: shown, expected: input.kind.name)
    }
}
