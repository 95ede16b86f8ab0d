/// The weighted median of a row: the least of its numbers whose weight, with that of all smaller
/// ones, is half of the whole.
public struct WeightedMedianOperator: RowOperator {
    /// The name in listings.
    public static let kind = "WeightedMedian"
    /// `[weights.count]`
    public let input: TensorID
    /// `[1]`
    public let output: TensorID
    /// One for each number of a row.
    public let weights: [Double]

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, weights: [Double]) {
        self.input = input
        self.output = output
        self.weights = weights
    }

    /// Numbers of a row.
    public var inputWidth: Int { weights.count }
    /// Numbers of a row of the output.
    public var outputWidth: Int { 1 }

    /// Finds the median of one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        let count = weights.count
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: max(1, count)) { order in
            for i in 0..<count { order[i] = Int32(truncatingIfNeeded: i) }
            var sorted = UnsafeMutableBufferPointer(rebasing: order[..<count])
            sorted.sort { a, b in
                let (x, y) = (row[Int(a)], row[Int(b)])
                // NaN is greater than all numbers, as NumPy sorts it; equals keep their order.
                if x.isNaN || y.isNaN { return !x.isNaN || (y.isNaN && a < b) }
                return x == y ? a < b : x < y
            }
            var total = 0.0
            for i in 0..<count { total += weights[Int(order[i])] }
            var sum = 0.0
            for i in 0..<count {
                sum += weights[Int(order[i])]
                if sum >= 0.5 * total {
                    answer[0] = row[Int(order[i])]
                    return
                }
            }
            answer[0] = count > 0 ? row[Int(order[0])] : .nan
        }
    }
}
