import BorealBase
import BorealCatalog
import BorealEngine
import BorealNet
import BorealTLS
import BorealUpstream
import BorealWire

/// What a log-in, or a change of user, asks of the server: a handshake, an account, a password, a
/// session.
extension ClientConnection {
    /// Hands the connection over to a handshake, which gives it back when TLS stands.
    func startTLS(_ received: [UInt8]) {
        guard let context = core.tls.context else { return connection.close() }
        let peer = connection.peer.description
        do throws(TLSError) {
            try TLSHandshake.begin(
                on: connection,
                context,
                received: received,
                pool: core.control,
                finished: { [self] tls in
                    transport.tls = ClientTransport.TLS(tls)
                    finish(.tlsStarted)
                },
                failed: { [core] in core.noteTLSFailure($0, peer: peer) }
            )
        } catch {
            core.noteTLSFailure(error, peer: peer)
            connection.close()
        }
    }

    func lookUp(_ login: Login) {
        if let refusal = core.loginRefusal(login.userName, connection.peer) {
            return conversation.complete(.error(refusal))
        }
        account = core.engine.catalog.snapshot.account(
            user: login.userName,
            address: connection.peer.host,
            isLocal: connection.peer.isLocal
        )
        conversation.complete(.account(account.flatMap(core.passwords.credentials)))
    }

    func checkPassword(_ check: PasswordCheck) {
        let account = account
        // Others may have tried since this login began.
        if let user = account?.name.user, let refusal = core.loginRefusal(user, connection.peer) {
            return conversation.complete(.error(refusal))
        }
        onWorker { [core] in
            do throws(WireError) {
                let outcome = try check.run()
                if let account, let hash = outcome.fastHash {
                    core.passwords.remember(hash, for: account)
                }
                return { [self] in finish(.passwordChecked(outcome)) }
            } catch {
                // A check that cannot be made opens nothing.
                let failure = error.serverError
                return { [self] in finish(.error(failure)) }
            }
        }
    }

    func open(_ login: Login) {
        guard let account else {
            conversation.complete(.error(ServerError(.unknownError, "The account is gone")))
            return
        }
        let old = session
        let isLoopback = connection.peer.isLocal
        let localHost = connection.local?.host ?? "127.0.0.1"
        transport.compression = conversation.agreedCompression.map {
            ($0.algorithm.rawValue, Int($0.level))
        }
        let client = ClientSession.Client(
            connectionID: id,
            account: account,
            host: core.hostName(of: connection.peer),
            isLocal: isLoopback,
            localHost: localHost,
            login: login,
            transport: transport,
            close: { [weak self] in self?.requestClose() },
            wake: { [weak self] in self?.requestStep() }
        )
        // Beside a source the name is one of the source's databases.
        let database = relay == nil ? login.database : nil
        relay?.begin(login)
        named.close()
        self.login = login
        let allowsSeveral = login.capabilities.contains(.multiStatements)
        guard let old, !old.isAtRest else {
            session?.close()
            // Nothing waits for a disk: what a worker would do takes less than the way to it.
            return opened(
                Self.open(client, database, allowsSeveral, core),
                complete: { conversation.complete($0) }
            )
        }
        let handle = SessionHandle(old)
        onWorker { [core] in
            handle.session.close()
            let outcome = Self.open(client, database, allowsSeveral, core)
            return { [self] in opened(outcome, complete: finish) }
        }
    }

    private static func open(
        _ client: ClientSession.Client,
        _ database: String?,
        _ allowsSeveral: Bool,
        _ core: ServerCore
    ) -> Result<SessionHandle, ServerError> {
        do throws(ServerError) {
            let session = try core.engine.openSession(client, database: database)
            session.allowsSeveralStatements = allowsSeveral
            return .success(SessionHandle(session))
        } catch {
            return .failure(error)
        }
    }

    private func opened(
        _ outcome: Result<SessionHandle, ServerError>,
        complete: (ServerConversation.Completion) -> Void
    ) {
        switch outcome {
        case .success(let handle):
            session = handle.session
            if let relay { session?.reachSource(through: relay, self) }
            noteTexts()
            guard let source = core.source, let database = login?.database, !database.isEmpty,
                !core.sourceDatabases.isKnown(database), handle.session.sourceRefusal == nil
            else {
                complete(admitted(handle.session))
                return
            }
            SourceProbe.run(
                source,
                database: database,
                on: connection.loop,
                connectSeconds: Self.probeSeconds
            ) { [self] error in
                guard !connection.isClosed else { return }
                finish(probed(handle.session, database, error))
            }
        case .failure(let error): complete(refused(error))
        }
    }

    /// A log-in waits so long for a source that is asked for its database.
    private static let probeSeconds = 1

    /// The source has said whether it has the database of a log-in. One that does not answer keeps
    /// nobody out: models do not need it.
    private func probed(
        _ session: ClientSession,
        _ database: String,
        _ error: UpstreamError?
    ) -> ServerConversation.Completion {
        if case .wire(.refused(let refusal)) = error, refusal.code == .unknownDatabase {
            session.close()
            return refused(refusal)
        }
        if error == nil { core.sourceDatabases.note(database) }
        return admitted(session)
    }

    private func admitted(_ session: ClientSession) -> ServerConversation.Completion {
        if let account { core.loginSucceeded(account.name.user, connection.peer) }
        return .ok(OKPacket(status: session.status))
    }

    private func refused(_ error: ServerError) -> ServerConversation.Completion {
        session = nil
        core.audit(loginOf: account?.name.user ?? "", connection.peer, error)
        return .error(error)
    }
}

extension ClientTransport.TLS {
    /// What a handshake tells.
    fileprivate convenience init(_ peer: TLSPeer) {
        self.init(
            version: peer.version,
            cipher: peer.cipher,
            isResumed: peer.isResumed,
            certificate: peer.certificate.map { ($0.subject, $0.issuer) }
        )
    }
}
