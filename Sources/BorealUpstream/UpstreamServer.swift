import BorealBase
package import BorealNet
package import BorealTLS
package import BorealWire
import Synchronization

/// One MySQL server that this one is a client of: where it is, how to log in, and what was learnt
/// of it. Shared by all connections to it, from any thread.
package final class UpstreamServer: Sendable {
    /// What the last connections told.
    package struct Health: Equatable, Sendable {
        /// The greeting's version; nil before the first greeting.
        package var version: String?
        /// Connections that came to stand.
        package var connections = 0
        /// Attempts that came to nothing, and connections that broke.
        package var failures = 0
        /// Why the last attempt came to nothing; nil when it did not.
        package var lastError: UpstreamError?
    }

    private struct State {
        var health = Health()
        var addresses: [IPAddress] = []
        /// Milliseconds of `MonotonicClock` until which the addresses count.
        var addressesUntil: UInt64 = 0
        /// Who waits for the addresses.
        var waiting: [@Sendable (Result<[IPAddress], UpstreamError>) -> Void] = []
    }

    /// Where it is and how to log in.
    package let url: UpstreamURL
    /// Runs the expensive parts of TLS handshakes.
    let pool: WorkerPool
    let tls: TLSClientContext?
    private let state = Mutex(State())
    private let allows: @Sendable (IPAddress) -> Bool

    /// - Parameter allows: says whether an address may be connected to; asked each time.
    /// - Throws: `TLSError` for a file of authorities that cannot be used.
    package init(
        _ url: UpstreamURL,
        pool: WorkerPool,
        allows: @escaping @Sendable (IPAddress) -> Bool = { _ in true }
    ) throws(TLSError) {
        self.url = url
        self.pool = pool
        self.allows = allows
        let verification: TLSClientContext.Verification?
        switch url.sslMode {
        case .disabled: verification = nil
        case .preferred, .required: verification = TLSClientContext.Verification.none
        case .verifyCA: verification = .authority
        case .verifyIdentity: verification = .identity
        }
        guard let verification else {
            tls = nil
            return
        }
        tls = try TLSClientContext(verification: verification, authorityFile: url.authorityFile)
    }

    /// What the last connections told.
    package var health: Health { state.withLock { $0.health } }

    /// What a new conversation begins with.
    ///
    /// - Parameter account: nil for that of the URL.
    package func configuration(
        capabilities: CapabilityFlags,
        database: String?,
        collation: Collation
    ) -> ClientConversation.Configuration {
        var configuration = ClientConversation.Configuration(
            userName: url.user,
            password: ClientPassword(url.password)
        )
        configuration.capabilities = capabilities
        if url.compresses { configuration.capabilities.insert(.compress) }
        configuration.database = database ?? url.database
        configuration.collation = collation
        configuration.isSecureChannel = !url.socket.isEmpty
        configuration.believesPublicKey = url.believesPublicKey
        configuration.attributes = ConnectAttributes([
            ("_client_name", "boreal"), ("_client_version", ProductVersion.text),
        ])
        switch url.sslMode {
        case .disabled: configuration.tls = .never
        // Nobody can listen in on a unix socket.
        case .preferred: configuration.tls = url.socket.isEmpty ? .ifOffered : .never
        case .required, .verifyCA, .verifyIdentity: configuration.tls = .always
        }
        return configuration
    }

    // MARK: - Addresses

    /// Gives the addresses to `take`, at once or later from another thread: the system's resolver
    /// blocks, so it runs on a thread of its own, one at a time.
    func resolve(_ taken: @escaping @Sendable (Result<[IPAddress], UpstreamError>) -> Void) {
        let now = MonotonicClock.milliseconds
        let allows = allows
        let take: @Sendable (Result<[IPAddress], UpstreamError>) -> Void = { result in
            guard case .success(let addresses) = result,
                let refused = addresses.first(where: { !allows($0) })
            else { return taken(result) }
            // A name that is half inside and half outside is none to trust.
            taken(.failure(.refused(refused)))
        }
        if let address = IPAddress(url.host) { return take(.success([address])) }
        let (known, isFirst) = state.withLock { state -> ([IPAddress], Bool) in
            if now < state.addressesUntil { return (state.addresses, false) }
            state.waiting.append(take)
            return ([], state.waiting.count == 1)
        }
        guard known.isEmpty else { return take(.success(known)) }
        guard isFirst else { return }
        do throws(SocketError) {
            try BackgroundThread.start(name: "resolver", stackBytes: 1 << 20) { [self] in
                do throws(SocketError) {
                    resolved(.success(try HostName.resolve(url.host)))
                } catch {
                    resolved(.failure(.hostUnknown))
                }
            }
        } catch {
            resolved(.failure(.unreachable(error)))
        }
    }

    private func resolved(_ result: Result<[IPAddress], UpstreamError>) {
        let waiting = state.withLock { state in
            if case .success(let addresses) = result {
                state.addresses = addresses
                state.addressesUntil =
                    MonotonicClock.milliseconds + UInt64(Limits.sourceAddressSeconds * 1_000)
            }
            defer { state.waiting = [] }
            return state.waiting
        }
        for take in waiting { take(result) }
    }

    // MARK: - What is learnt

    func noteStanding(_ greeting: HandshakeV10?) {
        state.withLock { state in
            if let greeting { state.health.version = greeting.serverVersion }
            state.health.connections += 1
            state.health.lastError = nil
        }
    }

    func noteFailure(_ error: UpstreamError) {
        state.withLock { state in
            state.health.failures += 1
            state.health.lastError = error
            // The name may have moved to another address.
            state.addressesUntil = 0
        }
    }
}
