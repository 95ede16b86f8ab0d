import Glibc

/// Weighted sums of kernel functions between a row and the vectors of a support vector machine.
public struct KernelOperator: RowOperator {
    /// The name in listings.
    public static let kind = "Kernel"

    /// How near a row is to a vector.
    public enum Kernel: Equatable, Sendable {
        case linear
        case polynomial(gamma: Double, coefficient: Double, degree: Int)
        case radial(gamma: Double)
        case sigmoid(gamma: Double, coefficient: Double)
    }

    /// A run of neighbouring vectors and what each counts.
    public struct Term: Equatable, Sendable {
        /// The first vector.
        public var first: Int
        /// One for each vector of the run.
        public var coefficients: [Double]

        /// - Parameters: see the stored properties.
        public init(first: Int, coefficients: [Double]) {
            self.first = first
            self.coefficients = coefficients
        }
    }

    /// `[inputWidth]`
    public let input: TensorID
    /// `[sums.count]`
    public let output: TensorID
    /// Numbers of a row and of a vector.
    public let inputWidth: Int
    /// `[vectorCount * inputWidth]`
    public let vectors: [Double]
    /// The function.
    public let kernel: Kernel
    /// What is added up for each answer, in this order.
    public let sums: [[Term]]
    /// What is added last; one for each answer.
    public let bias: [Double]
    private let vectorCount: Int

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when the lengths do not fit.
    public init(
        input: TensorID,
        output: TensorID,
        inputWidth: Int,
        vectors: [Double],
        kernel: Kernel,
        sums: [[Term]],
        bias: [Double]
    ) throws(GraphError) {
        let count = inputWidth > 0 ? vectors.count / inputWidth : 0
        guard vectors.count == count * inputWidth, bias.count == sums.count,
            sums.allSatisfy({
                $0.allSatisfy { $0.first >= 0 && $0.first <= count - $0.coefficients.count }
            })
        else { throw .invalidGraph(reason: "a kernel machine of \(vectors.count) numbers") }
        self.input = input
        self.output = output
        self.inputWidth = inputWidth
        self.vectors = vectors
        self.kernel = kernel
        self.sums = sums
        self.bias = bias
        vectorCount = count
    }

    /// Answers of a row.
    public var outputWidth: Int { sums.count }

    /// Every kernel value is computed once.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, vectorCount)) { values in
            vectors.withUnsafeBufferPointer { vectors in
                for index in 0..<vectorCount {
                    guard let base = vectors.baseAddress else { return }
                    values[index] = value(row, base + index * inputWidth)
                }
            }
            for (place, terms) in sums.enumerated() {
                var sum = 0.0
                for term in terms {
                    for (offset, coefficient) in term.coefficients.enumerated() {
                        sum += coefficient * values[term.first + offset]
                    }
                }
                answer[place] = sum + bias[place]
            }
        }
    }

    private func value(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>) -> Double {
        if case .radial(let gamma) = kernel {
            var sum = 0.0
            for i in 0..<inputWidth {
                let difference = x[i] - y[i]
                sum += difference * difference
            }
            return Glibc.exp(-gamma * sum)
        }
        var dot = 0.0
        for i in 0..<inputWidth { dot += x[i] * y[i] }
        switch kernel {
        case .linear, .radial: return dot
        case .polynomial(let gamma, let coefficient, let degree):
            return Self.power(gamma * dot + coefficient, degree)
        case .sigmoid(let gamma, let coefficient):
            return Glibc.tanh(gamma * dot + coefficient)
        }
    }

    /// libsvm's power of a whole exponent.
    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var factor = base
        var result = 1.0
        var rest = exponent
        while rest > 0 {
            if rest % 2 == 1 { result *= factor }
            factor *= factor
            rest /= 2
        }
        return result
    }
}
