/// Statistics that are asked for like a table.
public enum StatisticFunction: String, CaseIterable, Sendable {
    /// Information value.
    case iv = "IV"
    /// Population stability index.
    case psi = "PSI"
    /// Pearson's correlation.
    case pearson = "PEARSON"
    /// Spearman's correlation.
    case spearman = "SPEARMAN"
    /// The Kolmogorov-Smirnov test of two samples.
    case ks = "KS"
    /// How far rows are from those that a model was trained on.
    case drift = "DRIFT"

    /// Queries that it reads.
    public var queryCount: Int {
        switch self {
        case .psi, .ks: 2
        case .iv, .pearson, .spearman, .drift: 1
        }
    }
}

/// `SELECT items FROM IV(query) [WITH (options)]`, `PSI(query, query)`, `DRIFT(MODEL name
/// [VERSION version], query)`.
public struct SelectFromStatistic: Equatable, Sendable {
    /// The select list.
    public var items: [SelectItem]
    /// What is computed.
    public var function: StatisticFunction
    /// The model of DRIFT; nil for all others.
    public var model: Identifier? = nil
    /// Its version; nil for the default one.
    public var version: GivenText? = nil
    /// The rows; of two queries the expected ones first.
    public var queries: [InnerQuery]
    /// `x_cols`, `y_cols`, `bins_num`, ...; nil without `WITH`.
    public var options: OptionList? = nil

    /// Makes one from its parts.
    public init(
        items: [SelectItem],
        function: StatisticFunction,
        model: Identifier? = nil,
        version: GivenText? = nil,
        queries: [InnerQuery],
        options: OptionList? = nil
    ) {
        self.items = items
        self.function = function
        self.model = model
        self.version = version
        self.queries = queries
        self.options = options
    }
}
