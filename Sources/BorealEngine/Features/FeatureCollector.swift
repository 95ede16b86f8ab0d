import BorealBase
import BorealBoost
import BorealGraph

/// One feature while training rows are read.
struct FeatureCollector {
    let name: String
    /// True when the statement names the column as a category although it may hold numbers.
    let isCategory: Bool
    /// True when texts are read as numbers.
    private let takesNumbersOnly: Bool
    private var numbers: [Double] = []
    /// The only batch so far, when it was mostly zeros.
    private var sparse: SparseNumbers?
    private var codes: [Int32] = []
    private var dictionary = DistinctTexts()
    /// Reads cells that are lists; nil for features that are none.
    private var reader: ListReader?
    /// Settled by the first batch: text that is no number type becomes categories.
    private var isText: Bool?

    /// - Parameter list: how cells become lists; nil for cells that are none.
    init(
        name: String,
        isCategory: Bool,
        takesNumbersOnly: Bool = false,
        list: ListForm? = nil
    ) {
        reader = list.map { ListReader($0) }
        self.name = name
        self.isCategory = isCategory
        self.takesNumbersOnly = takesNumbersOnly
    }

    /// - Parameter firstRow: rows before this batch, for messages.
    mutating func append(_ column: Column, firstRow: Int) throws(ServerError) {
        if reader != nil { return try appendLists(column, firstRow) }
        if case .sparse(let numbers) = column.storage, isText == nil, !isCategory {
            sparse = numbers
            isText = false
            return
        }
        if let only = sparse {
            numbers = only.dense
            sparse = nil
        }
        let becomesText = isText ?? (!takesNumbersOnly && Self.isTextual(column))
        isText = becomesText
        if becomesText {
            appendText(column)
        } else {
            try appendNumbers(column, firstRow)
        }
    }

    /// Text columns are categories; DECIMAL and dates also arrive as bytes and are numbers.
    static func isTextual(_ column: Column) -> Bool {
        guard case .bytes = column.storage else { return false }
        return !column.type.isNumeric && !column.type.isTemporal
    }

    // Appending grows the storage by factors; reserving for each batch would copy it for each.
    private mutating func appendText(_ column: Column) {
        guard case .bytes(let values) = column.storage else {
            // A later batch without a single text (all NULL, or numbers in a column of mixed
            // types).
            for row in 0..<column.count {
                codes.append(column.isNull(row) ? -1 : code(of: NumberCell.text(column, row)))
            }
            return
        }
        values.bytes.withUnsafeBytes { bytes in
            for row in 0..<column.count {
                if column.isNull(row) {
                    codes.append(-1)
                } else {
                    let span = values.offsets[row]..<values.offsets[row + 1]
                    codes.append(dictionary.code(of: UnsafeRawBufferPointer(rebasing: bytes[span])))
                }
            }
        }
    }

    private mutating func code(of text: String) -> Int32 {
        var text = text
        return text.withUTF8 { dictionary.code(of: UnsafeRawBufferPointer($0)) }
    }

    private mutating func appendNumbers(_ column: Column, _ firstRow: Int) throws(ServerError) {
        switch column.storage {
        case .int64(let values): appendNumbers(values, column.validity) { Double($0) }
        case .uint64(let values): appendNumbers(values, column.validity) { Double($0) }
        case .double(let values): appendNumbers(values, column.validity) { $0 }
        case .float(let values): appendNumbers(values, column.validity) { Double($0) }
        case .sparse(let values): numbers += values.dense
        case .bytes:
            for row in 0..<column.count {
                if column.isNull(row) {
                    numbers.append(.nan)
                    continue
                }
                guard let number = NumberCell.number(column, row) else {
                    throw .badRowValue(
                        row: firstRow + row + 1,
                        column: name,
                        "'\(NumberCell.text(column, row).prefix(64))' is no number"
                    )
                }
                numbers.append(number)
            }
        }
    }

