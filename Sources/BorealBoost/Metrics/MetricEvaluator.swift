/// Computes training metrics of a table, from raw scores.
struct MetricEvaluator: Sendable {
    private let parameters: TrainingParameters
    private let conversion: ScoreConversion
    /// `[rowCount]`: narrowed to Float, as LightGBM keeps labels.
    private let labels: [Double]
    private let weights: [Double]?
    private let totalWeight: Double
    private let ranking: RankMetrics?

    init(_ data: TrainingData, _ parameters: TrainingParameters) {
        self.parameters = parameters
        conversion = ScoreConversion(parameters)
        labels = data.label.map { Double(Float($0)) }
        weights = data.weights.map { $0.map { Double($0) } }
        totalWeight = weights?.reduce(0, +) ?? Double(data.rowCount)
        let metrics = parameters.effectiveMetrics
        let ranks = metrics.contains(.ndcg) || metrics.contains(.map)
        ranking = ranks ? RankMetrics(data, parameters) : nil
    }

    /// The metrics, in the order in which they were asked for.
    ///
    /// - Parameter raw: `[scoresPerRow * rowCount]`, score by score.
    func values(_ raw: [Double]) -> [TrainedModel.MetricValue] {
        let predictions = conversion.predictions(raw, rows: labels.count)
        var values: [TrainedModel.MetricValue] = []
        for metric in parameters.effectiveMetrics {
            guard metric == .ndcg || metric == .map else {
                let position = metric == .multiError ? parameters.multiErrorTopK : 1
                let value = value(of: metric, raw, predictions)
                values.append(
                    TrainedModel.MetricValue(
                        metric: metric,
                        position: position > 1 ? position : nil,
                        value: value
                    )
                )
                continue
            }
            let cuts = metric == .ndcg ? ranking?.ndcg(raw) : ranking?.map(raw)
            for (position, value) in zip(parameters.evaluationPositions, cuts ?? []) {
                values.append(
                    TrainedModel.MetricValue(metric: metric, position: position, value: value)
                )
            }
        }
        return values
    }

    private func value(
        of metric: TrainingMetric,
        _ raw: [Double],
        _ predictions: [Double]
    ) -> Double {
        switch metric {
        case .auc:
            let area = ClassificationMetrics.auc(labels, scores: raw, weights: weights)
            // Of one class alone every order is a good one.
            return area.isNaN ? 1 : area
        case .averagePrecision:
            return ClassificationMetrics.averagePrecision(labels, scores: raw, weights: weights)
        case .aucMu:
            return PairwiseArea(parameters).value(labels, raw, weights)
        case .multiLogloss:
            return mean { row in
                let place = Int(labels[row]) * labels.count + row
                return -ExactMath.log(max(predictions[place], 1e-15))
            }
        case .multiError: return mean { isAmongGreatest($0, predictions) ? 0 : 1 }
        case .crossEntropyLambda: return crossEntropyLambda(predictions)
        default:
            guard let loss = PointLoss.function(metric, parameters) else { return .nan }
            let value = mean { loss(labels[$0], predictions[$0]) }
            switch metric {
            case .rmse: return value.squareRoot()
            case .gammaDeviance: return value * totalWeight * 2
            case .kullbackLeibler: return value + mean { PointLoss.negativeEntropy(labels[$0]) }
            default: return value
            }
        }
    }

    @inline(__always)
    private func mean(_ term: (Int) -> Double) -> Double {
        var sum = 0.0
        guard let weights else {
            for row in labels.indices { sum += term(row) }
            return sum / totalWeight
        }
        for row in labels.indices { sum += term(row) * weights[row] }
        return sum / totalWeight
    }

    /// True when at most `multi_error_top_k` scores are as great as that of the row's class, its
    /// own among them.
    private func isAmongGreatest(_ row: Int, _ predictions: [Double]) -> Bool {
        let rows = labels.count
        let own = predictions[Int(labels[row]) * rows + row]
        var greater = 0
        for score in 0..<parameters.scoresPerRow where predictions[score * rows + row] >= own {
            greater += 1
        }
        return greater <= parameters.multiErrorTopK
    }

    /// The plain mean: weights are part of the probability.
    private func crossEntropyLambda(_ predictions: [Double]) -> Double {
        var sum = 0.0
        for row in labels.indices {
            let probability = 1 - ExactMath.exp(-(weights?[row] ?? 1) * predictions[row])
            sum += PointLoss.crossEntropy(labels[row], probability)
        }
        return sum / Double(labels.count)
    }
}
