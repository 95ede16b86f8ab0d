import BorealGraph

/// A trained support vector machine in the making of its graph: support vectors, and for each
/// answer what each of them counts.
struct MachineGraph {
    /// One answer of the machine: for regression the only one, for classes one a pair.
    struct Answer {
        /// Rows of the table with their coefficients, none of which is zero.
        var coefficients: [(row: Int, value: Double)]
        var bias: Double
    }

    let table: MachineTable
    /// `[answers]`
    let answers: [Answer]

    /// Adds the answers: a product for the linear kernel, else sums of kernel values.
    ///
    /// - Returns: `[answers]`
    /// - Throws: `GraphError.invalidGraph`.
    func add(to builder: inout GraphBuilder) throws(GraphError) -> TensorID {
        table.kernel.name == .linear ? try linear(&builder) : try kernels(&builder)
    }

    private func linear(_ builder: inout GraphBuilder) throws(GraphError) -> TensorID {
        var weights: [Double] = []
        for answer in answers {
            var sums = [Double](repeating: 0, count: table.width)
            for (row, value) in answer.coefficients {
                for (feature, number) in table.row(row).enumerated() {
                    sums[feature] += value * number
                }
            }
            weights += sums
        }
        return try builder.product(
            .features,
            weights: weights,
            bias: answers.map(\.bias),
            width: answers.count
        )
    }

    private func kernels(_ builder: inout GraphBuilder) throws(GraphError) -> TensorID {
        let rows = Set(answers.flatMap { $0.coefficients.map(\.row) }).sorted()
        var places: [Int: Int] = [:]
        for (place, row) in rows.enumerated() { places[row] = place }
        let sums = answers.map { answer in
            runs(answer.coefficients.map { (places[$0.row] ?? 0, $0.value) })
        }
        let vectors = rows.flatMap { table.row($0) }
        return try builder.add { output throws(GraphError) in
            try KernelOperator(
                input: .features,
                output: output,
                inputWidth: table.width,
                vectors: vectors,
                kernel: table.kernel.kernel,
                sums: sums,
                bias: answers.map(\.bias)
            )
        }
    }

    /// Neighbouring vectors as one term.
    private func runs(_ coefficients: [(place: Int, value: Double)]) -> [KernelOperator.Term] {
        var terms: [KernelOperator.Term] = []
        for (place, value) in coefficients.sorted(by: { $0.place < $1.place }) {
            if let last = terms.last, last.first + last.coefficients.count == place {
                terms[terms.count - 1].coefficients.append(value)
            } else {
                terms.append(.init(first: place, coefficients: [value]))
            }
        }
        return terms
    }

    /// Different rows that count in any answer.
    var vectorCount: Int { Set(answers.flatMap { $0.coefficients.map(\.row) }).count }
}

extension SequentialOptimizer.Solution {
    /// The answer of a machine that was trained on some rows of a table.
    func answer(_ rows: [Int]) -> MachineGraph.Answer {
        MachineGraph.Answer(
            coefficients: zip(rows, coefficients).filter { $0.1 != 0 }.map { (row: $0, value: $1) },
            bias: bias
        )
    }
}
