/// An operator that a `.boreal` file can hold.
///
/// A new kind that learners use conforms, in a file of this folder, and is entered in
/// `StoredOperators`.
public protocol StoredOperator: GraphOperator {
    /// Puts what the operator was made with into a record of its kind and tensors.
    func store(in record: inout OperatorRecord)

    /// The operator of a record, which may come from anywhere.
    ///
    /// - Throws: `GraphError` for whatever would not make a sound operator.
    static func restored(from record: RecordReader) throws(GraphError) -> Self
}

extension StoredOperator {
    /// The operator as a file keeps it.
    public var record: OperatorRecord {
        var record = OperatorRecord(kind: Self.kind, inputs: inputs, outputs: outputs)
        store(in: &record)
        return record
    }
}

/// All kinds that files can hold.
public enum StoredOperators {
    private static let types: [any StoredOperator.Type] = [
        ArgMaxOperator.self, BinaryProbabilityOperator.self, CastOperator.self,
        CodeTableOperator.self, ColumnsOperator.self, ConstantOperator.self,
        DistancesOperator.self, EmbeddingOperator.self, FactorizationOperator.self,
        FloatLinkOperator.self, IDCountsOperator.self, ImputeOperator.self, KernelOperator.self,
        LinearScoreOperator.self, ListNumbersOperator.self, MapOperator.self,
        MarkMissingOperator.self,
        MatrixProductOperator.self, MissingMarkOperator.self, NormalizeRowsOperator.self,
        PairwiseProbabilityOperator.self, PairwiseScoreOperator.self, RoundToFloatOperator.self,
        ScaleOperator.self, ScoreTransformOperator.self, SequenceEncoderOperator.self,
        SoftmaxOperator.self,
        ThresholdCodeOperator.self, TreeEnsembleOperator.self, TreeLeafOperator.self,
        VoteOperator.self, WeightedSumOperator.self,
    ]

    private static let byKind = Dictionary(uniqueKeysWithValues: types.map { ($0.kind, $0) })

    /// The records of a graph's operators, in order.
    ///
    /// - Throws: `GraphError.invalidGraph` that names the first kind which files cannot hold.
    public static func records(of graph: ModelGraph) throws(GraphError) -> [OperatorRecord] {
        try records(of: graph.operators)
    }

    /// The records of the operators that some tensors of a graph rest on, in order.
    ///
    /// - Throws: as `records(of:)`.
    static func records(
        of graph: ModelGraph,
        for tensors: [TensorID]
    ) throws(GraphError) -> [OperatorRecord] {
        try records(of: GraphSession.steps(of: graph, for: tensors))
    }

    private static func records(
        of operators: [any GraphOperator]
    ) throws(GraphError) -> [OperatorRecord] {
        var records: [OperatorRecord] = []
        for step in operators {
            guard let stored = step as? any StoredOperator else {
                throw .invalidGraph(reason: "no file holds the operator \(type(of: step).kind)")
            }
            records.append(stored.record)
        }
        return records
    }

    /// The operators of records, in order.
    ///
    /// - Parameter featureCount: inputs of the graph.
    /// - Throws: `GraphError.invalidGraph` for an unknown kind, and for records that do not make
    ///   sound operators.
    public static func restore(
        _ records: [OperatorRecord],
        featureCount: Int
    ) throws(GraphError) -> [any GraphOperator] {
        var types = [TensorType(.double, [featureCount])]
        var operators: [any GraphOperator] = []
        for record in records {
            let step = try restore(record, types: types, earlier: operators)
            types += try step.outputTypes(for: try inputTypes(of: record, among: types))
            operators.append(step)
        }
        return operators
    }

    /// The operator of a record that comes next.
    ///
    /// - Parameters:
    ///   - types: of the tensors so far.
    ///   - earlier: the operators so far.
    /// - Throws: as `restore(_:featureCount:)`.
    static func restore(
        _ record: OperatorRecord,
        types: [TensorType],
        earlier: [any GraphOperator]
    ) throws(GraphError) -> any GraphOperator {
        guard let kind = byKind[record.kind] else {
            throw .invalidGraph(reason: "no operator '\(record.kind)'")
        }
        let reader = RecordReader(
            record: record,
            types: try inputTypes(of: record, among: types),
            earlier: earlier
        )
        let step = try kind.restored(from: reader)
        guard step.inputs == record.inputs, step.outputs == record.outputs,
            step.outputs.map(\.index) == Array(types.count..<types.count + step.outputs.count)
        else { throw reader.damaged("its tensors are out of order") }
        return step
    }

    private static func inputTypes(
        of record: OperatorRecord,
        among types: [TensorType]
    ) throws(GraphError) -> [TensorType] {
        var found: [TensorType] = []
        for tensor in record.inputs {
            guard types.indices.contains(tensor.index) else {
                throw .invalidGraph(
                    reason: "\(record.kind): it reads tensor \(tensor.index), which nobody made"
                )
            }
            found.append(types[tensor.index])
        }
        return found
    }
}
