import BorealBase
import BorealCatalog
import Dispatch
import Foundation
import Synchronization
import Testing

@testable import BorealTasks

@Suite struct TaskSchedulerTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    @Test("a job runs, its end is the runner's transaction")
    func life() throws {
        let job = try bench.add("work", payload: "{\"n\": 1}")
        let seen = Mutex<String>("")
        bench.runner.onRun = { context in seen.withLock { $0 = context.job.payload } }
        bench.scheduler.submit(job)
        try bench.settle()
        #expect(seen.withLock { $0 } == "{\"n\": 1}")
        #expect(bench.catalog.snapshot.jobs.isEmpty)
        #expect(bench.events == ["started 1", "finished 1"])
    }

    @Test("no more jobs run at once than allowed, and all run")
    func concurrency() throws {
        let active = Mutex((now: 0, most: 0))
        let gate = Gate()
        bench.runner.onRun = { _ in
            active.withLock { counts in
                counts.now += 1
                counts.most = max(counts.most, counts.now)
            }
            gate.pass()
            active.withLock { $0.now -= 1 }
        }
        for _ in 0..<6 { bench.scheduler.submit(try bench.add("work")) }
        gate.waitForArrivals(2)
        #expect(
            bench.scheduler.jobs.map(\.state) == [
                .running, .running, .queued, .queued, .queued, .queued,
            ]
        )
        gate.open()
        try bench.settle()
        #expect(active.withLock { $0.most } == 2)
        #expect(bench.catalog.snapshot.jobs.isEmpty)
    }

    @Test("raising the concurrency starts waiting jobs at once")
    func raised() throws {
        let gate = Gate()
        bench.runner.onRun = { _ in gate.pass() }
        for _ in 0..<5 { bench.scheduler.submit(try bench.add("work")) }
        gate.waitForArrivals(2)
        bench.scheduler.concurrency = 5
        gate.waitForArrivals(5)
        bench.scheduler.concurrency = 0
        #expect(bench.scheduler.concurrency == 1)
        gate.open()
        try bench.settle()
    }

    @Test("one kind's queue does not keep another kind waiting, and each kind keeps its order")
    func fairness() throws {
        let gate = Gate()
        let order = Mutex<[Int64]>([])
        bench.runner.onRun = { context in
            order.withLock { $0.append(context.job.id.rawValue) }
            gate.pass()
        }
        // 1, 2, 3 train; 4 evaluates: it overtakes 2 and 3.
        let jobs = try ["work", "work", "work", "other"].map { try bench.add($0) }
        bench.scheduler.concurrency = 1
        for job in jobs { bench.scheduler.submit(job) }
        gate.waitForArrivals(1)
        bench.scheduler.concurrency = 2
        gate.waitForArrivals(2)
        #expect(order.withLock { $0 } == [1, 4])
        // One at a time from here on: two threads that start together may write in either order.
        bench.scheduler.concurrency = 1
        gate.open()
        try bench.settle()
        #expect(order.withLock { $0 }.filter { $0 != 4 } == [1, 2, 3])
    }

    @Test("job threads give way to everybody else")
    func niceness() throws {
        let nice = Mutex<Int32>(-99)
        bench.runner.onRun = { _ in
            nice.withLock { $0 = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }
        }
        let before = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        bench.scheduler.submit(try bench.add("work"))
        try bench.settle()
        #expect(nice.withLock { $0 } == TaskLimits.niceness)
        #expect(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) == before)
    }

    @Test("progress shows while the job runs")
    func progress() throws {
        let gate = Gate()
        bench.runner.onRun = { context in
            context.report("training 37/100", fraction: 0.37)
            gate.pass()
        }
        bench.scheduler.submit(try bench.add("work"))
        gate.waitForArrivals(1)
        let status = try #require(bench.scheduler.jobs.first)
        #expect(status.text == "training 37/100")
        #expect(status.fraction == 0.37)
        #expect(status.job.user == "ann@%")
        gate.open()
        try bench.settle()
        #expect(bench.scheduler.jobs.isEmpty)
    }

    @Test("what a runner throws goes to its fail, which ends the job")
    func failure() throws {
        bench.runner.onRun = { _ in throw Broken() }
        bench.scheduler.submit(try bench.add("work"))
        try bench.settle()
        #expect(bench.runner.failures == ["Broken()"])
        #expect(bench.catalog.snapshot.jobs.isEmpty)
        #expect(bench.events == ["started 1", "failed 1"])
    }

    @Test("a runner that returns without ending its job has failed")
    func leftUnfinished() throws {
        bench.runner.finishes = false
        bench.scheduler.submit(try bench.add("work"))
        try bench.settle()
        #expect(bench.runner.failures == ["leftUnfinished(kind: \"work\")"])
        #expect(bench.catalog.snapshot.jobs.isEmpty)
    }

    @Test("a failure that cannot be committed leaves the job for the next start")
    func unsettled() throws {
        bench.runner.onRun = { _ in throw Broken() }
        bench.runner.failThrows = true
        bench.scheduler.submit(try bench.add("work"))
        try bench.settle()
        #expect(bench.catalog.snapshot.jobs.count == 1)
        #expect(bench.events == ["started 1", "unsettled 1"])
    }

    @Test("a kind without a runner leaves the job in the catalog and says so")
    func unknownKind() throws {
        bench.scheduler.submit(try bench.add("unheard"))
        try bench.settle()
        #expect(bench.catalog.snapshot.jobs.count == 1)
        #expect(bench.events == ["unsettled 1"])
    }

    @Test("the attached resource is taken once, and let go with the job")
    func resource() throws {
        let first = Token()
        let taken = Mutex<[Bool]>([])
        bench.runner.onRun = { context in
            let token = context.takeResource(Token.self)
            taken.withLock { $0 += [token != nil, context.takeResource(Token.self) != nil] }
        }
        bench.scheduler.submit(try bench.add("work"), resource: first)
        try bench.settle()
        #expect(taken.withLock { $0 } == [true, false])

        weak var second: Token?
        bench.runner.onRun = { _ in throw Broken() }
        do {
            let token = Token()
            second = token
            bench.scheduler.submit(try bench.add("work"), resource: token)
        }
        try bench.settle()
        #expect(second == nil)
    }

    @Test("too many waiting jobs are refused before they are stored")
    func room() throws {
        #expect(throws: Never.self) { try bench.scheduler.checkRoom() }
    }
}

