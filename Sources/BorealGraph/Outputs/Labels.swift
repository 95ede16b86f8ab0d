public import BorealBase

/// The classes of a classifier in class order, with the type the training labels had.
public enum Labels: Equatable, Sendable {
    case integer([Int64])
    case double([Double])
    /// DECIMAL labels as MySQL prints them; they match by value.
    case decimal([String])
    /// They match byte by byte.
    case text([String])

    /// Classes.
    public var count: Int {
        switch self {
        case .integer(let values): values.count
        case .double(let values): values.count
        case .decimal(let values), .text(let values): values.count
        }
    }

    /// A class as `predicted_results` shows it: as the training label was.
    public func text(at index: Int) -> String {
        switch self {
        case .integer(let values): String(values[index])
        case .double(let values): values[index].description
        case .decimal(let values), .text(let values): values[index]
        }
    }

    /// The class of a label given as a number, or nil when training never saw it.
    public func index(of value: Double) -> Int? {
        switch self {
        case .integer(let values): values.firstIndex { Double($0) == value }
        case .double(let values): values.firstIndex(of: value)
        case .decimal(let values): values.firstIndex { Double($0) == value }
        case .text(let values):
            Self.decimalTexts(value).lazy.compactMap { index(ofText: $0, in: values) }.first
        }
    }

    /// The class of a label given as text: by bytes, or by value when the labels are numbers.
    public func index(ofText label: String) -> Int? {
        if case .text(let values) = self { return index(ofText: label, in: values) }
        var label = label
        return label.withUTF8 { NumberText.parse(UnsafeRawBufferPointer($0)) }.flatMap(index(of:))
    }

    /// A number's decimal texts: `1.0` as MySQL prints it, `1`, and then as Python does, `1.0`.
    private static func decimalTexts(_ value: Double) -> [String] {
        let text = value.description
        return text.hasSuffix(".0") ? [String(text.dropLast(2)), text] : [text]
    }

    private func index(ofText label: String, in values: [String]) -> Int? {
        values.firstIndex { $0.utf8.elementsEqual(label.utf8) }
    }

    /// The class of each row of a column of labels: -1 for labels that training never saw, -2 for
    /// NULL.
    public func indexes(of column: Column) -> [Int32] {
        var texts = LabelCache<String>()
        var numbers = LabelCache<UInt64>()
        return (0..<column.count).map { row in
            guard !column.isNull(row) else { return -2 }
            switch column.storage {
            case .int64(let values):
                let value = values[row]
                return numbers.code(UInt64(bitPattern: value)) { index(ofInteger: value) }
            case .uint64(let values):
                let value = values[row]
                return numbers.code(value) { index(of: Double(value)) }
            case .double(let values):
                let value = values[row]
                return numbers.code(value.bitPattern) { index(of: value) }
            case .float(let values):
                let value = Double(values[row])
                return numbers.code(value.bitPattern) { index(of: value) }
            case .sparse(let values):
                let value = values[row]
                return numbers.code(value.bitPattern) { index(of: value) }
            case .bytes(let values):
                let text = values.string(row)
                return texts.code(text) { index(ofText: text) }
            }
        }
    }

    private func index(ofInteger value: Int64) -> Int? {
        switch self {
        case .integer(let values): values.firstIndex(of: value)
        case .text(let values): index(ofText: String(value), in: values)
        case .double, .decimal: index(of: Double(value))
        }
    }
}

/// Labels already looked up, so that many rows over many classes take one search a distinct label.
private struct LabelCache<Key: Hashable> {
    private var codes: [Key: Int32] = [:]

    mutating func code(_ key: Key, _ search: () -> Int?) -> Int32 {
        if let code = codes[key] { return code }
        let code = search().map { Int32(truncatingIfNeeded: $0) } ?? -1
        if codes.count < 1 << 16 { codes[key] = code }
        return code
    }
}
