import BorealGraph

extension ONNXBuilder {
    private static let pairs: [String: PairFunction] = [
        "Add": .add, "Sub": .subtract, "Mul": .multiply, "Div": .divide, "Equal": .equal,
        "Less": .less, "LessOrEqual": .lessOrEqual, "Greater": .greater,
        "GreaterOrEqual": .greaterOrEqual, "And": .and, "Or": .or, "Xor": .exclusiveOr,
    ]

    private static let maps: [String: NumberFunction] = [
        "Reciprocal": .reciprocal, "Sqrt": .squareRoot, "Floor": .floor, "Ceil": .ceiling,
        "Round": .roundHalfEven, "Exp": .exponential, "Log": .logarithm, "Sigmoid": .sigmoid,
        "Tanh": .tanh, "Softplus": .softplus, "Softsign": .softsign, "Erf": .erf, "Sin": .sine,
        "Cos": .cosine, "Tan": .tangent, "Asin": .arcSine, "Acos": .arcCosine,
        "Atan": .arcTangent, "Sinh": .sinh, "Cosh": .cosh, "Asinh": .asinh, "Acosh": .acosh,
        "Atanh": .atanh, "HardSwish": .hardSwish, "Mish": .mish, "Abs": .absolute,
        "Neg": .negate, "Sign": .sign, "Relu": .rectify,
    ]

    /// Operators that work on elements one by one.
    mutating func elementwise(_ node: ONNXNode) throws(FormatError) -> [ONNXValue]? {
        if let function = Self.pairs[node.operation] {
            guard node.attributes["axis"] == nil else {
                throw node.unsupported("the broadcasting of operator sets before 7")
            }
            if function == .add, let value = try biased(node) { return [value] }
            return [try pair(function, try input(node, 0), try input(node, 1), node)]
        }
        if node.operation == "Relu", let value = try rectifiedConvolution(node) { return [value] }
        if let function = Self.maps[node.operation] {
            return [try map(function, try input(node, 0), node)]
        }
        if let function = try parameterized(node) {
            return [try map(function, try input(node, 0), node)]
        }
        switch node.operation {
        case "Pow": return [try power(try input(node, 0), try input(node, 1), node)]
        case "Mod":
            let isTruncated = try flag(node, "fmod")
            let (left, right) = (try input(node, 0), try input(node, 1))
            return [try pair(isTruncated ? .remainder : .modulo, left, right, node)]
        case "Min": return [try chain(.minimum, node)]
        case "Max": return [try chain(.maximum, node)]
        case "Sum": return [try chain(.add, node)]
        case "Mean":
            let sum = try chain(.add, node)
            let count = constant([Double(node.inputs.count)], [], sum.type)
            return [try pair(.divide, sum, count, node)]
        case "Not": return [try isZero(try input(node, 0), node)]
        case "IsNaN":
            let value = try input(node, 0)
            return [try pair(.notEqual, value, value, node)]
        case "IsInf": return [try isInfinite(node)]
        case "Where": return [try choose(node)]
        case "Clip": return [try clip(node)]
        case "PRelu": return [try sloped(node)]
        case "Shrink": return [try shrink(node)]
        case "Cast":
            let code = try node.integer("to", default: 0)
            guard let type = ONNXType(rawValue: Int64(code)) else {
                throw node.unsupported("elements of type \(code)")
            }
            return [try convert(try input(node, 0), to: type, node)]
        case "CastLike":
            return [try convert(try input(node, 0), to: try input(node, 1).type, node)]
        default: return nil
        }
    }

    private func flag(_ node: ONNXNode, _ name: String) throws(FormatError) -> Bool {
        try node.flag(name)
    }

    /// Functions of one number whose parameters stand in attributes.
    private func parameterized(_ node: ONNXNode) throws(FormatError) -> NumberFunction? {
        func alpha(_ fallback: Float) throws(FormatError) -> Double {
            Double(try node.float("alpha", default: fallback))
        }
        switch node.operation {
        case "LeakyRelu": return .leakyRectify(slope: try alpha(0.01))
        case "ThresholdedRelu": return .thresholdedRectify(threshold: try alpha(1))
        case "Elu": return .elu(alpha: try alpha(1))
        case "Celu": return .celu(alpha: try alpha(1))
        case "Selu":
            let gamma = try node.float("gamma", default: 1.05070102214813232421875)
            return .selu(alpha: try alpha(1.67326319217681884765625), gamma: Double(gamma))
        case "HardSigmoid":
            let beta = try node.float("beta", default: 0.5)
            return .hardSigmoid(alpha: try alpha(0.2), beta: Double(beta))
        case "Gelu": return node.string("approximate") == "tanh" ? .geluTanh : .gelu
        default: return nil
        }
    }

    /// A function of two values.
    mutating func pair(
        _ function: PairFunction,
        _ left: ONNXValue,
        _ right: ONNXValue,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard left.type == right.type else {
            throw node.malformed("elements of types \(left.type) and \(right.type)")
        }
        let common = try broadcast([left, right], node)
        let output = nextTensor()
        try append(
            PairwiseOperator(
                function,
                common.operands[0],
                common.operands[1],
                output: output,
                width: common.width
            ),
            node
        )
        let type = function.isTest ? ONNXType.bool : left.type
        return made(type, common.shape, common.rowAxis, at: output)
    }

