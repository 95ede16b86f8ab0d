public import BorealBase

/// The type of a column on the wire (the manual's `enum_field_types`).
public enum FieldType: UInt8, Sendable, CaseIterable {
    case decimal = 0x00
    case tiny = 0x01
    case short = 0x02
    case long = 0x03
    case float = 0x04
    case double = 0x05
    case null = 0x06
    case timestamp = 0x07
    case longLong = 0x08
    case int24 = 0x09
    case date = 0x0a
    case time = 0x0b
    case dateTime = 0x0c
    case year = 0x0d
    case varchar = 0x0f
    case bit = 0x10
    case json = 0xf5
    case newDecimal = 0xf6
    case enumeration = 0xf7
    case set = 0xf8
    case tinyBlob = 0xf9
    case mediumBlob = 0xfa
    case longBlob = 0xfb
    case blob = 0xfc
    case varString = 0xfd
    case string = 0xfe
    case geometry = 0xff

    /// The code that MySQL sends for a column of that type. ENUM and SET travel as strings with a
    /// flag, TEXT as a BLOB with a character set.
    public init(_ type: ColumnType) {
        self =
            switch type.kind {
            case .null: .null
            case .tiny: .tiny
            case .short: .short
            case .medium: .int24
            case .long: .long
            case .longLong: .longLong
            case .float: .float
            case .double: .double
            case .decimal: .newDecimal
            case .date: .date
            case .dateTime: .dateTime
            case .timestamp: .timestamp
            case .time: .time
            case .year: .year
            case .char, .binary, .enumeration, .set: .string
            case .varchar, .varbinary: .varString
            // Clients older than MySQL 9 fail on its code for vectors, 242.
            case .text, .blob, .vector: .blob
            case .json: .json
            case .bit: .bit
            }
    }
}
