import BorealBase
import BorealCatalog
import BorealSQL
import BorealTasks

/// Statements on offline tasks.
struct TaskExecutor {
    let engine: Engine
    /// Whose statements they are, and what it may do.
    let access: ModelAccess
    let links: ArtifactLinks

    private var owner: String { access.owner }

    /// SHOW TASKS: the account's own, by start time.
    func showTasks() -> FixedTable {
        return FixedTable(
            text: ["task_id", "task_type", "task_status", "start_timestr", "end_timestr"],
            engine.catalog.snapshot.tasks.filter(access.maySee).map { task in
                [
                    task.id.description, task.type.rawValue, task.status.rawValue,
                    task.started.text(in: .system), task.ended?.text(in: .system) ?? "",
                ]
            }
        )
    }

    /// SHOW TASK.
    func showTask(_ id: BorealSQL.TaskID) throws(ServerError) -> FixedTable {
        let task = try find(id)
        return FixedTable(
            text: ["taskStatus", "filePath", "results", "startTime", "endTime"],
            [
                [
                    task.status.rawValue,
                    links.link(to: task.resultFile, name: ExportRunner.fileName(of: task)),
                    task.results, task.started.text(in: .system),
                    task.ended?.text(in: .system) ?? "",
                ]
            ]
        )
    }

    /// DROP TASK: cancels it first when it runs.
    func drop(_ id: BorealSQL.TaskID) throws(ServerError) {
        let task = try find(id)
        do {
            _ = try engine.catalog.update { (change) throws(CatalogError) in
                try change.dropTask(task.id)
            }
            engine.scheduler.cancel([.task(task.id)], reason: .dropped)
        } catch {
            throw ServerError(error)
        }
    }

    private func find(_ id: BorealSQL.TaskID) throws(ServerError) -> OfflineTask {
        guard case .id(let text) = id else { throw .unsupported("a placeholder for a task") }
        // A task of another account is as good as none.
        guard let key = BorealCatalog.TaskID(text), let task = engine.catalog.snapshot.task(key),
            access.maySee(task)
        else { throw .taskMissing(text) }
        return task
    }

    /// Makes the task's row and its job in one transaction.
    ///
    /// - Parameter other: a further model that the task works with.
    /// - Returns: the table with the task's id that the statement answers.
    func begin(
        _ type: TaskType,
        model: BoundModel,
        other: BoundModel? = nil,
        statement: String,
        kind: String,
        payload: String,
        held: HeldQuery?
    ) throws(ServerError) -> FixedTable {
        do {
            try engine.scheduler.checkRoom()
            let id = engine.taskIDs.next()
            let job = try engine.catalog.update { (change) throws(CatalogError) in
                _ = try change.createTask(
                    NewTask(
                        id: id,
                        type: type,
                        owner: owner,
                        model: model,
                        otherModel: other,
                        statement: statement
                    )
                )
                return try change.addJob(
                    NewJob(kind: kind, payload: payload, subject: .task(id), user: owner)
                )
            }
            engine.scheduler.submit(
                job,
                resource: held,
                cancellation: held?.cancellation ?? CancellationFlag()
            )
            return FixedTable(text: ["task_id"], [[id.description]])
        } catch let error as CatalogError {
            throw ServerError(error)
        } catch {
            throw ServerError(.tooManyConnections, "Too many background jobs wait; try again later")
        }
    }
}
