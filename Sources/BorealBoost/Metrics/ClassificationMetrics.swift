/// How well classes and their probabilities are predicted. Arrays have one element a row; labels
/// are class numbers; weights are 1 when nil. Metrics of no rows, or that divide by nothing, are
/// NaN.
public enum ClassificationMetrics {
    /// Precision, recall and their harmonic mean, of one class or averaged.
    public struct PrecisionRecall: Equatable, Sendable {
        /// Share of the predictions of the class that are right; 0 when there are none.
        public var precision: Double
        /// Share of the rows of the class that are found; 0 when there are none.
        public var recall: Double
        /// 2 P R / (P + R); 0 when both are 0.
        public var f1: Double
    }

    /// Share of rows whose predicted class is the label.
    public static func accuracy(
        _ labels: [Double],
        predictions: [Double],
        weights: [Double]? = nil
    ) -> Double {
        var right = 0.0
        var total = 0.0
        for row in labels.indices {
            let weight = weights?[row] ?? 1
            total += weight
            if labels[row] == predictions[row] { right += weight }
        }
        return right / total
    }

    /// Area under the ROC curve: the probability that a row with a label above 0 has a greater
    /// score than one without; equal scores count one half. NaN when one of the two kinds is
    /// absent.
    public static func auc(
        _ labels: [Double],
        scores: [Double],
        weights: [Double]? = nil
    ) -> Double {
        var area = 0.0
        var (positives, negatives) = (0.0, 0.0)
        forEachTie(labels, scores, weights) { positive, negative in
            area += positive * (negatives + 0.5 * negative)
            positives += positive
            negatives += negative
        }
        return area / (positives * negatives)
    }

    /// Area under the curve of precision over recall, in steps: the mean of the precisions at the
    /// scores of rows with a label above 0. 1 when one of the two kinds is absent.
    public static func averagePrecision(
        _ labels: [Double],
        scores: [Double],
        weights: [Double]? = nil
    ) -> Double {
        var ties: [(positive: Double, negative: Double)] = []
        forEachTie(labels, scores, weights) { ties.append(($0, $1)) }
        var (positives, all, sum) = (0.0, 0.0, 0.0)
        for tie in ties.reversed() {
            positives += tie.positive
            all += tie.positive + tie.negative
            if tie.positive > 0 { sum += tie.positive * (positives / all) }
        }
        return positives > 0 && positives < all ? sum / positives : 1
    }

    /// Kolmogorov-Smirnov: the greatest gap between the shares of positives and of negatives above
    /// a threshold. NaN when one of the two kinds is absent.
    public static func ks(
        _ labels: [Double],
        scores: [Double],
        weights: [Double]? = nil
    ) -> Double {
        var (allPositive, allNegative) = (0.0, 0.0)
        for row in labels.indices {
            let weight = weights?[row] ?? 1
            if labels[row] > 0 { allPositive += weight } else { allNegative += weight }
        }
        guard allPositive > 0, allNegative > 0 else { return .nan }
        var gap = 0.0
        var (positives, negatives) = (0.0, 0.0)
        forEachTie(labels, scores, weights) { positive, negative in
            positives += positive
            negatives += negative
            gap = max(gap, abs(positives / allPositive - negatives / allNegative))
        }
        return gap
    }

    /// Precision, recall and F1 of one class.
    public static func precisionRecall(
        _ labels: [Double],
        predictions: [Double],
        of positive: Double,
        weights: [Double]? = nil
    ) -> PrecisionRecall {
        var (hits, predicted, actual) = (0.0, 0.0, 0.0)
        for row in labels.indices {
            let weight = weights?[row] ?? 1
            if predictions[row] == positive { predicted += weight }
            if labels[row] == positive { actual += weight }
            if predictions[row] == positive && labels[row] == positive { hits += weight }
        }
        let precision = predicted > 0 ? hits / predicted : 0
        let recall = actual > 0 ? hits / actual : 0
        let sum = precision + recall
        let f1 = sum > 0 ? 2 * precision * recall / sum : 0
        return PrecisionRecall(precision: precision, recall: recall, f1: f1)
    }

