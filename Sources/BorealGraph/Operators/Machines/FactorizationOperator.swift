import CKernels

/// A factorization machine over features that are vectors already: bias, the sum of the linear
/// terms, and the products of all pairs of vectors (Rendle 2010, equation 1 by lemma 3.1).
public struct FactorizationOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Factorization"
    /// Float: `[fields]`, the linear term of each feature.
    public let linear: TensorID
    /// Float: `[fields * width]`, the vectors.
    public let vectors: TensorID
    /// Float, one a row.
    public let output: TensorID
    /// Features.
    public let fields: Int
    /// Numbers of a vector.
    public let width: Int
    /// What every row's sum starts from.
    public let bias: Float

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` for counts that no row has.
    public init(
        linear: TensorID,
        vectors: TensorID,
        output: TensorID,
        fields: Int,
        width: Int,
        bias: Float
    ) throws(GraphError) {
        guard fields >= 0, width >= 0, fields <= Int(Int32.max), width <= Int(Int32.max) else {
            throw .invalidGraph(reason: "\(fields) vectors of \(width) numbers")
        }
        self.linear = linear
        self.vectors = vectors
        self.output = output
        self.fields = fields
        self.width = width
        self.bias = bias
    }

    /// What it reads.
    public var inputs: [TensorID] { [linear, vectors] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the inputs and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        let (count, overflow) = fields.multipliedReportingOverflow(by: width)
        guard inputTypes.count == 2, !overflow,
            inputTypes.allSatisfy({ $0.element == .float }),
            inputTypes[0].width == fields, inputTypes[1].width == count
        else { throw .invalidGraph(reason: "a factorization machine over \(inputTypes)") }
        return [TensorType(.float)]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        var machine = boreal_factorization()
        machine.vectors = UnsafePointer(memory.elements(vectors, as: Float.self))
        machine.vector_stride = fields * width
        machine.linear = UnsafePointer(memory.elements(linear, as: Float.self))
        machine.linear_stride = fields
        machine.out = memory.elements(output, as: Float.self)
        machine.out_stride = 1
        machine.rows = Int64(rowCount)
        machine.fields = Int32(fields)
        machine.width = Int32(width)
        machine.bias = bias
        boreal_factorize(&machine)
    }
}
