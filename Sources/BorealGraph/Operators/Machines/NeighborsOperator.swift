import Glibc

/// What the nearest points of a training set say about a row.
public struct NeighborsOperator: RowOperator {
    /// The name in listings.
    public static let kind = "Neighbors"

    /// How far two points are apart.
    public enum Metric: Equatable, Sendable {
        case euclidean, manhattan, chebyshev
        case minkowski(Double)
    }

    /// What a point says.
    public enum Targets: Equatable, Sendable {
        /// Classes of each answer, `[pointCount]` each; the answer is the share of each class.
        case classes(codes: [[Int32]], counts: [Int])
        /// `[pointCount * width]`; the answer is the mean.
        case numbers([Double], width: Int)
    }

    /// `[inputWidth]`
    public let input: TensorID
    /// Shares or means.
    public let output: TensorID
    /// Numbers of a row and of a point.
    public let inputWidth: Int
    /// `[pointCount * inputWidth]`
    public let points: [Double]
    /// What the points say.
    public let targets: Targets
    /// Points asked.
    public let neighborCount: Int
    /// How far two points are apart.
    public let metric: Metric
    /// True when near points count more, by the reciprocal of their distance.
    public let weighsDistance: Bool
    private let pointCount: Int

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when the lengths do not fit.
    public init(
        input: TensorID,
        output: TensorID,
        inputWidth: Int,
        points: [Double],
        targets: Targets,
        neighborCount: Int,
        metric: Metric,
        weighsDistance: Bool
    ) throws(GraphError) {
        let count = inputWidth > 0 ? points.count / inputWidth : 0
        let fits: Bool
        switch targets {
        case .classes(let codes, let counts):
            fits =
                codes.count == counts.count
                && zip(codes, counts).allSatisfy { codes, classes in
                    codes.count == count && codes.allSatisfy { $0 >= 0 && $0 < classes }
                }
        case .numbers(let numbers, let width):
            fits = width > 0 && numbers.count / width == count && numbers.count % width == 0
        }
        guard fits, points.count == count * inputWidth, (1...max(1, count)).contains(neighborCount),
            count > 0
        else { throw .invalidGraph(reason: "\(neighborCount) neighbours among \(count) points") }
        self.input = input
        self.output = output
        self.inputWidth = inputWidth
        self.points = points
        self.targets = targets
        self.neighborCount = neighborCount
        self.metric = metric
        self.weighsDistance = weighsDistance
        pointCount = count
    }

    /// Numbers of an answer.
    public var outputWidth: Int {
        switch targets {
        case .classes(_, let counts): counts.reduce(0, +)
        case .numbers(_, let width): width
        }
    }

    /// Asks the nearest; of equally near ones those that come first.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        let k = neighborCount
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * k) { distances in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: k) { nearest in
                find(row, distances, nearest)
                weigh(distances)
                say(nearest, distances, answer)
            }
        }
    }

    private func find(
        _ row: UnsafePointer<Double>,
        _ distances: UnsafeMutableBufferPointer<Double>,
        _ nearest: UnsafeMutableBufferPointer<Int>
    ) {
        var found = 0
        points.withUnsafeBufferPointer { points in
            guard let base = points.baseAddress else { return }
            for point in 0..<pointCount {
                let distance = distance(row, base + point * inputWidth)
                if found == neighborCount, !(distance < distances[found - 1]) { continue }
                var place = found < neighborCount ? found : found - 1
                while place > 0, distance < distances[place - 1] {
                    distances[place] = distances[place - 1]
                    nearest[place] = nearest[place - 1]
                    place -= 1
                }
                distances[place] = distance
                nearest[place] = point
                found = min(found + 1, neighborCount)
            }
        }
    }

    private func distance(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>) -> Double {
        var sum = 0.0
        switch metric {
        case .euclidean:
            for i in 0..<inputWidth { sum += (x[i] - y[i]) * (x[i] - y[i]) }
            return sum.squareRoot()
        case .manhattan: for i in 0..<inputWidth { sum += abs(x[i] - y[i]) }
        case .chebyshev: for i in 0..<inputWidth { sum = max(sum, abs(x[i] - y[i])) }
        case .minkowski(let p):
            for i in 0..<inputWidth { sum += Glibc.pow(abs(x[i] - y[i]), p) }
            return Glibc.pow(sum, 1 / p)
        }
        return sum
    }

    /// Turns distances into weights. Points at the very place of the row count alone.
    private func weigh(_ distances: UnsafeMutableBufferPointer<Double>) {
        let k = neighborCount
        guard weighsDistance else {
            for i in 0..<k { distances[i] = 1 }
            return
        }
        assert(k > 0, "no neighbour was found")
        let hasZero = distances[0] == 0
        for i in 0..<k { distances[i] = hasZero ? (distances[i] == 0 ? 1 : 0) : 1 / distances[i] }
    }

    private func say(
        _ nearest: UnsafeMutableBufferPointer<Int>,
        _ weights: UnsafeMutableBufferPointer<Double>,
        _ answer: UnsafeMutablePointer<Double>
    ) {
        answer.update(repeating: 0, count: outputWidth)
        switch targets {
        case .classes(let codes, let counts):
            var start = 0
            for (place, classes) in counts.enumerated() {
                for i in 0..<neighborCount {
                    answer[start + Int(codes[place][nearest[i]])] += weights[i]
                }
                var sum = 0.0
                for c in 0..<classes { sum += answer[start + c] }
                if sum == 0 { sum = 1 }
                for c in 0..<classes { answer[start + c] /= sum }
                start += classes
            }
        case .numbers(let numbers, let width):
            var sum = 0.0
            for i in 0..<neighborCount { sum += weights[i] }
            for column in 0..<width {
                var total = 0.0
                for i in 0..<neighborCount {
                    total += numbers[nearest[i] * width + column] * weights[i]
                }
                answer[column] = total / sum
            }
        }
    }
}
