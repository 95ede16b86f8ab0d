import BorealBase
import BorealSQL

/// The statistics of columns: `feature_class` of CREATE FEATURE and the functions behind FROM.
enum StatisticKind: String, CaseIterable, Sendable {
    case iv
    case psi
    case pearson
    case spearman
    case ks

    /// The value of `feature_class`, compared without case.
    ///
    /// - Throws: `unsupported` for `graph`, `invalidOption` for any other word.
    init(option: String) throws(ServerError) {
        let folded = option.asciiLowercased
        if folded == "graph" { throw .unsupported("feature_class graph") }
        guard let match = Self(rawValue: folded) else { throw Self.unknown(option) }
        self = match
    }

    private static func unknown(_ option: String) -> ServerError {
        let valid = allCases.map(\.rawValue).joined(separator: ", ")
        return .invalidOption("feature_class", "'\(option)' is none of \(valid)")
    }

    /// Nil for DRIFT, which reads no sample.
    init?(_ function: StatisticFunction) {
        self.init(rawValue: function.rawValue.asciiLowercased)
    }

    /// It compares two samples.
    var comparesSamples: Bool { self == .psi || self == .ks }

    /// It takes numbers only: text that is no number is an error.
    var needsNumbers: Bool { self != .iv && self != .psi }

    /// It cuts numbers into bins.
    var hasBins: Bool { self == .iv || self == .psi }

    /// Names of the parameters that it takes, lower case.
    var parameters: Set<String> {
        var names: Set<String> = ["categorical_feature"]
        if hasBins { names.formUnion(["bins_num", "bin_num", "bins_method"]) }
        if self == .pearson || self == .spearman { names.insert("null_strategy") }
        return names
    }
}