    /// The plain means of precision, recall and F1 over the classes given.
    public static func macroPrecisionRecall(
        _ labels: [Double],
        predictions: [Double],
        classes: [Double],
        weights: [Double]? = nil
    ) -> PrecisionRecall {
        var sum = PrecisionRecall(precision: 0, recall: 0, f1: 0)
        for positive in classes {
            let one = precisionRecall(
                labels,
                predictions: predictions,
                of: positive,
                weights: weights
            )
            sum.precision += one.precision
            sum.recall += one.recall
            sum.f1 += one.f1
        }
        let count = Double(classes.count)
        return PrecisionRecall(
            precision: sum.precision / count,
            recall: sum.recall / count,
            f1: sum.f1 / count
        )
    }

    /// How many rows of each class were predicted as which: `[classCount][classCount]`, a row a
    /// class as it is, a column a class as it was predicted. Rows whose label or prediction is no
    /// class are left out.
    public static func confusionMatrix(
        _ labels: [Double],
        predictions: [Double],
        classCount: Int
    ) -> [Int] {
        var matrix = [Int](repeating: 0, count: classCount * classCount)
        let classes = 0..<classCount
        for row in labels.indices {
            guard let actual = Int(exactly: labels[row]), classes.contains(actual),
                let predicted = Int(exactly: predictions[row]), classes.contains(predicted)
            else { continue }
            matrix[actual * classCount + predicted] += 1
        }
        return matrix
    }

    /// Mean of -log of the probability given to the label, of two classes; probabilities are kept
    /// 1e-15 away from 0 and 1.
    public static func logloss(
        _ labels: [Double],
        _ probabilities: [Double],
        weights: [Double]? = nil
    ) -> Double {
        var loss = 0.0
        var total = 0.0
        for row in labels.indices {
            let weight = weights?[row] ?? 1
            let p = min(max(probabilities[row], 1e-15), 1 - 1e-15)
            loss -= weight * ExactMath.log(labels[row] > 0 ? p : 1 - p)
            total += weight
        }
        return loss / total
    }

    /// Mean of -log of the probability given to the label, of several classes.
    ///
    /// - Parameter probabilities: `[rowCount * classCount]`, row after row.
    public static func multiLogloss(
        _ labels: [Double],
        probabilities: [Double],
        classCount: Int,
        weights: [Double]? = nil
    ) -> Double {
        var loss = 0.0
        var total = 0.0
        for row in labels.indices {
            let weight = weights?[row] ?? 1
            let label = Int(exactly: labels[row]) ?? -1
            let isKnown = label >= 0 && label < classCount
            let p = isKnown ? probabilities[row * classCount + label] : 0
            loss -= weight * ExactMath.log(max(p, 1e-15))
            total += weight
        }
        return loss / total
    }

    /// One-against-rest area under the ROC curve, the plain mean over the classes that have both
    /// kinds of rows.
    ///
    /// - Parameter probabilities: `[rowCount * classCount]`, row after row.
    public static func macroAUC(
        _ labels: [Double],
        probabilities: [Double],
        classCount: Int,
        weights: [Double]? = nil
    ) -> Double {
        var sum = 0.0
        var count = 0.0
        for number in 0..<classCount {
            let own = labels.map { $0 == Double(number) ? 1.0 : 0 }
            let scores = labels.indices.map { probabilities[$0 * classCount + number] }
            let area = auc(own, scores: scores, weights: weights)
            guard !area.isNaN else { continue }
            sum += area
            count += 1
        }
        return sum / count
    }

    /// Calls `body` with the weights of positives and negatives of each distinct score, ascending.
    private static func forEachTie(
        _ labels: [Double],
        _ scores: [Double],
        _ weights: [Double]?,
        _ body: (_ positive: Double, _ negative: Double) -> Void
    ) {
        let order = labels.indices.sorted { scores[$0] < scores[$1] }
        var index = 0
        while index < order.count {
            let score = scores[order[index]]
            var (positive, negative) = (0.0, 0.0)
            repeat {
                let row = order[index]
                let weight = weights?[row] ?? 1
                if labels[row] > 0 { positive += weight } else { negative += weight }
                index += 1
            } while index < order.count && scores[order[index]] == score
            body(positive, negative)
        }
    }
}
