import BorealBase
import BorealGraph

extension ONNXBuilder {
    /// Linear models and support vector machines.
    mutating func learning(_ node: ONNXNode) throws(FormatError) -> [ONNXValue]? {
        switch node.operation {
        case "LinearRegressor": return [try linearRegression(node)]
        case "LinearClassifier": return try linearClassification(node)
        case "SVMRegressor": return [try vectorRegression(node)]
        case "SVMClassifier": return try vectorClassification(node)
        default: return nil
        }
    }

    /// The classes of a classifier and the type of its label.
    func classLabels(
        _ node: ONNXNode,
        integers: String
    ) throws(FormatError) -> (labels: Labels, type: ONNXType) {
        let texts = node.strings("classlabels_strings")
        let numbers = node.integers(integers)
        guard max(texts.count, numbers.count) <= Limits.classesMax else {
            throw node.tooLarge("classes", limit: Limits.classesMax)
        }
        if !texts.isEmpty { return (.text(texts), .string) }
        guard !numbers.isEmpty else { throw node.malformed("no class labels") }
        return (.integer(numbers), .int64)
    }

    /// What becomes of scores at last; unknown names are refused, where ONNX Runtime takes PROBIT.
    private func scoreFunction(_ node: ONNXNode) throws(FormatError) -> ScoreFunction {
        let name = node.string("post_transform", default: "NONE")
        guard let function = ScoreFunction(rawValue: name) else {
            throw node.malformed("post_transform '\(name.prefix(40))'")
        }
        return function
    }

    /// Rows of features in 32 bits.
    private mutating func rows(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try convert(try input(node, 0), to: .float, node)
        guard value.rank == 2, value.rowAxis == 0 else {
            throw node.unsupported("anything but rows of features")
        }
        return value
    }

    /// Scores after a function; one score may become two.
    private mutating func scored(
        _ value: ONNXValue,
        _ function: ScoreFunction,
        _ pair: ScoreFunctionOperator.Pair,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        guard function != .none || pair != .none else { return value }
        let source = try tensor(of: value, node)
        let output = nextTensor()
        try append(
            ScoreFunctionOperator(
                function,
                input: source,
                output: output,
                width: value.width,
                pair: pair
            ),
            node
        )
        return made(.float, [1, pair == .none ? value.width : 2], 0, at: output)
    }

    /// Positions of classes as their labels.
    private mutating func labelled(
        _ position: ONNXValue,
        _ labels: Labels,
        _ type: ONNXType,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let list: TensorConstant
        switch labels {
        case .text(let texts): list = TensorConstant(codes: texts.map { code(of: $0) })
        case .integer(let numbers): list = TensorConstant(numbers)
        case .double, .decimal: throw node.malformed("no class labels")
        }
        let classes = ONNXValue(
            type: type,
            shape: [labels.count],
            rowAxis: nil,
            source: .constant(list)
        )
        var result = try gather(classes, position.reshaped([1], rowAxis: 0), along: 0, node)
        result.labels = labels
        return result
    }

    // MARK: - Linear models

    /// Rows times coefficients, plus intercepts: one score a class or target.
    private mutating func scores(
        _ node: ONNXNode,
        count: Int
    ) throws(FormatError) -> ONNXValue {
        let value = try rows(node)
        let bias = node.floats("intercepts").map { Double($0) }
        return try rowProduct(
            value,
            node.floats("coefficients").map { Double($0) },
            depth: value.width,
            isTurned: true,
            bias: bias,
            columns: count,
            .float,
            node
        )
    }

    /// `LinearRegressor`; a single target knows no function but PROBIT.
    private mutating func linearRegression(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let count = try node.integer("targets", default: 1)
        guard count > 0, count <= Limits.classesMax else {
            throw node.malformed("\(count) targets")
        }
        return try scored(try scores(node, count: count), try scoreFunction(node), .none, node)
    }

    /// `LinearClassifier`: as many intercepts as classes, or one for two classes. The label is
    /// decided
    /// by the scores before any function.
    private mutating func linearClassification(_ node: ONNXNode) throws(FormatError) -> [ONNXValue]
    {
        let (labels, type) = try classLabels(node, integers: "classlabels_ints")
        let count = node.floats("intercepts").count
        guard count > 0, count == labels.count || count == 1 else {
            throw node.malformed("\(count) intercepts for \(labels.count) classes")
        }
        let scores = try scores(node, count: count)
        let function = try scoreFunction(node)
        guard count > 1 else {
            let isSecond = try pair(.greater, scores, constant([0], [], .float), node)
            let position = try convert(isSecond, to: .int64, node)
            // A single class label says nothing; the answers are 1 and 0 then.
            let isNamed = labels.count == 2
            let plain: Labels = type == .string ? .text(["0", "1"]) : .integer([0, 1])
            let known = isNamed ? labels : plain
            let label = try labelled(position, known, type, node)
            return [label, try scored(scores, function, isNamed ? .complement : .none, node)]
        }
        let label = try labelled(try greatest(scores, node), labels, type, node)
        return [label, try scored(scores, function, .none, node)]
    }

    /// The position of the first greatest of a row.
    private mutating func greatest(
        _ value: ONNXValue,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let source = try tensor(of: value, node)
        let output = nextTensor()
        try append(
            ExtremePlaceOperator(
                input: source,
                output: output,
                shape: TensorBlock(outer: 1, count: value.width, inner: 1),
                element: value.element,
                isGreatest: true,
                takesLast: false
            ),
            node
        )
        return made(.int64, [1], 0, at: output)
    }

    // MARK: - Support vector machines

