import BorealBase
import BorealSQL
import BorealSQLite

/// Makes stored definitions of what CREATE and ALTER say, with MySQL's checks.
struct DefinitionBuilder {
    var table: StoredTable

    /// Options of a table or database.
    static func collation(_ options: [TableOption], _ fallback: String) throws -> String {
        var result = fallback
        for option in options {
            let text = option.text ?? ""
            switch option.name.uppercased() {
            case "CHARSET", "CHARACTER SET", "DEFAULT CHARSET", "DEFAULT CHARACTER SET":
                guard let found = Collations.defaultCollation(ofCharset: text) else {
                    throw TableError.unknownCharacterSet(text)
                }
                if Collations.charset(of: result) != Collations.canonicalCharset(text) {
                    result = found
                }
            case "COLLATE", "DEFAULT COLLATE":
                guard let entry = Collations.entry(text) else {
                    throw TableError.unknownCollation(text)
                }
                result = entry.name
            default: break
            }
        }
        return result
    }

    mutating func apply(_ options: [TableOption]) throws {
        table.collation = try Self.collation(options, table.collation)
        for option in options {
            switch option.name.uppercased() {
            case "ENGINE", "TYPE":
                let known = [
                    "innodb", "myisam", "memory", "heap", "aria", "csv", "archive", "boreal",
                ]
                guard known.contains((option.text ?? "").asciiLowercased) else {
                    throw TableError.unknownStorageEngine(option.text ?? "")
                }
            case "COMMENT": table.comment = option.text ?? ""
            case "ROW_FORMAT", "KEY_BLOCK_SIZE", "STATS_PERSISTENT", "STATS_AUTO_RECALC",
                "STATS_SAMPLE_PAGES", "AVG_ROW_LENGTH", "MIN_ROWS", "MAX_ROWS", "PACK_KEYS",
                "CHECKSUM", "DELAY_KEY_WRITE":
                remember(option)
            case "AUTO_INCREMENT":
                table.autoIncrementStart = max(option.text.flatMap { UInt64($0) } ?? 1, 1)
            default: break
            }
        }
    }

