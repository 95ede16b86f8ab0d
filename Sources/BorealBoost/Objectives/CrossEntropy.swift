/// Cross-entropy of labels in [0, 1] (`objective=cross_entropy`); weights multiply the loss.
struct CrossEntropy: ObjectiveFunction {
    private let data: ObjectiveData

    init(_ data: ObjectiveData) { self.data = data }

    func initialScore(_ score: Int) -> Double {
        let share = min(max(data.mean, 1e-15), 1 - 1e-15)
        return ExactMath.log(share / (1 - share))
    }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        let one = SIMD8<Float>(repeating: 1)
        var row = range.lowerBound
        while row < range.upperBound {
            let y: SIMD8<Float> = load(data.labels.pointer + row)
            let z: SIMD8<Float> = load(scores + row)
            let p = one / (one + ExactMath.exp(-z))
            let weights = data.weights(at: row)
            store((p - y) * weights, gradients + row)
            store(p * (one - p) * weights, hessians + row)
            row &+= 8
        }
    }
}

/// Cross-entropy of labels in [0, 1] where a row of weight w is as many trials: the probability is
/// 1 - exp(-lambda w) with lambda = log(1 + exp(score)) (`objective=cross_entropy_lambda`).
struct CrossEntropyLambda: ObjectiveFunction {
    private let data: ObjectiveData
    /// Without weights both forms have the same gradients.
    private let unweighted: CrossEntropy

    init(_ data: ObjectiveData) {
        self.data = data
        unweighted = CrossEntropy(data)
    }

    func initialScore(_ score: Int) -> Double {
        let mean = data.mean
        return mean > 0 ? ExactMath.log(ExactMath.expm1(mean)) : -.infinity
    }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        guard let weights = data.weights else {
            unweighted.fill(gradients, hessians, scores: scores, range: range)
            return
        }
        for row in range.lowerBound..<min(range.upperBound, data.rowCount) {
            let w = Double(weights.pointer[row])
            let y = Double(data.labels.pointer[row])
            let e = ExactMath.exp(scores[row])
            // 1 - z is the probability of no event in w trials.
            let z = -ExactMath.expm1(-w * ExactMath.log1p(e))
            gradients[row] = Float((1 - y / z) * w / (1 + 1 / e))
            let c = 1 / (1 - z)
            let a = w * e / ((1 + e) * (1 + e))
            let b = c / ((c - 1) * (c - 1)) * (1 + w * e - c)
            hessians[row] = Float(a * (1 + y * b))
        }
    }
}
