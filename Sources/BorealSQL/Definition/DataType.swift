/// A type as a column definition or a `CAST` writes it.
public struct DataType: Equatable, Sendable {
    /// The types of MySQL, synonyms folded: `INTEGER` is `int`, `DEC` is `decimal`, `NVARCHAR` is
    /// `varchar` with a national character set.
    public enum Name: String, Sendable, CaseIterable {
        /// 8 bits.
        case tinyint
        /// 16 bits.
        case smallint
        /// 24 bits.
        case mediumint
        /// 32 bits.
        case int
        /// 64 bits.
        case bigint
        /// `BOOL`, `BOOLEAN`: `TINYINT(1)`.
        case boolean
        /// `SERIAL`: `BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE`.
        case serial
        /// Exact, with `(precision, scale)`.
        case decimal
        /// 32-bit floating point.
        case float
        /// 64-bit floating point; `REAL`, `DOUBLE PRECISION`.
        case double
        /// `BIT(n)`.
        case bit
        /// `DATE`.
        case date
        /// `TIME(fsp)`.
        case time
        /// `DATETIME(fsp)`.
        case datetime
        /// `TIMESTAMP(fsp)`.
        case timestamp
        /// `YEAR`.
        case year
        /// `CHAR(n)`.
        case char
        /// `VARCHAR(n)`.
        case varchar
        /// `BINARY(n)`.
        case binary
        /// `VARBINARY(n)`.
        case varbinary
        /// `TINYTEXT`.
        case tinytext
        /// `TEXT`.
        case text
        /// `MEDIUMTEXT`, `LONG`, `LONG VARCHAR`.
        case mediumtext
        /// `LONGTEXT`.
        case longtext
        /// `TINYBLOB`.
        case tinyblob
        /// `BLOB`.
        case blob
        /// `MEDIUMBLOB`, `LONG VARBINARY`.
        case mediumblob
        /// `LONGBLOB`.
        case longblob
        /// `ENUM('a', 'b')`.
        case `enum`
        /// `SET('a', 'b')`.
        case set
        /// `JSON`.
        case json
        /// `VECTOR(n)`: n floats.
        case vector
        /// `GEOMETRY`, `POINT` and the others; the word itself is in `word`.
        case geometry
        /// `SIGNED [INTEGER]`, in `CAST` only.
        case signed
        /// `UNSIGNED [INTEGER]`, in `CAST` only.
        case unsigned
        /// A word that MySQL does not know: `text_ik_max_word`, `vector_768`; it is in `word`.
        case other
    }

    /// Which type.
    public var name: Name
    /// The word as written, lower case.
    public var word: String
    /// `(length)`, the precision, or the fractional digits of a time type.
    public var length: UInt64? = nil
    /// The second number in parentheses.
    public var scale: UInt64? = nil
    /// The members of `ENUM` and `SET`.
    public var members: [String] = []
    /// `UNSIGNED` behind the type; `ZEROFILL` implies it.
    public var isUnsigned: Bool = false
    /// `ZEROFILL`.
    public var isZerofill: Bool = false
    /// `BINARY` behind a text type: its character set's binary collation.
    public var isBinary: Bool = false
    /// `CHARACTER SET`, lower case; `ASCII` is latin1, `UNICODE` ucs2, a national type utf8mb3.
    public var charset: String? = nil
    /// `COLLATE`, lower case.
    public var collation: String? = nil
    /// The type with its attributes.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        name: Name,
        word: String,
        length: UInt64? = nil,
        scale: UInt64? = nil,
        members: [String] = [],
        isUnsigned: Bool = false,
        isZerofill: Bool = false,
        isBinary: Bool = false,
        charset: String? = nil,
        collation: String? = nil,
        span: SourceSpan = .none
    ) {
        self.name = name
        self.word = word
        self.length = length
        self.scale = scale
        self.members = members
        self.isUnsigned = isUnsigned
        self.isZerofill = isZerofill
        self.isBinary = isBinary
        self.charset = charset
        self.collation = collation
        self.span = span
    }
}
