import BorealBoost
import BorealGraph

/// Estimators that hold others of one kind: AdaBoost, bagging, voting, stacking.
extension SklearnCompiler {
    /// The answer of an ensemble; nil for all others.
    mutating func ensemble(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer? {
        switch o.name {
        case "AdaBoostClassifier": return try adaBoost(o, flow)
        case "AdaBoostRegressor": return try adaBoostRegressor(o, flow)
        case "BaggingClassifier": return try bagging(o, flow)
        case "BaggingRegressor": return try baggingRegressor(o, flow)
        case "VotingClassifier": return try voting(o, flow)
        case "VotingRegressor": return try votingRegressor(o, flow)
        case "StackingClassifier", "StackingRegressor": return try stacking(o, flow)
        default: return nil
        }
    }

    func onlyClasses(_ o: SklearnObject) throws(FormatError) -> Labels {
        let all = try o.classes()
        guard all.count == 1, let classes = all.first else {
            throw o.unsupported("several answers")
        }
        return classes
    }

    // MARK: - AdaBoost

    private mutating func adaBoost(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let classes = try onlyClasses(o)
        let count = classes.count
        let refs = try o.elements("estimators_")
        let all = try o.array("estimator_weights_").values
        guard count > 1, !refs.isEmpty, all.count >= refs.count else {
            throw o.damaged("estimators or their weights")
        }
        let weights = Array(all.prefix(refs.count))
        let isReal = o.text("algorithm") == "SAMME.R"
        // Up to 1.2 other classes than the chosen one got nothing.
        let others =
            version < SklearnVersion(1, 3) ? [] : weights.map { -1 / Double(count - 1) * $0 }
        var summands: [TensorID] = []
        for ref in refs {
            let inner = try compile(ref, flow)
            guard isReal else {
                summands.append(try outerCodes(inner, areEncoded: false, in: classes))
                continue
            }
            let shares = try outerProbabilities(inner, areEncoded: false, in: classes)
            summands.append(
                try add { SammeOperator(input: shares, output: $0, inputWidth: count) }
            )
        }
        let divisor = all.reduce(0, +)
        let scores = try add { output throws(GraphError) in
            if isReal {
                return try WeightedSumOperator(
                    inputs: summands,
                    output: output,
                    width: count,
                    divisor: divisor
                )
            }
            return try VoteOperator(
                inputs: summands,
                output: output,
                classCount: count,
                weights: weights,
                otherWeights: others,
                divisor: divisor
            )
        }
        return try adaBoost(classes, scores)
    }

    /// The decision, the class and the probabilities of summed scores.
    private mutating func adaBoost(
        _ classes: Labels,
        _ scores: TensorID
    ) throws(FormatError) -> SklearnAnswer {
        let count = classes.count
        guard count == 2 else {
            var answer = try classifier(classes, greatest: scores)
            answer.decision = scores
            answer.probabilities = try build { builder throws(GraphError) in
                try builder.link(scores, .softmax, divisor: Double(count - 1))
            }
            return answer
        }
        let decision = try build { builder throws(GraphError) in
            try builder.product(scores, weights: [-1, 1], bias: [], width: 1)
        }
        var answer = try classifier(classes, sign: decision)
        answer.decision = decision
        answer.probabilities = try build { builder throws(GraphError) in
            let both = try builder.join([try builder.map(decision, .negate), decision])
            return try builder.link(both, .softmax, divisor: 2)
        }
        return answer
    }

    private mutating func adaBoostRegressor(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let refs = try o.elements("estimators_")
        let all = try o.array("estimator_weights_").values
        guard !refs.isEmpty, all.count >= refs.count else { throw o.damaged("estimators") }
        var numbers: [TensorID] = []
        for ref in refs { numbers.append(try singleNumber(ref, flow, o)) }
        let weights = Array(all.prefix(refs.count))
        let joined = try build { builder throws(GraphError) in try builder.join(numbers) }
        return SklearnAnswer(
            numbers: try add {
                WeightedMedianOperator(input: joined, output: $0, weights: weights)
            }
        )
    }

    /// The one number that an inner regressor predicts.
    private mutating func singleNumber(
        _ ref: PickleRef,
        _ flow: SklearnFlow,
        _ o: SklearnObject
    ) throws(FormatError) -> TensorID {
        guard let numbers = try compile(ref, flow).numbers, builder.width(of: numbers) == 1 else {
            throw o.damaged("an inner estimator that predicts no number")
        }
        return try doubles(numbers)
    }

    // MARK: - Bagging

    private mutating func subset(
        _ o: SklearnObject,
        _ index: Int,
        of flow: SklearnFlow
    ) throws(FormatError) -> SklearnFlow {
        let subsets = try o.elements("estimators_features_")
        guard index < subsets.count else { throw o.damaged("features of estimators") }
        return try select(try columns(subsets[index], of: flow, o), of: flow)
    }

    private mutating func bagging(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let classes = try onlyClasses(o)
        let refs = try o.elements("estimators_")
        guard !refs.isEmpty else { throw o.damaged("no estimators") }
        var shares: [TensorID] = []
        var codes: [TensorID] = []
        var decisions: [TensorID] = []
        for (index, ref) in refs.enumerated() {
            let inner = try compile(ref, try subset(o, index, of: flow))
            if let decision = inner.decision, inner.classes.first?.count == classes.count {
                decisions.append(decision)
            }
            if inner.probabilities != nil {
                shares.append(try outerProbabilities(inner, areEncoded: true, in: classes))
            } else {
                codes.append(try outerCodes(inner, areEncoded: true, in: classes))
            }
        }
        guard shares.isEmpty || codes.isEmpty else { throw o.damaged("mixed estimators") }
        let divisor = Double(refs.count)
        let probabilities = try add { output throws(GraphError) in
            if codes.isEmpty {
                return try WeightedSumOperator(
                    inputs: shares,
                    output: output,
                    width: classes.count,
                    divisor: divisor
                )
            }
            return try VoteOperator(
                inputs: codes,
                output: output,
                classCount: classes.count,
                weights: [Double](repeating: 1, count: codes.count),
                divisor: divisor
            )
        }
        var answer = try classifier(classes, greatest: probabilities)
        answer.probabilities = probabilities
        if decisions.count == refs.count, let first = decisions.first {
            let width = builder.width(of: first)
            answer.decision = try add { output throws(GraphError) in
                try WeightedSumOperator(
                    inputs: decisions,
                    output: output,
                    width: width,
                    divisor: divisor
                )
            }
        }
        return answer
    }

    private mutating func baggingRegressor(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let refs = try o.elements("estimators_")
        var numbers: [TensorID] = []
        for (index, ref) in refs.enumerated() {
            guard let one = try compile(ref, try subset(o, index, of: flow)).numbers else {
                throw o.damaged("an inner estimator that predicts no numbers")
            }
            numbers.append(try doubles(one))
        }
        return try mean(of: numbers, weights: [], o)
    }

    private mutating func mean(
        of numbers: [TensorID],
        weights: [Double],
        _ o: SklearnObject
    ) throws(FormatError) -> SklearnAnswer {
        guard let first = numbers.first else { throw o.damaged("no estimators") }
        let width = builder.width(of: first)
        let divisor = weights.isEmpty ? Double(numbers.count) : weights.reduce(0, +)
        return SklearnAnswer(
            numbers: try add { output throws(GraphError) in
                try WeightedSumOperator(
                    inputs: numbers,
                    output: output,
                    width: width,
                    weights: weights,
                    divisor: divisor
                )
            }
        )
    }

    // MARK: - Voting

    /// Weights of the estimators that were not dropped; empty for equal ones.
    private func weights(_ o: SklearnObject, count: Int) throws(FormatError) -> [Double] {
        guard o.has("weights") else { return [] }
        let all = try o.array("weights").values
        var kept = all
        if all.count != count {
            let named = try o.elements("estimators")
            guard named.count == all.count else { throw o.damaged("weights") }
            kept = zip(named, all).filter { pair, _ in
                guard let pair = document.elements(pair), pair.count == 2 else { return false }
                return document.string(pair[1]) != "drop" && !document.isNone(pair[1])
            }.map(\.1)
        }
        guard kept.count == count else { throw o.damaged("weights") }
        return kept
    }

    private mutating func voting(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let classes = try onlyClasses(o)
        let refs = try o.elements("estimators_")
        let weights = try weights(o, count: refs.count)
        guard !refs.isEmpty else { throw o.damaged("no estimators") }
        let isSoft = o.text("voting") == "soft"
        var inputs: [TensorID] = []
        for ref in refs {
            let inner = try compile(ref, flow)
            inputs.append(
                isSoft
                    ? try outerProbabilities(inner, areEncoded: true, in: classes)
                    : try outerCodes(inner, areEncoded: true, in: classes)
            )
        }
        let count = Double(refs.count)
        let scores = try add { output throws(GraphError) in
            guard isSoft else {
                let votes = weights.isEmpty ? [Double](repeating: 1, count: refs.count) : weights
                return try VoteOperator(
                    inputs: inputs,
                    output: output,
                    classCount: classes.count,
                    weights: votes
                )
            }
            return try WeightedSumOperator(
                inputs: inputs,
                output: output,
                width: classes.count,
                weights: weights,
                divisor: weights.isEmpty ? count : weights.reduce(0, +)
            )
        }
        var answer = try classifier(classes, greatest: scores)
        if isSoft { answer.probabilities = scores }
        return answer
    }

    private mutating func votingRegressor(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let refs = try o.elements("estimators_")
        var numbers: [TensorID] = []
        for ref in refs { numbers.append(try singleNumber(ref, flow, o)) }
        let weights = try weights(o, count: refs.count)
        return try mean(of: numbers, weights: weights, o)
    }

    // MARK: - Stacking

    private mutating func stacking(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let refs = try o.elements("estimators_")
        let methods = try o.elements("stack_method_").map { document.string($0) ?? "" }
            .filter { !$0.isEmpty }
        guard methods.count == refs.count else { throw o.damaged("'stack_method_'") }
        var parts: [SklearnFlow] = []
        for (ref, method) in zip(refs, methods) {
            let inner = try compile(ref, flow)
            let tensor = try doubles(try stacked(inner, method, o))
            parts.append(SklearnFlow(tensor: tensor, width: builder.width(of: tensor)))
        }
        if o.bool("passthrough") == true { parts.append(flow) }
        var answer = try compile(try o.reference("final_estimator_"), try join(parts))
        answer.leaves = nil
        guard o.name == "StackingClassifier" else { return answer }
        let classes = try o.classes()
        guard classes.count == 1, let labels = classes.first, answer.classes.count == 1 else {
            throw o.unsupported("several answers")
        }
        answer.codes = try outerCodes(answer, areEncoded: true, in: labels)
        if answer.probabilities != nil {
            answer.probabilities = try outerProbabilities(answer, areEncoded: true, in: labels)
        }
        answer.classes = classes
        return answer
    }

    /// What one inner estimator hands to the last one.
    private mutating func stacked(
        _ inner: SklearnAnswer,
        _ method: String,
        _ o: SklearnObject
    ) throws(FormatError) -> TensorID {
        switch method {
        case "predict_proba":
            guard let shares = inner.probabilities else { break }
            // Of two classes the second one tells all.
            guard inner.classes.first?.count == 2, inner.classes.count == 1 else { return shares }
            return try build { builder throws(GraphError) in try builder.columns([1], of: shares) }
        case "decision_function": if let decision = inner.decision { return decision }
        case "predict":
            if let numbers = inner.numbers { return numbers }
            if let codes = inner.codes, inner.classes.count == 1, let labels = inner.classes.first {
                return try numbers(of: codes, labels, o)
            }
        default: break
        }
        throw o.damaged("an inner estimator without '\(method)'")
    }

    /// Codes as the numbers that their classes are.
    mutating func numbers(
        of codes: TensorID,
        _ labels: Labels,
        _ o: SklearnObject
    ) throws(FormatError) -> TensorID {
        let values: [Double]
        switch labels {
        case .integer(let integers): values = integers.map { Double($0) }
        case .double(let doubles): values = doubles
        case .decimal, .text: throw o.unsupported("text classes as features")
        }
        return try add {
            CodeTableOperator(input: codes, output: $0, tables: [.numbers(values)])
        }
    }
}
