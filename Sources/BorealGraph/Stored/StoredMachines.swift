// Machines of points and kernels: how files keep them.

extension DistancesOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["points"] = .doubles(points)
        record["metric"] = .text(metric.rawValue)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try DistancesOperator(
            input: record.input(),
            output: record.output(),
            inputWidth: record.width(),
            points: record.doubles("points"),
            metric: record.word("metric")
        )
    }
}

extension KernelOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        switch kernel {
        case .linear: record["kernel"] = .text("linear")
        case .radial(let gamma):
            record["kernel"] = .text("rbf")
            record["gamma"] = .number(gamma)
        case .polynomial(let gamma, let coefficient, let degree):
            record["kernel"] = .text("poly")
            record["gamma"] = .number(gamma)
            record["coef0"] = .number(coefficient)
            record["degree"] = .integer(Int64(degree))
        case .sigmoid(let gamma, let coefficient):
            record["kernel"] = .text("sigmoid")
            record["gamma"] = .number(gamma)
            record["coef0"] = .number(coefficient)
        }
        record["vectors"] = .doubles(vectors)
        record["bias"] = .doubles(bias)
        record["term_counts"] = .integers(sums.map { Int32($0.count) })
        let terms = sums.flatMap(\.self)
        record["firsts"] = .integers(terms.map { Int32($0.first) })
        record["lengths"] = .integers(terms.map { Int32($0.coefficients.count) })
        record["coefficients"] = .doubles(terms.flatMap(\.coefficients))
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try KernelOperator(
            input: record.input(),
            output: record.output(),
            inputWidth: record.width(),
            vectors: record.doubles("vectors"),
            kernel: kernel(of: record),
            sums: sums(of: record),
            bias: record.doubles("bias")
        )
    }

    private static func kernel(of record: RecordReader) throws(GraphError) -> Kernel {
        switch record["kernel"] {
        case .text("linear")?: .linear
        case .text("rbf")?: .radial(gamma: try record.number("gamma"))
        case .text("poly")?:
            .polynomial(
                gamma: try record.number("gamma"),
                coefficient: try record.number("coef0"),
                degree: try record.integer("degree", in: 0...1_000)
            )
        case .text("sigmoid")?:
            .sigmoid(
                gamma: try record.number("gamma"),
                coefficient: try record.number("coef0")
            )
        default: throw record.damaged("an unknown kernel")
        }
    }

    private static func sums(of record: RecordReader) throws(GraphError) -> [[Term]] {
        let firsts = try record.integers("firsts")
        let lengths = try record.integers("lengths")
        let coefficients = try record.doubles("coefficients")
        guard firsts.count == lengths.count else { throw record.damaged("terms without lengths") }
        var (sums, term, place): ([[Term]], Int, Int) = ([], 0, 0)
        for count in try record.integers("term_counts") {
            guard count >= 0, Int(count) <= firsts.count - term else {
                throw record.damaged("sums end early")
            }
            var terms: [Term] = []
            for index in term..<term + Int(count) {
                let length = Int(lengths[index])
                guard length >= 0, length <= coefficients.count - place else {
                    throw record.damaged("coefficients end early")
                }
                let range = place..<place + length
                let list = Array(coefficients[range])
                terms.append(Term(first: Int(firsts[index]), coefficients: list))
                place += length
            }
            sums.append(terms)
            term += Int(count)
        }
        return sums
    }
}