@Suite struct TaskCancellationTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    /// Runs until its flag is set.
    private func untilCancelled(_ gate: Gate) -> @Sendable (JobContext) throws -> Void {
        { context in
            gate.arrive()
            while !context.isCancelled { sched_yield() }
            try context.checkCancellation()
        }
    }

    @Test("KILL sets the flag of a running job, which then fails")
    func killRunning() throws {
        let gate = Gate()
        bench.runner.onRun = untilCancelled(gate)
        let job = try bench.add("work")
        bench.scheduler.submit(job)
        gate.waitForArrivals(1)
        #expect(bench.scheduler.cancel(job.id))
        try bench.settle()
        #expect(bench.runner.failures == ["cancelled(BorealTasks.CancellationReason.killed)"])
        #expect(bench.events == ["started 1", "cancelled 1"])
        #expect(!bench.scheduler.cancel(job.id))
    }

    @Test("KILL of a waiting job fails it at once")
    func killQueued() throws {
        let gate = Gate()
        bench.runner.onRun = { _ in gate.pass() }
        bench.scheduler.concurrency = 1
        bench.scheduler.submit(try bench.add("work"))
        let waiting = try bench.add("work")
        bench.scheduler.submit(waiting)
        gate.waitForArrivals(1)
        #expect(bench.scheduler.cancel(waiting.id))
        #expect(bench.scheduler.jobs.count == 1)
        #expect(bench.catalog.snapshot.job(waiting.id) == nil)
        #expect(bench.runner.failures.count == 1)
        gate.open()
        try bench.settle()
    }

    @Test("DROP MODEL makes its waiting and running jobs vanish without a failure")
    func drop() throws {
        let gate = Gate()
        bench.runner.onRun = untilCancelled(gate)
        bench.scheduler.concurrency = 1
        let running = try bench.addModel("a")
        let waiting = try bench.addModel("b")
        for job in [running, waiting] { bench.scheduler.submit(job) }
        gate.waitForArrivals(1)
        for name in ["b", "a"] {
            let model = try bench.catalog.write { try $0.dropModel(name) }
            #expect(bench.scheduler.cancel(model.subjects, reason: .dropped) == 1)
        }
        try bench.settle()
        #expect(bench.runner.failures == [])
        #expect(bench.catalog.snapshot.jobs.isEmpty)
        #expect(bench.events.sorted() == ["cancelled 1", "cancelled 2", "started 1"])
    }

    @Test("a job whose row went before its turn is passed over")
    func rowGone() throws {
        let job = try bench.addModel("a")
        try bench.catalog.write { try $0.dropModel("a") }
        bench.scheduler.submit(job)
        try bench.settle()
        #expect(bench.events == ["cancelled 1"])
    }

    @Test("jobs without a subject are not ended through one")
    func noSubject() throws {
        let gate = Gate()
        bench.runner.onRun = { _ in gate.pass() }
        bench.scheduler.submit(try bench.add("work"))
        gate.waitForArrivals(1)
        #expect(bench.scheduler.cancel([JobSubject.none], reason: .dropped) == 0)
        gate.open()
        try bench.settle()
    }

    @Test("an orderly stop parks what runs and what waits; the next start runs them uncounted")
    func shutdown() throws {
        let gate = Gate()
        bench.runner.onRun = untilCancelled(gate)
        bench.scheduler.concurrency = 1
        let jobs = try [bench.add("work"), bench.add("work")]
        for job in jobs { bench.scheduler.submit(job) }
        gate.waitForArrivals(1)
        #expect(bench.scheduler.shutdown())
        #expect(bench.runner.failures == [])
        #expect(bench.catalog.snapshot.jobs.map(\.started) == [nil, nil])
        bench.scheduler.submit(try bench.add("work"))
        #expect(bench.events.sorted() == ["parked 1", "parked 2", "parked 3", "started 1"])

        let next = bench.makeScheduler()
        bench.runner.onRun = { context in #expect(context.job.crashes == 0) }
        #expect(try next.recover().jobs.count == 3)
        try bench.settle(next)
        #expect(bench.catalog.snapshot.jobs.isEmpty)
    }

    @Test("within the grace a running job finishes undisturbed")
    func grace() throws {
        let gate = Gate()
        let wasCancelled = Mutex(true)
        bench.runner.onRun = { context in
            gate.pass()
            wasCancelled.withLock { $0 = context.isCancelled }
        }
        bench.scheduler.submit(try bench.add("work"))
        gate.waitForArrivals(1)
        let scheduler = bench.scheduler
        let over = DispatchSemaphore(value: 0)
        DispatchQueue(label: "stop").async {
            scheduler.shutdown(graceMilliseconds: 60_000)
            over.signal()
        }
        gate.open()
        #expect(over.wait(timeout: .now() + 30) == .success)
        #expect(!wasCancelled.withLock { $0 })
        #expect(bench.catalog.snapshot.jobs.isEmpty)
    }

    @Test("a job that does not listen does not keep the stop waiting for ever")
    func deaf() throws {
        let gate = Gate()
        bench.runner.onRun = { _ in gate.pass() }
        bench.scheduler.submit(try bench.add("work"))
        gate.waitForArrivals(1)
        #expect(!bench.scheduler.shutdown(limitMilliseconds: 1))
        gate.open()
        try bench.settle()
    }
}

