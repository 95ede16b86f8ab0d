import BorealBase

/// Finds the bins of every column from a sample of the rows.
struct BinFinder {
    let data: TrainingData
    let parameters: TrainingParameters

    /// One mapper for each column.
    ///
    /// - Throws: `cancelled`.
    func mappers(
        pool: WorkerPool,
        cancellation: CancellationFlag
    ) throws(TrainingError) -> [BinMapper] {
        let sample = sampleRows()
        let marks = sampleMarks(sample)
        let sampleCount = sample?.count ?? data.rowCount
        let rules = BinRules(parameters, sampleCount: sampleCount, rowCount: data.rowCount)
        let count = data.columns.count
        let found = MapperSlots(count: count)
        pool.run(count) { column in
            if cancellation.isCancelled { return }
            found.slots[column] = mapper(
                of: data.columns[column],
                sample,
                marks,
                sampleCount,
                rules
            )
        }
        if cancellation.isCancelled { throw .cancelled }
        return found.slots.compactMap { $0 }
    }

    /// Rows to look at, ascending, one from each of `binSampleCount` equal stretches; nil for all.
    private func sampleRows() -> [Int]? {
        let count = data.rowCount
        let wanted = parameters.binSampleCount
        guard count > wanted else { return nil }
        var random = RandomNumbers(
            seed: parameters.dataSeed ?? parameters.seed,
            stream: RandomStream.binSample
        )
        let step = Double(count) / Double(wanted)
        var rows: [Int] = []
        for index in 0..<wanted {
            let row = Int((Double(index) + random.nextUnit()) * step)
            // Neighbouring stretches may meet in one row.
            rows.append(min(count - 1, max(row, rows.last.map { $0 + 1 } ?? 0)))
        }
        return rows
    }

    /// One bit a row: set for rows of the sample; empty when there are no sparse columns or when
    /// every row is in the sample.
    private func sampleMarks(_ sample: [Int]?) -> [UInt64] {
        let hasSparse = data.columns.contains { if case .sparse = $0 { true } else { false } }
        guard let sample, hasSparse else { return [] }
        var marks = [UInt64](repeating: 0, count: data.rowCount / 64 + 1)
        for row in sample { marks[row / 64] |= 1 << UInt64(row % 64) }
        return marks
    }

    private func sparseMapper(
        _ numbers: SparseNumbers,
        _ marks: [UInt64],
        _ sampleCount: Int,
        _ rules: BinRules
    ) -> BinMapper {
        var values: [Double] = []
        var (nanCount, zeroCount) = (0, sampleCount)
        for (row, value) in zip(numbers.rows, numbers.values) {
            let isSampled = marks.isEmpty || marks[Int(row / 64)] >> UInt64(row % 64) & 1 == 1
            guard isSampled, value != 0 else { continue }
            zeroCount -= 1
            if value.isNaN { nanCount += 1 } else { values.append(value) }
        }
        return values.withUnsafeMutableBufferPointer { buffer in
            var sorter = RadixSort()
            sorter.sort(buffer)
            return BinMapper(
                sorted: UnsafeBufferPointer(buffer),
                nanCount: nanCount,
                zeroCount: zeroCount,
                rules: rules
            )
        }
    }

    private func mapper(
        of column: FeatureColumn,
        _ sample: [Int]?,
        _ marks: [UInt64],
        _ sampleCount: Int,
        _ rules: BinRules
    ) -> BinMapper {
        switch column {
        case .doubles(let values):
            return numericMapper(sampleCount, rules) { values[sample?[$0] ?? $0] }
        case .floats(let values):
            return numericMapper(sampleCount, rules) { Double(values[sample?[$0] ?? $0]) }
        case .sparse(let numbers):
            return sparseMapper(numbers, marks, sampleCount, rules)
        case .categories(let codes, let count):
            var counts = [Int](repeating: 0, count: count)
            var missing = 0
            for index in 0..<sampleCount {
                let code = Int(codes[sample?[index] ?? index])
                if code >= 0 { counts[code] += 1 } else { missing += 1 }
            }
            return BinMapper(categoryCounts: counts, missingCount: missing, rules: rules)
        }
    }

    @inline(__always)
    private func numericMapper(
        _ sampleCount: Int,
        _ rules: BinRules,
        _ value: (Int) -> Double
    ) -> BinMapper {
        var values = [Double](repeating: 0, count: sampleCount)
        var kept = 0
        for index in 0..<sampleCount {
            let number = value(index)
            values[kept] = number
            kept += number.isNaN ? 0 : 1
        }
        return values.withUnsafeMutableBufferPointer { buffer in
            let present = UnsafeMutableBufferPointer(rebasing: buffer[..<kept])
            var sorter = RadixSort()
            sorter.sort(present)
            return BinMapper(
                sorted: UnsafeBufferPointer(present),
                nanCount: sampleCount - kept,
                rules: rules
            )
        }
    }
}

/// Where the workers put the mappers they find.
///
/// Sendable by hand: each worker writes the slot of its own column, and the pool's end of region
/// publishes them.
// Unchecked: see above.
private final class MapperSlots: @unchecked Sendable {
    let slots: UnsafeMutableBufferPointer<BinMapper?>

    init(count: Int) {
        slots = .allocate(capacity: count)
        slots.initialize(repeating: nil)
    }

    deinit {
        slots.deinitialize()
        slots.deallocate()
    }
}
