/// Squared error near the label and absolute error beyond `alpha` (`objective=huber`).
struct Huber: ObjectiveFunction {
    private let data: ObjectiveData
    private let alpha: Float

    var hasConstantHessian: Bool { data.weights == nil }

    init(_ data: ObjectiveData, alpha: Double) {
        self.data = data
        self.alpha = Float(alpha)
    }

    func initialScore(_ score: Int) -> Double { data.mean }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        let upper = SIMD8<Float>(repeating: alpha)
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
