/// Finds the best split of a leaf for one feature, by LightGBM's rules.
///
/// One finder serves one piece of a parallel region at a time: it owns scratch memory.
final class SplitFinder {
    let formula: LeafFormula
    let parameters: TrainingParameters
    /// `[binCountMax + 8]`: sums of the bins up to each one.
    let prefix: AlignedBuffer<Int64>
    /// `[binCountMax + 8]`: gains of the candidates, in units of the scan.
    let gains: AlignedBuffer<Float>
    let reversedGains: AlignedBuffer<Float>

    init(_ parameters: TrainingParameters, binCountMax: Int) {
        self.parameters = parameters
        formula = LeafFormula(parameters)
        prefix = AlignedBuffer(count: binCountMax + 8)
        gains = AlignedBuffer(count: binCountMax + 8)
        reversedGains = AlignedBuffer(count: binCountMax + 8)
    }

    /// Looks for a split better than `best` and puts it there.
    ///
    /// - Parameters:
    ///   - index: the feature's number in the layout.
    ///   - bins: the feature's slots of the leaf's histogram.
    ///   - shift: `formula.shift(leaf)`.
    /// - Returns: true when the feature can split the leaf at all; if not, it cannot split its
    ///   children.
    func search(
        _ feature: BinnedFeature,
        _ index: Int,
        _ bins: UnsafePointer<Int64>,
        _ leaf: LeafContext,
        shift: Double,
        best: inout SplitCandidate
    ) -> Bool {
        let found: SplitCandidate?
        if feature.mapper.isCategorical {
            found = categoricalSplit(feature, bins, leaf, shift)
        } else if formula.isPlain {
            found = plainSplit(feature, bins, leaf, shift)
        } else {
            found = generalSplit(feature, bins, leaf, shift)
        }
        guard var found else { return false }
        found.feature = index
        if found.isBetter(than: best) { best = found }
        return true
    }

