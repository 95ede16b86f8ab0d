import Synchronization

/// A job that a loop runs once at a given time, unless it is cancelled before.
public final class LoopTimer: Sendable {
    private let cancelled = Atomic<Bool>(false)

    /// Made by `EventLoop.schedule`.
    init() {}

    /// Prevents the job if it has not begun. From any thread; exact when called on the loop.
    public func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// True after `cancel`.
    public var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
}

/// The timers of one loop: a binary heap, earliest first, equal deadlines in the order they were
/// made.
struct TimerQueue {
    private struct Entry {
        /// Milliseconds of `MonotonicClock`.
        let deadline: UInt64
        /// Order of creation.
        let serial: UInt64
        let timer: LoopTimer
        let job: @Sendable () -> Void

        func isBefore(_ other: Entry) -> Bool {
            deadline != other.deadline ? deadline < other.deadline : serial < other.serial
        }
    }

    private var heap: [Entry] = []
    private var serial: UInt64 = 0
    /// Cancelled entries are swept when the heap grew to this many.
    private var sweepAt = 256

    var count: Int { heap.count }

    /// When the earliest is due, in milliseconds of `MonotonicClock`.
    var nextDeadline: UInt64? { heap.first?.deadline }

    mutating func insert(deadline: UInt64, timer: LoopTimer, job: @escaping @Sendable () -> Void) {
        if heap.count >= sweepAt { sweep() }
        serial &+= 1
        heap.append(Entry(deadline: deadline, serial: serial, timer: timer, job: job))
        siftUp(heap.count - 1)
    }

    /// Takes the earliest job that is due and not cancelled.
    mutating func popDue(now: UInt64) -> (@Sendable () -> Void)? {
        while let first = heap.first, first.deadline <= now || first.timer.isCancelled {
            removeFirst()
            if !first.timer.isCancelled { return first.job }
        }
        return nil
    }

    mutating func removeAll() { heap = [] }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        siftDown(0)
    }

    private mutating func sweep() {
        heap.removeAll { $0.timer.isCancelled }
        sweepAt = max(256, heap.count * 2)
        for i in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(i) }
    }

    private mutating func siftUp(_ start: Int) {
        var i = start
        while i > 0 {
            let parent = (i - 1) / 2
            guard heap[i].isBefore(heap[parent]) else { return }
            heap.swapAt(i, parent)
            i = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var i = start
        while true {
            var least = i
            for child in [2 * i + 1, 2 * i + 2]
            where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            guard least != i else { return }
            heap.swapAt(i, least)
            i = least
        }
    }
}
