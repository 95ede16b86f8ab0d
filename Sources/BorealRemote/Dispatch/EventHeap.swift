/// What the dispatcher has to do later, the earliest first: a binary heap.
struct EventHeap {
    enum Event: Equatable, Sendable {
        /// Rows of a model may go now.
        case pump(String)
        /// A chunk's time is over.
        case deadline(UInt64)
        /// The rows of a chunk that are still in the queue have waited for long enough.
        case patience(UInt64)
        /// A request has been out for long enough that a second one may help.
        case hedge(UInt64)
    }

    private var items: [(at: Microseconds, event: Event)] = []

    var count: Int { items.count }
    var first: (at: Microseconds, event: Event)? { items.first }

    mutating func insert(_ event: Event, at moment: Microseconds) {
        items.append((moment, event))
        var child = items.count - 1
        while child > 0, items[child].at < items[(child - 1) / 2].at {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() {
        items.swapAt(0, items.count - 1)
        items.removeLast()
        var parent = 0
        while let child = earlierChild(of: parent), items[child].at < items[parent].at {
            items.swapAt(child, parent)
            parent = child
        }
    }

    /// Forgets events that mean nothing any more.
    mutating func keep(where isLive: (Event) -> Bool) {
        let kept = items.filter { isLive($0.event) }
        items = []
        for item in kept { insert(item.event, at: item.at) }
    }

    private func earlierChild(of parent: Int) -> Int? {
        let left = parent * 2 + 1
        guard left < items.count else { return nil }
        let right = left + 1
        return right < items.count && items[right].at < items[left].at ? right : left
    }
}
