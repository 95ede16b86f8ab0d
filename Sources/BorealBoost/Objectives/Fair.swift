/// The loss c^2 (|x| / c - log(1 + |x| / c)) of the difference x (`objective=fair`).
struct Fair: ObjectiveFunction {
    private let data: ObjectiveData
    private let c: Float

    init(_ data: ObjectiveData, c: Double) {
        self.data = data
        self.c = Float(c)
    }

    func initialScore(_ score: Int) -> Double { data.mean }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        let c = SIMD8<Float>(repeating: c)
        var row = range.lowerBound
        while row < range.upperBound {
            let x = data.differences(scores, at: row)
            let ratio = c / (magnitude(x) + c)
            let weights = data.weights(at: row)
            store(ratio * x * weights, gradients + row)
            store(ratio * ratio * weights, hessians + row)
            row &+= 8
        }
    }
}
