public import BorealBase
import BorealWire

/// The type of a table's column as it was declared.
public struct StoredType: Equatable, Sendable {
    /// The names MySQL prints.
    public enum Base: String, Sendable, CaseIterable {
        case tinyint, smallint, mediumint, int, bigint, float, double, decimal, bit
        case date, datetime, timestamp, time, year
        case char, varchar, tinytext, text, mediumtext, longtext
        case binary, varbinary, tinyblob, blob, mediumblob, longblob
        case json
        case vector
        case enumeration = "enum"
        case set
    }

    /// The name.
    public var base: Base
    /// UNSIGNED.
    public var isUnsigned = false
    /// ZEROFILL.
    public var isZerofill = false
    /// Display width, characters, bytes, digits, bits, fractional digits of a second, or numbers of
    /// a vector.
    public var length: Int?
    /// Digits behind the point.
    public var decimals: Int?
    /// Members of ENUM and SET.
    public var members: [String] = []
    /// Collation of text; nil for everything else.
    public var collation: String?

    /// - Parameters: see the stored properties.
    public init(_ base: Base, length: Int? = nil, decimals: Int? = nil, isUnsigned: Bool = false) {
        self.base = base
        self.length = length
        self.decimals = decimals
        self.isUnsigned = isUnsigned
    }

    /// What clients are told.
    public var columnType: ColumnType {
        switch base {
        case .tinyint: ColumnType(.tiny, isUnsigned: isUnsigned, length: length ?? 4)
        case .smallint: ColumnType(.short, isUnsigned: isUnsigned, length: 6)
        case .mediumint: ColumnType(.medium, isUnsigned: isUnsigned, length: 9)
        case .int: ColumnType(.long, isUnsigned: isUnsigned, length: 11)
        case .bigint: ColumnType(.longLong, isUnsigned: isUnsigned, length: 20)
        case .float: ColumnType(.float, length: 12, decimals: decimals ?? 31)
        case .double: ColumnType(.double, length: 22, decimals: decimals ?? 31)
        case .decimal: ColumnType(.decimal, length: length ?? 10, decimals: decimals ?? 0)
        case .bit: ColumnType(.bit, isUnsigned: true, length: length ?? 1)
        case .date: ColumnType(.date, length: 10)
        case .datetime: ColumnType(.dateTime, length: 19, decimals: length ?? 0)
        case .timestamp: ColumnType(.timestamp, length: 19, decimals: length ?? 0)
        case .time: ColumnType(.time, length: 10, decimals: length ?? 0)
        case .year: ColumnType(.year, isUnsigned: true, length: 4)
        case .char: ColumnType(.char, length: length ?? 1)
        case .varchar: ColumnType(.varchar, length: length ?? 255)
        case .tinytext, .text, .mediumtext, .longtext: ColumnType(.text, length: bytesMax)
        case .binary: ColumnType(.binary, length: length ?? 1)
        case .varbinary: ColumnType(.varbinary, length: length ?? 255)
        case .tinyblob, .blob, .mediumblob, .longblob: ColumnType(.blob, length: bytesMax)
        case .json: ColumnType(.json, length: bytesMax)
        case .vector: ColumnType(.vector, length: bytesMax)
        case .enumeration: ColumnType(.enumeration, length: members.map(\.count).max() ?? 1)
        case .set: ColumnType(.set, length: members.map(\.count).reduce(members.count, +))
        }
    }

    /// Most bytes a value may have, for text and blob families.
    public var bytesMax: Int {
        switch base {
        case .tinytext, .tinyblob: 255
        case .text, .blob: 65_535
        case .mediumtext, .mediumblob: 16_777_215
        case .longtext, .longblob, .json: 4_294_967_295
        case .vector: (length ?? VectorText.dimensionsDefault) * VectorText.numberBytes
        default: 65_535
        }
    }

    /// Text with a collation (ENUM and SET too).
    public var isText: Bool {
        switch base {
        case .char, .varchar, .tinytext, .text, .mediumtext, .longtext, .enumeration, .set: true
        default: false
        }
    }

    /// Bytes without a collation.
    public var isBinary: Bool {
        switch base {
        case .binary, .varbinary, .tinyblob, .blob, .mediumblob, .longblob: true
        default: false
        }
    }

    /// Text and blobs of the long kind, which have no default and need a prefix in keys.
    public var isLong: Bool {
        switch base {
        case .tinytext, .text, .mediumtext, .longtext, .tinyblob, .blob, .mediumblob, .longblob,
            .json:
            true
        default: false
        }
    }

    /// Whole numbers (BIT and YEAR apart).
    public var isInteger: Bool {
        switch base {
        case .tinyint, .smallint, .mediumint, .int, .bigint: true
        default: false
        }
    }

    /// The declared range of a whole number.
    public var integerRange: (low: Int64, high: UInt64) {
        let bits: UInt64 =
            switch base {
            case .tinyint: 8
            case .smallint: 16
            case .mediumint: 24
            case .int: 32
            default: 64
            }
        if isUnsigned { return (0, UInt64.max >> (64 - bits)) }
        return (Int64.min >> Int64(64 - bits), UInt64(Int64.max) >> (64 - bits))
    }

