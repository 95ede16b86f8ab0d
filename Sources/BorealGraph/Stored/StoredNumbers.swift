// Arithmetic on columns and rows: how files keep it.

extension MapOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        let (name, numbers) = function.stored
        record["function"] = .text(name)
        if !numbers.isEmpty { record["numbers"] = .doubles(numbers) }
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        guard case .text(let name)? = record["function"],
            let function = NumberFunction(name: name, numbers: try record.doubles("numbers"))
        else { throw record.damaged("an unknown function") }
        return try MapOperator(
            input: record.input(),
            output: record.output(),
            type: record.type(),
            function: function
        )
    }
}

extension ScaleOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["form"] = .text(form.rawValue)
        record["shift"] = .doubles(shift)
        record["factor"] = .doubles(factor)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try ScaleOperator(
            input: record.input(),
            output: record.output(),
            type: record.type(),
            shift: record.doubles("shift"),
            factor: record.doubles("factor"),
            form: record.word("form")
        )
    }
}

extension MatrixProductOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["width"] = .integer(Int64(width))
        record["weights"] = .doubles(weights)
        record["bias"] = .doubles(bias)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try MatrixProductOperator(
            input: record.input(),
            output: record.output(),
            type: record.type(),
            weights: record.doubles("weights"),
            bias: record.doubles("bias"),
            width: record.integer("width", in: 1...Int(Int32.max))
        )
    }
}

extension LinearScoreOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["weights"] = .floats(weights)
        record["bias"] = .floats(bias)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try LinearScoreOperator(
            input: record.input(),
            output: record.output(),
            weights: record.floats("weights"),
            bias: record.floats("bias")
        )
    }
}

extension ColumnsOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["inputs"] = .integers(sources.map { Int32($0.input) })
        record["columns"] = .integers(sources.map { Int32($0.column) })
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        let tensors = try record.integers("inputs")
        let columns = try record.integers("columns")
        guard tensors.count == columns.count, !columns.isEmpty else {
            throw record.damaged("\(columns.count) columns")
        }
        return try ColumnsOperator(
            inputs: record.inputs,
            output: record.output(),
            types: record.types,
            sources: zip(tensors, columns).map { Source(input: Int($0), column: Int($1)) }
        )
    }
}

extension CastOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["to"] = .text(element.storedName)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        guard case .text(let name)? = record["to"], let element = TensorElement(storedName: name)
        else { throw record.damaged("an unknown element") }
        return try CastOperator(
            input: record.input(),
            output: record.output(),
            type: record.type(),
            to: element
        )
    }
}

extension RoundToFloatOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {}

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try RoundToFloatOperator(
            input: record.input(),
            output: record.output(),
            width: record.width()
        )
    }
}

extension ConstantOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["values"] = .doubles(values)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try ConstantOperator(
            input: record.input(),
            output: record.output(),
            inputWidth: record.width(),
            values: record.doubles("values")
        )
    }
}

extension WeightedSumOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["width"] = .integer(Int64(width))
        record["weights"] = .doubles(weights)
        if let divisor { record["divisor"] = .number(divisor) }
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try WeightedSumOperator(
            inputs: record.inputs,
            output: record.output(),
            width: record.integer("width", in: 1...Int(Int32.max)),
            weights: record.doubles("weights"),
            divisor: record.optionalNumber("divisor")
        )
    }
}

extension NormalizeRowsOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["measure"] = .text(measure.rawValue)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try NormalizeRowsOperator(
            input: record.input(),
            output: record.output(),
            inputWidth: record.width(),
            measure: record.word("measure")
        )
    }
}

extension MarkMissingOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["value"] = .number(value)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try MarkMissingOperator(
            input: record.input(),
            output: record.output(),
            width: record.width(),
            value: record.number("value")
        )
    }
}

extension ImputeOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["missing"] = .doubles(missing)
        record["replacements"] = .doubles(replacements)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try ImputeOperator(
            input: record.input(),
            output: record.output(),
            missing: record.doubles("missing"),
            replacements: record.doubles("replacements")
        )
    }
}

