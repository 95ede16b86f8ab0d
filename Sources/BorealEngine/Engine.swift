package import BorealBase
package import BorealCatalog
import BorealRemote
import BorealSQLite
import BorealTables
import BorealTasks
import Glibc
package import Logging
import Synchronization

/// What all sessions share: the registry, the tables, the models in memory, the background jobs.
package final class Engine: Sendable {
    package let settings: Settings
    package let catalog: Catalog
    package let processes = ProcessList()
    /// Counts wrong passwords at both doors.
    package let logins: LoginGuard
    let rights = RightsCache()
    /// Tells of statements on models and accounts.
    package let audit: AuditLog
    let logger: Logger
    let tables: TableStore
    let models: ModelStore
    /// Where models are called that run elsewhere.
    let remote: RemoteGateway
    /// Other MySQL servers that are reached by name.
    package let sources: SourceRegistry
    let scheduler: TaskScheduler
    let taskIDs = TaskIDGenerator()
    let preparedCount = PreparedStatementCount()
    let cursors = CursorBudget()
    private let door = Mutex("")
    private let questions = Atomic<Int>(0)
    private let serverControl = Mutex(ServerControl.none)
    private let transportStatus = Mutex<(@Sendable () -> [(name: String, value: String)])?>(nil)

    private let openSource = Mutex<SourceOpener?>(nil)

    /// True when ordinary statements go to another server.
    let hasSource: Bool

    /// Opens the registry and the tables of a data directory; jobs start with `startJobs`.
    ///
    /// - Throws: `ServerError` with a sentence for the person at the shell.
    package init(
        settings: Settings,
        directory: DataDirectory,
        logger: Logger
    ) throws(ServerError) {
        self.settings = settings
        self.logger = logger
        hasSource = !settings.text("source").isEmpty
        logins = LoginGuard(settings)
        audit = AuditLog(path: directory.layout.auditLog, logger: logger)
        do {
            catalog = try Catalog(directory)
        } catch {
            throw ServerError(.unknownError, "\(error)")
        }
        for (name, value) in catalog.snapshot.settings {
            // A setting that this release does not know, or whose range changed, keeps its default.
            guard !name.hasPrefix(Self.contractPrefix) else { continue }
            do { try settings.set(name, to: value, source: .durable) } catch {
                logger.warning("stored setting '\(name)' is ignored: \(error)")
            }
        }
        tables = try TableBridge.openStore(settings, directory)
        models = ModelStore(catalog: catalog, settings: settings)
        remote = try Self.gateway(settings, directory, catalog, logger)
        sources = SourceRegistry(catalog, remote)
        scheduler = TaskScheduler(
            catalog: catalog,
            concurrency: settings.integer("task_concurrency"),
            observe: { event in Self.log(event, logger) }
        )
        tables.setExternalVariables(
            TableBridge.variables(settings, catalog) { [weak self] name in
                self?.settingChanged(name)
            }
        )
        tables.addBatchFunction("PREDICT_ROW", ModelFunction(models, .prediction))
        tables.addBatchFunction("PREDICT_PROBA", ModelFunction(models, .probability))
        tables.addBatchFunction("EXPLAIN_ROW", ModelFunction(models, .explanation))
        tables.addBatchFunction(MLPredictFunction.name, MLPredictFunction(models, remote))
        for name in FunctionForm.names {
            tables.addBatchFunction(name, RemoteFunction(models, remote, name))
        }
        for action in RemoteAdministration.Action.allCases {
            tables.addBatchFunction(action.rawValue, RemoteAdministration(models, remote, action))
        }
        registerRunners()
        registerTables()
    }

    private static func gateway(
        _ settings: Settings,
        _ directory: DataDirectory,
        _ catalog: Catalog,
        _ logger: Logger
    ) throws(ServerError) -> RemoteGateway {
        let vault = SecretVault(
            file: settings.text("master_key_file"),
            isEphemeral: directory.isEphemeral
        ) { name in getenv(name).map { String(cString: $0) } }
        do throws(RemoteModelError) {
            return try RemoteGateway(
                settings,
                catalog,
                vault: vault,
                ledger: RemoteLedger(catalog, settings, logger)
            )
        } catch {
            throw ServerError(.invalidOption, "\(error.text)")
        }
    }

    /// What SQL can read of the engine.
    private func registerTables() {
        for table in RemoteTables.all(self) { tables.addSystemTable(table) }
        tables.addSystemTable(ProcessTable.table(self))
        tables.addSystemTable(ProcessTable.attributes(self))
        tables.addSystemTable(RegistryTables.models(self))
        tables.addSystemTable(RegistryTables.tasks(self))
        tables.setAccounts { [catalog] in AccountListing.facts(catalog.snapshot) }
        tables.setExternalStatus { [weak self] in
            guard let self else { return [] }
            let transport = transportStatus.withLock { $0 }
            return processes.status + (transport?() ?? [])
        }
    }

    private func registerRunners() {
        scheduler.register(
            IndexRunner.kind,
            runner: IndexRunner(
                catalog: catalog,
                opener: JobRowOpener(engine: self),
                reader: StoredStatements()
            )
        )
        scheduler.register(
            FeatureRunner.kind,
            runner: FeatureRunner(
                catalog: catalog,
                settings: settings,
                opener: JobRowOpener(engine: self)
            )
        )
        registerFileRunners()
        registerModelRunners()
    }

    /// Jobs that make models of files.
    private func registerFileRunners() {
        scheduler.register(
            UploadRunner.kind,
            runner: UploadRunner(
                catalog: catalog,
                settings: settings,
                ownURL: { [weak self] in self?.publicURL(localHost: "127.0.0.1") ?? "" }
            )
        )
        scheduler.register(
            ImportRunner.kind,
            runner: ImportRunner(catalog: catalog, settings: settings)
        )
    }

    private func registerModelRunners() {
        let opener = JobRowOpener(engine: self)
        let reader = StoredStatements()
        registerPredictionRunners(opener, reader)
        scheduler.register(
            TrainRunner.kind,
            runner: TrainRunner(
                catalog: catalog,
                settings: settings,
                models: models,
                opener: opener,
                reader: reader
            )
        )
        scheduler.register(
            InfluenceRunner.kind,
            runner: InfluenceRunner(
                catalog: catalog,
                settings: settings,
                models: models,
                opener: opener,
                reader: reader
            )
        )
        scheduler.register(
            VerifyRunner.kind,
            runner: VerifyRunner(
                catalog: catalog,
                settings: settings,
                models: models,
                opener: opener,
                reader: reader
            )
        )
        scheduler.register(
            ExportRunner.kind,
            runner: ExportRunner(catalog: catalog, models: models)
        )
        scheduler.register(
            DeployRunner.kind,
            runner: DeployRunner(catalog: catalog, models: models)
        )
        scheduler.register(
            CompareRunner.kind,
            runner: CompareRunner(catalog: catalog, models: models, opener: opener, reader: reader)
        )
        scheduler.register(
            EvaluateRunner.kind,
            runner: EvaluateRunner(catalog: catalog, models: models, opener: opener, reader: reader)
        )
    }

    private func registerPredictionRunners(_ opener: JobRowOpener, _ reader: StoredStatements) {
        scheduler.register(
            PredictRunner.kind,
            runner: PredictRunner(
                catalog: catalog,
                models: models,
                tables: tables,
                opener: opener,
                reader: reader
            )
        )
        scheduler.register(
            RemotePredictRunner.kind,
            runner: RemotePredictRunner(
                catalog: catalog,
                models: models,
                tables: tables,
                opener: opener,
                reader: reader,
                gateway: remote,
                folder: catalog.answersFolder
            )
        )
    }

    private static func log(_ event: TaskEvent, _ logger: Logger) {
        switch event {
        case .started(let job): logger.debug("job \(job.kind) \(job.id.rawValue) started")
        case .finished(let job, let nanoseconds):
            logger.info("job \(job.kind) \(job.id.rawValue) took \(nanoseconds / 1_000_000) ms")
        case .failed(let job, let error):
            logger.info("job \(job.kind) \(job.id.rawValue) failed: \(ServerError(job: error))")
        case .abandoned(let job):
            logger.error("job \(job.kind) \(job.id.rawValue) was given up after too many crashes")
        case .cancelled(let job, let reason):
            logger.info("job \(job.kind) \(job.id.rawValue) was cancelled: \(reason)")
        case .parked(let job): logger.info("job \(job.kind) \(job.id.rawValue) waits for a restart")
        case .unsettled(let job, let error):
            logger.error("job \(job.kind) \(job.id.rawValue) could not be ended: \(error)")
        case .noThread(let code): logger.error("no thread for a job: error \(code)")
        }
    }

    /// A number of `@@GLOBAL`.
    package func globalNumber(_ name: String) -> Int { tables.globalNumber(name) }

    // MARK: - Life

    /// Runs what an earlier process left unfinished, and sweeps what nobody refers to.
    package func startJobs() {
        do {
            let recovery = try scheduler.recover()
            try failStranded(recovery)
            if !recovery.jobs.isEmpty { logger.notice("\(recovery.jobs.count) jobs run again") }
            let left =
                catalog.sweepArtifacts() + catalog.sweepAnswers() + (try catalog.sweepUploads())
            if left > 0 { logger.notice("\(left) files that nothing refers to were removed") }
            let days = Int64(settings.integer("task_retention_days"))
            let limit = Instant(microseconds: Instant.now.microseconds - days * 86_400_000_000)
            try catalog.update { (change) throws(CatalogError) in
                _ = try change.sweepTasks(endedBefore: limit)
            }
        } catch {
            logger.error("the jobs of an earlier process cannot be taken up: \(error)")
        }
    }

    /// Versions and tasks that were promised and that no job works for.
    private func failStranded(_ recovery: CatalogRecovery) throws(CatalogError) {
        guard
            !recovery.strandedVersions.isEmpty || !recovery.strandedTasks.isEmpty
                || !recovery.strandedFeatures.isEmpty
        else { return }
        let error = ServerError.interruptedByRestart
        try catalog.update { (change) throws(CatalogError) in
            let failure = ModelFailure(error)
            for id in recovery.strandedVersions { try change.failVersion(id, failure) }
            for id in recovery.strandedFeatures { try change.failFeature(id, failure) }
            for id in recovery.strandedTasks {
                try change.failTask(id, message: error.numberAndSentence)
            }
        }
    }

    /// Asks jobs to end and waits for them a while; unfinished ones run again at the next start.
    package func stopJobs(seconds: Int) {
        scheduler.shutdown(limitMilliseconds: UInt64(seconds) * 1_000)
    }

    /// Writes everything back. The last call.
    package func close() {
        audit.close()
        remote.close()
        catalog.close()
    }

    // MARK: - What sessions ask

    /// The port of the HTTP door as text; empty while there is none.
    package var httpAddress: String {
        get { door.withLock { $0 } }
        set { door.withLock { $0 = newValue } }
    }

    /// What SHUTDOWN and ALTER INSTANCE do.
    package var control: ServerControl {
        get { serverControl.withLock { $0 } }
        set { serverControl.withLock { $0 = newValue } }
    }

    /// Registers counters of the server's sockets for SHOW STATUS.
    package func setTransportStatus(
        _ rows: @escaping @Sendable () -> [(name: String, value: String)]
    ) {
        transportStatus.withLock { $0 = rows }
    }

    /// How queries of jobs reach a source; nil before the server listens.
    var sourceOpener: SourceOpener? { openSource.withLock { $0 } }

    /// Says how queries of jobs reach a source. Before `startJobs`.
    package func setSourceOpener(_ open: SourceOpener) {
        openSource.withLock { $0 = open }
    }

    /// What links begin with, for a client that connected to `localHost`; empty without a door.
    func publicURL(localHost: String) -> String {
        let configured = settings.text("public_url")
        if !configured.isEmpty {
            return configured.hasSuffix("/") ? String(configured.dropLast()) : configured
        }
        let port = httpAddress
        guard !port.isEmpty else { return "" }
        let host = localHost.contains(":") ? "[\(localHost)]" : localHost
        return "http://\(host):\(port)"
    }

    /// Statements begun since the start.
    /// What was done since the start.
    package var meter: WorkMeter { models.meter }

    package var questionCount: Int { questions.load(ordering: .relaxed) }

    func countQuestion() { questions.add(1, ordering: .relaxed) }
}
