/// Mean squared error (`objective=regression`).
struct SquaredError: ObjectiveFunction {
    private let data: ObjectiveData

    var hasConstantHessian: Bool { data.weights == nil }

    init(_ data: ObjectiveData) {
        self.data = data
    }

    func initialScore(_ score: Int) -> Double { data.mean }

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
