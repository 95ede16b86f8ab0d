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
        FloatLinkOperator.self, ImputeOperator.self, KernelOperator.self,
        LinearScoreOperator.self, MapOperator.self, MarkMissingOperator.self,
        MatrixProductOperator.self, MissingMarkOperator.self, NormalizeRowsOperator.self,
        PairwiseProbabilityOperator.self, PairwiseScoreOperator.self, RoundToFloatOperator.self,
        ScaleOperator.self, ScoreTransformOperator.self, SoftmaxOperator.self,
        ThresholdCodeOperator.self, TreeEnsembleOperator.self, TreeLeafOperator.self,
        VoteOperator.self, WeightedSumOperator.self,
    ]

    private static let byKind = Dictionary(uniqueKeysWithValues: types.map { ($0.kind, $0) })

    /// The records of a graph's operators, in order.
    ///
    /// - Throws: `GraphError.invalidGraph` that names the first kind which files cannot hold.
    public static func records(of graph: ModelGraph) throws(GraphError) -> [OperatorRecord] {
        var records: [OperatorRecord] = []
        for step in graph.operators {
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
            guard let kind = byKind[record.kind] else {
                throw .invalidGraph(reason: "no operator '\(record.kind)'")
            }
            let reader = RecordReader(
                record: record,
                types: try inputTypes(of: record, among: types),
                earlier: operators
            )
            let step = try kind.restored(from: reader)
            guard step.inputs == record.inputs, step.outputs == record.outputs,
                step.outputs.map(\.index) == Array(types.count..<types.count + step.outputs.count)
            else { throw reader.damaged("its tensors are out of order") }
            types += try step.outputTypes(for: reader.types)
            operators.append(step)
        }
        return operators
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
