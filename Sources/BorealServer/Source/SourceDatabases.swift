import BorealBase
import Synchronization

/// Databases that the source was found to have a short while ago, so that not every log-in asks.
final class SourceDatabases: Sendable {
    private static let keptMilliseconds: UInt64 = 60_000
    private static let namesMax = 1_000

    /// Until when a name counts, in milliseconds of the monotonic clock.
    private let known = Mutex<[String: UInt64]>([:])

    func isKnown(_ name: String) -> Bool {
        let end = known.withLock { $0[name] } ?? 0
        return MonotonicClock.milliseconds < end
    }

    /// The source has let somebody log in with this database.
    func note(_ name: String) {
        known.withLock { known in
            if known.count >= Self.namesMax { known = [:] }
            known[name] = MonotonicClock.milliseconds + Self.keptMilliseconds
        }
    }
}
