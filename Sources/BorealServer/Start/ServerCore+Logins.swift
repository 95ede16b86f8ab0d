import BorealBase
import BorealEngine
import BorealNet

/// What both doors do about log-ins that fail.
extension ServerCore {
    /// `localhost` for clients of this machine: that is what accounts and messages call them.
    func hostName(of peer: SocketAddress) -> String { peer.isLocal ? "localhost" : peer.host }

    /// The error of a client that must wait before it tries again; nil when it may try. The audit
    /// log hears of it once for each wait: a client that does not wait cannot fill it.
    func loginRefusal(_ user: String, _ peer: SocketAddress) -> ServerError? {
        let host = hostName(of: peer)
        let refusal = engine.logins.refusal(user: user, address: peer.host, host: host)
        if let refusal, refusal.isFirst { audit(loginOf: user, peer, refusal.error) }
        return refusal?.error
    }

    /// A password was wrong, or there is no such account.
    func loginFailed(_ user: String, _ peer: SocketAddress, isPasswordUsed: Bool) {
        if isPasswordUsed {
            engine.logins.failed(user: user, address: peer.host)
        } else if !engine.logins.isNews(address: peer.host) {
            return
        }
        audit(
            loginOf: user,
            peer,
            ServerError(
                .accessDenied,
                "Access denied for user '\(user)'@'\(hostName(of: peer))' "
                    + "(using password: \(isPasswordUsed ? "YES" : "NO"))"
            )
        )
    }

    func loginSucceeded(_ user: String, _ peer: SocketAddress) {
        engine.logins.succeeded(user: user, address: peer.host)
    }

    /// Tells the audit log of a log-in that came to nothing.
    func audit(loginOf user: String, _ peer: SocketAddress, _ error: ServerError) {
        var event = AuditEvent("login", user: user, host: hostName(of: peer))
        event.outcome = "\(error.number) \(error.message)"
        engine.audit.record(event)
    }
}
