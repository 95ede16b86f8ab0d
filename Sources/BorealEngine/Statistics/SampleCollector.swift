import BorealBase
import BorealGraph
import BorealStatistics

/// The rows of a sample, or of two samples one after the other, column by column.
struct Sample {
    /// One for each of the request's columns.
    let columns: [SampleColumn]
    /// Events and others, or the two samples.
    let groups: TwoGroups
    /// The label as numbers, where correlations ask for one.
    let label: SampleColumn?
    let rowCount: Int
}

/// Reads rows into a sample and keeps count of the memory that they take.
struct SampleCollector {
    private let request: StatisticRequest
    private var columns: [StatisticColumnReader]
    /// The events of an information value.
    private var events: LabelCollector?
    /// Positions in a batch; found at the first batch of each query.
    private var positions: [Int] = []
    /// Rows of the first sample; nil while it is read.
    private var firstCount: Int?
    private let bytesMax: Int
    /// Rows so far, of both samples.
    private(set) var rowCount = 0

    /// - Parameter bytesMax: memory that the sample may take.
    init(_ request: StatisticRequest, bytesMax: Int) {
        self.request = request
        self.bytesMax = bytesMax
        columns = request.columns.map { name in
            StatisticColumnReader(
                name: name,
                form: request.kind.needsNumbers
                    ? .numbers
                    : request.categorical.contains(name.asciiLowercased) ? .texts : .byType
            )
        }
        guard let label = request.label else { return }
        if request.kind == .iv {
            events = LabelCollector(name: label)
        } else {
            columns.append(StatisticColumnReader(name: label, form: .numbers))
        }
    }

    /// Adds the rows of a batch.
    ///
    /// - Throws: `badRowValue`, `unknownColumn`; `memoryLimit` before it takes too much.
    mutating func append(_ batch: RowBatch) throws(ServerError) {
        if positions.isEmpty { positions = try places(batch) }
        let firstRow = rowCount - (firstCount ?? 0)
        for index in columns.indices {
            try columns[index].append(batch.columns[positions[index]], firstRow: firstRow)
        }
        if events != nil, let place = positions.last {
            try events?.append(batch.columns[place], firstRow: firstRow)
        }
        rowCount += batch.rowCount
        try checkMemory()
    }

    private func places(_ batch: RowBatch) throws(ServerError) -> [Int] {
        let known = batch.places
        var found: [Int] = []
        for name in request.readColumns {
            guard let place = known[name.asciiLowercased] else {
                throw .unknownColumn(name, in: name == request.label ? "y_cols" : "x_cols")
            }
            found.append(place)
        }
        return found
    }

    /// What was read is held once more, sorted or scaled, while the statistic is computed.
    private func checkMemory() throws(ServerError) {
        let bytes = columns.reduce(rowCount * 9) { $0 + $1.bytes } * 2
        if bytes > bytesMax { throw .sampleTooLarge(limit: bytesMax) }
    }

    /// The first sample is over: the rows to come are of the second one.
    mutating func beginSecond() {
        firstCount = rowCount
        positions = []
    }

    /// Ends the collection.
    ///
    /// - Throws: `badRowValue` without rows, `invalidOption` for other than two labels.
    mutating func finish() throws(ServerError) -> Sample {
        guard rowCount > 0 else {
            throw ServerError(.badRowValue, "The query returned no rows; there is nothing to say")
        }
        let groups: TwoGroups
        if let events {
            let classes = try events.classes()
            guard classes.labels.count == 2 else {
                let count = classes.labels.count
                throw .invalidOption(
                    "y_cols",
                    "label '\(events.name)' has \(count) values; an information value needs two"
                )
            }
            groups = TwoGroups(isSecond: classes.codes.map { $0 == 1 })
        } else {
            let first = firstCount ?? rowCount
            groups = TwoGroups(firstCount: first, secondCount: rowCount - first)
        }
        var read: [SampleColumn] = []
        for index in columns.indices { read.append(try columns[index].finish()) }
        let label = read.count > request.columns.count ? read.removeLast() : nil
        return Sample(columns: read, groups: groups, label: label, rowCount: rowCount)
    }
}

/// One column while a sample is read.
struct StatisticColumnReader {
    /// What becomes of its cells.
    enum Form {
        /// Numbers; anything else is an error.
        case numbers
        /// Categories by their text.
        case texts
        /// As its type says: text is a category.
        case byType
    }

    let name: String
    private let form: Form
    private var numbers: [Double] = []
    private var codes: [Int32] = []
    private var dictionary = DistinctTexts()
    /// Settled by the first batch.
    private var isText: Bool?

    init(name: String, form: Form) {
        self.name = name
        self.form = form
    }

    /// Bytes held.
    var bytes: Int { numbers.count * 8 + codes.count * 4 + dictionary.bytes }

    mutating func append(_ column: Column, firstRow: Int) throws(ServerError) {
        let asText = isText ?? becomesText(column)
        isText = asText
        for row in 0..<column.count {
            if column.isNull(row) {
                if asText { codes.append(-1) } else { numbers.append(.nan) }
            } else if asText {
                var text = NumberCell.text(column, row)
                codes.append(text.withUTF8 { dictionary.code(of: UnsafeRawBufferPointer($0)) })
            } else {
                numbers.append(try number(column, row, firstRow))
            }
        }
        guard dictionary.count <= Limits.statisticCategoriesMax else {
            throw .invalidOption(
                "x_cols",
                "column '\(name)' has more than \(Limits.statisticCategoriesMax) categories"
            )
        }
    }

    private func number(
        _ column: Column,
        _ row: Int,
        _ firstRow: Int
    ) throws(ServerError) -> Double {
        guard let number = NumberCell.number(column, row) else {
            throw .badRowValue(
                row: firstRow + row + 1,
                column: name,
                "'\(NumberCell.text(column, row).prefix(64))' is no number"
            )
        }
        return number
    }

    private func becomesText(_ column: Column) -> Bool {
        switch form {
        case .numbers: return false
        case .texts: return true
        case .byType: return FeatureCollector.isTextual(column)
        }
    }

    /// The column; categories in the order of their bytes.
    mutating func finish() throws(ServerError) -> SampleColumn {
        guard isText == true else { return .numbers(numbers) }
        let (texts, places) = dictionary.sorted()
        for row in codes.indices where codes[row] >= 0 { codes[row] = places[Int(codes[row])] }
        return .categories(codes, names: texts)
    }
}
