public import BorealBoost
import Glibc

/// `max_features`: how many features a split may choose from, as scikit-learn counts them.
public enum FeatureShare: Equatable, Sendable {
    /// The root of their number.
    case root
    /// The binary logarithm of their number.
    case logarithm
    /// So many.
    case count(Int)
    /// So much of them, in (0, 1].
    case share(Double)

    /// How a whole number is read where shares and counts meet.
    public enum One: Sendable {
        /// 1 is one feature.
        case isCount
        /// 1 is all features.
        case isShare
    }

    /// - Parameters:
    ///   - written: the parameter as the user wrote it.
    ///   - one: what the whole number 1 means.
    /// - Throws: `TrainingError.unknownChoice`, `.outOfRange`.
    public init(_ written: String, _ value: ParameterValue, one: One) throws(TrainingError) {
        switch value.description.lowercased() {
        case "sqrt": self = .root
        case "log2": self = .logarithm
        case "auto", "all": self = .share(1)
        default: self = try Self.number(written, value, one)
        }
    }

    private static func number(
        _ written: String,
        _ value: ParameterValue,
        _ one: One
    ) throws(TrainingError) -> FeatureShare {
        guard let number = value.asReal else {
            throw .unknownChoice(
                parameter: written,
                allowed: ["sqrt", "log2", "a whole number", "a share"],
                value: value.description
            )
        }
        let isWhole: Bool
        switch value {
        case .integer: isWhole = true
        case .text(let text): isWhole = Int64(text) != nil
        default: isWhole = false
        }
        guard isWhole, one == .isCount || number > 1 else {
            guard number > 0, number <= 1 else {
                throw .outOfRange(parameter: written, allowed: "(0.0, 1.0]", value: "\(number)")
            }
            return .share(number)
        }
        guard let count = Int(exactly: number), count >= 0 else {
            throw .outOfRange(
                parameter: written,
                allowed: "[0, number of features]",
                value: "\(value)"
            )
        }
        return .count(count)
    }

    /// How many of so many features: at least one.
    ///
    /// - Throws: `TrainingError.outOfRange` for a count above them.
    public func resolved(of features: Int) throws(TrainingError) -> Int {
        let number = Double(features)
        switch self {
        case .root: return max(1, Int(number.squareRoot()))
        case .logarithm: return max(1, Int(log2(number)))
        case .share(let share): return max(1, Int(share * number))
        case .count(let count):
            guard count <= features else {
                throw .outOfRange(
                    parameter: "max_features",
                    allowed: "[0, \(features)]",
                    value: "\(count)"
                )
            }
            return max(1, count)
        }
    }
}