    /// All inputs, the first two first.
    private mutating func chain(
        _ function: PairFunction,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        var value = try input(node, 0)
        for position in node.inputs.indices.dropFirst() {
            value = try pair(function, value, try input(node, position), node)
        }
        return value
    }

    /// A function of one value; of whole numbers only where it has a meaning for them.
    mutating func map(
        _ function: NumberFunction,
        _ value: ONNXValue,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard value.type.isFloating else { return try mapWhole(function, value, node) }
        let source = try tensor(of: value, node)
        let output = nextTensor()
        let type = types[source.index]
        try append(
            MapOperator(input: source, output: output, type: type, function: function),
            node
        )
        return made(value.type, value.shape, value.rowAxis, at: output)
    }

    /// The functions that ONNX has for whole numbers too, out of comparisons and differences.
    private mutating func mapWhole(
        _ function: NumberFunction,
        _ value: ONNXValue,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard value.type.isWhole else { throw node.malformed("a function of text") }
        let zero = constant([0], [], value.type)
        let negated = try pair(.subtract, zero, value, node)
        switch function {
        case .negate: return negated
        case .absolute: return try pair(.maximum, value, negated, node)
        case .rectify: return try pair(.maximum, value, zero, node)
        case .sign:
            let low = try pair(.maximum, value, constant([-1], [], value.type), node)
            return try pair(.minimum, low, constant([1], [], value.type), node)
        default: throw node.malformed("elements of type \(value.type)")
        }
    }

    /// x * x is what the original computes for a square, and so on.
    private mutating func power(
        _ base: ONNXValue,
        _ exponent: ONNXValue,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard base.type.isFloating else {
            let wide = try convert(base, to: .double, node)
            let power = try pair(.power, wide, try convert(exponent, to: .double, node), node)
            return try convert(power, to: base.type, node)
        }
        if let constant = exponent.constant, exponent.width == 1, exponent.rank <= base.rank {
            switch constant.doubles.first {
            case 2: return try pair(.multiply, base, base, node)
            case 3: return try pair(.multiply, try pair(.multiply, base, base, node), base, node)
            default: break
            }
        }
        return try pair(.power, base, try convert(exponent, to: base.type, node), node)
    }

    /// True where a value is 0.
    private mutating func isZero(
        _ value: ONNXValue,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        try pair(.equal, value, constant([0], [], value.type), node)
    }

    /// `IsInf`: both signs unless one is left out.
    private mutating func isInfinite(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        let high = try pair(.equal, value, constant([.infinity], [], value.type), node)
        let low = try pair(.equal, value, constant([-.infinity], [], value.type), node)
        let takesHigh = try node.flag("detect_positive", default: true)
        let takesLow = try node.flag("detect_negative", default: true)
        if takesHigh, takesLow { return try pair(.or, high, low, node) }
        if takesHigh || takesLow { return takesHigh ? high : low }
        return try pair(.and, high, low, node)
    }

    /// One of two values, as a condition tells.
    mutating func choose(
        _ condition: ONNXValue,
        _ left: ONNXValue,
        _ right: ONNXValue,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard left.type == right.type, condition.type.isWhole else {
            throw node.malformed("elements of types \(left.type) and \(right.type)")
        }
        let common = try broadcast([condition, left, right], node)
        let output = nextTensor()
        try append(
            SelectOperator(
                condition: common.operands[0],
                common.operands[1],
                common.operands[2],
                output: output,
                width: common.width
            ),
            node
        )
        return made(left.type, common.shape, common.rowAxis, at: output)
    }

    /// `Where`, with all three values broadcast.
    private mutating func choose(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let (condition, left) = (try input(node, 0), try input(node, 1))
        return try choose(condition, left, try input(node, 2), node)
    }

    /// Bounds are attributes before version 11 and inputs from then on.
    private mutating func clip(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        var low = try optionalInput(node, 1)
        var high = try optionalInput(node, 2)
        if let bound = try node.float("min") { low = constant([Double(bound)], [], value.type) }
        if let bound = try node.float("max") { high = constant([Double(bound)], [], value.type) }
        if value.type.isFloating, low == nil || low?.constant != nil,
            high == nil || high?.constant != nil
        {
            let bottom = low?.constant?.doubles.first ?? -.infinity
            let top = high?.constant?.doubles.first ?? .infinity
            return try map(.clip(low: bottom, high: top), value, node)
        }
        var clipped = value
        if let low { clipped = try pair(.maximum, clipped, low, node) }
        if let high { clipped = try pair(.minimum, clipped, high, node) }
        return clipped
    }

    /// `PRelu`: numbers below 0 times a slope of their own.
    private mutating func sloped(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        let scaled = try pair(.multiply, value, try input(node, 1), node)
        let isNegative = try pair(.less, value, constant([0], [], value.type), node)
        return try choose(isNegative, scaled, value, node)
    }

    /// `Shrink`: numbers near 0 become 0, all others come nearer to it.
    private mutating func shrink(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        let bias = constant([Double(try node.float("bias", default: 0))], [], value.type)
        let limit = Double(try node.float("lambd", default: 0.5))
        let isLow = try pair(.less, value, constant([-limit], [], value.type), node)
        let isHigh = try pair(.greater, value, constant([limit], [], value.type), node)
        let lower = try pair(.add, value, bias, node)
        let upper = try pair(.subtract, value, bias, node)
        let zero = constant([0], [], value.type)
        return try choose(isLow, lower, try choose(isHigh, upper, zero, node), node)
    }
}
