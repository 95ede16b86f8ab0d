import BorealBase
import BorealSQLite

/// The unique keys of a table: which rows stand in the way of a new one, and how the error names
/// them.
struct RowKeys {
    let table: StoredTable
    let connection: PooledConnection

    private func sql(_ index: StoredIndex) -> String {
        let tests = index.parts.enumerated().map { offset, part in
            StorageDDL.keyExpression(part, table) + " = ?\(offset + 1)"
        }
        return "SELECT _rowid_ FROM \(table.storageName.sqlQuoted) WHERE "
            + tests.joined(separator: " AND ")
    }

    private func values(_ index: StoredIndex, _ row: [SQLiteValue]) -> [SQLiteValue] {
        index.parts.map { part in
            guard let place = table.columnIndex(part.column) else { return .null }
            guard let prefix = part.prefix else { return row[place] }
            switch row[place] {
            case .text(let text):
                return .text(String(String.UnicodeScalarView(text.unicodeScalars.prefix(prefix))))
            case .blob(let bytes): return .blob(Array(bytes.prefix(prefix)))
            default: return row[place]
            }
        }
    }

    /// Rowids in the way of a row, by the unique keys in order.
    func conflicts(_ row: [SQLiteValue]) throws -> [Int64] {
        var found: [Int64] = []
        for index in table.indexes where index.isUnique {
            let key = values(index, row)
            if key.contains(.null) { continue }
            for match in try connection.sqlite.rows(sql(index), key) {
                if let rowID = match[0].integer, !found.contains(rowID) { found.append(rowID) }
            }
        }
        return found
    }

    /// `Duplicate entry '1-a' for key 't.PRIMARY'`.
    ///
    /// - Parameter except: the row itself, when it is there already and changes.
    func duplicateError(_ row: [SQLiteValue], except: Int64? = nil) throws -> TableError {
        for index in table.indexes where index.isUnique {
            let key = values(index, row)
            if key.contains(.null) { continue }
            let matches = try connection.sqlite.rows(sql(index), key)
            guard matches.contains(where: { $0[0].integer != except }) else { continue }
            return duplicateError(index, key)
        }
        return .duplicateEntry(value: "", key: table.name)
    }

    private func duplicateError(_ index: StoredIndex, _ key: [SQLiteValue]) -> TableError {
        let shown = zip(index.parts, key).map { part, value -> String in
            let type = table.columnIndex(part.column).map { table.columns[$0].type.columnType }
            return TableValue(value, type: type ?? .varchar()).text ?? "NULL"
        }
        return .duplicateEntry(
            value: String(shown.joined(separator: "-").prefix(64)),
            key: "\(table.name).\(index.name)"
        )
    }

    /// The first pair of stored rows that a unique index would refuse, as its error.
    func duplicateError(building index: StoredIndex) throws -> TableError {
        let parts = index.parts.map { StorageDDL.keyExpression($0, table) }
        let list = parts.joined(separator: ", ")
        let isSet = parts.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
        let sql =
            "SELECT \(list) FROM \(table.storageName.sqlQuoted) WHERE \(isSet) "
            + "GROUP BY \(list) HAVING count(*) > 1 LIMIT 1"
        let row = try connection.sqlite.rows(sql).first ?? []
        return duplicateError(index, row)
    }
}
