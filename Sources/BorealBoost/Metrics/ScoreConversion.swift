/// How raw scores become what an objective predicts, in the trainer's own arithmetic.
struct ScoreConversion: Sendable {
    private let parameters: TrainingParameters

    init(_ parameters: TrainingParameters) { self.parameters = parameters }

    /// - Parameter raw: `[scoresPerRow * rows]`, score by score.
    /// - Returns: the predictions in the same places.
    func predictions(_ raw: [Double], rows: Int) -> [Double] {
        switch parameters.objective {
        case .regression, .regressionL1, .fair, .quantile, .mape:
            return parameters.takesRootOfLabel ? raw.map { $0 < 0 ? -$0 * $0 : $0 * $0 } : raw
        case .huber, .lambdarank, .rankXENDCG: return raw
        case .poisson, .gamma, .tweedie: return raw.map(ExactMath.exp)
        case .binary, .oneVersusAll:
            let slope = parameters.sigmoid
            return raw.map { 1 / (1 + ExactMath.exp(-slope * $0)) }
        case .exponential: return raw.map { 1 / (1 + ExactMath.exp(-2 * $0)) }
        case .crossEntropy: return raw.map { 1 / (1 + ExactMath.exp(-$0)) }
        case .crossEntropyLambda: return raw.map { ExactMath.log1p(ExactMath.exp($0)) }
        case .multiclass: return softmax(raw, rows: rows)
        }
    }

    private func softmax(_ raw: [Double], rows: Int) -> [Double] {
        let classes = parameters.scoresPerRow
        var result = raw
        for row in 0..<rows {
            var greatest = -Double.infinity
            for score in 0..<classes { greatest = max(greatest, raw[score * rows + row]) }
            var sum = 0.0
            for score in 0..<classes {
                let e = ExactMath.exp(raw[score * rows + row] - greatest)
                result[score * rows + row] = e
                sum += e
            }
            for score in 0..<classes { result[score * rows + row] /= sum }
        }
        return result
    }
}
