/// Losses of one row by its label and what is predicted for it, with LightGBM's bounds that keep
/// logarithms finite.
enum PointLoss {
    /// The loss of a metric that is a mean over rows; nil for the others.
    static func function(
        _ metric: TrainingMetric,
        _ parameters: TrainingParameters
    ) -> ((_ label: Double, _ prediction: Double) -> Double)? {
        switch metric {
        case .l1: return { abs($0 - $1) }
        case .l2, .rmse: return { ($1 - $0) * ($1 - $0) }
        case .quantile:
            let alpha = parameters.alpha
            return { $0 < $1 ? (alpha - 1) * ($0 - $1) : alpha * ($0 - $1) }
        case .mape: return { abs($0 - $1) / max(1, abs($0)) }
        case .huber:
            let alpha = parameters.alpha
            return { label, prediction in
                let x = abs(prediction - label)
                return x <= alpha ? 0.5 * x * x : alpha * (x - 0.5 * alpha)
            }
        case .fair:
            let c = parameters.fairC
            return { label, prediction in
                let x = abs(prediction - label)
                return c * x - c * c * ExactMath.log1p(x / c)
            }
        case .poisson: return poisson
        case .gamma: return gamma
        case .gammaDeviance:
            return { label, prediction in
                let ratio = label / (prediction + 1e-9)
                return ratio - safeLog(ratio) - 1
            }
        case .tweedie: return tweedie(parameters.tweedieVariancePower)
        case .binaryLogloss: return { -ExactMath.log(max($0 > 0 ? $1 : 1 - $1, 1e-15)) }
        case .binaryError: return { ($1 <= 0.5) == ($0 > 0) ? 1 : 0 }
        case .crossEntropy, .kullbackLeibler: return crossEntropy
        default: return nil
        }
    }

    private static func poisson(_ label: Double, _ prediction: Double) -> Double {
        // The bound is a Float in LightGBM.
        let prediction = max(prediction, Double(1e-10 as Float))
        return prediction - label * ExactMath.log(prediction)
    }

    private static func gamma(_ label: Double, _ prediction: Double) -> Double {
        let theta = -1 / prediction
        let b = -safeLog(-theta)
        return -(label * theta - b + (safeLog(label) - safeLog(label)))
    }

    private static func tweedie(_ power: Double) -> (Double, Double) -> Double {
        { label, prediction in
            let log = ExactMath.log(max(prediction, Double(1e-10 as Float)))
            let a = label * ExactMath.exp((1 - power) * log) / (1 - power)
            return ExactMath.exp((2 - power) * log) / (2 - power) - a
        }
    }

    static func crossEntropy(_ label: Double, _ probability: Double) -> Double {
        let own = label * ExactMath.log(max(probability, 1e-12))
        return -(own + (1 - label) * ExactMath.log(max(1 - probability, 1e-12)))
    }

    /// What the label alone adds to a cross-entropy: minus its entropy.
    static func negativeEntropy(_ label: Double) -> Double {
        let other = 1 - label
        return (label > 0 ? label * ExactMath.log(label) : 0)
            + (other > 0 ? other * ExactMath.log(other) : 0)
    }

    private static func safeLog(_ x: Double) -> Double { x > 0 ? ExactMath.log(x) : -.infinity }
}
