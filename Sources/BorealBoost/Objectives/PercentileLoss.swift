/// Losses whose slope does not depend on how far off a score is: absolute error
/// (`regression_l1`), `quantile` and `mape`. Trees are grown on the slopes, and each leaf then
/// takes a percentile of its residuals.
struct PercentileLoss: ObjectiveFunction {
    private let data: ObjectiveData
    /// What a row counts in gradients and percentiles.
    private let rowWeights: AlignedBuffer<Float>?
    /// The slope above and below the label, and at it.
    private let slopes: (above: Float, below: Float, at: Float)
    /// The percentile that is wanted.
    private let share: Double

    var hasConstantHessian: Bool { data.weights == nil }
    var renewal: LeafRenewal? { LeafRenewal(share: share, weights: rowWeights) }

    /// `regression_l1`: the median.
    init(absoluteErrorOf data: ObjectiveData) {
        self.data = data
        rowWeights = data.weights
        slopes = (1, -1, 0)
        share = 0.5
    }

    /// `quantile`
    init(quantile alpha: Double, of data: ObjectiveData) {
        self.data = data
        rowWeights = data.weights
        let narrow = Float(alpha)
        slopes = (1 - narrow, -narrow, 1 - narrow)
        share = Double(narrow)
    }

    /// `mape`: absolute error over the label's magnitude, at least 1.
    init(percentageErrorOf data: ObjectiveData) {
        self.data = data
        let weights = AlignedBuffer<Float>(count: data.paddedRows)
        for row in 0..<data.rowCount {
            let weight = data.weights?.pointer[row] ?? 1
            weights.pointer[row] = 1 / max(1, abs(data.labels.pointer[row])) * weight
        }
        rowWeights = weights
        slopes = (1, -1, 0)
        share = 0.5
    }

    func initialScore(_ score: Int) -> Double {
        let labels = (0..<data.rowCount).map { Double(data.labels.pointer[$0]) }
        guard let rowWeights else {
            // Labels are Float, and so is their percentile in LightGBM.
            return Double(Float(Percentile.value(labels, share: share)))
        }
        let weights = (0..<data.rowCount).map { Double(rowWeights.pointer[$0]) }
        return Double(Float(Percentile.value(labels, weights: weights, share: share)))
    }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        typealias V = SIMD8<Float>
        let zero = V(repeating: 0)
        let above = V(repeating: slopes.above)
        let below = V(repeating: slopes.below)
        var row = range.lowerBound
        while row < range.upperBound {
            let difference = data.differences(scores, at: row)
            var slope = V(repeating: slopes.at)
            slope.replace(with: above, where: difference .> zero)
            slope.replace(with: below, where: difference .< zero)
            if let rowWeights { slope *= load(rowWeights.pointer + row) }
            store(slope, gradients + row)
            store(data.weights(at: row), hessians + row)
            row &+= 8
        }
    }
}
