/// Properties of a column in its definition (the manual's "Column Definition Flags").
public struct ColumnFlags: OptionSet, Hashable, Sendable {
    /// The 16 bits as they travel.
    public let rawValue: UInt16

    /// - Parameter rawValue: the 16 bits as they travel.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// `NOT_NULL_FLAG`.
    public static let notNull = ColumnFlags(rawValue: 1)
    /// `PRI_KEY_FLAG`.
    public static let primaryKey = ColumnFlags(rawValue: 2)
    /// `UNIQUE_KEY_FLAG`.
    public static let uniqueKey = ColumnFlags(rawValue: 4)
    /// `MULTIPLE_KEY_FLAG`: first column of a key that is not unique.
    public static let multipleKey = ColumnFlags(rawValue: 8)
    /// `BLOB_FLAG`: BLOB, TEXT and JSON.
    public static let blob = ColumnFlags(rawValue: 16)
    /// `UNSIGNED_FLAG`.
    public static let unsigned = ColumnFlags(rawValue: 32)
    /// `ZEROFILL_FLAG`.
    public static let zerofill = ColumnFlags(rawValue: 64)
    /// `BINARY_FLAG`: values compare by bytes.
    public static let binary = ColumnFlags(rawValue: 128)
    /// `ENUM_FLAG`.
    public static let enumeration = ColumnFlags(rawValue: 256)
    /// `AUTO_INCREMENT_FLAG`.
    public static let autoIncrement = ColumnFlags(rawValue: 512)
    /// `TIMESTAMP_FLAG`.
    public static let timestamp = ColumnFlags(rawValue: 1_024)
    /// `SET_FLAG`.
    public static let set = ColumnFlags(rawValue: 2_048)
    /// `NO_DEFAULT_VALUE_FLAG`.
    public static let noDefaultValue = ColumnFlags(rawValue: 4_096)
    /// `ON_UPDATE_NOW_FLAG`.
    public static let onUpdateNow = ColumnFlags(rawValue: 8_192)
    /// `PART_KEY_FLAG`: part of some key.
    public static let partOfKey = ColumnFlags(rawValue: 16_384)
}
