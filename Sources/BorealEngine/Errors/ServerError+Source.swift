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
        }
    }

    private static func words(_ error: SocketError) -> String {
        switch error {
        case .connectFailed(let code), .system(_, let code): "\(code)"
        case .timedOut: "timed out"
        default: "\(error)"
        }
    }

    /// PREDICT_ROW and its like over tables of a source.
    static var modelCallOverSource: ServerError {
        .notYet(
            "functions of models over tables of a source; use a table of its own, local.t"
        )
    }

    /// Rows of a source in a statement on models.
    static var sourceRowsForModels: ServerError {
        .notYet("rows of a source in statements on models; use a table of its own, local.t")
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
