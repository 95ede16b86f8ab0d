import BorealBase

/// A table that a background job makes at another MySQL server.
extension ResultTable {
    /// `CREATE TABLE` for another server: types that all of them have, texts in utf8mb4 with the
    /// server's own collation.
    ///
    /// A TIMESTAMP becomes a DATETIME, which holds what was read in whatever time zone; a vector
    /// its bytes.
    ///
    /// - Parameters:
    ///   - name: the table's name there.
    ///   - comment: of the table.
    public func definition(elsewhere name: String, comment: String) -> String {
        let keys = Set(primaryKey.map(\.asciiLowercased))
        var lines = columns.map { column -> String in
            let type = Self.type(DefinitionRunner.column(column, "").type)
            let isNullable = column.isNullable && !keys.contains(column.name.asciiLowercased)
            let collation = type.isText && column.isBinaryText ? " COLLATE utf8mb4_bin" : ""
            return "\(column.name.backQuoted) \(type.sql)\(collation) "
                + (isNullable ? "NULL" : "NOT NULL")
        }
        if !primaryKey.isEmpty {
            lines.append("PRIMARY KEY (\(primaryKey.map(\.backQuoted).joined(separator: ", ")))")
        }
        return "CREATE TABLE \(database.backQuoted).\(name.backQuoted) ("
            + lines.joined(separator: ", ")
            + ") DEFAULT CHARACTER SET utf8mb4 COMMENT '\(comment.escapedForMySQL)'"
    }

    private static func type(_ type: StoredType) -> StoredType {
        switch type.base {
        case .timestamp: StoredType(.datetime, length: type.length)
        case .vector: StoredType(.longblob)
        default: type
        }
    }
}

extension TableSession {
    /// Checks names, types and key of a table that another server is to make; 1059, 1060, 1071,
    /// 1072, 1117, 1118, 1170.
    public func checkDefinition(of result: ResultTable) throws {
        _ = try definition(of: result, in: store.schema)
    }
}
