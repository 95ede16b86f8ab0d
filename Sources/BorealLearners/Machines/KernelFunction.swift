import BorealBoost
import BorealGraph
import CKernels

/// How near two rows are to a support vector machine.
struct KernelFunction {
    /// The names of the dialect, which are scikit-learn's.
    enum Name: String, CaseIterable {
        case rbf, linear, poly, sigmoid
    }

    /// `gamma`: a number, or how it follows from the rows.
    enum Gamma {
        /// 1 over features times the variance of all numbers.
        case scale
        /// 1 over features.
        case auto
        case number(Double)
    }

    let name: Name
    let gamma: Double
    /// `coef0`
    let coefficient: Double
    let degree: Int

    /// Values above this would not fit the floats of the cache, or their sums.
    static let valueMax = 1e30

    /// - Parameter squareMax: the greatest sum of squares of a row.
    /// - Throws: `TrainingError.diverged` when values may become too great.
    init(
        _ name: Name,
        gamma: Double,
        coefficient: Double,
        degree: Int,
        squareMax: Double
    ) throws(TrainingError) {
        self.name = name
        self.gamma = gamma
        self.coefficient = coefficient
        self.degree = degree
        let greatest: Double
        switch name {
        case .rbf, .sigmoid: greatest = 1
        case .linear: greatest = squareMax
        case .poly:
            greatest = Self.power(gamma * squareMax + abs(coefficient), degree)
        }
        guard greatest < Self.valueMax, (gamma * squareMax).isFinite else {
            throw .diverged(advice: "values of the kernel are too great; scale the features")
        }
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        // Above the limit it does not matter how far.
        (0..<exponent).reduce(1) { result, _ in min(result * base, 1e300) }
    }

    /// What the vector loops take.
    func layout(tiles: UnsafePointer<Double>, width: Int) -> boreal_kernel {
        let kind =
            switch name {
            case .rbf: boreal_kernel_radial
            case .linear: boreal_kernel_linear
            case .poly: boreal_kernel_polynomial
            case .sigmoid: boreal_kernel_sigmoid
            }
        return boreal_kernel(
            tiles: tiles,
            width: Int32(width),
            kind: Int32(kind),
            degree: Int32(degree),
            gamma: gamma,
            coefficient: coefficient
        )
    }

    /// The function in a graph.
    var kernel: KernelOperator.Kernel {
        switch name {
        case .rbf: .radial(gamma: gamma)
        case .linear: .linear
        case .poly: .polynomial(gamma: gamma, coefficient: coefficient, degree: degree)
        case .sigmoid: .sigmoid(gamma: gamma, coefficient: coefficient)
        }
    }
}