    /// The collation of text is by bytes.
    public var isBinaryCollation: Bool { collation.map(Collations.isBinary) ?? false }

    /// Digits that ZEROFILL fills up to: as declared, or as many as the type can have.
    var displayWidth: Int {
        if let length { return length }
        return switch base {
        case .tinyint: 3
        case .smallint: 5
        case .mediumint: 8
        case .int: 10
        default: 20
        }
    }

    /// What SHOW COLUMNS prints: `int unsigned`, `varchar(20)`, `enum('a','b')`.
    public var sql: String {
        var text = base.rawValue
        switch base {
        case .decimal: text += "(\(length ?? 10),\(decimals ?? 0))"
        case .enumeration, .set:
            text +=
                "(" + members.map { "'" + $0.replacingQuotes + "'" }.joined(separator: ",") + ")"
        case .float, .double:
            if let length, let decimals { text += "(\(length),\(decimals))" }
        case .tinyint where length == 1 && !isUnsigned: text += "(1)"
        case .tinyint, .smallint, .mediumint, .int, .bigint:
            if isZerofill { text += "(\(displayWidth))" }
        case .char, .binary, .bit: text += "(\(length ?? 1))"
        case .varchar, .varbinary: text += "(\(length ?? 255))"
        case .vector: text += "(\(length ?? VectorText.dimensionsDefault))"
        case .datetime, .timestamp, .time:
            if let length, length > 0 { text += "(\(length))" }
        default: break
        }
        if isUnsigned { text += " unsigned" }
        if isZerofill { text += " zerofill" }
        return text
    }

    /// The column's declaration inside SQLite: affinity and collation.
    var storage: String {
        switch base {
        case .tinyint, .smallint, .mediumint, .int, .bigint, .bit, .year: "INTEGER"
        case .float, .double: "REAL"
        case .decimal: "TEXT COLLATE \(StorageName.decimalCollation)"
        case .binary, .varbinary, .tinyblob, .blob, .mediumblob, .longblob, .vector: "BLOB"
        case .date, .datetime, .timestamp, .time, .json: "TEXT"
        default: "TEXT COLLATE \(StorageName.collation(collation ?? Collations.defaultCollation))"
        }
    }
}

extension String {
    /// Single quotes doubled, for a literal.
    var replacingQuotes: String {
        guard contains("'") else { return self }
        return String(flatMap { $0 == "'" ? ["'", "'"] : [$0] })
    }

    /// Inside single quotes of MySQL's language, as SHOW CREATE TABLE escapes.
    var escapedForMySQL: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "'": result += "''"
            case "\\": result += "\\\\"
            case "\0": result += "\\0"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// As a SQLite identifier in double quotes.
    var sqlQuoted: String {
        guard contains("\"") else { return "\"" + self + "\"" }
        return "\"" + String(flatMap { $0 == "\"" ? ["\"", "\""] : [$0] }) + "\""
    }

    /// As a MySQL identifier in back-quotes.
    public var backQuoted: String {
        guard contains("`") else { return "`" + self + "`" }
        return "`" + String(flatMap { $0 == "`" ? ["`", "`"] : [$0] }) + "`"
    }

    /// As a SQLite string literal; text with a NUL character goes through its bytes.
    var sqlLiteral: String {
        guard utf8.contains(0) else { return "'" + replacingQuotes + "'" }
        return "CAST(X'\(Digest.hex(Array(utf8)))' AS TEXT)"
    }
}

/// Names of ours inside SQLite.
enum StorageName {
    /// Text without regard to case and accents, in Unicode's order.
    static let foldingCollation = "b_ci"
    /// The same, trailing spaces not counting.
    static let unicodePadCollation = "b_unicode"
    /// Text in the order of capital letters, trailing spaces not counting.
    static let generalCollation = "b_general"
    /// Text without regard to case.
    static let accentCollation = "b_as"
    /// Bytes, trailing spaces not counting.
    static let binaryPadCollation = "b_bin"
    /// DECIMAL text by value.
    static let decimalCollation = "b_dec"

    /// The collation inside SQLite for one of MySQL's. Those that tell cases apart compare by
    /// bytes.
    static func collation(_ name: String) -> String {
        switch name {
        case Collations.defaultCollation: foldingCollation
        case "utf8mb4_0900_bin", "utf8mb4_0900_as_cs", "binary": "BINARY"
        case "utf8mb4_0900_as_ci": accentCollation
        default:
            if name.hasSuffix("_bin") {
                binaryPadCollation
            } else if name.hasSuffix("_general_ci") || name.hasSuffix("_swedish_ci")
                || name.hasSuffix("_turkish_ci")
            {
                generalCollation
            } else if name.contains("_unicode_") {
                unicodePadCollation
            } else {
                foldingCollation
            }
        }
    }
}

