import BorealBoost

/// What a network is trained to make small.
enum NetworkLoss: String, CaseIterable, Sendable {
    case binaryCrossentropy = "binary_crossentropy"
    case meanSquaredError = "mean_squared_error"

    /// The loss of one row and its derivative by the score.
    ///
    /// - Parameters:
    ///   - score: before the sigmoid, where there is one.
    ///   - label: 0 or 1, or a number.
    func value(_ score: Float, _ label: Float) -> (loss: Double, delta: Double) {
        let (x, y) = (Double(score), Double(label))
        switch self {
        case .binaryCrossentropy:
            // log(1 + e^x) - x y, without overflow.
            let power = ExactMath.exp(-x.magnitude)
            let probability = (x >= 0 ? 1 : power) / (1 + power)
            return (max(x, 0) - x * y + ExactMath.log1p(power), probability - y)
        case .meanSquaredError:
            let difference = x - y
            return (difference * difference, 2 * difference)
        }
    }
}

/// What is told of the validation rows after each epoch, beside the loss.
enum NetworkMetric: String, CaseIterable, Sendable {
    case accuracy
    case binaryCrossentropy = "binary_crossentropy"
    case mse

    /// What one row adds to the mean.
    func value(_ score: Float, _ label: Float, _ loss: NetworkLoss) -> Double {
        let (x, y) = (Double(score), Double(label))
        switch self {
        case .accuracy: return (x > 0) == (y > 0.5) ? 1 : 0
        case .binaryCrossentropy: return loss.value(score, label).loss
        case .mse:
            guard loss == .binaryCrossentropy else { return (x - y) * (x - y) }
            let difference = 1 / (1 + ExactMath.exp(-x)) - y
            return difference * difference
        }
    }

    /// Whether it says anything about scores trained by a loss.
    func suits(_ loss: NetworkLoss) -> Bool { self == .mse || loss == .binaryCrossentropy }
}
