extension TrainingData {
    /// Refuses labels that the objective cannot learn from, and weights that it cannot count.
    func checkLabels(_ parameters: TrainingParameters) throws(TrainingError) {
        for row in label.indices where !label[row].isFinite { throw .labelNotFinite(row: row) }
        let objective = parameters.objective.rawValue
        switch parameters.objective {
        case .regression, .regressionL1, .huber, .fair, .quantile, .mape: break
        case .binary, .exponential: try checkClasses(2)
        case .multiclass, .oneVersusAll: try checkClasses(parameters.classCount)
        case .poisson, .gamma, .tweedie:
            try checkLabels(for: objective, "it must not be negative") { $0 >= 0 }
        case .crossEntropy:
            try checkLabels(for: objective, "it must be in [0, 1]") { $0 >= 0 && $0 <= 1 }
        case .crossEntropyLambda:
            try checkLabels(for: objective, "it must be in [0, 1]") { $0 >= 0 && $0 <= 1 }
            for (row, weight) in (weights ?? []).enumerated() where weight <= 0 {
                throw .weightInvalid(row: row, value: Double(weight))
            }
        case .lambdarank: try checkRanks(for: objective, below: parameters.gains.count)
        // Labels are exponents of 2 there.
        case .rankXENDCG: try checkRanks(for: objective, below: min(31, parameters.gains.count))
        }
    }

    /// Refuses labels whose mean has no logarithm to start from.
    func checkLabelSum(_ parameters: TrainingParameters) throws(TrainingError) {
        switch parameters.objective {
        case .poisson, .gamma, .tweedie, .crossEntropyLambda:
            guard label.indices.contains(where: { label[$0] > 0 && (weights?[$0] ?? 1) > 0 }) else {
                throw .labelsAllZero(objective: parameters.objective.rawValue)
            }
        default: break
        }
    }

    /// Refuses validation labels that a metric cannot judge.
    func checkLabels(
        of metrics: [TrainingMetric],
        _ parameters: TrainingParameters
    ) throws(TrainingError) {
        for metric in metrics {
            let name = metric.rawValue
            switch metric {
            case .gamma, .gammaDeviance:
                try checkLabels(for: name, "it must be above 0") { $0 > 0 }
            case .crossEntropy, .crossEntropyLambda, .kullbackLeibler:
                try checkLabels(for: name, "it must be in [0, 1]") { $0 >= 0 && $0 <= 1 }
            case .ndcg, .map:
                guard groups != nil else { throw .groupsMissing(purpose: name) }
                if metric == .ndcg { try checkRanks(for: name, below: parameters.gains.count) }
            default: break
            }
        }
    }

    /// Refuses sizes of groups that are not the table's, and ranking without groups.
    func checkGroups(_ parameters: TrainingParameters) throws(TrainingError) {
        guard let groups else {
            if parameters.objective.isRanking {
                throw .groupsMissing(purpose: parameters.objective.rawValue)
            }
            if parameters.drawsGroups { throw .groupsMissing(purpose: "bagging_by_query") }
            return
        }
        var sum = 0
        for size in groups {
            guard size > 0, size <= rowCount - sum else {
                throw .outOfRange(
                    parameter: "group",
                    allowed: "[1, \(rowCount - sum)]",
                    value: "\(size)"
                )
            }
            sum += size
        }
        try checkLength("groups", sum, rowCount)
    }

    private func checkClasses(_ count: Int) throws(TrainingError) {
        for row in label.indices {
            let value = label[row]
            guard value >= 0, value < Double(count), value.rounded(.towardZero) == value else {
                throw .labelOutOfRange(row: row, value: value, classCount: count)
            }
        }
    }

    private func checkRanks(for purpose: String, below count: Int) throws(TrainingError) {
        try checkLabels(for: purpose, "it must be a whole number in [0, \(count - 1)]") {
            $0 >= 0 && $0 < Double(count) && $0.rounded(.towardZero) == $0
        }
    }

    private func checkLabels(
        for purpose: String,
        _ rule: String,
        _ isSuitable: (Double) -> Bool
    ) throws(TrainingError) {
        for row in label.indices where !isSuitable(label[row]) {
            throw .labelUnsuitable(row: row, value: label[row], purpose: purpose, rule: rule)
        }
    }
}
