import Glibc

/// Nodes and weights of Gauss-Legendre quadrature on [0, 1]: `count` nodes integrate polynomials up
/// to degree `2 * count - 1` exactly, but for rounding.
struct GaussLegendre: Sendable {
    /// `[count]`, descending, all strictly between 0 and 1.
    let nodes: [Double]
    /// `[count]`, positive, with the sum 1.
    let weights: [Double]

    /// - Parameter count: nodes, at least 1.
    init(count: Int) {
        precondition(count > 0, "a quadrature without nodes")
        var nodes = [Double](repeating: 0.5, count: count)
        var weights = [Double](repeating: 1, count: count)
        // Roots of the Legendre polynomial lie symmetrically around 0: half of them are found by
        // Newton's method from Chebyshev's nodes, near which they lie.
        for index in 0..<(count + 1) / 2 {
            var x = cos(.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
            var slope = 1.0
            for _ in 0..<8 {
                let value: Double
                (value, slope) = Self.legendre(count, x)
                x -= value / slope
            }
            slope = Self.legendre(count, x).slope
            let weight = 1 / ((1 - x * x) * slope * slope)
            nodes[index] = (1 + x) / 2
            nodes[count - 1 - index] = (1 - x) / 2
            weights[index] = weight
            weights[count - 1 - index] = weight
        }
        self.nodes = nodes
        self.weights = weights
    }

    /// The Legendre polynomial of a degree and its derivative, by the three-term recurrence.
    private static func legendre(_ degree: Int, _ x: Double) -> (value: Double, slope: Double) {
        var (before, value) = (0.0, 1.0)
        for n in 0..<degree {
            let next = (Double(2 * n + 1) * x * value - Double(n) * before) / Double(n + 1)
            (before, value) = (value, next)
        }
        return (value, Double(degree) * (before - x * value) / (1 - x * x))
    }
}
