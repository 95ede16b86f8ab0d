import BorealBase

/// Reads LibSVM's text form: `label [qid:n] index:value ...` a line, `#` begins a comment.
///
/// The table has columns `label`, `f0`, `f1`, ... up to the greatest index of the file; cells that
/// a line does not name are 0. Columns with few cells stay sparse. When every line has a `qid`,
/// these are the last column, `group`.
struct SparseText {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var labels: [Double] = []
    /// The query numbers of the lines that have one.
    private var queries: [Double] = []
    /// `[cellCount]`, in the order of the file.
    private var rows: [Int32] = []
    private var indexes: [Int32] = []
    private var values: [Double] = []
    private var greatest = -1

    /// Cells of the columns that are not sparse, at most: 4 GiB of doubles.
    private static let cellsMax = 1 << 29
    /// A column with cells in a smaller share of the rows is sparse.
    private static let sparseShare = 0.3

    /// - Parameter features: names of columns that the table has at least.
    /// - Throws: `DataFileError.badSparseLine`, `.tooManyColumns`, `.tooManyCells`.
    static func read(
        _ bytes: UnsafeRawBufferPointer,
        features: [String] = []
    ) throws(DataFileError) -> RowBatch {
        var reader = SparseText(bytes: bytes)
        for name in features where name.hasPrefix("f") {
            guard let index = Int(name.dropFirst()), index < Limits.modelFeaturesMax else {
                continue
            }
            reader.greatest = max(reader.greatest, index)
        }
        while reader.position < bytes.count { try reader.readLine() }
        return try reader.batch()
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private mutating func readLine() throws(DataFileError) {
        var isFirst = true
        while let word = nextWord() {
            if isFirst {
                guard let label = CellDecimal.double(word) else {
                    throw .badSparseLine(row: labels.count + 1)
                }
                labels.append(label)
                isFirst = false
            } else {
                try readCell(word)
            }
        }
    }

    /// The row whose label was read last has a cell that is none.
    private var broken: DataFileError { .badSparseLine(row: labels.count) }

    /// The next word of the line; nil at its end, which is then behind us.
    private mutating func nextWord() -> UnsafeRawBufferPointer? {
        // CR and every other control character but the line feed part words as blanks do.
        while position < bytes.count, bytes[position] <= 0x20, bytes[position] != 0x0A {
            position += 1
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: "#") {
            while position < bytes.count, bytes[position] != 0x0A { position += 1 }
        }
        let start = position
        while position < bytes.count, bytes[position] > 0x20 { position += 1 }
        if position > start { return UnsafeRawBufferPointer(rebasing: bytes[start..<position]) }
        if position < bytes.count { position += 1 }
        return nil
    }

    private mutating func readCell(_ word: UnsafeRawBufferPointer) throws(DataFileError) {
        guard let colon = word.firstIndex(of: UInt8(ascii: ":")) else { throw broken }
        let name = UnsafeRawBufferPointer(rebasing: word[..<colon])
        let cell = UnsafeRawBufferPointer(rebasing: word[(colon + 1)...])
        if name.elementsEqual("qid".utf8) {
            guard let query = CellDecimal.double(cell), queries.count < labels.count else {
                throw broken
            }
            queries.append(query)
            return
        }
        guard let index = Int32(String(decoding: name, as: UTF8.self)), index >= 0,
            let value = CellDecimal.double(cell)
        else { throw broken }
        guard index < Limits.modelFeaturesMax else { throw .tooManyColumns }
        rows.append(Int32(labels.count - 1))
        indexes.append(index)
        values.append(value)
        greatest = max(greatest, Int(index))
    }

    private func batch() throws(DataFileError) -> RowBatch {
        let validity = Validity(allValid: labels.count)
        let label = Self.column("label", labels, validity)
        let features = try features(validity)
        let hasGroups = !labels.isEmpty && queries.count == labels.count
        let groups = hasGroups ? [Self.column(DataFile.groupColumn, queries, validity)] : []
        return RowBatch(columns: [label] + features + groups, rowCount: labels.count)
    }

    /// The cells column by column; of a cell that a line names twice, the last.
    private func features(_ validity: Validity) throws(DataFileError) -> [Column] {
        var counts = [Int](repeating: 0, count: greatest + 1)
        for index in indexes { counts[Int(index)] += 1 }
        let limit = Int(Double(labels.count) * Self.sparseShare)
        let dense = counts.count { $0 > limit }
        let (cells, overflow) = dense.multipliedReportingOverflow(by: labels.count)
        guard !overflow, cells <= Self.cellsMax else { throw .tooManyCells(limit: Self.cellsMax) }
        var starts = [0]
        for count in counts { starts.append(starts[starts.count - 1] + count) }
        var next = starts
        var order = [Int](repeating: 0, count: values.count)
        for cell in values.indices {
            let index = Int(indexes[cell])
            order[next[index]] = cell
            next[index] += 1
        }
        return counts.indices.map { index in
            let own = order[starts[index]..<starts[index + 1]]
            guard counts[index] <= limit else {
                var column = [Double](repeating: 0, count: labels.count)
                for cell in own { column[Int(rows[cell])] = values[cell] }
                return Self.column("f\(index)", column, validity)
            }
            var (kept, numbers): ([UInt32], [Double]) = ([], [])
            for cell in own {
                let row = UInt32(rows[cell])
                if kept.last == row {
                    numbers[numbers.count - 1] = values[cell]
                } else {
                    kept.append(row)
                    numbers.append(values[cell])
                }
            }
            let sparse = SparseNumbers(rows: kept, values: numbers, count: labels.count)
            return Column(
                name: "f\(index)",
                type: Self.isWhole(numbers) ? .longLong : .double,
                storage: .sparse(sparse),
                validity: validity
            )
        }
    }

    /// Whole numbers become integers, so that class labels print as they stand in the file.
    private static func column(_ name: String, _ values: [Double], _ validity: Validity) -> Column {
        let isWhole = isWhole(values)
        return Column(
            name: name,
            type: isWhole ? .longLong : .double,
            storage: isWhole ? .int64(values.map { Int64($0) }) : .double(values),
            validity: validity
        )
    }

    private static func isWhole(_ values: [Double]) -> Bool {
        values.allSatisfy { $0.rounded() == $0 && $0.magnitude < 9e15 }
    }
}
