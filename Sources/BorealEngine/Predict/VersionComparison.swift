import BorealBase
import BorealGraph

/// Two versions of a model beside each other, row by row.
struct VersionComparison {
    /// One of the two.
    private struct Side {
        let graph: ModelGraph
        let scorer: ModelScorer
        /// What judges it; nil without labels.
        var scores: EvaluationScores?
        /// The prediction, what the metrics need, then the probabilities if they are not among it.
        let question: ModelQuestion
        /// Place of the probabilities among the answers; nil when they are not compared.
        var probabilities: Int?

        init(
            _ graph: ModelGraph,
            features: [String],
            columns: [String],
            label: String?,
            metrics: [EvaluationMetric],
            comparesProbabilities: Bool
        ) throws(ServerError) {
            self.graph = graph
            scorer = try ModelScorer(graph, names: features, columns: columns, threads: 2)
            scores = try label.map { (name) throws(ServerError) in
                let subject = try EvaluationSubject(graph, labels: 1, metrics: metrics)
                return EvaluationScores(graph, subject, labels: [name])
            }
            var roles: [GraphOutput.Role] = [.prediction] + (scores?.extraRoles ?? [])
            if comparesProbabilities, !roles.contains(.probabilities) {
                roles.append(.probabilities)
            }
            probabilities = comparesProbabilities ? roles.firstIndex(of: .probabilities) : nil
            question = ModelQuestion(roles: roles)
        }

        /// True when it predicts one number.
        var isNumeric: Bool {
            guard let output = graph.output(.prediction) else { return false }
            return output.columnNames.count == 1
                && graph.tensorTypes[output.tensor.index].element != .code
        }
    }

    private var sides: [Side]
    private let label: Int?
    private let comparesNumbers: Bool
    /// Rows compared.
    private(set) var rowCount = 0
    /// Rows that the two predict otherwise.
    private(set) var changed = 0
    private var largestChange = 0.0
    private var changeSum = 0.0
    private var largestProbabilityChange = 0.0

    /// - Parameters:
    ///   - graphs: the version that is compared with, and the one that is compared.
    ///   - columns: names of the columns of the batches to come.
    /// - Throws: `unknownColumn`, `invalidOption` as `ModelScorer`.
    init(
        _ graphs: (from: ModelGraph, to: ModelGraph),
        _ request: CompareRequest,
        columns: [String]
    ) throws(ServerError) {
        let (from, to) = graphs
        let widths = [from, to].map { $0.output(.probabilities)?.columnNames.count }
        let comparesProbabilities =
            widths[0] != nil && widths == [widths[0], widths[0]]
            && from.labels == to.labels
        sides = []
        for graph in [from, to] {
            sides.append(
                try Side(
                    graph,
                    features: request.features(of: graph),
                    columns: columns,
                    label: request.label,
                    metrics: request.metrics,
                    comparesProbabilities: comparesProbabilities
                )
            )
        }
        comparesNumbers = sides.allSatisfy(\.isNumeric)
        let folded = columns.map(\.asciiLowercased)
        label = try request.label.map { (name) throws(ServerError) in
            guard let index = folded.firstIndex(of: name.asciiLowercased) else {
                throw .unknownColumn(name, in: "y_cols")
            }
            return index
        }
    }

    /// A row that the two predict otherwise.
    struct Change {
        /// Its place in the batch.
        var row: Int
        /// What each of the two predicts; nil for nothing.
        var predictions: [[UInt8]?]
    }

    /// Asks both versions about the rows of a batch.
    ///
    /// - Returns: the rows that they predict otherwise.
    /// - Throws: `badRowValue` for a value or a label that does not fit; `interrupted`.
    mutating func append(
        _ batch: RowBatch,
        cancellation: CancellationFlag
    ) throws(ServerError) -> [Change] {
        var answers: [ScoredBatch] = []
        for index in sides.indices {
            let answer = try sides[index].scorer.answer(
                sides[index].question,
                batch,
                firstRow: rowCount,
                cancellation: cancellation
            )
            if let label {
                try sides[index].scores?.append(
                    answer.results,
                    labels: [batch.columns[label]],
                    firstRow: rowCount
                )
            }
            answers.append(answer)
        }
        let changes = (0..<batch.rowCount).compactMap { row -> Change? in
            let predictions = answers.map { Self.prediction($0.results, row) }
            return predictions[0] == predictions[1]
                ? nil : Change(row: row, predictions: predictions)
        }
        measure(answers.map(\.results), rows: batch.rowCount)
        changed += changes.count
        rowCount += batch.rowCount
        return changes
    }

