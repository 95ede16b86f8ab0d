import BorealBase
import BorealSQL
import BorealSQLite

/// What a table asks of each row beyond the types of its columns: generated columns, defaults that
/// are expressions, checks. Not its keys: those are SQLite's indexes and `ForeignKeyChecker`.
///
/// Each expression is one statement of SQLite whose parameters are the columns of the row in
/// order, so that it sees the row before it is stored.
final class RowRules {
    private struct Rule {
        /// Of the table's columns, or of its checks.
        var index: Int
        var sql: String
        var type: ColumnType
    }

    private let table: StoredTable
    private let connection: PooledConnection
    private var generated: [Rule] = []
    private var defaults: [Int: Rule] = [:]
    private var checks: [Rule] = []

    init(
        _ table: StoredTable,
        _ session: TableSession,
        _ connection: PooledConnection,
        checksRows: Bool = true
    ) throws {
        self.table = table
        self.connection = connection
        guard table.hasRowRules else { return }
        var context = session.translationContext([])
        // What a definition means does not depend on who writes a row.
        context.database = table.database
        let translator = Translator(context, text: [])
        let scope = Self.scope(table, translator)
        for (index, column) in table.columns.enumerated() {
            if let text = column.generated?.expression {
                generated.append(try Self.rule(index, text, translator, scope))
            } else if case .expression(let text) = column.defaultValue {
                defaults[index] = try Self.rule(index, text, translator, scope)
            }
        }
        guard checksRows else { return }
        scope.place = "check constraint"
        for (index, check) in table.checks.enumerated() where check.isEnforced {
            let value = try translator.expression(
                DefinitionExpression.parse(check.expression),
                scope
            )
            let sql = "SELECT \(translator.truth(value))"
            checks.append(Rule(index: index, sql: sql, type: .longLong))
        }
    }

    /// True when a row needs nothing but its values.
    var isEmpty: Bool { generated.isEmpty && checks.isEmpty }
    /// True when changing a column may change another.
    var hasGenerated: Bool { !generated.isEmpty }

    private static func rule(
        _ index: Int,
        _ text: String,
        _ translator: Translator,
        _ scope: Scope
    ) throws -> Rule {
        let value = try translator.expression(DefinitionExpression.parse(text), scope)
        return Rule(index: index, sql: "SELECT \(value.sql)", type: value.type)
    }

    /// The table's columns as the parameters `?1`, `?2`, ... in order.
    static func scope(
        _ table: StoredTable,
        _ translator: Translator,
        firstParameter: Int = 1
    ) -> Scope {
        let scope = Scope(parent: nil)
        let columns = table.columns.indices.map { index in
            SourceColumn(
                name: table.columns[index].name,
                value: translator.parameterColumn(table, index, "?\(firstParameter + index)")
            )
        }
        var source = Source(name: table.name, database: table.database, columns: columns)
        source.table = table
        scope.sources = [source]
        scope.forbidsAggregates = true
        return scope
    }

    private func value(_ rule: Rule, _ row: [SQLiteValue]) throws -> SQLiteValue {
        let statement = try connection.sqlite.statement(rule.sql)
        defer { connection.sqlite.giveBack(statement) }
        let count = min(statement.parameterCount, row.count)
        for index in 0..<count { try statement.bind(index + 1, row[index]) }
        do {
            return try statement.step() ? statement.value(0) : .null
        } catch {
            throw connection.mapped(error)
        }
    }

    /// The DEFAULT of a column that is an expression; nil when it is something else.
    func defaultValue(_ index: Int, _ row: [SQLiteValue]) throws -> TableValue? {
        guard let rule = defaults[index] else { return nil }
        return TableValue(try value(rule, row), type: rule.type)
    }

    /// Computes the generated columns, in the order of the definition.
    func fill(_ row: inout [SQLiteValue], _ coercion: inout ValueCoercion) throws {
        for rule in generated {
            let column = table.columns[rule.index]
            let value = TableValue(try value(rule, row), type: rule.type)
            if value.isNull, !column.isNullable { throw TableError.columnCannotBeNull(column.name) }
            row[rule.index] = try coercion.coerce(value, column)
        }
    }

    /// Throws when a check is false for the row; one that is NULL holds.
    func check(_ row: [SQLiteValue]) throws {
        assert(row.count == table.columns.count, "checks read the whole row")
        for rule in checks where try value(rule, row) == .integer(0) {
            throw TableError.constraint(.checkViolated(table.checks[rule.index].name))
        }
    }
}

extension StoredTable {
    /// True when a row needs more than the types of its columns.
    var hasRowRules: Bool {
        if checks.contains(where: \.isEnforced) { return true }
        return columns.contains { column in
            if case .expression = column.defaultValue { return true }
            return column.generated != nil
        }
    }
}

extension Translator {
    /// A column of a row that is not stored yet, as an operand: a parameter with the column's type
    /// and collation.
    func parameterColumn(_ table: StoredTable, _ index: Int, _ parameter: String) -> TypedSQL {
        var value = storedColumn(table, index, alias: nil, name: table.name, path: parameter)
        if value.type.isText || value.type.kind == .decimal {
            value.sql = "(\(value.sql) COLLATE \(value.collationName))"
        }
        return value
    }
}
