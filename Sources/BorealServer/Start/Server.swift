public import BorealBase
import BorealCatalog
import BorealEngine
import BorealHTTP
import BorealNet
import BorealWire
import Dispatch
import Glibc
import Logging
import Synchronization

/// The whole server: data directory, engine, loops, listeners.
public final class Server: Sendable {
    /// The port of the MySQL protocol.
    public let mysqlPort: UInt16
    /// The port of the HTTP door; 0 when it is closed.
    public let httpPort: UInt16
    /// The one line that tells scripts where the server listens.
    public let readyLine: String

    private let directory: DataDirectory
    private let core: ServerCore
    private let loops: EventLoopGroup
    private let listener: Listener
    private let door: Listener?
    private let logger: Logger
    private let stopped = DispatchSemaphore(value: 0)
    private let hasStopped = Atomic<Bool>(false)
    private let signals = Mutex<SignalWatcher?>(nil)
    /// True once nobody looks after the workers any more.
    private let relief = Mutex(false)

    /// Opens everything and accepts connections when everything is there, accounts included.
    ///
    /// - Parameters:
    ///   - rootPassword: of the first account, when it is created now; nil generates one (or leaves
    ///     it empty
    ///     on an ephemeral server).
    ///   - clientFile: where an ephemeral server writes `client.cnf`; nil for nowhere.
    /// - Throws: `ServerStartError`.
    public init(
        settings: Settings,
        rootPassword: String?,
        clientFile: String?
    ) throws {
        ProcessLimits.ignoreBrokenPipes()
        ProcessLimits.raiseDescriptors()
        logger = LogSetup.logger(level: settings.text("log_level"))
        try Self.check(settings, rootPassword)
        let directory = try Self.openDirectory(settings)
        self.directory = directory
        let engine = try Self.openEngine(settings, directory, logger)
        let tls = try ServerTLS(settings, folder: directory.layout.tls, logger: logger)
        engine.setTransportStatus { tls.status }
        do {
            loops = try EventLoopGroup()
            let control = try WorkerPool(name: "control", threads: 2)
            let source = try SourceStart.open(settings, pool: control)
            if let source { SourceStart.greet(source, on: loops.loops[0], logger: logger) }
            SourceStart.serveJobs(of: engine, from: source, on: loops)
            let core = ServerCore(
                engine: engine,
                workers: try WorkerPool(),
                control: control,
                tls: tls,
                source: source,
                logger: logger
            )
            self.core = core
            engine.sources.start(control, logger: logger) { [weak core] in core?.sourcesChanged() }
            let hosts = settings.text("host").split(separator: ",").map {
                String($0.filter { !$0.isWhitespace })
            }
            listener = try Self.listen(hosts, settings, core, loops)
            door = try Self.openDoor(hosts, settings, core, loops)
        } catch let error as SocketError {
            throw Self.startError(error)
        }
        mysqlPort = listener.addresses.first { !$0.isUnixSocket }?.port ?? 0
        httpPort = door?.addresses.first?.port ?? 0
        let host = listener.addresses.first { !$0.isUnixSocket }?.description ?? "-"
        readyLine = "boreal ready mysql=\(host) http=\(door?.addresses.first?.description ?? "-")"
        engine.httpAddress = httpPort == 0 ? "" : "\(httpPort)"
        let account = try RootAccount(engine: engine, settings: settings)
            .prepare(password: rootPassword)
        try writeClientFile(settings, account, clientFile)
        engine.startJobs()
        makeRSAKey()
        watchSignals()
        relieveWorkers()
        // Whoever saw the port before has waited until here.
        listener.accept()
        door?.accept()
    }

    /// Looks twenty times a second whether all workers are in long statements.
    private func relieveWorkers() {
        guard !relief.withLock({ $0 }) else { return }
        core.workers.relieve(afterMilliseconds: 50)
        loops.loops[0].schedule(afterMilliseconds: 50) { [weak self] in self?.relieveWorkers() }
    }

    /// SIGTERM and SIGINT end the server; SIGHUP has it read its certificate again and open its
    /// audit log anew. Watched before anybody can read the ready line: a signal that comes right
    /// after it must not be lost.
    private func watchSignals() {
        let watcher = SignalWatcher([SIGTERM, SIGINT, SIGHUP]) { [weak self] signal in
            guard signal == SIGHUP else {
                self?.stop()
                return
            }
            self?.core.tls.reload()
            self?.core.engine.audit.reopen()
        }
        signals.withLock { $0 = watcher }
        core.engine.control = ServerControl(
            stop: { [weak core] in core?.requestStop() },
            reloadTLS: { [tls = core.tls] keepsOld in tls.reload(keepsOld: keepsOld) }
        )
        let logger = logger
        core.onStopRequest { [weak self] in
            guard let server = self else { return }
            // Stopping waits for the loops, on one of which the request came.
            do { try BackgroundThread.start(name: "stop") { server.stop() } } catch {
                logger.error("no thread to stop the server: \(error)")
            }
        }
    }

    // MARK: - Start

