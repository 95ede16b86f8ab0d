import BorealBase

/// An order of a table's rows that is drawn by what the rows hold, so that it does not depend on
/// where they stand in the table.
struct RowOrder {
    /// Rows after which the cancellation flag is looked at.
    static let chunkRows = 65_536
    /// Rows that are sorted at once, about.
    private static let bucketRows = 4_096

    private let table: TrainingData
    private let cancellation: CancellationFlag
    /// `[rowCount]`
    private var keys: [UInt64]

    /// Draws the order.
    ///
    /// Rows go by a hash of their values, label and weight; equal rows by that and their number
    /// among their equals, so that they are spread too.
    /// - Returns: `[rowCount]`, the row numbers.
    /// - Throws: `cancelled`.
    static func drawn(
        for table: TrainingData,
        _ parameters: TrainingParameters,
        _ cancellation: CancellationFlag
    ) throws(TrainingError) -> [UInt32] {
        let stream = RandomNumbers(seed: parameters.seed, stream: RandomStream.order)
        var drawing = RowOrder(
            table: table,
            cancellation: cancellation,
            keys: [UInt64](repeating: stream.key, count: table.rowCount)
        )
        try drawing.hashRows()
        drawing.tellEqualsApart(try drawing.sorted())
        return try drawing.sorted()
    }

    /// Makes each row's key a hash of all it holds. Which label a row has changes where it stands,
    /// but not towards either end: a hash knows no order.
    private mutating func hashRows() throws(TrainingError) {
        for start in stride(from: 0, to: keys.count, by: Self.chunkRows) {
            if cancellation.isCancelled { throw .cancelled }
            let rows = start..<min(keys.count, start + Self.chunkRows)
            for column in table.columns { mix(column, rows) }
            for row in rows {
                mix(table.label[row].bitPattern, into: row)
                if let weights = table.weights { mix(UInt64(weights[row].bitPattern), into: row) }
            }
        }
    }

    /// Gives the second and further ones of equal rows keys of their own.
    ///
    /// - Parameter order: rows by key.
    private mutating func tellEqualsApart(_ order: [UInt32]) {
        var earlier: (key: UInt64, count: UInt64)?
        for row in order {
            let key = keys[Int(row)]
            let count = earlier.map { $0.key == key ? $0.count + 1 : 0 } ?? 0
            earlier = (key, count)
            if count > 0 { keys[Int(row)] = RandomNumbers.at(count, key: key) }
        }
    }

    // MARK: Hashes

    private mutating func mix(_ bits: UInt64, into row: Int) {
        keys[row] = RandomNumbers.at(1, key: keys[row] ^ bits)
    }

    /// Takes a column's values into the keys of some rows; all missing categories are the same one.
    private mutating func mix(_ column: FeatureColumn, _ rows: Range<Int>) {
        switch column {
        case .doubles(let values):
            for row in rows { mix(values[row].bitPattern, into: row) }
        case .floats(let values):
            for row in rows { mix(UInt64(values[row].bitPattern), into: row) }
        case .categories(let codes, _):
            for row in rows { mix(UInt64(truncatingIfNeeded: max(-1, codes[row])), into: row) }
        case .sparse(let numbers):
            // The zeros are the same for every row that is not listed.
            for row in rows { mix(0, into: row) }
            var index = numbers.rows.partitioningIndex { Int($0) >= rows.lowerBound }
            while index < numbers.rows.count, Int(numbers.rows[index]) < rows.upperBound {
                let value = numbers.values[index]
                if value != 0 { mix(value.bitPattern, into: Int(numbers.rows[index])) }
                index += 1
            }
        }
    }

    // MARK: Sorting

    /// Rows by key, equal ones by number: put into buckets by the keys' first bits, which are as
    /// good as drawn, and sorted bucket by bucket.
    private func sorted() throws(TrainingError) -> [UInt32] {
        let buckets = keys.count / Self.bucketRows
        let bits = max(1, Int.bitWidth - buckets.leadingZeroBitCount)
        var ends = [Int](repeating: 0, count: 1 << bits + 1)
        for key in keys { ends[Int(key >> UInt64(64 - bits)) + 1] += 1 }
        for bucket in 1..<ends.count { ends[bucket] += ends[bucket - 1] }
        var next = ends
        var order = [UInt32](repeating: 0, count: keys.count)
        for row in keys.indices {
            if row % Self.chunkRows == 0, cancellation.isCancelled { throw .cancelled }
            let bucket = Int(keys[row] >> UInt64(64 - bits))
            order[next[bucket]] = UInt32(truncatingIfNeeded: row)
            next[bucket] += 1
        }
        for bucket in 1..<ends.count {
            if cancellation.isCancelled { throw .cancelled }
            keys.withUnsafeBufferPointer { keys in
                order[ends[bucket - 1]..<ends[bucket]].sort { left, right in
                    let (a, b) = (keys[Int(left)], keys[Int(right)])
                    return a != b ? a < b : left < right
                }
            }
        }
        return order
    }
}
