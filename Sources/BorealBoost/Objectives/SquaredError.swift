/// Mean squared error (`objective=regression`).
struct SquaredError: ObjectiveFunction {
    private let data: ObjectiveData

    var hasConstantHessian: Bool { data.weights == nil }
    let renewsLeaves = false

    init(_ data: ObjectiveData) {
        self.data = data
    }

    func initialScore(_ score: Int) -> Double {
        var sum = 0.0
        var total = 0.0
        for row in 0..<data.rowCount {
            let weight = data.weight(row)
            sum += Double(data.labels.pointer[row]) * weight
            total += weight
        }
        return sum / total
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
            gradients[row] = Float(scores[row] - Double(labels[row])) * weight
            hessians[row] = weight
            row &+= 1
        }
    }
}
