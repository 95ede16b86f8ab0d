import BorealBase
import BorealEngine
import BorealNet
import BorealTLS
import BorealUpstream
import BorealWire
import Logging
import Synchronization

/// What all connections share.
final class ServerCore: Sendable {
    let engine: Engine
    /// Runs statements.
    let workers: WorkerPool
    /// Runs what must never stand behind statements: log-in, KILL, COMMIT, ROLLBACK.
    let control: WorkerPool
    let passwords = PasswordCache()
    let rsaKey = RSAKeyBox()
    let tls: ServerTLS
    /// The server whose tables are served; nil for the embedded ones.
    let source: UpstreamServer?
    let sourceDatabases = SourceDatabases()
    private let logger: Logger
    private let started = MonotonicClock.milliseconds
    private let lastConnectionID: Atomic<UInt32>
    private let stopping = Atomic<Bool>(false)
    private let questions = Atomic<Int>(0)
    private let clients = Mutex<[UInt32: ClientConnection]>([:])
    private let stopHook = Mutex<(@Sendable () -> Void)?>(nil)

    init(
        engine: Engine,
        workers: WorkerPool,
        control: WorkerPool,
        tls: ServerTLS,
        source: UpstreamServer?,
        logger: Logger
    ) {
        self.tls = tls
        self.source = source
        // So that KILL can tell connections of the source from those of this server.
        lastConnectionID = Atomic(source == nil ? 0 : WireLimits.ownStatementIDsStart)
        self.engine = engine
        self.workers = workers
        self.control = control
        self.logger = logger
    }

    /// What the greeting says: clients choose their statements by it, and those are the source's.
    var greetingVersion: String {
        source?.health.version ?? engine.settings.text("server_version")
    }

    /// Ids begin at 1, beside a source at 2^30 + 1, and wrap after four thousand million
    /// connections.
    func nextConnectionID() -> UInt32 {
        lastConnectionID.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// `wait_timeout` of new sessions, in milliseconds.
    var idleMilliseconds: Int { engine.globalNumber("wait_timeout") * 1_000 }
    /// `net_read_timeout`, in milliseconds.
    var readMilliseconds: Int { engine.globalNumber("net_read_timeout") * 1_000 }
    /// `net_write_timeout`, in milliseconds.
    var writeMilliseconds: Int { engine.globalNumber("net_write_timeout") * 1_000 }

    /// True once the server takes no new work.
    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// What `requestStop` calls.
    func onStopRequest(_ stop: @escaping @Sendable () -> Void) {
        stopHook.withLock { $0 = stop }
    }

    /// Stops the server as a signal does: COM_SHUTDOWN.
    func requestStop() { stopHook.withLock { $0 }?() }

    /// Writes to the log what the server is doing: COM_DEBUG.
    func logState() {
        logger.notice(
            "state",
            metadata: [
                "connections": "\(clientCount)", "questions": "\(engine.questionCount)",
                "queued": "\(workers.queuedCount)", "queued_control": "\(control.queuedCount)",
            ]
        )
        for entry in engine.processes.entries {
            logger.notice(
                "connection",
                metadata: [
                    "id": "\(entry.id)", "user": "\(entry.user)", "host": "\(entry.host)",
                    "command": "\(entry.command)", "state": "\(entry.state)",
                ]
            )
        }
    }

    /// Adds a connection.
    ///
    /// - Returns: false when there are `max_connections` already, or the server is stopping.
    func register(_ client: ClientConnection, _ id: UInt32) -> Bool {
        let limit = engine.settings.integer("max_connections")
        return clients.withLock { clients in
            guard !isStopping, clients.count < limit else { return false }
            clients[id] = client
            return true
        }
    }

    func unregister(_ id: UInt32) {
        clients.withLock { $0[id] = nil }
    }

    /// Connections that are open.
    var clientCount: Int { clients.withLock { $0.count } }

    /// A source by name was changed or dropped: whoever has a connection to it lets go of it.
    func sourcesChanged() {
        for client in clients.withLock({ Array($0.values) }) { client.requestSourceCheck() }
    }

    /// The line of COM_STATISTICS.
    func statistics() -> String {
        let uptime = (MonotonicClock.milliseconds - started) / 1_000
        return "Uptime: \(uptime)  Threads: \(clientCount)  Questions: \(engine.questionCount)  "
            + "Slow queries: 0  Opens: 0  Open tables: 0  "
            + "Queries per second avg: \(perSecond(engine.questionCount, uptime))"
    }

    private func perSecond(_ count: Int, _ seconds: UInt64) -> String {
        let thousandths = count * 1_000 / max(1, Int(seconds))
        let fraction = String(thousandths % 1_000)
        return "\(thousandths / 1_000)." + String(repeating: "0", count: 3 - fraction.count)
            + fraction
    }

    func noteProtocolError(_ error: WireError, peer: String) {
        logger.info(
            "connection ended by a protocol error",
            metadata: ["peer": "\(peer)", "error": "\(error)"]
        )
    }

    /// A handshake failed, or what came inside TLS could not be read.
    func noteTLSFailure(_ error: TLSError, peer: String) {
        logger.info(
            "connection ended by TLS",
            metadata: ["peer": "\(peer)", "error": "\(error.message)"]
        )
    }

    /// Ends all connections: idle ones at once, busy ones when their statement ends or the time is
    /// up.
    func drain(seconds: Int) {
        stopping.store(true, ordering: .relaxed)
        let deadline = MonotonicClock.milliseconds + UInt64(seconds * 1_000)
        for client in clients.withLock({ Array($0.values) }) { client.requestOrderlyEnd() }
        while clientCount > 0, MonotonicClock.milliseconds < deadline { Sleep.milliseconds(10) }
        for client in clients.withLock({ Array($0.values) }) { client.requestClose() }
        let last = MonotonicClock.milliseconds + 1_000
        while clientCount > 0, MonotonicClock.milliseconds < last { Sleep.milliseconds(10) }
    }
}
