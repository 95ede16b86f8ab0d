import BorealBase
import BorealCatalog
import Dispatch
import Foundation
import Synchronization
import Testing

@testable import BorealTasks

/// What a test's runner throws.
struct Broken: Error {}

/// Something that only this process has.
final class Token: Sendable {}

/// Holds threads until it is opened, and counts who came.
final class Gate: Sendable {
    private let arrived = DispatchSemaphore(value: 0)
    private let passing = DispatchSemaphore(value: 0)
    private let seen = Mutex(0)

    func arrive() { arrived.signal() }

    func pass() {
        arrived.signal()
        passing.wait()
        passing.signal()
    }

    func open() { passing.signal() }

    /// Returns once `count` threads came since the gate was made.
    func waitForArrivals(_ count: Int) {
        let missing = seen.withLock { seen in
            let missing = count - seen
            seen = count
            return missing
        }
        for _ in 0..<max(missing, 0) where arrived.wait(timeout: .now() + 30) == .timedOut {
            Issue.record("nobody came to the gate")
        }
    }
}

/// A runner that does what the test says.
final class TestRunner: JobRunner {
    private struct State {
        var onRun: @Sendable (JobContext) throws -> Void = { _ in }
        var finishes = true
        var failThrows = false
        var failures: [String] = []
        var abandoned: [JobID] = []
    }

    private let state = Mutex(State())
    private let catalog: Catalog

    init(_ catalog: Catalog) { self.catalog = catalog }

    var onRun: @Sendable (JobContext) throws -> Void {
        get { state.withLock { $0.onRun } }
        set { state.withLock { $0.onRun = newValue } }
    }
    var finishes: Bool {
        get { state.withLock { $0.finishes } }
        set { state.withLock { $0.finishes = newValue } }
    }
    var failThrows: Bool {
        get { state.withLock { $0.failThrows } }
        set { state.withLock { $0.failThrows = newValue } }
    }
    var failures: [String] { state.withLock { $0.failures } }
    var abandoned: [JobID] { state.withLock { $0.abandoned } }

    func run(_ context: JobContext) throws {
        try onRun(context)
        if finishes { try finish(context) }
    }

    func fail(_ context: JobContext, error: any Error) throws {
        if failThrows { throw CatalogError.diskFull }
        state.withLock { $0.failures.append(String(describing: error)) }
        try finish(context)
    }

    func abandon(_ context: JobContext) throws {
        state.withLock { $0.abandoned.append(context.job.id) }
        try finish(context)
    }

    private func finish(_ context: JobContext) throws {
        try catalog.write { try $0.finishJob(context.job.id) }
    }
}

/// A catalog in a temporary directory with a scheduler of two threads.
final class Bench: Sendable {
    private let directory: DataDirectory
    let catalog: Catalog
    let runner: TestRunner
    let scheduler: TaskScheduler
    private let log: Log

    private final class Log: Sendable {
        let lines = Mutex<[String]>([])
    }

    init() throws {
        directory = try DataDirectory.ephemeral()
        catalog = try Catalog(directory)
        runner = TestRunner(catalog)
        log = Log()
        scheduler = Self.makeScheduler(catalog, runner, log)
    }

    deinit {
        scheduler.shutdown()
        catalog.close()
        directory.close()
    }

    /// Another scheduler on the same catalog, as after a restart.
    func makeScheduler() -> TaskScheduler { Self.makeScheduler(catalog, runner, log) }

    private static func makeScheduler(
        _ catalog: Catalog,
        _ runner: TestRunner,
        _ log: Log
    ) -> TaskScheduler {
        let scheduler = TaskScheduler(catalog: catalog, concurrency: 2) { event in
            let line = describe(event)
            log.lines.withLock { $0.append(line) }
        }
        for kind in ["work", "other", "train"] { scheduler.register(kind, runner: runner) }
        return scheduler
    }

    /// What the scheduler told so far: a word and the job's number.
    var events: [String] { log.lines.withLock { $0 } }

    func add(_ kind: String, payload: String = "{}") throws -> Job {
        let job = NewJob(kind: kind, payload: payload, subject: .none, user: "ann@%")
        return try catalog.write { try $0.addJob(job) }
    }

    func addModel(_ name: String) throws -> Job {
        let modelName = try ModelName.created(name)
        let definition = VersionDefinition(modelClass: "lightgbm")
        return try catalog.write { change in
            let bound = try change.createModel(modelName, owner: "ann@%", definition: definition)
            return try change.addJob(
                NewJob(kind: "train", payload: "", subject: bound.subject, user: "ann@%")
            )
        }
    }

    /// Waits for the end of all jobs.
    func settle(_ other: TaskScheduler? = nil) throws {
        try #require((other ?? scheduler).waitUntilIdle(timeoutMilliseconds: 30_000))
    }

    private static func describe(_ event: TaskEvent) -> String {
        switch event {
        case .started(let job): "started \(job.id.rawValue)"
        case .finished(let job, _): "finished \(job.id.rawValue)"
        case .failed(let job, _): "failed \(job.id.rawValue)"
        case .abandoned(let job): "abandoned \(job.id.rawValue)"
        case .cancelled(let job, _): "cancelled \(job.id.rawValue)"
        case .parked(let job): "parked \(job.id.rawValue)"
        case .unsettled(let job, _): "unsettled \(job.id.rawValue)"
        case .noThread(let code): "no thread \(code)"
        }
    }
}
