import CKernels

/// Finds the best split of a leaf for one feature, by LightGBM's rules.
///
/// One finder serves one piece of a parallel region at a time: it owns scratch memory.
final class SplitFinder {
    let formula: LeafFormula
    let parameters: TrainingParameters
    private let rules: NodeRules
    /// The tree's random stream for thresholds (`extra_trees`).
    var thresholdKey: UInt64 = 0
    /// `[binCountMax + 8]`: sums of the bins up to each one.
    private let prefix: AlignedBuffer<Int64>
    /// `[binCountMax]`: the bins of a feature of which one is implied.
    private let whole: AlignedBuffer<Int64>

    init(_ parameters: TrainingParameters, _ rules: NodeRules, binCountMax: Int) {
        self.parameters = parameters
        self.rules = rules
        formula = LeafFormula(parameters)
        prefix = AlignedBuffer(count: binCountMax + 8)
        whole = AlignedBuffer(count: binCountMax)
    }

    /// Whether numeric features are scanned eight candidates at a time.
    var isPlain: Bool { formula.isPlain && !rules.isGeneral }

    /// Looks for a split better than `best` and puts it there.
    ///
    /// - Parameters:
    ///   - index: the feature's number in the layout.
    ///   - histogram: of the leaf.
    /// - Returns: true when the feature can split the leaf at all; if not, it cannot split its
    ///   children.
    func search(
        _ plan: FeaturePlan,
        _ index: Int,
        _ histogram: UnsafePointer<Int64>,
        _ leaf: LeafSearch,
        best: inout SplitCandidate
    ) -> Bool {
        let bins = bins(plan, histogram, leaf.context.sum)
        if isPlain && !plan.isCategorical {
            return plainSplit(plan, index, bins, leaf, best: &best)
        }
        let found =
            plan.isCategorical
            ? categoricalSplit(plan, index, bins, leaf.context, leaf.shift)
            : generalSplit(plan, index, bins, leaf.context, leaf.shift)
        guard var found else { return false }
        found.feature = index
        found.gain *= rules.factor(index, depth: leaf.context.depth)
        if found.isBetter(than: best) { best = found }
        return true
    }

    /// A feature's bins, all of them: the implied one is what the leaf has beside the others.
    private func bins(
        _ plan: FeaturePlan,
        _ histogram: UnsafePointer<Int64>,
        _ sum: PackedSum
    ) -> UnsafePointer<Int64> {
        let slots = histogram + Int(plan.offset)
        let implied = Int(plan.impliedBin)
        guard implied >= 0 else { return slots }
        let whole = whole.pointer
        var rest = sum.bits
        var slot = 0
        while slot < implied {
            whole[slot] = slots[slot]
            rest &-= slots[slot]
            slot &+= 1
        }
        while slot < Int(plan.binCount) &- 1 {
            whole[slot &+ 1] = slots[slot]
            rest &-= slots[slot]
            slot &+= 1
        }
        whole[implied] = rest
        return UnsafePointer(whole)
    }

    // MARK: Numeric features

    /// How missing values take part in a scan.
    struct ScanPlan {
        /// Candidates when missing values go right, from bin 0 on.
        var rightCount: Int
        /// Candidates when missing values go left.
        var leftCount: Int
        /// The missing values' sum, added to the left side when they go left.
        var missing: Int64 = 0
        /// The bin left out of the prefix sums: zero's, when zero is missing.
        var skipped = -1

        init(_ plan: FeaturePlan, _ bins: UnsafePointer<Int64>) {
            let count = Int(plan.binCount)
            switch plan.missing {
            case Tree.Missing.nan.rawValue:
                missing = bins[count - 1]
                rightCount = count - 1
                leftCount = count - 2
            case Tree.Missing.zero.rawValue:
                skipped = Int(plan.zeroBin)
                missing = bins[skipped]
                rightCount = count - 1
                leftCount = count - 1
            default:
                // Only one scan, from the right: LightGBM then says "left".
                rightCount = 0
                leftCount = count - 1
            }
        }
    }

    /// Sums of the bins up to each one; returns how many there are.
    func fillPrefix(_ bins: UnsafePointer<Int64>, _ plan: ScanPlan) -> Int {
        let count = max(plan.leftCount, plan.rightCount)
        let prefix = prefix.pointer
        var sum: Int64 = 0
        var bin = 0
        if plan.skipped < 0 {
            while bin < count {
                sum &+= bins[bin]
                prefix[bin] = sum
                bin &+= 1
            }
        } else {
            while bin < count {
                sum &+= bin == plan.skipped ? 0 : bins[bin]
                prefix[bin] = sum
                bin &+= 1
            }
        }
        return count
    }

