import BorealBase
import BorealGraph
import Synchronization

/// A model in memory, from its loading until it makes room for others.
///
/// Only the store holds it for long: whoever else keeps one keeps it weakly.
final class LoadedModel: Sendable {
    /// Sessions that it keeps at most: as many as threads may want one at once.
    private static let spareMax = 8

    let graph: ModelGraph
    /// What it counts for.
    let bytes: Int
    private let used = Atomic(MonotonicClock.nanoseconds)
    /// Ready for one row each, and used by nobody.
    private let spare = Mutex<[GraphSession]>([])

    init(_ graph: ModelGraph, bytes: Int) {
        self.graph = graph
        self.bytes = bytes
    }

    /// In nanoseconds of `MonotonicClock`.
    var lastUse: UInt64 { used.load(ordering: .relaxed) }

    func touch() { used.store(MonotonicClock.nanoseconds, ordering: .relaxed) }

    /// Takes a session that predicts one row, for `giveBack`.
    ///
    /// - Returns: nil for a model that does not predict one value.
    func takeOneRowSession() -> GraphSession? {
        touch()
        return spare.withLock { $0.popLast() } ?? GraphSession(predictingOneRowOf: graph)
    }

    /// Keeps a session for the next row.
    func giveBack(_ session: GraphSession) {
        spare.withLock { spare in
            if spare.count < Self.spareMax { spare.append(session) }
        }
    }
}
