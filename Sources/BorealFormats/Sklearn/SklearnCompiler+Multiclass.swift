import BorealGraph

/// Classifiers made of binary ones, and calibration.
extension SklearnCompiler {
    /// What a binary estimator says for its second class: decision, else probability, else number.
    private mutating func score(
        _ inner: SklearnAnswer,
        _ o: SklearnObject
    ) throws(FormatError) -> TensorID {
        if let decision = inner.decision, builder.width(of: decision) == 1 { return decision }
        if inner.decision == nil, let shares = inner.probabilities {
            return try build { builder throws(GraphError) in
                try builder.columns([builder.width(of: shares) - 1], of: shares)
            }
        }
        if let numbers = inner.numbers, builder.width(of: numbers) == 1 { return numbers }
        throw o.damaged("an inner estimator that is not binary")
    }

    /// 0 where the scores are decisions, 0.5 where they are probabilities or numbers.
    private func threshold(_ inner: SklearnAnswer) -> Double { inner.decision == nil ? 0.5 : 0 }

    mutating func oneVersusRest(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        var inner: [SklearnAnswer] = []
        for ref in try o.elements("estimators_") {
            var one = try compile(ref, flow)
            if let shares = one.probabilities { one.probabilities = try doubles(shares) }
            inner.append(one)
        }
        guard let first = inner.first else { throw o.damaged("no estimators") }
        var parts: [TensorID] = []
        for one in inner { parts.append(try doubles(try score(one, o))) }
        let all = parts
        let scores = try build { builder throws(GraphError) in try builder.join(all) }
        let binarizer = try o.record("label_binarizer_")
        let isMultilabel = binarizer.text("y_type_")?.hasPrefix("multilabel") == true
        var answer: SklearnAnswer
        if isMultilabel {
            answer = try indicators(of: scores, threshold: threshold(first))
        } else {
            let classes = try binarizer.classes().first ?? .integer([])
            if inner.count == 1 {
                answer = try classifier(classes, sign: scores, threshold: threshold(first))
            } else {
                answer = try classifier(classes, greatest: scores)
                let width = classes.count
                answer.codes = try add {
                    LastGreatestOperator(input: scores, output: $0, width: width)
                }
            }
        }
        if inner.allSatisfy({ $0.decision != nil }) { answer.decision = scores }
        guard inner.allSatisfy({ $0.probabilities != nil }) else { return answer }
        answer.probabilities = try shares(of: inner, isMultilabel: isMultilabel)
        if isMultilabel { answer.probabilities = nil }
        return answer
    }

    /// Probabilities of the second classes, divided by their sum.
    private mutating func shares(
        of inner: [SklearnAnswer],
        isMultilabel: Bool
    ) throws(FormatError) -> TensorID {
        try build { builder throws(GraphError) in
            var parts: [TensorID] = []
            for one in inner {
                guard let shares = one.probabilities else { continue }
                parts.append(try builder.columns([builder.width(of: shares) - 1], of: shares))
            }
            let joined = try builder.join(parts)
            if parts.count == 1 { return try builder.bothClasses(joined) }
            let width = parts.count
            return try builder.add {
                NormalizeRowsOperator(
                    input: joined,
                    output: $0,
                    inputWidth: width,
                    measure: .sum
                )
            }
        }
    }

    mutating func oneVersusOne(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let classes = try onlyClasses(o)
        let count = classes.count
        let refs = try o.elements("estimators_")
        guard count > 1, refs.count == count * (count - 1) / 2 else {
            throw o.damaged("\(refs.count) estimators of \(count) classes")
        }
        guard !o.has("pairwise_indices_") else { throw o.unsupported("kernels computed before") }
        var scores: [TensorID] = []
        var choices: [TensorID] = []
        var limit = 0.0
        for ref in refs {
            let inner = try compile(ref, flow)
            limit = version < SklearnVersion(1, 1) ? 0 : threshold(inner)
            scores.append(try doubles(try score(inner, o)))
            guard let codes = inner.codes, let labels = inner.classes.first else {
                throw o.unsupported("regressors")
            }
            choices.append(try numbers(of: codes, labels, o))
        }
        let (all, chosen) = (scores, choices)
        let decision = try build { builder throws(GraphError) in
            let joined = try builder.join(all)
            let votes = try builder.join(chosen)
            return try builder.add {
                PairwiseScoreOperator(
                    inputs: [joined, votes],
                    output: $0,
                    classCount: count,
                    rule: .confidences
                )
            }
        }
        if count == 2 {
            let second = try build { builder throws(GraphError) in
                try builder.columns([1], of: decision)
            }
            var answer = try classifier(classes, sign: second, threshold: limit)
            answer.decision = second
            return answer
        }
        var answer = try classifier(classes, greatest: decision)
        answer.decision = decision
        return answer
    }

