import BorealBase
import BorealCatalog
import BorealTables

/// Runs the inner query of a stored job again, in a session of its own with the settings of the one
/// that promised it.
// Unchecked: the engine outlives its jobs; the reference is weak and only read.
final class JobRowOpener: JobQueryOpener, @unchecked Sendable {
    private weak let engine: Engine?

    init(engine: Engine) { self.engine = engine }

    func open(
        _ query: String,
        for payload: JobPayload,
        user: String,
        cancellation: CancellationFlag
    ) throws(ServerError) -> any QuerySource {
        guard let engine else { throw .interrupted }
        let tables = try session(for: payload, user: user)
        guard let foreign = try ForeignQuery(query, engine, mode: tables.parserMode) else {
            return try InnerQueryRun(tables, query, isBesideSource: engine.hasSource)
                .open(cancellation: cancellation)
        }
        try SourceRight.check(tables.rights)
        return try engine.openAtSource(foreign, payload, cancellation)
    }

    func writer(
        of table: ResultTable,
        at source: String?,
        for payload: JobPayload,
        user: String,
        cancellation: CancellationFlag
    ) throws(ServerError) -> SourceTableWriter {
        guard let engine else { throw .interrupted }
        try SourceRight.check(try session(for: payload, user: user).rights)
        return SourceTableWriter(
            engine: engine,
            source: source,
            table: table,
            cancellation: cancellation
        )
    }

    /// A session of its own, with the rights of the account and the settings of the statement.
    func session(
        for payload: JobPayload,
        user: String
    ) throws(ServerError) -> TableSession {
        guard let engine else { throw .interrupted }
        let tables = TableSession(
            engine.tables,
            identity: SessionIdentity(connectionID: 0, user: user, account: user)
        )
        let name = AccountName(plain: user)
        tables.rights = AccountRights(
            engine.catalog.snapshot.account(name),
            name: name,
            clientHost: name.host
        )
        do {
            // Beside a source the name is one of the source's more often than not.
            let isHere = engine.tables.schema.databases[payload.database] != nil
            if !payload.database.isEmpty, isHere || !engine.hasSource {
                try tables.use(payload.database)
            }
            tables.restoreVariable("sql_mode", payload.sqlMode)
            tables.restoreVariable("time_zone", payload.timeZone)
        } catch {
            throw ServerError(table: error)
        }
        return tables
    }
}
