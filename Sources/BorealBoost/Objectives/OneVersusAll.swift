/// A log-loss of two classes for each class against all others (`objective=multiclassova`): one
/// tree for each class and round.
struct OneVersusAll: ObjectiveFunction {
    private let data: ObjectiveData
    private let sigmoid: Double
    /// `[classCount]`: weighted share of each class.
    private let shares: [Double]
    /// `[classCount]`: what rows of the others and of the class count.
    private let classWeights: [(others: Float, own: Float)]

    init(_ data: ObjectiveData, _ parameters: TrainingParameters) {
        self.data = data
        sigmoid = parameters.sigmoid
        var counts = [Int](repeating: 0, count: parameters.classCount)
        var sums = [Double](repeating: 0, count: parameters.classCount)
        var total = 0.0
        for row in 0..<data.rowCount {
            let weight = data.weight(row)
            let label = Int(data.labels.pointer[row])
            counts[label] += 1
            sums[label] += weight
            total += weight
        }
        shares = sums.map { $0 / total }
        classWeights = counts.map { count in
            let weights = parameters.classWeights(
                negatives: data.rowCount - count,
                positives: count
            )
            return (Float(weights.negative), Float(weights.positive))
        }
    }

    func initialScore(_ score: Int) -> Double {
        let share = min(max(shares[score], 1e-15), 1 - 1e-15)
        return ExactMath.log(share / (1 - share)) / sigmoid
    }

    func needsTraining(_ score: Int) -> Bool { shares[score] > 0 && shares[score] < 1 }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        typealias V = SIMD8<Float>
        let one = V(repeating: 1)
        let slope = V(repeating: Float(sigmoid))
        var row = range.lowerBound
        while row < range.upperBound {
            let label: V = load(data.labels.pointer + row)
            let rowWeights = data.weights(at: row)
            for score in shares.indices {
                let at = score &* data.paddedRows &+ row
                let isOwn = label .== V(repeating: Float(score))
                let y = V(repeating: 0).replacing(with: one, where: isOwn)
                let z: V = load(scores + at)
                let p = one / (one + ExactMath.exp(-(slope * z)))
                let weight = V(repeating: classWeights[score].others)
                    .replacing(with: V(repeating: classWeights[score].own), where: isOwn)
                let w = weight * rowWeights
                store((p - y) * slope * w, gradients + at)
                store(p * (one - p) * slope * slope * w, hessians + at)
            }
            row &+= 8
        }
    }
}

extension TrainingParameters {
    /// What rows of two classes count: the rarer one more with `is_unbalance`, and the second one
    /// `scale_pos_weight` times.
    func classWeights(negatives: Int, positives: Int) -> (negative: Double, positive: Double) {
        var weights: (negative: Double, positive: Double) = (1, 1)
        if isUnbalanced && positives > 0 && negatives > 0 {
            if positives > negatives {
                weights.negative = Double(positives) / Double(negatives)
            } else {
                weights.positive = Double(negatives) / Double(positives)
            }
        }
        weights.positive *= scalePositiveWeight
        return weights
    }
}
