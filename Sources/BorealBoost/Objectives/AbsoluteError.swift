/// Mean absolute error (`objective=regression_l1`): trees are grown on the signs of the residuals,
/// and each leaf then takes the median of its residuals.
struct AbsoluteError: ObjectiveFunction {
    private let data: ObjectiveData

    var hasConstantHessian: Bool { data.weights == nil }
    let renewsLeaves = true

    init(_ data: ObjectiveData) {
        self.data = data
    }

    func initialScore(_ score: Int) -> Double {
        let labels = (0..<data.rowCount).map { Double(data.labels.pointer[$0]) }
        let weights = data.weights.map { weights in
            (0..<data.rowCount).map { Double(weights.pointer[$0]) }
        }
        return Self.median(labels, weights: weights)
    }

    func needsTraining(_ score: Int) -> Bool { true }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        let labels = data.labels.pointer
        var row = range.lowerBound
        while row < range.upperBound {
            let weight = data.weights?.pointer[row] ?? 1
            let difference = scores[row] - Double(labels[row])
            gradients[row] = difference > 0 ? weight : (difference < 0 ? -weight : 0)
            hessians[row] = weight
            row &+= 1
        }
    }

    /// LightGBM's percentile at one half: the middle of the two middle values, or, with weights,
    /// the value at which half of the weight is reached.
    static func median(_ values: [Double], weights: [Double]?) -> Double {
        guard values.count > 1 else { return values.first ?? 0 }
        guard let weights else {
            var sorted = values
            var sorter = RadixSort()
            sorted.withUnsafeMutableBufferPointer { sorter.sort($0) }
            let upper = sorted.count / 2
            return sorted.count % 2 == 1 ? sorted[upper] : (sorted[upper - 1] + sorted[upper]) / 2
        }
        let order = values.indices.sorted {
            values[$0] != values[$1] ? values[$0] < values[$1] : $0 < $1
        }
        var sums: [Double] = []
        var sum = 0.0
        for index in order {
            sum += weights[index]
            sums.append(sum)
        }
        let half = sum * 0.5
        let position = min(sums.firstIndex { $0 > half } ?? sums.count - 1, sums.count - 1)
        guard position > 0, position < sums.count - 1 else { return values[order[position]] }
        let low = values[order[position - 1]]
        let high = values[order[position]]
        let gap = sums[position + 1] - sums[position]
        return gap >= 1 ? (half - sums[position]) / gap * (high - low) + low : high
    }
}
