extension BinMapper {
    /// Finds the bins of a numeric feature.
    ///
    /// - Parameters:
    ///   - sorted: the sampled values without NaN, ascending.
    ///   - nanCount: sampled values that were NaN.
    ///   - zeroCount: sampled values that were zero and are not in `sorted`.
    init(
        sorted: UnsafeBufferPointer<Double>,
        nanCount: Int,
        zeroCount: Int = 0,
        rules: BinRules
    ) {
        var missing = Tree.Missing.none
        if rules.usesMissing {
            missing = rules.zeroIsMissing ? .zero : (nanCount > 0 ? .nan : .none)
        }
        let values = DistinctValues(sorted: sorted).adding(zeros: zeroCount)
        // Without a bin of their own NaN are zeros, in the sample as in the rows.
        let valueCount = sorted.count + zeroCount + (missing == .nan ? 0 : nanCount)
        let maxBin = missing == .nan ? max(1, rules.maxBin - 1) : rules.maxBin
        let distinct = missing == .nan ? values : values.adding(zeros: nanCount)
        var bounds = Self.bounds(
            distinct,
            maxBin: maxBin,
            total: valueCount,
            minDataInBin: rules.minDataInBin
        )
        if missing == .zero && bounds.count == 2 { missing = .none }
        if missing == .nan { bounds.append(.nan) }
        self.init(
            kind: .numeric(upperBounds: bounds),
            binCount: bounds.count,
            missing: missing,
            isTrivial: bounds.count <= 1
        )
        zeroBin = bin(of: 0)
        guard !isTrivial else { return }
        let counts = Self.counts(distinct, bounds, nanCount: missing == .nan ? nanCount : 0)
        noteCommonBin(counts)
        if let filterCount = rules.filterCount {
            isTrivial = Self.cannotSplit(counts, filterCount: filterCount)
        }
    }

    /// LightGBM's `FindBinWithZeroAsOneBin`: zero has a bin of its own, and each side of it gets
    /// bins by its share of the rows.
    static func bounds(
        _ values: DistinctValues,
        maxBin: Int,
        total: Int,
        minDataInBin: Int
    ) -> [Double] {
        let zero = Tree.zeroThreshold
        let count = values.values.count
        let leftEnd = values.values.firstIndex { $0 > -zero } ?? count
        let rightStart = values.values[leftEnd...].firstIndex { $0 > zero } ?? count
        let leftRows = values.counts[..<leftEnd].reduce(0, +)
        let rightRows = values.counts[rightStart...].reduce(0, +)
        var bounds: [Double] = []
        if leftEnd > 0 && maxBin > 1 {
            let share = Double(leftRows) / Double(leftRows + rightRows)
            bounds = greedyBounds(
                values.slice(0..<leftEnd),
                maxBin: max(1, Int(share * Double(maxBin - 1))),
                total: leftRows,
                minDataInBin: minDataInBin
            )
            bounds[bounds.count - 1] = -zero
        }
        let rightBins = maxBin - 1 - bounds.count
        guard rightStart < count, rightBins > 0 else { return bounds + [.infinity] }
        let right = greedyBounds(
            values.slice(rightStart..<count),
            maxBin: rightBins,
            total: rightRows,
            minDataInBin: minDataInBin
        )
        return bounds + [zero] + right
    }

    /// LightGBM's `GreedyFindBin`. The last bound is infinity.
    static func greedyBounds(
        _ values: DistinctValues,
        maxBin: Int,
        total: Int,
        minDataInBin: Int
    ) -> [Double] {
        if values.values.count <= maxBin {
            return boundsOfFewValues(values, minDataInBin: minDataInBin)
        }
        return boundsOfManyValues(
            values,
            maxBin: max(1, min(maxBin, total / max(1, minDataInBin))),
            total: total
        )
    }

    /// One bin for each value, unless a value has too few rows.
    private static func boundsOfFewValues(_ values: DistinctValues, minDataInBin: Int) -> [Double] {
        var bounds: [Double] = []
        var rows = 0
        for index in 0..<(values.values.count - 1) {
            rows += values.counts[index]
            guard rows >= minDataInBin else { continue }
            append(middle(values.values[index], values.values[index + 1]), to: &bounds) { rows = 0 }
        }
        return bounds + [.infinity]
    }

