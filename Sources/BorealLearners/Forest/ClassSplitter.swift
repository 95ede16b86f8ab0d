import BorealBoost

/// Splits by the impurity of several classes: Gini's, or their entropy.
///
/// Rows change sides code by code; sums of squares of the classes' weights follow each row, so that
/// a row costs the same however many classes there are. Entropies are summed anew at each
/// candidate.
final class ClassSplitter: NodeSplitter {
    private let rules: SideRules
    private let classCount: Int
    private let isEntropy: Bool
    private let chains: CodeChains
    /// `[classCount]`: weights of the node, of the left side and of the right.
    private let whole: AlignedBuffer<Double>
    private let left: AlignedBuffer<Double>
    private let right: AlignedBuffer<Double>
    /// The rows of the tree, and of the node.
    private let rows: UnsafePointer<ForestEntry>
    private var entries: UnsafePointer<ForestEntry>
    private var count = 0
    private(set) var weight = 0.0
    /// What the node itself scores.
    private var ownScore = 0.0

    let leafWidth: Int

    /// - Parameters:
    ///   - capacity: rows of the largest node.
    ///   - leafWidth: 1 for the share of the second of two classes, else one share a class.
    init(
        _ rows: UnsafePointer<ForestEntry>,
        capacity: Int,
        classCount: Int,
        rules: SideRules,
        isEntropy: Bool
    ) {
        self.rules = rules
        self.classCount = classCount
        self.isEntropy = isEntropy
        leafWidth = classCount == 2 ? 1 : classCount
        chains = CodeChains(capacity: capacity)
        whole = AlignedBuffer(count: classCount)
        left = AlignedBuffer(count: classCount)
        right = AlignedBuffer(count: classCount)
        self.rows = rows
        entries = rows
    }

    func begin(_ range: Range<Int>) -> Bool {
        entries = rows + range.lowerBound
        count = range.count
        let whole = whole.pointer
        whole.update(repeating: 0, count: classCount)
        let first = entries[0].target
        var differs = false
        var total = 0.0
        for index in 0..<count {
            let (target, weight) = (entries[index].target, Double(entries[index].weight))
            whole[Int(target)] += weight
            total += weight
            differs = differs || target != first
        }
        weight = total
        guard differs else { return false }
        var squares = 0.0
        for k in 0..<classCount { squares += whole[k] * whole[k] }
        ownScore = isEntropy ? order(whole, total) : squares / total
        return true
    }

    /// Sum of w log w over classes, less W log W: minus the entropy times the weight.
    private func order(_ weights: UnsafePointer<Double>, _ total: Double) -> Double {
        var sum = 0.0
        for k in 0..<classCount where weights[k] > 0 {
            sum += weights[k] * ExactMath.log(weights[k])
        }
        return total > 0 ? sum - total * ExactMath.log(total) : 0
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

    /// Sums of the two sides while rows change over.
    private struct Sides {
        var leftWeight = 0.0
        var leftSquares = 0.0
        var rightSquares = 0.0
        var rows = 0
    }

    private func scan(
        _ given: CodeSet,
        _ feature: Int,
        missingGoesLeft: Bool,
        hasMissing: Bool,
        _ best: inout ForestSplit
    ) {
        var set = given
        var sides = start()
        if missingGoesLeft { take(ColumnCodes.missing, &sides) }
        var previous = -1
        var found = best
        func consider(_ code: Int) {
            guard sides.rows >= rules.rows, count - sides.rows >= rules.rows,
                sides.leftWeight >= rules.weight, weight - sides.leftWeight >= rules.weight
            else { return }
            let score = score(sides)
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
            take(code, &sides)
            previous = code
        }
        if hasMissing && !missingGoesLeft && previous >= 0 { consider(previous) }
        best = found
    }

    private func start() -> Sides {
        let (whole, left, right) = (whole.pointer, left.pointer, right.pointer)
        var sides = Sides()
        for k in 0..<classCount {
            left[k] = 0
            right[k] = whole[k]
            sides.rightSquares += whole[k] * whole[k]
        }
        return sides
    }

    /// Brings the rows of a code to the left.
    @inline(__always)
    private func take(_ code: Int, _ sides: inout Sides) {
        let (left, right, entries) = (left.pointer, right.pointer, entries)
        chains.forEach(code) { position in
            let weight = Double(entries[position].weight)
            let k = Int(entries[position].target)
            sides.leftSquares += weight * (2 * left[k] + weight)
            sides.rightSquares -= weight * (2 * right[k] - weight)
            left[k] += weight
            right[k] -= weight
            sides.leftWeight += weight
            sides.rows &+= 1
        }
    }

    @inline(__always)
    private func score(_ sides: Sides) -> Double {
        let rightWeight = weight - sides.leftWeight
        guard isEntropy else {
            return sides.leftSquares / sides.leftWeight + sides.rightSquares / rightWeight
        }
        return order(left.pointer, sides.leftWeight) + order(right.pointer, rightWeight)
    }

    /// In bits for entropies, as scikit-learn counts them.
    func decrease(_ score: Double) -> Double {
        max(0, score - ownScore) * (isEntropy ? 1.442_695_040_888_963_4 : 1)
    }

    /// The shares of the classes.
    func appendLeaf(to values: inout [Double]) {
        if leafWidth == 1 {
            values.append(whole.pointer[1] / weight)
            return
        }
        for k in 0..<classCount { values.append(whole.pointer[k] / weight) }
    }
}
