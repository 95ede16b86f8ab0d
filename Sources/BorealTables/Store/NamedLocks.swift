import BorealBase
import Synchronization

/// The locks of GET_LOCK: names that one connection of the server holds at a time.
///
/// Who must wait gets a ticket, first come first served, and holds no thread meanwhile.
final class NamedLocks: Sendable {
    private struct Entry {
        /// The connection that holds it.
        var owner: UInt64
        /// How often its owner took it.
        var count = 1
        var queue: [(ticket: LockTicket, owner: UInt64)] = []
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// Takes a lock that is free or the owner's already.
    func acquire(_ name: String, _ owner: UInt64) -> Bool {
        entries.withLock { entries in
            guard let entry = entries[name] else {
                entries[name] = Entry(owner: owner)
                return true
            }
            guard entry.owner == owner else { return false }
            entries[name]?.count += 1
            return true
        }
    }

    /// A place in the queue for a lock; granted at once when it became free meanwhile.
    func wait(_ name: String, _ owner: UInt64, milliseconds: UInt64) -> LockTicket {
        let ticket = LockTicket(deadlineMilliseconds: MonotonicClock.milliseconds + milliseconds)
        let isFree = entries.withLock { entries in
            guard entries[name] != nil else {
                entries[name] = Entry(owner: owner)
                return true
            }
            entries[name]?.queue.append((ticket, owner))
            return false
        }
        if isFree { _ = ticket.grant() }
        return ticket
    }

    /// Gives up waiting; false when the lock was granted before that.
    func giveUp(_ name: String, _ ticket: LockTicket) -> Bool {
        guard ticket.cancel() else { return false }
        entries.withLock { $0[name]?.queue.removeAll { $0.ticket === ticket } }
        return true
    }

    /// Lets go once; nil for a lock that nobody holds, false for another's.
    func release(_ name: String, _ owner: UInt64) -> Bool? {
        let found = entries.withLock { entries -> Bool? in
            guard let entry = entries[name] else { return nil }
            guard entry.owner == owner else { return false }
            entries[name]?.count -= 1
            return true
        }
        if found == true { handOver(name) }
        return found
    }

    /// Gives a lock that is held no more to the first who still waits.
    private func handOver(_ name: String) {
        while true {
            let next = entries.withLock { entries -> LockTicket? in
                guard var entry = entries[name], entry.count == 0 else { return nil }
                guard !entry.queue.isEmpty else {
                    entries[name] = nil
                    return nil
                }
                let first = entry.queue.removeFirst()
                entry.owner = first.owner
                entry.count = 1
                entries[name] = entry
                return first.ticket
            }
            guard let next, !next.grant() else { return }
            // It gave up between the two locks: the next one.
            entries.withLock { $0[name]?.count = 0 }
        }
    }

    /// Lets go of everything; how many times it was held.
    func releaseAll(_ owner: UInt64) -> Int {
        let names = entries.withLock { entries in
            let held = entries.filter { $0.value.owner == owner }
            for name in held.keys { entries[name]?.count = 0 }
            return held.mapValues(\.count)
        }
        for name in names.keys { handOver(name) }
        return names.values.reduce(0, +)
    }

    /// The connection that holds a lock.
    func owner(_ name: String) -> UInt64? { entries.withLock { $0[name]?.owner } }
}
