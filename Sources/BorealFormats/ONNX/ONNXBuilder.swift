import BorealBase
import BorealGraph

/// Makes operators of nodes, one node after the other; families of operators are extensions.
struct ONNXBuilder {
    /// Version of `ai.onnx` and of `ai.onnx.ml`.
    let operatorSet: Int64
    let learningOperatorSet: Int64
    /// In the order in which they run.
    var operators: [any GraphOperator] = []
    /// Of every tensor, the features first.
    var types: [TensorType]
    /// Values by their names in the file.
    var values: [String: ONNXValue] = [:]
    /// Every string of the file that values may hold; its position is its code.
    var strings: [String] = []
    /// How often the graph reads each value, its outputs included.
    var uses: [String: Int] = [:]
    /// How often the values that stand in each tensor are read together, by its position.
    var tensorUses: [Int: Int] = [:]
    /// Tensors that are the features, rounded to 32 bits.
    var roundedFeatures: Set<Int> = []
    private var codes: [String: Int32] = [:]
    /// Elements that tensors may still have together: files ask for as many as they like.
    private var elementsLeft = FormatLimits.onnxElementsMax

    /// A builder without nodes.
    ///
    /// - Parameter operatorSets: versions by domain; a domain that is not listed has version 1.
    init(operatorSets: [String: Int64], featureCount: Int) {
        operatorSet = operatorSets[""] ?? 1
        learningOperatorSet = operatorSets["ai.onnx.ml"] ?? 1
        types = [TensorType(.double, [featureCount])]
    }

    // MARK: - Nodes

    /// Adds what a node does, and its values under their names.
    mutating func add(_ node: ONNXNode) throws(FormatError) {
        let isKnown = node.attributes.values.allSatisfy { attribute in
            !attribute.isForeign && (attribute.graphs.isEmpty || node.operation == "Scan")
        }
        guard isKnown else { throw node.unsupported("graphs within nodes") }
        let mark = (operators: operators.count, tensors: types.count)
        var made = try compile(node)
        if made.allSatisfy({ $0.rowAxis == nil }) { try fold(&made, since: mark, node) }
        guard made.count >= node.outputs.count else {
            throw node.unsupported("output '\(node.outputs[made.count])'")
        }
        for (name, value) in zip(node.outputs, made) where !name.isEmpty {
            if case .tensor(let id) = value.source {
                tensorUses[id.index, default: 0] += uses[name] ?? 0
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw node.malformed("'\(name)' is made twice")
            }
        }
    }

    /// The values of a node, in the order of its outputs; each family knows its own operators.
    private mutating func compile(_ node: ONNXNode) throws(FormatError) -> [ONNXValue] {
        switch node.domain {
        case "":
            if let made = try elementwise(node) { return made }
            if let made = try arrangement(node) { return made }
            if let made = try selection(node) { return made }
            if let made = try reduction(node) { return made }
            if let made = try matrix(node) { return made }
            if let made = try windows(node) { return made }
            if node.operation == "Scan" { return try scan(node) }
        case "ai.onnx.ml":
            if let made = try encoding(node) { return made }
            if let made = try learning(node) { return made }
            if let made = try trees(node) { return made }
        default: break
        }
        throw node.unsupported("there is no such operator here")
    }

    /// Replaces values that are the same for all rows by what they are.
    private mutating func fold(
        _ made: inout [ONNXValue],
        since mark: (operators: Int, tensors: Int),
        _ node: ONNXNode
    ) throws(FormatError) {
        var wanted: [TensorID] = []
        for value in made {
            if case .tensor(let id) = value.source { wanted.append(id) }
        }
        guard !wanted.isEmpty else { return }
        let constants: [TensorConstant]
        do throws(GraphError) {
            constants = try ConstantFolding.evaluate(
                Array(operators[mark.operators...]),
                types: types,
                wanted: wanted
            )
        } catch { throw node.malformed("\(error)") }
        var next = constants[...]
        for index in made.indices {
            guard case .tensor = made[index].source, let constant = next.popFirst() else {
                continue
            }
            made[index].source = .constant(constant)
        }
        operators.removeSubrange(mark.operators...)
        types.removeSubrange(mark.tensors...)
    }

    // MARK: - Tensors

    /// The tensor that the next operator makes.
    func nextTensor(_ distance: Int = 0) -> TensorID { TensorID(types.count + distance) }

    /// Takes so many elements from what tensors may have together.
    mutating func spend(_ count: Int, _ node: ONNXNode) throws(FormatError) {
        guard count >= 0, count <= elementsLeft else {
            throw node.tooLarge("elements in its tensors", limit: FormatLimits.onnxElementsMax)
        }
        elementsLeft -= count
    }

    /// True when one node reads what stands in the tensor of the node's input, and that is `node`.
    func isReadOnce(_ position: Int, of node: ONNXNode) -> Bool {
        guard node.hasInput(position), let value = values[node.inputs[position]],
            case .tensor(let id) = value.source
        else { return false }
        return tensorUses[id.index] == 1
    }

