public import BorealBase

/// What a client is told about one column of a result (the manual's
/// `Protocol::ColumnDefinition41`).
public struct ColumnDefinition41: Equatable, Sendable {
    /// `schema` (string<lenenc>): the database; empty for an expression.
    public var schema: String
    /// `table` (string<lenenc>): the table's alias.
    public var table: String
    /// `org_table` (string<lenenc>): the table's own name.
    public var originalTable: String
    /// `name` (string<lenenc>): the column's alias.
    public var name: String
    /// `org_name` (string<lenenc>): the column's own name.
    public var originalName: String
    /// `character_set` (2): a collation id, `binary` for what is no text.
    public var collation: Collation
    /// `column_length` (4): bytes a value may take as text.
    public var length: UInt32
    /// `type` (1).
    public var type: FieldType
    /// `flags` (2).
    public var flags: ColumnFlags
    /// `decimals` (1): 0x1f for floating point without a fixed scale.
    public var decimals: UInt8

    /// A column described by every field of the packet.
    public init(
        schema: String = "",
        table: String = "",
        originalTable: String = "",
        name: String,
        originalName: String = "",
        collation: Collation,
        length: UInt32,
        type: FieldType,
        flags: ColumnFlags,
        decimals: UInt8
    ) {
        self.schema = schema
        self.table = table
        self.originalTable = originalTable
        self.name = name
        self.originalName = originalName
        self.collation = collation
        self.length = length
        self.type = type
        self.flags = flags
        self.decimals = decimals
    }

    /// A column as MySQL describes one of that type.
    ///
    /// - Parameters:
    ///   - type: a length of 0 stands for the type's own.
    ///   - collation: of text; numbers, times and bytes are `binary` whatever it says.
    ///   - flags: further ones, such as `notNull`; those that follow from the type are added.
    public init(
        name: String,
        type: ColumnType,
        schema: String = "",
        table: String = "",
        originalTable: String = "",
        originalName: String = "",
        collation: Collation = .utf8mb4Unicode0900,
        flags: ColumnFlags = []
    ) {
        let isText = type.isText && type.kind != .json
        let collation = isText ? collation : .binary
        self.init(
            schema: schema,
            table: table,
            originalTable: originalTable,
            name: name,
            originalName: originalName,
            collation: collation,
            length: Self.length(of: type, collation),
            type: FieldType(type),
            flags: flags.union(Self.flags(of: type)),
            decimals: UInt8(clamping: type.decimals)
        )
    }

    /// True when the values are text, whatever is announced: JSON has no collation, and is written
    /// in characters.
    var isText: Bool { collation != .binary || type == .json }

    /// Appends the payload.
    ///
    /// - Parameters:
    ///   - defaultValue: only for COM_FIELD_LIST, whose columns end with it: `.some(nil)` for no
    ///     default.
    ///   - results: what names are written in, and what columns of text announce.
    public func encode(
        into output: inout ByteBuffer,
        defaultValue: String?? = nil,
        results: ResultTexts = ResultTexts()
    ) {
        output.append(lengthEncoded: "def")
        Self.append(schema, results.conversion, to: &output)
        Self.append(table, results.conversion, to: &output)
        Self.append(originalTable, results.conversion, to: &output)
        Self.append(name, results.conversion, to: &output)
        Self.append(originalName, results.conversion, to: &output)
        let shown = collation == .binary ? collation : results.collation ?? collation
        output.append(0x0c)
        output.append(littleEndian: UInt64(shown.id), bytes: 2)
        output.append(littleEndian: UInt64(length(in: shown)), bytes: 4)
        output.append(type.rawValue)
        output.append(littleEndian: UInt64(flags.rawValue), bytes: 2)
        output.append(decimals)
        output.append(zeros: 2)
        switch defaultValue {
        case .none: break
        case .some(.none): output.append(LengthEncoded.null)
        case .some(.some(let value)): Self.append(value, results.conversion, to: &output)
        }
    }

    private static func append(
        _ text: String,
        _ conversion: TextConversion?,
        to output: inout ByteBuffer
    ) {
        guard let conversion else { return output.append(lengthEncoded: text) }
        var text = text
        let converted = text.withUTF8 { conversion.converted(UnsafeRawBufferPointer($0)) }
        guard let converted else { return output.append(lengthEncoded: text) }
        converted.withUnsafeBytes { output.append(lengthEncoded: $0) }
    }

