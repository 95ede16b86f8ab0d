import BorealBase
import BorealGraph

/// Which answers of a model are compared with which columns: settled by what the model answers, how
/// many label columns there are, and what the metrics are for.
struct EvaluationSubject {
    /// What kind of answer is judged.
    let question: EvaluationMetric.Question
    /// The answers that stand beside the label columns, in their order, when numbers are judged.
    private(set) var numbers: [GraphOutput] = []
    /// Classes of a model that only tells which one it is: `predicted_results` is the answer.
    private(set) var hardClasses: Int?

    /// - Parameters:
    ///   - labels: label columns; none for clusters.
    ///   - metrics: what is asked for; empty for the plainest reading.
    ///   - name: of the model, for errors.
    /// - Throws: `invalidOption` for label columns that are too many or too few,
    ///   `metricDoesNotApply`, `unsupported` for answers that nothing is a metric of.
    init(
        _ graph: ModelGraph,
        labels: Int,
        metrics: [EvaluationMetric] = [],
        model name: String = ""
    ) throws(ServerError) {
        let known = Self.question(of: graph)
        guard (labels == 0) == (known == .clustering) else {
            throw .invalidOption(
                "y_cols",
                labels == 0
                    ? "the option is missing or empty"
                    : "clusters are judged without a label; give y_cols=''"
            )
        }
        if labels > 1 {
            question = .regression
            numbers = try Self.numbers(of: graph, labels)
        } else if Self.answersPlaces(of: graph) {
            let width = graph.output(.value)?.columnNames.count ?? 0
            guard metrics.allSatisfy({ !$0.applies(to: .regression) }) else {
                let metrics = "acc, Fscore, precision, recall and confusion_matrix"
                throw Self.labelCount(width, or: "; \(metrics) take one, the number of the class")
            }
            question = .multiclass
            hardClasses = width
            try check(metrics, name)
            // What is no share of one ranks nothing among rows.
            if let metric = metrics.first(where: { $0 == .auc || $0 == .logloss }) {
                let task = "\(width) numbers that are no probabilities"
                throw .metricDoesNotApply(metric.rawValue, model: name, task: task)
            }
            return
        } else {
            question = Self.question(of: graph, metrics) ?? known
            switch question {
            case .regression: numbers = try Self.numbers(of: graph, 1)
            case .clustering: break
            case .binary, .multiclass:
                if let shown = graph.output(.prediction), shown.columnNames.count > 1 {
                    let count = shown.columnNames.count
                    throw .unsupported("EVALUATE of a model that answers \(count) classes a row")
                }
            }
        }
        try check(metrics, name)
    }

    /// - Throws: `metricDoesNotApply` for the first one that says nothing about the question.
    private func check(
        _ metrics: [EvaluationMetric],
        _ name: String
    ) throws(ServerError) {
        for metric in metrics where !metric.applies(to: question) {
            throw .metricDoesNotApply(metric.rawValue, model: name, task: question.rawValue)
        }
    }

    /// What kind of answers a model gives.
    private static func question(of graph: ModelGraph) -> EvaluationMetric.Question {
        switch graph.task {
        case .binary: .binary
        case .multiclass: .multiclass
        // What has no classes of its own is compared as a number.
        case .regression, .ranking, .outlierDetection, .transformation: .regression
        case .clustering: .clustering
        }
    }

    /// A probability is a number too, to metrics that are for numbers, where the model names no
    /// classes; nil for what the model's task says.
    private static func question(
        of graph: ModelGraph,
        _ metrics: [EvaluationMetric]
    ) -> EvaluationMetric.Question? {
        guard graph.task == .binary, graph.labels == nil,
            graph.output(.value)?.columnNames.count == 1, !metrics.isEmpty,
            metrics.allSatisfy({ $0.applies(to: .regression) })
        else { return nil }
        return .regression
    }

    /// True when `predicted_results` is the place of the greatest of several numbers of which
    /// nothing says that they are probabilities.
    private static func answersPlaces(of graph: ModelGraph) -> Bool {
        guard graph.task == .transformation, let value = graph.output(.value),
            value.columnNames.count > 1
        else { return false }
        return graph.output(.prediction)?.columnNames.count == 1
    }

    /// The answers that stand beside so many label columns: those of `value`, or all outputs of the
    /// file together.
    private static func numbers(
        of graph: ModelGraph,
        _ labels: Int
    ) throws(ServerError) -> [GraphOutput] {
        guard graph.labels == nil, let value = graph.output(.value) else {
            guard labels == 1, let shown = graph.output(.value) ?? graph.output(.prediction) else {
                throw labelCount(1)
            }
            return [shown]
        }
        if labels == 1, value.columnNames.count == 1 { return [value] }
        let all = graph.outputs.filter(\.isNative)
        let isText = ([value] + all).contains {
            $0.dictionary != nil || graph.tensorTypes[$0.tensor.index].element == .code
        }
        guard !isText else {
            throw .unsupported("EVALUATE of a model that answers several texts or classes a row")
        }
        if value.columnNames.count == labels { return [value] }
        let count = all.reduce(0) { $0 + $1.columnNames.count }
        guard count == labels else {
            let other =
                count > value.columnNames.count ? ", or \(count) for all of its outputs" : ""
            throw labelCount(value.columnNames.count, or: other)
        }
        return all
    }

    private static func labelCount(_ wanted: Int, or other: String = "") -> ServerError {
        .invalidOption(
            "y_cols",
            wanted == 1
                ? "one label column is expected\(other)"
                : "the model answers \(wanted) numbers a row: name as many label columns\(other)"
        )
    }
}