    /// Bins of about equal size; a value that fills a bin gets one for itself.
    private static func boundsOfManyValues(
        _ values: DistinctValues,
        maxBin: Int,
        total: Int
    ) -> [Double] {
        let count = values.values.count
        var mean = Double(total) / Double(maxBin)
        let isBig = values.counts.map { Double($0) >= mean }
        var restBins = maxBin
        var restRows = total
        for index in 0..<count where isBig[index] {
            restBins -= 1
            restRows -= values.counts[index]
        }
        mean = Double(restRows) / Double(restBins)
        var cuts: [Int] = []
        var rows = 0
        for index in 0..<(count - 1) where cuts.count < maxBin - 1 {
            if !isBig[index] { restRows -= values.counts[index] }
            rows += values.counts[index]
            let isFull = isBig[index] || Double(rows) >= mean
            guard isFull || (isBig[index + 1] && Double(rows) >= max(1, mean * 0.5)) else {
                continue
            }
            cuts.append(index)
            rows = 0
            if !isBig[index] {
                restBins -= 1
                mean = Double(restRows) / Double(restBins)
            }
        }
        var bounds: [Double] = []
        for index in cuts {
            append(middle(values.values[index], values.values[index + 1]), to: &bounds) {}
        }
        return bounds + [.infinity]
    }

    /// The next double above the middle of two neighbours. Infinity has a bin of its own, behind
    /// the greatest threshold that is written; LightGBM keeps it with the greatest number.
    private static func middle(_ low: Double, _ high: Double) -> Double {
        high == .infinity ? max(low, 1e300).nextUp : ((low + high) / 2).nextUp
    }

    private static func append(_ bound: Double, to bounds: inout [Double], _ added: () -> Void) {
        if let last = bounds.last, bound <= last.nextUp { return }
        bounds.append(bound)
        added()
    }

    private static func counts(
        _ values: DistinctValues,
        _ bounds: [Double],
        nanCount: Int
    ) -> [Int] {
        var counts = [Int](repeating: 0, count: bounds.count)
        var bin = 0
        for (value, count) in zip(values.values, values.counts) {
            while bin < bounds.count - 1 && value > bounds[bin] { bin += 1 }
            counts[bin] += count
        }
        if nanCount > 0 { counts[bounds.count - 1] = nanCount }
        return counts
    }

    private static func cannotSplit(_ counts: [Int], filterCount: Int) -> Bool {
        let total = counts.reduce(0, +)
        var left = 0
        for count in counts.dropLast() {
            left += count
            if left >= filterCount && total - left >= filterCount { return false }
        }
        return true
    }
}

/// Sorted values without repetition, and how often each occurs.
struct DistinctValues: Equatable, Sendable {
    var values: [Double] = []
    var counts: [Int] = []

    /// Values that differ by at most one unit in the last place are one value, the larger.
    init(sorted: UnsafeBufferPointer<Double>) {
        guard let first = sorted.first else { return }
        var previous = first
        values.append(first)
        counts.append(1)
        for value in sorted.dropFirst() {
            if value <= previous.nextUp {
                values[values.count - 1] = value
                counts[counts.count - 1] += 1
            } else {
                values.append(value)
                counts.append(1)
            }
            previous = value
        }
    }

    init(values: [Double], counts: [Int]) {
        self.values = values
        self.counts = counts
    }

    /// A part of the values.
    func slice(_ range: Range<Int>) -> DistinctValues {
        DistinctValues(values: Array(values[range]), counts: Array(counts[range]))
    }

    /// The same with more zeros.
    func adding(zeros: Int) -> DistinctValues {
        guard zeros > 0 else { return self }
        var result = self
        let index = values.firstIndex { $0 >= 0 } ?? values.count
        if index < values.count && values[index] == 0 {
            result.counts[index] += zeros
        } else {
            result.values.insert(0, at: index)
            result.counts.insert(zeros, at: index)
        }
        return result
    }
}
