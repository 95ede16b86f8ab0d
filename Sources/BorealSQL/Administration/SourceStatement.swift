/// `CREATE SOURCE [IF NOT EXISTS] s OPTIONS (URL 'mysql://...' [, COMMENT '...'])`, and
/// `ALTER SOURCE s OPTIONS (...)` with what changes.
public struct CreateSource: Equatable, Sendable {
    /// `ALTER SOURCE`.
    public var isAlter: Bool = false
    /// `IF NOT EXISTS`.
    public var ifNotExists: Bool = false
    /// The source's name.
    public var name: Identifier
    /// `URL`: where it is and how to log in, the password included.
    public var url: String? = nil
    /// `COMMENT`.
    public var comment: String? = nil
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        isAlter: Bool = false,
        ifNotExists: Bool = false,
        name: Identifier,
        url: String? = nil,
        comment: String? = nil,
        span: SourceSpan = .none
    ) {
        self.isAlter = isAlter
        self.ifNotExists = ifNotExists
        self.name = name
        self.url = url
        self.comment = comment
        self.span = span
    }
}

/// `DROP SOURCE [IF EXISTS] s`.
public struct DropSource: Equatable, Sendable {
    /// `IF EXISTS`.
    public var ifExists: Bool = false
    /// The source's name.
    public var name: Identifier
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(ifExists: Bool = false, name: Identifier, span: SourceSpan = .none) {
        self.ifExists = ifExists
        self.name = name
        self.span = span
    }
}
