import CKernels

/// A split of one leaf: where it cuts, what it gains, and the exact sum of its left side.
struct SplitCandidate: Sendable {
    /// What the split gains over the leaf, less `min_gain_to_split`; not positive when there is
    /// none.
    var gain = -Double.infinity
    /// Feature of the layout.
    var feature = -1
    /// Numeric: the last bin that goes left.
    var bin = 0
    /// Numeric: where missing values go.
    var defaultLeft = false
    /// Categorical: the bins that go left; empty for numeric splits.
    var categories: [UInt16] = []
    /// Sum of the rows that go left.
    var left = PackedSum()
    /// The l2 term that outputs of both sides are computed with.
    var lambdaL2 = 0.0

    /// True when this split is to be taken rather than `other`: the greater gain, then the smaller
    /// feature.
    func isBetter(than other: SplitCandidate) -> Bool {
        gain != other.gain ? gain > other.gain : feature < other.feature && gain > -.infinity
    }
}

extension SplitCandidate {
    /// `[binCount]`: whether a bin's rows go left.
    func leftBins(_ mapper: BinMapper) -> [Bool] {
        guard !mapper.isCategorical else {
            var isLeft = [Bool](repeating: false, count: mapper.binCount)
            for bin in categories { isLeft[Int(bin)] = true }
            return isLeft
        }
        var isLeft = (0..<mapper.binCount).map { $0 <= bin }
        switch mapper.missing {
        case .none: break
        case .nan: isLeft[mapper.binCount - 1] = defaultLeft
        case .zero: isLeft[mapper.zeroBin] = defaultLeft
        }
        return isLeft
    }
}

/// What a leaf's split depends on besides its histogram.
struct LeafContext: Sendable {
    /// Sum of the leaf's rows.
    let sum: PackedSum
    /// Rows of the leaf.
    let count: Int
    /// Output of the leaf itself, before the learning rate; what `path_smooth` pulls towards.
    let output: Double
    /// What one integer step of gradient and hessian is worth.
    let gradientScale: Double
    let hessianScale: Double
    /// What outputs must lie between.
    var bounds = OutputBounds()
    var depth = 0
    /// The leaf's way from the root, for random choices.
    var path: UInt64 = 0

    /// Sum of gradients.
    var gradient: Double { Double(sum.gradient) * gradientScale }
    /// Sum of hessians.
    var hessian: Double { Double(sum.hessian) * hessianScale }
    /// Rows for each unit of hessian: bins hold no counts, they are estimated from hessians.
    var rowsPerHessian: Double { hessian > 0 ? Double(count) / hessian : 0 }

    /// The least hessian a side may have: `min_sum_hessian_in_leaf`, and `min_data_in_leaf` by the
    /// leaf's rows for each unit of hessian, rounded as LightGBM rounds counts.
    func minHessian(_ parameters: TrainingParameters) -> Double {
        let rows = Double(parameters.minDataInLeaf) - 0.5
        let byRows = rowsPerHessian > 0 ? rows / rowsPerHessian : 0
        return max(parameters.minSumHessianInLeaf, byRows, 0.5 * hessianScale)
    }

    /// Sums of a part of the leaf.
    func gradient(of part: PackedSum) -> Double { Double(part.gradient) * gradientScale }
    func hessian(of part: PackedSum) -> Double { Double(part.hessian) * hessianScale }
}

/// What the search for a leaf's split works with, worked out once for all features.
struct LeafSearch {
    let context: LeafContext
    /// What a split must beat.
    let shift: Double
    /// What one squared step of gradient over one step of hessian is worth.
    private let unit: Double
    private let query: boreal_gain_query

