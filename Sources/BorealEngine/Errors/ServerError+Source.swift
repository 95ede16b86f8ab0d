package import BorealBase
import BorealNet
package import BorealUpstream
import BorealWire

/// Errors of statements that go to a source.
extension ServerError {
    /// What a client is told of a connection to another server that came to nothing, or to an end.
    ///
    /// - Parameter server: its address, as `db.example:3306`.
    package init(upstream error: UpstreamError, server: String) {
        switch error {
        case .hostUnknown:
            self.init(.upstreamHostUnknown, "Unknown MySQL server host '\(server)'")
        case .refused(let address):
            self.init(
                .upstreamUnreachable,
                "Can't connect to MySQL server on '\(server)' (\(address) is no address that "
                    + "a source may have)"
            )
        case .unreachable(let reason):
            self.init(
                .upstreamUnreachable,
                "Can't connect to MySQL server on '\(server)' (\(Self.words(reason)))"
            )
        case .connectTimedOut(let seconds):
            self.init(
                .upstreamUnreachable,
                "Can't connect to MySQL server on '\(server)' (no log-in within \(seconds) s)"
            )
        case .tls(let reason):
            self.init(.upstreamTLS, "TLS/SSL error with '\(server)': \(reason)")
        case .wire(let error): self = error.clientError(of: server)
        case .readTimedOut(let seconds):
            self.init(
                .upstreamLost,
                "Lost connection to MySQL server '\(server)' during query (no answer within "
                    + "\(seconds) s)"
            )
        case .lost:
            self.init(
                .upstreamLost,
                "Lost connection to MySQL server '\(server)' during query"
            )
        case .stopped:
            self.init(.serverShutdown, "Server shutdown in progress")
        case .hasParameters: self = .wrongArguments("EXECUTE")
        case .hasNoRows:
            self.init(.wrongArguments, "The query in parentheses brings no rows; give a SELECT")
        case .queryChanged:
            self.init(.needsReprepare, "Prepared statement needs to be re-prepared")
        }
    }

    private static func words(_ error: SocketError) -> String {
        switch error {
        case .connectFailed(let code), .system(_, let code): "\(code)"
        case .timedOut: "timed out"
        default: "\(error)"
        }
    }

    /// CREATE SOURCE of a name that is taken.
    static func sourceExists(_ name: String) -> ServerError {
        ServerError(
            .sourceExists,
            "The source '\(name)' you are trying to create already exists"
        )
    }

    /// A source that there is not.
    static func sourceMissing(_ name: String) -> ServerError {
        ServerError(
            .sourceMissing,
            "The source name you are trying to reference does not exist: '\(name.prefix(64))'"
        )
    }

    /// A source in a place that no setting of SQL can open.
    static func sourceAddressRefused(_ address: String) -> ServerError {
        .invalidOption(
            "URL",
            "'\(address)' is no address that a source may have: link-local, metadata, multicast "
                + "and restricted addresses are none, nor are this server's own ports"
        )
    }

    /// A call of a function of models that the source's rows cannot be read for.
    ///
    /// - Parameter what: what the statement has, as `PREDICT_ROW in WHERE`.
    static func callOverSource(_ what: String) -> ServerError {
        .notYet(
            "\(what) over tables of a source; a call is an item by itself of the list of one "
                + "SELECT there, or write SELECT ... FROM PREDICT(MODEL ..., SELECT ...)"
        )
    }

    /// PREDICT_ROW and its like in the inner query of a statement on models.
    static var modelCallOverSource: ServerError {
        .notYet(
            "functions of models over tables of a source; use a table of its own, local.t"
        )
    }

    /// Rows of a source where only embedded tables can be read.
    static var sourceRowsForModels: ServerError {
        .notYet("rows of a source in statements on models; copy them to a table of Boreal's own")
    }

    /// Tables of two sources in one statement.
    static func severalSources(_ sources: [String]) -> ServerError {
        let list = sources.prefix(4).map { "'\($0)'" }.joined(separator: " and ")
        return .notYet(
            "tables of the sources \(list) in one statement; ask each for itself"
        )
    }

    /// Tables of a source and of another server in one statement.
    static func mixedTables(_ table: String, _ source: String) -> ServerError {
        .notYet(
            "\(table) beside tables of the source '\(source)' in one statement; name all of the "
                + "source's tables as \(source).database.table, and ask others for themselves"
        )
    }

    /// A change where a statement on models reads.
    static func changeInModelStatement(_ source: String) -> ServerError {
        .notYet(
            "a query inside a statement on models that changes tables of the source '\(source)'"
        )
    }

    /// A source's tables behind the hint.
    static var sourceBehindHint: ServerError {
        .notYet("tables of a source behind the hint; leave it out")
    }

    /// A change at a source by name inside a transaction that it would be no part of.
    package static func changeAtSourceInTransaction(_ source: String) -> ServerError {
        .notYet(
            "a change at the source '\(source)' inside a transaction, of which it would be no "
                + "part; COMMIT or ROLLBACK first, with autocommit = 1"
        )
    }

    /// A query that names tables of both servers.
    static var ownAndSourceTables: ServerError {
        .notYet(
            "tables of its own and of the source in one query; copy those of one to the other"
        )
    }

    /// The columns of a query of the source where nobody can wait for them.
    static var sourceOutOfReach: ServerError {
        .notYet("rows of a source in this statement")
    }

    /// Statements of both servers in one text.
    static var mixedText: ServerError {
        .notYet("statements of its own and of the source in one text; send them one by one")
    }

    /// USE of a database that is not the source's.
    static var ownDatabaseAsDefault: ServerError {
        .notYet("USE of a database of its own beside a source; name tables as database.table")
    }
}
