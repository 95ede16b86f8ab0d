import BorealBoost
import Glibc

/// Turns decisions into probabilities: p = 1 / (1 + exp(A f + B)).
///
/// The fit is Newton's method with backtracking (Lin, Lin and Weng, "A note on Platt's
/// probabilistic outputs for support vector machines", 2007, algorithm 1).
struct PlattScaling {
    /// A
    var slope: Double
    /// B
    var shift: Double

    /// - Parameters:
    ///   - decisions: of rows that the machine was not trained on.
    ///   - isPositive: whether a row is of the class that decisions above zero speak for.
    init(_ decisions: [Double], isPositive: [Bool]) {
        let positives = Double(isPositive.lazy.filter(\.self).count)
        let negatives = Double(isPositive.count) - positives
        // The targets of Platt's paper: no probability is quite 0 or 1.
        let high = (positives + 1) / (positives + 2)
        let low = 1 / (negatives + 2)
        let targets = isPositive.map { $0 ? high : low }
        var fit = Fit(decisions: decisions, targets: targets)
        fit.slope = 0
        fit.shift = Glibc.log((negatives + 1) / (positives + 1))
        fit.descend()
        (slope, shift) = (fit.slope, fit.shift)
    }
}

/// The fit of the two numbers.
private struct Fit {
    let decisions: [Double]
    let targets: [Double]
    var slope = 0.0
    var shift = 0.0

    private static let roundsMax = 100
    private static let stepMin = 1e-10
    /// Added to the diagonal of the second derivatives, which keeps them invertible.
    private static let ridge = 1e-12

    /// The cross entropy at a point.
    private func loss(_ slope: Double, _ shift: Double) -> Double {
        var sum = 0.0
        for (decision, target) in zip(decisions, targets) {
            let x = decision * slope + shift
            sum +=
                x >= 0
                ? target * x + Glibc.log1p(Glibc.exp(-x))
                : (target - 1) * x + Glibc.log1p(Glibc.exp(x))
        }
        return sum
    }

    mutating func descend() {
        var value = loss(slope, shift)
        for _ in 0..<Self.roundsMax {
            var (h11, h22, h21) = (Self.ridge, Self.ridge, 0.0)
            var (g1, g2) = (0.0, 0.0)
            for (decision, target) in zip(decisions, targets) {
                let x = decision * slope + shift
                let e = Glibc.exp(-abs(x))
                let p = x >= 0 ? e / (1 + e) : 1 / (1 + e)
                let q = x >= 0 ? 1 / (1 + e) : e / (1 + e)
                h11 += decision * decision * p * q
                h22 += p * q
                h21 += decision * p * q
                g1 += decision * (target - p)
                g2 += target - p
            }
            guard abs(g1) >= 1e-5 || abs(g2) >= 1e-5 else { return }
            let determinant = h11 * h22 - h21 * h21
            let stepA = -(h22 * g1 - h21 * g2) / determinant
            let stepB = -(-h21 * g1 + h11 * g2) / determinant
            let descent = g1 * stepA + g2 * stepB
            var size = 1.0
            while size >= Self.stepMin {
                let next = loss(slope + size * stepA, shift + size * stepB)
                if next < value + 0.0001 * size * descent {
                    slope += size * stepA
                    shift += size * stepB
                    value = next
                    break
                }
                size /= 2
            }
            guard size >= Self.stepMin else { return }
        }
    }
}
