/// Squared error near the label and absolute error beyond a border that follows the errors: before
/// each round it is set to a percentile of their magnitudes (Friedman 2001, algorithm 4; the loss
/// `huber` of scikit-learn's gradient boosting). Not LightGBM's `huber`, whose border stays.
struct AdaptiveHuber: ObjectiveFunction {
    private let data: ObjectiveData
    /// The share of the rows whose errors count squared.
    private let share: Double
    private var border = 0.0

    var hasConstantHessian: Bool { data.weights == nil }
    var renewal: LeafRenewal? { LeafRenewal(share: 0.5, weights: data.weights, border: border) }

    init(_ data: ObjectiveData, share: Double) {
        self.data = data
        self.share = share
    }

    /// The median.
    func initialScore(_ score: Int) -> Double {
        percentile((0..<data.rowCount).map { Double(data.labels.pointer[$0]) }, share: 0.5)
    }

    mutating func begin(_ scores: UnsafePointer<Double>) {
        let labels = data.labels.pointer
        let errors = (0..<data.rowCount).map { abs(Double(labels[$0]) - scores[$0]) }
        border = percentile(errors, share: share)
    }

    private func percentile(_ values: [Double], share: Double) -> Double {
        guard let weights = data.weights else { return Percentile.value(values, share: share) }
        let counts = (0..<data.rowCount).map { Double(weights.pointer[$0]) }
        return Percentile.value(values, weights: counts, share: share)
    }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        let upper = SIMD8<Float>(repeating: Float(border))
        var row = range.lowerBound
        while row < range.upperBound {
            var slope = data.differences(scores, at: row)
            slope.replace(with: upper, where: slope .> upper)
            slope.replace(with: -upper, where: slope .< -upper)
            let weights = data.weights(at: row)
            store(slope * weights, gradients + row)
            store(weights, hessians + row)
            row &+= 8
        }
    }
}
