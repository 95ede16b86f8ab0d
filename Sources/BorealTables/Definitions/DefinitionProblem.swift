public import BorealBase

/// What can be wrong with the columns and keys of a definition, beyond the commonest errors, which
/// are cases of `TableError`. The sentences are MySQL's.
public enum DefinitionProblem: Error, Equatable, Sendable {
    /// A column whose name ends in a blank.
    case wrongColumnName(String)
    /// Two clauses that exclude each other.
    case incorrectUsage(String, String)
    /// A literal DEFAULT for BLOB, TEXT or JSON.
    case longDefault(String)
    /// ON UPDATE CURRENT_TIMESTAMP on a column of another type or other digits.
    case onUpdate(String)
    /// More than 30 digits behind the point.
    case scaleTooLarge(scale: Int, column: String)
    /// More digits than a type has.
    case precisionTooLarge(precision: Int, column: String, max: Int)
    /// More digits behind the point than in all.
    case scaleAbovePrecision(String)
    /// A display width above 255.
    case displayWidth(String)
    /// A member of ENUM or SET twice.
    case duplicatedMember(column: String, member: String, type: String)
    /// A SET of more than 64 members.
    case tooManyMembers(String)
    /// A VECTOR of more than 16,383 numbers.
    case vectorTooLong(dimensions: Int, column: String)
    /// Columns of more than 65,535 bytes together, BLOB and TEXT apart.
    case rowTooLarge
    // Keys.
    /// A key of more than 3,072 bytes.
    case keyTooLong
    /// More than 64 keys in a table.
    case tooManyKeys
    /// More than 16 columns in a key.
    case tooManyKeyParts
    /// A prefix of a key over something that is no string, or longer than its column.
    case wrongPrefix
    /// TEXT or BLOB in a key without a prefix.
    case longColumnInKey(String)
    /// A key over a JSON column.
    case jsonInKey(String)
    /// FULLTEXT over a column that is no text.
    case notFullText(String)
    /// A primary key over a column declared NULL.
    case nullInPrimaryKey
    /// An index named PRIMARY that is not the primary key.
    case wrongIndexName(String)
    /// A key over a prefix of length 0.
    case emptyPrefix(String)
    /// ALTER TABLE that drops every column.
    case cannotRemoveAll
    /// A view over a temporary table.
    case viewOfTemporary(String)
    /// ALTER TABLE to NOT NULL of a column that holds NULL.
    case nullValue

    /// Its number.
    public var code: ServerErrorCode {
        switch self {
        case .wrongColumnName: .wrongColumnName
        case .incorrectUsage: .wrongUsage
        case .longDefault: .wrongTypeForColumn
        case .onUpdate: .invalidOnUpdate
        case .scaleTooLarge: .scaleTooLarge
        case .precisionTooLarge: .precisionTooLarge
        case .scaleAbovePrecision: .scaleAbovePrecision
        case .displayWidth: .displayWidth
        case .duplicatedMember: .duplicatedMember
        case .tooManyMembers: .tooManyMembers
        case .vectorTooLong: .vectorTooLong
        case .rowTooLarge: .rowTooLarge
        case .keyTooLong: .keyTooLong
        case .tooManyKeys: .tooManyKeys
        case .tooManyKeyParts: .tooManyKeyParts
        case .wrongPrefix: .wrongPrefix
        case .longColumnInKey: .longColumnInKey
        case .jsonInKey: .jsonInKey
        case .notFullText: .notFullText
        case .nullInPrimaryKey: .nullInPrimaryKey
        case .wrongIndexName: .wrongIndexName
        case .emptyPrefix: .emptyPrefix
        case .cannotRemoveAll: .cannotRemoveAll
        case .viewOfTemporary: .viewOfTemporary
        case .nullValue: .invalidNull
        }
    }

    /// Its sentence.
    public var message: String { columnMessage ?? keyMessage }

    private var columnMessage: String? {
        switch self {
        case .wrongColumnName(let name): "Incorrect column name '\(name)'"
        case .incorrectUsage(let first, let second): "Incorrect usage of \(first) and \(second)"
        case .longDefault(let column):
            "BLOB, TEXT, GEOMETRY or JSON column '\(column)' can't have a default value"
        case .onUpdate(let column): "Invalid ON UPDATE clause for '\(column)' column"
        case .scaleTooLarge(let scale, let column):
            "Too big scale \(scale) specified for column '\(column)'. Maximum is 30."
        case .precisionTooLarge(let precision, let column, let max):
            "Too-big precision \(precision) specified for '\(column)'. Maximum is \(max)."
        case .scaleAbovePrecision(let column):
            "For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column '\(column)')."
        case .displayWidth(let column):
            "Display width out of range for column '\(column)' (max = 255)"
        case .duplicatedMember(let column, let member, let type):
            "Column '\(column)' has duplicated value '\(member)' in \(type)"
        case .tooManyMembers(let column): "Too many strings for column \(column) and SET"
        case .vectorTooLong(let dimensions, let column):
            "Data size (\(dimensions * VectorText.numberBytes) Bytes, \(dimensions) dimensions) "
                + "exceeds VECTOR max (\(VectorText.dimensionsMax * VectorText.numberBytes) Bytes, "
                + "\(VectorText.dimensionsMax) dimensions) for column: '\(column)'"
        case .rowTooLarge:
            "Row size too large. The maximum row size for the used table type, not counting "
                + "BLOBs, is 65535. This includes storage overhead, check the manual. You have to "
                + "change some columns to TEXT or BLOBs"
        default: nil
        }
    }

    private var keyMessage: String {
        switch self {
        case .keyTooLong: "Specified key was too long; max key length is 3072 bytes"
        case .tooManyKeys: "Too many keys specified; max 64 keys allowed"
        case .tooManyKeyParts: "Too many key parts specified; max 16 parts allowed"
        case .wrongPrefix:
            "Incorrect prefix key; the used key part isn't a string, the used length is longer "
                + "than the key part, or the storage engine doesn't support unique prefix keys"
        case .longColumnInKey(let column):
            "BLOB/TEXT column '\(column)' used in key specification without a key length"
        case .jsonInKey(let column):
            "JSON column '\(column)' supports indexing only via generated columns on a specified "
                + "JSON path."
        case .notFullText(let column): "Column '\(column)' cannot be part of FULLTEXT index"
        case .nullInPrimaryKey:
            "All parts of a PRIMARY KEY must be NOT NULL; if you need NULL in a key, use UNIQUE "
                + "instead"
        case .wrongIndexName(let name): "Incorrect index name '\(name)'"
        case .emptyPrefix(let column): "Key part '\(column)' length cannot be 0"
        case .cannotRemoveAll:
            "You can't delete all columns with ALTER TABLE; use DROP TABLE instead"
        case .viewOfTemporary(let name):
            "View's SELECT refers to a temporary table '\(name)'"
        case .nullValue: "Invalid use of NULL value"
        default: "Unknown error"
        }
    }
}
