/// Distances of a row to points.
public struct DistancesOperator: RowOperator {
    /// The name in listings.
    public static let kind = "Distances"

    /// How a distance is computed.
    public enum Metric: String, Equatable, Sendable {
        /// By squares and products, as scikit-learn's `euclidean_distances`.
        case euclidean
        /// The square of that.
        case squaredEuclidean
        case manhattan
    }

    /// `[inputWidth]`
    public let input: TensorID
    /// One for each point.
    public let output: TensorID
    /// Numbers of a row and of a point.
    public let inputWidth: Int
    /// `[pointCount * inputWidth]`
    public let points: [Double]
    /// How a distance is computed.
    public let metric: Metric
    private let squares: [Double]

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when the points are no whole rows.
    public init(
        input: TensorID,
        output: TensorID,
        inputWidth: Int,
        points: [Double],
        metric: Metric
    ) throws(GraphError) {
        guard inputWidth > 0, points.count % inputWidth == 0 else {
            throw .invalidGraph(reason: "points of \(points.count) numbers")
        }
        self.input = input
        self.output = output
        self.inputWidth = inputWidth
        self.points = points
        self.metric = metric
        squares = stride(from: 0, to: points.count, by: inputWidth).map { start in
            points[start..<start + inputWidth].reduce(0) { $0 + $1 * $1 }
        }
    }

    /// Points.
    public var outputWidth: Int { squares.count }

    /// Measures one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        var square = 0.0
        for i in 0..<inputWidth { square += row[i] * row[i] }
        points.withUnsafeBufferPointer { points in
            for index in squares.indices {
                let start = index * inputWidth
                var sum = 0.0
                if metric == .manhattan {
                    for i in 0..<inputWidth { sum += abs(row[i] - points[start + i]) }
                    answer[index] = sum
                    continue
                }
                for i in 0..<inputWidth { sum += row[i] * points[start + i] }
                let distance = -2 * sum + square + squares[index]
                // NaN stays NaN.
                let bounded = distance < 0 ? 0 : distance
                answer[index] = metric == .euclidean ? bounded.squareRoot() : bounded
            }
        }
    }
}
