import BorealBase

/// Definitions of columns, keys and constraints.
extension Parser {
    // MARK: - Columns

    mutating func parseColumnDefinition() throws(SyntaxError) -> ColumnDefinition {
        let start = token.start
        let name = try parseIdentifier()
        var column = ColumnDefinition(name: name, type: try parseDataType())
        while try parseColumnAttribute(&column) {}
        column.span = span(from: start)
        return column
    }

    /// Takes one attribute; false when none follows.
    private mutating func parseColumnAttribute(
        _ column: inout ColumnDefinition
    ) throws(SyntaxError) -> Bool {
        switch token.keyword {
        case .null: column.isNullable = true
        case .not:
            try advance()
            guard at(.null) else { throw unexpected(.keyword(.null)) }
            column.isNullable = false
        case .autoIncrement: column.isAutoIncrement = true
        case .primary:
            try advance()
            guard at(.key) else { throw unexpected(.keyword(.key)) }
            column.isPrimaryKey = true
        case .key: column.isPrimaryKey = true
        case .unique:
            column.isUnique = true
            try advance()
            _ = try accept(.key)
            return true
        case .visible: column.isInvisible = false
        case .invisible: column.isInvisible = true
        default: return try parseColumnClause(&column)
        }
        try advance()
        return true
    }

    /// Attributes with something behind their first word.
    private mutating func parseColumnClause(
        _ column: inout ColumnDefinition
    ) throws(SyntaxError) -> Bool {
        switch token.keyword {
        case .default:
            try advance()
            column.defaultValue = try parseDefaultValue()
        case .on:
            try advance()
            try expect(.update)
            column.onUpdateTimestamp = try parseCurrentTimestamp()
        case .comment:
            try advance()
            column.comment = try parseString()
        case .collate:
            try advance()
            column.type.collation = try parseCharsetName()
        case .generated, .as: column.generated = try parseGenerated()
        case .references: column.references = try parseReferences()
        case .constraint, .check: column.checks.append(try parseColumnCheck())
        case .columnFormat, .storage:
            try advance()
            _ = try takeWord()
        case .srid:
            try advance()
            _ = try parseInteger()
        default: return false
        }
        return true
    }

    mutating func parseDefaultValue() throws(SyntaxError) -> ColumnDefinition.Default {
        switch token.keyword {
        case .currentTimestamp, .localtime, .localtimestamp:
            return .currentTimestamp(fractionalDigits: try parseCurrentTimestamp())
        default: break
        }
        if isWord("now"), try peek().kind == .leftParenthesis {
            return .currentTimestamp(fractionalDigits: try parseCurrentTimestamp())
        }
        // Not a whole operand: `COLLATE` behind the constant is the column's.
        guard at(.leftParenthesis) else { return .literal(try parsePrimary()) }
        try enter()
        try advance()
        let expression = try parseExpression()
        try expect(.rightParenthesis)
        leave()
        return .expression(expression)
    }

    /// `CURRENT_TIMESTAMP`, its synonyms, with or without `()` and `(fsp)`: the fractional digits.
    private mutating func parseCurrentTimestamp() throws(SyntaxError) -> UInt64 {
        guard at(.currentTimestamp) || at(.localtime) || at(.localtimestamp) || isWord("now") else {
            throw unexpected(.keyword(.currentTimestamp))
        }
        try advance()
        guard try accept(.leftParenthesis) else { return 0 }
        let digits = at(.integerLiteral) ? try parseInteger() : 0
        try expect(.rightParenthesis)
        return digits
    }

    private mutating func parseGenerated() throws(SyntaxError) -> Generated {
        if try accept(.generated) { try expect(.always) }
        try expect(.as)
        try enter()
        try expect(.leftParenthesis)
        let expression = try parseExpression()
        try expect(.rightParenthesis)
        leave()
        let isStored = try accept(.stored)
        if !isStored { _ = try accept(.virtual) }
        return Generated(expression: expression, isStored: isStored)
    }

    private mutating func parseColumnCheck() throws(SyntaxError) -> CheckConstraint {
        var name: Identifier?
        if try accept(.constraint), !at(.check) { name = try parseIdentifier() }
        return try parseCheck(named: name)
    }

