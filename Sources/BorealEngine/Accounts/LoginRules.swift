package import BorealBase
package import BorealCatalog

/// What an account demands of a connection once its password is right; both doors ask.
package struct LoginRules {
    private let engine: Engine

    package init(_ engine: Engine) { self.engine = engine }

    /// - Throws: 3118 for a locked account, 1045 for a connection that is not what it requires.
    func check(_ client: ClientSession.Client) throws(ServerError) {
        try check(
            client.account,
            host: client.host,
            isEncrypted: client.isEncrypted,
            tls: client.transport.tls
        )
    }

    /// The same for a request that is no session.
    ///
    /// - Parameter tls: what a handshake told; nil where it told nothing, or there was none.
    package func check(
        _ account: Account,
        host: String,
        isEncrypted: Bool,
        tls: ClientTransport.TLS?
    ) throws(ServerError) {
        if account.options.isLocked {
            throw ServerError(
                .accountLocked,
                "Access denied for user '\(account.name.user)'@'\(host)'. Account is locked."
            )
        }
        let isAllowed =
            switch account.options.connectionType {
            case .any: true
            case .encrypted: isEncrypted
            case .certified: tls?.certificate != nil
            case .specified: tls.map(account.options.certificate.accepts) ?? false
            }
        guard isAllowed else {
            throw ServerError(
                .accessDenied,
                "Access denied for user '\(account.name.user)'@'\(host)' (using password: YES)"
            )
        }
    }

    /// How many connections the account may have at once; 0 for any number.
    func connectionsMax(_ account: Account) -> Int {
        let own = account.options.connectionsMax
        return own > 0 ? own : engine.settings.integer("max_user_connections")
    }

    /// What the one connection too many is told.
    func tooManyConnections(_ account: Account) -> ServerError {
        let user = account.name.user
        let own = account.options.connectionsMax
        if own > 0 {
            return ServerError(
                .userResourceExceeded,
                "User '\(user)' has exceeded the 'max_user_connections' resource "
                    + "(current value: \(own))"
            )
        }
        return ServerError(
            .userLimitReached,
            "User \(user) already has more than 'max_user_connections' active connections"
        )
    }
}

extension AccountOptions.Certificate {
    /// True for a client with a certificate that says all that is demanded.
    fileprivate func accepts(_ tls: ClientTransport.TLS) -> Bool {
        guard let shown = tls.certificate else { return false }
        return [(subject, shown.subject), (issuer, shown.issuer), (cipher, tls.cipher)]
            .allSatisfy { $0.0.isEmpty || $0.0 == $0.1 }
    }
}
