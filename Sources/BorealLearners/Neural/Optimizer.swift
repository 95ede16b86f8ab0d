import CKernels
import Glibc

/// How weights follow their gradients. Formulas and constants are those of Keras 3.
enum OptimizerKind: String, CaseIterable, Sendable {
    /// Kingma and Ba 2015, with epsilon outside of the corrections.
    case adam
    /// Down the gradient, without momentum.
    case sgd
    /// Tieleman and Hinton 2012, without momentum and centring.
    case rmsprop

    /// The learning rate unless another is given.
    var defaultRate: Double { self == .sgd ? 0.01 : 0.001 }
    /// Whether a running mean of each gradient is kept.
    var keepsFirst: Bool { self == .adam }
    /// Whether a running mean of each squared gradient is kept.
    var keepsSecond: Bool { self != .sgd }
}

/// An optimizer with its learning rate.
struct Optimizer: Equatable, Sendable {
    /// How weights follow their gradients.
    var kind: OptimizerKind
    /// The learning rate.
    var rate: Double

    /// The share of a new gradient in Adam's mean: 1 - beta_1.
    static let firstShare = 1 - 0.9
    /// The share of a new squared gradient in Adam's mean: 1 - beta_2.
    static let secondShare = 1 - 0.999
    /// The share of a new squared gradient in RMSprop's mean: 1 - rho.
    static let meanShare = 1 - 0.9
    /// Keeps quotients finite.
    static let epsilon: Float = 1e-7

    /// What is done at a step.
    ///
    /// - Parameter number: of the batch, from 1 on over all epochs.
    func step(_ number: Int) -> OptimizerStep {
        assert(number > 0, "steps count from 1")
        guard kind == .adam else { return OptimizerStep(kind: kind, rate: Float(rate)) }
        // Powers by multiplication, since the C library's differ between machines.
        let first = 1 - Self.power(1 - Self.firstShare, number)
        let second = 1 - Self.power(1 - Self.secondShare, number)
        return OptimizerStep(kind: kind, rate: Float(rate * second.squareRoot() / first))
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, square, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }
}

/// Some rows of a batch whose gradient is gathered part by part.
struct BatchPart: Equatable, Sendable {
    /// Whether the gradient begins with these rows.
    let isFirst: Bool
    /// What is done once these rows are in the gradient; nil when more are to come.
    let step: OptimizerStep?

    /// The whole batch.
    init(whole step: OptimizerStep) { self.init(isFirst: true, step: step) }

    /// - Parameters: see the stored properties.
    init(isFirst: Bool, step: OptimizerStep?) {
        self.isFirst = isFirst
        self.step = step
    }
}

/// One step of an optimizer, the same for all weights of a network.
struct OptimizerStep: Equatable, Sendable {
    /// How weights follow their gradients.
    let kind: OptimizerKind
    /// The learning rate with the corrections of the step.
    let rate: Float

    /// Moves `count` weights; means that the kind does not keep are nil.
    func apply(
        weights: UnsafeMutablePointer<Float>,
        gradients: UnsafePointer<Float>,
        first: UnsafeMutablePointer<Float>?,
        second: UnsafeMutablePointer<Float>?,
        count: Int
    ) {
        switch kind {
        case .adam:
            boreal_adam(
                weights,
                gradients,
                first,
                second,
                Int64(count),
                rate,
                Float(Optimizer.firstShare),
                Float(Optimizer.secondShare),
                Optimizer.epsilon
            )
        case .rmsprop:
            boreal_rmsprop(
                weights,
                gradients,
                second,
                Int64(count),
                rate,
                Float(Optimizer.meanShare),
                Optimizer.epsilon
            )
        case .sgd: boreal_descend(weights, gradients, Int64(count), rate)
        }
    }
}
