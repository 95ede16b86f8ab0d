import BorealBase

/// Makes nodes of PyTorch's operations (`aten`), for texts and graphs that are followed call by
/// call.
///
/// What is known before any row is computed with at once: extents, truth values, lists. What
/// depends on rows becomes a node. Everything else is refused by its name.
struct TorchCompiler {
    /// What was made so far.
    var network: ShapedNetwork
    /// Extents of a row, where the caller told them.
    let hint: [Int]?
    private(set) var hasInput = false

    /// What nodes call the input.
    static let inputName = "x"

    /// - Parameter hint: extents of a row; nil for what the first operation takes.
    init(_ origin: NetworkGraph.Origin, hint: [Int]?) {
        network = ShapedNetwork(origin)
        self.hint = hint
    }

    /// Says what a row is.
    ///
    /// - Throws: `FormatError.tooLarge`.
    mutating func declareInput(_ shape: [Int]) throws(FormatError) {
        guard let count = NetworkNumber.count(shape), count > 0,
            count <= Limits.modelFeaturesMax
        else { throw .tooLarge(network.format, what: "features", limit: Limits.modelFeaturesMax) }
        try network.input(Self.inputName, shape: shape)
        hasInput = true
    }

    /// Ends with what a call answered.
    ///
    /// - Throws: `FormatError`.
    mutating func finish(_ value: TorchValue) throws(FormatError) {
        switch value {
        case .tensor(let name): try network.finish(name, as: "out")
        case .list(let values):
            for (place, value) in values.enumerated() {
                guard case .tensor(let name) = value else {
                    throw .unsupportedFormat(network.format, detail: "\(value.kind) as answer")
                }
                try network.finish(name, as: values.count == 1 ? "out" : "out_\(place)")
            }
        default: throw .unsupportedFormat(network.format, detail: "\(value.kind) as answer")
        }
    }

    // MARK: - Calls

    /// What an operation answers.
    ///
    /// - Throws: `FormatError.unsupportedFormat` that names it.
    mutating func call(_ arguments: TorchArguments) throws(FormatError) -> TorchValue {
        var it = arguments
        it.operation = Self.plain(arguments.operation)
        try bindInput(&it)
        if let answer = try known(it) { return answer }
        if let activation = try activation(it) {
            let value = try name(it, 0, "self")
            let axis = try it.integer(1, "dim", -1)
            return .tensor(
                try network.activation(activation, of: value, axis: axis, title: it.title)
            )
        }
        if let answer = try arithmetic(it) { return answer }
        if let answer = try arrangement(it) { return answer }
        if let answer = try layer(it) { return answer }
        if let answer = try window(it) { return answer }
        throw it.unsupported("there is no such operation here")
    }

    /// The name without its library, its overload and the mark of those that write in place.
    private static func plain(_ name: String) -> String {
        var parts = name.split(separator: ".").map(String.init)
        if let place = parts.firstIndex(of: "aten") {
            parts = Array(parts[(place + 1)...].prefix(1))
        }
        var last = parts.last ?? name
        if last.hasSuffix("_"), !last.hasPrefix("_") { last.removeLast() }
        return last
    }

    /// Tells the shape of a row by the first operation that sees the input.
    private mutating func bindInput(_ it: inout TorchArguments) throws(FormatError) {
        func isInput(_ value: TorchValue) -> Bool { if case .input = value { true } else { false } }
        let reads =
            it.positional.contains(where: isInput) || it.named.values.contains(where: isInput)
        guard reads else { return }
        if !hasInput { try declareInput(try shape(asOf: it)) }
        func bound(_ value: TorchValue) -> TorchValue {
            isInput(value) ? .tensor(Self.inputName) : value
        }
        it.positional = it.positional.map(bound)
        it.named = it.named.mapValues(bound)
    }

    /// What a row must be so that this operation can take it.
    private func shape(asOf it: TorchArguments) throws(FormatError) -> [Int] {
        switch it.operation {
        case "linear":
            let weight = try it.weight(1, "weight")
            if weight.shape.count == 2 { return [weight.shape[1]] }
        case "addmm":
            let weight = try it.weight(2, "mat2")
            if weight.shape.count == 2 { return [weight.shape[0]] }
        case "reshape", "view":
            let shape = try it.integers(1, "shape")
            if shape.count > 2, shape.dropFirst().allSatisfy({ $0 > 0 }),
                let count = NetworkNumber.count(Array(shape.dropFirst()))
            {
                return hint ?? [count]
            }
        case "batch_norm":
            if let mean = try it.optionalWeight(3, "running_mean"), hint == nil {
                return mean.shape
            }
        case "layer_norm": if hint == nil { return try it.integers(1, "normalized_shape") }
        default: break
        }
        guard let hint else {
            throw it.unsupported(
                "what a row is stands nowhere; give architecture='{\"type\": \"cnn\", "
                    + "\"input\": \"28x28x1\"}' (lines, columns, channels)"
            )
        }
        return hint
    }

