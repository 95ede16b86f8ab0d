// Scores to classes and probabilities: how files keep it.

extension ScoreTransformOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        switch link {
        case .identity: record["link"] = .text("identity")
        case .sigmoid(let scale):
            record["link"] = .text("sigmoid")
            record["scale"] = .number(scale)
        case .softmax: record["link"] = .text("softmax")
        case .exponential: record["link"] = .text("exp")
        case .signedSquare: record["link"] = .text("signed_square")
        case .softplus: record["link"] = .text("softplus")
        }
        if let divisor { record["divisor"] = .number(divisor) }
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        let link: ScoreLink
        switch record["link"] {
        case .text("identity")?: link = .identity
        case .text("sigmoid")?: link = .sigmoid(scale: try record.number("scale"))
        case .text("softmax")?: link = .softmax
        case .text("exp")?: link = .exponential
        case .text("signed_square")?: link = .signedSquare
        case .text("softplus")?: link = .softplus
        default: throw record.damaged("an unknown link")
        }
        return try ScoreTransformOperator(
            input: record.input(),
            output: record.output(),
            width: record.width(),
            link: link,
            divisor: record.optionalNumber("divisor")
        )
    }
}

extension BinaryProbabilityOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {}

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try BinaryProbabilityOperator(
            input: record.input(),
            output: record.output(),
            element: record.type().element
        )
    }
}

extension ArgMaxOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {}

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try ArgMaxOperator(
            input: record.input(),
            output: record.output(),
            width: record.width(),
            element: record.type().element
        )
    }
}

extension FloatLinkOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["link"] = .text(link.rawValue)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try FloatLinkOperator(
            input: record.input(),
            output: record.output(),
            width: record.width(),
            link: record.word("link")
        )
    }
}

extension SoftmaxOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["form"] = .text(form.rawValue)
        record["outer"] = .integer(Int64(shape.outer))
        record["count"] = .integer(Int64(shape.count))
        record["inner"] = .integer(Int64(shape.inner))
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        let (width, most) = (try record.width(), 1...Int(Int32.max))
        let outer = try record.integer("outer", in: most)
        let count = try record.integer("count", in: most)
        let inner = try record.integer("inner", in: most)
        guard outer <= width, count <= width, inner <= width, width % outer == 0,
            width / outer % count == 0, width / outer / count == inner
        else { throw record.damaged("a block of another width than \(width)") }
        return try SoftmaxOperator(
            record.word("form"),
            input: record.input(),
            output: record.output(),
            shape: TensorBlock(outer: outer, count: count, inner: inner),
            element: record.type().element
        )
    }
}

extension ThresholdCodeOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["threshold"] = .number(threshold)
        record["inclusive"] = .flag(includesThreshold)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try ThresholdCodeOperator(
            input: record.input(),
            output: record.output(),
            width: record.width(),
            threshold: record.number("threshold"),
            includesThreshold: record.flag("inclusive")
        )
    }
}

extension VoteOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["classes"] = .integer(Int64(classCount))
        record["weights"] = .doubles(weights)
        record["other_weights"] = .doubles(otherWeights)
        if let divisor { record["divisor"] = .number(divisor) }
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try VoteOperator(
            inputs: record.inputs,
            output: record.output(),
            classCount: record.integer("classes", in: 1...Int(Int32.max)),
            weights: record.doubles("weights"),
            otherWeights: record.doubles("other_weights"),
            divisor: record.optionalNumber("divisor")
        )
    }
}

extension CodeTableOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        var counts: [Int32] = []
        var codes: [Int32] = []
        var numbers: [Double] = []
        for table in tables {
            switch table {
            case .codes(let list):
                counts.append(Int32(list.count))
                codes += list
            case .numbers(let list):
                counts.append(Int32(list.count))
                numbers += list
            }
        }
        record["counts"] = .integers(counts)
        record["codes"] = .integers(codes)
        record["numbers"] = .doubles(numbers)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        let counts = try record.integers("counts").map { Int($0) }
        let codes = try record.integers("codes")
        let numbers = try record.doubles("numbers")
        let isNumbers = codes.isEmpty
        var (tables, place): ([Table], Int) = ([], 0)
        for count in counts {
            let total = isNumbers ? numbers.count : codes.count
            guard count >= 0, count <= total - place else {
                throw record.damaged("tables end early")
            }
            let range = place..<place + count
            tables.append(isNumbers ? .numbers(Array(numbers[range])) : .codes(Array(codes[range])))
            place += count
        }
        return try CodeTableOperator(input: record.input(), output: record.output(), tables: tables)
    }
}

extension PairwiseScoreOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["classes"] = .integer(Int64(classCount))
        record["rule"] = .text(rule.rawValue)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try PairwiseScoreOperator(
            inputs: record.inputs,
            output: record.output(),
            classCount: record.integer("classes", in: 2...65_535),
            rule: record.word("rule")
        )
    }
}

extension PairwiseProbabilityOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["classes"] = .integer(Int64(classCount))
        record["slopes"] = .doubles(slopes)
        record["shifts"] = .doubles(shifts)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try PairwiseProbabilityOperator(
            input: record.input(),
            output: record.output(),
            classCount: record.integer("classes", in: 2...4_095),
            slopes: record.doubles("slopes"),
            shifts: record.doubles("shifts")
        )
    }
}
