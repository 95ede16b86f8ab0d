/// The decisions of a support vector machine between all pairs of classes, and the votes for each
/// class, as ONNX Runtime adds them: kernels in Float, sums in Double.
public struct PairMachineOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "PairMachine"
    /// Float: one a support vector, those of a class next to each other.
    public let kernels: TensorID
    /// Float: one a pair of classes, (0, 1), (0, 2) ... (1, 2) ...
    public let decisions: TensorID
    /// Int64: the class with most votes, the first of equals.
    public let winner: TensorID
    /// `[classes - 1][vectors]`.
    public let coefficients: [Float]
    /// One a pair.
    public let shifts: [Float]
    /// Support vectors of each class.
    public let vectorCounts: [Int]
    private let starts: [Int]
    private let total: Int

    /// - Parameters: see the stored properties; counts are not negative.
    public init(
        kernels: TensorID,
        decisions: TensorID,
        winner: TensorID,
        coefficients: [Float],
        shifts: [Float],
        vectorCounts: [Int]
    ) {
        assert(vectorCounts.allSatisfy { $0 >= 0 }, "counts of vectors")
        self.kernels = kernels
        self.decisions = decisions
        self.winner = winner
        self.coefficients = coefficients
        self.shifts = shifts
        self.vectorCounts = vectorCounts
        var starts: [Int] = []
        var total = 0
        for count in vectorCounts {
            starts.append(total)
            total += count
        }
        self.starts = starts
        self.total = total
    }

    /// What it reads.
    public var inputs: [TensorID] { [kernels] }
    /// What it writes.
    public var outputs: [TensorID] { [decisions, winner] }

    private var classCount: Int { vectorCounts.count }
    private var pairCount: Int { classCount * (classCount - 1) / 2 }

    /// Checks the input and answers the types of the outputs.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .float, type.width == total,
            classCount >= 2, coefficients.count >= (classCount - 1) * total,
            shifts.count >= pairCount
        else { throw .invalidGraph(reason: "pair machine over \(inputTypes)") }
        return [TensorType(.float, [pairCount]), TensorType(.int64, [1])]
    }

    /// Computes the outputs for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(kernels, as: Float.self)
        let target = memory.elements(decisions, as: Float.self)
        let winners = memory.elements(winner, as: Int64.self)
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: classCount) { votes in
            for row in 0..<rowCount {
                votes.initialize(repeating: 0)
                decide(source + row * total, target + row * pairCount, votes)
                var best = 0
                for k in 1..<classCount where votes[k] > votes[best] { best = k }
                winners[row] = Int64(best)
            }
        }
    }

    /// Products in Float, sums in Double: the order of ONNX Runtime, for the sake of its last bit.
    private func decide(
        _ kernels: UnsafeMutablePointer<Float>,
        _ decisions: UnsafeMutablePointer<Float>,
        _ votes: UnsafeMutableBufferPointer<Int32>
    ) {
        var pair = 0
        for i in 0..<classCount - 1 {
            for j in i + 1..<classCount {
                var sum = 0.0
                for vector in starts[i]..<starts[i] + vectorCounts[i] {
                    sum += Double(coefficients[(j - 1) * total + vector] * kernels[vector])
                }
                for vector in starts[j]..<starts[j] + vectorCounts[j] {
                    sum += Double(coefficients[i * total + vector] * kernels[vector])
                }
                sum += Double(shifts[pair])
                decisions[pair] = Float(sum)
                votes[sum > 0 ? i : j] += 1
                pair += 1
            }
        }
    }
}
