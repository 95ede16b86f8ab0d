import BorealBase

/// A table's definition as SQLite statements.
enum StorageDDL {
    /// CREATE TABLE and its indexes.
    static func create(_ table: StoredTable) -> [String] {
        let rowID = table.rowIDColumn
        let columns = table.columns.enumerated().map { index, column in
            var text = column.name.sqlQuoted + " " + column.type.storage
            if index == rowID { text = column.name.sqlQuoted + " INTEGER PRIMARY KEY" }
            return text
        }
        let body = columns.joined(separator: ", ")
        let verb = table.isTemporary ? "CREATE TEMP TABLE" : "CREATE TABLE"
        var statements = ["\(verb) \(table.storageName.sqlQuoted) (\(body))"]
        statements += table.indexes.compactMap { index($0, table) }
        return statements
    }

    /// CREATE INDEX; nil for a primary key that is the rowid, and for a full-text key.
    static func index(_ index: StoredIndex, _ table: StoredTable) -> String? {
        if index.kind == .primary, table.rowIDColumn != nil { return nil }
        if index.kind == .fulltext || index.kind == .spatial { return nil }
        let parts = index.parts.map { part in
            keyExpression(part, table) + (part.isDescending ? " DESC" : "")
        }
        return "CREATE \(index.isUnique ? "UNIQUE " : "")INDEX "
            + (table.isTemporary ? "temp." : "")
            + "\(indexName(index.name, table).sqlQuoted) ON \(table.storageName.sqlQuoted) "
            + "(\(parts.joined(separator: ", ")))"
    }

    static func indexName(_ name: String, _ table: StoredTable) -> String {
        table.storageName + "." + name
    }

    /// A column of a key; a prefix of a unique key is an expression with the column's collation.
    static func keyExpression(_ part: StoredIndex.Part, _ table: StoredTable) -> String {
        guard let prefix = part.prefix, let place = table.columnIndex(part.column) else {
            return part.column.sqlQuoted
        }
        let column = table.columns[place]
        let cut = "substr(\(part.column.sqlQuoted), 1, \(prefix))"
        guard column.type.isText else { return cut }
        return cut + " COLLATE "
            + StorageName.collation(column.type.collation ?? Collations.defaultCollation)
    }
}
