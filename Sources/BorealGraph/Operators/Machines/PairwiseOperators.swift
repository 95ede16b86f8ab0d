import Glibc

/// Scores of classes out of decisions between each two of them, in the order (0, 1), (0, 2), ...
public struct PairwiseScoreOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "PairwiseScore"

    /// How decisions are counted.
    public enum Rule: String, Equatable, Sendable {
        /// A vote for the first class of a pair when its number is positive, else for the second.
        case votes
        /// scikit-learn's one-versus-rest scores: votes, and sums of confidences to tell equal
        /// votes apart. Numbers above zero speak for the second class of a pair; a vote follows
        /// the second tensor where there is one.
        case confidences
    }

    /// Numbers of the pairs, and perhaps the choices of the pairs, 0 or 1.
    public let inputs: [TensorID]
    /// `[classCount]`
    public let output: TensorID
    /// Classes.
    public let classCount: Int
    /// How decisions are counted.
    public let rule: Rule

    /// - Parameters: see the stored properties.
    public init(inputs: [TensorID], output: TensorID, classCount: Int, rule: Rule) {
        self.inputs = inputs
        self.output = output
        self.classCount = classCount
        self.rule = rule
    }

    /// What it writes.
    public var outputs: [TensorID] { [output] }

    private var pairCount: Int { classCount * (classCount - 1) / 2 }

    /// Checks the inputs and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard (1...2).contains(inputTypes.count), classCount > 1, classCount < 1 << 16,
            inputTypes.allSatisfy({ $0.element == .double && $0.width == pairCount })
        else { throw .invalidGraph(reason: "scores of pairs over \(inputTypes)") }
        return [TensorType(.double, [classCount])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(inputs[0], as: Double.self)
        let choices = memory.elements(inputs[inputs.count - 1], as: Double.self)
        let target = memory.elements(output, as: Double.self)
        for row in 0..<rowCount {
            let numbers = source + row * pairCount
            let scores = target + row * classCount
            if rule == .votes {
                vote(numbers, scores)
            } else {
                score(numbers, choices + row * pairCount, scores)
            }
        }
    }

    private func vote(
        _ numbers: UnsafeMutablePointer<Double>,
        _ scores: UnsafeMutablePointer<Double>
    ) {
        scores.update(repeating: 0, count: classCount)
        var pair = 0
        for i in 0..<classCount {
            for j in i + 1..<max(classCount, i + 1) {
                scores[numbers[pair] > 0 ? i : j] += 1
                pair += 1
            }
        }
    }

    private func score(
        _ numbers: UnsafeMutablePointer<Double>,
        _ choices: UnsafeMutablePointer<Double>,
        _ scores: UnsafeMutablePointer<Double>
    ) {
        scores.update(repeating: 0, count: classCount)
        var pair = 0
        for i in 0..<classCount {
            for j in i + 1..<max(classCount, i + 1) {
                scores[i] -= numbers[pair]
                scores[j] += numbers[pair]
                pair += 1
            }
        }
        for i in 0..<classCount { scores[i] = scores[i] / (3 * (abs(scores[i]) + 1)) }
        pair = 0
        for i in 0..<classCount {
            for j in i + 1..<max(classCount, i + 1) {
                scores[choices[pair] > 0 ? j : i] += 1
                pair += 1
            }
        }
    }
}

/// Probabilities of classes out of decisions between each two of them: Platt's sigmoid for each
/// pair, coupled as libsvm does.
public struct PairwiseProbabilityOperator: RowOperator {
    /// The name in listings.
    public static let kind = "PairwiseProbability"
    /// Numbers of the pairs; above zero speaks for the first class.
    public let input: TensorID
    /// `[classCount]`
    public let output: TensorID
    /// Classes.
    public let classCount: Int
    /// Slope of each pair's sigmoid.
    public let slopes: [Double]
    /// Shift of each pair's sigmoid.
    public let shifts: [Double]

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when there are more or fewer than pairs of classes.
    public init(
        input: TensorID,
        output: TensorID,
        classCount: Int,
        slopes: [Double],
        shifts: [Double]
    ) throws(GraphError) {
        guard classCount > 1, classCount < 1 << 12,
            slopes.count == classCount * (classCount - 1) / 2, shifts.count == slopes.count
        else { throw .invalidGraph(reason: "\(slopes.count) sigmoids of pairs") }
        self.input = input
        self.output = output
        self.classCount = classCount
        self.slopes = slopes
        self.shifts = shifts
    }

    /// Pairs.
    public var inputWidth: Int { slopes.count }
    /// Classes.
    public var outputWidth: Int { classCount }

    /// Couples the pairs of one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        let k = classCount
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * k * k + k) { room in
            guard let r = room.baseAddress else { return }
            let least = 1e-7
            var pair = 0
            for i in 0..<k {
                r[i * k + i] = 0
                for j in i + 1..<max(k, i + 1) {
                    let p = sigmoid(row[pair] * slopes[pair] + shifts[pair])
                    let bounded = min(max(p, least), 1 - least)
                    r[i * k + j] = bounded
                    r[j * k + i] = 1 - bounded
                    pair += 1
                }
            }
            couple(r, matrix: r + k * k, products: r + 2 * k * k, into: answer)
        }
    }

    private func sigmoid(_ x: Double) -> Double {
        x >= 0 ? Glibc.exp(-x) / (1 + Glibc.exp(-x)) : 1 / (1 + Glibc.exp(x))
    }

    /// Method 2 of Wu, Lin and Weng, with libsvm's steps and its bound on them.
    private func couple(
        _ r: UnsafeMutablePointer<Double>,
        matrix q: UnsafeMutablePointer<Double>,
        products qp: UnsafeMutablePointer<Double>,
        into p: UnsafeMutablePointer<Double>
    ) {
        let k = classCount
        for t in 0..<k {
            p[t] = 1 / Double(k)
            q[t * k + t] = 0
            for j in 0..<t {
                q[t * k + t] += r[j * k + t] * r[j * k + t]
                q[t * k + j] = q[j * k + t]
            }
            for j in t + 1..<max(k, t + 1) {
                q[t * k + t] += r[j * k + t] * r[j * k + t]
                q[t * k + j] = -r[j * k + t] * r[t * k + j]
            }
        }
        for _ in 0..<max(100, k) {
            var total = 0.0
            for t in 0..<k {
                qp[t] = 0
                for j in 0..<k { qp[t] += q[t * k + j] * p[j] }
                total += p[t] * qp[t]
            }
            var worst = 0.0
            for t in 0..<k { worst = max(worst, abs(qp[t] - total)) }
            if worst < 0.005 / Double(k) { break }
            for t in 0..<k {
                let step = (-qp[t] + total) / q[t * k + t]
                p[t] += step
                total =
                    (total + step * (step * q[t * k + t] + 2 * qp[t])) / (1 + step) / (1 + step)
                for j in 0..<k {
                    qp[j] = (qp[j] + step * q[t * k + j]) / (1 + step)
                    p[j] /= 1 + step
                }
            }
        }
    }
}
