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
            case "AUTO_INCREMENT":
                table.autoIncrementStart = max(option.text.flatMap { UInt64($0) } ?? 1, 1)
            default: break
            }
        }
    }

    mutating func add(_ element: TableElement) throws {
        switch element {
        case .column(let column): try add(column, nil)
        case .index(let index): try add(index)
        case .foreignKey: throw TableError.notSupported("FOREIGN KEY")
        case .check: throw TableError.notSupported("CHECK constraints")
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
    }

    mutating func addKeys(of node: BorealSQL.ColumnDefinition) throws {
        let part = StoredIndex.Part(column: node.name.name)
        if node.isPrimaryKey {
            guard table.primaryKey == nil else { throw TableError.multiplePrimaryKeys }
            table.indexes.insert(StoredIndex(name: "PRIMARY", kind: .primary, parts: [part]), at: 0)
        }
        if node.isUnique || node.type.name == .serial {
            let name = freeName(node.name.name)
            table.indexes.append(StoredIndex(name: name, kind: .unique, parts: [part]))
        }
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

    mutating func add(_ node: BorealSQL.IndexDefinition) throws {
        let parts = try node.parts.map { part -> StoredIndex.Part in
            guard case .column(let name, let prefix) = part.kind else {
                throw TableError.notSupported("a key over an expression")
            }
            guard let index = table.columnIndex(name.name) else {
                throw TableError.keyColumnMissing(name.name)
            }
            return StoredIndex.Part(
                column: table.columns[index].name,
                prefix: prefix.map { Int(clamping: $0) },
                isDescending: part.isDescending
            )
        }
        switch node.kind {
        case .primary:
            guard table.primaryKey == nil else { throw TableError.multiplePrimaryKeys }
            table.indexes.insert(StoredIndex(name: "PRIMARY", kind: .primary, parts: parts), at: 0)
        case .unique, .plain:
            let given = node.name?.name
            if let given,
                table.indexes.contains(where: { $0.name.asciiLowercased == given.asciiLowercased })
            {
                throw TableError.duplicateKeyName(given)
            }
            var index = StoredIndex(
                name: given ?? freeName(parts.first?.column ?? "key"),
                kind: node.kind == .unique ? .unique : .plain,
                parts: parts
            )
            index.comment = node.comment ?? ""
            table.indexes.append(index)
        case .fulltext, .spatial, .vector: throw TableError.notSupported(node.kind.rawValue)
        }
    }

    private func freeName(_ base: String) -> String {
        func isTaken(_ name: String) -> Bool {
            table.indexes.contains { $0.name.asciiLowercased == name.asciiLowercased }
        }
        if !isTaken(base) { return base }
        var number = 2
        while isTaken("\(base)_\(number)") { number += 1 }
        return "\(base)_\(number)"
    }

    /// The checks that need the whole table.
    mutating func finish() throws {
        guard !table.columns.isEmpty else { throw TableError.tableMustHaveColumns }
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
        table.indexes.sort { Self.rank($0) < Self.rank($1) }
    }

    private static func rank(_ index: StoredIndex) -> Int {
        switch index.kind {
        case .primary: 0
        case .unique: 1
        case .plain: 2
        }
    }

    // MARK: - Columns

    static func column(_ node: BorealSQL.ColumnDefinition, _ collation: String) throws
        -> StoredColumn
    {
        guard node.name.name.unicodeScalars.count <= Limits.identifierCharactersMax else {
            throw TableError.identifierTooLong(node.name.name)
        }
        guard node.generated == nil else { throw TableError.notSupported("generated columns") }
        guard node.checks.isEmpty else { throw TableError.notSupported("CHECK constraints") }
        let type = try self.type(node.type, node.name.name, collation)
        var column = StoredColumn(node.name.name, type)
        column.isNullable = node.isNullable ?? true
        column.isAutoIncrement = node.isAutoIncrement || node.type.name == .serial
        column.updatesToNow = node.onUpdateTimestamp != nil
        column.comment = node.comment ?? ""
        if column.isAutoIncrement || node.type.name == .serial || node.isPrimaryKey {
            column.isNullable = false
        }
        if column.isAutoIncrement, !type.isInteger, type.base != .float, type.base != .double {
            throw TableError.wrongFieldSpecifier(column.name)
        }
        column.defaultValue = try defaultValue(node.defaultValue, column)
        if column.defaultValue == nil, column.isNullable { column.defaultValue = .null }
        return column
    }

    static func defaultValue(
        _ node: BorealSQL.ColumnDefinition.Default?,
        _ column: StoredColumn
    ) throws -> DefaultValue? {
        let value: TableValue
        switch node {
        case nil: return nil
        case .currentTimestamp:
            guard column.type.base == .datetime || column.type.base == .timestamp else {
                throw TableError.invalidDefault(column.name)
            }
            return .currentTimestamp
        case .expression: throw TableError.notSupported("DEFAULT (expression)")
        case .literal(let node): value = try constant(node, column)
        }
        if value.isNull {
            guard column.isNullable else { throw TableError.invalidDefault(column.name) }
            return .null
        }
        guard !column.type.isLong, !column.isAutoIncrement else {
            throw TableError.invalidDefault(column.name)
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
        case .vector, .geometry, .signed, .unsigned, .other:
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
        try check(&result, name)
        if result.isText {
            var chosen = collation
            if let charset = node.charset {
                if charset == "binary" { return asBinary(result) }
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

    private static func check(_ type: inout StoredType, _ name: String) throws {
        let length = type.length ?? 0
        switch type.base {
        case .char, .binary:
            type.length = type.length ?? 1
            guard length <= 255 else { throw TableError.lengthTooLarge(column: name, max: 255) }
        case .varchar:
            guard length <= 16_383 else {
                throw TableError.lengthTooLarge(column: name, max: 16_383)
            }
        case .varbinary:
            guard length <= 65_535 else {
                throw TableError.lengthTooLarge(column: name, max: 65_535)
            }
        case .bit:
            type.length = type.length ?? 1
            guard (1...64).contains(type.length ?? 1) else {
                throw TableError.lengthTooLarge(column: name, max: 64)
            }
        case .decimal:
            type.length = type.length ?? 10
            let scale = type.decimals ?? 0
            guard (1...65).contains(type.length ?? 10), scale <= 30, scale <= type.length ?? 10
            else {
                throw TableError.wrongFieldSpecifier(name)
            }
        case .float where type.decimals == nil && length > 24:
            // FLOAT(53) is how standard SQL spells a double.
            guard length <= 53 else { throw TableError.wrongFieldSpecifier(name) }
            type.base = .double
            type.length = nil
        case .float where type.decimals == nil, .double where type.decimals == nil:
            type.length = nil
        case .datetime, .timestamp, .time:
            guard length <= 6 else { throw TableError.wrongFieldSpecifier(name) }
        case .set:
            guard type.members.count <= 64 else { throw TableError.wrongFieldSpecifier(name) }
        default: break
        }
    }
}
