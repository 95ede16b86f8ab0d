/// Probabilities of classes out of decisions between all pairs of them: Platt's sigmoid for each
/// pair, then the second method of Wu, Lin and Weng, "Probability Estimates for Multi-class
/// Classification by Pairwise Coupling", in Float as ONNX Runtime has it.
public struct PairCouplingOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "PairCoupling"
    /// Float: one a pair of classes.
    public let input: TensorID
    /// Float: one a class.
    public let output: TensorID
    /// Slopes of the sigmoids, one a pair.
    public let slopes: [Float]
    /// Shifts of the sigmoids, one a pair.
    public let shifts: [Float]
    private let classCount: Int

    /// - Parameter classCount: classes, at least 2.
    public init(
        input: TensorID,
        output: TensorID,
        slopes: [Float],
        shifts: [Float],
        classCount: Int
    ) {
        self.input = input
        self.output = output
        self.slopes = slopes
        self.shifts = shifts
        self.classCount = classCount
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    private var pairCount: Int { classCount * (classCount - 1) / 2 }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .float, classCount >= 2,
            classCount <= 4_096, type.width == pairCount, slopes.count >= pairCount,
            shifts.count >= pairCount
        else { throw .invalidGraph(reason: "pair coupling over \(inputTypes)") }
        return [TensorType(.float, [classCount])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Float.self)
        let target = memory.elements(output, as: Float.self)
        let size = classCount * classCount
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * size + classCount) { scratch in
            // At least two classes were asked for, so there is memory.
            guard let base = scratch.baseAddress else { return }
            let (r, q, qp) = (base, base + size, base + 2 * size)
            for row in 0..<rowCount {
                compare(source + row * pairCount, r)
                couple(r, q, qp, target + row * classCount)
            }
        }
    }

    /// `r[i][j]`: how probable `i` is when it is either `i` or `j`.
    private func compare(_ decisions: UnsafeMutablePointer<Float>, _ r: UnsafeMutablePointer<Float>)
    {
        var pair = 0
        for i in 0..<classCount {
            for j in i + 1..<max(i + 1, classCount) {
                let score = decisions[pair] * slopes[pair] + shifts[pair]
                let bounded = min(max(1 - ScoreFunction.logistic(score), 1.0e-7), 1 - 1.0e-7)
                r[i * classCount + j] = bounded
                r[j * classCount + i] = 1 - bounded
                pair += 1
            }
        }
    }

    /// Minimizes the quadratic form `Q` of the paper (equation 18) by its algorithm 2: at most 100
    /// rounds, until all parts of `Q p` are nearly `p' Q p`.
    private func couple(
        _ r: UnsafeMutablePointer<Float>,
        _ q: UnsafeMutablePointer<Float>,
        _ qp: UnsafeMutablePointer<Float>,
        _ p: UnsafeMutablePointer<Float>
    ) {
        let n = classCount
        let epsilon = 0.005 / Float(n)
        for i in 0..<n {
            p[i] = 1 / Float(n)
            q[i * n + i] = 0
            for j in 0..<n where j != i {
                q[i * n + i] += r[j * n + i] * r[j * n + i]
                q[i * n + j] = j < i ? q[j * n + i] : -r[j * n + i] * r[i * n + j]
            }
        }
        for _ in 0..<100 {
            var pqp: Float = 0
            for i in 0..<n {
                qp[i] = 0
                for j in 0..<n { qp[i] += q[i * n + j] * p[j] }
                pqp += p[i] * qp[i]
            }
            var worst: Float = 0
            for i in 0..<n { worst = max(worst, (qp[i] - pqp).magnitude) }
            if worst < epsilon { return }
            for i in 0..<n {
                let step = (-qp[i] + pqp) / q[i * n + i]
                p[i] += step
                pqp =
                    (pqp + step * (step * q[i * n + i] + 2 * qp[i])) / (1 + step) / (1 + step)
                for j in 0..<n {
                    qp[j] = (qp[j] + step * q[i * n + j]) / (1 + step)
                    p[j] /= 1 + step
                }
            }
        }
    }
}
