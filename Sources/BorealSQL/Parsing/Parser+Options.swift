import BorealBase

/// `WITH ( ... )`, and the ids of tasks.
extension Parser {
    /// `WITH (name = value, ...)`.
    mutating func parseWithOptions(mayBeEmpty: Bool) throws(SyntaxError) -> OptionList {
        try expect(.with)
        let list = try parseOptionList()
        if list.options.isEmpty, !mayBeEmpty {
            let end = list.span.end
            throw .unexpected(SourceSpan(start: end - 1, end: end), expected: [.name])
        }
        return list
    }

    /// Options in parentheses, a trailing comma allowed.
    mutating func parseOptionList() throws(SyntaxError) -> OptionList {
        let start = token.start
        try enter()
        try expect(.leftParenthesis)
        let options = at(.rightParenthesis) ? [] : try parseOptions()
        try expect(.rightParenthesis)
        leave()
        return OptionList(options: options, span: span(from: start))
    }

    /// Options without the parentheses.
    mutating func parseOptions() throws(SyntaxError) -> [ModelOption] {
        var options: [ModelOption] = []
        repeat {
            if at(.rightParenthesis), !options.isEmpty { break }
            optionCount += 1
            if optionCount > Limits.optionsMax { throw .tooManyOptions(token.span) }
            options.append(try parseOption())
        } while try accept(.comma)
        return options
    }

    private mutating func parseOption() throws(SyntaxError) -> ModelOption {
        let start = token.start
        let name = try takeName()
        try expect(.equal)
        let value = try parseValue()
        return ModelOption(name: name, value: value, span: span(from: start))
    }

    private mutating func parseValue() throws(SyntaxError) -> OptionValue {
        let start = token.start
        let kind: OptionValue.Kind
        switch token.kind {
        case .stringLiteral: kind = .string(try parseString())
        case .leftParenthesis:
            kind = try atQueryValue() ? .query(try parseQueryValue()) : .list(try parseOptionList())
        case .placeholder: kind = .placeholder(try takePlaceholder())
        case .quotedName: kind = .word(try takeName().name)
        case .word: kind = try takeWordValue()
        case .minus, .plus, .integerLiteral, .decimalLiteral, .floatLiteral:
            kind = try takeNumberValue()
        default: throw unexpected(.optionValue)
        }
        return OptionValue(kind: kind, span: span(from: start))
    }

    /// `(SELECT` and `(WITH`, unless these are names of options.
    private func atQueryValue() throws(SyntaxError) -> Bool {
        let (first, second) = try peekTwo()
        guard first.keyword == .select || first.keyword == .with else { return false }
        return second.kind != .equal
    }

    /// `(query)`.
    private mutating func parseQueryValue() throws(SyntaxError) -> InnerQuery {
        try expect(.leftParenthesis)
        let query = try takeInnerQuery()
        try expect(.rightParenthesis)
        return query
    }

    private mutating func takeWordValue() throws(SyntaxError) -> OptionValue.Kind {
        let keyword = token.keyword
        let word = try takeName().name
        switch keyword {
        case .true: return .boolean(true)
        case .false: return .boolean(false)
        case .none, .null: return .none
        default: return .word(word)
        }
    }

    private mutating func takeNumberValue() throws(SyntaxError) -> OptionValue.Kind {
        var sign = ""
        if at(.minus) || at(.plus) {
            if at(.minus) { sign = "-" }
            try advance()
        }
        let digits = lexer.text(token)
        switch token.kind {
        case .integerLiteral:
            try advance()
            return Int64(sign + digits).map { .integer($0) } ?? .decimal(sign + digits)
        case .decimalLiteral, .floatLiteral:
            try advance()
            return .decimal(sign + digits)
        default: throw unexpected(.optionValue)
        }
    }

    // MARK: - Task ids

    /// `` `uuid` ``, `'uuid'`, `?`, or a bare uuid, whose bytes are no token of SQL: digits,
    /// letters and hyphens are read as they stand.
    mutating func parseTaskID() throws(SyntaxError) -> TaskID {
        switch token.kind {
        case .placeholder: return .placeholder(try takePlaceholder())
        case .quotedName, .stringLiteral:
            let place = token.span
            let text = at(.quotedName) ? lexer.name(token) : try parseString()
            guard !text.isEmpty, text.utf8.count <= SyntaxLimits.taskIDBytesMax else {
                throw .unexpected(place, expected: [.taskID])
            }
            if at(.quotedName) { try advance() }
            return .id(text.lowercased())
        default: return try takeBareTaskID()
        }
    }

    private mutating func takeBareTaskID() throws(SyntaxError) -> TaskID {
        let start = Int(token.start)
        var end = start
        while end < lexer.limit {
            let byte = lexer.bytes[end]
            // Two hyphens before a blank would start a comment; no uuid has them.
            guard isNameByte(byte) || byte == UInt8(ascii: "-") else { break }
            end += 1
        }
        guard end > start, end - start <= SyntaxLimits.taskIDBytesMax else {
            throw unexpected(.taskID)
        }
        let text = String(decoding: lexer.bytes[start..<end], as: UTF8.self)
        lexer.position = end
        token.end = Int32(truncatingIfNeeded: end)
        try advance()
        return .id(text.lowercased())
    }
}
