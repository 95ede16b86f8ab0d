/// The MySQL type of a column: what a client is told, whatever the storage behind it.
public struct ColumnType: Equatable, Sendable {
    /// The family. Raw values are not wire codes; the wire layer maps them.
    public enum Kind: UInt8, Sendable, CaseIterable {
        case null, tiny, short, medium, long, longLong, float, double, decimal
        case date, dateTime, timestamp, time, year
        case char, varchar, text, binary, varbinary, blob, json, bit, enumeration, set
        /// 32-bit floating-point numbers, least significant byte first.
        case vector
    }

    /// The family of the type.
    public var kind: Kind
    /// UNSIGNED, for numbers.
    public var isUnsigned = false
    /// Characters for text, bytes for binary, digits for DECIMAL, bits for BIT; 0 when it does not
    /// apply.
    public var length = 0
    /// Digits behind the point: scale of DECIMAL, fractional seconds of time types, 31 for floats
    /// without a fixed scale.
    public var decimals = 0

    /// - Parameters: see the stored properties.
    public init(_ kind: Kind, isUnsigned: Bool = false, length: Int = 0, decimals: Int = 0) {
        self.kind = kind
        self.isUnsigned = isUnsigned
        self.length = length
        self.decimals = decimals
    }

    /// BIGINT.
    public static let longLong = ColumnType(.longLong, length: 20)
    /// DOUBLE.
    public static let double = ColumnType(.double, length: 22, decimals: 31)
    /// VARCHAR of up to `characters`.
    public static func varchar(_ characters: Int = 255) -> ColumnType {
        ColumnType(.varchar, length: characters)
    }

    /// Integers of any width, YEAR and BIT apart.
    public var isInteger: Bool {
        switch kind {
        case .tiny, .short, .medium, .long, .longLong: true
        default: false
        }
    }

    /// Types whose values are numbers in arithmetic.
    public var isNumeric: Bool {
        isInteger || kind == .float || kind == .double || kind == .decimal || kind == .year
            || kind == .bit
    }

    /// DATE, DATETIME, TIMESTAMP, TIME.
    public var isTemporal: Bool {
        switch kind {
        case .date, .dateTime, .timestamp, .time: true
        default: false
        }
    }

    /// Types with a character set and a collation.
    public var isText: Bool {
        switch kind {
        case .char, .varchar, .text, .enumeration, .set, .json: true
        default: false
        }
    }
}
