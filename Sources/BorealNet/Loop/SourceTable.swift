/// Something other than a connection that a loop watches: a listening socket, another epoll set.
package protocol Watcher: AnyObject {
    /// The descriptor is ready for `events` (epoll's mask).
    func ready(_ events: UInt32)
    /// The loop stops; the descriptor will not be watched any more.
    func loopStopped()
}

/// What an event loop watches, by slot. A token is a slot with its generation, so that an event
/// that was already fetched for a closed connection never reaches the next owner of its slot.
struct SourceTable {
    enum Source {
        case free
        case connection(Connection)
        case watcher(any Watcher)
    }

    private(set) var sources: ContiguousArray<Source> = []
    private var generations: ContiguousArray<UInt32> = []
    /// The tick at which a connection's deadline passes, 0 for none. Apart from the connections, so
    /// that the scan of every tick reads four bytes each.
    private var deadlines: ContiguousArray<UInt32> = []
    private var freeSlots: ContiguousArray<UInt32> = []
    /// Slots that have a deadline.
    private(set) var deadlineCount = 0
    /// Slots that are not free.
    private(set) var count = 0

    mutating func insert(_ source: Source) -> UInt64 {
        count += 1
        if let slot = freeSlots.popLast() {
            sources[Int(slot)] = source
            return UInt64(generations[Int(slot)]) << 32 | UInt64(slot)
        }
        sources.append(source)
        generations.append(0)
        deadlines.append(0)
        return UInt64(sources.count - 1)
    }

    mutating func remove(_ token: UInt64) {
        let slot = Int(token & 0xFFFF_FFFF)
        guard isLive(token) else { return }
        setDeadline(token, tick: 0)
        sources[slot] = .free
        generations[slot] &+= 1
        freeSlots.append(UInt32(slot))
        count -= 1
    }

    /// The source a token was given for, `.free` when it is gone.
    @inline(__always)
    func source(_ token: UInt64) -> Source {
        isLive(token) ? sources[Int(token & 0xFFFF_FFFF)] : .free
    }

    mutating func setDeadline(_ token: UInt64, tick: UInt32) {
        guard isLive(token) else { return }
        let slot = Int(token & 0xFFFF_FFFF)
        deadlineCount += (tick == 0 ? 0 : 1) - (deadlines[slot] == 0 ? 0 : 1)
        deadlines[slot] = tick
    }

    /// Takes the connections whose deadline is `tick` or earlier, and switches their deadlines off.
    mutating func takeExpired(tick: UInt32) -> [Connection] {
        guard deadlineCount > 0 else { return [] }
        var expired: [Connection] = []
        for slot in deadlines.indices where deadlines[slot] != 0 && deadlines[slot] <= tick {
            deadlines[slot] = 0
            deadlineCount -= 1
            if case .connection(let connection) = sources[slot] { expired.append(connection) }
        }
        return expired
    }

    @inline(__always)
    private func isLive(_ token: UInt64) -> Bool {
        let slot = Int(token & 0xFFFF_FFFF)
        return slot < generations.count && UInt64(generations[slot]) == token >> 32
    }
}
