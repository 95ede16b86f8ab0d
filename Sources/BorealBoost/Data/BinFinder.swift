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
        let sampleCount = sample?.count ?? data.rowCount
        let rules = BinRules(parameters, sampleCount: sampleCount, rowCount: data.rowCount)
        let count = data.columns.count
        let found = MapperSlots(count: count)
        pool.run(count) { column in
            if cancellation.isCancelled { return }
            found.slots[column] = mapper(of: data.columns[column], sample, sampleCount, rules)
        }
        if cancellation.isCancelled { throw .cancelled }
        return found.slots.compactMap { $0 }
    }

    /// Rows to look at, ascending, one from each of `binSampleCount` equal stretches; nil for all.
    private func sampleRows() -> [Int]? {
        let count = data.rowCount
        let wanted = parameters.binSampleCount
        guard count > wanted else { return nil }
        var random = RandomNumbers(seed: parameters.seed, stream: RandomStream.binSample)
        let step = Double(count) / Double(wanted)
        return (0..<wanted).map { index in
            min(count - 1, Int((Double(index) + random.nextUnit()) * step))
        }
    }

    private func mapper(
        of column: FeatureColumn,
        _ sample: [Int]?,
        _ sampleCount: Int,
        _ rules: BinRules
    ) -> BinMapper {
        switch column {
        case .doubles(let values):
            return numericMapper(sampleCount, rules) { values[sample?[$0] ?? $0] }
        case .floats(let values):
            return numericMapper(sampleCount, rules) { Double(values[sample?[$0] ?? $0]) }
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
