import BorealBase
import BorealCatalog
import BorealTables
import BorealTasks
import BorealWire

/// `information_schema.PROCESSLIST`, which SHOW PROCESSLIST reads: connections, then background
/// jobs as daemons.
enum ProcessTable {
    /// Ids of jobs begin here, so that they never meet those of connections.
    private static let jobBase: UInt64 = 1 << 32

    static func table(_ engine: Engine) -> SystemTable {
        SystemTable(name: "PROCESSLIST", columns: SystemTable.processColumns) {
            [weak engine] rights in
            guard let engine else { return [] }
            return connections(engine.processes, rights) + jobs(engine, rights)
        }
    }

    /// `performance_schema.session_connect_attrs`.
    static func attributes(_ engine: Engine) -> SystemTable {
        SystemTable(
            "performance_schema",
            name: "session_connect_attrs",
            columns: "PROCESSLIST_ID bigint unsigned!, ATTR_NAME varchar(32)!, "
                + "ATTR_VALUE varchar(1024), ORDINAL_POSITION int"
        ) { [weak engine] rights in
            let shown = engine?.processes.processes.filter { isShown($0.user, to: rights) } ?? []
            return shown.flatMap { client in
                client.attributes.pairs.enumerated().map { index, pair in
                    [
                        .unsigned(UInt64(client.id)), .text(pair.name), .text(pair.value),
                        .integer(Int64(index)),
                    ]
                }
            }
        }
    }

    /// Those of other users are shown to who holds PROCESS.
    private static func isShown(_ user: String, to rights: AccountRights) -> Bool {
        user == rights.user || rights.holdsAny(.process, "SYSTEM_ADMIN")
    }

    private static func connections(
        _ list: ProcessList,
        _ rights: AccountRights
    ) -> [[TableValue]] {
        let now = MonotonicClock.milliseconds
        return list.entries.filter { isShown($0.user, to: rights) }.map { entry in
            [
                .unsigned(UInt64(entry.id)), .text(entry.user), .text(entry.host),
                entry.database.isEmpty ? .null : .text(entry.database), .text(entry.command),
                .integer(Int64(now > entry.since ? (now - entry.since) / 1_000 : 0)),
                .text(entry.state), entry.info.isEmpty ? .null : .text(entry.info),
            ]
        }
    }

    private static func jobs(_ engine: Engine, _ rights: AccountRights) -> [[TableValue]] {
        engine.scheduler.jobs.filter { isShown(user(of: $0.job.user), to: rights) }.map { job in
            let seconds = max(0, Instant.now.seconds - job.since.seconds)
            let state = job.state == .queued ? "queued" : job.text
            return [
                .unsigned(jobBase + UInt64(job.job.id.rawValue)), .text(user(of: job.job.user)),
                .text("localhost"), .null, .text("Daemon"), .integer(seconds), .text(state),
                .text(subject(of: job.job, engine.catalog.snapshot)),
            ]
        }
    }

    /// The job behind an id of the list.
    static func job(of id: UInt64) -> JobID? {
        guard id > jobBase, id - jobBase <= UInt64(Int64.max) else { return nil }
        return JobID(rawValue: Int64(id - jobBase))
    }

    private static func user(of plain: String) -> String {
        AccountName(plain: plain).user
    }

    private static func subject(of job: Job, _ snapshot: CatalogSnapshot) -> String {
        switch job.subject {
        case .version(let id): "\(job.kind) \(snapshot.bound(id)?.label ?? "")"
        case .task(let id): "\(job.kind) \(id)"
        case .feature(let id): "\(job.kind) \(snapshot.feature(id)?.name ?? "")"
        case .none: job.kind
        }
    }
}
