import BorealBase
import BorealSQL
import BorealTables

extension ServerError {
    /// MySQL's sentence for a text that is no statement.
    ///
    /// - Parameter text: what the error's spans point into.
    init(syntax error: SyntaxError, text: [UInt8]) {
        switch error {
        case .unexpected, .unterminated:
            let (rest, line) = error.near(in: text)
            self.init(
                .syntax,
                "You have an error in your SQL syntax; check the manual that corresponds to your "
                    + "MySQL server version for the right syntax to use "
                    + "near '\(rest)' at line \(line)"
            )
        case .tooDeep: self = .notYet("more than \(Limits.nestingMax) levels of nesting")
        case .tooLong(let bytes):
            self.init(
                .packetTooLarge,
                "A statement of \(bytes) bytes is too long; \(Limits.statementBytesMax) are allowed"
            )
        case .tooManyOptions:
            self = .invalidOption("WITH", "more than \(Limits.optionsMax) options")
        case .tooManyPlaceholders:
            self.init(.tooManyPlaceholders, "Prepared statement contains too many placeholders")
        case .unsupported(let clause, _): self = .notYet(clause)
        case .emptyStatement: self.init(.emptyQuery, "Query was empty")
        }
    }

    /// MySQL's sentence for what it knows and this server does not do.
    static func notYet(_ what: String) -> ServerError {
        ServerError(.notSupportedYet, "This version of Boreal doesn't yet support '\(what)'")
    }

    /// The number and sentence of whatever the tables threw.
    init(table error: any Error) {
        switch error {
        case let error as ServerError: self = error
        case let error as TableError: self.init(error.serverErrorCode, error.message)
        default:
            // What SQLite says belongs into the log; the client could do nothing with it.
            self.init(.unknownError, "The tables failed unexpectedly; the server's log tells more")
        }
    }
}
