import Testing

@testable import BorealBoost

/// Metrics beside those of scikit-learn 1.9.1 on the same 997 rows, which a formula draws.
@Suite("Metrics beside scikit-learn's")
struct RecordedMetricsTests {
    private static let count = 997

    /// Numbers of 0 ..< 1 that look drawn: `(i * factor + term) % 10007 / 10007`.
    private static func drawn(_ factor: Int, _ term: Int) -> [Double] {
        (0..<count).map { Double(($0 * factor + term) % 10_007) / 10_007 }
    }

    private static let first = drawn(7_919, 13)
    private static let second = drawn(31_337, 5)
    private static let third = drawn(104_729, 7)

    /// Two classes, and scores with many ties.
    private static let labels = zip(first, third).map { $0 + 0.35 * $1 > 0.62 ? 1.0 : 0 }
    private static let scores = zip(first, second).map {
        ((0.6 * $0 + 0.4 * $1) * 1_000).rounded(.toNearestOrEven) / 1_000
    }
    private static let answers = scores.map { $0 > 0.5 ? 1.0 : 0 }

    /// Three classes and their probabilities.
    private static let classes = first.map { (3 * $0).rounded(.down) }
    private static let shares = (0..<count).flatMap { row in
        let raw = [0.1 + second[row], 0.1 + first[row], 0.1 + third[row]]
        let sum = raw.reduce(0, +)
        return raw.map { $0 / sum }
    }
    private static let chosen = (0..<count).map { row in
        let own = shares[row * 3..<row * 3 + 3]
        return Double((own.firstIndex(of: own.max() ?? 0) ?? 0) - row * 3)
    }

    /// Numbers on both sides of zero.
    private static let values = first.map { 10 * $0 - 2 }
    private static let guesses = zip(values, second).map { $0 + 3 * $1 - 1.4 }

    private func check(_ value: Double, _ wanted: Double, _ name: String) {
        #expect(abs(value - wanted) <= 1e-12 * max(1, abs(wanted)), "\(name): \(value), \(wanted)")
    }

    @Test("two classes")
    func binary() {
        let (labels, scores) = (Self.labels, Self.scores)
        check(
            ClassificationMetrics.accuracy(labels, predictions: Self.answers),
            0.8134403209628887,
            "accuracy_score"
        )
        check(ClassificationMetrics.auc(labels, scores: scores), 0.9096938567526803, "roc_auc")
        check(ClassificationMetrics.ks(labels, scores: scores), 0.644188985365456, "max(tpr - fpr)")
        let one = ClassificationMetrics.precisionRecall(labels, predictions: Self.answers, of: 1)
        check(one.f1, 0.8231939163498099, "f1_score")
        check(one.precision, 0.8712273641851107, "precision_score")
        check(one.recall, 0.7801801801801802, "recall_score")
        let kept = scores.map { min(max($0, 1e-9), 1 - 1e-9) }
        check(ClassificationMetrics.logloss(labels, kept), 0.47149490111397924, "log_loss")
    }

    @Test("three classes")
    func multiclass() {
        let (classes, chosen) = (Self.classes, Self.chosen)
        check(
            ClassificationMetrics.accuracy(classes, predictions: chosen),
            0.29989969909729186,
            "accuracy_score"
        )
        let macro = ClassificationMetrics.macroPrecisionRecall(
            classes,
            predictions: chosen,
            classes: [0, 1, 2]
        )
        check(macro.f1, 0.3004448333047271, "f1_score, macro")
        check(macro.precision, 0.301318086379062, "precision_score, macro")
        check(macro.recall, 0.2995956681757286, "recall_score, macro")
        check(
            ClassificationMetrics.macroAUC(classes, probabilities: Self.shares, classCount: 3),
            0.5241921434046429,
            "roc_auc_score, ovr, macro"
        )
        check(
            ClassificationMetrics.multiLogloss(
                classes,
                probabilities: Self.shares,
                classCount: 3
            ),
            1.1622446780905853,
            "log_loss"
        )
    }

    @Test("confusion matrices, and rows that are of no class")
    func confusions() {
        #expect(
            ClassificationMetrics.confusionMatrix(
                Self.labels,
                predictions: Self.answers,
                classCount: 2
            ) == [378, 64, 122, 433]
        )
        #expect(
            ClassificationMetrics.confusionMatrix(
                Self.classes,
                predictions: Self.chosen,
                classCount: 3
            ) == [161, 9, 163, 120, 89, 124, 47, 235, 49]
        )
        let odd = ClassificationMetrics.confusionMatrix(
            [0, -1, 5, .nan],
            predictions: [1, 0, 0, 0],
            classCount: 2
        )
        #expect(odd == [0, 1, 0, 0])
    }

    @Test("numbers")
    func regression() {
        let (values, guesses) = (Self.values, Self.guesses)
        check(RegressionMetrics.rSquared(values, guesses), 0.9086464326007582, "r2_score")
        check(RegressionMetrics.meanSquaredError(values, guesses), 0.7615562622095557, "mse")
        check(RegressionMetrics.rootMeanSquaredError(values, guesses), 0.8726719098318426, "rmse")
        check(RegressionMetrics.meanAbsoluteError(values, guesses), 0.7540529452853413, "mae")
        check(
            RegressionMetrics.meanAbsolutePercentageError(values, guesses),
            1.121933398398801,
            "mean_absolute_percentage_error"
        )
        check(
            RegressionMetrics.positiveMeanAbsolutePercentageError(values, guesses),
            0.7805831590569292,
            "the same of positive labels"
        )
    }

    @Test("silhouettes, with a row alone in its group and with too few groups")
    func silhouette() {
        let points = (0..<Self.count).flatMap { row in
            [Self.first[row], Self.second[row], Self.third[row]]
        }
        var groups = (0..<Self.count).map { row in
            (Int(4 * Self.first[row]) + (row % 11 == 0 ? 1 : 0)) % 4
        }
        func score(_ groups: [Int]) -> Double {
            ClusteringMetrics.silhouette(points, width: 3, clusters: groups)
        }
        check(score(groups), 0.04467884129644838, "silhouette_score")
        groups[5] = 9
        check(score(groups), -0.057526629919440034, "silhouette_score")
        #expect(score([Int](repeating: 3, count: Self.count)).isNaN)
        #expect(score(Array(0..<Self.count)).isNaN)
        let same = ClusteringMetrics.silhouette([1, 1, 1, 1], width: 1, clusters: [0, 0, 1, 1])
        #expect(same == 0)
    }
}
