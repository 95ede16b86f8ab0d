/// Poisson deviance of counts; scores are logarithms (`objective=poisson`).
struct Poisson: ObjectiveFunction {
    private let data: ObjectiveData
    /// What hessians are multiplied by, so that steps stay small.
    private let damping: Float

    init(_ data: ObjectiveData, maxDeltaStep: Double) {
        self.data = data
        damping = Float(ExactMath.exp(maxDeltaStep))
    }

    func initialScore(_ score: Int) -> Double { data.logOfMean }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        let damping = SIMD8<Float>(repeating: damping)
        var row = range.lowerBound
        while row < range.upperBound {
            let y: SIMD8<Float> = load(data.labels.pointer + row)
            let z: SIMD8<Float> = load(scores + row)
            let e = ExactMath.exp(z)
            let weights = data.weights(at: row)
            store((e - y) * weights, gradients + row)
            store(e * damping * weights, hessians + row)
            row &+= 8
        }
    }
}

/// Gamma deviance of positive numbers; scores are logarithms (`objective=gamma`).
struct Gamma: ObjectiveFunction {
    private let data: ObjectiveData

    init(_ data: ObjectiveData) { self.data = data }

    func initialScore(_ score: Int) -> Double { data.logOfMean }

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
            let ratio = y * ExactMath.exp(-z)
            let weights = data.weights(at: row)
            store((one - ratio) * weights, gradients + row)
            store(ratio * weights, hessians + row)
            row &+= 8
        }
    }
}

/// Tweedie deviance with a variance power between 1 and 2; scores are logarithms
/// (`objective=tweedie`).
struct Tweedie: ObjectiveFunction {
    private let data: ObjectiveData
    private let power: Double

    init(_ data: ObjectiveData, variancePower: Double) {
        self.data = data
        power = variancePower
    }

    func initialScore(_ score: Int) -> Double { data.logOfMean }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        let first = SIMD8<Float>(repeating: Float(1 - power))
        let second = SIMD8<Float>(repeating: Float(2 - power))
        var row = range.lowerBound
        while row < range.upperBound {
            let y: SIMD8<Float> = load(data.labels.pointer + row)
            let z: SIMD8<Float> = load(scores + row)
            let a = y * ExactMath.exp(first * z)
            let b = ExactMath.exp(second * z)
            let weights = data.weights(at: row)
            store((b - a) * weights, gradients + row)
            store((second * b - first * a) * weights, hessians + row)
            row &+= 8
        }
    }
}
