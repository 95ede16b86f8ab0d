import BorealBoost
import BorealGraph
import Glibc

/// Gradient boosting of decision trees.
extension SklearnCompiler {
    /// First scores, then every stage's trees times the learning rate.
    mutating func gradientBoosting(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        guard let table = document.array(o["estimators_"]), table.shape.count == 2,
            let refs = document.objectElements(o["estimators_"]), !refs.isEmpty
        else { throw o.damaged("no trees") }
        let width = table.shape[1]
        let rate = try o.number("learning_rate")
        var ensemble = TreeEnsemble(trees: [], scoresPerRow: width, featureCount: flow.width)
        var leafNodes: [[Int32]] = []
        for ref in refs {
            let tree = try tree(of: try o.record(ref, "estimators_"))
            guard tree.values.shape[1] == 1, tree.values.shape[2] == 1 else {
                throw o.damaged("trees of several answers")
            }
            ensemble.trees.append(
                tree.tree { $1.append(rate * (tree.value(node: $0, answer: 0).first ?? 0)) }
            )
            leafNodes.append(tree.leafNodes)
        }
        let isClassifier = o.name == "GradientBoostingClassifier"
        let classes = isClassifier ? try o.classes().first : nil
        let start = try firstScores(o, classes, width, flow)
        if case .constants(let values) = start { ensemble.initialScores = values }
        var (sums, leaves) = try sums(of: ensemble, leafNodes: leafNodes, flow)
        if case .computed(let first) = start {
            sums = try add { output throws(GraphError) in
                try WeightedSumOperator(inputs: [first, sums], output: output, width: width)
            }
        }
        var answer: SklearnAnswer
        if let classes {
            answer = try boosted(classes, sums, isExponential: o.text("loss") == "exponential")
        } else {
            answer = SklearnAnswer(numbers: sums)
        }
        answer.leaves = leaves
        return answer
    }

    /// What the sums of stages begin with.
    private enum FirstScores {
        case constants([Double])
        case computed(TensorID)
    }

    private mutating func firstScores(
        _ o: SklearnObject,
        _ classes: Labels?,
        _ width: Int,
        _ flow: SklearnFlow
    ) throws(FormatError) -> FirstScores {
        if o.text("init_") == "zero" { return .constants([Double](repeating: 0, count: width)) }
        let first = try o.record("init_")
        guard let classes else {
            if let constant = try constant(of: first) { return .constants(constant) }
            let rounded = try roundedFlow(flow)
            guard let numbers = try compile(try o.reference("init_"), rounded).numbers else {
                throw o.damaged("'init_' predicts no numbers")
            }
            return .computed(numbers)
        }
        let isHalf = o.text("loss") == "exponential"
        if let priors = first.optionalArray("class_prior_")?.values,
            priors.count == classes.count, first.name == "DummyClassifier",
            ["prior", "empirical"].contains(first.text("strategy"))
        {
            return .constants(logits(priors, width, isHalf: isHalf))
        }
        let inner = try compile(try o.reference("init_"), try roundedFlow(flow))
        let shares = try outerProbabilities(inner, areEncoded: false, in: classes)
        return .computed(try logits(of: shares, width, isHalf: isHalf))
    }

    private mutating func roundedFlow(_ flow: SklearnFlow) throws(FormatError) -> SklearnFlow {
        let rounded = try build { builder throws(GraphError) in
            try builder.roundedToFloat(flow.tensor)
        }
        return SklearnFlow(tensor: rounded, width: flow.width)
    }

    /// What a regressor answers that does not look at its rows.
    private func constant(of o: SklearnObject) throws(FormatError) -> [Double]? {
        guard o.name == "DummyRegressor" else { return nil }
        return try o.numbers("constant_", count: 1)
    }

    /// The nearest that shares come to 0 and 1.
    private var least: Double {
        version < SklearnVersion(1, 8) ? Double(Float.ulpOfOne) : Double.ulpOfOne
    }

    private func clipped(_ share: Double) -> Double {
        max(least, min(1 - least, share))
    }

    /// Scores that answer with given shares of the classes.
    private func logits(_ shares: [Double], _ width: Int, isHalf: Bool) -> [Double] {
        if width == 1 {
            let share = clipped(shares[1])
            let logit = Glibc.log(share / (1 - share))
            return [isHalf ? 0.5 * logit : logit]
        }
        let logs = shares.map { Glibc.log(clipped($0)) }
        // From 1.4 on, scores are symmetric about zero.
        guard version >= SklearnVersion(1, 4) else { return logs }
        let mean = Glibc.exp(logs.reduce(0, +) / Double(logs.count))
        return shares.map { Glibc.log(clipped($0) / mean) }
    }

    /// The same of computed shares.
    private mutating func logits(
        of shares: TensorID,
        _ width: Int,
        isHalf: Bool
    ) throws(FormatError) -> TensorID {
        let isCentred = version >= SklearnVersion(1, 4)
        let least = least
        return try build { builder throws(GraphError) in
            let count = builder.width(of: shares)
            var clipped = try builder.map(shares, .clip(low: least, high: 1 - least))
            guard width == 1 else {
                let logs = try builder.map(clipped, .logarithm)
                guard isCentred else { return logs }
                let weights = (0..<count).flatMap { row in
                    (0..<count).map { ($0 == row ? 1 : 0) - 1 / Double(count) }
                }
                return try builder.product(logs, weights: weights, bias: [], width: count)
            }
            clipped = try builder.columns([1], of: clipped)
            let other = try builder.map(
                try builder.map(clipped, .linear(factor: -1, term: 1)),
                .logarithm
            )
            let logs = try builder.map(clipped, .logarithm)
            let difference = try builder.add { output throws(GraphError) in
                try WeightedSumOperator(
                    inputs: [logs, other],
                    output: output,
                    width: 1,
                    weights: [1, -1]
                )
            }
            return isHalf
                ? try builder.map(difference, .linear(factor: 0.5, term: 0)) : difference
        }
    }

    /// Classes and probabilities of a boosted classifier's scores.
    private mutating func boosted(
        _ classes: Labels,
        _ scores: TensorID,
        isExponential: Bool
    ) throws(FormatError) -> SklearnAnswer {
        var answer: SklearnAnswer
        if builder.width(of: scores) == 1 {
            answer = try classifier(
                classes,
                sign: scores,
                includesThreshold: version >= SklearnVersion(1, 4)
            )
            answer.probabilities = try build { builder throws(GraphError) in
                let link = ScoreLink.sigmoid(scale: isExponential ? 2 : 1)
                return try builder.bothClasses(try builder.link(scores, link))
            }
        } else {
            answer = try classifier(classes, greatest: scores)
            answer.probabilities = try softmax(ofDecision: scores)
        }
        answer.decision = scores
        return answer
    }
}
