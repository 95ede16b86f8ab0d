import BorealBoost
import BorealGraph

extension ONNXBuilder {
    /// Tree ensembles of all versions.
    mutating func trees(_ node: ONNXNode) throws(FormatError) -> [ONNXValue]? {
        switch node.operation {
        case "TreeEnsembleRegressor":
            let targets = try node.integer("n_targets") ?? 0
            let forest = try ONNXForest(numbered: node, prefix: "target", targetCount: targets)
            return [try regression(forest, try settings(node, forest), node)]
        case "TreeEnsemble":
            let forest = try ONNXForest(positioned: node)
            let settings = try numberedSettings(node)
            // From version 5 on what comes out has the type of what goes in.
            guard try input(node, 0).type == .double else {
                return [try regression(forest, settings, node)]
            }
            return [try doubleRegression(forest, settings, node)]
        case "TreeEnsembleClassifier": return try classification(node)
        default: return nil
        }
    }

    /// What becomes of the numbers that trees have for a target.
    private struct Settings {
        enum Aggregate: String {
            case sum = "SUM"
            case average = "AVERAGE"
            case min = "MIN"
            case max = "MAX"
        }

        var aggregate = Aggregate.sum
        var function = ScoreFunction.none
        var baseValues: [Double] = []
    }

    /// What becomes of scores at last, by its name in versions 1 to 3.
    private func function(_ node: ONNXNode) throws(FormatError) -> ScoreFunction {
        let name = node.string("post_transform", default: "NONE")
        guard let function = ScoreFunction(rawValue: name) else {
            throw node.malformed("post_transform '\(name.prefix(40))'")
        }
        return function
    }

    /// The attributes of versions 1 to 3 beside the trees.
    private func settings(
        _ node: ONNXNode,
        _ forest: ONNXForest
    ) throws(FormatError) -> Settings {
        let name = node.string("aggregate_function", default: "SUM")
        guard let aggregate = Settings.Aggregate(rawValue: name) else {
            throw node.malformed("aggregate_function '\(name.prefix(40))'")
        }
        return Settings(
            aggregate: aggregate,
            function: try function(node),
            baseValues: try ONNXForest.numbers("base_values", node)
        )
    }

    /// Version 5 has numbers for names.
    private func numberedSettings(_ node: ONNXNode) throws(FormatError) -> Settings {
        let aggregates: [Settings.Aggregate] = [.average, .sum, .min, .max]
        // ONNX Runtime's numbers; the standard has softmax before logistic.
        let functions: [ScoreFunction] = [.none, .logistic, .softmax, .softmaxZero, .probit]
        let aggregate = try node.integer("aggregate_function", default: 1)
        let function = try node.integer("post_transform", default: 0)
        guard aggregates.indices.contains(aggregate), functions.indices.contains(function) else {
            throw node.malformed("aggregate_function \(aggregate), post_transform \(function)")
        }
        return Settings(aggregate: aggregates[aggregate], function: functions[function])
    }

    /// Rows of features as trees want them: Double, rounded to what the file's type holds.
    private mutating func treeFeatures(
        _ node: ONNXNode
    ) throws(FormatError) -> (value: ONNXValue, isFloat: Bool) {
        let value = try input(node, 0)
        guard value.rowAxis == 0, value.rank == 2, value.type != .string else {
            throw node.malformed("features are no rows of numbers")
        }
        if value.type == .double { return (value, false) }
        if case .tensor(let id) = value.source, roundedFeatures.contains(id.index) {
            let output = nextTensor()
            let round = RoundToFloatOperator(input: .features, output: output, width: value.width)
            try append(round, node)
            return (made(.double, value.shape, 0, at: output), true)
        }
        let rounded = try convert(value, to: .float, node)
        return (try convert(rounded, to: .double, node), true)
    }

    /// The features, and behind them the answers to questions about equality.
    private mutating func asked(
        _ value: ONNXValue,
        _ questions: [MembershipOperator.Question],
        _ node: ONNXNode
    ) throws(FormatError) -> TensorID {
        let source = try tensor(of: value, node)
        guard !questions.isEmpty else { return source }
        let output = nextTensor()
        try append(
            MembershipOperator(
                input: source,
                output: output,
                width: value.width,
                questions: questions
            ),
            node
        )
        return output
    }

    /// What the trees have for each target: sums on the fast kernel, or extremes tree by tree.
    private mutating func sums(
        _ compiler: inout ONNXForestCompiler,
        _ value: ONNXValue,
        _ aggregate: Settings.Aggregate,
        _ node: ONNXNode
    ) throws(FormatError) -> TensorID {
        let isExtreme = aggregate == .min || aggregate == .max
        let ensemble = try compiler.ensemble(vectors: isExtreme)
        let features = try asked(value, compiler.questions, node)
        let output = nextTensor()
        let step: any GraphOperator
        do throws(GraphError) {
            step =
                isExtreme
                ? try TreeExtremeOperator(
                    ensemble,
                    input: features,
                    output: output,
                    isGreatest: aggregate == .max
                ) : try TreeEnsembleOperator(ensemble, input: features, output: output)
        } catch { throw node.malformed("\(error)") }
        try append(step, node)
        return output
    }

