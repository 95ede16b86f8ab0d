/// How well numbers are predicted. Arrays have one element a row; weights are 1 when nil. Metrics
/// of no rows are NaN.
public enum RegressionMetrics {
    /// Mean of the squared differences.
    public static func meanSquaredError(
        _ labels: [Double],
        _ predictions: [Double],
        weights: [Double]? = nil
    ) -> Double {
        mean(labels, predictions, weights) { ($0 - $1) * ($0 - $1) }
    }

    /// Root of the mean of the squared differences.
    public static func rootMeanSquaredError(
        _ labels: [Double],
        _ predictions: [Double],
        weights: [Double]? = nil
    ) -> Double {
        meanSquaredError(labels, predictions, weights: weights).squareRoot()
    }

    /// Mean of the absolute differences.
    public static func meanAbsoluteError(
        _ labels: [Double],
        _ predictions: [Double],
        weights: [Double]? = nil
    ) -> Double {
        mean(labels, predictions, weights) { abs($0 - $1) }
    }

    /// 1 - SSE / SST, SST around the weighted mean of the labels; of labels that are all equal it
    /// is 1 when the predictions are exact and 0 otherwise.
    public static func rSquared(
        _ labels: [Double],
        _ predictions: [Double],
        weights: [Double]? = nil
    ) -> Double {
        let average = mean(labels, predictions, weights) { label, _ in label }
        let total = mean(labels, predictions, weights) { label, _ in
            (label - average) * (label - average)
        }
        let error = meanSquaredError(labels, predictions, weights: weights)
        if total == 0 { return error == 0 ? 1 : 0 }
        return 1 - error / total
    }

    /// Mean of |label - prediction| / |label|; labels nearer to zero than the smallest step of
    /// Double around 1 count as that.
    public static func meanAbsolutePercentageError(
        _ labels: [Double],
        _ predictions: [Double],
        weights: [Double]? = nil
    ) -> Double {
        mean(labels, predictions, weights) { abs($0 - $1) / max(abs($0), Double.ulpOfOne) }
    }

    /// The same over rows whose label is positive; NaN when there is none.
    public static func positiveMeanAbsolutePercentageError(
        _ labels: [Double],
        _ predictions: [Double],
        weights: [Double]? = nil
    ) -> Double {
        let rows = labels.indices.filter { labels[$0] > 0 }
        return meanAbsolutePercentageError(
            rows.map { labels[$0] },
            rows.map { predictions[$0] },
            weights: weights.map { weights in rows.map { weights[$0] } }
        )
    }

    @inline(__always)
    private static func mean(
        _ labels: [Double],
        _ predictions: [Double],
        _ weights: [Double]?,
        _ term: (Double, Double) -> Double
    ) -> Double {
        var sum = 0.0
        var total = 0.0
        for row in labels.indices {
            let weight = weights?[row] ?? 1
            sum += weight * term(labels[row], predictions[row])
            total += weight
        }
        return sum / total
    }
}
