import BorealNet
import CLinux
import Dispatch
import Glibc
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
    @Test("all jobs run, at most as many at once as there are threads")
    func bounds() throws {
        let pool = try WorkerPool(threads: 3)
        let running = Atomic<Int>(0)
        let highest = Atomic<Int>(0)
        let done = Atomic<Int>(0)
        for _ in 0..<200 {
            #expect(
                pool.submit {
                    let now = running.wrappingAdd(1, ordering: .relaxed).newValue
                    highest.max(now, ordering: .relaxed)
                    usleep(200)
                    running.wrappingSubtract(1, ordering: .relaxed)
                    done.wrappingAdd(1, ordering: .relaxed)
                }
            )
        }
        pool.shutdown()
        #expect(done.load(ordering: .relaxed) == 200)
        #expect(highest.load(ordering: .relaxed) <= 3)
        #expect(highest.load(ordering: .relaxed) > 1)
    }

    @Test("a full queue refuses, and takes again when there is room")
    func fullQueue() throws {
        let pool = try WorkerPool(threads: 1, queueMax: 2)
        defer { pool.shutdown() }
        let gate = DispatchSemaphore(value: 0)
        let begun = Awaited<Bool>()
        #expect(
            pool.submit {
                begun.give(true)
                gate.wait()
            }
        )
        #expect(begun.take() == true)
        #expect(pool.submit {})
        #expect(pool.submit { begun.give(false) })
        #expect(!pool.submit {})
        #expect(pool.queuedCount == 2)
        gate.signal()
        #expect(begun.take() == false)
        #expect(pool.submit {})
    }

    @Test("jobs of one thread keep their order over many turns of the queue")
    func order() throws {
        let pool = try WorkerPool(threads: 1)
        let seen = Mutex<[Int]>([])
        for i in 0..<10_000 {
            while !pool.submit({ seen.withLock { $0.append(i) } }) { usleep(100) }
        }
        pool.shutdown()
        #expect(seen.withLock { $0 } == Array(0..<10_000))
    }

    @Test("a pool that is shut down refuses work")
    func afterShutdown() throws {
        let pool = try WorkerPool(threads: 2)
        pool.shutdown()
        #expect(!pool.submit {})
        pool.shutdown()
    }

    @Test("a background thread has its name and its nice value, and can be joined")
    func backgroundThread() throws {
        let seen = Awaited<(Int32, String)>()
        let thread = try BackgroundThread.start(name: "train-with-a-long-name", nice: 7) {
            // The 19th field of stat; the name in parentheses is the second.
            let fields = textOfFile("/proc/thread-self/stat").split(separator: ")").last ?? ""
            let nice = Int32(fields.split(separator: " ")[16]) ?? -1
            seen.give((nice, textOfFile("/proc/thread-self/comm")))
        }
        thread.join()
        let (nice, name) = try #require(seen.take())
        #expect(nice == 7)
        #expect(name == "train-with-a-lo\n")
    }
}

private func textOfFile(_ path: String) -> String {
    let file = boreal_open(path, O_RDONLY, 0)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1_000)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
}

@Suite struct SignalWatcherTests {
    @Test("a signal arrives as a call and does not end the process")
    func signals() {
        let seen = Awaited<Int32>()
        let watcher = SignalWatcher([SIGHUP, SIGUSR2]) { seen.give($0) }
        kill(getpid(), SIGUSR2)
        #expect(seen.take() == SIGUSR2)
        kill(getpid(), SIGHUP)
        #expect(seen.take() == SIGHUP)
        watcher.cancel()
    }
}

@Suite struct ProcessLimitsTests {
    @Test("the descriptor limit is raised to what the system allows")
    func descriptors() {
        let limit = ProcessLimits.raiseDescriptors()
        #expect(limit >= 256)
        #expect(ProcessLimits.raiseDescriptors() == limit)
        #expect(ProcessLimits.openDescriptorCount > 2)
    }
}
