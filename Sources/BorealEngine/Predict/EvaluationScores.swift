import BorealBase
import BorealBoost
import BorealGraph

/// Gathers what a model said about rows with known labels, and computes metrics over all of them.
struct EvaluationScores {
    /// What the graph must compute beside the prediction: first the answers, then what scores of
    /// the positive class are taken from where there are no probabilities.
    let extraRoles: [GraphOutput.Role]
    /// Answers without a role of their own, in place of `extraRoles`.
    let extraOutputs: [GraphOutput]
    /// What is compared with what.
    private let subject: EvaluationSubject
    private let graph: ModelGraph
    private let labelNames: [String]
    /// Class numbers, a label that training never saw is -1; or values for regression, row by row
    /// where there are several columns.
    private(set) var labels: [Double] = []
    /// `[rows * width]`: probabilities in class order, or values.
    private var answers: [Double] = []
    private var width: Int
    /// `[rows]`: the classes that the model names, which need not be those of the greatest
    /// probability; empty where it names none.
    private var classes: [Double] = []
    /// What clusters are judged by.
    private var clusters = ClusterSample()
    /// `[rows]`: decision values of a classifier without probabilities; empty without such.
    private var decisions: [Double] = []

    /// Classes of a classifier that has no probabilities; its answers are all or nothing.
    private let hardClasses: Int?

    /// What kind of answer is judged.
    var question: EvaluationMetric.Question { subject.question }

    /// - Parameter labels: names of the label columns; none for clusters.
    init(_ graph: ModelGraph, _ subject: EvaluationSubject, labels: [String]) {
        self.graph = graph
        self.subject = subject
        labelNames = labels
        let question = subject.question
        var roles: [GraphOutput.Role] = []
        var outputs: [GraphOutput] = []
        var hardClasses = subject.hardClasses
        if question == .regression {
            let numbers = subject.numbers
            (roles, outputs) = numbers.count == 1 ? (numbers.map(\.role), []) : ([], numbers)
        } else if question == .clustering || hardClasses != nil {
            roles = [.prediction]
        } else if graph.output(.probabilities) != nil {
            let isNamed = graph.labels != nil && graph.output(.label) != nil
            roles = [.probabilities] + (isNamed ? [.label] : [])
        } else {
            let raw = graph.output(.raw)?.tensor
            let isOne = raw.map { graph.tensorTypes[$0.index].width == 1 } ?? false
            roles = [graph.output(.label) == nil ? .prediction : .label]
            if question == .binary, isOne { roles.append(.raw) }
            hardClasses = max(2, graph.labels?.count ?? 2)
        }
        extraRoles = roles
        extraOutputs = outputs
        self.hardClasses = hardClasses
        width = hardClasses ?? max(1, labels.count)
    }

    /// Adds rows of a model of clusters.
    mutating func append(clusters answer: ScoredBatch, firstRow: Int) {
        clusters.append(answer.features, clusters: answer.results.doubles(1), firstRow: firstRow)
    }

    /// Adds what the model answered, behind the prediction, to rows with labels.
    ///
    /// - Parameter columns: the label columns.
    /// - Throws: `badRowValue` for a label that is NULL or, in a regression, no number.
    mutating func append(
        _ results: GraphResults,
        labels columns: [Column],
        firstRow: Int
    ) throws(ServerError) {
        if let hardClasses {
            answers += Self.certain(of: results.doubles(1), classes: hardClasses)
            if extraRoles.count > 1 { decisions += results.doubles(2) }
        } else if extraOutputs.count > 1 {
            let parts = extraOutputs.indices.map {
                (results.doubles($0 + 1), results.width(of: $0 + 1))
            }
            for row in 0..<results.rowCount {
                for (values, width) in parts { answers += values[row * width..<(row + 1) * width] }
            }
        } else {
            width = results.width(of: 1)
            answers += results.doubles(1)
            if extraRoles.count > 1 { classes += results.doubles(2) }
        }
        try append(labels: columns, firstRow: firstRow)
    }

