package import BorealBase
import BorealCatalog
import BorealHTTP
package import BorealNet
import BorealRemote
import BorealTLS
package import BorealUpstream
package import Logging
import Synchronization

/// The sources by name: other MySQL servers whose tables are `s.db.t`, and what is known of each.
///
/// A server is made of what the registry holds when it is asked for first, and made anew when that
/// changed; whoever still holds the old one sees that it is not the current one.
package final class SourceRegistry: Sendable {
    private struct Entry {
        let created: Instant
        let revision: Int64
        let server: UpstreamServer
    }

    private struct State {
        var pool: WorkerPool?
        var servers: [String: Entry] = [:]
        var changed: (@Sendable () -> Void)?
        var names: Set<String> = []
    }

    private let catalog: Catalog
    private let gateway: RemoteGateway
    private let state = Mutex(State())
    /// How many there are, for a look that costs nothing.
    private let count = Atomic<Int>(0)

    init(_ catalog: Catalog, _ gateway: RemoteGateway) {
        self.catalog = catalog
        self.gateway = gateway
        takeNames()
    }

    private func takeNames() {
        state.withLock { state in
            state.names = Set(catalog.snapshot.documents(.source).map(\.id))
            count.store(state.names.count, ordering: .releasing)
        }
    }

    /// Takes the workers that handshakes run on, and makes all servers: reading authorities takes
    /// too long for a loop.
    ///
    /// - Parameter changed: called when a source was changed or dropped.
    package func start(
        _ pool: WorkerPool,
        logger: Logger,
        changed: @escaping @Sendable () -> Void
    ) {
        state.withLock { state in
            state.pool = pool
            state.changed = changed
        }
        for document in catalog.snapshot.documents(.source) {
            do throws(ServerError) {
                _ = try server(document.id)
            } catch {
                logger.warning(
                    "a source cannot be used",
                    metadata: ["source": "\(document.id)", "error": "\(error.message)"]
                )
            }
        }
    }

    /// True when there is any.
    package var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

    /// Their names, in lower case.
    var names: Set<String> { isEmpty ? [] : state.withLock { $0.names } }

    /// The source's server as it is now.
    ///
    /// - Parameter name: in any case.
    /// - Throws: 1477 where there is no such source, 9055 when its password does not open or its
    ///   authorities cannot be read.
    package func server(_ name: String) throws(ServerError) -> UpstreamServer {
        let id = name.asciiLowercased
        guard let document = catalog.snapshot.document(.source, id) else {
            throw .sourceMissing(name)
        }
        let (known, pool) = state.withLock { ($0.servers[id], $0.pool) }
        if let known, known.created == document.created, known.revision == document.revision {
            return known.server
        }
        guard let pool else { throw .internalError("the sources have not been started") }
        let server = try make(StoredSource(document), pool)
        let entry = Entry(created: document.created, revision: document.revision, server: server)
        state.withLock { $0.servers[id] = entry }
        return server
    }

    /// A server of a definition that may not be stored yet.
    ///
    /// - Throws: 9055 for what cannot be used.
    func make(_ source: StoredSource, _ given: WorkerPool? = nil) throws(ServerError)
        -> UpstreamServer
    {
        guard let pool = given ?? state.withLock({ $0.pool }) else {
            throw .internalError("the sources have not been started")
        }
        let url = try source.opened(gateway.vault)
        do throws(TLSError) {
            return try UpstreamServer(url, pool: pool) { [weak gateway] address in
                guard let policy = gateway?.sourcePolicy else { return false }
                return policy.allows(address) && !policy.isOwn(address, port: url.port)
            }
        } catch {
            throw .invalidOption("URL", error.message)
        }
    }

    /// A source was made, changed or dropped: what is known of it is that of another one.
    func noteChange(of id: String) {
        takeNames()
        let changed = state.withLock { state in
            state.servers[id] = nil
            return state.changed
        }
        // Made here, on a worker, so that no loop has to; what is wrong with it was told before.
        _ = try? server(id)
        changed?()
    }

    /// The addresses that a source may have.
    func allows(_ address: IPAddress, port: UInt16) -> Bool {
        let policy = gateway.sourcePolicy
        return policy.allows(address) && !policy.isOwn(address, port: port)
    }
}
