import BorealBase
import BorealGraph

/// The label column while training rows are read: values with the type the table had.
struct LabelCollector {
    let name: String
    private var integers: [Int64] = []
    private var doubles: [Double] = []
    private var codes: [Int32] = []
    private var dictionary = DistinctTexts()
    private var kind: Kind?

    /// How the labels are kept.
    private enum Kind {
        case integer
        case double
        case decimal
        case text
    }

    /// What messages call a value.
    private let noun: String

    init(name: String, noun: String = "label") {
        self.name = name
        self.noun = noun
    }

    /// - Throws: `badRowValue` for a NULL label.
    mutating func append(_ column: Column, firstRow: Int) throws(ServerError) {
        if column.validity.nullCount > 0, let row = (0..<column.count).first(where: column.isNull) {
            throw .badRowValue(row: firstRow + row + 1, column: name, "the \(noun) is NULL")
        }
        let found: Kind =
            switch column.storage {
            case .int64, .uint64: .integer
            case .double, .float: .double
            case .sparse: column.type.kind == .longLong ? .integer : .double
            case .bytes: column.type.kind == .decimal ? .decimal : .text
            }
        let kind = self.kind ?? found
        self.kind = kind
        if kind == .integer, case .int64(let values) = column.storage {
            integers += values
            return
        }
        for row in 0..<column.count {
            switch kind {
            case .integer: integers.append(try integer(column, row, firstRow))
            case .double:
                guard let number = NumberCell.number(column, row), number.isFinite else {
                    throw noNumber(column, row, firstRow)
                }
                doubles.append(number)
            case .decimal, .text:
                var text = NumberCell.text(column, row)
                codes.append(text.withUTF8 { dictionary.code(of: UnsafeRawBufferPointer($0)) })
            }
        }
    }

    private func integer(
        _ column: Column,
        _ row: Int,
        _ firstRow: Int
    ) throws(ServerError) -> Int64 {
        guard let number = NumberCell.number(column, row), let whole = Int64(exactly: number)
        else { throw noNumber(column, row, firstRow) }
        return whole
    }

    private func noNumber(_ column: Column, _ row: Int, _ firstRow: Int) -> ServerError {
        .badRowValue(
            row: firstRow + row + 1,
            column: name,
            "'\(NumberCell.text(column, row).prefix(64))' is no \(noun) among numbers"
        )
    }

    /// The labels as regression targets of a class.
    ///
    /// - Throws: `invalidOption` for text labels.
    func numbers(for modelClass: ModelClass) throws(ServerError) -> [Double] {
        if kind == .text { throw refused(by: modelClass) }
        return try numbers()
    }

    private func refused(by modelClass: ModelClass) -> ServerError {
        .invalidOption(
            "y_cols",
            "label '\(name)' is text; the class '\(modelClass.rawValue)' takes numbers"
        )
    }

    /// The labels as regression targets.
    ///
    /// - Throws: `invalidOption` for text labels.
    func numbers() throws(ServerError) -> [Double] {
        switch kind {
        case .integer: return integers.map(Double.init)
        case .double: return doubles
        case .decimal:
            let (texts, places) = dictionary.sorted()
            let values = texts.map { Double($0) ?? .nan }
            return codes.map { values[Int(places[Int($0)])] }
        case .text, nil:
            throw .invalidOption(
                "loss",
                "label '\(name)' is text; give loss='binary' or loss='multiclass'"
            )
        }
    }

    /// The distinct labels in class order (numbers by value, text by bytes), and the class of each
    /// row.
    func classes() throws(ServerError) -> (labels: Labels, codes: [Double]) {
        switch kind {
        case .integer:
            let distinct = Self.distinct(integers)
            return (.integer(distinct), Self.codes(of: integers, in: distinct))
        case .double:
            let distinct = Self.distinct(doubles)
            return (.double(distinct), Self.codes(of: doubles, in: distinct))
        case .decimal:
            let (texts, places) = dictionary.sorted()
            let order = texts.indices.sorted {
                (Double(texts[$0]) ?? .nan) < (Double(texts[$1]) ?? .nan)
            }
            var rank = [Int](repeating: 0, count: texts.count)
            for (place, index) in order.enumerated() { rank[index] = place }
            let codes = codes.map { Double(rank[Int(places[Int($0)])]) }
            return (.decimal(order.map { texts[$0] }), codes)
        case .text, nil:
            let (texts, places) = dictionary.sorted()
            return (.text(texts), codes.map { Double(places[Int($0)]) })
        }
    }

    /// Sorted and distinct.
    private static func distinct<Value: Hashable & Comparable>(_ values: [Value]) -> [Value] {
        var distinct: Set<Value> = []
        // Labels mostly stay the same for a while, or are one of two.
        var last: (Value?, Value?) = (nil, nil)
        for value in values where value != last.0 && value != last.1 {
            distinct.insert(value)
            last = (value, last.0)
        }
        return distinct.sorted()
    }

    /// The place of each value among the distinct ones.
    private static func codes<Value: Comparable>(of values: [Value], in distinct: [Value])
        -> [Double]
    {
        values.map { value in
            // Two or three steps for most labels: less than one hash.
            var (low, high) = (0, distinct.count)
            while low < high {
                let middle = (low + high) >> 1
                if distinct[middle] < value { low = middle + 1 } else { high = middle }
            }
            return Double(low)
        }
    }
}
