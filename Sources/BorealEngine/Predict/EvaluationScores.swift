import BorealBase
import BorealBoost
import BorealGraph

/// Gathers what a model said about rows with known labels, and computes metrics over all of them.
struct EvaluationScores {
    /// What the graph must compute beside the prediction: first the answers, then what scores of
    /// the positive class are taken from where there are no probabilities.
    let extraRoles: [GraphOutput.Role]
    /// Classes of a classifier that has no probabilities; its answers are all or nothing.
    private let hardClasses: Int?
    /// What kind of answer is judged.
    let question: EvaluationMetric.Question
    private let graph: ModelGraph
    private let labelName: String
    /// Class numbers, or values for regression; a label that training never saw is -1.
    private(set) var labels: [Double] = []
    /// `[rows * width]`: probabilities in class order, or values.
    private var answers: [Double] = []
    private var width = 1
    /// `[rows]`: the classes that the model names, which need not be those of the greatest
    /// probability; empty where it names none.
    private var classes: [Double] = []
    /// What clusters are judged by.
    private var clusters = ClusterSample()
    /// `[rows]`: decision values of a classifier without probabilities; empty without such.
    private var decisions: [Double] = []

    init(_ graph: ModelGraph, label: String) {
        self.graph = graph
        labelName = label
        question = Self.question(of: graph)
        if question == .regression {
            (extraRoles, hardClasses) = ([.value], nil)
        } else if question == .clustering {
            (extraRoles, hardClasses) = ([.prediction], nil)
        } else if graph.output(.probabilities) != nil {
            let isNamed = graph.labels != nil && graph.output(.label) != nil
            (extraRoles, hardClasses) = ([.probabilities] + (isNamed ? [.label] : []), nil)
        } else {
            let raw = graph.output(.raw)?.tensor
            let isOne = raw.map { graph.tensorTypes[$0.index].width == 1 } ?? false
            let takesRaw = question == .binary && isOne
            extraRoles =
                [graph.output(.label) == nil ? .prediction : .label]
                + (takesRaw ? [.raw] : [])
            hardClasses = max(2, graph.labels?.count ?? 2)
        }
    }

    /// What kind of answers a model gives.
    static func question(of graph: ModelGraph) -> EvaluationMetric.Question {
        switch graph.task {
        case .binary: .binary
        case .multiclass: .multiclass
        // What has no classes of its own is compared as a number.
        case .regression, .ranking, .outlierDetection, .transformation: .regression
        case .clustering: .clustering
        }
    }

    /// Adds rows of a model of clusters.
    mutating func append(clusters answer: ScoredBatch, firstRow: Int) {
        clusters.append(answer.features, clusters: answer.results.doubles(1), firstRow: firstRow)
    }

    /// - Throws: `badRowValue` for a label that is NULL or, in a regression, no number.
    mutating func append(
        _ results: GraphResults,
        labels column: Column,
        firstRow: Int
    ) throws(ServerError) {
        if let hardClasses {
            width = hardClasses
            answers += Self.certain(of: results.doubles(1), classes: hardClasses)
            if extraRoles.count > 1 { decisions += results.doubles(2) }
        } else {
            width = results.width(of: 1)
            answers += results.doubles(1)
            if extraRoles.count > 1 { classes += results.doubles(2) }
        }
        try append(labels: column, firstRow: firstRow)
    }

    /// Adds labels alone; `value(of:answers:width:)` brings answers to them.
    ///
    /// - Throws: as `append(_:labels:firstRow:)`.
    mutating func append(labels column: Column, firstRow: Int) throws(ServerError) {
        if let known = graph.labels, question != .regression {
            for (row, index) in known.indexes(of: column).enumerated() {
                guard index != -2 else { throw nullLabel(firstRow + row) }
                labels.append(Double(index))
            }
            return
        }
        for row in 0..<column.count {
            guard !column.isNull(row) else { throw nullLabel(firstRow + row) }
            guard let number = NumberCell.number(column, row), number.isFinite else {
                throw .badRowValue(
                    row: firstRow + row + 1,
                    column: labelName,
                    "'\(NumberCell.text(column, row).prefix(64))' is no number"
                )
            }
            let classes = graph.output(.probabilities)?.columnNames.count ?? width
            let isClass = question == .regression || (number >= 0 && number < Double(classes))
            labels.append(isClass ? number : -1)
        }
    }

    private func nullLabel(_ row: Int) -> ServerError {
        .badRowValue(row: row + 1, column: labelName, "the label is NULL")
    }

    /// The metrics in the order asked for: `{"acc": 0.6694}`.
    ///
    /// - Throws: `badRowValue` when there were no rows.
    func results(_ metrics: [EvaluationMetric]) throws(ServerError) -> JSON {
        guard !labels.isEmpty || clusters.rowCount > 0 else {
            throw ServerError(
                .badRowValue,
                "The query returned no rows; there is nothing to evaluate"
            )
        }
        guard question != .regression || width == 1 else {
            throw .unsupported("EVALUATE of a model that answers \(width) numbers a row")
        }
        let known = withoutUnseen()
        var members: [(key: String, value: JSON)] = []
        for metric in metrics {
            if metric == .confusionMatrix {
                members.append((metric.rawValue, known.confusions))
                continue
            }
            let value = metric == .acc ? accuracy() : known.value(of: metric)
            members.append((metric.rawValue, value.isFinite ? metric.json(value) : .null))
        }
        return .object(members)
    }