    /// What cannot be allowed from outside this machine.
    private static func check(_ settings: Settings, _ rootPassword: String?) throws {
        let hosts = settings.text("host").split(separator: ",")
        let isLocal = hosts.allSatisfy {
            let host = $0.filter { !$0.isWhitespace }
            return host == "localhost" || host == "::1" || host.hasPrefix("127.")
        }
        guard !isLocal else { return }
        if settings.isOn("ephemeral") {
            throw ServerStartError.settings("--ephemeral listens on loopback addresses only")
        }
        if rootPassword?.isEmpty == true {
            throw ServerStartError.settings(
                "an empty BOREAL_ROOT_PASSWORD is allowed on a loopback address only"
            )
        }
    }

    private static func openDirectory(_ settings: Settings) throws -> DataDirectory {
        do {
            return settings.isOn("ephemeral")
                ? try DataDirectory.ephemeral() : try DataDirectory(settings.text("data"))
        } catch CatalogError.directoryLocked(let path, let processID) {
            throw ServerStartError.directoryInUse(path: path, processID: processID)
        } catch {
            throw ServerStartError.storage("\(error)")
        }
    }

    private static func openEngine(
        _ settings: Settings,
        _ directory: DataDirectory,
        _ logger: Logger
    ) throws -> Engine {
        do {
            let engine = try Engine(settings: settings, directory: directory, logger: logger)
            if !settings.text("source").isEmpty { try engine.makeLocalDatabase() }
            return engine
        } catch {
            throw ServerStartError.storage(error.message)
        }
    }

    private static func listen(
        _ hosts: [String],
        _ settings: Settings,
        _ core: ServerCore,
        _ loops: EventLoopGroup
    ) throws -> Listener {
        let port = UInt16(clamping: settings.integer("port"))
        var addresses = hosts.map { ListenAddress.tcp(host: $0, port: port) }
        let socket = settings.text("socket")
        if !socket.isEmpty { addresses.append(.unix(path: socket, mode: 0o666)) }
        return try Listener(addresses, on: loops, isAccepting: false) { connection in
            ClientConnection(connection, core: core)
        }
    }

    private static func openDoor(
        _ hosts: [String],
        _ settings: Settings,
        _ core: ServerCore,
        _ loops: EventLoopGroup
    ) throws -> Listener? {
        let text = settings.text("http_port")
        if text.asciiLowercased == "none" { return nil }
        guard let port = UInt16(text) else {
            throw ServerStartError.settings(
                "http_port takes a port number or 'none', not '\(text)'"
            )
        }
        let door = HTTPDoor(core: core)
        return try Listener(
            hosts.map { .tcp(host: $0, port: port) },
            on: loops,
            isAccepting: false,
            makeHandler: door.makeHandler
        )
    }

    private static func startError(_ error: SocketError) -> ServerStartError {
        switch error {
        case .addressInUse(let address):
            .cannotListen(address: address, reason: "the address is in use")
        case .addressUnavailable(let address):
            .cannotListen(address: address, reason: "this machine has no such address")
        case .permissionDenied(let address):
            .cannotListen(address: address, reason: "permission denied")
        case .nameNotResolved(let host, _):
            .cannotListen(address: host, reason: "the name has no address")
        case .socketPathInvalid(let path):
            .cannotListen(address: path, reason: "the path is empty or too long")
        case .socketPathTaken(let path):
            .cannotListen(address: path, reason: "something else stands at the path")
        default: .storage("the network cannot be used: \(error)")
        }
    }

    /// Made in the background: it takes up to half a second that a start should not wait for.
    private func makeRSAKey() {
        let box = core.rsaKey
        let path = directory.layout.tls
        let logger = logger
        do {
            try BackgroundThread.start(name: "rsa-key", nice: 10) {
                do {
                    box.resolve(try StoredRSAKey(folder: path).loadOrMake())
                } catch {
                    logger.error("no RSA key: \(error)")
                    box.resolve(nil)
                }
            }
        } catch {
            logger.error("no thread for the RSA key: \(error)")
            box.resolve(nil)
        }
    }

    private func writeClientFile(
        _ settings: Settings,
        _ account: RootAccount.Prepared,
        _ clientFile: String?
    ) throws {
        let path: String
        if let clientFile {
            path = clientFile
        } else if directory.isEphemeral {
            return
        } else {
            path = directory.layout.clientConfiguration
        }
        let file = ClientOptionFile(path: path)
        let address = listener.addresses.first { !$0.isUnixSocket }
        let host = address?.host ?? "127.0.0.1"
        try file.write(
            ClientOptionFile.Contents(
                host: host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host,
                port: Int(mysqlPort),
                socket: settings.text("socket"),
                user: account.user,
                password: account.password ?? file.storedPassword,
                authorityFile: core.tls.authorityFile,
                hasTLS: core.tls.context != nil
            )
        )
    }

    // MARK: - End

    /// Waits until SIGTERM, SIGINT or `stop` has ended everything in order.
    public func waitUntilStopped() {
        stopped.wait()
        stopped.signal()
    }

    /// Stops accepting, lets running statements finish (10 s at most), parks jobs and closes
    /// everything.
    public func stop() {
        guard !hasStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        listener.stop()
        door?.stop()
        // Jobs first: they end within milliseconds of their flag, and a restart runs them again.
        core.engine.stopJobs(seconds: 2)
        core.drain(seconds: Limits.shutdownSeconds)
        loops.shutdown()
        relief.withLock { $0 = true }
        core.workers.shutdown()
        core.control.shutdown()
        core.engine.close()
        directory.close()
        stopped.signal()
    }
}
