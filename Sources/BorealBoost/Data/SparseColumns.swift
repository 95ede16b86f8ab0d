/// Columns of codes that are mostly 0, kept twice: by column for the partition, and by row, in
/// shares of the columns, for histograms.
final class SparseColumns: Sendable {
    /// `[columnCount + 1]`: where each column begins in `rows` and `codes`.
    let starts: AlignedBuffer<Int>
    /// Rows with a code other than 0, ascending within a column.
    let rows: AlignedBuffer<UInt32>
    /// Beside each row, its code.
    let codes: AlignedBuffer<UInt8>
    /// The same by row: what one piece of a parallel region adds to histograms.
    let shares: [SparseRows]

    /// - Parameters:
    ///   - plan: with rare bins for each sparse column.
    ///   - pool: its threads are the number of shares.
    init(_ plan: FeatureBundler.Plan, rowCount: Int, pool: WorkerPool) {
        let columns = plan.layout.stored.filter { $0.form == .sparse }
        let lists = columns.map { plan.rareBins[$0.features[0]] ?? RareBins() }
        let starts = AlignedBuffer<Int>(count: columns.count + 1)
        for (position, list) in lists.enumerated() {
            starts.pointer[position + 1] = starts.pointer[position] + list.rows.count
        }
        let total = starts.pointer[columns.count]
        let rows = AlignedBuffer<UInt32>(count: total, isZeroed: false)
        let codes = AlignedBuffer<UInt8>(count: total, isZeroed: false)
        let (startsAt, rowsAt, codesAt) = (starts.pointer, rows.pointer, codes.pointer)
        pool.run(columns.count) { position in
            let feature = plan.layout.features[columns[position].features[0]]
            let list = lists[position]
            let start = startsAt[position]
            for index in list.rows.indices {
                rowsAt[start + index] = list.rows[index]
                let code = feature.code(ofBin: Int(list.bins[index]))
                codesAt[start + index] = UInt8(truncatingIfNeeded: code)
            }
        }
        let offsets = columns.map(\.histogramOffset)
        shares = Self.ranges(starts, columns.count, pieces: pool.threadCount).map { range in
            SparseRows(range, starts, rows, codes, offsets: offsets, rowCount: rowCount)
        }
        self.starts = starts
        self.rows = rows
        self.codes = codes
    }

    /// Ranges of columns with about equally many codes, none with more than 2^31.
    private static func ranges(
        _ starts: AlignedBuffer<Int>,
        _ count: Int,
        pieces: Int
    ) -> [Range<Int>] {
        let most = min(1 << 31, max(1, (starts.pointer[count] + pieces - 1) / pieces))
        var ranges: [Range<Int>] = []
        var first = 0
        for column in 0..<count {
            let size = starts.pointer[column + 1] - starts.pointer[first]
            if size >= most || column == count - 1 {
                ranges.append(first..<column + 1)
                first = column + 1
            }
        }
        return ranges
    }

    /// The codes of a column: a row's, or 0.
    func code(_ column: Int, row: UInt32) -> UInt8 {
        var (low, high) = (starts.pointer[column], starts.pointer[column + 1])
        let end = high
        while low < high {
            let middle = (low &+ high) / 2
            if rows.pointer[middle] < row { low = middle &+ 1 } else { high = middle }
        }
        return low < end && rows.pointer[low] == row ? codes.pointer[low] : 0
    }
}

/// Some sparse columns by row: which slots of a histogram each row adds to.
final class SparseRows: Sendable {
    /// Positions of the sparse columns.
    let columns: Range<Int>
    /// `[rowCount + 1]`: where each row begins in `slots`.
    let starts: AlignedBuffer<UInt32>
    /// Slots of a histogram, ascending within a row.
    let slots: AlignedBuffer<UInt32>

    fileprivate init(
        _ columns: Range<Int>,
        _ columnStarts: AlignedBuffer<Int>,
        _ rows: AlignedBuffer<UInt32>,
        _ codes: AlignedBuffer<UInt8>,
        offsets: [Int],
        rowCount: Int
    ) {
        self.columns = columns
        let first = columnStarts.pointer[columns.lowerBound]
        let end = columnStarts.pointer[columns.upperBound]
        starts = AlignedBuffer(count: rowCount + 2)
        slots = AlignedBuffer(count: end - first, isZeroed: false)
        // Counted two places ahead: after the sums a row's end stands where its start belongs, and
        // filling moves each to its place.
        let next = starts.pointer + 1
        for index in first..<end { next[Int(rows.pointer[index]) + 1] += 1 }
        for row in 0..<rowCount { next[row + 1] &+= next[row] }
        for column in columns {
            let offset = offsets[column]
            for index in columnStarts.pointer[column]..<columnStarts.pointer[column + 1] {
                let row = Int(rows.pointer[index])
                let slot = offset + Int(codes.pointer[index]) - 1
                slots.pointer[Int(next[row])] = UInt32(truncatingIfNeeded: slot)
                next[row] += 1
            }
        }
    }
}
