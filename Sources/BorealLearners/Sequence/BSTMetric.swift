import BorealBoost

/// What `val_metric` tells of the validation rows after each epoch.
struct BSTMetric: Sendable {
    let kind: BSTParameters.ValidationMetric
    /// Scores of a row.
    let outputs: Int
    /// How scores become numbers; nil for classes.
    let target: BSTTarget?
    /// `[rowCount]`: class numbers, or the labels as they are.
    let labels: [Double]
    /// `[rowCount]`; nil for 1.
    let weights: [Float]?

    /// - Parameter scores: `[rowCount * outputs]`
    func value(_ scores: [Float]) -> Double {
        guard let target else { return f1(scores) }
        let answers = scores.map { target.answer($0) }
        let weights = weights?.map { Double($0) }
        switch kind {
        case .r2Score: return RegressionMetrics.rSquared(labels, answers, weights: weights)
        case .mse: return RegressionMetrics.meanSquaredError(labels, answers, weights: weights)
        case .mape:
            return RegressionMetrics.meanAbsolutePercentageError(
                labels,
                answers,
                weights: weights
            )
        case .mapePlus:
            return RegressionMetrics.positiveMeanAbsolutePercentageError(
                labels,
                answers,
                weights: weights
            )
        case .loss, .f1Score: return .nan
        }
    }

    /// Of class 1, or the mean over all classes.
    private func f1(_ scores: [Float]) -> Double {
        guard outputs > 1 else {
            let classes = scores.map { $0 > 0 ? 1.0 : 0 }
            return ClassificationMetrics.precisionRecall(labels, predictions: classes, of: 1).f1
        }
        let classes = labels.indices.map { row -> Double in
            let line = scores[row * outputs..<(row + 1) * outputs]
            let best = line.indices.reduce(line.startIndex) { line[$1] > line[$0] ? $1 : $0 }
            return Double(best - line.startIndex)
        }
        return ClassificationMetrics.macroPrecisionRecall(
            labels,
            predictions: classes,
            classes: Set(labels).sorted()
        ).f1
    }
}

/// How the labels of a regression become what a network learns, and back.
struct BSTTarget: Equatable, Sendable {
    /// Mean and deviation of the labels of training, or of their logarithms.
    let moments: Moments
    /// Whether `log(1 + label)` is learnt: the square of its error is msle.
    let isLogarithm: Bool

    /// What the network learns of a label.
    func target(_ label: Double) -> Float {
        let number = isLogarithm ? ExactMath.log1p(label) : label
        return Float((number - moments.mean) / moments.deviation)
    }

    /// The number that a score stands for.
    func answer(_ score: Float) -> Double {
        let number = Double(score) * moments.deviation + moments.mean
        return isLogarithm ? ExactMath.expm1(number) : number
    }
}