    // MARK: - Values

    /// What nodes read an argument by; numbers become constants.
    func isNumber(_ value: TorchValue?) -> Bool {
        switch value {
        case .integer?, .number?: true
        default: false
        }
    }

    /// The name of an argument's value.
    mutating func name(
        _ it: TorchArguments,
        _ place: Int,
        _ name: String
    ) throws(FormatError) -> String {
        switch it.value(place, name) {
        case .tensor(let name)?: return name
        case .constant(let tensor)?: return network.constant(tensor)
        case .integer(let value)?: return network.scalar(Float(value))
        case .number(let value)?: return network.scalar(Float(value))
        case let other:
            throw it.unsupported("'\(name)' is \(other?.kind ?? "missing"), no tensor")
        }
    }

    /// Extents of an argument's value, the rows counted as 1.
    func shape(
        _ it: TorchArguments,
        _ place: Int,
        _ name: String
    ) throws(FormatError) -> [Int] {
        switch it.value(place, name) {
        case .constant(let tensor)?: return tensor.shape
        case .tensor(let value)?:
            guard let shape = network.shape(of: value) else {
                throw it.unsupported("'\(name)' has no shape")
            }
            return shape
        default: throw it.unsupported("'\(name)' is no tensor")
        }
    }

    /// Adds the node of a call.
    mutating func node(
        _ operation: String,
        _ inputs: [String],
        _ attributes: [String: ONNXNodeAttribute] = [:],
        _ it: TorchArguments
    ) throws(FormatError) -> TorchValue {
        .tensor(try network.node(operation, inputs, attributes, title: it.title))
    }

    // MARK: - What is known before rows come

    /// Extents, truth values and conversions.
    private func known(_ it: TorchArguments) throws(FormatError) -> TorchValue? {
        switch it.operation {
        case "size", "sym_size":
            let extents = try self.extents(it)
            guard !it.isNone(1, "dim") else { return .list(extents.map { .integer($0) }) }
            let place = try it.integer(1, "dim")
            let axis = place < 0 ? place + extents.count : place
            guard extents.indices.contains(axis) else { throw it.unsupported("axis \(place)") }
            return .integer(extents[axis])
        case "dim", "len", "ndimension":
            if case .list(let values)? = it.value(0, "self") { return .integer(values.count) }
            return .integer(try shape(it, 0, "self").count)
        case "int", "IntImplicit", "NumToTensor", "Int": return .integer(try it.integer(0, "a"))
        case "float", "Float": return .number(try it.number(0, "a"))
        case "Bool", "bool": return .flag(try it.flag(0, "a", false))
        case "is_floating_point": return .flag(true)
        case "__is__": return .flag(it.isNone(0, "self") == it.isNone(1, "obj"))
        case "__isnot__": return .flag(it.isNone(0, "self") != it.isNone(1, "obj"))
        case "__not__": return .flag(!(try it.flag(0, "self", false)))
        case "__getitem__":
            guard case .list(let values)? = it.value(0, "list") else { return nil }
            let place = try it.integer(1, "idx")
            let index = place < 0 ? place + values.count : place
            guard values.indices.contains(index) else {
                throw it.unsupported("no element \(place)")
            }
            return values[index]
        case "eq", "ne", "lt", "gt", "le", "ge": return try compared(it)
        default: return nil
        }
    }

    /// Extents, with a mark where the number of rows stands.
    private func extents(_ it: TorchArguments) throws(FormatError) -> [Int] {
        var extents = try shape(it, 0, "self")
        if case .tensor(let name)? = it.value(0, "self"), let axis = network.rowAxis(of: name) {
            extents[axis] = Int(ONNXBuilder.rowCount)
        }
        return extents
    }

    /// A comparison of two numbers that are known.
    private func compared(_ it: TorchArguments) throws(FormatError) -> TorchValue? {
        guard isNumber(it.value(0, "self")), isNumber(it.value(1, "other")) else { return nil }
        let (a, b) = (try it.number(0, "self"), try it.number(1, "other"))
        switch it.operation {
        case "eq": return .flag(a == b)
        case "ne": return .flag(a != b)
        case "lt": return .flag(a < b)
        case "gt": return .flag(a > b)
        case "le": return .flag(a <= b)
        default: return .flag(a >= b)
        }
    }

    // MARK: - Functions of elements

    /// Activations without numbers of their own.
    private static let plainActivations = [
        "relu", "relu6", "sigmoid", "tanh", "selu", "silu", "mish", "hardswish", "hardsigmoid",
    ]

