import BorealBoost

/// What a network with one output or several is trained to make small.
enum OutputLoss: Equatable, Sendable {
    /// One score, the logarithm of the odds of class 1.
    case logistic
    /// A score for each class.
    case softmax
    /// The square of the error.
    case squared
    /// The error without its sign.
    case absolute

    /// The loss of one row and its derivatives by the scores.
    ///
    /// - Parameters:
    ///   - scores: `[count]`
    ///   - label: a class number, or a number.
    ///   - deltas: `[count]`: where the derivatives go, times `factor`.
    func value(
        _ scores: UnsafePointer<Float>,
        count: Int,
        label: Float,
        factor: Double,
        into deltas: UnsafeMutablePointer<Float>
    ) -> Double {
        switch self {
        case .logistic, .squared:
            let loss: NetworkLoss = self == .logistic ? .binaryCrossentropy : .meanSquaredError
            let (value, delta) = loss.value(scores[0], label)
            deltas[0] = Float(delta * factor)
            return value
        case .absolute:
            let difference = Double(scores[0]) - Double(label)
            deltas[0] = Float(difference == 0 ? 0 : difference > 0 ? factor : -factor)
            return difference.magnitude
        case .softmax:
            var greatest = -Double.infinity
            for index in 0..<count { greatest = max(greatest, Double(scores[index])) }
            var sum = 0.0
            for index in 0..<count { sum += ExactMath.exp(Double(scores[index]) - greatest) }
            let wanted = Int(label)
            for index in 0..<count {
                let share = ExactMath.exp(Double(scores[index]) - greatest) / sum
                deltas[index] = Float((share - (index == wanted ? 1 : 0)) * factor)
            }
            return ExactMath.log(sum) + greatest - Double(scores[wanted])
        }
    }
}
