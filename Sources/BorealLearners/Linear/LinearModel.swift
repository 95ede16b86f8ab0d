import BorealBoost
import BorealGraph

/// Scores that are sums of features times factors, and the graphs made of them.
///
/// Features are centred before they are multiplied: that keeps the digits of features far from
/// zero, and what each feature contributes is then its part of the distance from the mean
/// prediction, which for a linear model is its Shapley value.
struct LinearModel {
    /// `[scores * features]`, score by score.
    let factors: [Double]
    /// `[scores]`: the score of a row of zeros.
    let terms: [Double]
    /// `[features]`: where contributions are 0; empty for zeros.
    let centers: [Double]

    /// Adds the scores to a graph.
    private func scores(_ builder: inout GraphBuilder) throws(GraphError) -> TensorID {
        guard centers.contains(where: { $0 != 0 }) else {
            return try builder.product(
                .features,
                weights: factors,
                bias: terms,
                width: terms.count
            )
        }
        var bias = terms
        for score in terms.indices {
            for (feature, center) in centers.enumerated() {
                bias[score] += center * factors[score * centers.count + feature]
            }
        }
        let centred = try builder.scale(.features, shift: centers, .subtractMultiply)
        return try builder.product(centred, weights: factors, bias: bias, width: terms.count)
    }

    /// A graph that answers the score.
    ///
    /// - Throws: `TrainingError.diverged` when the parts do not fit, which sizes that were checked
    ///   before rule out.
    func regression(_ set: LearningSet) throws(TrainingError) -> ModelGraph {
        do {
            var builder = GraphBuilder(featureCount: set.inputs.count)
            let score = try scores(&builder)
            return try ModelGraph(
                inputs: set.inputs,
                operators: builder.operators,
                outputs: [
                    GraphOutput(.raw, score, ["raw"]),
                    GraphOutput(.value, score, ["pred"]),
                    GraphOutput(.prediction, score, ["predicted_results"]),
                ],
                task: .regression,
                metadata: set.metadata
            )
        } catch {
            throw .diverged(advice: "the model cannot be built: \(error)")
        }
    }

    /// A graph that answers classes: of one score by its sign, of several by the greatest.
    ///
    /// - Throws: as `regression`.
    func classification(_ set: LearningSet) throws(TrainingError) -> ModelGraph {
        do {
            var builder = GraphBuilder(featureCount: set.inputs.count)
            let score = try scores(&builder)
            let isBinary = terms.count == 1
            let probabilities =
                isBinary
                ? try builder.bothClasses(try builder.link(score, .sigmoid(scale: 1)))
                : try builder.link(score, .softmax)
            let label =
                isBinary
                ? try builder.add { ThresholdCodeOperator(input: score, output: $0, width: 1) }
                : try builder.greatest(score)
            let classes = isBinary ? 2 : terms.count
            let names = (0..<classes).map { set.labels?.text(at: $0) ?? String($0) }
            return try ModelGraph(
                inputs: set.inputs,
                operators: builder.operators,
                outputs: [
                    GraphOutput(.raw, score, isBinary ? ["raw"] : names.map { "raw_" + $0 }),
                    GraphOutput(.probabilities, probabilities, names.map { "proba_" + $0 }),
                    GraphOutput(.label, label, ["label"]),
                    GraphOutput(.value, label, ["pred"]),
                    GraphOutput(.prediction, label, ["predicted_results"]),
                ],
                task: isBinary ? .binary : .multiclass,
                labels: set.labels,
                metadata: set.metadata
            )
        } catch {
            throw .diverged(advice: "the model cannot be built: \(error)")
        }
    }
}
