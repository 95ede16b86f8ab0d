import Testing

@testable import BorealBoost

@Suite struct MetricsTests {
    private let labels: [Double] = [1, 1, 0, 0, 1]
    private let scores: [Double] = [0.9, 0.4, 0.4, 0.1, 0.3]

    @Test("auc counts pairs in order, equal scores one half")
    func auc() {
        // Pairs: 0.9 beats both; 0.4 ties 0.4 and beats 0.1; 0.3 loses to 0.4 and beats 0.1.
        #expect(abs(ClassificationMetrics.auc(labels, scores: scores) - 4.5 / 6) < 1e-12)
        #expect(ClassificationMetrics.auc([1, 1], scores: [1, 2]).isNaN)
    }

    @Test("a weight of two counts like the row twice")
    func weightsRepeat() {
        let weights: [Double] = [2, 1, 1, 3, 1]
        var manyLabels: [Double] = []
        var manyScores: [Double] = []
        for row in labels.indices {
            for _ in 0..<Int(weights[row]) {
                manyLabels.append(labels[row])
                manyScores.append(scores[row])
            }
        }
        let auc = ClassificationMetrics.auc(labels, scores: scores, weights: weights)
        #expect(abs(auc - ClassificationMetrics.auc(manyLabels, scores: manyScores)) < 1e-12)
        let loss = ClassificationMetrics.logloss(labels, scores, weights: weights)
        #expect(abs(loss - ClassificationMetrics.logloss(manyLabels, manyScores)) < 1e-12)
        let ks = ClassificationMetrics.ks(labels, scores: scores, weights: weights)
        #expect(abs(ks - ClassificationMetrics.ks(manyLabels, scores: manyScores)) < 1e-12)
        let r2 = RegressionMetrics.rSquared(labels, scores, weights: weights)
        #expect(abs(r2 - RegressionMetrics.rSquared(manyLabels, manyScores)) < 1e-12)
    }

    @Test("ks is the greatest gap between the two distributions")
    func ks() {
        // At or below 0.1: half of the negatives, no positive.
        #expect(abs(ClassificationMetrics.ks(labels, scores: scores) - 0.5) < 1e-12)
        #expect(ClassificationMetrics.ks([0, 1], scores: [0, 1]) == 1)
    }

    @Test("precision, recall and F1 of the documented example")
    func fScore() {
        // 80 predicted positive, 70 of them right, 5 positives missed.
        let labels = [Double](repeating: 1, count: 70) + [Double](repeating: 0, count: 10)
        let missed = [Double](repeating: 1, count: 5) + [Double](repeating: 0, count: 15)
        let predictions = [Double](repeating: 1, count: 80) + [Double](repeating: 0, count: 20)
        let result = ClassificationMetrics.precisionRecall(
            labels + missed,
            predictions: predictions,
            of: 1
        )
        #expect(abs(result.precision - 0.875) < 1e-12)
        #expect(abs(result.recall - 70.0 / 75) < 1e-12)
        #expect(abs(result.f1 - 0.903_225_806_451_6) < 1e-9)
    }

    @Test("macro averages are plain means over the classes")
    func macro() {
        let result = ClassificationMetrics.macroPrecisionRecall(
            [0, 1, 2, 2],
            predictions: [0, 1, 1, 2],
            classes: [0, 1, 2]
        )
        #expect(abs(result.precision - (1 + 0.5 + 1) / 3) < 1e-12)
        #expect(abs(result.recall - (1 + 1 + 0.5) / 3) < 1e-12)
    }

    @Test("accuracy, log-loss and their limits")
    func losses() {
        #expect(ClassificationMetrics.accuracy([1, 0, 1], predictions: [1, 1, 1]) == 2.0 / 3)
        #expect(abs(ClassificationMetrics.logloss([1, 0], [0.5, 0.5]) - 0.693_147_180_56) < 1e-9)
        #expect(ClassificationMetrics.logloss([1], [0]) < 34.6)
        let multi = ClassificationMetrics.multiLogloss(
            [0, 1, 7],
            probabilities: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
            classCount: 2
        )
        #expect(abs(multi - (2 * 0.693_147_180_56 + 34.538_776_394_9) / 3) < 1e-6)
        #expect(ClassificationMetrics.accuracy([], predictions: []).isNaN)
    }

    @Test("one-against-rest auc leaves out classes without rows")
    func macroAUC() {
        let result = ClassificationMetrics.macroAUC(
            [0, 1, 0, 1],
            probabilities: [0.9, 0.1, 0, 0.2, 0.8, 0, 0.6, 0.4, 0, 0.7, 0.3, 0],
            classCount: 3
        )
        #expect(abs(result - 0.75) < 1e-12)
    }

    @Test("errors of numbers")
    func regression() {
        let y: [Double] = [1, 2, 4]
        let p: [Double] = [1, 3, 2]
        #expect(abs(RegressionMetrics.meanSquaredError(y, p) - 5.0 / 3) < 1e-12)
        #expect(abs(RegressionMetrics.rootMeanSquaredError(y, p) - 1.290_994_448_7) < 1e-9)
        #expect(RegressionMetrics.meanAbsoluteError(y, p) == 1)
        #expect(abs(RegressionMetrics.meanAbsolutePercentageError(y, p) - 1.0 / 3) < 1e-12)
        #expect(abs(RegressionMetrics.rSquared(y, p) - (1 - 5 / (14.0 / 3))) < 1e-12)
        #expect(RegressionMetrics.rSquared([2, 2], [2, 2]) == 1)
        #expect(RegressionMetrics.rSquared([2, 2], [2, 3]) == 0)
        let positive = RegressionMetrics.positiveMeanAbsolutePercentageError([0, 2], [5, 1])
        #expect(positive == 0.5)
    }
}
