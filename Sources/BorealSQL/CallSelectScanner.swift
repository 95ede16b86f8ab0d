import BorealBase

/// Follows the words of a SELECT as far as they tell where its list, its clauses and its calls of
/// functions of models are. Reads each token once and keeps none.
struct CallSelectScanner {
    private var lexer: Lexer
    private var token: Token
    private var previous: Token
    /// Open parentheses around the token.
    private var depth = 0
    private let nameCount: (_ function: String, _ count: Int) -> Int
    private var found = CallSelect()
    /// What becomes of parts of the text, in order.
    private var edits: [(range: Range<Int>, text: [UInt8])] = []
    /// Of all calls.
    private var argumentCount = 0
    /// The arguments that become columns.
    private var hidden: [UInt8] = []
    /// Where the list and the statement end.
    private var listEnd = 0
    private var textEnd: Int

    init(_ lexer: Lexer, _ nameCount: @escaping (_ function: String, _ count: Int) -> Int) {
        self.lexer = lexer
        self.nameCount = nameCount
        token = Token(kind: .endOfText, start: 0, end: 0)
        previous = token
        textEnd = lexer.bytes.count
    }

    mutating func run() throws(CallSelectError) -> CallSelect {
        try advance()
        try readHead()
        while true {
            try readItem()
            guard token.kind == .comma else { break }
            try advance()
        }
        listEnd = previous.span.range.upperBound
        try readClauses()
        found.inner = rewritten()
        return found
    }

    // MARK: - Tokens

    private mutating func advance() throws(CallSelectError) {
        previous = token
        do throws(SyntaxError) { token = try lexer.next() } catch { throw .syntax(error) }
        if token.kind == .placeholder { found.hasPlaceholders = true }
    }

    private func peek() throws(CallSelectError) -> Token {
        var ahead = lexer
        do throws(SyntaxError) { return try ahead.next() } catch { throw .syntax(error) }
    }

    /// Past a token, whatever it is.
    private mutating func step() throws(CallSelectError) {
        switch token.kind {
        case .leftParenthesis: depth += 1
        case .rightParenthesis: depth = max(depth - 1, 0)
        default: break
        }
        try advance()
    }

