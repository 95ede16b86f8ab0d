import BorealBase

/// Follows the words of one statement as far as they tell where tables are named.
struct SourceNameScanner {
    /// What may come next.
    private enum Expected {
        case nothing
        /// A table; one that is no source's is another server's.
        case table
        /// A name that may be a source's table or routine and need not be.
        case maybe
        /// A database.
        case database
    }

    /// What stands between two parentheses.
    private struct Group {
        var expected = Expected.nothing
        /// What a comma brings.
        var list = Expected.nothing
        /// `SELECT` was read, so that `FROM` brings tables.
        var isQuery = false
        /// Between `FROM` and the clause behind it.
        var isFrom = false
        /// The word before the parenthesis.
        var opener: Range<Int>?
    }

    /// What `SHOW` shows, as far as it matters.
    private enum Shown { case nothing, databases, tables, columns }

    private(set) var found = SourceNames()
    private let names: Set<String>
    private var lexer: Lexer
    private var token: Token
    private var groups = [Group()]
    private var first = Keyword.notKeyword
    private var hasBegun = false
    private var previous = Keyword.notKeyword
    /// The single name before, which `AS (` makes one of a query.
    private var lastName: Range<Int>?
    private var queries: Set<String> = []
    private var shown = Shown.nothing
    private var showFroms = 0
    private var hasQuery = false
    private var writes = false

    init(_ lexer: Lexer, _ names: Set<String>) {
        self.lexer = lexer
        self.names = names
        token = Token(kind: .endOfText, start: 0, end: 0)
    }

    // MARK: - Tokens

    mutating func run() throws(SyntaxError) {
        token = try lexer.next()
        while token.kind != .endOfText, groups.count < SourceNames.depthMax { try step() }
        if token.kind != .endOfText {
            found.obstacle = "more than \(SourceNames.depthMax) levels of parentheses"
        }
        found.isReading = isReading
    }

    private mutating func advance() throws(SyntaxError) { token = try lexer.next() }

    private func peek() throws(SyntaxError) -> Token {
        var ahead = lexer
        return try ahead.next()
    }

    private mutating func step() throws(SyntaxError) {
        var name: Range<Int>?
        var keyword = Keyword.notKeyword
        switch token.kind {
        case .word, .quotedName:
            if try peek().kind == .dot { return try readChain() }
            if token.kind == .word, try readKeyword() { keyword = token.keyword }
            if keyword == .notKeyword || !keyword.isReserved { name = token.span.range }
            if keyword == .notKeyword { try take([token.span.range], isCall: isCallNext()) }
        case .leftParenthesis: open()
        case .rightParenthesis: name = close()
        case .comma: group.expected = group.list
        case .userVariable:
            found.obstacle = "user variables in a statement for a source; send their values"
        case .systemVariable:
            // Its scope and name follow as words with dots.
            try advance()
            while try peek().kind == .dot {
                try advance()
                try advance()
            }
        default: group.expected = .nothing
        }
        lastName = name
        previous = keyword
        hasBegun = true
        try advance()
    }

    private var group: Group {
        get { groups[groups.count - 1] }
        set { groups[groups.count - 1] = newValue }
    }

    private var depth: Int { groups.count - 1 }

    private func isCallNext() throws(SyntaxError) -> Bool {
        try peek().kind == .leftParenthesis
    }

    /// Parentheses where a table is expected hold tables, others expressions.
    private mutating func open() {
        var inner = Group(opener: lastName)
        if group.expected != .nothing {
            inner.expected = group.expected
            inner.list = group.expected
            group.expected = .nothing
        }
        groups.append(inner)
    }

    /// - Returns: the word before the parenthesis that ends here.
    private mutating func close() -> Range<Int>? {
        guard groups.count > 1 else { return nil }
        let opener = groups.removeLast().opener
        group.expected = .nothing
        return opener
    }

    // MARK: - Names

    /// Names with dots between, to their end.
    private mutating func readChain() throws(SyntaxError) {
        var parts = [token.span.range]
        while try peek().kind == .dot {
            try advance()
            try advance()
            switch token.kind {
            case .word, .quotedName, .star: parts.append(token.span.range)
            default: break
            }
            if token.kind == .star || token.kind == .endOfText { break }
        }
        try take(parts, isCall: isCallNext())
        lastName = nil
        previous = .notKeyword
        hasBegun = true
        try advance()
    }

