/// A text that a statement gives as a name or a string, or the `?` that stands for it.
public enum GivenText: Equatable, Sendable {
    /// A name, or what stood in quotes.
    case text(String)
    /// `?`; counted from 0 in the order of the text.
    case placeholder(Int)
}

/// `ALTER MODEL name [VERSION version] action`.
public struct AlterModel: Equatable, Sendable {
    /// What becomes of the model.
    public enum Action: Equatable, Sendable {
        /// `RETRAIN`: a further version, by the statement that made the default one.
        case retrain
        /// `SET DEFAULT_VERSION [=] version`.
        case setDefaultVersion(GivenText)
        /// `DROP VERSION version`.
        case dropVersion(GivenText)
        /// `SET COMMENT [=] 'text'`: of the model, or of the version that stands in front.
        case setComment(GivenText)
    }

    /// The model.
    public var name: Identifier
    /// The version that a comment is for; nil for the model itself.
    public var version: GivenText? = nil
    /// What becomes of it.
    public var action: Action

    /// Makes one from its parts.
    public init(name: Identifier, version: GivenText? = nil, action: Action) {
        self.name = name
        self.version = version
        self.action = action
    }
}

/// `DIFF MODEL name VERSION from, to ON (query) [WITH (options)]`.
public struct DiffModel: Equatable, Sendable {
    /// The model.
    public var name: Identifier
    /// The version that is compared with.
    public var from: GivenText
    /// The version that is compared.
    public var to: GivenText
    /// The rows that both answer.
    public var query: InnerQuery
    /// `x_cols`, `y_cols`, `metrics`; nil without `WITH`.
    public var options: OptionList? = nil

    /// Makes one from its parts.
    public init(
        name: Identifier,
        from: GivenText,
        to: GivenText,
        query: InnerQuery,
        options: OptionList? = nil
    ) {
        self.name = name
        self.from = from
        self.to = to
        self.query = query
        self.options = options
    }
}