    // MARK: - Calibration

    mutating func calibrated(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        let classes = try onlyClasses(o)
        let refs = try o.elements("calibrated_classifiers_")
        guard !refs.isEmpty else { throw o.damaged("no classifiers") }
        var parts: [TensorID] = []
        for ref in refs {
            let member = try o.record(ref, "calibrated_classifiers_")
            parts.append(try calibratedMember(member, classes, flow))
        }
        let all = parts
        let shares = try add { output throws(GraphError) in
            try WeightedSumOperator(
                inputs: all,
                output: output,
                width: classes.count,
                divisor: Double(all.count)
            )
        }
        var answer = try classifier(classes, greatest: shares)
        answer.probabilities = shares
        return answer
    }

    private mutating func calibratedMember(
        _ o: SklearnObject,
        _ classes: Labels,
        _ flow: SklearnFlow
    ) throws(FormatError) -> TensorID {
        let key = o.has("estimator") ? "estimator" : "base_estimator"
        let inner = try compile(try o.reference(key), flow)
        let calibrators = try o.elements("calibrators")
        guard let own = inner.classes.first, inner.classes.count == 1,
            let places = positions(own, areEncoded: false, in: classes)
        else { throw o.damaged("classes of the inner estimator") }
        let isBinary = classes.count == 2
        var scores = inner.decision
        if scores == nil, let shares = inner.probabilities {
            scores = try build { builder throws(GraphError) in
                isBinary ? try builder.columns([1], of: shares) : shares
            }
        }
        scores = try scores.map { tensor throws(FormatError) in try doubles(tensor) }
        guard let scores, builder.width(of: scores) == calibrators.count,
            calibrators.count == (isBinary ? 1 : places.count)
        else { throw o.damaged("\(calibrators.count) calibrators") }
        var parts: [TensorID] = []
        for (column, ref) in calibrators.enumerated() {
            let calibrator = try o.record(ref, "calibrators")
            let one = try build { builder throws(GraphError) in
                try builder.columns([column], of: scores)
            }
            parts.append(try calibrate(one, calibrator))
        }
        if isBinary, let only = parts.first {
            return try build { builder throws(GraphError) in try builder.bothClasses(only) }
        }
        let all = parts
        let width = classes.count
        let joined = try build { builder throws(GraphError) in try builder.join(all) }
        var spread = SklearnAnswer(.classifier)
        spread.classes = inner.classes
        spread.probabilities = joined
        let outer = try outerProbabilities(spread, areEncoded: false, in: classes)
        return try add {
            NormalizeRowsOperator(
                input: outer,
                output: $0,
                inputWidth: width,
                measure: .sumOrEven
            )
        }
    }

    private mutating func calibrate(
        _ score: TensorID,
        _ o: SklearnObject
    ) throws(FormatError) -> TensorID {
        switch o.name {
        case "_SigmoidCalibration":
            let (slope, shift) = (try o.number("a_"), try o.number("b_"))
            return try build { builder throws(GraphError) in
                let line = try builder.map(score, .linear(factor: slope, term: shift))
                return try builder.link(line, .sigmoid(scale: -1))
            }
        case "IsotonicRegression":
            let curve = try isotonicCurve(o)
            return try add {
                PiecewiseLinearOperator(input: score, output: $0, curves: [curve])
            }
        default: throw o.unsupported("calibration")
        }
    }
}
