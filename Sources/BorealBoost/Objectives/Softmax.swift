/// Cross-entropy of several classes (`objective=multiclass`), after LightGBM's `MulticlassSoftmax`:
/// one tree for each class and round.
struct Softmax: ObjectiveFunction {
    private let data: ObjectiveData
    private let classCount: Int
    /// `[classCount]`: weighted share of each class.
    private let shares: [Double]

    init(_ data: ObjectiveData, _ parameters: TrainingParameters) {
        self.data = data
        classCount = parameters.classCount
        var sums = [Double](repeating: 0, count: parameters.classCount)
        var total = 0.0
        for row in 0..<data.rowCount {
            let weight = data.weight(row)
            sums[Int(data.labels.pointer[row])] += weight
            total += weight
        }
        shares = sums.map { $0 / total }
    }

    func initialScore(_ score: Int) -> Double {
        ExactMath.log(max(1e-15, shares[score]))
    }

    func needsTraining(_ score: Int) -> Bool {
        shares[score] > 1e-15 && shares[score] < 1 - 1e-15
    }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        typealias V = SIMD8<Float>
        let step = data.paddedRows
        let one = V(repeating: 1)
        let factor = V(repeating: Float(classCount) / Float(max(1, classCount - 1)))
        var row = range.lowerBound
        while row < range.upperBound {
            var greatest: V = load(scores + row)
            for score in 1..<max(1, classCount) {
                let z: V = load(scores + (score &* step &+ row))
                greatest.replace(with: z, where: z .> greatest)
            }
            var sum = V(repeating: 0)
            for score in 0..<classCount {
                let at = score &* step &+ row
                let z: V = load(scores + at)
                let e = ExactMath.exp(z - greatest)
                store(e, gradients + at)
                sum += e
            }
            let inverse = one / sum
            let y: V = load(data.labels.pointer + row)
            let w = data.weights(at: row)
            for score in 0..<classCount {
                let at = score &* step &+ row
                let p: V = load(gradients + at) * inverse
                var target = V(repeating: 0)
                target.replace(with: one, where: y .== V(repeating: Float(score)))
                store((p - target) * w, gradients + at)
                store(factor * p * (one - p) * w, hessians + at)
            }
            row &+= 8
        }
    }
}
