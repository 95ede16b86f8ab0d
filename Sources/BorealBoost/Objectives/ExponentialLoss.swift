/// Exponential loss of two classes, exp(-y f) with y = -1 or 1: what AdaBoost minimises (Friedman,
/// Hastie and Tibshirani 2000, section 4). Half the log-odds is its best score, so the probability
/// of class 1 is 1 / (1 + exp(-2 f)): `binary sigmoid:2` in LightGBM's words.
struct ExponentialLoss: ObjectiveFunction {
    private let data: ObjectiveData
    /// What rows of label 0 and of label 1 count.
    private let classWeights: (negative: Float, positive: Float)

    init(_ data: ObjectiveData, _ parameters: TrainingParameters) {
        self.data = data
        var positives = 0
        for row in 0..<data.rowCount where data.labels.pointer[row] > 0 { positives += 1 }
        let weights = parameters.classWeights(
            negatives: data.rowCount - positives,
            positives: positives
        )
        classWeights = (Float(weights.negative), Float(weights.positive))
    }

    func initialScore(_ score: Int) -> Double {
        let share = min(max(data.mean, 1e-15), 1 - 1e-15)
        return 0.5 * ExactMath.log(share / (1 - share))
    }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        typealias V = SIMD8<Float>
        let one = V(repeating: 1)
        let negativeWeight = V(repeating: classWeights.negative)
        let weightStep = V(repeating: classWeights.positive - classWeights.negative)
        var row = range.lowerBound
        while row < range.upperBound {
            let y: V = load(data.labels.pointer + row)
            let z: V = load(scores + row)
            // -1 and 1; what the row loses is also its hessian.
            let side = y + y - one
            let weight = data.weights(at: row) * (negativeWeight + y * weightStep)
            let loss = ExactMath.exp(V(repeating: 0) - side * z) * weight
            store(V(repeating: 0) - side * loss, gradients + row)
            store(loss, hessians + row)
            row &+= 8
        }
    }
}
