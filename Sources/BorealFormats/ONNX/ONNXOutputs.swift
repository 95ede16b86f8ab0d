import BorealBase
import BorealGraph

/// What the model answers: the outputs of the file under their own names, and what they are to SQL.
struct ONNXOutputs {
    private(set) var outputs: [GraphOutput] = []
    private(set) var labels: Labels?
    private(set) var task = GraphTask.regression

    /// An output of the file and the tensor that it is answered from.
    private struct Named {
        var name: String
        var value: ONNXValue
        var tensor: TensorID
    }

    /// The outputs of the file, and what roles they play.
    ///
    /// - Throws: `FormatError.notAModel` when there is none.
    init(_ graph: ONNXFileGraph, _ builder: inout ONNXBuilder) throws(FormatError) {
        var named: [Named] = []
        for output in graph.outputs {
            let node = ONNXNode(name: output.name, operation: "Output", offset: output.offset)
            guard let value = builder.values[output.name] else {
                throw node.malformed("nobody makes it")
            }
            var tensor = try builder.tensor(of: value, node)
            if tensor == .features {
                // What is answered has memory of its own.
                let copy = try builder.rearrange(
                    value,
                    places: Array(0..<value.width),
                    shape: value.shape,
                    rowAxis: value.rowAxis,
                    node
                )
                tensor = try builder.tensor(of: copy, node)
            }
            named.append(Named(name: output.name, value: value, tensor: tensor))
        }
        guard let first = named.first else { throw .notAModel(.onnx, found: "no output") }
        let texts = Labels.text(builder.strings)
        for output in named {
            outputs.append(
                GraphOutput(
                    name: output.name,
                    role: .other,
                    tensor: output.tensor,
                    columnNames: Self.columns(output.name, output.value.width),
                    isNative: true,
                    dictionary: output.value.type == .string ? texts : nil
                )
            )
        }
        let label = named.first { $0.value.width == 1 && !$0.value.type.isFloating }
        let scores = named.first { $0.value.type.isFloating }
        if let label, let classes = label.value.labels ?? Self.counted(label.value, scores?.value),
            !label.value.isNearest
        {
            try addClasses(label, scores, classes, &builder)
        } else {
            try addAnswer(label ?? first, hasScores: label != nil && scores != nil, &builder)
        }
    }

    /// A single column has the name of its output, several are counted from 0.
    private static func columns(_ name: String, _ width: Int) -> [String] {
        width == 1 ? [name] : (0..<width).map { "\(name)_\($0)" }
    }

    /// Classes that a file does not name are those of its scores.
    private static func counted(_ label: ONNXValue, _ scores: ONNXValue?) -> Labels? {
        guard let scores, scores.width > 1, label.type.isWhole else { return nil }
        return .integer((0..<Int64(scores.width)).map { $0 })
    }

    /// The outputs of a classifier.
    private mutating func addClasses(
        _ label: Named,
        _ scores: Named?,
        _ classes: Labels,
        _ builder: inout ONNXBuilder
    ) throws(FormatError) {
        let node = ONNXNode(name: label.name, operation: "Output")
        let positions = TensorConstant(codes: (0..<classes.count).map { Int32($0) })
        let keys: TensorConstant
        switch classes {
        case .integer(let values): keys = TensorConstant(values)
        case .text(let values):
            keys = TensorConstant(codes: values.map { builder.code(of: $0) })
        case .double, .decimal: return
        }
        let position = try builder.translate(
            label.value,
            keys: keys,
            values: positions,
            fallback: TensorConstant(codes: [-1]),
            type: .string,
            node
        )
        let code = try builder.tensor(of: position, node)
        labels = classes
        task = classes.count == 2 ? .binary : .multiclass
        outputs.append(
            GraphOutput(name: "value", role: .value, tensor: code, columnNames: ["pred"])
        )
        outputs.append(
            GraphOutput(name: "label", role: .label, tensor: code, columnNames: ["label"])
        )
        outputs.append(
            GraphOutput(
                name: "prediction",
                role: .prediction,
                tensor: code,
                columnNames: ["predicted_results"]
            )
        )
        guard let scores, scores.value.width == classes.count else { return }
        outputs.append(
            GraphOutput(
                name: "proba",
                role: .probabilities,
                tensor: scores.tensor,
                columnNames: (0..<classes.count).map { "proba_\(classes.text(at: $0))" }
            )
        )
    }

    /// The probabilities of classes that nobody named, where the answer ends in a function that
    /// makes such: shares of one, their logarithms, or the probability of the later of two.
    private mutating func addShares(
        _ answer: Named,
        _ builder: inout ONNXBuilder
    ) throws(FormatError) {
        let (width, element) = (answer.value.width, answer.value.element)
        let node = ONNXNode(name: answer.name, operation: "Output")
        var shares = answer.tensor
        let last = builder.operators.last { $0.outputs.contains(answer.tensor) }
        if let step = last as? SoftmaxOperator, step.form != .hard, width > 1,
            step.shape == TensorBlock(outer: 1, count: width, inner: 1)
        {
            if step.form == .logarithms {
                shares = builder.nextTensor()
                let type = builder.types[answer.tensor.index]
                try builder.append(
                    MapOperator(
                        input: answer.tensor,
                        output: shares,
                        type: type,
                        function: .exponential
                    ),
                    node
                )
            }
            task = width == 2 ? .binary : .multiclass
        } else if let step = last as? MapOperator, step.function == .sigmoid, width == 1 {
            shares = builder.nextTensor()
            try builder.append(
                BinaryProbabilityOperator(input: answer.tensor, output: shares, element: element),
                node
            )
            task = .binary
        } else {
            return
        }
        outputs.append(
            GraphOutput(
                name: "proba",
                role: .probabilities,
                tensor: shares,
                columnNames: (0..<max(2, width)).map { "proba_\($0)" }
            )
        )
    }

    /// The outputs of what is no classifier.
    private mutating func addAnswer(
        _ answer: Named,
        hasScores: Bool,
        _ builder: inout ONNXBuilder
    ) throws(FormatError) {
        let width = answer.value.width
        let texts = answer.value.type == .string ? Labels.text(builder.strings) : nil
        if answer.value.isNearest {
            task = .clustering
        } else if hasScores {
            task = .outlierDetection
        } else {
            task = width == 1 ? .regression : .transformation
            try addShares(answer, &builder)
        }
        outputs.append(
            GraphOutput(
                name: "value",
                role: .value,
                tensor: answer.tensor,
                columnNames: Self.columns("pred", width),
                dictionary: texts
            )
        )
        var shown = answer.tensor
        if width > 1 {
            // A vector shows as the place of its greatest number.
            guard answer.value.type.isFloating else { return }
            let node = ONNXNode(name: answer.name, operation: "Output")
            shown = builder.nextTensor()
            try builder.append(
                ArgMaxOperator(
                    input: answer.tensor,
                    output: shown,
                    width: width,
                    element: answer.value.element
                ),
                node
            )
        }
        guard width > 0 else { return }
        outputs.append(
            GraphOutput(
                name: "prediction",
                role: .prediction,
                tensor: shown,
                columnNames: ["predicted_results"],
                dictionary: texts
            )
        )
    }
}
