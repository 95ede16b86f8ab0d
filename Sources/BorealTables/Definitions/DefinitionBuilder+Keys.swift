import BorealBase
import BorealSQL

/// Keys of a definition, with MySQL's limits.
extension DefinitionBuilder {
    /// Most bytes of a key, columns of a key, and keys of a table.
    private static let keyBytesMax = 3_072
    private static let keyPartsMax = 16
    private static let keysMax = 64

    /// The keys that a column declares for itself.
    mutating func addKeys(of node: BorealSQL.ColumnDefinition) throws {
        let part = KeyPart(kind: .column(node.name, prefixLength: nil))
        if node.isPrimaryKey { try add(IndexDefinition(kind: .primary, parts: [part])) }
        if node.isUnique || node.type.name == .serial {
            try add(IndexDefinition(kind: .unique, parts: [part]))
        }
    }

    mutating func add(_ node: BorealSQL.IndexDefinition) throws {
        let kind = try Self.kind(node.kind)
        let parts = try keyParts(node, kind)
        guard table.indexes.count < Self.keysMax else {
            throw TableError.definition(.tooManyKeys)
        }
        guard kind != .primary else {
            guard table.primaryKey == nil else { throw TableError.multiplePrimaryKeys }
            var index = StoredIndex(name: "PRIMARY", kind: .primary, parts: parts)
            describe(&index, node)
            table.indexes.insert(index, at: 0)
            return
        }
        let given = node.name?.name
        if let given { try checkIndexName(given) }
        var index = StoredIndex(
            name: given ?? freeName(parts.first?.column ?? "key"),
            kind: kind,
            parts: parts
        )
        describe(&index, node)
        dropImplicit(servedBy: index)
        table.indexes.append(index)
    }

    private static func kind(_ kind: BorealSQL.IndexDefinition.Kind) throws -> StoredIndex.Kind {
        switch kind {
        case .primary: .primary
        case .unique: .unique
        case .plain: .plain
        case .fulltext: .fulltext
        case .spatial, .vector: throw TableError.notSupported(kind.rawValue)
        }
    }

    private func describe(_ index: inout StoredIndex, _ node: BorealSQL.IndexDefinition) {
        index.comment = node.comment ?? ""
        index.isInvisible = node.isInvisible
        index.algorithm = node.algorithm
    }

    func checkIndexName(_ name: String) throws {
        guard name.unicodeScalars.count <= Limits.identifierCharactersMax else {
            throw TableError.identifierTooLong(name)
        }
        let key = name.asciiLowercased
        guard key != "primary", !name.isEmpty else {
            throw TableError.definition(.wrongIndexName(name))
        }
        if let taken = table.indexes.first(where: { $0.name.asciiLowercased == key }) {
            guard taken.isImplicit else { throw TableError.duplicateKeyName(name) }
        }
    }

    /// An index made for a foreign key goes when one of the user's can take its place.
    private mutating func dropImplicit(servedBy index: StoredIndex) {
        table.indexes.removeAll { old in
            old.isImplicit && index.begins(with: old.parts.map(\.column))
        }
    }

    private func keyParts(
        _ node: BorealSQL.IndexDefinition,
        _ kind: StoredIndex.Kind
    ) throws -> [StoredIndex.Part] {
        guard node.parts.count <= Self.keyPartsMax else {
            throw TableError.definition(.tooManyKeyParts)
        }
        var bytes = 0
        var seen: Set<Int> = []
        let parts = try node.parts.map { part -> StoredIndex.Part in
            guard case .column(let name, let prefix) = part.kind else {
                throw TableError.notSupported("a key over an expression")
            }
            guard let index = table.columnIndex(name.name) else {
                throw TableError.keyColumnMissing(name.name)
            }
            guard seen.insert(index).inserted else { throw TableError.duplicateColumn(name.name) }
            let column = table.columns[index]
            var length = prefix.map { Int(clamping: $0) }
            if kind == .fulltext {
                guard column.type.isText, !column.type.isMembered else {
                    throw TableError.definition(.notFullText(column.name))
                }
                length = nil
            } else {
                bytes += try keyBytes(column, &length, isUnique: kind != .plain)
            }
            return StoredIndex.Part(
                column: column.name,
                prefix: length,
                isDescending: part.isDescending
            )
        }
        guard bytes <= Self.keyBytesMax else { throw TableError.definition(.keyTooLong) }
        return parts
    }

    /// Bytes that a column takes in a key. A prefix that covers the whole column is dropped.
    private func keyBytes(
        _ column: StoredColumn,
        _ prefix: inout Int?,
        isUnique: Bool
    ) throws -> Int {
        let type = column.type
        if type.base == .json { throw TableError.definition(.jsonInKey(column.name)) }
        if type.base == .vector {
            throw TableError.notSupported("a key over the VECTOR column '\(column.name)'")
        }
        if prefix == 0 { throw TableError.definition(.emptyPrefix(column.name)) }
        let isString = type.isText && !type.isMembered || type.isBinary
        guard isString else {
            guard prefix == nil else { throw TableError.definition(.wrongPrefix) }
            return 8
        }
        let width = type.isText ? Collations.width(of: type.collation) : 1
        if type.isLong {
            guard let prefix else { throw TableError.definition(.longColumnInKey(column.name)) }
            guard prefix * width <= Self.keyBytesMax else {
                throw TableError.definition(.keyTooLong)
            }
            return prefix * width
        }
        let length = type.length ?? 1
        if let given = prefix {
            guard given <= length else { throw TableError.definition(.wrongPrefix) }
            if given == length { prefix = nil }
        }
        return (prefix ?? length) * width
    }

    func freeName(_ base: String) -> String {
        func isTaken(_ name: String) -> Bool {
            let key = name.asciiLowercased
            return key == "primary" || table.indexes.contains { $0.name.asciiLowercased == key }
        }
        if !isTaken(base) { return base }
        var number = 2
        while isTaken("\(base)_\(number)") { number += 1 }
        return "\(base)_\(number)"
    }
}

extension StoredType {
    /// ENUM or SET.
    var isMembered: Bool { base == .enumeration || base == .set }
}

extension Collations {
    /// Most bytes of a character.
    static func width(of collation: String?) -> Int {
        let charset = charset(of: collation ?? defaultCollation)
        return charsets.first { $0.name == charset }?.width ?? 4
    }
}
