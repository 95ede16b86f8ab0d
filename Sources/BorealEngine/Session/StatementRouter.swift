package import BorealBase
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
        var kind = parsed.kind
        if case .ambiguous(let model, let ordinary) = kind {
            kind = meansTable(ordinary) ? .ordinary(ordinary) : .model(model)
        }
        if parsed.isHinted, case .ordinary(let statement) = kind {
            return try index(statement, parsed.hints)
        }
        guard let audit = StatementAudit(kind, session, text: text) else {
            return try run(kind, parsed.hints)
        }
        do throws(ServerError) {
            return AuditedStatement(try run(kind, parsed.hints), audit)
        } catch {
            audit.end(error)
            throw error
        }
    }

    private func run(
        _ kind: ParsedStatement.Kind,
        _ hints: OptimizerHints
    ) throws(ServerError) -> any RunningStatement {
        switch kind {
        case .model(let statement), .ambiguous(let statement, _):
            guard session.mayReadSources else { return try model(statement) }
            return SourceStatement(session, session.source, cancellation) {
                () throws(ServerError) in try model(statement)
            }
        case .ordinary(let statement): return try ordinary(statement, hints)
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

    /// A statement behind the hint that is not about models: tables that it names are index tables.
    private func index(
        _ statement: SQLStatement,
        _ hints: OptimizerHints
    ) throws(ServerError) -> any RunningStatement {
        let database = TableTarget.database
        let redirected = try IndexTables.redirected(statement, session.tables)
        guard case .createTable(let node) = redirected, node.name.database?.name == database,
            session.engine.tables.schema.databases[database] == nil
        else { return try ordinary(redirected, hints) }
        let first = try session.tables.question(
            "CREATE DATABASE IF NOT EXISTS \(database)",
            cancellation: cancellation
        )
        let second: (TextRows) throws(ServerError) -> StagedRun.Stage = { _ throws(ServerError) in
            .run(try ordinary(redirected, hints))
        }
        return StagedRun(.ask(first, rowsMax: 0, then: second), session, cancellation)
    }

    private func ordinary(
        _ statement: SQLStatement,
        _ hints: OptimizerHints
    ) throws(ServerError) -> any RunningStatement {
        if let running = try account(statement) { return running }
        try checkPassword(statement)
        switch statement {
        case .kill(let kill): return try self.kill(kill)
        case .shutdown: return try shutdown()
        case .alterInstance(let node): return try reloadTLS(node)
        case .prepare(let node):
            try session.prepare(node)
            return ok(info: "Statement prepared")
        case .execute(let node): return try session.execute(node, cancellation)
        case .deallocate(let name):
            try session.deallocate(name)
            return ok()
        case .call(let node) where BudgetProcedure(session: session).isMeant(by: node):
            return try setBudget(node)
        case .loadData(let load) where load.isLocal:
            return try LoadDataStatement(session, load, text, cancellation)
        default: break
        }
        if case .createDatabase(let node) = statement { try checkFree(node.name.name) }
        do {
            let prepared = try session.tables.prepare(
                statement,
                text: text,
                parameters: parameters,
                handle: handle,
                hints: hints,
                cancellation: cancellation
            )
            return TableRun(prepared, session, cancellation)
        } catch {
            session.logUnexpected(error)
            throw ServerError(table: error)
        }
    }

    /// A database's name may be no source's: `s.t.c` would have two meanings.
    private func checkFree(_ name: String) throws(ServerError) {
        let document = session.engine.catalog.snapshot.document(.source, name.asciiLowercased)
        guard document != nil else { return }
        throw ServerError(
            .databaseExists,
            "Can't create database '\(name)'; a source has that name"
        )
    }

    private func kill(_ kill: Kill) throws(ServerError) -> any RunningStatement {
        try session.kill(connectionID(kill.connection), queryOnly: kill.isQuery)
        return ok()
    }

    private func setBudget(_ node: CallStatement) throws(ServerError) -> any RunningStatement {
        var values: [TableValue] = []
        do {
            for argument in node.arguments.prefix(6) {
                values.append(
                    try session.tables.value(of: argument, text: text, parameters: parameters)
                )
            }
        } catch {
            session.logUnexpected(error)
            throw ServerError(table: error)
        }
        try BudgetProcedure(session: session).run(values)
        return ok()
    }

    // MARK: - The server

    /// SHUTDOWN: the server begins to stop when the client has its answer on the way.
    private func shutdown() throws(ServerError) -> any RunningStatement {
        try session.checkAdministrator("SHUTDOWN")
        session.tables.clearWarnings()
        let session = session
        return ImmediateStatement { response in
            response.sessionStatus = session.status
            response.ok()
            session.engine.control.stop()
        }
    }

    /// ALTER INSTANCE RELOAD TLS. Without a roll-back an error is a warning.
    private func reloadTLS(_ node: AlterInstance) throws(ServerError) -> any RunningStatement {
        guard session.tables.rights.holdsAny(.superuser, "CONNECTION_ADMIN", "SYSTEM_ADMIN") else {
            throw .rightNeeded("CONNECTION_ADMIN")
        }
        session.tables.clearWarnings()
        if let reason = session.engine.control.reloadTLS(node.rollsBack) {
            let error = ServerError(.tlsNotReloaded, "Internal TLS error \(reason)")
            guard !node.rollsBack else { throw error }
            session.tables.warn(TableWarning(.warning, error.code, error.message))
        }
        return ok()
    }

    // MARK: - Accounts

    /// A statement about accounts; nil for any other.
    private func account(
        _ statement: SQLStatement
    ) throws(ServerError) -> (any RunningStatement)? {
        let accounts = AccountExecutor(session: session)
        if isChange(statement) { session.tables.clearWarnings() }
        switch statement {
        case .createUser(let node) where node.isAlter:
            if !node.isOwnPassword(session.accountName) { try checkPassword(statement) }
            return answer(try accounts.alter(node))
        case .setPassword(let node): try accounts.setPassword(node)
        case .createUser, .dropUser, .renameUsers, .grant, .createToken, .dropToken, .show:
            return try otherAccount(statement, accounts)
        case .createSource(let node):
            try checkPassword(statement)
            try SourceExecutor(session: session).create(node)
        case .dropSource(let node):
            try checkPassword(statement)
            try SourceExecutor(session: session).drop(node)
        case .flush(let flush) where flush.isAboutAccounts:
            try session.demand(.reload, "RELOAD")
            if flush.targets.contains("HOSTS") { session.engine.logins.forgetAll() }
        case .createRole, .dropRole, .setRole: throw .notYet("roles")
        default: return nil
        }
        return ok()
    }

    private func otherAccount(
        _ statement: SQLStatement,
        _ accounts: AccountExecutor
    ) throws(ServerError) -> (any RunningStatement)? {
        if case .show(let show) = statement {
            guard show.subject.isAccount || show.subject.isSource else { return nil }
            try checkPassword(statement)
            if show.subject == .sources {
                return try filtered(SourceExecutor(session: session).listed(), show.filter)
            }
            if case .createSource(let name) = show.subject {
                return table(try SourceExecutor(session: session).definition(name.name))
            }
            return try AccountListing(session: session).table(show.subject).map(table)
        }
        try checkPassword(statement)
        switch statement {
        case .createUser(let node): return answer(try accounts.create(node))
        case .dropUser(let node): try accounts.drop(node)
        case .renameUsers(let node): try accounts.rename(node)
        case .grant(let node): try GrantExecutor(session: session).run(node)
        case .createToken(let node):
            return table(try TokenExecutor(session: session).create(node))
        case .dropToken(let node): try TokenExecutor(session: session).drop(node)
        default: return nil
        }
        return ok()
    }

    /// True for statements that begin a new list of warnings.
    private func isChange(_ statement: SQLStatement) -> Bool {
        if case .show = statement { false } else { true }
    }

    /// - Throws: 1820 while the account's password has to be changed first.
    private func checkPassword(_ statement: SQLStatement) throws(ServerError) {
        guard session.mustChangePassword else { return }
        if case .set = statement { return }
        throw .passwordMustChange
    }

    /// OK, or the passwords that were made.
    private func answer(_ generated: FixedTable?) -> any RunningStatement {
        generated.map(table) ?? ok()
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
            response.ok(warnings: session.tables.warnings.count, info: info)
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
        ModelExecutor(engine: session.engine, access: session.access, links: links)
    }

    private var isMaxCompute: Bool { session.isMaxCompute }

    private var remoteModels: RemoteModelExecutor {
        RemoteModelExecutor(engine: session.engine, access: session.access, text: text)
    }

    private var tasks: TaskExecutor {
        TaskExecutor(engine: session.engine, access: session.access, links: links)
    }

    private var features: FeatureExecutor {
        FeatureExecutor(engine: session.engine, access: session.access, links: links)
    }

    var jobs: JobStarter {
        JobStarter(
            session: session,
            models: models,
            tasks: tasks,
            text: text,
            cancellation: cancellation
        )
    }

    /// What PREDICT and EXPLAIN in the session would answer; nothing runs.
    func columns(of request: PredictRequest) throws(ServerError) -> [ColumnDefinition41] {
        try jobs.columns(of: request)
    }

    /// What PREDICT on a remote model would answer; nil for any other model.
    func remoteColumns(
        of node: SelectFromPredict
    ) throws(ServerError) -> [ColumnDefinition41]? {
        guard let target = try remoteTarget(of: node) else { return nil }
        return try jobs.columns(of: try RequestReader.remotePredict(node), target)
    }

    private func remoteTarget(
        of node: SelectFromPredict
    ) throws(ServerError) -> RemoteTarget? {
        try jobs.remoteTarget(node.name.name, version: try node.version?.name)
    }

    private func predict(
        _ node: SelectFromPredict
    ) throws(ServerError) -> any RunningStatement {
        if let request = try IndexRequest(node) { return table(try jobs.index(request)) }
        if let asked = try TextToSQL(node, session, cancellation) { return try asked.run() }
        if let asked = try TextToChart(node, session, cancellation) { return try asked.run() }
        if let target = try remoteTarget(of: node) {
            let request = try RequestReader.remotePredict(node)
            return request.mode == .async
                ? table(try jobs.predict(request, target))
                : try jobs.predictOnline(request, target)
        }
        let request = try RequestReader.predict(node)
        return request.isOffline
            ? table(try jobs.predict(request)) : try jobs.predictOnline(request)
    }

    private func model(_ statement: ModelStatement) throws(ServerError) -> any RunningStatement {
        if session.mustChangePassword { throw .passwordMustChange }
        switch statement {
        case .showModels(let node):
            let listed = models.showModels(isFull: node.isFull, isMaxCompute: isMaxCompute)
            return try filtered(listed, node.filter)
        case .showModel(let node): return table(try models.showModel(node))
        case .showVersions(let node):
            return table(try models.showVersions(node.name.name, isMaxCompute: isMaxCompute))
        case .showCategories(let node):
            return try filtered(try models.showCategories(node), node.filter)
        case .describeModel(let node):
            return table(try models.describe(node, isMaxCompute: isMaxCompute))
        case .explainModel(let node): return try jobs.importances(node)
        case .explainRows(let node):
            if let request = try RequestReader.influence(node) {
                return table(try jobs.influence(request))
            }
            let request = try RequestReader.explain(node)
            return request.isOffline
                ? table(try jobs.predict(request)) : try jobs.predictOnline(request)
        case .verifyModel(let node): return table(try jobs.verify(node))
        case .exportModel(let node): return table(try jobs.export(node))
        case .explainPredict(let node):
            if let target = try remoteTarget(of: node) {
                return table(try jobs.explain(try RequestReader.remotePredict(node), target))
            }
            return table(try jobs.explain(try RequestReader.predict(node)))
        case .showTasks(let node): return try filtered(tasks.showTasks(), node.filter)
        case .showTask(let node): return table(try tasks.showTask(node.id))
        case .dropModel(let node): try models.drop(node)
        case .dropTask(let node): try tasks.drop(node.id)
        case .deployModel(let node): try models.deploy(node)
        case .uploadModel(let node): try jobs.upload(node)
        case .createModel(let node): try jobs.create(node)
        case .defineModel(let node): try jobs.define(node, remoteModels)
        case .evaluate(let node): return table(try jobs.evaluate(node))
        case .predict(let node): return try predict(node)
        case .alterModel(let node): try jobs.alter(node)
        case .diffModel(let node): return table(try jobs.diff(node))
        case .createFeature(let node): try jobs.create(node, features)
        case .updateFeature(let node): try jobs.update(node, features)
        case .showFeatures(let node): return try filtered(features.showFeatures(), node.filter)
        case .showFeature(let node): return table(try features.showFeature(node.name.name))
        case .describeFeature(let node): return table(try features.describe(node.name.name))
        case .dropFeature(let node): try features.drop(node)
        case .statistic(let node): return try jobs.statistic(node)
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

extension ServerError {
    /// 1820, as MySQL words it.
    static var passwordMustChange: ServerError {
        ServerError(
            .passwordMustChange,
            "You must reset your password using ALTER USER statement before executing this "
                + "statement."
        )
    }
}

extension ShowStatement.Subject {
    /// True for what `AccountListing` shows.
    var isAccount: Bool {
        switch self {
        case .grants, .createUser, .tokens: true
        default: false
        }
    }
}

extension Flush {
    /// PRIVILEGES and HOSTS: rights are never stale here, blocked addresses may be let in again.
    fileprivate var isAboutAccounts: Bool {
        targets.allSatisfy { $0 == "PRIVILEGES" || $0 == "HOSTS" }
    }
}

extension CreateUser {
    /// True when nothing but the password of that account changes.
    fileprivate func isOwnPassword(_ name: BorealCatalog.AccountName) -> Bool {
        options.isEmpty && accounts.count == 1 && accounts[0].authentication != nil
            && AccountRequest.name(accounts[0].account, current: name) == name
    }
}

extension ClientSession {
    /// KILL: one's own connections and jobs; those of others take a right.
    ///
    /// - Throws: 1094 for what is not there, 1095 for what is another's.
    package func kill(_ id: UInt64, queryOnly: Bool) throws(ServerError) {
        refreshRights()
        let number = UInt32(truncatingIfNeeded: id)
        if id <= UInt32.max, let owner = engine.processes[number]?.account {
            try checkOwner(owner, id)
            if engine.processes.kill(number, queryOnly: queryOnly) { return }
        }
        if let job = ProcessTable.job(of: id) {
            if let owner = engine.catalog.snapshot.job(job)?.user { try checkOwner(owner, id) }
            if engine.scheduler.cancel(job) { return }
        }
        throw ServerError(.noSuchThread, "Unknown thread id: \(id)")
    }

    /// Whether the session may do what only an administrator may.
    ///
    /// - Throws: 1227 unless it holds a privilege of that word on everything, or SYSTEM_ADMIN.
    package func checkAdministrator(_ word: String) throws(ServerError) {
        refreshRights()
        let rights = tables.rights
        guard rights.holdsAny(Privileges(word: word) ?? [], "SYSTEM_ADMIN") else {
            throw .rightNeeded(word)
        }
    }

    private func checkOwner(_ owner: String, _ id: UInt64) throws(ServerError) {
        guard owner != accountName.plain else { return }
        guard tables.rights.holdsAny(.superuser, "CONNECTION_ADMIN", "SYSTEM_ADMIN") else {
            throw ServerError(.killDenied, "You are not owner of thread \(id)")
        }
    }
}
