/// Computes what does not depend on rows, while a graph is being built.
public enum ConstantFolding {
    /// Bytes of all tensors of one computation.
    private static let bytesMax = 256 << 20

    /// The answer of operators that read nothing but each other and constants.
    ///
    /// - Parameters:
    ///   - types: of all tensors by their position.
    ///   - wanted: the tensor to answer.
    /// - Throws: `GraphError.tooLarge`, `.invalidGraph` when something else is read.
    public static func evaluate(
        _ operators: [any GraphOperator],
        types: [TensorType],
        wanted: [TensorID]
    ) throws(GraphError) -> [TensorConstant] {
        let made = operators.flatMap(\.outputs)
        let known = Set(made)
        guard operators.allSatisfy({ known.isSuperset(of: $0.inputs) }),
            known.isSuperset(of: wanted)
        else { throw .invalidGraph(reason: "a constant depends on rows") }
        var total = 0
        for tensor in made {
            total += types[tensor.index].bytes + 16
            guard total <= bytesMax else {
                throw .tooLarge(what: "bytes of constants", limit: bytesMax)
            }
        }
        let pointers =
            UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: types.count)
        pointers.initialize(repeating: nil, count: types.count)
        defer {
            for tensor in made { pointers[tensor.index]?.deallocate() }
            pointers.deallocate()
        }
        for tensor in made {
            pointers[tensor.index] = .allocate(
                byteCount: types[tensor.index].bytes + 16,
                alignment: 16
            )
        }
        let memory = TensorMemory(pointers: pointers)
        for step in operators { step.run(rowCount: 1, memory: memory) }
        return wanted.compactMap { tensor in
            let type = types[tensor.index]
            return pointers[tensor.index].map {
                TensorConstant(copying: $0, element: type.element, count: type.width ?? 0)
            }
        }
    }
}

extension TensorType {
    /// Bytes of one row.
    fileprivate var bytes: Int { (width ?? 0) * element.byteCount }
}
