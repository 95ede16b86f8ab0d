/// Sources by name. The options have the form of MySQL's `CREATE SERVER`; a `=` may stand between
/// name and value.
extension Parser {
    /// From `SOURCE` on.
    mutating func parseCreateSource(
        isAlter: Bool,
        from start: Int32
    ) throws(SyntaxError) -> CreateSource {
        try advance()
        let ifNotExists = isAlter ? false : try acceptIfNotExists()
        var source = CreateSource(
            isAlter: isAlter,
            ifNotExists: ifNotExists,
            name: try parseIdentifier()
        )
        try expect(.options)
        try expect(.leftParenthesis)
        repeat { try parseSourceOption(&source) } while try accept(.comma)
        try expect(.rightParenthesis)
        source.span = span(from: start)
        return source
    }

    /// `URL 'mysql://...'` or `COMMENT '...'`, each once.
    private mutating func parseSourceOption(_ source: inout CreateSource) throws(SyntaxError) {
        let option = token
        let name = try takeWord()
        _ = try accept(.equal)
        switch name {
        case "URL" where source.url == nil: source.url = try parseString()
        case "COMMENT" where source.comment == nil: source.comment = try parseString()
        default: throw .unsupported("OPTIONS (\(name))", option.span)
        }
    }

    /// From `SOURCE` on.
    mutating func parseDropSource(from start: Int32) throws(SyntaxError) -> DropSource {
        try advance()
        let ifExists = try acceptIfExists()
        let name = try parseIdentifier()
        return DropSource(ifExists: ifExists, name: name, span: span(from: start))
    }
}
