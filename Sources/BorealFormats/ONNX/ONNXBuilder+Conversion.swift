import BorealGraph

extension ONNXBuilder {
    /// A value with elements of another type, as ONNX Runtime converts them.
    mutating func convert(
        _ value: ONNXValue,
        to type: ONNXType,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard type != value.type else { return value }
        guard type != .float16 else { throw node.unsupported("numbers of 16 bits") }
        var result = value
        result.type = type
        switch (value.type, type) {
        case (.string, _): return try parsed(value, type, node)
        case (_, .string): return try spelled(value, node)
        case (_, .bool):
            let flags = try pair(.notEqual, value, constant([0], [], value.type), node)
            return flags
        case (_, .float), (_, .double):
            try checkRows(value, node)
            let source = try tensor(of: value, node)
            let output = nextTensor()
            try append(
                CastOperator(
                    input: source,
                    output: output,
                    type: types[source.index],
                    to: type.element
                ),
                node
            )
            result.source = .tensor(output)
            if source == .features, type == .float { roundedFeatures.insert(output.index) }
        case (.float, _), (.double, _): result.source = try truncated(value, type, node)
        default:
            // A wider whole number, or one of the same width that takes all there are.
            let (from, to) = (value.type.width, type.width)
            let fits = to.bits == 64 || from.bits < to.bits && (to.isSigned || !from.isSigned)
            if !fits { result.source = try truncated(value, type, node) }
        }
        if !type.isWhole { result.labels = nil }
        return result
    }

    /// Numbers with or without a fraction as whole numbers of the width of a type.
    private mutating func truncated(
        _ value: ONNXValue,
        _ type: ONNXType,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue.Source {
        let source = try tensor(of: value, node)
        let output = nextTensor()
        try append(
            TruncateOperator(
                input: source,
                output: output,
                width: value.width,
                element: value.element,
                bits: type.width.bits,
                isSigned: type.width.isSigned
            ),
            node
        )
        return .tensor(output)
    }

    /// The number of rows is not known before there are rows.
    private func checkRows(_ value: ONNXValue, _ node: ONNXNode) throws(FormatError) {
        guard let constant = value.constant, constant.element == .int64 else { return }
        guard !constant.integers.contains(where: { $0.magnitude >= Self.rowCount.magnitude }) else {
            throw node.unsupported("it computes with the number of rows")
        }
    }

    /// Text that spells numbers: known is only what the file itself holds.
    private mutating func parsed(
        _ value: ONNXValue,
        _ type: ONNXType,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard let constant = value.constant else {
            throw node.unsupported("text that spells numbers")
        }
        var numbers: [Double] = []
        for code in constant.integers {
            guard let number = Double(strings[Int(code)]) else {
                throw node.malformed("'\(strings[Int(code)].prefix(40))' is no number")
            }
            numbers.append(number)
        }
        return self.constant(numbers, value.shape, type)
    }

    /// Whole numbers as text: constants, and classes.
    private mutating func spelled(
        _ value: ONNXValue,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard value.type.isWhole else { throw node.unsupported("numbers as text") }
        if let constant = value.constant {
            let codes = constant.integers.map { code(of: String($0)) }
            var result = value
            result.type = .string
            result.source = .constant(TensorConstant(codes: codes))
            return result
        }
        guard case .integer(let labels)? = value.labels else {
            throw node.unsupported("numbers as text")
        }
        let texts = labels.map { String($0) }
        let codes = texts.map { code(of: $0) }
        var result = try translate(
            value,
            keys: TensorConstant(labels),
            values: TensorConstant(codes: codes),
            fallback: TensorConstant(codes: [-1]),
            type: .string,
            node
        )
        result.labels = .text(texts)
        return result
    }

    /// What a table has for each element.
    mutating func translate(
        _ value: ONNXValue,
        keys: TensorConstant,
        values: TensorConstant,
        fallback: TensorConstant,
        type: ONNXType,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let source = try tensor(of: value, node)
        let output = nextTensor()
        let step: TranslateOperator
        do throws(GraphError) {
            step = try TranslateOperator(
                input: source,
                output: output,
                width: value.width,
                keys: keys,
                values: values,
                fallback: fallback
            )
        } catch { throw node.malformed("\(error)") }
        try spend(keys.count, node)
        try append(step, node)
        return made(type, value.shape, value.rowAxis, at: output)
    }
}
