import BorealGraph

/// Weights that are learnt, with what their optimizer keeps of each.
final class LearnedBlock: Sendable {
    /// The weights.
    let weights: FloatBuffer
    /// The gradient of the last batch.
    let gradients: FloatBuffer
    /// Running means of gradients, for optimizers that keep them; else empty.
    let first: FloatBuffer
    /// Running means of squared gradients, for optimizers that keep them; else empty.
    let second: FloatBuffer

    /// - Parameters:
    ///   - gradients: nil for one a weight.
    init(count: Int, gradients: Int? = nil, kind: OptimizerKind) {
        weights = FloatBuffer(count: count)
        self.gradients = FloatBuffer(count: gradients ?? count)
        first = FloatBuffer(count: kind.keepsFirst ? count : 0)
        second = FloatBuffer(count: kind.keepsSecond ? count : 0)
    }

    /// Numbers that so many weights take, all in all.
    static func numbers(_ count: Int, kind: OptimizerKind) -> Int {
        count * (2 + (kind.keepsFirst ? 1 : 0) + (kind.keepsSecond ? 1 : 0))
    }

    /// Moves some of the weights against the gradients that stand at `gradient`.
    func apply(
        _ step: OptimizerStep,
        from start: Int,
        count: Int,
        gradient: UnsafePointer<Float>
    ) {
        assert(start >= 0 && start + count <= weights.count, "weights beyond the block")
        step.apply(
            weights: weights.pointer + start,
            gradients: gradient,
            first: step.kind.keepsFirst ? first.pointer + start : nil,
            second: step.kind.keepsSecond ? second.pointer + start : nil,
            count: count
        )
    }
}
