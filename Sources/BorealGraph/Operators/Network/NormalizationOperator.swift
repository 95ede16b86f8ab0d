/// Gives runs of neighbouring numbers mean 0 and deviation 1: layer, group and instance
/// normalization before their scale and shift.
public struct NormalizationOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Normalization"
    /// Float or Double: a whole number of runs a row.
    public let input: TensorID
    /// Same type.
    public let output: TensorID
    /// Numbers of a run.
    public let count: Int
    /// Added to the mean of squares.
    public let epsilon: Double
    private let type: TensorType

    /// - Parameters:
    ///   - type: of the input.
    ///   - count: numbers of a run.
    /// - Throws: `GraphError.invalidGraph` when a row is no whole number of runs.
    public init(
        input: TensorID,
        output: TensorID,
        type: TensorType,
        count: Int,
        epsilon: Double
    ) throws(GraphError) {
        guard let width = type.width, count > 0, width % count == 0,
            type.element == .float || type.element == .double
        else { throw .invalidGraph(reason: "normalization of \(type) by \(count) numbers") }
        self.input = input
        self.output = output
        self.type = type
        self.count = count
        self.epsilon = epsilon
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard inputTypes == [type] else {
            throw .invalidGraph(reason: "normalization of \(inputTypes)")
        }
        return [type]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        if type.element == .float {
            normalize(rowCount, memory, Float.self)
        } else {
            normalize(rowCount, memory, Double.self)
        }
    }

    /// The mean, the mean of squares of what is left, the division: three passes over each run.
    private func normalize<Number: GraphNumber>(
        _ rows: Int,
        _ memory: TensorMemory,
        _ type: Number.Type
    ) {
        let runs = rows * ((self.type.width ?? 0) / count)
        for run in 0..<runs {
            let x = memory.elements(input, as: type) + run * count
            let y = memory.elements(output, as: type) + run * count
            let mean = sum(x) { $0 } / Number(count)
            for index in 0..<count { y[index] = x[index] - mean }
            let square = sum(y) { $0 * $0 } / Number(count)
            let factor = 1 / (square + Number(epsilon)).squareRoot()
            for index in 0..<count { y[index] *= factor }
        }
    }

    /// In four parts, so that additions do not wait for each other.
    @inline(__always)
    private func sum<Number: GraphNumber>(
        _ values: UnsafeMutablePointer<Number>,
        _ term: (Number) -> Number
    ) -> Number {
        var parts: (Number, Number, Number, Number) = (0, 0, 0, 0)
        let whole = count & ~3
        for index in stride(from: 0, to: whole, by: 4) {
            parts.0 += term(values[index])
            parts.1 += term(values[index + 1])
            parts.2 += term(values[index + 2])
            parts.3 += term(values[index + 3])
        }
        for index in whole..<count { parts.0 += term(values[index]) }
        return (parts.0 + parts.1) + (parts.2 + parts.3)
    }
}
