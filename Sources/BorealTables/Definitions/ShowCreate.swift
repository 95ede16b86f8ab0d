import BorealBase

/// What SHOW CREATE prints. Clients read it with regular expressions: one line a column, two blanks
/// of indent, the options on the last line.
extension StoredTable {
    /// `CREATE TABLE ...` or `CREATE VIEW ...`.
    func showCreate(autoIncrement: UInt64?) -> String {
        if let viewQuery {
            return
                "CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW "
                + "\(name.backQuoted) AS \(viewQuery)"
                + (hasCheckOption ? " WITH CASCADED CHECK OPTION" : "")
        }
        var lines = columns.map { "  " + $0.declaration(tableCollation: collation) }
        lines += indexes.map { "  " + $0.declaration }
        lines += foreignKeys.map { "  " + $0.declaration(in: database) }
        lines += checks.map { "  " + $0.declaration }
        var text =
            "CREATE \(isTemporary ? "TEMPORARY " : "")TABLE \(name.backQuoted) (\n"
            + lines.joined(separator: ",\n") + "\n)"
        text += " ENGINE=\(engine)"
        if let autoIncrement, autoIncrement > 1 { text += " AUTO_INCREMENT=\(autoIncrement)" }
        text += " DEFAULT CHARSET=\(Collations.charset(of: collation)) COLLATE=\(collation)"
        for option in options { text += " " + option }
        if !comment.isEmpty { text += " COMMENT='\(comment.escapedForMySQL)'" }
        return text
    }
}

extension StoredColumn {
    fileprivate func declaration(tableCollation: String) -> String {
        var text = name.backQuoted + " " + type.sql
        if type.isText, let collation = type.collation, collation != tableCollation {
            let charset = Collations.charset(of: collation)
            if charset != Collations.charset(of: tableCollation) {
                text += " CHARACTER SET \(charset)"
            }
            text += " COLLATE \(collation)"
        }
        if let generated {
            text += " GENERATED ALWAYS AS (\(generated.expression)) "
            text += generated.isStored ? "STORED" : "VIRTUAL"
        }
        if !isNullable {
            text += " NOT NULL"
        } else if type.base == .timestamp {
            text += " NULL"
        }
        text += defaultClause
        if updatesToNow { text += " ON UPDATE " + nowText }
        if isAutoIncrement { text += " AUTO_INCREMENT" }
        if isInvisible { text += " /*!80023 INVISIBLE */" }
        if !comment.isEmpty { text += " COMMENT '\(comment.escapedForMySQL)'" }
        return text
    }

    private var nowText: String {
        let digits = type.length ?? 0
        return digits > 0 ? "CURRENT_TIMESTAMP(\(digits))" : "CURRENT_TIMESTAMP"
    }

    private var defaultClause: String {
        if generated != nil { return "" }
        return switch defaultValue {
        case .null: type.isLong ? "" : " DEFAULT NULL"
        case .literal(let value):
            type.base == .bit ? " DEFAULT \(value)" : " DEFAULT '\(value.escapedForMySQL)'"
        case .expression(let text): " DEFAULT (\(text))"
        case .currentTimestamp: " DEFAULT " + nowText
        case nil: ""
        }
    }

    /// The `Default` of SHOW COLUMNS.
    var defaultText: String? {
        switch defaultValue {
        case nil, .null: nil
        case .literal(let value): value
        case .currentTimestamp: nowText
        case .expression(let text): text
        }
    }

    /// The `Extra` of SHOW COLUMNS.
    var extraText: String {
        var parts: [String] = []
        if isAutoIncrement { parts.append("auto_increment") }
        switch defaultValue {
        case .currentTimestamp, .expression: parts.append("DEFAULT_GENERATED")
        default: break
        }
        if let generated {
            parts.append(generated.isStored ? "STORED GENERATED" : "VIRTUAL GENERATED")
        }
        if isInvisible { parts.append("INVISIBLE") }
        if updatesToNow { parts.append("on update " + nowText) }
        return parts.joined(separator: " ")
    }
}

extension StoredIndex {
    fileprivate var declaration: String {
        let list = parts.map { part in
            part.column.backQuoted + (part.prefix.map { "(\($0))" } ?? "")
                + (part.isDescending ? " DESC" : "")
        }.joined(separator: ",")
        var tail = algorithm.map { " USING \($0)" } ?? ""
        if !comment.isEmpty { tail += " COMMENT '\(comment.escapedForMySQL)'" }
        if isInvisible { tail += " /*!80000 INVISIBLE */" }
        switch kind {
        case .primary: return "PRIMARY KEY (\(list))" + tail
        case .unique: return "UNIQUE KEY \(name.backQuoted) (\(list))" + tail
        case .plain: return "KEY \(name.backQuoted) (\(list))" + tail
        case .fulltext: return "FULLTEXT KEY \(name.backQuoted) (\(list))" + tail
        case .spatial: return "SPATIAL KEY \(name.backQuoted) (\(list))" + tail
        }
    }
}
