/// Log-loss of two classes (`objective=binary`), after LightGBM's `BinaryLogloss`.
struct Logistic: ObjectiveFunction {
    private let data: ObjectiveData
    private let sigmoid: Double
    /// What rows of label 0 and of label 1 count.
    private let classWeights: (negative: Float, positive: Float)

    init(_ data: ObjectiveData, _ parameters: TrainingParameters) {
        self.data = data
        sigmoid = parameters.sigmoid
        var positives = 0
        for row in 0..<data.rowCount where data.labels.pointer[row] > 0 { positives += 1 }
        let weights = parameters.classWeights(
            negatives: data.rowCount - positives,
            positives: positives
        )
        classWeights = (Float(weights.negative), Float(weights.positive))
    }

    func initialScore(_ score: Int) -> Double {
        var positive = 0.0
        var total = 0.0
        for row in 0..<data.rowCount {
            let weight = data.weight(row)
            total += weight
            if data.labels.pointer[row] > 0 { positive += weight }
        }
        let share = min(max(positive / total, 1e-15), 1 - 1e-15)
        return ExactMath.log(share / (1 - share)) / sigmoid
    }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        typealias V = SIMD8<Float>
        let labels = data.labels.pointer
        let slope = V(repeating: Float(sigmoid))
        let one = V(repeating: 1)
        let negativeWeight = V(repeating: classWeights.negative)
        let weightStep = V(repeating: classWeights.positive - classWeights.negative)
        var row = range.lowerBound
        while row < range.upperBound {
            let y: V = load(labels + row)
            let z: V = load(scores + row)
            let p = one / (one + ExactMath.exp(V(repeating: 0) - slope * z))
            let w = data.weights(at: row) * (negativeWeight + y * weightStep)
            store((p - y) * slope * w, gradients + row)
            store(p * (one - p) * slope * slope * w, hessians + row)
            row &+= 8
        }
    }
}
