/// `IV(query)`, `PSI(query, query)`, `DRIFT(MODEL name [VERSION version], query)` behind FROM.
///
/// The names are no keywords: each may still name a table, a column or a function.
extension Parser {
    /// True at the name of a statistic with a query, or a model, in parentheses behind it: nothing
    /// that MySQL could read.
    func atStatistic() throws(SyntaxError) -> Bool {
        guard let function = statisticFunction() else { return false }
        let (first, second) = try peekTwo()
        guard first.kind == .leftParenthesis else { return false }
        if function == .drift { return second.keyword == .model }
        return second.kind == .leftParenthesis || second.keyword == .select
            || second.keyword == .with
    }

    private func statisticFunction() -> StatisticFunction? {
        guard token.kind == .word else { return nil }
        let length = Int(token.end - token.start)
        guard length <= Self.nameBytesMax else { return nil }
        return StatisticFunction(rawValue: lexer.text(token).uppercased())
    }

    /// Of the longest name, `SPEARMAN`.
    private static let nameBytesMax = 8

    /// From the function's name to the end of the statement.
    mutating func parseStatistic(_ items: [SelectItem]) throws(SyntaxError) -> SelectFromStatistic {
        guard let function = statisticFunction() else { throw unexpected(.table) }
        try advance()
        try expect(.leftParenthesis)
        var statistic = SelectFromStatistic(items: items, function: function, queries: [])
        if function == .drift {
            try expect(.model)
            statistic.model = try parseModelName()
            statistic.version = try parseVersion()
            try expectComma()
        }
        for index in 0..<function.queryCount {
            if index > 0 { try expectComma() }
            let isLast = index + 1 == function.queryCount
            statistic.queries.append(try takeInnerQuery(endsAtComma: !isLast))
        }
        try expect(.rightParenthesis)
        if at(.with) { statistic.options = try parseWithOptions(mayBeEmpty: true) }
        return statistic
    }

    private mutating func expectComma() throws(SyntaxError) {
        guard at(.comma) else { throw unexpected(.sign(.comma)) }
        try advance()
    }

    /// True at a comma that parts two queries: what follows can go on no query. A query that begins
    /// with a parenthesis may also be followed by one that does.
    func atCommaBeforeQuery(inParentheses: Bool) throws(SyntaxError) -> Bool {
        guard at(.comma) else { return false }
        let next = try peek()
        return next.keyword == .select || next.keyword == .with
            || (inParentheses && next.kind == .leftParenthesis)
    }
}
