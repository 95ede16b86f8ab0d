import BorealBase
import BorealSQL

/// Foreign keys, checks, generated columns and defaults that are expressions.
extension DefinitionBuilder {
    // MARK: - Foreign keys

    /// A foreign key, with an index on its columns when none serves. Whether the parent fits is
    /// asked by `ForeignKeyRules`, which knows the other tables.
    mutating func add(_ node: ForeignKey) throws {
        let name = node.name?.name ?? table.generatedName("_ibfk_", table.foreignKeys.map(\.name))
        guard name.unicodeScalars.count <= Limits.identifierCharactersMax else {
            throw TableError.identifierTooLong(name)
        }
        guard node.columns.count == node.reference.columns.count else {
            let shown = node.name?.name ?? "foreign key without name"
            throw TableError.constraint(.keyDoesNotMatch(key: shown))
        }
        let columns = try node.columns.map { column -> String in
            guard let index = table.columnIndex(column.name) else {
                throw TableError.keyColumnMissing(column.name)
            }
            return table.columns[index].name
        }
        let key = StoredForeignKey(
            name: name,
            columns: columns,
            parentDatabase: node.reference.table.database?.name ?? table.database,
            parentTable: node.reference.table.name.name,
            parentColumns: node.reference.columns.map(\.name),
            onDelete: try Self.action(node.reference.onDelete),
            onUpdate: try Self.action(node.reference.onUpdate)
        )
        let wanted = name.asciiLowercased
        guard !table.foreignKeys.contains(where: { $0.name.asciiLowercased == wanted }) else {
            throw TableError.constraint(.duplicateForeignKey(name))
        }
        table.foreignKeys.append(key)
        guard !table.hasIndex(beginningWith: columns) else { return }
        var index = StoredIndex(
            name: freeName(node.name?.name ?? columns[0]),
            kind: .plain,
            parts: columns.map { StoredIndex.Part(column: $0) }
        )
        index.isImplicit = true
        table.indexes.append(index)
    }

    private static func action(
        _ action: ForeignKeyReference.Action?
    ) throws -> StoredForeignKey.Action {
        switch action {
        case nil, .noAction: .noAction
        case .restrict: .restrict
        case .cascade: .cascade
        case .setNull: .setNull
        case .setDefault: throw TableError.constraint(.cannotAdd)
        }
    }

    // MARK: - Checks

    /// - Parameter column: the column that the check stands behind, the only one it may name.
    mutating func add(_ node: CheckConstraint, of column: String? = nil) throws {
        let name = node.name?.name ?? table.generatedName("_chk_", table.checks.map(\.name))
        guard name.unicodeScalars.count <= Limits.identifierCharactersMax else {
            throw TableError.identifierTooLong(name)
        }
        let wanted = name.asciiLowercased
        guard !table.checks.contains(where: { $0.name.asciiLowercased == wanted }) else {
            throw TableError.constraint(.duplicateCheck(name))
        }
        let expression = try DefinitionExpression(node.condition, for: .check(name: name))
        if let column, expression.columns.contains(where: { $0 != column.asciiLowercased }) {
            throw TableError.constraint(.checkNamesOtherColumn(name))
        }
        table.checks.append(
            StoredCheck(name: name, expression: expression.text, isEnforced: node.isEnforced)
        )
    }

    // MARK: - Computed columns

    static func generated(
        _ node: BorealSQL.ColumnDefinition
    ) throws -> StoredGenerated? {
        guard let generated = node.generated else { return nil }
        func refuse(_ what: String) -> TableError {
            .definition(.incorrectUsage(what, "generated column"))
        }
        if node.isAutoIncrement { throw refuse("AUTO_INCREMENT") }
        if node.defaultValue != nil { throw refuse("DEFAULT") }
        if node.onUpdateTimestamp != nil { throw refuse("ON UPDATE") }
        if node.isPrimaryKey, !generated.isStored {
            let what = "Defining a virtual generated column as primary key"
            throw TableError.constraint(.generatedAttribute(what))
        }
        let expression = try DefinitionExpression(
            generated.expression,
            for: .generated(column: node.name.name)
        )
        return StoredGenerated(expression: expression.text, isStored: generated.isStored)
    }

    /// The columns that a stored expression names, in lower case.
    static func columns(in text: String, for purpose: DefinitionExpression.Purpose) throws
        -> [String]
    {
        try DefinitionExpression(DefinitionExpression.parse(text), for: purpose).columns
    }

    /// What expressions may name, asked when all columns are known.
    func checkExpressions() throws {
        let automatic = table.autoIncrementColumn.map { table.columns[$0].name.asciiLowercased }
        for (index, column) in table.columns.enumerated() {
            guard let text = column.generated?.expression else { continue }
            let names = try Self.columns(in: text, for: .generated(column: column.name))
            for name in names {
                guard let place = table.columnIndex(name) else {
                    throw TableError.unknownColumn(name: name, place: "generated column function")
                }
                if name == automatic {
                    throw TableError.constraint(.generatedNamesAutoIncrement(column.name))
                }
                if table.columns[place].generated != nil, place >= index {
                    throw TableError.constraint(.generatedOrder)
                }
            }
        }
        for check in table.checks {
            let names = try Self.columns(in: check.expression, for: .check(name: check.name))
            for name in names {
                guard table.columnIndex(name) != nil else {
                    throw TableError.constraint(
                        .checkNamesUnknownColumn(check: check.name, column: name)
                    )
                }
                if name == automatic {
                    throw TableError.constraint(.checkNamesAutoIncrement(check.name))
                }
            }
        }
    }
}