    /// Judges a name of one part or more.
    private mutating func take(_ parts: [Range<Int>], isCall: Bool) throws(SyntaxError) {
        let expected = group.expected
        group.expected = .nothing
        let isTable = expected == .table || expected == .maybe
        if parts.count > 1 {
            let source = unquoted(parts[0])
            if names.contains(source) {
                let isOurs =
                    switch parts.count {
                    case 2: expected == .database
                    case 3: isTable || isCall
                    default: true
                    }
                if isOurs { return note(source, parts[0].lowerBound..<parts[1].lowerBound) }
            }
        }
        // Behind FROM a name with a parenthesis is a function that makes a table.
        guard expected == .table, !(isCall && group.isFrom), found.otherTable == nil else { return }
        if parts.count == 1 {
            let name = unquoted(parts[0])
            if queries.contains(name) || name == "dual" { return }
        }
        found.otherTable = parts[0].lowerBound..<(parts.last ?? parts[0]).upperBound
    }

    private mutating func note(_ source: String, _ prefix: Range<Int>) {
        if !found.sources.contains(source) { found.sources.append(source) }
        found.prefixes.append(prefix)
        if let obstacle = Self.obstacles[first] { found.obstacle = obstacle }
    }

    /// A name without quotes, in lower case.
    private func unquoted(_ range: Range<Int>) -> String {
        let bytes = lexer.bytes[range]
        guard let quote = bytes.first, quote == UInt8(ascii: "`") || quote == UInt8(ascii: "\"")
        else { return String(decoding: bytes, as: UTF8.self).asciiLowercased }
        let mark = String(decoding: [quote], as: UTF8.self)
        return String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
            .replacing(mark + mark, with: mark).asciiLowercased
    }

    // MARK: - Words

    /// Statements that leave something behind in a session, which ours is not.
    private static let obstacles: [Keyword: String] = [
        .lock: "LOCK TABLES of a source", .handler: "HANDLER of a source",
        .flush: "FLUSH of a source", .set: "SET with a source's tables; send the values",
        .use: "USE of a source's database; name tables as source.database.table",
    ]

    private var isReading: Bool {
        switch first {
        case .select, .show, .describe, .desc, .explain, .table, .values: !writes
        case .with: !writes
        default: false
        }
    }

    /// What a word of the grammar means for what comes next.
    ///
    /// - Returns: false for a word that is a name here.
    private mutating func readKeyword() throws(SyntaxError) -> Bool {
        let keyword = token.keyword
        if !hasBegun || first == .notKeyword && depth > 0 && keyword == .select {
            first = keyword
            return try begin(keyword)
        }
        if group.expected != .nothing, !keyword.isReserved {
            return Self.fillers.contains(keyword)
        }
        guard keyword != .notKeyword else { return false }
        if first == .show { return readShow(keyword) }
        if Self.fillers.contains(keyword), group.expected != .nothing { return true }
        try follow(keyword)
        return true
    }

    /// Words that may stand between a word that brings a table and its name.
    private static let fillers: Set<Keyword> = [
        .if, .exists, .not, .ignore, .lowPriority, .highPriority, .delayed, .quick, .into, .table,
        .lateral, .temporary, .local, .noWriteToBinlog, .only, .to, .as,
    ]

    /// The first word of the statement.
    private mutating func begin(_ keyword: Keyword) throws(SyntaxError) -> Bool {
        switch keyword {
        case .select: beginQuery()
        case .insert, .replace: expect(.table)
        case .update: expect(list: .table)
        case .delete: expect(list: .maybe)
        case .table, .truncate, .call: expect(.table)
        case .describe, .desc, .explain: expect(.maybe)
        case .use: expect(.database)
        case .notKeyword: return false
        default: break
        }
        return true
    }

    private mutating func beginQuery() {
        group.isQuery = true
        group.isFrom = false
        expect(list: .nothing)
        hasQuery = true
    }

    private mutating func expect(_ expected: Expected) {
        group.expected = expected
        group.list = .nothing
    }

    private mutating func expect(list: Expected) {
        group.expected = list
        group.list = list
    }

