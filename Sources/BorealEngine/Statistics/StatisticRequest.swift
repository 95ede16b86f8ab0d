import BorealBase
import BorealStatistics

/// What a statistic is asked of: columns and parameters, all read and checked.
struct StatisticRequest: Equatable {
    var kind: StatisticKind
    /// The columns, in the order of the answer; those left out as categories are not among them.
    var columns: [String]
    /// `y_cols`: the events of an information value, or the only partner of correlations.
    var label: String?
    /// Lower-cased names of columns whose values are categories although they may be numbers.
    var categorical: Set<String> = []
    /// How numbers are cut.
    var binning = Binning(.chi, binCount: 10)
    /// What stands in for NULL in correlations.
    var nulls = NullStrategy.mean

    /// Bins of a column at most.
    static let binsMax = 1_000

    /// Reads what CREATE FEATURE and the functions have in common.
    ///
    /// - Parameters:
    ///   - reader: knows `x_cols` and `y_cols`.
    ///   - parameters: knows what `StatisticKind.parameters` names; may be the same reader.
    init(
        _ kind: StatisticKind,
        _ reader: OptionReader,
        parameters: OptionReader
    ) throws(ServerError) {
        self.kind = kind
        columns = try reader.requiredColumns("x_cols")
        categorical = Set(
            (try parameters.columns("categorical_feature") ?? []).map(\.asciiLowercased)
        )
        let known = Set(columns.map(\.asciiLowercased))
        if let unknown = categorical.subtracting(known).min() {
            throw .invalidOption("categorical_feature", "column '\(unknown)' is not in x_cols")
        }
        try readLabel(reader)
        if kind.hasBins { binning = try Self.binning(parameters) }
        guard kind.needsNumbers else { return }
        if kind != .ks { nulls = try Self.nulls(parameters) }
        // They are no numbers, so nothing is said of them.
        columns.removeAll { categorical.contains($0.asciiLowercased) }
        guard !columns.isEmpty else {
            throw .invalidOption("x_cols", "no column is left beside categorical_feature")
        }
        let most = Limits.correlationColumnsMax
        if kind != .ks, columns.count > most {
            throw .invalidOption("x_cols", "\(columns.count) columns; \(most) can be correlated")
        }
    }

    private mutating func readLabel(_ reader: OptionReader) throws(ServerError) {
        let labels = try reader.columns("y_cols") ?? []
        if kind == .iv, labels.isEmpty {
            throw .invalidOption("y_cols", "the option is missing or empty")
        }
        guard let label = labels.first else { return }
        guard labels.count == 1 else {
            throw .invalidOption("y_cols", "one label column is expected, not \(labels.count)")
        }
        guard !kind.comparesSamples else {
            throw .invalidOption("y_cols", "'\(kind.rawValue)' compares samples and takes no label")
        }
        if columns.contains(where: { $0.asciiLowercased == label.asciiLowercased }) {
            throw .invalidOption("x_cols", "column '\(label)' is the label")
        }
        self.label = label
    }

    /// `bins_num` (also `bin_num`) and `bins_method`.
    private static func binning(_ reader: OptionReader) throws(ServerError) -> Binning {
        let range = 2...binsMax
        let count = try reader.integer("bins_num", in: range)
        let other = try reader.integer("bin_num", in: range)
        if count != nil, other != nil {
            throw .invalidOption("bin_num", "'bins_num' says the same already")
        }
        var method = BinningMethod.chi
        if let word = try reader.text("bins_method"), !word.isEmpty {
            guard let found = BinningMethod(rawValue: word.asciiLowercased) else {
                let valid = BinningMethod.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalidOption("bins_method", "'\(word)' is none of \(valid)")
            }
            method = found
        }
        return Binning(method, binCount: count ?? other ?? 10)
    }

    private static func nulls(_ reader: OptionReader) throws(ServerError) -> NullStrategy {
        guard let word = try reader.text("null_strategy"), !word.isEmpty else { return .mean }
        guard let strategy = NullStrategy(rawValue: word.asciiLowercased) else {
            throw .invalidOption("null_strategy", "'\(word)' is none of mean, median")
        }
        return strategy
    }

    /// All columns that are read, the label last.
    var readColumns: [String] { columns + (label.map { [$0] } ?? []) }
}
