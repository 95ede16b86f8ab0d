import BorealBase

/// Which numbers a client takes from a server in an ERR packet.
///
/// MySQL keeps a range of numbers for what a client's library finds out by itself: a server that
/// does not answer, a connection that is lost. A server that stands in front of another has to tell
/// the same, and most clients show it.
public enum ErrorNumbers: Sendable {
    /// Every number.
    case all
    /// None of the range: the client takes a packet with one for a malformed packet.
    case ofServers

    /// As MariaDB's library names itself; everything that is built on it behaves alike.
    private static let strictLibrary = "libmariadb"

    /// What clients with these attributes take; nil when they do not tell what they are.
    init?(_ attributes: ConnectAttributes) {
        guard let library = attributes["_client_name"] else { return nil }
        self = library == Self.strictLibrary ? .ofServers : .all
    }

    /// The error as the client takes it: with a number of servers that MySQL has for other servers'
    /// failures, and the one that it stands for in front of the sentence.
    func told(_ error: ServerError) -> ServerError {
        guard self == .ofServers, error.isOfClients else { return error }
        let code: ServerErrorCode =
            switch error.code {
            case .upstreamUnreachable, .upstreamHostUnknown, .upstreamTLS, .upstreamPluginUnknown,
                .upstreamAuthentication:
                .foreignConnection
            default: .foreignQuery
            }
        return ServerError(
            foreign: code.rawValue,
            sqlState: error.sqlState,
            "\(error.number): \(error.message)"
        )
    }
}
