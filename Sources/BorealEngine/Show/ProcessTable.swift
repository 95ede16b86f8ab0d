import BorealBase
import BorealCatalog
import BorealTasks

/// SHOW PROCESSLIST: connections, then background jobs as daemons.
enum ProcessTable {
    /// Ids of jobs begin here, so that they never meet those of connections.
    private static let jobBase: UInt64 = 1 << 32

    static func table(_ engine: Engine, isFull: Bool) -> FixedTable {
        var rows: [[FixedTable.Cell]] = []
        let now = MonotonicClock.milliseconds
        for entry in engine.processes.entries {
            let info = isFull ? entry.info : String(entry.info.prefix(100))
            rows.append([
                .integer(Int64(entry.id)), .text(entry.user), .text(entry.host),
                entry.database.isEmpty ? .null : .text(entry.database), .text(entry.command),
                .integer(Int64(now > entry.since ? (now - entry.since) / 1_000 : 0)),
                .text(entry.state),
                info.isEmpty ? .null : .text(info),
            ])
        }
        for job in engine.scheduler.jobs {
            let seconds = max(0, Instant.now.seconds - job.since.seconds)
            let state = job.state == .queued ? "queued" : job.text
            rows.append([
                .integer(Int64(jobBase) + job.job.id.rawValue), .text(user(of: job.job.user)),
                .text("localhost"), .null, .text("Daemon"), .integer(seconds), .text(state),
                .text(subject(of: job.job, engine.catalog.snapshot)),
            ])
        }
        return FixedTable(
            [
                ("Id", .longLong), ("User", .varchar(64)), ("Host", .varchar(255)),
                ("db", .varchar(64)), ("Command", .varchar(16)), ("Time", .longLong),
                ("State", .varchar(255)), ("Info", .varchar(1_024)),
            ],
            rows
        )
    }

    /// The job behind an id of the list.
    static func job(of id: UInt64) -> JobID? {
        guard id > jobBase, id - jobBase <= UInt64(Int64.max) else { return nil }
        return JobID(rawValue: Int64(id - jobBase))
    }

    private static func user(of plain: String) -> String {
        String(plain.prefix { $0 != "@" })
    }

    private static func subject(of job: Job, _ snapshot: CatalogSnapshot) -> String {
        switch job.subject {
        case .version(let id): "\(job.kind) \(snapshot.bound(id)?.label ?? "")"
        case .task(let id): "\(job.kind) \(id)"
        case .none: job.kind
        }
    }
}
