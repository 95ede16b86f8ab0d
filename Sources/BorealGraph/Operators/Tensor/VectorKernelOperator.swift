/// How alike a row and vectors of the model are.
public enum KernelFunction: Equatable, Sendable {
    /// `x · v`
    case linear
    /// `(gamma x · v + shift) ^ degree`
    case polynomial(gamma: Double, shift: Double, degree: Double)
    /// `exp(-gamma |x - v|²)`
    case radial(gamma: Double)
    /// `tanh(gamma x · v + shift)`
    case sigmoid(gamma: Double, shift: Double)
}

/// Compares each row with all support vectors, in the precision of the input.
public struct VectorKernelOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "VectorKernel"
    /// Double or Float: `[depth]`.
    public let input: TensorID
    /// Same element: `[count]`.
    public let output: TensorID
    /// `[count][depth]`, of the input's element.
    public let vectors: TensorConstant
    /// How alike they are.
    public let function: KernelFunction
    private let depth: Int
    private let count: Int

    /// - Parameter depth: numbers of a row.
    public init(
        _ function: KernelFunction,
        input: TensorID,
        output: TensorID,
        vectors: TensorConstant,
        depth: Int
    ) {
        self.function = function
        self.input = input
        self.output = output
        self.vectors = vectors
        self.depth = depth
        count = depth > 0 ? vectors.count / depth : 0
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.width == depth, type.element == vectors.element,
            type.element == .double || type.element == .float, depth > 0,
            vectors.count == count * depth
        else { throw .invalidGraph(reason: "kernel over \(inputTypes)") }
        return [TensorType(type.element, [count])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        if vectors.element == .float {
            compare(rowCount, memory, Float.self)
        } else {
            compare(rowCount, memory, Double.self)
        }
    }

    /// All vectors with each row, in the order of the file.
    private func compare<Number: TranscendentalNumber>(
        _ rows: Int,
        _ memory: TensorMemory,
        _ type: Number.Type
    ) {
        let source = memory.elements(input, as: type)
        let target = memory.elements(output, as: type)
        let all = vectors.memory.assumingMemoryBound(to: type)
        for row in 0..<rows {
            let x = source + row * depth
            for index in 0..<count {
                let v = all + index * depth
                target[row * count + index] = value(x, v)
            }
        }
    }

    /// One kernel, added up feature by feature as ONNX Runtime does for the radial one.
    @inline(__always)
    private func value<Number: TranscendentalNumber>(
        _ x: UnsafeMutablePointer<Number>,
        _ v: UnsafeMutablePointer<Number>
    ) -> Number {
        if case .radial(let gamma) = function {
            var sum: Number = 0
            for k in 0..<depth {
                let difference = x[k] - v[k]
                sum += difference * difference
            }
            return Number.exponential(-Number(gamma) * sum)
        }
        var sum: Number = 0
        for k in 0..<depth { sum += x[k] * v[k] }
        switch function {
        case .linear, .radial: return sum
        case .sigmoid(let gamma, let shift):
            return Number.tangentHyperbolic(Number(gamma) * sum + Number(shift))
        case .polynomial(let gamma, let shift, let degree):
            let base = Number(gamma) * sum + Number(shift)
            if degree == 2 { return base * base }
            if degree == 3 { return base * base * base }
            return Number.power(base, Number(degree))
        }
    }
}