/// Character sets and collations that clients may name.
enum Collations {
    /// A row of SHOW COLLATION.
    struct Entry {
        let name: String
        let charset: String
        let id: Int
        let isDefault: Bool
    }

    static let defaultCharset = "utf8mb4"
    static let defaultCollation = "utf8mb4_0900_ai_ci"
    static let binaryCollation = "utf8mb4_bin"

    static let all: [Entry] = wide + singleByte

    private static let wide: [Entry] = [
        Entry(name: "binary", charset: "binary", id: 63, isDefault: true),
        Entry(name: "utf8mb3_general_ci", charset: "utf8mb3", id: 33, isDefault: true),
        Entry(name: "utf8mb3_bin", charset: "utf8mb3", id: 83, isDefault: false),
        Entry(name: "utf8mb3_unicode_ci", charset: "utf8mb3", id: 192, isDefault: false),
        Entry(name: "utf8mb4_general_ci", charset: "utf8mb4", id: 45, isDefault: false),
        Entry(name: "utf8mb4_bin", charset: "utf8mb4", id: 46, isDefault: false),
        Entry(name: "utf8mb4_unicode_ci", charset: "utf8mb4", id: 224, isDefault: false),
        Entry(name: "utf8mb4_unicode_520_ci", charset: "utf8mb4", id: 246, isDefault: false),
        Entry(name: "utf8mb4_0900_ai_ci", charset: "utf8mb4", id: 255, isDefault: true),
        Entry(name: "utf8mb4_0900_as_ci", charset: "utf8mb4", id: 305, isDefault: false),
        Entry(name: "utf8mb4_0900_as_cs", charset: "utf8mb4", id: 278, isDefault: false),
        Entry(name: "utf8mb4_0900_bin", charset: "utf8mb4", id: 309, isDefault: false),
    ]

    /// Of sets with one byte a character the default, and the order of bytes.
    private static let singleByte: [Entry] = CollationTable.all.filter {
        SingleByteSet.names.contains($0.characterSet)
            && ($0.isDefault || $0.name.hasSuffix("_bin") || $0.name == "latin1_general_ci")
    }.map {
        Entry(
            name: $0.name,
            charset: $0.characterSet,
            id: Int($0.id),
            isDefault: $0.isDefault
        )
    }

    /// Character set, its description, bytes a character.
    static let charsets: [(name: String, description: String, width: Int)] = [
        ("ascii", "US ASCII", 1), ("binary", "Binary pseudo charset", 1),
        ("cp1250", "Windows Central European", 1), ("cp1251", "Windows Cyrillic", 1),
        ("cp1256", "Windows Arabic", 1), ("cp1257", "Windows Baltic", 1),
        ("cp850", "DOS West European", 1), ("cp852", "DOS Central European", 1),
        ("cp866", "DOS Russian", 1), ("greek", "ISO 8859-7 Greek", 1),
        ("hebrew", "ISO 8859-8 Hebrew", 1), ("koi8r", "KOI8-R Relcom Russian", 1),
        ("koi8u", "KOI8-U Ukrainian", 1), ("latin1", "cp1252 West European", 1),
        ("latin2", "ISO 8859-2 Central European", 1), ("latin5", "ISO 8859-9 Turkish", 1),
        ("latin7", "ISO 8859-13 Baltic", 1), ("macroman", "Mac West European", 1),
        ("utf8mb3", "UTF-8 Unicode", 3), ("utf8mb4", "UTF-8 Unicode", 4),
    ]

    /// Character sets that no client can write SQL in: some of their characters have bytes that
    /// are ASCII's.
    private static let unreadable: Set<String> = ["ucs2", "utf16", "utf16le", "utf32"]

    /// - Parameter charset: in lower case.
    /// - Throws: `wrongValueForVariable` for a set that no client can write SQL in.
    static func checkClient(_ charset: String) throws {
        guard unreadable.contains(charset) else { return }
        throw TableError.wrongValueForVariable(name: "character_set_client", value: charset)
    }

    /// `utf8` is `utf8mb3`.
    static func canonicalCharset(_ name: String) -> String {
        name.asciiLowercased == "utf8" ? "utf8mb3" : name.asciiLowercased
    }

    /// `utf8_bin` is `utf8mb3_bin`.
    static func canonical(_ name: String) -> String {
        let lower = name.asciiLowercased
        return lower.hasPrefix("utf8_") ? "utf8mb3_" + lower.dropFirst(5) : lower
    }

    static func entry(_ name: String) -> Entry? {
        let wanted = canonical(name)
        return all.first { $0.name == wanted }
    }

    static func defaultCollation(ofCharset name: String) -> String? {
        let wanted = canonicalCharset(name)
        return all.first { $0.charset == wanted && $0.isDefault }?.name
    }

    static func charset(of collation: String) -> String {
        entry(collation)?.charset ?? defaultCharset
    }

    /// True when text compares by bytes: `binary`, `_bin`, `_cs`.
    static func isBinary(_ collation: String) -> Bool {
        collation == "binary" || collation.hasSuffix("_bin") || collation.hasSuffix("_cs")
    }
}