@Suite struct TaskRecoveryTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    @Test("jobs of the last process run again in their order")
    func order() throws {
        let order = Mutex<[Int64]>([])
        bench.runner.onRun = { context in order.withLock { $0.append(context.job.id.rawValue) } }
        for _ in 0..<5 { _ = try bench.add("work") }
        bench.scheduler.concurrency = 1
        try bench.scheduler.recover()
        try bench.settle()
        #expect(order.withLock { $0 } == [1, 2, 3, 4, 5])
    }

    @Test("the crash is on the disk before the job runs again")
    func counted() throws {
        let job = try bench.add("work")
        try bench.catalog.write { try $0.startJob(job.id) }
        let catalog = bench.catalog
        let seen = Mutex<[Int]>([])
        bench.runner.onRun = { context in
            let stored = catalog.snapshot.job(context.job.id)?.crashes ?? -1
            seen.withLock { $0 = [context.job.crashes, stored] }
        }
        try bench.scheduler.recover()
        try bench.settle()
        #expect(seen.withLock { $0 } == [1, 1])
    }

    @Test("after the third crash the job is given up without being run")
    func abandoned() throws {
        let job = try bench.add("work")
        for crash in 1...Limits.jobCrashesMax {
            try bench.catalog.write { try $0.startJob(job.id) }
            if crash < Limits.jobCrashesMax {
                try bench.catalog.write { _ = try $0.recoverJobs() }
            }
        }
        bench.runner.onRun = { _ in Issue.record("an abandoned job ran") }
        try bench.scheduler.recover()
        try bench.settle()
        #expect(bench.runner.abandoned == [job.id])
        #expect(bench.catalog.snapshot.jobs.isEmpty)
        #expect(bench.events == ["abandoned 1"])
    }

    @Test("of jobs that saw a crash only one runs at a time, beside others")
    func suspects() throws {
        let jobs = try (0..<3).map { _ in try bench.add("work") }
        for job in jobs.prefix(2) { try bench.catalog.write { try $0.startJob(job.id) } }
        let gate = Gate()
        let active = Mutex<(suspects: Int, most: Int)>((0, 0))
        bench.runner.onRun = { context in
            let isSuspect = context.job.crashes > 0
            active.withLock { counts in
                counts.suspects += isSuspect ? 1 : 0
                counts.most = max(counts.most, counts.suspects)
            }
            gate.pass()
            active.withLock { $0.suspects -= isSuspect ? 1 : 0 }
        }
        try bench.scheduler.recover()
        gate.waitForArrivals(2)
        #expect(bench.scheduler.jobs.map(\.state) == [.running, .running, .queued])
        #expect(bench.scheduler.jobs.map(\.job.crashes) == [1, 0, 1])
        gate.open()
        try bench.settle()
        #expect(active.withLock { $0.most } == 1)
    }
}
