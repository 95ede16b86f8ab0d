import BorealBase
import BorealGraph

/// What a statement wants to know of a model about each row.
struct ModelQuestion {
    /// What the graph computes, in this order.
    var roles: [GraphOutput.Role]
    /// Outputs of the graph that are computed too, behind those.
    var others: [GraphOutput] = []
    /// True when a row that the model cannot read is answered all the same.
    var keepsBadRows = false
    /// What tells the contributions; nil when they are not wanted.
    var explainer: GraphExplainer?

    /// The outputs to compute.
    ///
    /// - Throws: `GraphError.outputMissing`.
    func outputs(of graph: ModelGraph) throws(GraphError) -> [GraphOutput] {
        var outputs: [GraphOutput] = []
        for role in roles {
            guard let output = graph.output(role) else { throw .outputMissing(role: role) }
            outputs.append(output)
        }
        return outputs + others
    }

    /// Rows that are asked about at once: explanations take time and room.
    var batchRows: Int {
        guard let explainer else { return Limits.batchRows }
        let numbers = explainer.scoresPerRow * (explainer.inputs.count + 1)
        return max(1, min(Limits.explanationStepRows, Limits.explanationStepNumbers / numbers))
    }
}

/// What a model answered to the rows of a batch.
struct ScoredBatch {
    /// The rows.
    let batch: RowBatch
    /// The rows as the model saw them.
    let features: GraphBatch
    /// For each feature the column of the batch that fed it.
    let columnIndexes: [Int]
    /// Its answers, in the order of the roles and other outputs asked for.
    let results: GraphResults
    /// Where the first of the other outputs stands among the answers.
    let firstOther: Int
    /// What the features contribute to its raw scores, when that was asked for.
    let explanation: AdditiveExplanation?
    /// Rows whose values it could not read, and why.
    let rejections: [Int: String]

    /// The score of the class that the first of the roles, the prediction, names.
    func shownScore(_ row: Int) -> Int {
        guard let scores = explanation?.scoresPerRow, scores > 1 else { return 0 }
        let value = results.double(0, row: row)
        // An ensemble whose prediction is no class has one score.
        return value >= 0 && value < Double(scores) ? Int(value) : 0
    }

    /// Appends the greatest contributions to a score, strongest first:
    /// `[{"feature": "Time", "value": 1296, "contribution": 0.41}, ...]`.
    func appendContributions(_ most: Int, row: Int, score: Int, to text: inout [UInt8]) {
        guard let explanation else { return }
        text.append(UInt8(ascii: "["))
        let strongest = explanation.strongest(most, row: row, score: score)
        for (index, (feature, contribution)) in strongest.enumerated() {
            if index > 0 { text.append(contentsOf: ", ".utf8) }
            let member = JSON.object([
                ("feature", .string(results.graph.inputs[feature].name)),
                ("value", value(of: feature, row: row)),
                ("contribution", .number(contribution)),
            ])
            text.append(contentsOf: member.description.utf8)
        }
        text.append(UInt8(ascii: "]"))
    }

    /// What the row holds for a feature: a number, a text, or null.
    private func value(of feature: Int, row: Int) -> JSON {
        let column = batch.columns[columnIndexes[feature]]
        if column.isNull(row) { return .null }
        switch column.storage {
        case .int64(let values): return .integer(values[row])
        case .uint64, .double, .float, .sparse:
            return .number(NumberCell.number(column, row) ?? .nan)
        case .bytes(let values):
            guard results.graph.inputs[feature].kind == .number, column.type.kind == .decimal else {
                return .string(values.string(row))
            }
            return .number(features.values[row * features.featureCount + feature])
        }
    }
}
