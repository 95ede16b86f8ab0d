public import BorealBoost

/// Hands out the tensors of a graph in the making and knows their types.
///
/// An importer adds operators one by one; each is told the tensor it writes. What does not fit is
/// found where it is added, not when all is done.
public struct GraphBuilder {
    /// In the order in which they run.
    public private(set) var operators: [any GraphOperator] = []
    /// Type of every tensor; the first is the matrix of features.
    public private(set) var types: [TensorType]

    /// A graph over so many features, with no operator yet.
    public init(featureCount: Int) { types = [TensorType(.double, [featureCount])] }

    /// Type of a tensor that was handed out.
    public func type(of tensor: TensorID) -> TensorType {
        precondition(types.indices.contains(tensor.index), "a tensor that nobody handed out")
        return types[tensor.index]
    }

    /// Elements of a row of a tensor.
    public func width(of tensor: TensorID) -> Int { types[tensor.index].width ?? 0 }

    /// Adds an operator that writes one tensor.
    ///
    /// - Parameter make: is given the tensor to write.
    /// - Throws: `GraphError.invalidGraph` when its inputs are not of the types it takes.
    public mutating func add(
        _ make: (TensorID) throws(GraphError) -> any GraphOperator
    ) throws(GraphError) -> TensorID {
        let tensor = TensorID(types.count)
        try append(try make(tensor))
        return tensor
    }

    /// Adds an operator that writes `count` tensors, one behind the other.
    ///
    /// - Throws: as `add`.
    public mutating func add(
        count: Int,
        _ make: ([TensorID]) throws(GraphError) -> any GraphOperator
    ) throws(GraphError) -> [TensorID] {
        let tensors = (0..<count).map { TensorID(types.count + $0) }
        try append(try make(tensors))
        return tensors
    }

    private mutating func append(_ step: any GraphOperator) throws(GraphError) {
        var inputTypes: [TensorType] = []
        for tensor in step.inputs {
            guard types.indices.contains(tensor.index) else {
                throw .invalidGraph(reason: "\(type(of: step).kind) reads what nobody made")
            }
            inputTypes.append(types[tensor.index])
        }
        types += try step.outputTypes(for: inputTypes)
        operators.append(step)
    }

    private func type(of step: any GraphOperator) -> any GraphOperator.Type {
        Swift.type(of: step)
    }
}

// MARK: - Steps that many models take

extension GraphBuilder {
    /// Some columns of a tensor, in the order given.
    ///
    /// - Throws: `GraphError.invalidGraph`.
    public mutating func columns(
        _ columns: [Int],
        of tensor: TensorID
    ) throws(GraphError) -> TensorID {
        let type = type(of: tensor)
        if columns == Array(0..<(type.width ?? 0)), type.innerShape.count == 1 { return tensor }
        return try add { ColumnsOperator(columns, of: tensor, type: type, output: $0) }
    }

    /// All columns of all tensors side by side.
    ///
    /// - Throws: `GraphError.invalidGraph`.
    public mutating func join(_ tensors: [TensorID]) throws(GraphError) -> TensorID {
        if tensors.count == 1, let only = tensors.first { return only }
        let types = tensors.map { type(of: $0) }
        return try add { ColumnsOperator(joining: tensors, types: types, output: $0) }
    }

    /// Applies a function to every number.
    ///
    /// - Throws: `GraphError.invalidGraph`.
    public mutating func map(
        _ tensor: TensorID,
        _ function: NumberFunction
    ) throws(GraphError) -> TensorID {
        let type = type(of: tensor)
        return try add { MapOperator(input: tensor, output: $0, type: type, function: function) }
    }

    /// Shifts and scales.
    ///
    /// - Throws: `GraphError.invalidGraph`.
    public mutating func scale(
        _ tensor: TensorID,
        shift: [Double] = [],
        factor: [Double] = [],
        _ form: ScaleOperator.Form
    ) throws(GraphError) -> TensorID {
        let type = type(of: tensor)
        return try add { output throws(GraphError) in
            try ScaleOperator(
                input: tensor,
                output: output,
                type: type,
                shift: shift,
                factor: factor,
                form: form
            )
        }
    }

    /// Rows times a matrix, plus a row.
    ///
    /// - Parameter weights: `[width][depth]`.
    /// - Throws: `GraphError.invalidGraph`.
    public mutating func product(
        _ tensor: TensorID,
        weights: [Double],
        bias: [Double],
        width: Int
    ) throws(GraphError) -> TensorID {
        let type = type(of: tensor)
        return try add { output throws(GraphError) in
            try MatrixProductOperator(
                input: tensor,
                output: output,
                type: type,
                weights: weights,
                bias: bias,
                width: width
            )
        }
    }

    /// Turns scores into answers by a link.
    ///
    /// - Throws: `GraphError.invalidGraph`.
    public mutating func link(
        _ tensor: TensorID,
        _ link: ScoreLink,
        divisor: Double? = nil
    ) throws(GraphError) -> TensorID {
        let width = width(of: tensor)
        return try add {
            ScoreTransformOperator(
                input: tensor,
                output: $0,
                width: width,
                link: link,
                divisor: divisor
            )
        }
    }

    /// The position of the greatest number of each row, as a code.
    ///
    /// - Throws: `GraphError.invalidGraph`.
    public mutating func greatest(_ tensor: TensorID) throws(GraphError) -> TensorID {
        let type = type(of: tensor)
        return try add {
            ArgMaxOperator(input: tensor, output: $0, width: type.width ?? 0, element: type.element)
        }
    }

    /// Numbers rounded to 32 bits.
    ///
    /// - Throws: `GraphError.invalidGraph`.
    public mutating func roundedToFloat(_ tensor: TensorID) throws(GraphError) -> TensorID {
        let width = width(of: tensor)
        return try add { RoundToFloatOperator(input: tensor, output: $0, width: width) }
    }

    /// The sums of an ensemble, and the operator that makes them.
    ///
    /// - Throws: `GraphError.damagedEnsemble`, `GraphError.invalidGraph`.
    public mutating func trees(
        _ ensemble: TreeEnsemble,
        over tensor: TensorID
    ) throws(GraphError) -> (sums: TensorID, step: TreeEnsembleOperator) {
        let output = TensorID(types.count)
        let step = try TreeEnsembleOperator(ensemble, input: tensor, output: output)
        try append(step)
        return (output, step)
    }

    /// `[1 - p, p]`.
    ///
    /// - Throws: `GraphError.invalidGraph`.
    public mutating func bothClasses(_ tensor: TensorID) throws(GraphError) -> TensorID {
        try add { BinaryProbabilityOperator(input: tensor, output: $0) }
    }
}