    /// Activations, those with numbers of their own too.
    private func activation(_ it: TorchArguments) throws(FormatError) -> NetworkActivation? {
        switch it.operation {
        case "softmax", "_softmax": return .softmax(isLogarithm: false)
        case "log_softmax", "_log_softmax": return .softmax(isLogarithm: true)
        case "gelu":
            return try it.text(1, "approximate", "none") == "tanh" ? .geluTanh : .operation("Gelu")
        case "leaky_relu":
            let slope = try it.number(1, "negative_slope", 0.01)
            return .parameterized("LeakyRelu", ["alpha": slope])
        case "elu":
            guard try it.number(2, "scale", 1) == 1, try it.number(3, "input_scale", 1) == 1 else {
                throw it.unsupported("scales")
            }
            return .parameterized("Elu", ["alpha": try it.number(1, "alpha", 1)])
        case "celu": return .parameterized("Celu", ["alpha": try it.number(1, "alpha", 1)])
        case "hardtanh":
            return .clip(
                low: try it.number(1, "min_val", -1),
                high: try it.number(2, "max_val", 1)
            )
        case "clamp", "clip":
            return .clip(
                low: try it.number(1, "min", -.infinity),
                high: try it.number(2, "max", .infinity)
            )
        case "softplus":
            guard try it.number(1, "beta", 1) == 1 else { throw it.unsupported("beta") }
            return .operation("Softplus")
        case let name where Self.plainActivations.contains(name):
            // The name is one of those that activations have.
            return try? NetworkActivation(named: name, isKeras3: true)
        default: return nil
        }
    }

    /// Functions of one value, and what they are in ONNX.
    private static let unary = [
        "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "neg": "Neg", "abs": "Abs", "erf": "Erf",
        "reciprocal": "Reciprocal", "sin": "Sin", "cos": "Cos", "floor": "Floor", "ceil": "Ceil",
        "round": "Round", "sign": "Sign", "softsign": "Softsign",
    ]

    /// Functions of two values, and what they are in ONNX.
    private static let binary = [
        "add": "Add", "sub": "Sub", "subtract": "Sub", "mul": "Mul", "multiply": "Mul",
        "div": "Div", "true_divide": "Div", "maximum": "Max", "minimum": "Min", "pow": "Pow",
    ]

    /// Arithmetic; numbers that are known are computed at once.
    private mutating func arithmetic(_ it: TorchArguments) throws(FormatError) -> TorchValue? {
        if let operation = Self.unary[it.operation] {
            return try node(operation, [try name(it, 0, "self")], [:], it)
        }
        if it.operation == "rsqrt" {
            let root = try network.node("Sqrt", [try name(it, 0, "self")], title: it.title)
            return try node("Reciprocal", [root], [:], it)
        }
        if it.operation == "floordiv" || it.operation == "floor_divide" {
            let (a, b) = (try it.integer(0, "self"), try it.integer(1, "other"))
            guard b != 0, a != Int(ONNXBuilder.rowCount) else { throw it.unsupported("a quotient") }
            return .integer(Int((Double(a) / Double(b)).rounded(.down)))
        }
        guard let operation = Self.binary[it.operation] else { return nil }
        let second = it.operation == "pow" ? "exponent" : "other"
        if isNumber(it.value(0, "self")), isNumber(it.value(1, second)) {
            return try computed(it, second)
        }
        guard it.isNone(2, "rounding_mode") || it.operation != "div" else {
            throw it.unsupported("rounded quotients")
        }
        let left = try name(it, 0, "self")
        var right = try name(it, 1, second)
        let scale = try it.operation.hasPrefix("div") ? 1 : it.number(2, "alpha", 1)
        if scale != 1, ["add", "sub"].contains(it.operation) {
            let factor = network.scalar(Float(scale))
            right = try network.node("Mul", [right, factor], title: it.title)
        }
        return try node(operation, [left, right], [:], it)
    }

    /// Whole numbers that are known, which extents are computed with.
    private func computed(
        _ it: TorchArguments,
        _ second: String
    ) throws(FormatError) -> TorchValue {
        if case .integer(let a)? = it.value(0, "self"), case .integer(let b)? = it.value(1, second)
        {
            let result: (partialValue: Int, overflow: Bool)
            switch it.operation {
            case "add": result = a.addingReportingOverflow(b)
            case "sub": result = a.subtractingReportingOverflow(b)
            case "mul": result = a.multipliedReportingOverflow(by: b)
            default: throw it.unsupported("of two whole numbers")
            }
            guard !result.overflow else { throw it.unsupported("a number beyond 64 bits") }
            return .integer(result.partialValue)
        }
        let (a, b) = (try it.number(0, "self"), try it.number(1, second))
        switch it.operation {
        case "add": return .number(a + b)
        case "sub": return .number(a - b)
        case "mul": return .number(a * b)
        case "div": return .number(a / b)
        default: throw it.unsupported("of two numbers")
        }
    }
}
