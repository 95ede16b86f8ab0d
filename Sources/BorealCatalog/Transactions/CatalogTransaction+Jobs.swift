import BorealBase
import BorealSQLite

/// What a start found of the work that the last process left.
public struct CatalogRecovery: Sendable {
    /// Jobs to run again, in the order of acceptance; crashes are already counted.
    public var jobs: [Job] = []
    /// Unfinished versions that no job works for: to be failed.
    public var strandedVersions: [ModelVersionID] = []
    /// Unfinished tasks that no job works for: to be failed.
    public var strandedTasks: [TaskID] = []
    /// Unfinished features that no job works for: to be failed.
    public var strandedFeatures: [FeatureID] = []
}

extension CatalogTransaction {
    /// Stores a job, in the same change as the version, task or feature that it works for.
    ///
    /// - Throws: `CatalogError.versionNotFound`, `.taskNotFound`, `.featureNotFound`.
    @discardableResult
    public func addJob(_ job: NewJob) throws(CatalogError) -> Job {
        var version = SQLiteValue.null
        var task = SQLiteValue.null
        var feature = SQLiteValue.null
        switch job.subject {
        case .version(let id):
            _ = try find(id)
            version = .integer(id.rawValue)
        case .task(let id):
            guard content.tasks[id] != nil else { throw .taskNotFound(id) }
            task = .text(id.description)
        case .feature(let id):
            guard content.feature(id) != nil else {
                throw .featureNotFound(name: "#\(id.rawValue)")
            }
            feature = .integer(id.rawValue)
        case .none: break
        }
        let rowID = try insert(
            """
            INSERT INTO jobs (kind, payload, version, task, feature, user, created, started,
                crashes)
            VALUES (?, ?, ?, ?, ?, ?, ?, NULL, 0)
            """,
            [
                .text(job.kind), .text(job.payload), version, task, feature, .text(job.user),
                .time(now),
            ]
        )
        let row = Job(
            id: JobID(rawValue: rowID),
            kind: job.kind,
            payload: job.payload,
            subject: job.subject,
            user: job.user,
            created: now,
            started: nil,
            crashes: 0
        )
        content.jobs[row.id] = row
        return row
    }

    /// Marks that a thread takes the job, so that a crash from here on counts.
    ///
    /// - Throws: `CatalogError.jobNotFound`.
    @discardableResult
    public func startJob(_ id: JobID) throws(CatalogError) -> Job {
        try changeJob(id) { $0.started = now }
    }

    /// Puts a job back after an orderly stop: the next start runs it again and counts no crash.
    ///
    /// - Throws: `CatalogError.jobNotFound`.
    @discardableResult
    public func parkJob(_ id: JobID) throws(CatalogError) -> Job {
        try changeJob(id) { $0.started = nil }
    }

    /// Removes a job that is done, in the same change as what it achieved.
    ///
    /// - Throws: `CatalogError.jobNotFound` when it was dropped meanwhile.
    public func finishJob(_ id: JobID) throws(CatalogError) {
        guard content.jobs[id] != nil else { throw .jobNotFound(id) }
        try run("DELETE FROM jobs WHERE id = ?", [.integer(id.rawValue)])
        content.jobs[id] = nil
    }

    /// Prepares everything for a start: counts a crash for each job that was running, puts its
    /// version or task back to the beginning, ends deployments that nobody works on.
    ///
    /// Call once, before any job runs.
    public func recoverJobs() throws(CatalogError) -> CatalogRecovery {
        var recovery = CatalogRecovery()
        var versionsAtWork: Set<ModelVersionID> = []
        for job in content.jobs.values.sorted(by: { $0.id < $1.id }) {
            if case .version(let id) = job.subject { versionsAtWork.insert(id) }
            recovery.jobs.append(try recover(job))
        }
        for model in content.models.values {
            for version in model.versions where !versionsAtWork.contains(version.id) {
                if version.status == .deploying {
                    try changeVersion(version.id, to: .saved)
                } else if version.status.isUnfinished {
                    recovery.strandedVersions.append(version.id)
                }
            }
        }
        let atWork = Set(recovery.jobs.map { $0.subject })
        for task in content.tasks.values
        where !task.status.isFinal && !atWork.contains(.task(task.id)) {
            recovery.strandedTasks.append(task.id)
        }
        for feature in content.features.values
        where feature.status.isUnfinished && !atWork.contains(.feature(feature.id)) {
            recovery.strandedFeatures.append(feature.id)
        }
        recovery.strandedVersions.sort()
        return recovery
    }

    private func recover(_ job: Job) throws(CatalogError) -> Job {
        var recovered = job
        if job.started != nil {
            recovered = try changeJob(job.id) { job in
                job.started = nil
                job.crashes += 1
            }
        }
        switch job.subject {
        case .version(let id):
            let status = content.bound(id)?.version.status
            if job.started != nil || status != .loadingData { try restartVersion(id) }
        case .task(let id):
            let status = content.tasks[id]?.status
            if job.started != nil || status != .initial { try restartTask(id) }
        case .feature(let id):
            let status = content.feature(id)?.status
            if job.started != nil || status != .loadingData { try restartFeature(id) }
        case .none: break
        }
        return recovered
    }

    func removeJobs(of subject: JobSubject) throws(CatalogError) {
        for job in content.jobs.values where job.subject == subject { try finishJob(job.id) }
    }

    private func changeJob(
        _ id: JobID,
        _ change: (inout Job) -> Void
    ) throws(CatalogError) -> Job {
        guard var job = content.jobs[id] else { throw .jobNotFound(id) }
        change(&job)
        try run(
            "UPDATE jobs SET started = ?, crashes = ? WHERE id = ?",
            [.time(job.started), .integer(Int64(job.crashes)), .integer(id.rawValue)]
        )
        content.jobs[id] = job
        return job
    }
}
