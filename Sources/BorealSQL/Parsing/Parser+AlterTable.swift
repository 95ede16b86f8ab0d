import BorealBase

/// `ALTER TABLE`.
extension Parser {
    /// From `TABLE` on.
    mutating func parseAlterTable(from start: Int32) throws(SyntaxError) -> AlterTable {
        try expect(.table)
        var alter = AlterTable(name: try parseObjectName(), actions: [])
        if !at(.endOfText), !at(.semicolon) {
            repeat {
                alter.actions += try parseAlterActions()
                // Table options may follow each other without commas.
            } while try accept(.comma) || (!at(.endOfText) && !at(.semicolon))
        }
        alter.span = span(from: start)
        return alter
    }

    private mutating func parseAlterActions() throws(SyntaxError) -> [AlterAction] {
        switch token.keyword {
        case .add:
            try advance()
            return try parseAdd()
        case .drop:
            try advance()
            return [try parseDrop()]
        case .modify:
            try advance()
            _ = try accept(.column)
            let ifExists = try acceptIfExists()
            let column = try parseColumnDefinition()
            let action = AlterAction.modifyColumn(column, try parsePosition())
            return [ifExists ? .lenient(action) : action]
        case .change:
            try advance()
            _ = try accept(.column)
            let old = try parseIdentifier()
            let column = try parseColumnDefinition()
            return [.changeColumn(old, column, try parsePosition())]
        case .rename:
            try advance()
            return [try parseRename()]
        case .alter:
            try advance()
            return [try parseAlterElement()]
        default: return [try parseTableWideAction()]
        }
    }

    private mutating func parseAdd() throws(SyntaxError) -> [AlterAction] {
        if let element = try parseConstraintElement() {
            switch element {
            case .index(let index): return [.addIndex(index)]
            case .foreignKey(let key): return [.addForeignKey(key)]
            case .check(let check): return [.addCheck(check)]
            case .column: throw unexpected(.name)
            }
        }
        _ = try accept(.column)
        let ifNotExists = try acceptIfNotExists()
        if try accept(.leftParenthesis) {
            let columns = try parseList { (parser) throws(SyntaxError) in
                try parser.parseColumnDefinition()
            }
            try expect(.rightParenthesis)
            return columns.map { .addColumn($0, nil) }
        }
        let column = try parseColumnDefinition()
        let action = AlterAction.addColumn(column, try parsePosition())
        return [ifNotExists ? .lenient(action) : action]
    }

    private mutating func parsePosition() throws(SyntaxError) -> ColumnPosition? {
        if try accept(.first) { return .first }
        return try accept(.after) ? .after(try parseIdentifier()) : nil
    }

    private mutating func parseDrop() throws(SyntaxError) -> AlterAction {
        switch token.keyword {
        case .primary:
            try advance()
            try expect(.key)
            return .dropPrimaryKey
        case .foreign:
            try advance()
            try expect(.key)
            return try lenient { .dropForeignKey($0) }
        case .index, .key:
            try advance()
            return try lenient { .dropIndex($0) }
        case .check:
            try advance()
            return try lenient { .dropCheck($0) }
        case .constraint:
            try advance()
            return try lenient { .dropConstraint($0) }
        default:
            _ = try accept(.column)
            return try lenient { .dropColumn($0) }
        }
    }

    /// `[IF EXISTS] name`.
    private mutating func lenient(
        _ action: (Identifier) -> AlterAction
    ) throws(SyntaxError) -> AlterAction {
        let ifExists = try acceptIfExists()
        let made = action(try parseIdentifier())
        return ifExists ? .lenient(made) : made
    }

    private mutating func parseRename() throws(SyntaxError) -> AlterAction {
        if try accept(.column) {
            let old = try parseIdentifier()
            try expect(.to)
            return .renameColumn(old, try parseIdentifier())
        }
        if at(.index) || at(.key) {
            try advance()
            let old = try parseIdentifier()
            try expect(.to)
            return .renameIndex(old, try parseIdentifier())
        }
        if at(.to) || at(.as) || at(.equal) { try advance() }
        return .renameTable(try parseObjectName())
    }

    private mutating func parseAlterElement() throws(SyntaxError) -> AlterAction {
        if try accept(.index) {
            let name = try parseIdentifier()
            let isVisible = try accept(.visible)
            if !isVisible { try expect(.invisible) }
            return .setIndexVisibility(name, isVisible: isVisible)
        }
        if at(.check) || at(.constraint) {
            try advance()
            let name = try parseIdentifier()
            let isEnforced = try !accept(.not)
            try expect(.enforced)
            return .setEnforcement(name, isEnforced: isEnforced)
        }
        _ = try accept(.column)
        let name = try parseIdentifier()
        if try accept(.drop) {
            try expect(.default)
            return .setDefault(name, nil)
        }
        try expect(.set)
        try expect(.default)
        return .setDefault(name, try parseDefaultValue())
    }

    private mutating func parseTableWideAction() throws(SyntaxError) -> AlterAction {
        switch token.keyword {
        case .convert:
            try advance()
            try expect(.to)
            guard try acceptCharset() else { throw unexpected(.keyword(.character)) }
            let charset = try parseCharsetName()
            let collation = try accept(.collate) ? try parseCharsetName() : nil
            return .convertCharset(charset, collation: collation)
        case .enable, .disable:
            let isEnabled = at(.enable)
            try advance()
            try expect(.keys)
            return .enableKeys(isEnabled)
        case .order: return .orderBy(try parseOrderBy())
        case .algorithm, .lock:
            let name = try takeWord()
            _ = try accept(.equal)
            return .advice("\(name)=\(try takeWord())")
        case .force:
            try advance()
            return .advice("FORCE")
        case .partition, .remove, .discard, .import, .truncate:
            throw .unsupported("ALTER TABLE ... \(lexer.text(token).uppercased())", token.span)
        default:
            guard let option = try parseTableOption() else {
                throw unexpected(.keyword(.add), .keyword(.drop), .keyword(.modify))
            }
            return .option(option)
        }
    }
}