    /// `predicted_results` of a row; nil where there is none.
    private static func prediction(_ results: GraphResults, _ row: Int) -> [UInt8]? {
        if results.width(of: 0) == 1, results.isMissing(0, row: row) { return nil }
        var text: [UInt8] = []
        results.appendRow(0, row: row, to: &text)
        return text
    }

    /// How far numbers and probabilities lie apart. What is missing on one side has no distance.
    private mutating func measure(_ results: [GraphResults], rows: Int) {
        for row in 0..<rows {
            if comparesNumbers {
                let distance = abs(
                    results[1].double(0, row: row) - results[0].double(0, row: row)
                )
                if distance.isFinite {
                    largestChange = max(largestChange, distance)
                    changeSum += distance
                }
            }
            guard let from = sides[0].probabilities, let to = sides[1].probabilities else {
                continue
            }
            for column in 0..<results[0].width(of: from) {
                let distance = abs(
                    results[1].double(to, row: row, column: column)
                        - results[0].double(from, row: row, column: column)
                )
                if distance.isFinite {
                    largestProbabilityChange = max(largestProbabilityChange, distance)
                }
            }
        }
    }

    /// What the task answers: `{"rows": 500, "changed": 37, ...}`.
    ///
    /// - Throws: `badRowValue` when there were no rows.
    func results(_ request: CompareRequest) throws(ServerError) -> JSON {
        guard rowCount > 0 else {
            throw ServerError(
                .badRowValue,
                "The query returned no rows; there is nothing to compare"
            )
        }
        var members: [(key: String, value: JSON)] = [
            ("model", .string(request.model)), ("from", .string(request.from)),
            ("to", .string(request.to)), ("rows", .integer(Int64(rowCount))),
            ("changed", .integer(Int64(changed))),
            ("changed_share", .number(Double(changed) / Double(rowCount))),
        ]
        if comparesNumbers {
            members.append(("largest_change", .number(largestChange)))
            members.append(("mean_change", .number(changeSum / Double(rowCount))))
        }
        if sides[0].probabilities != nil {
            members.append(("largest_probability_change", .number(largestProbabilityChange)))
        }
        if request.label != nil { members.append(("metrics", try metrics(request))) }
        if let shifts = Self.importances(sides[0].graph, sides[1].graph) {
            members.append(("importances", shifts))
        }
        return .object(members)
    }

    /// `{"acc": {"from": 0.6694, "to": 0.671, "shift": 0.0016}}`
    private func metrics(_ request: CompareRequest) throws(ServerError) -> JSON {
        guard let from = sides[0].scores, let to = sides[1].scores else { return .null }
        let asked = request.metrics(of: from.question)
        let values = (try from.results(asked), try to.results(asked))
        return .object(
            asked.map { metric in
                let pair = (values.0[metric.rawValue], values.1[metric.rawValue])
                var shift = JSON.null
                if let old = pair.0?.double, let new = pair.1?.double {
                    shift = metric.json(new - old)
                }
                return (
                    metric.rawValue,
                    .object([("from", pair.0 ?? .null), ("to", pair.1 ?? .null), ("shift", shift)])
                )
            }
        )
    }

    /// Shares of the gain of each feature that one of the two has, the greatest shift first; nil
    /// when one of them has no trees.
    private static func importances(_ from: ModelGraph, _ to: ModelGraph) -> JSON? {
        guard let old = FeatureShare.all(of: from), let new = FeatureShare.all(of: to) else {
            return nil
        }
        let before = Dictionary(old.map { ($0.name, $0.gain) }) { first, _ in first }
        let after = Dictionary(new.map { ($0.name, $0.gain) }) { first, _ in first }
        let names = old.map(\.name) + new.map(\.name).filter { before[$0] == nil }
        let shifts = names.map { name in
            (name: name, from: before[name] ?? 0, to: after[name] ?? 0)
        }
        let ordered = shifts.enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            return (abs(one.to - one.from), right.offset)
                > (abs(other.to - other.from), left.offset)
        }
        return .array(
            ordered.map { _, shift in
                .object([
                    ("feature", .string(shift.name)), ("from", .number(shift.from)),
                    ("to", .number(shift.to)), ("shift", .number(shift.to - shift.from)),
                ])
            }
        )
    }
}