    /// One metric over the labels, of other answers than those gathered.
    func value(of metric: EvaluationMetric, answers: [Double], width: Int) -> Double {
        var other = self
        other.answers = answers
        other.width = width
        if let hardClasses, width == 1 {
            other.answers = Self.certain(of: answers, classes: hardClasses)
            other.width = hardClasses
        }
        other.decisions = []
        other.classes = []
        return metric == .acc ? other.accuracy() : other.withoutUnseen().value(of: metric)
    }

    /// Probabilities of 0 and 1 for class numbers.
    private static func certain(of codes: [Double], classes: Int) -> [Double] {
        codes.flatMap { code in (0..<classes).map { Double($0) == code ? 1 : 0 } }
    }

    /// Labels that training never saw are wrong here, and left out everywhere else.
    private func accuracy() -> Double {
        ClassificationMetrics.accuracy(labels, predictions: predictedClasses)
    }

    private func withoutUnseen() -> EvaluationScores {
        guard question != .regression, labels.contains(where: { $0 < 0 }) else { return self }
        var kept = self
        kept.labels = []
        kept.answers = []
        kept.decisions = []
        kept.classes = []
        for row in labels.indices where labels[row] >= 0 {
            kept.labels.append(labels[row])
            kept.answers += answers[row * width..<(row + 1) * width]
            if !decisions.isEmpty { kept.decisions.append(decisions[row]) }
            if !classes.isEmpty { kept.classes.append(classes[row]) }
        }
        return kept
    }

    /// The class that the model names, else the one with the greatest probability, the first of
    /// equal ones.
    private var predictedClasses: [Double] {
        guard classes.isEmpty else { return classes }
        return labels.indices.map { row in
            var best = 0
            for column in 1..<max(1, width)
            where answers[row * width + column]
                > answers[row * width + best]
            {
                best = column
            }
            return Double(best)
        }
    }

    /// Probabilities, or decision values, of the last of two classes.
    private var positiveScores: [Double] {
        guard decisions.isEmpty else { return decisions }
        return labels.indices.map { answers[$0 * width + width - 1] }
    }

    /// `{"labels": ["0", "1"], "matrix": [[50, 3], [7, 40]]}`: a row a class as it is, a column a
    /// class as it was predicted; labels that training never saw have none.
    private var confusions: JSON {
        let count = max(width, graph.labels?.count ?? 0)
        let matrix = ClassificationMetrics.confusionMatrix(
            labels,
            predictions: predictedClasses,
            classCount: count
        )
        let names = (0..<count).map { JSON.string(graph.labels?.text(at: $0) ?? String($0)) }
        let rows = (0..<count).map { row in
            JSON.array(
                matrix[row * count..<(row + 1) * count].map { .integer(Int64($0)) }
            )
        }
        return .object([("labels", .array(names)), ("matrix", .array(rows))])
    }

    private func value(of metric: EvaluationMetric) -> Double {
        switch metric {
        // A matrix is no number.
        case .confusionMatrix: return .nan
        case .silhouette: return clusters.silhouette
        case .acc: return accuracy()
        case .auc:
            return question == .binary
                ? ClassificationMetrics.auc(labels, scores: positiveScores)
                : ClassificationMetrics.macroAUC(
                    labels,
                    probabilities: answers,
                    classCount: width
                )
        case .ks: return ClassificationMetrics.ks(labels, scores: positiveScores)
        case .fscore: return precisionRecall.f1
        case .precision: return precisionRecall.precision
        case .recall: return precisionRecall.recall
        // A classifier that is always sure has none.
        case .logloss where hardClasses != nil: return .nan
        case .logloss:
            return question == .binary
                ? ClassificationMetrics.logloss(labels, positiveScores)
                : ClassificationMetrics.multiLogloss(
                    labels,
                    probabilities: answers,
                    classCount: width
                )
        case .r2Score: return RegressionMetrics.rSquared(labels, answers)
        case .mse: return RegressionMetrics.meanSquaredError(labels, answers)
        case .rmse: return RegressionMetrics.rootMeanSquaredError(labels, answers)
        case .mae: return RegressionMetrics.meanAbsoluteError(labels, answers)
        case .mape: return RegressionMetrics.meanAbsolutePercentageError(labels, answers)
        case .mapePlus:
            return RegressionMetrics.positiveMeanAbsolutePercentageError(labels, answers)
        }
    }

    /// Of the positive class, or averaged over the classes that occur or are predicted, as
    /// scikit-learn's macro averages are.
    private var precisionRecall: ClassificationMetrics.PrecisionRecall {
        guard question == .multiclass else {
            return ClassificationMetrics.precisionRecall(
                labels,
                predictions: predictedClasses,
                of: 1
            )
        }
        return ClassificationMetrics.macroPrecisionRecall(
            labels,
            predictions: predictedClasses,
            classes: Set(labels).union(predictedClasses).sorted()
        )
    }
}
