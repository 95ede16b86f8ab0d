import BorealGraph

/// Linear models: rows times coefficients, then a link or a class.
extension SklearnCompiler {
    /// The answer of a linear estimator; nil for all others.
    mutating func linear(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer? {
        switch o.name {
        case "LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet",
            "ElasticNetCV", "MultiTaskLasso", "MultiTaskLassoCV", "MultiTaskElasticNet",
            "MultiTaskElasticNetCV", "SGDRegressor", "PassiveAggressiveRegressor",
            "HuberRegressor", "TheilSenRegressor", "BayesianRidge", "ARDRegression",
            "QuantileRegressor", "Lars", "LarsCV", "LassoLars", "LassoLarsCV", "LassoLarsIC",
            "OrthogonalMatchingPursuit", "OrthogonalMatchingPursuitCV", "LinearSVR":
            return SklearnAnswer(numbers: try scores(o, flow))
        case "PoissonRegressor", "GammaRegressor", "TweedieRegressor",
            "GeneralizedLinearRegressor":
            return try generalized(o, flow)
        case "RANSACRegressor": return try compile(try o.reference("estimator_"), flow)
        case "LogisticRegression", "LogisticRegressionCV": return try logistic(o, flow)
        case "SGDClassifier": return try stochastic(o, flow)
        case "Perceptron", "PassiveAggressiveClassifier", "LinearSVC", "RidgeClassifier",
            "RidgeClassifierCV":
            return try linearClassifier(o, try scores(o, flow)).answer
        case "LinearDiscriminantAnalysis": return try linearDiscriminant(o, flow)
        case "SGDOneClassSVM": return try linearOneClass(o, flow)
        default: return nil
        }
    }

    /// `X @ coef_.T + intercept_`
    private mutating func scores(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> TensorID {
        let weights = try o.matrix("coef_", columns: flow.width)
        let width = weights.rows
        var bias = try o.array("intercept_").values
        if bias.count == 1, width > 1 { bias = [Double](repeating: bias[0], count: width) }
        guard width > 0 else { throw o.damaged("no coefficients") }
        return try build { builder throws(GraphError) in
            try builder.product(
                flow.tensor,
                weights: weights.values,
                bias: bias,
                width: width
            )
        }
    }

    /// Poisson, gamma and Tweedie models: an exponential, or the sum itself.
    private mutating func generalized(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let sum = try scores(o, flow)
        var isLog = o.name == "PoissonRegressor" || o.name == "GammaRegressor"
        if !isLog {
            switch o.text("link") {
            case "log": isLog = true
            case "identity": break
            case "auto", nil:
                let isAuto = o["link"] == nil || o.text("link") == "auto"
                guard isAuto, let power = o.optionalNumber("power") else {
                    throw o.unsupported("a link of its own")
                }
                isLog = power > 0
            default: throw o.unsupported("link '\(o.text("link") ?? "")'")
            }
        }
        guard isLog else { return SklearnAnswer(numbers: sum) }
        let answer = try build { builder throws(GraphError) in
            try builder.map(sum, .exponential)
        }
        return SklearnAnswer(numbers: answer)
    }

    /// A class by the sign of one score, or by the greatest of several.
    private mutating func linearClassifier(
        _ o: SklearnObject,
        _ decision: TensorID
    ) throws(FormatError) -> (answer: SklearnAnswer, classes: Labels) {
        // Ridge keeps its classes in the encoder of its labels.
        let owner = o.has("classes_") ? o : try o.record("_label_binarizer")
        let classes = try onlyClasses(owner)
        guard owner.text("y_type_")?.hasPrefix("multilabel") != true else {
            throw o.unsupported("several labels at once")
        }
        var answer =
            builder.width(of: decision) == 1
            ? try classifier(classes, sign: decision) : try classifier(classes, greatest: decision)
        answer.decision = decision
        return (answer, classes)
    }

    private mutating func logistic(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let decision = try scores(o, flow)
        var (answer, classes) = try linearClassifier(o, decision)
        let solver = o.text("solver") ?? "lbfgs"
        let mode = o.text("multi_class") ?? "auto"
        let onlyBinary =
            solver == "liblinear"
            || solver == "newton-cholesky" && version < SklearnVersion(1, 6)
        let isOneVersusRest =
            mode == "ovr" || mode == "warn"
            || mode != "multinomial" && (classes.count <= 2 || onlyBinary)
        answer.probabilities =
            isOneVersusRest ? try oneVersusRest(decision) : try softmax(ofDecision: decision)
        return answer
    }

    /// Sigmoids; more than one are divided by their sum.
    mutating func oneVersusRest(_ decision: TensorID) throws(FormatError) -> TensorID {
        let width = builder.width(of: decision)
        return try build { builder throws(GraphError) in
            let sigmoids = try builder.link(decision, .sigmoid(scale: 1))
            if width == 1 { return try builder.bothClasses(sigmoids) }
            return try builder.add {
                NormalizeRowsOperator(
                    input: sigmoids,
                    output: $0,
                    inputWidth: width,
                    measure: .sum
                )
            }
        }
    }

    /// Softmax; one score stands for its negative and itself.
    mutating func softmax(ofDecision decision: TensorID) throws(FormatError) -> TensorID {
        try build { builder throws(GraphError) in
            guard builder.width(of: decision) == 1 else {
                return try builder.link(decision, .softmax)
            }
            let both = try builder.join([try builder.map(decision, .negate), decision])
            return try builder.link(both, .softmax)
        }
    }

    private mutating func stochastic(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let decision = try scores(o, flow)
        var (answer, _) = try linearClassifier(o, decision)
        switch o.text("loss") {
        case "log", "log_loss": answer.probabilities = try oneVersusRest(decision)
        case "modified_huber": answer.probabilities = try huberProbabilities(decision)
        default: break
        }
        return answer
    }

    /// `(clip(score, -1, 1) + 1) / 2`
    private mutating func huberProbabilities(_ decision: TensorID) throws(FormatError) -> TensorID {
        let width = builder.width(of: decision)
        return try build { builder throws(GraphError) in
            let clipped = try builder.map(decision, .clip(low: -1, high: 1))
            let shifted = try builder.map(clipped, .linear(factor: 1, term: 1))
            let half = try builder.map(shifted, .linear(factor: 0.5, term: 0))
            if width == 1 { return try builder.bothClasses(half) }
            return try builder.add {
                NormalizeRowsOperator(
                    input: half,
                    output: $0,
                    inputWidth: width,
                    measure: .sumOrEven
                )
            }
        }
    }

    private mutating func linearDiscriminant(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let decision = try scores(o, flow)
        var (answer, _) = try linearClassifier(o, decision)
        if builder.width(of: decision) == 1 {
            answer.probabilities = try oneVersusRest(decision)
        } else {
            answer.probabilities = try softmax(ofDecision: decision)
        }
        guard o.text("solver") != "lsqr", let scalings = o.optionalArray("scalings_"),
            scalings.shape.count == 2, scalings.rows == flow.width
        else { return answer }
        let isCentred = o.text("solver") == "svd"
        let limit = o.optionalNumber("_max_components").flatMap { Int(exactly: $0) }
        let width = min(scalings.columns, limit ?? scalings.columns)
        guard width > 0 else { return answer }
        let means = isCentred ? try o.numbers("xbar_", count: flow.width) : []
        let weights = transposed(scalings, columns: width)
        answer.features = SklearnFlow(
            tensor: try build { builder throws(GraphError) in
                let centred =
                    means.isEmpty
                    ? flow.tensor
                    : try builder.scale(flow.tensor, shift: means, .subtractMultiply)
                return try builder.product(centred, weights: weights, bias: [], width: width)
            },
            width: width
        )
        return answer
    }

    /// The first columns of a matrix, one behind the other.
    func transposed(_ matrix: NumberArray, columns: Int) -> [Double] {
        precondition(columns <= matrix.columns, "columns beyond \(matrix.shape)")
        return (0..<columns).flatMap { column in
            (0..<matrix.rows).map { matrix.values[$0 * matrix.columns + column] }
        }
    }

    private mutating func linearOneClass(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let weights = try o.numbers("coef_", count: flow.width)
        let offset = try o.number("offset_")
        let decision = try build { builder throws(GraphError) in
            try builder.product(flow.tensor, weights: weights, bias: [-offset], width: 1)
        }
        var answer = try outlierDetector(sign: decision, includesThreshold: true)
        answer.scores = try build { builder throws(GraphError) in
            try builder.map(decision, .linear(factor: 1, term: offset))
        }
        return answer
    }
}