extension MissingMarkOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        record["width"] = .integer(Int64(inputWidth))
        record["columns"] = .integers(columns.map { Int32($0) })
        record["missing"] = .doubles(missing)
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try MissingMarkOperator(
            input: record.input(),
            output: record.output(),
            inputWidth: record.integer("width", in: 1...Int(Int32.max)),
            columns: record.integers("columns").map { Int($0) },
            missing: record.doubles("missing")
        )
    }
}

extension NumberFunction {
    /// Functions without numbers of their own, by their names in files.
    private static let plain: [String: NumberFunction] = [
        "neg": .negate, "abs": .absolute, "reciprocal": .reciprocal, "sqrt": .squareRoot,
        "floor": .floor, "ceil": .ceiling, "round": .roundHalfEven, "sign": .sign,
        "exp": .exponential, "log": .logarithm, "log1p": .log1p, "expm1": .expm1,
        "sigmoid": .sigmoid, "tanh": .tanh, "softplus": .softplus, "softsign": .softsign,
        "erf": .erf, "sin": .sine, "cos": .cosine, "tan": .tangent, "asin": .arcSine,
        "acos": .arcCosine, "atan": .arcTangent, "sinh": .sinh, "cosh": .cosh, "asinh": .asinh,
        "acosh": .acosh, "atanh": .atanh, "relu": .rectify, "hard_swish": .hardSwish,
        "mish": .mish, "gelu": .gelu, "gelu_tanh": .geluTanh,
    ]

    /// The function's name in files, and its numbers.
    fileprivate var stored: (name: String, numbers: [Double]) {
        switch self {
        case .leakyRectify(let slope): return ("leaky_relu", [slope])
        case .thresholdedRectify(let threshold): return ("thresholded_relu", [threshold])
        case .elu(let alpha): return ("elu", [alpha])
        case .selu(let alpha, let gamma): return ("selu", [alpha, gamma])
        case .celu(let alpha): return ("celu", [alpha])
        case .hardSigmoid(let alpha, let beta): return ("hard_sigmoid", [alpha, beta])
        case .binarize(let threshold): return ("binarize", [threshold])
        case .clip(let low, let high): return ("clip", [low, high])
        case .power(let exponent): return ("pow", [exponent])
        case .linear(let factor, let term): return ("linear", [factor, term])
        default:
            let match = Self.plain.first { $0.value == self }
            assert(match != nil, "a function without a name")
            return (match?.key ?? "", [])
        }
    }

    /// The function of a name; nil for an unknown one, or other numbers than it takes.
    fileprivate init?(name: String, numbers: [Double]) {
        if let function = Self.plain[name], numbers.isEmpty {
            self = function
            return
        }
        switch (name, numbers.count) {
        case ("leaky_relu", 1): self = .leakyRectify(slope: numbers[0])
        case ("thresholded_relu", 1): self = .thresholdedRectify(threshold: numbers[0])
        case ("elu", 1): self = .elu(alpha: numbers[0])
        case ("selu", 2): self = .selu(alpha: numbers[0], gamma: numbers[1])
        case ("celu", 1): self = .celu(alpha: numbers[0])
        case ("hard_sigmoid", 2): self = .hardSigmoid(alpha: numbers[0], beta: numbers[1])
        case ("binarize", 1): self = .binarize(threshold: numbers[0])
        case ("clip", 2): self = .clip(low: numbers[0], high: numbers[1])
        case ("pow", 1): self = .power(numbers[0])
        case ("linear", 2): self = .linear(factor: numbers[0], term: numbers[1])
        default: return nil
        }
    }
}

extension TensorElement {
    /// The element's name in files.
    fileprivate var storedName: String {
        switch self {
        case .double: "double"
        case .float: "float"
        case .int64: "int64"
        case .code: "code"
        }
    }

    fileprivate init?(storedName: String) {
        let all: [TensorElement] = [.double, .float, .int64, .code]
        guard let match = all.first(where: { $0.storedName == storedName }) else { return nil }
        self = match
    }
}
