package import BorealNet
package import BorealWire

/// Why there is no connection to another server, or none any more.
package enum UpstreamError: Error, Equatable, Sendable {
    /// The host's name has no address.
    case hostUnknown
    /// The name leads to an address that no source may have.
    case refused(IPAddress)
    /// Nobody answers there.
    case unreachable(SocketError)
    /// The connection or the log-in took too long.
    case connectTimedOut(seconds: Int)
    /// TLS did not come about, or broke.
    case tls(reason: String)
    /// The two sides do not understand each other, or the server refused the log-in.
    case wire(WireError)
    /// The server owes an answer and says nothing.
    case readTimedOut(seconds: Int)
    /// The connection ended in the middle of an answer, or before a command.
    case lost
    /// This side stops.
    case stopped
    /// A query for rows has `?` in it, whose values nobody gave.
    case hasParameters
    /// A statement that shall bring rows brings none.
    case hasNoRows
    /// What the query reads has changed between the look at its columns and its rows.
    case queryChanged
}
