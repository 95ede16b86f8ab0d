public import BorealBase
import BorealSQLite

extension CatalogTransaction {
    /// Makes a task in the status `init`. It keeps the bound model's file until it ends, whatever
    /// happens to the model.
    ///
    /// - Throws: `CatalogError.versionNotFound` when the bound version was dropped meanwhile.
    @discardableResult
    public func createTask(_ task: NewTask) throws(CatalogError) -> OfflineTask {
        var modelArtifact: ArtifactReference?
        if let bound = task.model {
            guard let version = content.bound(bound.version.id)?.version else {
                throw .versionNotFound(model: bound.model.name, version: bound.version.name)
            }
            modelArtifact = version.artifact
        }
        if let modelArtifact { try retain(modelArtifact) }
        var second: ArtifactReference?
        if let other = task.otherModel {
            guard let version = content.bound(other.version.id)?.version else {
                throw .versionNotFound(model: other.model.name, version: other.version.name)
            }
            second = version.artifact
        }
        if let second { try retain(second) }
        let row = OfflineTask(
            id: task.id,
            type: task.type,
            owner: task.owner,
            modelName: task.model?.model.name ?? "",
            versionName: task.model?.version.name ?? "",
            versionID: task.model?.version.id,
            statement: task.statement,
            started: now,
            status: .initial,
            ended: nil,
            results: "",
            artifact: second,
            modelArtifact: modelArtifact,
            restarted: 0
        )
        try run(
            """
            INSERT INTO tasks (id, type, owner, model_name, version_name, version, statement,
                started, status, results, model_artifact, model_extension, restarted, artifact,
                artifact_extension)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, 0, ?, ?)
            """,
            [
                .text(row.id.description), .text(row.type.rawValue), .text(row.owner),
                .text(row.modelName), .text(row.versionName),
                row.versionID.map { .integer($0.rawValue) } ?? .null, .text(row.statement),
                .time(now), .text(row.status.rawValue), .optional(modelArtifact?.hash),
                .optional(modelArtifact?.fileExtension), .optional(second?.hash),
                .optional(second?.fileExtension),
            ]
        )
        content.tasks[row.id] = row
        return row
    }

    /// `init` to `running`.
    ///
    /// - Throws: `CatalogError.taskNotFound`, `.illegalTaskTransition`.
    public func startTask(_ id: TaskID) throws(CatalogError) {
        var task = try advance(id, to: .running)
        task.status = .running
        try write(task)
    }

    /// Keeps the result file of a running task that has more to do before it is done. Nobody is
    /// shown it before `finishTask`; a task that fails loses it, unless `failTask` says otherwise.
    ///
    /// - Throws: `CatalogError.taskNotFound`.
    public func keepResult(of id: TaskID, _ artifact: PublishedArtifact) throws(CatalogError) {
        guard var task = content.tasks[id] else { throw .taskNotFound(id) }
        let old = task.artifact
        task.artifact = try adopt(artifact)
        try write(task)
        try release(old)
    }

    /// `running` to `finish`, with what came out of it.
    ///
    /// - Parameters:
    ///   - results: JSON of the metrics, or empty.
    ///   - artifact: the result file, if there is one; nil for what `keepResult` kept.
    /// - Throws: `CatalogError.taskNotFound`, `.illegalTaskTransition`.
    public func finishTask(
        _ id: TaskID,
        results: String,
        artifact: PublishedArtifact? = nil
    ) throws(CatalogError) {
        var task = try advance(id, to: .finish)
        let old = artifact == nil ? nil : task.artifact
        if let artifact { task.artifact = try adopt(artifact) }
        task.results = results
        try end(&task, as: .finish)
        try release(old)
    }

    /// Ends a task in an error: `results` becomes `{"error": "<message>"}`.
    ///
    /// - Parameter keepsResult: what `keepResult` kept stays as the task's file.
    /// - Throws: `CatalogError.taskNotFound`, `.illegalTaskTransition`.
    public func failTask(
        _ id: TaskID,
        message: String,
        keepsResult: Bool = false
    ) throws(CatalogError) {
        var task = try advance(id, to: .fail)
        let old = keepsResult ? nil : task.artifact
        if !keepsResult { task.artifact = nil }
        task.results = JSON.object([(key: "error", value: .string(message))]).description
        try end(&task, as: .fail)
        try release(old)
    }

    /// Removes a task in any state, with its result file and its job.
    ///
    /// - Returns: what it was; a running job is the scheduler's to cancel.
    /// - Throws: `CatalogError.taskNotFound`.
    @discardableResult
    public func dropTask(_ id: TaskID) throws(CatalogError) -> OfflineTask {
        guard let task = content.tasks[id] else { throw .taskNotFound(id) }
        try removeJobs(of: .task(id))
        try run("DELETE FROM tasks WHERE id = ?", [.text(id.description)])
        content.tasks[id] = nil
        try release(task.artifact)
        try release(task.modelArtifact)
        return task
    }

    /// Drops tasks that ended before a moment (`task_retention_days`).
    ///
    /// - Parameter countMax: at most that many in one change, so that writers do not wait long.
    /// - Returns: how many went; call again while it is `countMax`.
    @discardableResult
    public func sweepTasks(
        endedBefore limit: Instant,
        countMax: Int = 1_000
    ) throws(CatalogError) -> Int {
        let old = content.tasks.values.filter { task in
            task.ended.map { $0 < limit } ?? false
        }
        for task in old.prefix(countMax) { try dropTask(task.id) }
        return min(old.count, countMax)
    }

    /// A task whose job begins again after a restart.
    func restartTask(_ id: TaskID) throws(CatalogError) {
        guard var task = content.tasks[id], !task.status.isFinal else { return }
        task.status = .initial
        task.restarted += 1
        try write(task)
    }

    // MARK: - Rows

    private func advance(_ id: TaskID, to next: TaskStatus) throws(CatalogError) -> OfflineTask {
        guard let task = content.tasks[id] else { throw .taskNotFound(id) }
        guard task.status.canBecome(next) else {
            throw .illegalTaskTransition(id, from: task.status, to: next)
        }
        return task
    }

    private func end(_ task: inout OfflineTask, as status: TaskStatus) throws(CatalogError) {
        let held = task.modelArtifact
        task.modelArtifact = nil
        task.status = status
        task.ended = now
        try write(task)
        try release(held)
    }

    private func write(_ task: OfflineTask) throws(CatalogError) {
        try run(
            """
            UPDATE tasks SET status = ?, ended = ?, results = ?, artifact = ?,
                artifact_extension = ?, model_artifact = ?, model_extension = ?, restarted = ?
            WHERE id = ?
            """,
            [
                .text(task.status.rawValue), .time(task.ended), .text(task.results),
                .optional(task.artifact?.hash), .optional(task.artifact?.fileExtension),
                .optional(task.modelArtifact?.hash), .optional(task.modelArtifact?.fileExtension),
                .integer(Int64(task.restarted)), .text(task.id.description),
            ]
        )
        content.tasks[task.id] = task
    }
}