    /// Adds labels alone; `value(of:answers:width:)` brings answers to them.
    ///
    /// - Throws: as `append(_:labels:firstRow:)`.
    mutating func append(labels columns: [Column], firstRow: Int) throws(ServerError) {
        if let known = graph.labels, question != .regression {
            for (row, index) in known.indexes(of: columns[0]).enumerated() {
                guard index != -2 else { throw nullLabel(firstRow + row, labelNames[0]) }
                labels.append(Double(index))
            }
            return
        }
        let classes =
            question == .regression
            ? nil : hardClasses ?? graph.output(.probabilities)?.columnNames.count ?? width
        for row in 0..<columns[0].count {
            for (column, name) in zip(columns, labelNames) {
                let number = try number(column, row, firstRow, name)
                let isClass = classes.map { number >= 0 && number < Double($0) } ?? true
                labels.append(isClass ? number : -1)
            }
        }
    }

    /// - Throws: as `append(_:labels:firstRow:)`.
    private func number(
        _ column: Column,
        _ row: Int,
        _ firstRow: Int,
        _ name: String
    ) throws(ServerError) -> Double {
        guard !column.isNull(row) else { throw nullLabel(firstRow + row, name) }
        guard let number = NumberCell.number(column, row), number.isFinite else {
            throw .badRowValue(
                row: firstRow + row + 1,
                column: name,
                "'\(NumberCell.text(column, row).prefix(64))' is no number"
            )
        }
        return number
    }

    private func nullLabel(_ row: Int, _ name: String) -> ServerError {
        .badRowValue(row: row + 1, column: name, "the label is NULL")
    }

    /// The metrics in the order asked for: `{"acc": 0.6694}`.
    ///
    /// - Parameter isByColumn: tell them of each label column, `{"mse": {"a": 1.5, "b": 2}}`,
    ///   instead of their mean.
    /// - Throws: `badRowValue` when there were no rows.
    func results(
        _ metrics: [EvaluationMetric],
        isByColumn: Bool = false
    ) throws(ServerError) -> JSON {
        guard !labels.isEmpty || clusters.rowCount > 0 else {
            throw ServerError(
                .badRowValue,
                "The query returned no rows; there is nothing to evaluate"
            )
        }
        let known = withoutUnseen()
        var members: [(key: String, value: JSON)] = []
        for metric in metrics {
            if metric == .confusionMatrix {
                members.append((metric.rawValue, known.confusions))
                continue
            }
            if isByColumn {
                let values = zip(labelNames, columnValues(of: metric)).map { name, value in
                    (key: name, value: metric.finite(value))
                }
                members.append((metric.rawValue, .object(values)))
                continue
            }
            let value = metric == .acc ? accuracy() : known.value(of: metric)
            members.append((metric.rawValue, metric.finite(value)))
        }
        return .object(members)
    }

    /// A metric of numbers for each label column.
    private func columnValues(of metric: EvaluationMetric) -> [Double] {
        guard width > 1 else { return [number(metric, labels, answers)] }
        return (0..<width).map { column in
            let rows = stride(from: column, to: labels.count, by: width)
            return number(metric, rows.map { labels[$0] }, rows.map { answers[$0] })
        }
    }

    /// A metric of numbers; NaN for one that is of classes.
    private func number(
        _ metric: EvaluationMetric,
        _ labels: [Double],
        _ answers: [Double]
    ) -> Double {
        switch metric {
        case .r2Score: RegressionMetrics.rSquared(labels, answers)
        case .mse: RegressionMetrics.meanSquaredError(labels, answers)
        case .rmse: RegressionMetrics.rootMeanSquaredError(labels, answers)
        case .mae: RegressionMetrics.meanAbsoluteError(labels, answers)
        case .mape: RegressionMetrics.meanAbsolutePercentageError(labels, answers)
        case .mapePlus: RegressionMetrics.positiveMeanAbsolutePercentageError(labels, answers)
        default: .nan
        }
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
        case .r2Score, .mse, .rmse, .mae, .mape, .mapePlus:
            // Of several columns the mean, as scikit-learn's `uniform_average`.
            let values = columnValues(of: metric)
            return values.reduce(0, +) / Double(values.count)
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
