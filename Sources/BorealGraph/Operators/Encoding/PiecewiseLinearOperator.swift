/// A line through given points for each column, as NumPy's `interp` draws it.
public struct PiecewiseLinearOperator: RowOperator {
    /// The name in listings.
    public static let kind = "PiecewiseLinear"

    /// The points of a column.
    public struct Curve: Equatable, Sendable {
        /// Ascending.
        public let x: [Double]
        /// As many.
        public let y: [Double]
        /// True when numbers outside have no answer; else they get that of the nearest point.
        public let endsAtPoints: Bool

        /// - Parameters: see the stored properties.
        /// - Throws: `GraphError.invalidGraph` when they are not as many, or out of order.
        public init(x: [Double], y: [Double], endsAtPoints: Bool = false) throws(GraphError) {
            guard !x.isEmpty, x.count == y.count, zip(x, x.dropFirst()).allSatisfy({ $0 <= $1 })
            else { throw .invalidGraph(reason: "\(x.count) points of a curve") }
            self.x = x
            self.y = y
            self.endsAtPoints = endsAtPoints
        }

        /// The answer for a number.
        public func value(_ value: Double) -> Double {
            let last = x.count - 1
            if value.isNaN { return .nan }
            if value < x[0] { return endsAtPoints ? .nan : y[0] }
            if value > x[last] { return endsAtPoints ? .nan : y[last] }
            var low = 0
            var high = last
            // The last point at or below the number.
            while low < high {
                let middle = (low + high + 1) / 2
                if x[middle] <= value { low = middle } else { high = middle - 1 }
            }
            if low == last { return y[last] }
            if x[low] == value { return y[low] }
            let slope = (y[low + 1] - y[low]) / (x[low + 1] - x[low])
            let result = slope * (value - x[low]) + y[low]
            guard result.isNaN else { return result }
            let other = slope * (value - x[low + 1]) + y[low + 1]
            return other.isNaN && y[low] == y[low + 1] ? y[low] : other
        }
    }

    /// `[curves.count]`
    public let input: TensorID
    /// Same.
    public let output: TensorID
    /// One for each column.
    public let curves: [Curve]

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, curves: [Curve]) {
        self.input = input
        self.output = output
        self.curves = curves
    }

    /// Columns.
    public var inputWidth: Int { curves.count }
    /// Columns.
    public var outputWidth: Int { curves.count }

    /// Looks every column up.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        for column in curves.indices { answer[column] = curves[column].value(row[column]) }
    }
}