    /// Kernel and parameters, in the order gamma, shift, degree; what is not given is 0.
    private func kernel(_ node: ONNXNode) throws(FormatError) -> KernelFunction {
        let parameters = node.floats("kernel_params").map { Double($0) } + [0, 0, 0]
        let (gamma, shift, degree) = (parameters[0], parameters[1], parameters[2])
        switch node.string("kernel_type", default: "LINEAR") {
        case "LINEAR": return .linear
        case "POLY": return .polynomial(gamma: gamma, shift: shift, degree: degree)
        case "RBF": return .radial(gamma: gamma)
        case "SIGMOID": return .sigmoid(gamma: gamma, shift: shift)
        default: throw node.malformed("kernel_type '\(node.string("kernel_type").prefix(40))'")
        }
    }

    /// How alike rows and support vectors are.
    private mutating func kernels(
        _ value: ONNXValue,
        count: Int,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let vectors = node.floats("support_vectors")
        guard vectors.count % count == 0, vectors.count / count == value.width else {
            throw node.malformed(
                "\(vectors.count) numbers in \(count) support vectors of \(value.width) features"
            )
        }
        let source = try tensor(of: value, node)
        let output = nextTensor()
        try append(
            VectorKernelOperator(
                try kernel(node),
                input: source,
                output: output,
                vectors: TensorConstant(vectors),
                depth: value.width
            ),
            node
        )
        return made(.float, [1, count], 0, at: output)
    }

    /// `SVMRegressor`: coefficients of support vectors or, without any, of the features themselves;
    /// for one class the answer is 1 inside and -1 outside.
    private mutating func vectorRegression(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try rows(node)
        let count = try node.integer("n_supports", default: 0)
        let coefficients = node.floats("coefficients").map { Double($0) }
        guard let shift = node.floats("rho").first, count >= 0, count <= coefficients.count else {
            throw node.malformed("\(count) support vectors, \(coefficients.count) coefficients")
        }
        let source = count > 0 ? try kernels(value, count: count, node) : value
        let result = try rowProduct(
            source,
            coefficients,
            depth: source.width,
            isTurned: true,
            bias: [Double(shift)],
            columns: 1,
            .float,
            node
        )
        guard try node.flag("one_class") else { return result }
        let isInside = try pair(.greater, result, constant([0], [], .float), node)
        let (one, other) = (constant([1], [], .float), constant([-1], [], .float))
        return try choose(isInside, one, other, node)
    }

    /// `SVMClassifier`: decisions between pairs of classes, as probabilities where the file has the
    /// parameters of the sigmoids, else as they are. The label is what most pairs decide for.
    private mutating func vectorClassification(_ node: ONNXNode) throws(FormatError) -> [ONNXValue]
    {
        let (labels, type) = try classLabels(node, integers: "classlabels_ints")
        let value = try rows(node)
        let counts = node.integers("vectors_per_class")
        var total = 0
        for count in counts {
            guard count >= 0, count <= Int64(FormatLimits.onnxElementsMax) else {
                throw node.malformed("\(count) support vectors")
            }
            total += Int(count)
        }
        guard total > 0 else { return try linearVectors(value, labels, type, node) }
        guard counts.count == labels.count, counts.count >= 2 else {
            throw node.malformed("\(counts.count) counts for \(labels.count) classes")
        }
        let alike = try kernels(value, count: total, node)
        let source = try tensor(of: alike, node)
        let (decisions, winner) = (nextTensor(), nextTensor(1))
        try append(
            PairMachineOperator(
                kernels: source,
                decisions: decisions,
                winner: winner,
                coefficients: node.floats("coefficients"),
                shifts: node.floats("rho"),
                vectorCounts: counts.map { Int($0) }
            ),
            node
        )
        let label = try labelled(made(.int64, [1], 0, at: winner), labels, type, node)
        let pairs = counts.count * (counts.count - 1) / 2
        let scores = made(.float, [1, pairs], 0, at: decisions)
        let function = try scoreFunction(node)
        guard !node.floats("prob_a").isEmpty else {
            let isPair = labels.count == 2
            let form: ScoreFunctionOperator.Pair = function == .none ? .negative : .complement
            return [label, try scored(scores, function, isPair ? form : .none, node)]
        }
        let shares = nextTensor()
        try append(
            PairCouplingOperator(
                input: decisions,
                output: shares,
                slopes: node.floats("prob_a"),
                shifts: node.floats("prob_b"),
                classCount: labels.count
            ),
            node
        )
        let probabilities = made(.float, [1, labels.count], 0, at: shares)
        return [label, try scored(probabilities, function, .none, node)]
    }

    /// One row of coefficients a class and one shift for all.
    private mutating func linearVectors(
        _ value: ONNXValue,
        _ labels: Labels,
        _ type: ONNXType,
        _ node: ONNXNode
    ) throws(FormatError) -> [ONNXValue] {
        let coefficients = node.floats("coefficients")
        guard let shift = node.floats("rho").first else { throw node.malformed("no rho") }
        let scores = try rowProduct(
            value,
            coefficients.map { Double($0) },
            depth: value.width,
            isTurned: true,
            bias: Array(repeating: Double(shift), count: labels.count),
            columns: labels.count,
            .float,
            node
        )
        var position = try greatest(scores, node)
        if labels.count == 2 {
            // Of two classes the second is taken as soon as any score is great enough.
            let isPositive = coefficients.allSatisfy { $0 >= 0 }
            let best = try reduce(.maximum, scores, [1], false, node)
            let limit = constant([isPositive ? 0.5 : 0], [], .float)
            let isGreat = try pair(isPositive ? .greaterOrEqual : .greater, best, limit, node)
            position = try choose(isGreat, wholes([1], []), position, node)
        }
        let label = try labelled(position, labels, type, node)
        return [label, try scored(scores, try scoreFunction(node), .none, node)]
    }
}
