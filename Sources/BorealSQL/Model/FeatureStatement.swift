/// Where a feature's rows come from.
public enum FeatureSource: Equatable, Sendable {
    /// `AS (query)`.
    case query(InnerQuery)
    /// `USING FEATURE name`: that feature's columns and query.
    case feature(Identifier)
}

/// `CREATE FEATURE name WITH (options) [AS (query) | USING FEATURE name]`.
public struct CreateFeature: Equatable, Sendable {
    /// The new feature.
    public var name: Identifier
    /// `feature_class`, `x_cols`, `y_cols`, `parameters`.
    public var options: OptionList
    /// Its rows; nil for classes whose parameters name tables, such as `psi`.
    public var source: FeatureSource? = nil

    /// Makes one from its parts.
    public init(name: Identifier, options: OptionList, source: FeatureSource? = nil) {
        self.name = name
        self.options = options
        self.source = source
    }
}

/// `UPDATE FEATURE name [WITH (options) | SET options] [AS (query) | USING FEATURE name]`:
/// computes again.
public struct UpdateFeature: Equatable, Sendable {
    /// The feature.
    public var name: Identifier
    /// What is to change first; nil when nothing is.
    public var options: OptionList? = nil
    /// New rows; nil keeps the source.
    public var source: FeatureSource? = nil

    /// Makes one from its parts.
    public init(name: Identifier, options: OptionList? = nil, source: FeatureSource? = nil) {
        self.name = name
        self.options = options
        self.source = source
    }
}

/// `SHOW FEATURES [LIKE .. | WHERE ..]`.
public struct ShowFeatures: Equatable, Sendable {
    /// What narrows the list.
    public var filter: ShowFilter? = nil

    /// Makes one from its parts.
    public init(filter: ShowFilter? = nil) {
        self.filter = filter
    }
}

/// `SHOW FEATURE name`.
public struct ShowFeature: Equatable, Sendable {
    /// The feature.
    public var name: Identifier

    /// Makes one from its parts.
    public init(name: Identifier) {
        self.name = name
    }
}

/// `{DESCRIBE | DESC} FEATURE name`.
public struct DescribeFeature: Equatable, Sendable {
    /// The feature.
    public var name: Identifier

    /// Makes one from its parts.
    public init(name: Identifier) {
        self.name = name
    }
}

/// `DROP FEATURE [IF EXISTS] name`.
public struct DropFeature: Equatable, Sendable {
    /// `IF EXISTS`.
    public var ifExists: Bool = false
    /// The feature.
    public var name: Identifier

    /// Makes one from its parts.
    public init(ifExists: Bool = false, name: Identifier) {
        self.ifExists = ifExists
        self.name = name
    }
}
