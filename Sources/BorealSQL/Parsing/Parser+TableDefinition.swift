import BorealBase

/// `CREATE TABLE` and what its parentheses hold.
extension Parser {
    /// From `TABLE` on; `CREATE` and its modifiers are taken.
    mutating func parseCreateTable(
        isTemporary: Bool,
        from start: Int32
    ) throws(SyntaxError) -> CreateTable {
        try expect(.table)
        let ifNotExists = try acceptIfNotExists()
        var table = CreateTable(
            isTemporary: isTemporary,
            ifNotExists: ifNotExists,
            name: try parseObjectName()
        )
        if try accept(.like) {
            table.like = try parseObjectName()
            table.span = span(from: start)
            return table
        }
        if at(.leftParenthesis) { try parseTableBody(&table) }
        if table.like == nil {
            table.options = try parseTableOptions()
            if at(.partition) { table.partitioning = try takePartitioning() }
            table.duplicates = try parseDuplicates()
            let hasAs = try accept(.as)
            if hasAs || atQueryStart() || at(.leftParenthesis) { table.query = try parseQuery() }
        }
        guard !table.elements.isEmpty || table.query != nil || table.like != nil else {
            throw unexpected(.sign(.leftParenthesis))
        }
        table.span = span(from: start)
        return table
    }

    /// What follows the name: elements, `(LIKE other)`, or a query in parentheses, which is left.
    private mutating func parseTableBody(_ table: inout CreateTable) throws(SyntaxError) {
        let next = try peek()
        switch next.keyword {
        case .select, .with, .table: return
        case .like:
            try advance()
            try advance()
            table.like = try parseObjectName()
            try expect(.rightParenthesis)
        default:
            if next.kind == .leftParenthesis { return }
            try advance()
            table.elements = try parseList { (parser) throws(SyntaxError) in
                try parser.parseTableElement()
            }
            try expect(.rightParenthesis)
        }
    }

    private mutating func parseTableElement() throws(SyntaxError) -> TableElement {
        if let element = try parseConstraintElement() { return element }
        return .column(try parseColumnDefinition())
    }

    /// A key, a foreign key or a check; nil, and nothing taken, where a column begins.
    mutating func parseConstraintElement() throws(SyntaxError) -> TableElement? {
        var name: Identifier?
        var isNamed = false
        if try accept(.constraint) {
            isNamed = true
            if atName() { name = try takeName() }
        }
        switch token.keyword {
        case .primary:
            try advance()
            try expect(.key)
            return .index(try parseIndexBody(.primary, named: name))
        case .unique:
            try advance()
            try acceptKeyWord()
            return .index(try parseIndexBody(.unique, named: name))
        case .foreign: return .foreignKey(try parseForeignKey(named: name))
        case .check: return .check(try parseCheck(named: name))
        case .key where !isNamed, .index where !isNamed:
            try advance()
            return .index(try parseIndexBody(.plain, named: nil))
        case .fulltext, .spatial:
            let kind: IndexDefinition.Kind = at(.fulltext) ? .fulltext : .spatial
            try advance()
            try acceptKeyWord()
            return .index(try parseIndexBody(kind, named: nil))
        default:
            if isNamed { throw unexpected(.keyword(.primary), .keyword(.unique), .keyword(.check)) }
            return try parseVectorIndex()
        }
    }

    /// `VECTOR INDEX name (column)`; `vector` alone is a column.
    private mutating func parseVectorIndex() throws(SyntaxError) -> TableElement? {
        guard isWord("vector") else { return nil }
        let next = try peek().keyword
        guard next == .index || next == .key else { return nil }
        try advance()
        try advance()
        return .index(try parseIndexBody(.vector, named: nil))
    }

    /// `KEY` or `INDEX`, either may be left out.
    private mutating func acceptKeyWord() throws(SyntaxError) {
        if at(.key) || at(.index) { try advance() }
    }

    private mutating func parseForeignKey(named name: Identifier?) throws(SyntaxError) -> ForeignKey
    {
        try expect(.foreign)
        try expect(.key)
        var key = ForeignKey(
            name: name,
            columns: [],
            reference: ForeignKeyReference(table: ObjectName(name: Identifier(name: "")))
        )
        if atName() {
            let index = try takeName()
            if key.name == nil { key.name = index }
        }
        key.columns = try parseNameList()
        key.reference = try parseReferences()
        return key
    }

    // MARK: - Options

    /// `ENGINE = InnoDB, COMMENT 'x'`, commas being optional.
    mutating func parseTableOptions() throws(SyntaxError) -> [TableOption] {
        var options: [TableOption] = []
        while let option = try parseTableOption() {
            options.append(option)
            guard options.count <= Limits.optionsMax else { throw .tooManyOptions(token.span) }
            _ = try accept(.comma)
        }
        return options
    }

    /// One option; nil where none follows.
    mutating func parseTableOption() throws(SyntaxError) -> TableOption? {
        if at(.default) { try advance() }
        if try acceptCharset() {
            _ = try accept(.equal)
            return TableOption(name: "CHARSET", value: .word(try parseCharsetName()))
        }
        if try accept(.collate) {
            _ = try accept(.equal)
            return TableOption(name: "COLLATE", value: .word(try parseCharsetName()))
        }
        if try accept(.union) {
            _ = try accept(.equal)
            let tables = try parseParenthesizedList { (parser) throws(SyntaxError) in
                try parser.parseObjectName()
            }
            return TableOption(name: "UNION", value: .tables(tables))
        }
        guard token.keyword.namesTableOption else { return nil }
        var name = try takeWord()
        if name == "DATA" || name == "INDEX" {
            try expect(.directory)
            name += " DIRECTORY"
        }
        _ = try accept(.equal)
        return TableOption(name: name, value: try parseOptionValue())
    }

    /// `PARTITION BY ...` up to the query or the end, as written.
    private mutating func takePartitioning() throws(SyntaxError) -> String {
        let start = token.start
        var open = 0
        while !at(.endOfText), !at(.semicolon) {
            if open == 0, at(.as) || at(.select) || at(.ignore) || at(.replace) { break }
            if at(.leftParenthesis) { open += 1 }
            if at(.rightParenthesis) { open -= 1 }
            try advance()
        }
        let range = span(from: start).range
        return String(decoding: lexer.bytes[range], as: UTF8.self)
    }
}

extension Keyword {
    /// True for the first words of table options that take a plain value.
    fileprivate var namesTableOption: Bool {
        switch self {
        case .engine, .comment, .autoIncrement, .avgRowLength, .checksum, .compression, .connection,
            .data, .index, .delayKeyWrite, .encryption, .engineAttribute, .insertMethod,
            .keyBlockSize, .maxRows, .minRows, .packKeys, .password, .rowFormat, .secondaryEngine,
            .statsAutoRecalc, .statsPersistent, .statsSamplePages, .tablespace, .type:
            true
        default: false
        }
    }
}