    /// Without l1, output limits and smoothing: eight candidates at a time, in Float; the winner
    /// again in Double.
    private func plainSplit(
        _ plan: FeaturePlan,
        _ index: Int,
        _ bins: UnsafePointer<Int64>,
        _ leaf: LeafSearch,
        best: inout SplitCandidate
    ) -> Bool {
        let scan = ScanPlan(plan, bins)
        guard fillPrefix(bins, scan) > 0 else { return false }
        let sums = prefix.pointer
        var query = leaf.query(best: best)
        query.missing = scan.missing
        let left = boreal_scan_gains(sums, Int32(scan.leftCount), &query, 1)
        var (found, splits) = (left, left.splits)
        var isLeft = true
        if scan.rightCount > 0 {
            query.missing = 0
            let right = boreal_scan_gains(sums, Int32(scan.rightCount), &query, 0)
            splits |= right.splits
            if right.gain > left.gain { (found, isLeft) = (right, false) }
        }
        guard found.gain >= 0 else { return splits != 0 }
        let bin = Int(found.index)
        let part = PackedSum(bits: sums[bin] &+ (isLeft ? scan.missing : 0))
        let gain = gain(of: part, leaf.context, lambdaL2: formula.lambdaL2) - leaf.shift
        guard gain > 1e-12 * abs(leaf.shift) else { return splits != 0 }
        if gain > best.gain || gain == best.gain && index < best.feature {
            best.gain = gain
            best.feature = index
            best.bin = bin
            best.defaultLeft = isLeft
            best.categories = []
            best.left = part
            best.lambdaL2 = formula.lambdaL2
        }
        return true
    }

    /// Gain of both sides together, in Double.
    func gain(of part: PackedSum, _ leaf: LeafContext, lambdaL2: Double) -> Double {
        let gradient = leaf.gradient(of: part)
        let hessian = leaf.hessian(of: part)
        let otherHessian = leaf.hessian - hessian
        let left = formula.gain(
            gradient,
            hessian,
            lambdaL2: lambdaL2,
            count: hessian * leaf.rowsPerHessian,
            parentOutput: leaf.output
        )
        let right = formula.gain(
            leaf.gradient - gradient,
            otherHessian,
            lambdaL2: lambdaL2,
            count: otherHessian * leaf.rowsPerHessian,
            parentOutput: leaf.output
        )
        return left + right
    }

    /// Gain of both sides together with outputs inside the leaf's bounds; nil when they are in the
    /// wrong order (LightGBM's `GetSplitGains` with monotone constraints).
    private func boundedGain(
        of part: PackedSum,
        _ leaf: LeafContext,
        lambdaL2: Double,
        direction: Int8
    ) -> Double? {
        let (gradient, hessian) = (leaf.gradient(of: part), leaf.hessian(of: part))
        let (otherGradient, otherHessian) = (leaf.gradient - gradient, leaf.hessian - hessian)
        func output(_ gradient: Double, _ hessian: Double) -> Double {
            leaf.bounds.clamp(
                formula.output(
                    gradient,
                    hessian,
                    lambdaL2: lambdaL2,
                    count: hessian * leaf.rowsPerHessian,
                    parentOutput: leaf.output
                )
            )
        }
        let (left, right) = (output(gradient, hessian), output(otherGradient, otherHessian))
        if direction > 0 && left > right || direction < 0 && left < right { return nil }
        return formula.gain(gradient, hessian, lambdaL2: lambdaL2, output: left)
            + formula.gain(otherGradient, otherHessian, lambdaL2: lambdaL2, output: right)
    }

    /// The gain that a candidate is judged by; nil when it is not allowed.
    func candidateGain(
        of part: PackedSum,
        _ leaf: LeafContext,
        lambdaL2: Double,
        direction: Int8 = 0
    ) -> Double? {
        rules.isMonotone
            ? boundedGain(of: part, leaf, lambdaL2: lambdaL2, direction: direction)
            : gain(of: part, leaf, lambdaL2: lambdaL2)
    }

    /// The one candidate that is looked at (`extra_trees`), of so many; nil for all.
    func onlyCandidate(_ index: Int, of count: Int, _ leaf: LeafContext) -> Int? {
        guard parameters.usesExtraTrees, count > 0 else { return nil }
        let key = RandomNumbers.at(UInt64(index), key: thresholdKey ^ leaf.path)
        return Int(key.multipliedFullWidth(by: UInt64(count)).high)
    }

    /// Any parameters: candidate by candidate in Double.
    private func generalSplit(
        _ feature: FeaturePlan,
        _ index: Int,
        _ bins: UnsafePointer<Int64>,
        _ leaf: LeafContext,
        _ shift: Double
    ) -> SplitCandidate? {
        let plan = ScanPlan(feature, bins)
        guard fillPrefix(bins, plan) > 0 else { return nil }
        let least = leaf.minHessian(parameters)
        var best = SplitCandidate()
        func consider(_ bin: Int, _ missing: Int64, defaultLeft: Bool) {
            let part = PackedSum(bits: prefix.pointer[bin] &+ missing)
            let hessian = leaf.hessian(of: part)
            guard hessian >= least, leaf.hessian - hessian >= least else { return }
            let gain = candidateGain(
                of: part,
                leaf,
                lambdaL2: formula.lambdaL2,
                direction: feature.direction
            )
            guard let gain, gain - shift > best.gain else { return }
            best.gain = gain - shift
            best.bin = bin
            best.defaultLeft = defaultLeft
            best.left = part
        }
        let only = onlyCandidate(index, of: max(plan.leftCount, plan.rightCount), leaf)
        for bin in stride(from: plan.leftCount - 1, through: 0, by: -1)
        where only == nil || bin == only {
            consider(bin, plan.missing, defaultLeft: true)
        }
        for bin in 0..<max(0, plan.rightCount) where only == nil || bin == only {
            consider(bin, 0, defaultLeft: false)
        }
        best.lambdaL2 = formula.lambdaL2
        return best.gain > 1e-12 * abs(shift) ? best : nil
    }
}
