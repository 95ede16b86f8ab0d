import BorealBase
import TestPrograms
import Testing

@testable import BorealCatalog

@Suite struct JobRegistryTests {
    private let folder: TemporaryFolder
    private let catalog: Catalog
    private let ids = TaskIDGenerator()

    init() throws {
        folder = try TemporaryFolder()
        catalog = try makeCatalog(folder)
    }

    /// A model in training with its job.
    private func training(_ name: String) throws -> (BoundModel, Job) {
        let modelName = try ModelName.created(name)
        return try catalog.write { change in
            let bound = try change.createModel(modelName, owner: "a", definition: .lightgbm)
            let job = NewJob(kind: "train", payload: "{}", subject: bound.subject, user: "a")
            return (bound, try change.addJob(job))
        }
    }

    @Test("a model and its job appear together or not at all")
    func together() throws {
        let name = try ModelName.created("m")
        #expect(throws: CatalogError.jobNotFound(JobID(rawValue: 99))) {
            try catalog.write { change in
                let bound = try change.createModel(name, owner: "a", definition: .lightgbm)
                try change.addJob(
                    NewJob(kind: "train", payload: "", subject: bound.subject, user: "a")
                )
                try change.finishJob(JobID(rawValue: 99))
            }
        }
        #expect(catalog.snapshot.models.isEmpty)
        #expect(catalog.snapshot.jobs.isEmpty)
        let (_, job) = try training("m")
        let again = try makeCatalog(try folder.copy()).snapshot
        #expect(again.jobs == [job])
        #expect(again.models.count == 1)
    }

    @Test("dropping the model drops its job")
    func dropped() throws {
        let (bound, job) = try training("m")
        #expect(bound.model.subjects == [job.subject])
        try catalog.write { try $0.dropModel("m") }
        #expect(catalog.snapshot.job(job.id) == nil)
        #expect(throws: CatalogError.jobNotFound(job.id)) {
            try catalog.write { try $0.finishJob(job.id) }
        }
    }

    @Test("a job for nothing that exists is refused")
    func noSubject() throws {
        let missing = ids.next()
        #expect(throws: CatalogError.taskNotFound(missing)) {
            let job = NewJob(kind: "k", payload: "", subject: .task(missing), user: "a")
            try catalog.write { try $0.addJob(job) }
        }
    }

    @Test("a crash counts for jobs that ran, and their models begin again")
    func recovery() throws {
        let (ran, first) = try training("ran")
        let (waited, second) = try training("waited")
        try catalog.write { change in
            try change.startJob(first.id)
            try change.setStatus(of: ran.version.id, to: .training)
        }
        let crashed = try makeCatalog(try folder.copy())
        let recovery = try crashed.write { try $0.recoverJobs() }
        #expect(recovery.jobs.map(\.id) == [first.id, second.id])
        #expect(recovery.jobs.map(\.crashes) == [1, 0])
        let version = try crashed.snapshot.resolve("ran").version
        #expect(version.status == .loadingData)
        #expect(version.restarted == 1)
        #expect(try crashed.snapshot.resolve("waited").version == waited.version)
        // A second start without a run in between counts nothing.
        #expect(try crashed.write { try $0.recoverJobs() }.jobs.map(\.crashes) == [1, 0])
        #expect(try crashed.snapshot.resolve("ran").version.restarted == 1)
    }

    @Test("an orderly stop counts no crash, yet the model begins again")
    func parked() throws {
        let (bound, job) = try training("m")
        try catalog.write { change in
            try change.startJob(job.id)
            try change.setStatus(of: bound.version.id, to: .training)
            try change.parkJob(job.id)
        }
        let recovery = try catalog.write { try $0.recoverJobs() }
        #expect(recovery.jobs.map(\.crashes) == [0])
        #expect(try catalog.snapshot.resolve("m").version.status == .loadingData)
        #expect(try catalog.snapshot.resolve("m").version.restarted == 1)
    }

    @Test("a running task goes back to init")
    func task() throws {
        let task = NewTask(id: ids.next(), type: .prediction, owner: "a")
        let job = try catalog.write { change in
            try change.createTask(task)
            let job = try change.addJob(
                NewJob(kind: "predict", payload: "", subject: .task(task.id), user: "a")
            )
            try change.startJob(job.id)
            try change.startTask(task.id)
            return job
        }
        let recovery = try catalog.write { try $0.recoverJobs() }
        #expect(recovery.jobs.map(\.id) == [job.id])
        let found = try #require(catalog.snapshot.task(task.id))
        #expect(found.status == .initial)
        #expect(found.restarted == 1)
        #expect(recovery.strandedTasks.isEmpty)
    }

    @Test("unfinished things without a job are found, deployments without one are undone")
    func stranded() throws {
        let (bound, job) = try training("m")
        let task = NewTask(id: ids.next(), type: .prediction, owner: "a")
        let stored = try catalog.storedModel("d", "trees")
        try catalog.write { change in
            try change.finishJob(job.id)
            try change.createTask(task)
            try change.setStatus(of: stored.version.id, to: .deploying)
        }
        let problems = try CatalogCheck.run(folder.layout).problems
        #expect(problems.count == 2)
        let recovery = try catalog.write { try $0.recoverJobs() }
        #expect(recovery.jobs.isEmpty)
        #expect(recovery.strandedVersions == [bound.version.id])
        #expect(recovery.strandedTasks == [task.id])
        #expect(try catalog.snapshot.resolve("d").version.status == .saved)
    }
}