    private mutating func follow(_ keyword: Keyword) throws(SyntaxError) {
        let behind = try peek().kind
        group.expected = .nothing
        switch keyword {
        // A privilege.
        case .select where first == .grant || first == .revoke: break
        case .select: beginQuery()
        case .from where previous != .distinct && (group.isQuery || depth == 0):
            group.isFrom = true
            expect(list: .table)
        // `FORCE INDEX FOR JOIN (i)` brings no table.
        case .join where previous != .for: group.expected = .table
        case .straightJoin where group.isFrom: group.expected = .table
        case .into where first == .insert || first == .replace || first == .load: expect(.table)
        case .insert, .replace, .update, .delete: readChange(keyword, behind)
        case .using where first == .delete && behind != .leftParenthesis && depth == 0:
            expect(list: .table)
        case .references: expect(.maybe)
        case .as where behind == .leftParenthesis:
            if let lastName { queries.insert(unquoted(lastName)) }
        case .where, .group, .having, .order, .limit, .union, .except, .intersect, .window, .set,
            .values:
            group.isFrom = false
            group.list = .nothing
        default: try followDefinition(keyword, behind)
        }
    }

    /// A change that an EXPLAIN or a WITH begins with; elsewhere the words mean something else.
    private mutating func readChange(_ keyword: Keyword, _ behind: Token.Kind) {
        let isStatement: Bool =
            switch first {
            case .with, .explain, .describe, .desc: depth == 0
            default: false
            }
        guard isStatement, behind != .leftParenthesis, previous != .for, previous != .on,
            previous != .key
        else { return }
        writes = true
        switch keyword {
        case .update: expect(list: .table)
        case .delete: expect(list: .maybe)
        default: expect(.table)
        }
    }

    /// Words of CREATE, ALTER, DROP, RENAME and GRANT.
    private mutating func followDefinition(
        _ keyword: Keyword,
        _ behind: Token.Kind
    ) throws(SyntaxError) {
        let isDefinition = first == .create || first == .alter || first == .drop
        switch keyword {
        case .table, .tables:
            let hasList: Bool =
                switch first {
                case .drop, .rename, .analyze, .check, .optimize, .repair, .checksum, .lock,
                    .flush:
                    true
                default: false
                }
            guard keyword == .table || hasList else { return }
            if hasList { expect(list: .table) } else { expect(.table) }
        case .view where isDefinition:
            if first == .drop { expect(list: .table) } else { expect(.table) }
        case .procedure, .function, .trigger, .event:
            if isDefinition, !hasQuery { expect(.maybe) }
        case .database, .schema:
            if isDefinition, !hasQuery, behind != .leftParenthesis { expect(.database) }
        case .on where depth == 0 && !hasQuery:
            if isDefinition || first == .grant || first == .revoke { expect(.table) }
        case .like where first == .create && !hasQuery && depth < 2: expect(.table)
        case .to where first == .rename, .to where first == .alter && previous == .rename,
            .as where first == .alter && previous == .rename:
            group.expected = .table
        case .rename where first == .alter: try readRename()
        default: break
        }
    }

    /// `RENAME t`, but not `RENAME COLUMN a TO b`.
    private mutating func readRename() throws(SyntaxError) {
        switch try peek().keyword {
        case .column, .index, .key, .to, .as: break
        default: expect(.table)
        }
    }

    // MARK: - SHOW

    /// A word of SHOW: the database, or the table and then the database, stand behind `FROM` or
    /// `IN`.
    private mutating func readShow(_ keyword: Keyword) -> Bool {
        group.expected = .nothing
        switch keyword {
        case .databases, .schemas: shown = .databases
        case .tables, .triggers, .events: shown = .tables
        case .status where previous == .table: shown = .tables
        case .columns, .fields, .index, .indexes, .keys: shown = .columns
        case .table, .view, .procedure, .function, .trigger, .event:
            if previous == .create { expect(.maybe) }
        case .database, .schema: if previous == .create { expect(.database) }
        case .from, .in: readShowFrom()
        case .like, .where: shown = .nothing
        default: break
        }
        return true
    }

    private mutating func readShowFrom() {
        showFroms += 1
        switch shown {
        case .tables: expect(.database)
        case .columns: expect(showFroms == 1 ? .maybe : .database)
        case .databases: takeDatabases()
        case .nothing: break
        }
    }

    /// `SHOW DATABASES FROM s`: without the last two words it is the source's.
    private mutating func takeDatabases() {
        // An end of the text there is none of ours to complain about.
        guard let name = try? peek(), name.kind == .word || name.kind == .quotedName else { return }
        let source = unquoted(name.span.range)
        guard names.contains(source) else { return }
        note(source, token.span.range.lowerBound..<name.span.range.upperBound)
    }
}