    @inline(__always)
    private mutating func appendNumbers<Value>(
        _ values: [Value],
        _ validity: Validity,
        _ number: (Value) -> Double
    ) {
        let first = numbers.count
        for value in values { numbers.append(number(value)) }
        guard validity.nullCount > 0 else { return }
        for row in values.indices where validity.isNull(row) { numbers[first + row] = .nan }
    }

    private mutating func appendLists(_ column: Column, _ firstRow: Int) throws(ServerError) {
        for row in 0..<column.count {
            do throws(ListDefect) { try reader?.append(column, row: row) } catch {
                throw .badRowValue(row: firstRow + row + 1, column: name, "\(error)")
            }
        }
    }

    /// The lists, of a feature that is lists; its column is then the lists' numbers.
    var lists: NumberLists? { reader?.lists }

    /// The column for the trainer, and what its cells become at prediction.
    ///
    /// - Parameters:
    ///   - model: whose categories keep their codes.
    ///   - feature: which of its features this is.
    mutating func finish(
        continuing model: ContinuedModel? = nil,
        _ feature: Int = 0
    ) throws(ServerError) -> (FeatureColumn, FeatureKind) {
        if let reader {
            return (.doubles((0..<reader.lists.count).map { Double($0) }), .list(reader.form))
        }
        if isText == true {
            var (texts, places) = dictionary.sorted()
            if let model {
                let (all, order) = try model.extended(texts, feature)
                (texts, places) = (all, places.map { order[Int($0)] })
            }
            for i in codes.indices where codes[i] >= 0 { codes[i] = places[Int(codes[i])] }
            do {
                let kind = FeatureKind.category(try CategoryDictionary(.text(texts)))
                return (.categories(codes, count: texts.count), kind)
            } catch {
                throw .invalidOption("x_cols", "column '\(name)' has too many categories")
            }
        }
        try model?.checkNumbers(feature, isCategory: isCategory)
        if let sparse { return (.sparse(sparse), .number) }
        guard isCategory else { return (.doubles(numbers), .number) }
        return (try integerCategories(), .integerCategory)
    }

    /// Greatest category that a number may name: a split's bit set has a bit for each one below.
    private static let categoriesMax = 1 << 20

    /// Numbers as category codes, as LightGBM takes them: truncated, negative ones missing.
    private func integerCategories() throws(ServerError) -> FeatureColumn {
        var codes: [Int32] = []
        codes.reserveCapacity(numbers.count)
        var greatest: Int32 = -1
        for (row, number) in numbers.enumerated() {
            if number.isNaN || number < 0 {
                codes.append(-1)
                continue
            }
            guard number < Double(Self.categoriesMax) else {
                throw .badRowValue(row: row + 1, column: name, "\(number) is too large a category")
            }
            let code = Int32(number)
            greatest = max(greatest, code)
            codes.append(code)
        }
        return .categories(codes, count: Int(greatest) + 1)
    }
}

/// A cell as a number or a text, whatever its storage.
enum NumberCell {
    /// The number of a cell that is not NULL; dates and times are seconds.
    static func number(_ column: Column, _ row: Int) -> Double? {
        switch column.storage {
        case .int64(let values): return Double(values[row])
        case .uint64(let values): return Double(values[row])
        case .double(let values): return values[row]
        case .float(let values): return Double(values[row])
        case .sparse(let numbers): return numbers[row]
        case .bytes(let values):
            return values[row].withUnsafeBytes { bytes in
                switch column.type.kind {
                case .date, .dateTime, .timestamp: TemporalText.dateSeconds(bytes)
                case .time: TemporalText.timeSeconds(bytes)
                default: NumberText.parse(bytes)
                }
            }
        }
    }

    /// The text of a cell that is not NULL.
    static func text(_ column: Column, _ row: Int) -> String {
        switch column.storage {
        case .int64(let values): values[row].description
        case .uint64(let values): values[row].description
        case .double(let values): values[row].description
        case .float(let values): values[row].description
        case .sparse(let numbers):
            column.type.kind == .longLong
                ? String(Int64(numbers[row])) : numbers[row].description
        case .bytes(let values): values.string(row)
        }
    }
}