    /// The least hessian a side may have: `min_sum_hessian_in_leaf`, and `min_data_in_leaf` by the
    /// leaf's rows for each unit of hessian, rounded as LightGBM rounds counts.
    func minHessian(_ leaf: LeafContext) -> Double {
        let rows = Double(parameters.minDataInLeaf) - 0.5
        let byRows = leaf.rowsPerHessian > 0 ? rows / leaf.rowsPerHessian : 0
        return max(parameters.minSumHessianInLeaf, byRows, 0.5 * leaf.hessianScale)
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
        /// What a split says about missing values when there are none.
        var defaultLeft = false

        init(_ mapper: BinMapper, _ bins: UnsafePointer<Int64>) {
            switch mapper.missing {
            case .none:
                // Only one scan, from the right: LightGBM then says "left".
                rightCount = 0
                leftCount = mapper.binCount - 1
            case .nan:
                missing = bins[mapper.binCount - 1]
                rightCount = mapper.binCount - 1
                leftCount = mapper.binCount - 2
            case .zero:
                skipped = mapper.zeroBin
                missing = bins[mapper.zeroBin]
                rightCount = mapper.binCount - 1
                leftCount = mapper.binCount - 1
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

    /// Without l1, output limits and smoothing: one division for each candidate, eight at a time,
    /// in Float; the winner again in Double.
    private func plainSplit(
        _ feature: BinnedFeature,
        _ bins: UnsafePointer<Int64>,
        _ leaf: LeafContext,
        _ shift: Double
    ) -> SplitCandidate? {
        let plan = ScanPlan(feature.mapper, bins)
        let count = fillPrefix(bins, plan)
        guard count > 0 else { return nil }
        let unit = leaf.gradientScale * leaf.gradientScale / leaf.hessianScale
        let scan = GainScan(
            total: leaf.sum,
            lambda: Float(formula.lambdaL2 / leaf.hessianScale),
            minHessian: Float(minHessian(leaf) / leaf.hessianScale)
        )
        let left = scan.run(prefix.pointer, plan.leftCount, plan.missing, reversedGains.pointer)
        let right = scan.run(prefix.pointer, plan.rightCount, 0, gains.pointer)
        // A candidate that is far from the mark needs no second look; Float is good to 1e-6 here.
        guard Double(max(left, right)) * unit * (1 + 1e-5) > shift else { return nil }
        var candidate = SplitCandidate()
        candidate.lambdaL2 = formula.lambdaL2
        if left >= right {
            candidate.defaultLeft = true
            candidate.bin = lastIndex(of: left, reversedGains.pointer, plan.leftCount)
            candidate.left.bits = prefix.pointer[candidate.bin] &+ plan.missing
        } else {
            candidate.bin = firstIndex(of: right, gains.pointer, plan.rightCount)
            candidate.left.bits = prefix.pointer[candidate.bin]
        }
        candidate.gain = gain(of: candidate.left, leaf, lambdaL2: formula.lambdaL2) - shift
        return candidate.gain > 1e-12 * abs(shift) ? candidate : nil
    }

    private func lastIndex(of gain: Float, _ gains: UnsafePointer<Float>, _ count: Int) -> Int {
        var index = count &- 1
        while index > 0 && gains[index] != gain { index &-= 1 }
        return index
    }

    private func firstIndex(of gain: Float, _ gains: UnsafePointer<Float>, _ count: Int) -> Int {
        var index = 0
        while index < count &- 1 && gains[index] != gain { index &+= 1 }
        return index
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

    /// Any parameters: candidate by candidate in Double.
    private func generalSplit(
        _ feature: BinnedFeature,
        _ bins: UnsafePointer<Int64>,
        _ leaf: LeafContext,
        _ shift: Double
    ) -> SplitCandidate? {
        let plan = ScanPlan(feature.mapper, bins)
        guard fillPrefix(bins, plan) > 0 else { return nil }
        let least = minHessian(leaf)
        var best = SplitCandidate()
        func consider(_ bin: Int, _ missing: Int64, defaultLeft: Bool) {
            let part = PackedSum(bits: prefix.pointer[bin] &+ missing)
            let hessian = leaf.hessian(of: part)
            guard hessian >= least, leaf.hessian - hessian >= least else { return }
            let gain = gain(of: part, leaf, lambdaL2: formula.lambdaL2) - shift
            guard gain > best.gain else { return }
            best.gain = gain
            best.bin = bin
            best.defaultLeft = defaultLeft
            best.left = part
        }
        for bin in stride(from: plan.leftCount - 1, through: 0, by: -1) {
            consider(bin, plan.missing, defaultLeft: true)
        }
        for bin in 0..<max(0, plan.rightCount) { consider(bin, 0, defaultLeft: false) }
        best.lambdaL2 = formula.lambdaL2
        return best.gain > 1e-12 * abs(shift) ? best : nil
    }
}

/// Gains of many candidates at once, in units of integer steps: nothing overflows a Float, whatever
/// the labels' size.
struct GainScan {
    private let totalGradient: Float
    private let totalHessian: Float
    private let lambda: Float
    private let minHessian: Float

    init(total: PackedSum, lambda: Float, minHessian: Float) {
        totalGradient = Float(total.gradient)
        totalHessian = Float(total.hessian)
        self.lambda = lambda
        self.minHessian = minHessian
    }

    /// Writes the gain of every candidate, -1 for those that leave a side too small, and returns
    /// the greatest.
    ///
    /// With L and R for the sides, G^2/(H + l) of both sides is one division:
    /// (GL^2 (HR + l) + GR^2 (HL + l)) / ((HL + l)(HR + l)).
    @inline(never)
    func run(
        _ prefix: UnsafePointer<Int64>,
        _ count: Int,
        _ missing: Int64,
        _ gains: UnsafeMutablePointer<Float>
    ) -> Float {
        typealias V = SIMD8<Float>
        guard count > 0 else { return -1 }
        let none = V(repeating: -1)
        let wholeGradient = V(repeating: totalGradient)
        let wholeHessian = V(repeating: totalHessian)
        let l = V(repeating: lambda)
        let least = V(repeating: minHessian)
        let offset = SIMD8<Int64>(repeating: missing)
        let source = UnsafeRawPointer(prefix)
        let target = UnsafeMutableRawPointer(gains)
        var best = none
        var index = 0
        while index < count {
            let sums = source.load(fromByteOffset: index &* 8, as: SIMD8<Int64>.self) &+ offset
            // The same 64 bytes, read as the halves of each packed sum.
            let halves = unsafeBitCast(sums, to: SIMD16<Int32>.self)
            let hessian = V(halves.evenHalf)
            let gradient = V(halves.oddHalf)
            let otherGradient = wholeGradient - gradient
            let otherHessian = wholeHessian - hessian
            let a = hessian + l
            let b = otherHessian + l
            var gain = (gradient * gradient * b + otherGradient * otherGradient * a) / (a * b)
            let isAllowed = (hessian .>= least) .& (otherHessian .>= least)
            gain = none.replacing(with: gain, where: isAllowed)
            target.storeBytes(of: gain, toByteOffset: index &* 4, as: V.self)
            // The last group may reach behind the candidates: those lanes do not count.
            if index &+ 8 > count {
                for lane in (count &- index)..<8 { gain[lane] = -1 }
            }
            best.replace(with: gain, where: gain .> best)
            index &+= 8
        }
        return best.max()
    }
}
