import BorealBoost

/// Splits by squared error; of targets 0 and 1 also by Gini's impurity.
///
/// Each feature's rows are summed code by code, then a scan from the left looks at every gap
/// between two codes. With targets that have the node's mean taken off, the error that a split
/// takes away is s^2 W / (w (W - w)), s and w being sums of the left side.
final class MeanSplitter: NodeSplitter {
    private let rules: SideRules
    /// What a unit of squared error counts: 2 for Gini's impurity.
    private let scale: Double
    /// `[capacity]`: what each row of the node adds, its weighted target and its weight.
    private let terms: AlignedBuffer<SIMD2<Double>>
    /// `[ColumnCodes.count]`: zero between searches.
    private let sums: AlignedBuffer<SIMD2<Double>>
    /// `[ColumnCodes.count]`: rows; zero between searches, and all the time under plain rules.
    private let counts: AlignedBuffer<UInt32>
    private let words: AlignedBuffer<UInt64>
    /// The rows of the tree, and of the node.
    private let rows: UnsafePointer<ForestEntry>
    private var entries: UnsafePointer<ForestEntry>
    private var count = 0
    private(set) var weight = 0.0
    private var mean = 0.0

    let leafWidth = 1

    /// - Parameters:
    ///   - capacity: rows of the largest node.
    ///   - isShare: targets are 0 and 1, and impurity is Gini's.
    init(_ rows: UnsafePointer<ForestEntry>, capacity: Int, rules: SideRules, isShare: Bool) {
        self.rules = rules
        scale = isShare ? 2 : 1
        terms = AlignedBuffer(count: capacity, isZeroed: false)
        sums = AlignedBuffer(count: ColumnCodes.count)
        counts = AlignedBuffer(count: ColumnCodes.count)
        words = AlignedBuffer(count: CodeSet.wordCount)
        self.rows = rows
        entries = rows
    }

    func begin(_ range: Range<Int>) -> Bool {
        entries = rows + range.lowerBound
        count = range.count
        let first = entries[0].target
        var (offset, total) = (0.0, 0.0)
        var differs = false
        for index in 0..<count {
            let entry = entries[index]
            let (difference, weight) = (entry.target - first, Double(entry.weight))
            offset += difference * weight
            total += weight
            differs = differs || difference != 0
        }
        weight = total
        // From the first target, so that a leaf of equal targets answers just that.
        mean = first + offset / total
        guard differs else { return false }
        let (mean, terms) = (mean, terms.pointer)
        for index in 0..<count {
            let weight = Double(entries[index].weight)
            terms[index] = SIMD2((entries[index].target - mean) * weight, weight)
        }
        return true
    }

    func search(
        _ codes: UnsafePointer<UInt16>,
        feature: Int,
        best: inout ForestSplit
    ) -> Bool {
        let (sums, entries, terms) = (sums.pointer, entries, terms.pointer)
        var set = CodeSet(words.pointer)
        if rules.isPlain {
            for index in 0..<count {
                let code = Int(codes[Int(entries[index].row)])
                sums[code] += terms[index]
                set.insert(code)
            }
        } else {
            let counts = counts.pointer
            for index in 0..<count {
                let code = Int(codes[Int(entries[index].row)])
                sums[code] += terms[index]
                counts[code] &+= 1
                set.insert(code)
            }
        }
        let first = Int(codes[Int(entries[0].row)])
        guard !set.hasOnly(first) else {
            _ = set.remove(first)
            sums[first] = SIMD2()
            counts.pointer[first] = 0
            return false
        }
        let hasMissing = set.remove(ColumnCodes.missing)
        if rules.isPlain && !hasMissing {
            scanPlain(&set, feature, &best)
        } else {
            scan(&set, feature, hasMissing, &best)
        }
        return true
    }

    /// Any side will do, and nothing is missing.
    @inline(__always)
    private func scanPlain(_ set: inout CodeSet, _ feature: Int, _ best: inout ForestSplit) {
        let (sums, weight) = (sums.pointer, weight)
        var left = SIMD2<Double>()
        var (previous, low, high) = (-1, -1, -1)
        var score = best.score
        set.drain { code in
            if previous >= 0 {
                let gain = left.x * left.x / (left.y * (weight - left.y))
                // Weights that vanish beside others leave nothing to divide by.
                if gain > score && gain < .infinity { (score, low, high) = (gain, previous, code) }
            }
            left += sums[code]
            sums[code] = SIMD2()
            previous = code
        }
        guard low >= 0 else { return }
        best = ForestSplit(score: score, feature: feature, low: low, high: high)
    }

    private func scan(
        _ set: inout CodeSet,
        _ feature: Int,
        _ hasMissing: Bool,
        _ best: inout ForestSplit
    ) {
        let (sums, counts) = (sums.pointer, counts.pointer)
        let missing = (sum: sums[ColumnCodes.missing], rows: counts[ColumnCodes.missing])
        sums[ColumnCodes.missing] = SIMD2()
        counts[ColumnCodes.missing] = 0
        var (left, rows) = (SIMD2<Double>(), UInt32(0))
        var previous = -1
        var found = best
        func consider(_ part: SIMD2<Double>, _ rows: UInt32, _ code: Int, missingLeft: Bool) {
            let right = weight - part.y
            guard Int(rows) >= self.rules.rows, count - Int(rows) >= self.rules.rows,
                part.y >= self.rules.weight, right >= self.rules.weight
            else { return }
            let gain = part.x * part.x / (part.y * right)
            guard gain > found.score, gain < .infinity else { return }
            found = ForestSplit(
                score: gain,
                feature: feature,
                low: previous,
                high: code,
                missingGoesLeft: missingLeft,
                hasMissing: hasMissing
            )
        }
        let isPlain = rules.isPlain
        set.drain { code in
            if previous >= 0 {
                // Plain rules count no rows: any number that both sides have will do.
                consider(left, isPlain ? 1 : rows, code, missingLeft: false)
                if hasMissing {
                    let all = isPlain ? 1 : rows &+ missing.rows
                    consider(left + missing.sum, all, code, missingLeft: true)
                }
            }
            left += sums[code]
            rows &+= counts[code]
            sums[code] = SIMD2()
            counts[code] = 0
            previous = code
        }
        if hasMissing && previous >= 0 {
            consider(left, isPlain ? 1 : rows, previous, missingLeft: false)
        }
        best = found
    }

    func decrease(_ score: Double) -> Double { score * weight * scale }

    func appendLeaf(to values: inout [Double]) { values.append(mean) }
}
