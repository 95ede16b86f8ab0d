// Parts of networks: how files keep them.

extension EmbeddingOperator: StoredOperator {
    /// What it was made with; categories have a count, numbers a mean and a deviation instead.
    public func store(in record: inout OperatorRecord) {
        var (counts, means, deviations) = ([Int64](), [Double](), [Double]())
        for column in columns {
            switch column {
            case .category(_, let count):
                counts.append(Int64(count))
                means.append(0)
                deviations.append(0)
            case .number(_, let mean, let deviation):
                counts.append(-1)
                means.append(mean)
                deviations.append(deviation)
            }
        }
        record["width"] = .integer(Int64(width))
        record["firsts"] = .longs(columns.map { Int64($0.first) })
        record["counts"] = .longs(counts)
        record["means"] = .doubles(means)
        record["deviations"] = .doubles(deviations)
        record["table"] = .floats(table.doubles.map { Float($0) })
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        let (firsts, counts) = (try record.longs("firsts"), try record.longs("counts"))
        let (means, deviations) = (try record.doubles("means"), try record.doubles("deviations"))
        guard [counts.count, means.count, deviations.count].allSatisfy({ $0 == firsts.count })
        else { throw record.damaged("\(firsts.count) columns") }
        let columns = firsts.indices.map { index -> EmbeddingColumn in
            let first = Int(firsts[index])
            return counts[index] < 0
                ? .number(first: first, mean: means[index], deviation: deviations[index])
                : .category(first: first, count: Int(counts[index]))
        }
        return try EmbeddingOperator(
            input: record.input(),
            output: record.output(),
            columns: columns,
            table: TensorConstant(record.floats("table")),
            width: record.integer("width", in: 1...Int(Int32.max))
        )
    }
}

extension FactorizationOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["fields"] = .integer(Int64(fields))
        record["width"] = .integer(Int64(width))
        record["bias"] = .floats([bias])
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        let bias = try record.floats("bias")
        guard record.inputs.count == 2, bias.count == 1 else {
            throw record.damaged("\(record.inputs.count) inputs, \(bias.count) biases")
        }
        return try FactorizationOperator(
            linear: record.inputs[0],
            vectors: record.inputs[1],
            output: record.output(),
            fields: record.integer("fields", in: 0...Int(Int32.max)),
            width: record.integer("width", in: 0...Int(Int32.max)),
            bias: bias[0]
        )
    }
}
