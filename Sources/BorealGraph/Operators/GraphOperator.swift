/// One step of a graph: reads tensors, writes tensors, for any number of rows.
///
/// An operator is a value made once when a model is built; a new kind is a new file with a new type
/// and touches no other. `run` is on the path of one-row answers and does not allocate.
public protocol GraphOperator: Sendable {
    /// The kind's name, as inspection prints it.
    static var kind: String { get }
    /// Tensors read, all written by earlier operators or bound.
    var inputs: [TensorID] { get }
    /// Tensors written, each by this operator alone.
    var outputs: [TensorID] { get }
    /// Bytes that a row takes while it is worked on, beside the tensors; 0 for nearly all kinds.
    var rowScratchBytes: Int { get }

    /// The types of `outputs`, given those of `inputs`.
    ///
    /// - Throws: `GraphError.invalidGraph` when the operator cannot work on such inputs.
    func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType]

    /// Fills the outputs for rows `0 ..< rowCount`.
    func run(rowCount: Int, memory: TensorMemory)
}

extension GraphOperator {
    /// Nothing.
    public var rowScratchBytes: Int { 0 }
}

/// An operator of one input and one output of the same type whose every column is made of the same
/// column of the input alone: what is explained behind it is explained before it.
public protocol ColumnwiseOperator: GraphOperator {}
