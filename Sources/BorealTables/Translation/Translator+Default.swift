import BorealBase
import BorealSQL

/// DEFAULT as a value.
extension Translator {
    /// `DEFAULT(column)`.
    func defaultValue(_ name: ColumnName, _ scope: Scope) throws -> TypedSQL {
        for source in scope.sources {
            if let table = name.table?.name, source.name != table { continue }
            guard let table = source.table, let index = table.columnIndex(name.name.name) else {
                continue
            }
            return try defaultValue(of: table.columns[index], scope)
        }
        throw TableError.unknownColumn(name: name.written, place: scope.place)
    }

    /// What a column gets when nothing is said.
    func defaultValue(of column: StoredColumn, _ scope: Scope) throws -> TypedSQL {
        switch column.defaultValue {
        case .expression(let text):
            return try expression(DefinitionExpression.parse(text), scope)
        case .literal(let text): return try literal(.string(text))
        case .currentTimestamp:
            return TypedSQL("b_now(6)", ColumnType(.dateTime, length: 26, decimals: 6))
        case .null: return .null
        case nil:
            if column.isNullable { return .null }
            throw TableError.noDefault(column.name)
        }
    }
}
