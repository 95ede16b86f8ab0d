import BorealBase
import TestPrograms
import Testing

@testable import BorealCatalog

@Suite struct TaskRegistryTests {
    private let folder: TemporaryFolder
    private let catalog: Catalog
    private let ids = TaskIDGenerator()

    init() throws {
        folder = try TemporaryFolder()
        catalog = try makeCatalog(folder)
    }

    @discardableResult
    private func create(
        _ type: TaskType = .evaluation,
        model: BoundModel? = nil
    ) throws -> OfflineTask {
        let task = NewTask(id: ids.next(), type: type, owner: "ann@%", model: model, statement: "S")
        return try catalog.write { try $0.createTask(task) }
    }

    private func reopened() throws -> CatalogSnapshot {
        try makeCatalog(try folder.copy()).snapshot
    }

    @Test("an evaluation goes from init over running to finish")
    func life() throws {
        let bound = try catalog.storedModel("m", "trees")
        let task = try create(model: bound)
        #expect(task.status == .initial)
        try catalog.write { try $0.startTask(task.id) }
        try catalog.write { try $0.finishTask(task.id, results: "{\"acc\": 0.6694}") }
        for snapshot in [catalog.snapshot, try reopened()] {
            let found = try #require(snapshot.task(task.id))
            #expect(found.status == .finish)
            #expect(found.results == "{\"acc\": 0.6694}")
            #expect(found.modelName == "m")
            #expect(found.versionName == "v1")
            #expect(try #require(found.ended) > found.started)
        }
    }

    @Test("a failure is JSON with the message")
    func failure() throws {
        let task = try create()
        try catalog.write { try $0.failTask(task.id, message: "no \"rows\"") }
        let found = try #require(catalog.snapshot.task(task.id))
        #expect(found.status == .fail)
        #expect(found.results == #"{"error": "no \"rows\""}"#)
    }

    @Test("illegal steps are refused")
    func illegal() throws {
        let task = try create()
        #expect(throws: CatalogError.illegalTaskTransition(task.id, from: .initial, to: .finish)) {
            try catalog.write { try $0.finishTask(task.id, results: "") }
        }
        try catalog.write { try $0.failTask(task.id, message: "x") }
        #expect(throws: CatalogError.illegalTaskTransition(task.id, from: .fail, to: .running)) {
            try catalog.write { try $0.startTask(task.id) }
        }
        let unknown = ids.next()
        #expect(throws: CatalogError.taskNotFound(unknown)) {
            try catalog.write { try $0.startTask(unknown) }
        }
    }

    @Test("a task keeps its model's file until it ends, whatever happens to the model")
    func keepsArtifact() throws {
        let bound = try catalog.storedModel("m", "trees")
        let task = try create(.prediction, model: bound)
        try catalog.write { try $0.dropModel("m") }
        let reference = try #require(catalog.snapshot.task(task.id)?.modelArtifact)
        #expect(try catalog.open(reference).bytes() == Array("trees".utf8))
        #expect(try reopened().task(task.id)?.modelArtifact == reference)
        try catalog.write { change in
            try change.startTask(task.id)
            try change.finishTask(task.id, results: "")
        }
        #expect(folder.files("artifacts").isEmpty)
        #expect(try CatalogCheck.run(folder.layout).problems == [])
    }

    @Test("a result that is kept early is shown at the end, and gone when the task fails")
    func keptResult() throws {
        let tasks = try (0..<2).map { _ in try create(.prediction).id }
        for (task, text) in zip(tasks, ["first", "second"]) {
            let file = try catalog.artifact(text, "csv")
            try catalog.write { change in
                try change.startTask(task)
                try change.keepResult(of: task, file)
            }
            #expect(catalog.snapshot.task(task)?.resultFile == nil)
        }
        let again = try catalog.artifact("again", "csv")
        try catalog.write { try $0.keepResult(of: tasks[0], again) }
        #expect(folder.files("artifacts").count == 2)
        try catalog.write { try $0.finishTask(tasks[0], results: "") }
        try catalog.write { try $0.failTask(tasks[1], message: "x") }
        for snapshot in [catalog.snapshot, try reopened()] {
            let file = try #require(snapshot.task(tasks[0])?.resultFile)
            #expect(file == again.reference)
            #expect(snapshot.task(tasks[1])?.resultFile == nil)
        }
        #expect(folder.files("artifacts").count == 1)
        #expect(try CatalogCheck.run(folder.layout).problems == [])
    }

    @Test("a task keeps the files of two models until it has a result")
    func keepsTwo() throws {
        let (one, other) = (
            try catalog.storedModel("m", "trees"), try catalog.storedModel("n", "more trees")
        )
        let task = NewTask(
            id: ids.next(),
            type: .comparison,
            owner: "ann@%",
            model: one,
            otherModel: other
        )
        try catalog.write { try $0.createTask(task) }
        for name in ["m", "n"] { try catalog.write { try $0.dropModel(name) } }
        let kept = try #require(catalog.snapshot.task(task.id)?.artifact)
        #expect(try catalog.open(kept).bytes() == Array("more trees".utf8))
        #expect(try reopened().task(task.id)?.artifact == kept)
        let file = try catalog.artifact("a,b", "csv")
        try catalog.write { change in
            try change.startTask(task.id)
            try change.finishTask(task.id, results: "{}", artifact: file)
        }
        #expect(folder.files("artifacts").count == 1)
        #expect(catalog.snapshot.task(task.id)?.resultFile == file.reference)
        #expect(try CatalogCheck.run(folder.layout).problems == [])
    }

    @Test("a task on a version that was dropped meanwhile is refused")
    func droppedVersion() throws {
        let bound = try catalog.storedModel("m", "trees")
        try catalog.write { try $0.dropModel("m") }
        #expect(throws: CatalogError.versionNotFound(model: "m", version: "v1")) {
            try create(model: bound)
        }
    }

    @Test("dropping a task removes its file and its job")
    func drop() throws {
        let task = try create(.prediction)
        let job = NewJob(kind: "predict", payload: "{}", subject: .task(task.id), user: "ann@%")
        try catalog.write { try $0.addJob(job) }
        let file = try catalog.artifact("a,b", "csv")
        try catalog.write { change in
            try change.startTask(task.id)
            try change.finishTask(task.id, results: "", artifact: file)
        }
        #expect(folder.files("artifacts").count == 1)
        try catalog.write { try $0.dropTask(task.id) }
        #expect(folder.files("artifacts").isEmpty)
        #expect(catalog.snapshot.jobs.isEmpty)
        #expect(catalog.snapshot.task(task.id) == nil)
    }

    @Test("tasks are listed by their start")
    func order() throws {
        let made = try (0..<5).map { _ in try create().id }
        #expect(catalog.snapshot.tasks.map(\.id) == made)
        #expect(try reopened().tasks.map(\.id) == made)
    }

    @Test("the sweep takes what ended long ago and nothing else, in bounded steps")
    func sweep() throws {
        var ended: [TaskID] = []
        for _ in 0..<5 {
            let task = try create()
            try catalog.write { try $0.failTask(task.id, message: "x") }
            ended.append(task.id)
        }
        let open = try create()
        let limit = try #require(catalog.snapshot.task(ended[4])?.ended)
        #expect(try catalog.write { try $0.sweepTasks(endedBefore: limit, countMax: 3) } == 3)
        #expect(try catalog.write { try $0.sweepTasks(endedBefore: limit, countMax: 3) } == 1)
        #expect(catalog.snapshot.tasks.map(\.id) == [ended[4], open.id])
    }
}
