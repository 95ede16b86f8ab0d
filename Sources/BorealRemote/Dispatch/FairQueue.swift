/// Rows of many statements that wait for one model: statements take turns, the rows of one keep
/// their order. A scan of a large table so never starves a single call.
struct FairQueue<Element> {
    static var rowsMax: Int { 10_000 }
    static var bytesMax: Int { 64 << 20 }

    private var lanes: [UInt64: Lane<Element>] = [:]
    /// Statements with rows, the next to be served first.
    private var turns: [UInt64] = []
    private(set) var count = 0
    private(set) var bytes = 0

    /// The row that is served next.
    var first: Element? { turns.first.flatMap { lanes[$0]?.first?.element } }

    /// Statements with rows here.
    var statements: [UInt64] { turns }

    /// - Returns: false when the queue is full and nothing was added.
    mutating func append(_ element: Element, bytes size: Int, statement: UInt64) -> Bool {
        guard count < Self.rowsMax, bytes + size <= Self.bytesMax else { return false }
        if lanes[statement] == nil { turns.append(statement) }
        lanes[statement, default: Lane()].append(element, bytes: size)
        count += 1
        bytes += size
        return true
    }

    /// Takes the rows of the next request: the first, and whatever of the other statements' first
    /// rows fits beside it, in turns.
    mutating func take(
        into packer: inout BatchPacker,
        joins: (_ first: Element, _ next: Element) -> Bool
    ) -> [Element] {
        var taken: [Element] = []
        var skipped = 0
        while skipped < turns.count, !packer.isFull {
            let statement = turns.removeFirst()
            turns.append(statement)
            // Every statement in `turns` has a lane that is not empty.
            let next = lanes[statement]!.first!
            let isWelcome = taken.first.map { joins($0, next.element) } ?? true
            guard isWelcome, packer.accept(bytes: next.bytes) else {
                skipped += 1
                continue
            }
            taken.append(next.element)
            removeFirst(of: statement)
            skipped = 0
        }
        return taken
    }

    /// Takes out the rows of a statement that nobody wants any more.
    mutating func remove(statement: UInt64, where isUnwanted: (Element) -> Bool) {
        guard var lane = lanes.removeValue(forKey: statement) else { return }
        let (rows, size) = lane.remove(where: isUnwanted)
        count -= rows
        bytes -= size
        if lane.first == nil {
            turns.removeAll { $0 == statement }
        } else {
            lanes[statement] = lane
        }
    }

    /// Takes out everything.
    mutating func removeAll() -> [Element] {
        let all = turns.flatMap { lanes[$0]?.elements ?? [] }
        self = FairQueue()
        return all
    }

    private mutating func removeFirst(of statement: UInt64) {
        guard let size = lanes[statement]?.removeFirst() else { return }
        count -= 1
        bytes -= size
        guard lanes[statement]?.first == nil else { return }
        lanes[statement] = nil
        turns.removeAll { $0 == statement }
    }
}

/// The rows of one statement: an array whose front is cut off now and then.
private struct Lane<Element> {
    private var items: [(element: Element, bytes: Int)] = []
    private var head = 0

    var first: (element: Element, bytes: Int)? { head < items.count ? items[head] : nil }
    var elements: [Element] { items[head...].map(\.element) }

    mutating func append(_ element: Element, bytes: Int) { items.append((element, bytes)) }

    /// - Returns: the size of what was removed.
    mutating func removeFirst() -> Int {
        let size = items[head].bytes
        head += 1
        if head > 256, head * 2 > items.count {
            items.removeFirst(head)
            head = 0
        }
        return size
    }

    /// - Returns: how many were removed, and their bytes.
    mutating func remove(where isUnwanted: (Element) -> Bool) -> (rows: Int, bytes: Int) {
        let before = items[head...]
        let kept = before.filter { !isUnwanted($0.element) }
        let bytes = before.reduce(0) { $0 + $1.bytes } - kept.reduce(0) { $0 + $1.bytes }
        let rows = before.count - kept.count
        items = Array(kept)
        head = 0
        return (rows, bytes)
    }
}
