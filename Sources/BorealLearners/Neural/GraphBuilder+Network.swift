import BorealBoost
import BorealGraph

/// What networks of several classes have in common as graphs.
extension GraphBuilder {
    /// Dense layers one behind the other, a rectifier between them.
    ///
    /// - Parameter input: Float, as wide as the first layer reads.
    /// - Returns: what the last layer answers, and what it reads.
    mutating func dense(
        _ layers: [DenseLayer],
        over input: TensorID
    ) throws(GraphError) -> (answer: TensorID, hidden: TensorID) {
        var (answer, hidden) = (input, input)
        for (index, layer) in layers.enumerated() {
            hidden = answer
            answer = try product(
                hidden,
                weights: layer.matrix,
                bias: layer.biasValues,
                width: layer.outputWidth
            )
            if index < layers.count - 1 { answer = try map(answer, .rectify) }
        }
        return (answer, hidden)
    }

    /// The same numbers in 64 bits.
    mutating func widened(_ tensor: TensorID) throws(GraphError) -> TensorID {
        let type = type(of: tensor)
        return try add { CastOperator(input: tensor, output: $0, type: type, to: .double) }
    }

    /// The outputs of a network that learnt standardised numbers.
    ///
    /// - Parameters:
    ///   - score: Float, one a row.
    ///   - moments: of the labels, or of their logarithms.
    ///   - isLogarithm: whether log(1 + label) was learnt.
    mutating func numberOutputs(
        _ score: TensorID,
        _ moments: Moments,
        isLogarithm: Bool = false
    ) throws(GraphError) -> [GraphOutput] {
        var number = try map(
            widened(score),
            .linear(factor: moments.deviation, term: moments.mean)
        )
        if isLogarithm { number = try map(number, .expm1) }
        return [
            GraphOutput(.prediction, number, ["predicted_results"]),
            GraphOutput(.value, number, ["pred"]), GraphOutput(.raw, score, ["raw"]),
        ]
    }

    /// Both probabilities of a score of the later of two classes.
    ///
    /// - Parameter score: Float, one a row.
    /// - Returns: the probability of the later class, and both.
    mutating func logistic(
        _ score: TensorID
    ) throws(GraphError) -> (later: TensorID, both: TensorID) {
        let later = try map(score, .sigmoid)
        let both = try add { BinaryProbabilityOperator(input: later, output: $0, element: .float) }
        return (later, both)
    }
}
