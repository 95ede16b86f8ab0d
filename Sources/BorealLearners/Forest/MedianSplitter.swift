import BorealBoost

/// Splits by absolute error: what the rows of a side are off their median.
///
/// The rows of a tree are in the order of their targets from the root on, and splits keep it, so a
/// row's place in its node is its rank. Rows join the left side code by code; two trees of partial
/// sums (Fenwick 1994), one of the whole node and one of the left side, then find the medians of
/// both sides in as many steps as the node's size has bits.
final class MedianSplitter: NodeSplitter {
    private let rules: SideRules
    private let chains: CodeChains
    /// `[capacity + 1]`: partial sums of weights and weighted targets, of the node and of the left
    /// side.
    private let whole: AlignedBuffer<SIMD2<Double>>
    private let side: AlignedBuffer<SIMD2<Double>>
    /// The rows of the tree, and of the node.
    private let rows: UnsafePointer<ForestEntry>
    private var entries: UnsafePointer<ForestEntry>
    private var count = 0
    /// The greatest power of two within `count`.
    private var top = 1
    /// Weight and weighted targets of the node.
    private var total = SIMD2<Double>()
    /// What the node's rows are off its median.
    private var loss = 0.0

    let leafWidth = 1
    var weight: Double { total.x }

    /// - Parameter capacity: rows of the largest node.
    init(_ rows: UnsafePointer<ForestEntry>, capacity: Int, rules: SideRules) {
        self.rules = rules
        chains = CodeChains(capacity: capacity)
        whole = AlignedBuffer(count: capacity + 1)
        side = AlignedBuffer(count: capacity + 1)
        self.rows = rows
        entries = rows
    }

    func begin(_ range: Range<Int>) -> Bool {
        entries = rows + range.lowerBound
        count = range.count
        total = SIMD2()
        let whole = whole.pointer
        for index in 0..<count {
            let weight = Double(entries[index].weight)
            let term = SIMD2(weight, weight * entries[index].target)
            whole[index + 1] = term
            total += term
        }
        guard entries[0].target != entries[count - 1].target else { return false }
        for index in 1...count {
            let parent = index + (index & -index)
            if parent <= count { whole[parent] += whole[index] }
        }
        top = 1
        while top * 2 <= count { top *= 2 }
        loss = loss(of: total, isRight: false, zero: true)
        return true
    }

    /// What the rows of a side are off their median.
    ///
    /// - Parameters:
    ///   - sums: weight and weighted targets of the side.
    ///   - isRight: the side is the node without the left side.
    ///   - zero: the left side is empty, and the side is the node.
    @inline(__always)
    private func loss(of sums: SIMD2<Double>, isRight: Bool, zero: Bool = false) -> Double {
        let (whole, side) = (whole.pointer, side.pointer)
        let half = sums.x * 0.5
        var place = 0
        var below = SIMD2<Double>()
        var step = top
        while step > 0 {
            let next = place &+ step
            if next <= count {
                let part = zero ? whole[next] : isRight ? whole[next] - side[next] : side[next]
                let sum = below + part
                if sum.x < half {
                    place = next
                    below = sum
                }
            }
            step &>>= 1
        }
        let median = entries[min(place, count &- 1)].target
        let above = sums - below
        return median * below.x - below.y + above.y - median * above.x
    }

    func search(
        _ codes: UnsafePointer<UInt16>,
        feature: Int,
        best: inout ForestSplit
    ) -> Bool {
        var set = chains.fill(entries, count: count, codes)
        let first = Int(codes[Int(entries[0].row)])
        guard !set.hasOnly(first) else {
            _ = set.remove(first)
            return false
        }
        let hasMissing = set.remove(ColumnCodes.missing)
        guard hasMissing else {
            scan(set, feature, missingGoesLeft: false, hasMissing: false, &best)
            return true
        }
        // Once with missing values on the right, and once more with them on the left.
        let copy = withUnsafeTemporaryAllocation(of: UInt64.self, capacity: CodeSet.wordCount) {
            words in
            for word in 0..<CodeSet.wordCount { words[word] = set.words[word] }
            scan(set, feature, missingGoesLeft: false, hasMissing: true, &best)
            for word in 0..<CodeSet.wordCount { set.words[word] = words[word] }
            return set
        }
        scan(copy, feature, missingGoesLeft: true, hasMissing: true, &best)
        return true
    }

    private func scan(
        _ given: CodeSet,
        _ feature: Int,
        missingGoesLeft: Bool,
        hasMissing: Bool,
        _ best: inout ForestSplit
    ) {
        var set = given
        let side = side.pointer
        side.update(repeating: SIMD2(), count: count + 1)
        var left = SIMD2<Double>()
        var rows = 0
        func take(_ code: Int) {
            chains.forEach(code) { position in
                let weight = Double(entries[position].weight)
                let term = SIMD2(weight, weight * entries[position].target)
                left += term
                rows &+= 1
                var index = position &+ 1
                while index <= count {
                    side[index] += term
                    index &+= index & (0 &- index)
                }
            }
        }
        if missingGoesLeft { take(ColumnCodes.missing) }
        var previous = -1
        var found = best
        func consider(_ code: Int) {
            let right = total - left
            guard rows >= rules.rows, count - rows >= rules.rows, left.x >= rules.weight,
                right.x >= rules.weight
            else { return }
            let score = -loss(of: left, isRight: false) - loss(of: right, isRight: true)
            guard score > found.score else { return }
            found = ForestSplit(
                score: score,
                feature: feature,
                low: previous,
                high: code,
                missingGoesLeft: missingGoesLeft,
                hasMissing: hasMissing
            )
        }
        set.drain { code in
            if previous >= 0 { consider(code) }
            take(code)
            previous = code
        }
        if hasMissing && !missingGoesLeft && previous >= 0 { consider(previous) }
        best = found
    }

    func decrease(_ score: Double) -> Double { max(0, loss + score) }

    /// The weighted median; between two targets when the weights on both sides are the same.
    func appendLeaf(to values: inout [Double]) {
        let half = total.x * 0.5
        var sum = 0.0
        for index in 0..<count {
            sum += Double(entries[index].weight)
            if sum > half {
                values.append(entries[index].target)
                return
            }
            if sum == half && index + 1 < count {
                values.append((entries[index].target + entries[index + 1].target) * 0.5)
                return
            }
        }
        values.append(entries[count - 1].target)
    }
}
