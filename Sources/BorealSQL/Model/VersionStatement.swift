/// A text that a statement gives as a name or a string, or the `?` that stands for it.
public enum GivenText: Equatable, Sendable {
    /// A name, or what stood in quotes.
    case text(String)
    /// `?`; counted from 0 in the order of the text.
    case placeholder(Int)
}

/// `version [INPUT (column type, ...)] OPTIONS (options) [COMMENT 'text']`: a version of a model
/// that is described, not trained.
public struct DefinedVersion: Equatable, Sendable {
    /// What it is called.
    public var name: GivenText
    /// Its columns; nil without `INPUT`.
    public var inputs: [ModelInput]? = nil
    /// `MODEL_SOURCE_TYPE`, `MODEL_TYPE`, ...
    public var options: OptionList
    /// `COMMENT`.
    public var comment: GivenText? = nil

    /// Makes one from its parts.
    public init(
        name: GivenText,
        inputs: [ModelInput]? = nil,
        options: OptionList,
        comment: GivenText? = nil
    ) {
        self.name = name
        self.inputs = inputs
        self.options = options
        self.comment = comment
    }
}

/// A column that a model takes: `name type`.
public struct ModelInput: Equatable, Sendable {
    /// What a column of a model may be; other types of MySQL are synonyms of these.
    public enum Kind: String, Equatable, Sendable {
        /// Whole numbers.
        case bigint = "BIGINT"
        /// Floating-point numbers.
        case double = "DOUBLE"
        /// Text.
        case string = "STRING"
        /// Bytes.
        case binary = "BINARY"
    }

    /// The column.
    public var name: Identifier
    /// Its type.
    public var kind: Kind

    /// Makes one from its parts.
    public init(name: Identifier, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// `CREATE MODEL [IF NOT EXISTS] name WITH VERSION version ...`.
public struct DefineModel: Equatable, Sendable {
    /// `IF NOT EXISTS`.
    public var ifNotExists: Bool = false
    /// The new model.
    public var name: Identifier
    /// Its first version.
    public var version: DefinedVersion

    /// Makes one from its parts.
    public init(ifNotExists: Bool = false, name: Identifier, version: DefinedVersion) {
        self.ifNotExists = ifNotExists
        self.name = name
        self.version = version
    }
}

/// `ALTER MODEL name [VERSION version] action`.
public struct AlterModel: Equatable, Sendable {
    /// What becomes of the model.
    public enum Action: Equatable, Sendable {
        /// `RETRAIN`: a further version, by the statement that made the default one.
        case retrain
        /// `SET DEFAULT_VERSION [=] version`.
        case setDefaultVersion(GivenText)
        /// `ADD VERSION version [INPUT (..)] WITH OPTIONS (..) [COMMENT 'text']`.
        case addVersion(DefinedVersion)
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