    /// Adds an operator that makes `nextTensor()`, and perhaps those behind it.
    mutating func append(
        _ step: any GraphOperator,
        _ node: ONNXNode
    ) throws(FormatError) {
        let inputTypes = step.inputs.map { types[$0.index] }
        do throws(GraphError) {
            let made = try step.outputTypes(for: inputTypes)
            for type in made { types.append(type) }
        } catch { throw node.malformed("\(error)") }
        for output in step.outputs { try spend(types[output.index].width ?? -1, node) }
        operators.append(step)
    }

    /// A value in a tensor of the graph, which a constant is first written to.
    mutating func tensor(of value: ONNXValue, _ node: ONNXNode) throws(FormatError) -> TensorID {
        if case .tensor(let id) = value.source { return id }
        try spend(value.width, node)
        let output = nextTensor()
        try append(
            RearrangeOperator(
                operands: [operand(value)],
                output: output,
                sources: (0..<value.width).map { (0, $0) }
            ),
            node
        )
        return output
    }

    /// A value as element-wise operators read it.
    func operand(_ value: ONNXValue, places: [Int32]? = nil) -> TensorOperand {
        switch value.source {
        case .tensor(let id):
            TensorOperand(
                source: .tensor(id),
                element: value.element,
                width: value.width,
                places: places
            )
        case .constant(let constant):
            TensorOperand(
                source: .constant(constant),
                element: value.element,
                width: value.width,
                places: places
            )
        }
    }

    /// What the operator to come will make, in the shape and type given.
    func made(_ type: ONNXType, _ shape: [Int], _ rowAxis: Int?, at id: TensorID) -> ONNXValue {
        ONNXValue(type: type, shape: shape, rowAxis: rowAxis, source: .tensor(id))
    }

    /// The elements of a value at `places`, as a value of the given shape.
    mutating func rearrange(
        _ value: ONNXValue,
        places: [Int],
        shape: [Int],
        rowAxis: Int?,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let output = nextTensor()
        try append(
            RearrangeOperator(
                operands: [operand(value)],
                output: output,
                sources: places.map { (0, $0) }
            ),
            node
        )
        return made(value.type, shape, rowAxis, at: output)
    }

    // MARK: - Constants and names

    /// The position of a string among all strings.
    mutating func code(of string: String) -> Int32 {
        if let code = codes[string] { return code }
        let code = Int32(truncatingIfNeeded: strings.count)
        strings.append(string)
        codes[string] = code
        return code
    }

    /// A constant of the file as a value.
    mutating func constant(_ tensor: ONNXConstant) -> ONNXValue {
        let numbers =
            switch tensor.numbers {
            case .floats(let values): TensorConstant(values)
            case .doubles(let values): TensorConstant(values)
            case .integers(let values): TensorConstant(values)
            case .strings(let values): TensorConstant(codes: values.map { code(of: $0) })
            }
        return ONNXValue(
            type: tensor.type,
            shape: tensor.shape,
            rowAxis: nil,
            source: .constant(numbers)
        )
    }

    /// Numbers as a constant of a type.
    func constant(_ numbers: [Double], _ shape: [Int], _ type: ONNXType) -> ONNXValue {
        let constant =
            switch type.element {
            case .double: TensorConstant(numbers)
            case .float: TensorConstant(numbers.map { Float($0) })
            case .int64, .code: TensorConstant(numbers.map { Int64($0) })
            }
        return ONNXValue(type: type, shape: shape, rowAxis: nil, source: .constant(constant))
    }

    /// An input that has to be there.
    func input(_ node: ONNXNode, _ position: Int) throws(FormatError) -> ONNXValue {
        guard let value = try optionalInput(node, position) else {
            throw node.malformed("input \(position + 1) is missing")
        }
        return value
    }

    /// An input that may be left out.
    func optionalInput(_ node: ONNXNode, _ position: Int) throws(FormatError) -> ONNXValue? {
        guard node.hasInput(position) else { return nil }
        guard let value = values[node.inputs[position]] else {
            throw node.malformed("nobody makes the input '\(node.inputs[position])'")
        }
        guard !value.isMap else { throw node.unsupported("the output of a ZipMap as input") }
        guard !value.isMerged || ["Reshape", "Cast", "Identity"].contains(node.operation) else {
            throw node.unsupported("what it reads mixes rows")
        }
        return value
    }

    /// Whole numbers that have to be the same for all rows.
    func integers(_ value: ONNXValue, _ node: ONNXNode) throws(FormatError) -> [Int64] {
        guard let constant = value.constant, value.type.isWhole else {
            throw node.unsupported("shapes and axes that depend on the values of rows")
        }
        return constant.integers
    }

    /// An axis counted from the front.
    func axis(_ axis: Int, rank: Int, _ node: ONNXNode) throws(FormatError) -> Int {
        let place = axis < 0 ? axis + rank : axis
        guard place >= 0, place < rank else {
            throw node.malformed("axis \(axis) of \(rank) dimensions")
        }
        return place
    }

    /// An axis that is not that of the rows.
    func innerAxis(_ position: Int, of value: ONNXValue, _ node: ONNXNode) throws(FormatError)
        -> Int
    {
        let place = try axis(position, rank: value.rank, node)
        guard place != value.rowAxis else { throw node.unsupported("it works across rows") }
        return place
    }
}