    init(_ context: LeafContext, _ formula: LeafFormula, _ parameters: TrainingParameters) {
        self.context = context
        shift = formula.shift(context)
        unit = context.gradientScale * context.gradientScale / context.hessianScale
        let mark = Float(shift / unit / (1 + Self.slack))
        query = boreal_gain_query(
            total: context.sum.bits,
            missing: 0,
            lambda: Float(formula.lambdaL2 / context.hessianScale),
            min_hessian: Float(context.minHessian(parameters) / context.hessianScale),
            splits_above: mark,
            wanted_above: mark
        )
    }

    /// How far gains in Float may be off: ten times what their roundings add up to. Candidates that
    /// a scan passes over are further than that below the best, so which features were scanned
    /// before, and by which thread, changes nothing.
    private static let slack = 1e-5

    /// The question for candidates that may be better than `best`.
    func query(best: SplitCandidate) -> boreal_gain_query {
        var query = query
        if best.gain > 0 {
            query.wanted_above = Float((best.gain + shift) / unit * (1 - Self.slack))
        }
        return query
    }
}

/// LightGBM's formulas for outputs and gains (`feature_histogram.hpp`).
struct LeafFormula: Sendable {
    let lambdaL1: Double
    let lambdaL2: Double
    let maxDeltaStep: Double
    let pathSmooth: Double
    let minGainToSplit: Double

    init(_ parameters: TrainingParameters) {
        lambdaL1 = parameters.lambdaL1
        lambdaL2 = parameters.lambdaL2
        maxDeltaStep = parameters.maxDeltaStep
        pathSmooth = parameters.pathSmooth
        minGainToSplit = parameters.minGainToSplit
    }

    /// True when gains are the plain quotient that the fast scan computes.
    var isPlain: Bool { lambdaL1 == 0 && maxDeltaStep <= 0 && pathSmooth <= 0 }

    /// Shrinks a gradient sum towards zero by `lambda_l1`.
    func threshold(_ gradient: Double) -> Double {
        guard lambdaL1 > 0 else { return gradient }
        let size = max(0, abs(gradient) - lambdaL1)
        return gradient < 0 ? -size : size
    }

    /// A leaf's output before the learning rate.
    func output(
        _ gradient: Double,
        _ hessian: Double,
        lambdaL2: Double,
        count: Double,
        parentOutput: Double
    ) -> Double {
        let denominator = hessian + lambdaL2
        guard denominator > 0 else { return 0 }
        var output = -threshold(gradient) / denominator
        if maxDeltaStep > 0 && abs(output) > maxDeltaStep {
            output = output < 0 ? -maxDeltaStep : maxDeltaStep
        }
        guard pathSmooth > 0 else { return output }
        let weight = count / pathSmooth
        return output * weight / (weight + 1) + parentOutput / (weight + 1)
    }

    /// What a leaf takes off the objective, twice.
    func gain(
        _ gradient: Double,
        _ hessian: Double,
        lambdaL2: Double,
        count: Double,
        parentOutput: Double
    ) -> Double {
        let denominator = hessian + lambdaL2
        let shrunk = threshold(gradient)
        guard maxDeltaStep > 0 || pathSmooth > 0 else {
            return denominator > 0 ? shrunk * shrunk / denominator : 0
        }
        let output = output(
            gradient,
            hessian,
            lambdaL2: lambdaL2,
            count: count,
            parentOutput: parentOutput
        )
        return gain(gradient, hessian, lambdaL2: lambdaL2, output: output)
    }

    /// What a leaf with a given output takes off the objective, twice.
    func gain(
        _ gradient: Double,
        _ hessian: Double,
        lambdaL2: Double,
        output: Double
    ) -> Double {
        -(2 * threshold(gradient) * output + (hessian + lambdaL2) * output * output)
    }

    /// What a split must beat: the leaf's own gain and `min_gain_to_split`.
    func shift(_ leaf: LeafContext) -> Double {
        let own = gain(
            leaf.gradient,
            leaf.hessian,
            lambdaL2: lambdaL2,
            count: Double(leaf.count),
            parentOutput: leaf.output
        )
        return own + minGainToSplit
    }
}
