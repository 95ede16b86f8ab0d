/// `( name = value, ... )` of a model statement, in the order written.
public struct OptionList: Equatable, Sendable {
    /// The options. A name may stand twice: the engine refuses that with the option's own error.
    public var options: [ModelOption] = []
    /// With the parentheses.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(options: [ModelOption] = [], span: SourceSpan = .none) {
        self.options = options
        self.span = span
    }

    /// The first option of that name, which is given in lower case.
    public subscript(name: String) -> ModelOption? {
        options.first { $0.key == name }
    }
}

/// `name = value`.
public struct ModelOption: Equatable, Sendable {
    /// The name as written; names compare by `key`.
    public var name: Identifier
    /// The value.
    public var value: OptionValue
    /// From the name to the value's end.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(name: Identifier, value: OptionValue, span: SourceSpan = .none) {
        self.name = name
        self.value = value
        self.span = span
    }

    /// The name in lower case.
    public var key: String { name.name.lowercased() }
}

/// The value of an option. It keeps the kind in which it was written: `'1'` is a string.
public struct OptionValue: Equatable, Sendable {
    /// The kinds.
    public enum Kind: Equatable, Sendable {
        /// `'text'`, `"text"`.
        case string(String)
        /// Digits with an optional sign that fit 64 bits.
        case integer(Int64)
        /// Any other number, as written: `0.1`, `-1e-3`, `99999999999999999999`.
        case decimal(String)
        /// `True` and `False` in any case.
        case boolean(Bool)
        /// `None` and `NULL`.
        case none
        /// A bare or back-quoted word, as written.
        case word(String)
        /// `( ... )`, also empty.
        indirect case list(OptionList)
        /// `( SELECT ... )`.
        case query(InnerQuery)
        /// `?`; counted from 0 in the order of the text.
        case placeholder(Int)
    }

    /// The value.
    public var kind: Kind
    /// Its bytes, quotes included.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(kind: Kind, span: SourceSpan = .none) {
        self.kind = kind
        self.span = span
    }
}

/// A query inside a model statement: kept as text, because it belongs to the tables' dialect. It
/// becomes a tree only where it runs on embedded tables.
public struct InnerQuery: Equatable, Sendable {
    /// Its text without blanks at either end.
    public var text: String
    /// The placeholders in it: positions among all of the statement.
    public var placeholders: Range<Int> = 0..<0
    /// Where it stands, which also tells its exact bytes.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(text: String, placeholders: Range<Int> = 0..<0, span: SourceSpan = .none) {
        self.text = text
        self.placeholders = placeholders
        self.span = span
    }
}

/// The id of an offline task.
public enum TaskID: Equatable, Sendable {
    /// Bare, in back-quotes or as a string; lower case.
    case id(String)
    /// `?`.
    case placeholder(Int)
}
