package import BorealBase

extension ColumnDefinition41 {
    /// The type that another server tells of, as the embedded tables would have it. Geometries are
    /// bytes.
    package var columnType: ColumnType {
        switch type {
        case .null: ColumnType(.null)
        case .tiny: whole(.tiny)
        case .short: whole(.short)
        case .int24: whole(.medium)
        case .long: whole(.long)
        case .longLong: whole(.longLong)
        case .year: ColumnType(.year, isUnsigned: true, length: 4)
        case .float: ColumnType(.float, isUnsigned: isUnsigned, decimals: Int(decimals))
        case .double: ColumnType(.double, isUnsigned: isUnsigned, decimals: Int(decimals))
        case .decimal, .newDecimal: decimal
        case .date: ColumnType(.date)
        case .dateTime: ColumnType(.dateTime, decimals: Int(decimals))
        case .timestamp: ColumnType(.timestamp, decimals: Int(decimals))
        case .time: ColumnType(.time, decimals: Int(decimals))
        case .bit: ColumnType(.bit, isUnsigned: true, length: Int(clamping: length))
        case .json: ColumnType(.json)
        case .geometry: ColumnType(.blob, length: Int(clamping: length))
        case .enumeration: ColumnType(.enumeration, length: characters)
        case .set: ColumnType(.set, length: characters)
        case .varchar, .varString: string(.varchar, .varbinary)
        case .string: fixedString
        case .tinyBlob, .mediumBlob, .longBlob, .blob: string(.text, .blob)
        }
    }

    private var isUnsigned: Bool { flags.contains(.unsigned) }

    private func whole(_ kind: ColumnType.Kind) -> ColumnType {
        ColumnType(kind, isUnsigned: isUnsigned, length: Int(clamping: length))
    }

    /// The length counts a point and a sign besides the digits.
    private var decimal: ColumnType {
        let others = (decimals > 0 ? 1 : 0) + (isUnsigned ? 0 : 1)
        return ColumnType(
            .decimal,
            isUnsigned: isUnsigned,
            length: max(1, Int(clamping: length) - others),
            decimals: Int(decimals)
        )
    }

    /// CHAR and BINARY, and what travels as such.
    private var fixedString: ColumnType {
        if flags.contains(.enumeration) { return ColumnType(.enumeration, length: characters) }
        if flags.contains(.set) { return ColumnType(.set, length: characters) }
        return string(.char, .binary)
    }

    private func string(_ text: ColumnType.Kind, _ bytes: ColumnType.Kind) -> ColumnType {
        collation == .binary
            ? ColumnType(bytes, length: Int(clamping: length))
            : ColumnType(text, length: characters)
    }

    private var characters: Int { Int(clamping: length) / max(1, collation.characterBytesMax) }
}
