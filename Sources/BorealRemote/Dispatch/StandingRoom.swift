/// Chunks that wait outside a model's queue until it has room for them, first come first served:
/// scans are slowed down, not refused, and single rows find a place beside any number of them.
/// Lives inside the dispatcher's lock.
struct StandingRoom {
    /// Rows of a queue that scans leave to single rows.
    static let rowsKeptFree = 2_500
    static let bytesKeptFree = 16 << 20
    /// Bytes that may stand here, with what rows take beside their texts; more are refused (BUSY).
    static let bytesMax = 256 << 20
    /// What a row takes beside its text, about: key, links, places.
    static let rowBytes = 256

    /// A chunk none of whose rows has been asked.
    struct Standing {
        let chunk: PendingChunk
        let entry: DispatchState.Entry
        let bytes: Int

        var rows: Int { entry.distinct.inputs.count }

        /// In memory, about.
        var heldBytes: Int { bytes + rows * StandingRoom.rowBytes }
    }

    private var chunks: [Standing] = []
    private var bytes = 0

    var isEmpty: Bool { chunks.isEmpty }
    var rows: Int { chunks.reduce(0) { $0 + $1.rows } }

    /// Whether a chunk has to stand. A single row never does: it finds a place or is refused.
    func isNeeded(for standing: Standing, beside queue: FairQueue<PendingRow>) -> Bool {
        guard standing.rows > 1, bytes + standing.heldBytes <= Self.bytesMax else {
            return false
        }
        return !isEmpty || !queue.hasRoom(for: standing)
    }

    mutating func append(_ standing: Standing) {
        chunks.append(standing)
        bytes += standing.heldBytes
    }

    /// Takes out the chunk that has stood longest, if its queue has room for it now.
    mutating func next(_ queue: (PendingChunk) -> FairQueue<PendingRow>) -> Standing? {
        guard let first = chunks.first, queue(first.chunk).hasRoom(for: first) else { return nil }
        bytes -= first.heldBytes
        return chunks.removeFirst()
    }

    /// - Returns: whether the chunk stood here.
    mutating func remove(_ chunk: PendingChunk) -> Bool {
        guard let place = chunks.firstIndex(where: { $0.chunk === chunk }) else { return false }
        bytes -= chunks.remove(at: place).heldBytes
        return true
    }
}

extension FairQueue<PendingRow> {
    fileprivate func hasRoom(for standing: StandingRoom.Standing) -> Bool {
        count == 0
            || (count + standing.rows <= Self.rowsMax - StandingRoom.rowsKeptFree
                && bytes + standing.bytes <= Self.bytesMax - StandingRoom.bytesKeptFree)
    }
}
