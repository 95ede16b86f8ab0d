import BorealBase
import BorealGraph

/// What the model takes: the inputs of the file, each as one or more features of a row.
struct ONNXInputs {
    /// One input of the file.
    private struct Source {
        /// The name that nodes read it by.
        var name: String
        /// What its elements become.
        var type: ONNXType
        /// Extents, the rows first and counted as 1.
        var shape: [Int]
        /// First feature.
        var first: Int
        /// Strings that columns of text may hold, in the order of their codes.
        var strings: [String]
        var offset: Int
    }

    /// In the order of a row.
    private(set) var features: [GraphInput] = []
    private var sources: [Source] = []

    /// The inputs that are no constants; `order` is that of the nodes.
    init(_ graph: ONNXFileGraph, _ order: [Int]) throws(FormatError) {
        let constants = Set(graph.constants.map(\.name))
        var names: Set<String> = []
        for input in graph.inputs where !constants.contains(input.name) {
            guard names.insert(input.name).inserted else {
                throw .malformed(.onnx, offset: input.offset, reason: "'\(input.name)' twice")
            }
            try add(input, graph, order)
        }
    }

    /// Adds an input: as many features as one row of it has numbers.
    private mutating func add(
        _ input: ONNXValueInfo,
        _ graph: ONNXFileGraph,
        _ order: [Int]
    ) throws(FormatError) {
        guard case .tensor(let type, let extents) = input.kind, type != .float16 else {
            throw .unsupportedFormat(.onnx, detail: "input '\(input.name)', which is no tensor")
        }
        guard let extents, let first = extents.first else {
            throw .unsupportedFormat(.onnx, detail: "input '\(input.name)' without rows")
        }
        var shape = [1]
        var count = 1
        for extent in extents.dropFirst() {
            guard let extent else {
                throw .unsupportedFormat(
                    .onnx,
                    detail: "input '\(input.name)', which does not say how wide it is"
                )
            }
            let product = count.multipliedReportingOverflow(by: extent)
            guard !product.overflow, product.partialValue <= Limits.modelFeaturesMax else {
                throw .tooLarge(.onnx, what: "features", limit: Limits.modelFeaturesMax)
            }
            count = product.partialValue
            shape.append(extent)
        }
        // Without a name for its length a vector is one row of that many numbers.
        if extents.count == 1, let first, first > 1 {
            throw .unsupportedFormat(.onnx, detail: "input '\(input.name)' without rows")
        }
        guard features.count + count <= Limits.modelFeaturesMax else {
            throw .tooLarge(.onnx, what: "features", limit: Limits.modelFeaturesMax)
        }
        let strings = type == .string ? Self.strings(readFrom: input.name, graph, order) : []
        sources.append(
            Source(
                name: input.name,
                type: type,
                shape: shape,
                first: features.count,
                strings: strings,
                offset: input.offset
            )
        )
        var kind = FeatureKind.number
        if type == .string {
            do throws(GraphError) {
                kind = .category(try CategoryDictionary(.text(strings)))
            } catch { throw .invalidModel(error) }
        }
        for column in 0..<count {
            let name = count == 1 ? input.name : "\(input.name)_\(column)"
            features.append(GraphInput(name: name, kind: kind, unseen: .marked))
        }
    }

    /// All strings of the nodes that see the input, or what is made of it.
    private static func strings(
        readFrom name: String,
        _ graph: ONNXFileGraph,
        _ order: [Int]
    ) -> [String] {
        var constants: [String: [String]] = [:]
        for tensor in graph.constants {
            if case .strings(let values) = tensor.numbers { constants[tensor.name] = values }
        }
        var reached: Set<String> = [name]
        var found: [String] = []
        var seen: Set<String> = []
        func add(_ strings: [String]) {
            for string in strings where seen.insert(string).inserted { found.append(string) }
        }
        for index in order {
            let node = graph.nodes[index]
            if node.operation == "Constant" { add(node.soughtStrings) }
            guard node.inputs.contains(where: { reached.contains($0) }) else { continue }
            reached.formUnion(node.outputs)
            for input in node.inputs { add(constants[input] ?? []) }
            add(node.soughtStrings)
        }
        return found
    }

    /// Makes the values of the inputs from the features.
    func bind(to builder: inout ONNXBuilder) throws(FormatError) {
        for source in sources {
            var node = ONNXNode(name: source.name, operation: "Input", offset: source.offset)
            node.outputs = [source.name]
            let width = source.shape.reduce(1, *)
            var columns = ONNXValue(
                type: .double,
                shape: source.shape,
                rowAxis: 0,
                source: .tensor(.features)
            )
            if width != features.count {
                columns.source = try picked(source.first, width, &builder, node)
            }
            let value: ONNXValue
            switch source.type {
            case .string:
                let codes = source.strings.map { builder.code(of: $0) }
                value = try builder.translate(
                    columns,
                    keys: TensorConstant(source.strings.indices.map { Double($0) }),
                    values: TensorConstant(codes: codes),
                    fallback: TensorConstant(codes: [-1]),
                    type: .string,
                    node
                )
            default: value = try builder.convert(columns, to: source.type, node)
            }
            guard builder.values.updateValue(value, forKey: source.name) == nil else {
                throw node.malformed("it is made twice")
            }
        }
    }

    /// The columns of one input among several.
    private func picked(
        _ first: Int,
        _ width: Int,
        _ builder: inout ONNXBuilder,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue.Source {
        let output = builder.nextTensor()
        let all = TensorOperand(
            source: .tensor(.features),
            element: .double,
            width: features.count
        )
        try builder.append(
            RearrangeOperator(
                operands: [all],
                output: output,
                sources: (first..<first + width).map { (0, $0) }
            ),
            node
        )
        return .tensor(output)
    }
}

extension ONNXNode {
    /// The strings that the node looks for in what it reads, in the order of the file.
    fileprivate var soughtStrings: [String] {
        let names = [
            "keys_strings", "cats_strings", "classes_strings", "keys_tensor", "value",
            "value_strings", "value_string",
        ]
        return names.flatMap { name -> [String] in
            guard let attribute = attributes[name] else { return [] }
            if case .strings(let values)? = attribute.tensor?.numbers { return values }
            return attribute.strings + (attribute.string.map { [$0] } ?? [])
        }
    }
}