    /// Bytes of a value as text in another collation's character set; no more than there may be.
    private func length(in shown: Collation) -> UInt32 {
        let (own, wanted) = (collation.characterBytesMax, shown.characterBytesMax)
        guard own != wanted, own > 0, length != .max else { return length }
        return UInt32(clamping: Int(length) / own * wanted)
    }

    private static func flags(of type: ColumnType) -> ColumnFlags {
        var flags: ColumnFlags = type.isUnsigned ? .unsigned : []
        switch type.kind {
        case .text: flags.insert(.blob)
        case .blob, .json, .vector: flags.formUnion([.blob, .binary])
        case .enumeration: flags.insert(.enumeration)
        case .set: flags.insert(.set)
        case .bit: flags.insert(.unsigned)
        case .char, .varchar: break
        default: flags.insert(.binary)
        }
        return flags
    }

    /// Bytes a value may take as text: the manual's "display width" for numbers and times,
    /// characters times the widest character for text.
    private static func length(of type: ColumnType, _ collation: Collation) -> UInt32 {
        let given = type.length > 0 ? type.length : defaultLength(of: type)
        if type.kind == .decimal && type.length > 0 {
            let point = type.decimals > 0 ? 1 : 0
            return UInt32(clamping: given + point + (type.isUnsigned ? 0 : 1))
        }
        guard type.isText, type.kind != .json else { return UInt32(clamping: given) }
        let (bytes, overflow) = given.multipliedReportingOverflow(by: collation.characterBytesMax)
        return overflow ? .max : UInt32(clamping: bytes)
    }

    private static func defaultLength(of type: ColumnType) -> Int {
        let sign = type.isUnsigned ? 0 : 1
        let fraction = type.decimals > 0 ? type.decimals + 1 : 0
        return switch type.kind {
        case .null: 0
        case .tiny: 3 + sign
        case .short: 5 + sign
        case .medium: 8 + sign
        case .long: 10 + sign
        case .longLong: 20
        case .float: 12
        case .double: 22
        case .decimal: 67
        case .date: 10
        case .dateTime, .timestamp: 19 + fraction
        case .time: 10 + fraction
        case .year: 4
        case .char, .varchar, .binary, .varbinary: 255
        case .text, .blob, .vector: 65_535
        case .json: Int(UInt32.max)
        case .bit, .enumeration, .set: 1
        }
    }
}

extension ColumnDefinition41 {
    /// Reads what a server tells about a column.
    ///
    /// - Throws: `truncated`, `malformed`; `unreadableColumn` for a type that is not known here.
    package init(decoding payload: UnsafeRawBufferPointer) throws(WireError) {
        var reader = PayloadReader(payload, packet: "ColumnDefinition41")
        _ = try reader.lengthEncodedBytes("catalog")
        let schema = String(wire: try reader.lengthEncodedBytes("schema"))
        let table = String(wire: try reader.lengthEncodedBytes("table"))
        let originalTable = String(wire: try reader.lengthEncodedBytes("org_table"))
        let name = String(wire: try reader.lengthEncodedBytes("name"))
        let originalName = String(wire: try reader.lengthEncodedBytes("org_name"))
        _ = try reader.lengthEncoded("length of fixed-length fields")
        let collation = UInt16(truncatingIfNeeded: try reader.integer(2, "character_set"))
        let length = UInt32(truncatingIfNeeded: try reader.integer(4, "column_length"))
        let typeCode = try reader.byte("type")
        guard let type = FieldType(rawValue: typeCode) else {
            throw .unreadableColumn(name, "the type \(typeCode)")
        }
        let flags = UInt16(truncatingIfNeeded: try reader.integer(2, "flags"))
        self.init(
            schema: schema,
            table: table,
            originalTable: originalTable,
            name: name,
            originalName: originalName,
            collation: Collation(id: collation),
            length: length,
            type: type,
            flags: ColumnFlags(rawValue: flags),
            decimals: try reader.byte("decimals")
        )
    }
}