    /// The reserved word that the token is; behind a dot it is a name.
    private var keyword: Keyword {
        guard token.kind == .word, previous.kind != .dot, token.keyword.isReserved else {
            return .notKeyword
        }
        return token.keyword
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: lexer.bytes[range], as: UTF8.self)
    }

    private var word: String { text(token.span.range) }

    private func isCall() throws(CallSelectError) -> Bool {
        guard token.kind == .word, SourceMarks.isModelCall(lexer.bytes, token.span.range) else {
            return false
        }
        return try peek().kind == .leftParenthesis
    }

    private func refuseCall(_ place: String) throws(CallSelectError) {
        if try isCall() { throw .refused("\(word.prefix(64)) \(place)") }
    }

    // MARK: - In front of the list

    private mutating func readHead() throws(CallSelectError) {
        guard token.kind != .leftParenthesis else {
            throw .refused("functions of models in a SELECT in parentheses")
        }
        guard keyword == .select || keyword == .with else {
            throw .refused("functions of models in \(word.prefix(64).uppercased())")
        }
        while depth > 0 || keyword != .select {
            guard token.kind != .endOfText else { throw .refused("functions of models in WITH") }
            try refuseCall("in WITH")
            try step()
        }
        try advance()
        while try isModifier() { try advance() }
    }

    /// Words between SELECT and its list.
    private func isModifier() throws(CallSelectError) -> Bool {
        guard token.kind == .word else { return false }
        switch token.keyword {
        case .distinct, .distinctrow: throw .refused("functions of models beside DISTINCT")
        case .all, .highPriority, .straightJoin, .sqlSmallResult, .sqlBigResult,
            .sqlCalcFoundRows:
            return true
        case .sqlBufferResult, .sqlCache, .sqlNoCache:
            // Not reserved: they may be columns.
            let next = try peek()
            return next.kind != .comma && next.kind != .dot && !Self.listEnds.contains(next.keyword)
        default: return false
        }
    }

    // MARK: - The list

    /// Words behind the list.
    private static let listEnds: Set<Keyword> = [
        .from, .where, .group, .having, .order, .limit, .window, .into, .union, .except,
        .intersect, .for, .lock, .procedure, .fetch,
    ]

    private var isItemEnd: Bool {
        guard depth == 0 else { return token.kind == .endOfText }
        switch token.kind {
        case .comma, .endOfText, .semicolon: return true
        default: return Self.listEnds.contains(keyword)
        }
    }

    private mutating func readItem() throws(CallSelectError) {
        guard try isCall() else {
            while !isItemEnd {
                try refuseCall("inside an expression")
                try step()
            }
            return
        }
        guard found.calls.count < SyntaxLimits.modelCallsMax else {
            throw .refused("more than \(SyntaxLimits.modelCallsMax) calls of functions of models")
        }
        let start = token.span.range.lowerBound
        let function = word
        let arguments = try readArguments(function)
        let end = previous.span.range.upperBound
        let alias = try readAlias()
        guard isItemEnd else { throw .refused("\(function.prefix(64)) inside an expression") }
        let name = CallSelect.placeholder(found.calls.count)
        edits.append((start..<previous.span.range.upperBound, Array("NULL AS `\(name)`".utf8)))
        found.calls.append(
            CallSelect.Call(function, text(start..<end), alias: alias, arguments)
        )
    }

    /// The name behind a call, in quotes if it has them.
    private mutating func readAlias() throws(CallSelectError) -> String? {
        let hasWord = token.kind == .word && token.keyword == .as
        if hasWord { try advance() }
        switch token.kind {
        case .word where !token.keyword.isReserved: break
        case .quotedName, .stringLiteral: break
        default:
            if hasWord { throw .syntax(.unexpected(token.span, expected: [.expression])) }
            return nil
        }
        let alias = word
        try advance()
        return alias
    }

    // MARK: - Arguments

    /// The tokens of an argument.
    private struct Extent {
        var range: Range<Int>
        /// Texts in single quotes.
        var isText = true
        /// A name, with dots or without.
        var isName = true
    }

    /// From a call's name to behind its parenthesis.
    private mutating func readArguments(
        _ function: String
    ) throws(CallSelectError) -> [CallSelect.Argument] {
        try advance()
        try advance()
        var extents: [Extent] = []
        var levels = 0
        var current = Extent(range: token.span.range)
        var isEmpty = true
        while true {
            switch token.kind {
            case .endOfText: throw .syntax(.unexpected(token.span, expected: [.expression]))
            case .comma where levels == 0, .rightParenthesis where levels == 0:
                let isLast = token.kind == .rightParenthesis
                if !(isLast && isEmpty && extents.isEmpty) {
                    // Nothing between two commas is for the source to complain about.
                    let end = isEmpty ? current.range.lowerBound : previous.span.range.upperBound
                    current.range = current.range.lowerBound..<end
                    extents.append(current)
                    try countArgument()
                }
                try advance()
                if isLast { return named(extents, function) }
                current = Extent(range: token.span.range)
                isEmpty = true
                continue
            case .leftParenthesis: levels += 1
            case .rightParenthesis: levels -= 1
            default: break
            }
            try refuseCall("inside the arguments of \(function.prefix(64))")
            note(&current)
            isEmpty = false
            try advance()
        }
    }

    private mutating func countArgument() throws(CallSelectError) {
        argumentCount += 1
        guard argumentCount <= SyntaxLimits.modelArgumentsMax else {
            throw .refused(
                "more than \(SyntaxLimits.modelArgumentsMax) arguments of functions of models"
            )
        }
    }

    private func note(_ extent: inout Extent) {
        let isText =
            token.kind == .stringLiteral
            && lexer.bytes[Int(token.start)] == UInt8(ascii: "'")
        if !isText { extent.isText = false }
        switch token.kind {
        case .word, .quotedName, .dot: break
        default: extent.isName = false
        }
    }

    /// Decides which arguments the source is asked for.
    private mutating func named(
        _ extents: [Extent],
        _ function: String
    ) -> [CallSelect.Argument] {
        let names = nameCount(function, extents.count)
        return extents.enumerated().map { index, extent in
            var argument = CallSelect.Argument(text(extent.range))
            let isEmpty = extent.range.isEmpty
            if isEmpty || !(extent.isText || extent.isName && index < names) {
                let name = CallSelect.hidden(found.hiddenCount)
                hidden += ", ".utf8
                hidden += lexer.bytes[extent.range]
                hidden += " AS `\(name)`".utf8
                argument.column = found.hiddenCount
                found.hiddenCount += 1
            }
            return argument
        }
    }

    // MARK: - Behind the list

    private static let clauses: [Keyword: String] = [
        .from: "FROM", .where: "WHERE", .group: "GROUP BY", .having: "HAVING",
        .order: "ORDER BY", .limit: "LIMIT", .window: "WINDOW",
    ]

    private mutating func readClauses() throws(CallSelectError) {
        var clause = Keyword.from
        let names = Set(found.calls.map(\.shownName))
        while token.kind != .endOfText {
            if depth == 0 {
                if token.kind == .semicolon { return try readEnd() }
                switch keyword {
                case .union, .except, .intersect, .into, .procedure:
                    throw .refused("functions of models beside \(keyword.text)")
                default: if Self.clauses[keyword] != nil { clause = keyword }
                }
            }
            try refuseCall("in \(Self.clauses[clause] ?? "FROM")")
            if clause == .group || clause == .having || clause == .order {
                try checkName(names, clause)
                try notePlace(clause)
            }
            try step()
        }
    }

    private mutating func readEnd() throws(CallSelectError) {
        textEnd = Int(token.start)
        while token.kind == .semicolon { try advance() }
        guard token.kind == .endOfText else {
            throw .refused("functions of models in one of several statements")
        }
    }

    /// Nothing is sorted or grouped by an answer: only the source could, and it has none.
    private func checkName(_ names: Set<String>, _ clause: Keyword) throws(CallSelectError) {
        guard token.kind == .word || token.kind == .quotedName, previous.kind != .dot,
            names.contains(CallSelect.Call.unquoted(word))
        else { return }
        switch try peek().kind {
        case .dot, .leftParenthesis: return
        default:
            throw .refused(
                "\(Self.clauses[clause] ?? "") with the answer of a function of models, "
                    + "\(word.prefix(64)),"
            )
        }
    }

    /// A number by itself is the place of a column.
    private mutating func notePlace(_ clause: Keyword) throws(CallSelectError) {
        guard depth == 0, clause != .having, token.kind == .integerLiteral,
            previous.kind == .comma || previous.keyword == .by,
            let place = Int(word)
        else { return }
        switch try peek().kind {
        case .comma, .word, .semicolon, .endOfText: found.places.insert(place)
        default: break
        }
    }

    // MARK: - The text for the source

    private func rewritten() -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(textEnd + hidden.count)
        var position = 0
        for edit in edits {
            result += lexer.bytes[position..<edit.range.lowerBound]
            result += edit.text
            position = edit.range.upperBound
        }
        result += lexer.bytes[position..<listEnd]
        result += hidden
        return result + lexer.bytes[listEnd..<textEnd]
    }
}

extension CallSelect.Call {
    /// What the column is called in other clauses, in lower case.
    fileprivate var shownName: String { Self.unquoted(alias ?? text) }

    /// A name without its quotes, in lower case.
    fileprivate static func unquoted(_ text: String) -> String {
        guard let quote = text.first, quote == "`" || quote == "\"" || quote == "'" else {
            return text.asciiLowercased
        }
        let mark = String(quote)
        return String(text.dropFirst().dropLast()).replacing(mark + mark, with: mark)
            .asciiLowercased
    }
}
