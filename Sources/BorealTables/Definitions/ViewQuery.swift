import BorealSQL

/// Reads the stored text of a view.
enum ViewQuery {
    static func parse(_ text: String) throws -> Query {
        // The text was parsed when the view was made; that it fails now means a damaged file.
        guard let parsed = try? StatementParser.parse(text),
            case .ordinary(.query(let query)) = parsed.kind
        else { throw TableError.internalError("the text of a view is damaged") }
        return query
    }
}