    /// A regressor of any version: sums, base values, function.
    private mutating func regression(
        _ forest: ONNXForest,
        _ settings: Settings,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let (value, isFloat) = try treeFeatures(node)
        let isExtreme = settings.aggregate == .min || settings.aggregate == .max
        var compiler = ONNXForestCompiler(
            forest,
            node,
            isFloat: isFloat,
            width: value.width,
            absent: isExtreme ? .nan : 0
        )
        let sums = try sums(&compiler, value, settings.aggregate, node)
        var rule = EnsembleScoreOperator.Rule(width: forest.targetCount)
        rule.function = settings.function
        rule.baseValues = settings.baseValues
        rule.isFloat = isFloat
        if settings.aggregate == .average { rule.divisor = Double(forest.roots.count) }
        let presence = try presence(forest, value, &rule, isFloat, node)
        let output = nextTensor()
        try append(
            EnsembleScoreOperator(
                rule,
                sums: sums,
                presence: presence,
                scores: output,
                label: nil,
                answers: TensorConstant([Int64]())
            ),
            node
        )
        return made(.float, [1, forest.targetCount], 0, at: output)
    }

    /// A regressor whose sums stay numbers of 64 bits; a function makes 32 of them.
    private mutating func doubleRegression(
        _ forest: ONNXForest,
        _ settings: Settings,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let isAlone = forest.targetCount == 1
        let isApplied = isAlone ? settings.function == .probit : settings.function != .none
        if isApplied {
            return try convert(try regression(forest, settings, node), to: .double, node)
        }
        let (value, isFloat) = try treeFeatures(node)
        let isExtreme = settings.aggregate == .min || settings.aggregate == .max
        var compiler = ONNXForestCompiler(
            forest,
            node,
            isFloat: isFloat,
            width: value.width,
            absent: isExtreme ? .nan : 0
        )
        let sums = try sums(&compiler, value, settings.aggregate, node)
        let result = made(.double, [1, forest.targetCount], 0, at: sums)
        guard settings.aggregate == .average else { return result }
        let count = constant([Double(forest.roots.count)], [], .double)
        return try pair(.divide, result, count, node)
    }

    // MARK: - Classification

    /// `TreeEnsembleClassifier`: the label and the scores of its classes.
    private mutating func classification(_ node: ONNXNode) throws(FormatError) -> [ONNXValue] {
        let classes = try classLabels(node, integers: "classlabels_int64s")
        let count = classes.labels.count
        let forest = try ONNXForest(numbered: node, prefix: "class", targetCount: Int64(count))
        let (value, isFloat) = try treeFeatures(node)
        var compiler = ONNXForestCompiler(forest, node, isFloat: isFloat, width: value.width)
        let sums = try sums(&compiler, value, .sum, node)
        var rule = EnsembleScoreOperator.Rule(width: count)
        rule.function = try function(node)
        rule.baseValues = try ONNXForest.numbers("base_values", node)
        rule.isFloat = isFloat
        rule.isClassifier = true
        rule.scoresOneClass = count == 2 && Set(forest.weights.map(\.target)).count == 1
        rule.isPositive = forest.weights.allSatisfy { $0.value >= 0 }
        let presence = try presence(forest, value, &rule, isFloat, node)
        let (scores, label) = (nextTensor(), nextTensor(1))
        try append(
            EnsembleScoreOperator(
                rule,
                sums: sums,
                presence: presence,
                scores: scores,
                label: label,
                answers: answers(classes.labels)
            ),
            node
        )
        var result = made(classes.type, [1], 0, at: label)
        result.labels = classes.labels
        return [result, made(.float, [1, count], 0, at: scores)]
    }

    /// Labels of the classes, and what stands for them where a score is no decision: the second
    /// and the first text, but the whole numbers 1 and 0.
    private mutating func answers(_ labels: Labels) -> TensorConstant {
        switch labels {
        case .text(let texts):
            let codes = texts.map { code(of: $0) }
            return TensorConstant(codes: codes + [codes[min(1, codes.count - 1)], codes[0]])
        case .integer(let numbers): return TensorConstant(numbers + [1, 0])
        case .double, .decimal: return TensorConstant([Int64]())
        }
    }

    /// Whether classes have a score in every row, in none, or as trees tell that answer it for
    /// each row.
    private mutating func presence(
        _ forest: ONNXForest,
        _ value: ONNXValue,
        _ rule: inout EnsembleScoreOperator.Rule,
        _ isFloat: Bool,
        _ node: ONNXNode
    ) throws(FormatError) -> TensorID? {
        let count = forest.targetCount
        var isEver = Array(repeating: false, count: count)
        var isAlways = isEver
        for tree in forest.leavesByTree() {
            var leavesOf: [Int: Int] = [:]
            for leaf in tree {
                var seen: Set<Int> = []
                forest.forEachWeight(of: leaf) { seen.insert($0.target) }
                for target in seen { leavesOf[target, default: 0] += 1 }
            }
            for (target, leaves) in leavesOf {
                isEver[target] = true
                if leaves == tree.count { isAlways[target] = true }
            }
        }
        rule.isPresent = isEver
        let depends =
            rule.isClassifier
            ? count == 2 || rule.baseValues.isEmpty : count > 1 && !rule.baseValues.isEmpty
        guard isEver != isAlways, depends else { return nil }
        var compiler = ONNXForestCompiler(
            forest,
            node,
            isFloat: isFloat,
            width: value.width,
            marksOnly: true
        )
        return try sums(&compiler, value, .sum, node)
    }
}

extension ONNXForest {
    /// The leaves of each tree.
    fileprivate func leavesByTree() -> [[Int]] {
        roots.map { root in
            var found: [Int] = []
            var stack = [root]
            while let place = stack.popLast() {
                if place >= 0, let inner = nodes[place] {
                    stack += [inner.yes, inner.no]
                } else {
                    found.append(~place)
                }
            }
            return found
        }
    }
}