    /// `CHECK (expr) [[NOT] ENFORCED]`.
    mutating func parseCheck(named name: Identifier?) throws(SyntaxError) -> CheckConstraint {
        try expect(.check)
        try enter()
        try expect(.leftParenthesis)
        let condition = try parseExpression()
        try expect(.rightParenthesis)
        leave()
        var check = CheckConstraint(name: name, condition: condition)
        if try accept(.not, .enforced) {
            check.isEnforced = false
        } else {
            _ = try accept(.enforced)
        }
        return check
    }

    // MARK: - Foreign keys

    mutating func parseReferences() throws(SyntaxError) -> ForeignKeyReference {
        try expect(.references)
        var reference = ForeignKeyReference(table: try parseObjectName())
        reference.columns = try parseOptionalNameList()
        if try accept(.match) { _ = try takeWord() }
        while try accept(.on) {
            let isDelete = try accept(.delete)
            if !isDelete { try expect(.update) }
            let action = try parseReferenceAction()
            if isDelete { reference.onDelete = action } else { reference.onUpdate = action }
        }
        return reference
    }

    private mutating func parseReferenceAction() throws(SyntaxError) -> ForeignKeyReference.Action {
        if try accept(.restrict) { return .restrict }
        if try accept(.cascade) { return .cascade }
        if try accept(.set) {
            if try accept(.default) { return .setDefault }
            try expect(.null)
            return .setNull
        }
        try expect(.no)
        try expect(.action)
        return .noAction
    }

    // MARK: - Keys

    /// The parts of a key in parentheses.
    mutating func parseKeyParts() throws(SyntaxError) -> [KeyPart] {
        try parseParenthesizedList { (parser) throws(SyntaxError) in try parser.parseKeyPart() }
    }

    private mutating func parseKeyPart() throws(SyntaxError) -> KeyPart {
        var part: KeyPart
        if at(.leftParenthesis) {
            try enter()
            try advance()
            part = KeyPart(kind: .expression(try parseExpression()))
            try expect(.rightParenthesis)
            leave()
        } else {
            let name = try parseIdentifier()
            var length: UInt64?
            if try accept(.leftParenthesis) {
                length = try parseInteger()
                try expect(.rightParenthesis)
            }
            part = KeyPart(kind: .column(name, prefixLength: length))
        }
        part.isDescending = try accept(.desc)
        if !part.isDescending { _ = try accept(.asc) }
        return part
    }

    /// `[name] [USING ..] (parts) options` of a key of the given kind, whose words are taken.
    mutating func parseIndexBody(
        _ kind: IndexDefinition.Kind,
        named name: Identifier?
    ) throws(SyntaxError) -> IndexDefinition {
        var index = IndexDefinition(kind: kind, name: name, parts: [])
        if atName() { index.name = try takeName() }
        if at(.using) || at(.type) { try parseIndexOption(&index) }
        index.parts = try parseKeyParts()
        try parseIndexOptions(&index)
        return index
    }

    mutating func parseIndexOptions(_ index: inout IndexDefinition) throws(SyntaxError) {
        while true {
            switch token.keyword {
            case .using, .keyBlockSize, .with, .comment, .visible, .invisible, .engineAttribute,
                .type:
                try parseIndexOption(&index)
            default: return
            }
        }
    }

    private mutating func parseIndexOption(
        _ index: inout IndexDefinition
    ) throws(SyntaxError) {
        let name = try takeWord()
        switch name {
        case "USING", "TYPE": index.algorithm = try takeWord()
        case "COMMENT": index.comment = try parseString()
        case "VISIBLE": index.isInvisible = false
        case "INVISIBLE": index.isInvisible = true
        case "WITH":
            try expect(.parser)
            let parser = TableOption.Value.word(try parseIdentifier().name)
            index.options.append(TableOption(name: "PARSER", value: parser))
        default:
            _ = try accept(.equal)
            index.options.append(TableOption(name: name, value: try parseOptionValue()))
        }
    }

    /// The value of a table option: a word, a string or a number.
    mutating func parseOptionValue() throws(SyntaxError) -> TableOption.Value {
        switch token.kind {
        case .stringLiteral: return .string(try parseString())
        case .integerLiteral: return .integer(try parseInteger())
        case .word, .quotedName: return .word(try takeName().name)
        default: throw unexpected(.optionValue)
        }
    }
}
