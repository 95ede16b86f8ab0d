import BorealBase
import BorealCatalog
import BorealSQL
import BorealTables
import BorealTasks
import BorealWire

/// Finds the executor of a statement.
struct StatementRouter {
    private let session: ClientSession
    private let text: [UInt8]
    private let cancellation: CancellationFlag
    /// Values of the `?`, for trees that they are bound to.
    private let parameters: [TableValue]
    private let handle: PlanHandle?

    init(
        _ session: ClientSession,
        _ text: [UInt8],
        _ cancellation: CancellationFlag,
        parameters: [TableValue] = [],
        handle: PlanHandle? = nil
    ) {
        self.session = session
        self.text = text
        self.cancellation = cancellation
        self.parameters = parameters
        self.handle = handle
    }

    func route(_ parsed: ParsedStatement) throws(ServerError) -> any RunningStatement {
        switch parsed.kind {
        case .model(let statement): return try model(statement)
        case .ordinary(let statement): return try ordinary(statement)
        case .ambiguous(let model, let ordinary):
            return try meansTable(ordinary) ? self.ordinary(ordinary) : self.model(model)
        }
    }

    /// True when a text that both grammars read names a table of the current database.
    private func meansTable(_ statement: SQLStatement) -> Bool {
        let name: String
        switch statement {
        case .describe(let node): name = node.table.name.name
        case .update(let node):
            guard case .table(let table)? = node.tables.first else { return true }
            name = table.name.name.name
        default: return true
        }
        let quoted = "`" + name.replacing("`", with: "``") + "`"
        let probe = "SELECT 1 FROM \(quoted) LIMIT 0"
        // Whatever is wrong with the table, it is none that the statement could mean.
        guard let query = try? StatementParser.parseQuery(probe) else { return false }
        return (try? session.tables.describe(query, text: Array(probe.utf8))) != nil
    }

    // MARK: - Ordinary statements

    private func ordinary(_ statement: SQLStatement) throws(ServerError) -> any RunningStatement {
        switch statement {
        case .kill(let kill): return try self.kill(kill)
        case .prepare(let node):
            try session.prepare(node)
            return ok(info: "Statement prepared")
        case .execute(let node): return try session.execute(node, cancellation)
        case .deallocate(let name):
            try session.deallocate(name)
            return ok()
        case .loadData(let load) where load.isLocal:
            return try LoadDataStatement(session, load, text, cancellation)
        default: break
        }
        do {
            let prepared = try session.tables.prepare(
                statement,
                text: text,
                parameters: parameters,
                handle: handle,
                cancellation: cancellation
            )
            return TableRun(prepared, session, cancellation)
        } catch {
            session.logUnexpected(error)
            throw ServerError(table: error)
        }
    }

    private func kill(_ kill: Kill) throws(ServerError) -> any RunningStatement {
        let id = try connectionID(kill.connection)
        let engine = session.engine
        let number = UInt32(truncatingIfNeeded: id)
        if id <= UInt32.max, engine.processes.kill(number, queryOnly: kill.isQuery) { return ok() }
        if let job = ProcessTable.job(of: id), engine.scheduler.cancel(job) { return ok() }
        throw ServerError(.noSuchThread, "Unknown thread id: \(id)")
    }

    /// The id that KILL names: a number, or an expression without tables.
    private func connectionID(_ node: Expression) throws(ServerError) -> UInt64 {
        if case .literal(.integer(let id)) = node.kind { return id }
        do {
            let value = try session.tables.value(of: node, text: text, parameters: parameters)
            return UInt64(clamping: value.wholeNumber ?? 0)
        } catch {
            session.logUnexpected(error)
            throw ServerError(table: error)
        }
    }

    // MARK: - Answers

    private func ok(info: String = "") -> ImmediateStatement {
        let session = session
        return ImmediateStatement { response in
            response.sessionStatus = session.status
            response.ok(info: info)
        }
    }

    private func table(_ table: FixedTable) -> ImmediateStatement {
        let session = session
        return ImmediateStatement { response in
            response.sessionStatus = session.status
            response.write(table)
        }
    }

    // MARK: - Statements on models and tasks

    private var links: ArtifactLinks {
        ArtifactLinks(
            publicURL: session.engine.publicURL(localHost: session.client.localHost),
            signer: session.engine.catalog.snapshot.linkSigner
        )
    }

    private var models: ModelExecutor {
        ModelExecutor(
            engine: session.engine,
            owner: session.client.account.name.plain,
            links: links
        )
    }

    private var tasks: TaskExecutor {
        TaskExecutor(
            engine: session.engine,
            owner: session.client.account.name.plain,
            links: links
        )
    }

    private var jobs: JobStarter {
        JobStarter(
            session: session,
            models: models,
            tasks: tasks,
            text: text,
            cancellation: cancellation
        )
    }

    /// What PREDICT in the session would answer; nothing runs.
    func columns(of request: PredictRequest) throws(ServerError) -> [ColumnDefinition41] {
        try jobs.columns(of: request)
    }

    private func model(_ statement: ModelStatement) throws(ServerError) -> any RunningStatement {
        switch statement {
        case .showModels(let node): return try filtered(models.showModels(), node.filter)
        case .showModel(let node): return table(try models.showModel(node.name.name))
        case .showVersions(let node): return table(try models.showVersions(node.name.name))
        case .describeModel(let node): return table(try models.describe(node))
        case .showTasks(let node): return try filtered(tasks.showTasks(), node.filter)
        case .showTask(let node): return table(try tasks.showTask(node.id))
        case .dropModel(let node): try models.drop(node)
        case .dropTask(let node): try tasks.drop(node.id)
        case .deployModel(let node): try models.deploy(node)
        case .uploadModel(let node): try jobs.upload(node)
        case .createModel(let node): try jobs.create(node)
        case .evaluate(let node): return table(try jobs.evaluate(node))
        case .predict(let node):
            let request = try RequestReader.predict(node)
            return request.isOffline
                ? table(try jobs.predict(request)) : try jobs.predictOnline(request)
        case .retrainModel: throw .unsupported("ALTER MODEL RETRAIN")
        case .createFeature, .updateFeature, .showFeatures, .showFeature, .describeFeature,
            .dropFeature:
            throw .unsupported("FEATURE statements")
        }
        return ok()
    }

    /// SHOW ... LIKE and WHERE: the table becomes a derived table that the embedded SQL filters.
    private func filtered(
        _ table: FixedTable,
        _ filter: ShowFilter?
    ) throws(ServerError) -> any RunningStatement {
        guard let filter, !table.rows.isEmpty else { return self.table(table) }
        return self.table(try TableFilter(session, text, cancellation).apply(filter, to: table))
    }
}