    /// An option that is printed and changes nothing. DEFAULT takes it away.
    private mutating func remember(_ option: TableOption) {
        let name = option.name.uppercased()
        table.options.removeAll { $0.hasPrefix(name + "=") }
        let value = (option.text ?? "").uppercased()
        let isPlain = value.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || $0 == 0x5F
        }
        if value != "DEFAULT", isPlain { table.options.append("\(name)=\(value)") }
    }

    mutating func add(_ element: TableElement) throws {
        switch element {
        case .column(let column): try add(column, nil)
        case .index(let index): try add(index)
        case .foreignKey(let key): try add(key)
        case .check(let check): try add(check)
        }
    }

    /// A column with the keys it declares for itself.
    mutating func add(_ node: BorealSQL.ColumnDefinition, _ position: ColumnPosition?) throws {
        let column = try Self.column(node, table.collation)
        guard table.columnIndex(column.name) == nil else {
            throw TableError.duplicateColumn(column.name)
        }
        try place(column, position)
        try addKeys(of: node)
        for check in node.checks { try add(check, of: column.name) }
    }

    mutating func place(_ column: StoredColumn, _ position: ColumnPosition?) throws {
        switch position {
        case nil: table.columns.append(column)
        case .first: table.columns.insert(column, at: 0)
        case .after(let name):
            guard let index = table.columnIndex(name.name) else {
                throw TableError.unknownColumn(name: name.name, place: table.name)
            }
            table.columns.insert(column, at: index + 1)
        }
    }

    /// The checks that need the whole table.
    mutating func finish() throws {
        guard !table.columns.isEmpty else { throw TableError.tableMustHaveColumns }
        guard table.columns.contains(where: { !$0.isInvisible }) else {
            throw TableError.constraint(.noVisibleColumn)
        }
        guard table.columns.count <= Limits.tableColumnsMax else { throw TableError.tooManyColumns }
        for part in table.primaryKey?.parts ?? [] {
            guard let index = table.columnIndex(part.column) else {
                throw TableError.keyColumnMissing(part.column)
            }
            table.columns[index].isNullable = false
            if table.columns[index].defaultValue == .null {
                table.columns[index].defaultValue = nil
            }
        }
        let automatic = table.columns.indices.filter { table.columns[$0].isAutoIncrement }
        guard automatic.count <= 1 else { throw TableError.wrongAutoIncrement }
        if let index = automatic.first {
            let name = table.columns[index].name.asciiLowercased
            let isKey = table.indexes.contains { $0.parts.first?.column.asciiLowercased == name }
            guard isKey else { throw TableError.wrongAutoIncrement }
        }
        try checkExpressions()
        try checkRowSize()
        // Stable: keys of one rank stay in the order they were declared.
        table.indexes = (0...3).flatMap { rank in
            table.indexes.filter { Self.rank($0) == rank }
        }
    }

    private static func rank(_ index: StoredIndex) -> Int {
        switch index.kind {
        case .primary: 0
        case .unique: 1
        case .plain: 2
        case .fulltext, .spatial: 3
        }
    }

    /// MySQL's bound on the bytes of a row, long texts and blobs apart.
    private func checkRowSize() throws {
        let bytes = table.columns.reduce(0) { sum, column in
            let type = column.type
            let isString = type.isText && !type.isMembered || type.isBinary
            if type.isLong || type.base == .vector { return sum + 12 }
            guard isString else { return sum + 8 }
            return sum + (type.length ?? 1)
                * (type.isText ? Collations.width(of: type.collation) : 1)
        }
        guard bytes <= 65_535 else { throw TableError.definition(.rowTooLarge) }
    }

    // MARK: - Columns

    static func column(_ node: BorealSQL.ColumnDefinition, _ collation: String) throws
        -> StoredColumn
    {
        guard node.name.name.unicodeScalars.count <= Limits.identifierCharactersMax else {
            throw TableError.identifierTooLong(node.name.name)
        }
        guard node.name.name.utf8.last != 0x20 else {
            throw TableError.definition(.wrongColumnName(node.name.name))
        }
        let type = try self.type(node.type, node.name.name, collation)
        var column = StoredColumn(node.name.name, type)
        column.generated = try generated(node)
        column.isInvisible = node.isInvisible
        column.isNullable = node.isNullable ?? true
        column.isAutoIncrement = node.isAutoIncrement || node.type.name == .serial
        if let digits = node.onUpdateTimestamp {
            guard column.type.base == .datetime || column.type.base == .timestamp,
                Int(clamping: digits) == column.type.length ?? 0
            else { throw TableError.definition(.onUpdate(column.name)) }
            column.updatesToNow = true
        }
        column.comment = node.comment ?? ""
        if column.isAutoIncrement || node.type.name == .serial || node.isPrimaryKey {
            column.isNullable = false
        }
        if column.isAutoIncrement, !type.isInteger, type.base != .float, type.base != .double {
            throw TableError.wrongFieldSpecifier(column.name)
        }
        if node.isPrimaryKey, node.isNullable == true {
            throw TableError.definition(.nullInPrimaryKey)
        }
        column.defaultValue = try defaultValue(node.defaultValue, column)
        if column.generated == nil, column.defaultValue == nil, column.isNullable {
            column.defaultValue = .null
        }
        return column
    }

    static func defaultValue(
        _ node: BorealSQL.ColumnDefinition.Default?,
        _ column: StoredColumn
    ) throws -> DefaultValue? {
        let value: TableValue
        switch node {
        case nil: return nil
        case .currentTimestamp(let digits):
            guard column.type.base == .datetime || column.type.base == .timestamp,
                Int(clamping: digits) == column.type.length ?? 0
            else { throw TableError.invalidDefault(column.name) }
            return .currentTimestamp
        case .expression(let node):
            let purpose = DefinitionExpression.Purpose.defaultValue(column: column.name)
            return .expression(try DefinitionExpression(node, for: purpose).text)
        case .literal(let node): value = try constant(node, column)
        }
        if value.isNull {
            guard column.isNullable else { throw TableError.invalidDefault(column.name) }
            return .null
        }
        guard !column.isAutoIncrement else { throw TableError.invalidDefault(column.name) }
        guard !column.type.isLong, column.type.base != .vector else {
            throw TableError.definition(.longDefault(column.name))
        }
        var rules = ValueCoercion(mode: ModeFlags(""), isStrict: true, offsetMinutes: 0)
        do {
            let stored = try rules.coerce(value, column)
            if column.type.base == .bit, let number = stored.integer {
                return .literal("b'\(String(UInt64(bitPattern: number), radix: 2))'")
            }
            return .literal(TableValue(stored, type: column.type.columnType).text ?? "")
        } catch {
            throw TableError.invalidDefault(column.name)
        }
    }

    private static func constant(_ node: Expression, _ column: StoredColumn) throws -> TableValue {
        switch node.kind {
        case .literal(let literal):
            if let value = literal.value { return value }
            if case .temporal(_, let text) = literal { return .text(text) }
            if case .introduced(_, let bytes) = literal {
                return .text(String(decoding: bytes, as: UTF8.self))
            }
        case .unary(.minus, let inner):
            if case .literal(let literal) = inner.kind, let text = literal.value?.text {
                return .decimal("-" + text)
            }
        case .unary(.plus, let inner): return try constant(inner, column)
        default: break
        }
        throw TableError.invalidDefault(column.name)
    }

    /// A declared type with MySQL's limits.
    static func type(_ node: DataType, _ name: String, _ collation: String) throws -> StoredType {
        let length = node.length.map { Int(clamping: $0) }
        var result: StoredType
        switch node.name {
        case .boolean: result = StoredType(.tinyint, length: 1)
        case .serial: result = StoredType(.bigint, isUnsigned: true)
        case .enum: result = StoredType(.enumeration)
        case .geometry, .signed, .unsigned, .other:
            throw TableError.notSupported("the type \(node.word)")
        default:
            guard let base = StoredType.Base(rawValue: node.name.rawValue) else {
                throw TableError.notSupported("the type \(node.word)")
            }
            result = StoredType(base, length: length)
        }
        result.isUnsigned = result.isUnsigned || node.isUnsigned || node.isZerofill
        result.isZerofill = node.isZerofill
        result.decimals = node.scale.map { Int(clamping: $0) }
        result.members = node.members
        if result.isText {
            var chosen = collation
            if let charset = node.charset {
                if charset == "binary" {
                    var binary = asBinary(result)
                    try check(&binary, name)
                    return binary
                }
                guard let found = Collations.defaultCollation(ofCharset: charset) else {
                    throw TableError.unknownCharacterSet(charset)
                }
                chosen = found
            }
            if let explicit = node.collation {
                guard let entry = Collations.entry(explicit) else {
                    throw TableError.unknownCollation(explicit)
                }
                chosen = entry.name
            }
            if node.isBinary { chosen = Collations.charset(of: chosen) + "_bin" }
            result.collation = chosen
        }
        try check(&result, name)
        return result
    }

    private static func asBinary(_ type: StoredType) -> StoredType {
        let names: [StoredType.Base: StoredType.Base] = [
            .char: .binary, .varchar: .varbinary, .tinytext: .tinyblob, .text: .blob,
            .mediumtext: .mediumblob, .longtext: .longblob,
        ]
        var result = type
        result.base = names[type.base] ?? type.base
        result.collation = nil
        return result
    }
}
