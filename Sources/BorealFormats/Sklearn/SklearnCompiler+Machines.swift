import BorealGraph
import Glibc

/// Support vector machines, neighbours, clusters, projections, networks, and what does not look at
/// its rows.
extension SklearnCompiler {
    /// The answer of such an estimator; nil for all others.
    mutating func machine(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer? {
        switch o.name {
        case "SVC", "NuSVC": return try supportClassifier(o, flow)
        case "SVR", "NuSVR": return SklearnAnswer(numbers: try supportSums(o, flow, isSingle: true))
        case "OneClassSVM": return try oneClass(o, flow)
        case "KNeighborsClassifier", "KNeighborsRegressor": return try neighbors(o, flow)
        case "NearestCentroid": return try nearestCentroid(o, flow)
        case "GaussianNB", "MultinomialNB", "BernoulliNB", "ComplementNB", "CategoricalNB":
            return try naiveBayes(o, flow)
        case "QuadraticDiscriminantAnalysis": return try quadraticDiscriminant(o, flow)
        case "GaussianMixture": return try gaussianMixture(o, flow)
        case "KMeans", "MiniBatchKMeans": return try clusters(o, flow)
        case "BisectingKMeans": return try bisectedClusters(o, flow)
        case "PCA", "IncrementalPCA", "TruncatedSVD": return try projection(o, flow)
        case "MLPClassifier", "MLPRegressor": return try perceptron(o, flow)
        case "DummyClassifier", "DummyRegressor", "_ConstantPredictor":
            return try dummy(o, flow)
        case "IsotonicRegression":
            let curve = try isotonicCurve(o)
            return SklearnAnswer(
                numbers: try add {
                    PiecewiseLinearOperator(input: flow.tensor, output: $0, curves: [curve])
                }
            )
        default: return nil
        }
    }

    // MARK: - Support vector machines

    private func kernel(_ o: SklearnObject) throws(FormatError) -> KernelOperator.Kernel {
        let gamma = try o.number("_gamma")
        let coefficient = try o.number("coef0")
        switch o.text("kernel") {
        case "linear": return .linear
        case "rbf": return .radial(gamma: gamma)
        case "sigmoid": return .sigmoid(gamma: gamma, coefficient: coefficient)
        case "poly":
            return .polynomial(
                gamma: gamma,
                coefficient: coefficient,
                degree: try o.count("degree")
            )
        default: throw o.unsupported("kernel '\(o.text("kernel") ?? "of its own")'")
        }
    }

    /// Sums over the support vectors: one, or one for each pair of classes, as libsvm adds them.
    private mutating func supportSums(
        _ o: SklearnObject,
        _ flow: SklearnFlow,
        isSingle: Bool
    ) throws(FormatError) -> TensorID {
        let vectors = try o.matrix("support_vectors_", columns: flow.width)
        let count = vectors.rows
        let factors = try o.array(o.has("_dual_coef_") ? "_dual_coef_" : "dual_coef_")
        let bias = try o.array(o.has("_intercept_") ? "_intercept_" : "intercept_").values
        guard factors.values.count == factors.rows * factors.columns,
            factors.columns == count || factors.values.isEmpty
        else { throw o.damaged("coefficients of shape \(factors.shape)") }
        var sums: [[KernelOperator.Term]] = []
        if isSingle {
            guard factors.rows == 1 else { throw o.damaged("coefficients") }
            sums = [[.init(first: 0, coefficients: factors.values)]]
        } else {
            sums = try pairs(o, factors, vectorCount: count)
        }
        guard bias.count == sums.count else { throw o.damaged("\(bias.count) intercepts") }
        let kernel = try kernel(o)
        return try add { output throws(GraphError) in
            try KernelOperator(
                input: flow.tensor,
                output: output,
                inputWidth: flow.width,
                vectors: vectors.values,
                kernel: kernel,
                sums: sums,
                bias: bias
            )
        }
    }

    /// For each two classes the vectors of both with the coefficients of that pair.
    private func pairs(
        _ o: SklearnObject,
        _ factors: NumberArray,
        vectorCount: Int
    ) throws(FormatError) -> [[KernelOperator.Term]] {
        var counts: [Int] = []
        for value in try o.array("_n_support").values {
            guard let count = Int(exactly: value), count >= 0, count <= vectorCount else {
                throw o.damaged("'_n_support'")
            }
            counts.append(count)
        }
        guard counts.count > 1, counts.count < 1 << 12, counts.reduce(0, +) == vectorCount,
            factors.rows == counts.count - 1
        else { throw o.damaged("\(counts.count) classes of support vectors") }
        var starts = [0]
        for count in counts { starts.append((starts.last ?? 0) + count) }
        func term(_ owner: Int, _ row: Int) -> KernelOperator.Term {
            let line = factors.row(row)
            let first = line.startIndex + starts[owner]
            return .init(
                first: starts[owner],
                coefficients: Array(line[first..<first + counts[owner]])
            )
        }
        var sums: [[KernelOperator.Term]] = []
        for i in counts.indices {
            for j in i + 1..<max(counts.count, i + 1) {
                sums.append([term(i, j - 1), term(j, i)])
            }
        }
        return sums
    }

    private mutating func supportClassifier(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let classes = try onlyClasses(o)
        let count = classes.count
        let sums = try supportSums(o, flow, isSingle: false)
        guard builder.width(of: sums) == count * (count - 1) / 2 else {
            throw o.damaged("\(count) classes")
        }
        let votes = try add {
            PairwiseScoreOperator(inputs: [sums], output: $0, classCount: count, rule: .votes)
        }
        var answer = try classifier(classes, greatest: votes)
        if count == 2 {
            answer.decision = try build { builder throws(GraphError) in
                try builder.map(sums, .negate)
            }
        } else if o.text("decision_function_shape") == "ovr" {
            let scores = try build { builder throws(GraphError) in
                let turned = try builder.map(sums, .negate)
                return try builder.add {
                    PairwiseScoreOperator(
                        inputs: [turned],
                        output: $0,
                        classCount: count,
                        rule: .confidences
                    )
                }
            }
            answer.decision = scores
            if o.bool("break_ties") == true {
                answer.codes = try build { builder throws(GraphError) in
                    try builder.greatest(scores)
                }
            }
        } else {
            answer.decision = sums
        }
        let slopes = o.optionalArray("_probA")?.values ?? o.optionalArray("probA_")?.values ?? []
        let shifts = o.optionalArray("_probB")?.values ?? o.optionalArray("probB_")?.values ?? []
        if o.bool("probability") == true, !slopes.isEmpty {
            answer.probabilities = try add { output throws(GraphError) in
                try PairwiseProbabilityOperator(
                    input: sums,
                    output: output,
                    classCount: count,
                    slopes: slopes,
                    shifts: shifts
                )
            }
        }
        return answer
    }

    private mutating func oneClass(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let decision = try supportSums(o, flow, isSingle: true)
        var answer = try outlierDetector(sign: decision, includesThreshold: false)
        let offset = try o.array("offset_").values.first ?? 0
        answer.scores = try build { builder throws(GraphError) in
            try builder.map(decision, .linear(factor: 1, term: offset))
        }
        return answer
    }

    // MARK: - Networks

    private mutating func perceptron(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let layers = try o.elements("coefs_")
        let shifts = try o.elements("intercepts_")
        guard !layers.isEmpty, layers.count == shifts.count else { throw o.damaged("layers") }
        var tensor = flow.tensor
        for (index, layer) in layers.enumerated() {
            guard let weights = document.numbers(layer), weights.shape.count == 2,
                let bias = document.numbers(shifts[index])?.values,
                bias.count == weights.columns, weights.rows == builder.width(of: tensor),
                weights.columns > 0
            else { throw o.damaged("layer \(index)") }
            let turned = transposed(weights, columns: weights.columns)
            let input = tensor
            let sums = try build { builder throws(GraphError) in
                try builder.product(input, weights: turned, bias: bias, width: weights.columns)
            }
            let isLast = index == layers.count - 1
            tensor = try activate(sums, o.text(isLast ? "out_activation_" : "activation"), o)
        }
        guard o.name == "MLPClassifier" else { return SklearnAnswer(numbers: tensor) }
        return try perceptronClassifier(o, tensor)
    }

    private mutating func activate(
        _ tensor: TensorID,
        _ name: String?,
        _ o: SklearnObject
    ) throws(FormatError) -> TensorID {
        let function: NumberFunction
        switch name {
        case "identity": return tensor
        case "relu": function = .rectify
        case "tanh": function = .tanh
        case "logistic": function = .sigmoid
        case "exp": function = .exponential
        case "softmax":
            return try build { builder throws(GraphError) in
                try builder.link(tensor, .softmax)
            }
        default: throw o.unsupported("activation '\(name ?? "")'")
        }
        return try build { builder throws(GraphError) in try builder.map(tensor, function) }
    }

    private mutating func perceptronClassifier(
        _ o: SklearnObject,
        _ outputs: TensorID
    ) throws(FormatError) -> SklearnAnswer {
        let classes = try onlyClasses(o)
        let width = builder.width(of: outputs)
        if width == 1 {
            var answer = try classifier(classes, sign: outputs, threshold: 0.5)
            answer.probabilities = try build { builder throws(GraphError) in
                try builder.bothClasses(outputs)
            }
            return answer
        }
        if o.text("out_activation_") == "logistic" {
            return try indicators(of: outputs, threshold: 0.5)
        }
        var answer = try classifier(classes, greatest: outputs)
        answer.probabilities = outputs
        return answer
    }

    /// Several labels at once: 1 for each whose number is above the threshold.
    mutating func indicators(
        of scores: TensorID,
        threshold: Double
    ) throws(FormatError) -> SklearnAnswer {
        let width = builder.width(of: scores)
        var answer = SklearnAnswer(.classifier)
        answer.classes = [Labels](repeating: .integer([0, 1]), count: width)
        answer.codes = try add {
            ThresholdCodeOperator(input: scores, output: $0, width: width, threshold: threshold)
        }
        return answer
    }

    // MARK: - What does not look at its rows

    private mutating func dummy(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let tensor = flow.tensor
        let width = flow.width
        func constant(_ values: [Double]) -> (TensorID) -> any GraphOperator {
            { ConstantOperator(input: tensor, output: $0, inputWidth: width, values: values) }
        }
        if o.name == "DummyRegressor" {
            let values = try o.array("constant_").values
            return SklearnAnswer(numbers: try add(constant(values)))
        }
        if o.name == "_ConstantPredictor" {
            let value = try o.number("y_")
            let decision = try add(constant([value]))
            var answer = try classifier(.integer([0, 1]), sign: decision)
            answer.decision = decision
            answer.probabilities = try add(constant([1 - value, value]))
            return answer
        }
        let classes = try onlyClasses(o)
        var shares = try o.numbers("class_prior_", count: classes.count)
        let likeliest = shares.indices.max { shares[$0] < shares[$1] } ?? 0
        switch o.text("strategy") {
        case "prior", "empirical": break
        case "most_frequent": shares = shares.indices.map { $0 == likeliest ? 1 : 0 }
        case "constant":
            guard let chosen = o["constant"].flatMap({ document.plainValue($0) }),
                let place = position(of: chosen, in: classes)
            else { throw o.damaged("'constant'") }
            shares = shares.indices.map { $0 == place ? 1 : 0 }
        default: throw o.unsupported("random answers")
        }
        let probabilities = try add(constant(shares))
        var answer = try classifier(classes, greatest: probabilities)
        answer.probabilities = probabilities
        return answer
    }

    private func position(of value: PlainValue, in classes: Labels) -> Int? {
        switch value {
        case .none: nil
        case .bool(let flag): classes.index(of: flag ? 1 : 0)
        case .integer(let number): classes.index(of: Double(number))
        case .float(let number): classes.index(of: number)
        case .text(let text): classes.index(ofText: text)
        }
    }

    /// The curve of an isotonic regression.
    func isotonicCurve(_ o: SklearnObject) throws(FormatError) -> PiecewiseLinearOperator.Curve {
        let x = try o.array("X_thresholds_").values
        let y = try o.array("y_thresholds_").values
        do throws(GraphError) {
            return try .init(x: x, y: y, endsAtPoints: o.text("out_of_bounds") != "clip")
        } catch { throw .invalidModel(error) }
    }
}
