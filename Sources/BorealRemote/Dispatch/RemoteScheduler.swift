package import BorealBase
import Dispatch

/// A moment or a duration in microseconds. Moments come from a clock that never jumps and starts
/// anywhere; they mean something only beside each other.
package typealias Microseconds = Int64

extension Microseconds {
    /// So many milliseconds, held inside the type's range.
    package static func milliseconds(_ count: Int) -> Microseconds {
        Microseconds(Swift.min(Swift.max(count, 0), Int(Int32.max))) * 1_000
    }

    /// So many seconds.
    package static func seconds(_ count: Int) -> Microseconds { milliseconds(count) * 1_000 }

    /// Whole milliseconds, rounded down.
    package var wholeMilliseconds: Int { Int(self / 1_000) }
}

/// What time it is and who calls back later. Tests move their own by hand.
package protocol RemoteScheduler: AnyObject, Sendable {
    /// Of a clock that never jumps.
    var now: Microseconds { get }
    /// The calendar's time, for hours, days and months of metering.
    var wallClock: Instant { get }

    /// Runs `action` once, so much later or a little after that, on any thread and never inside
    /// this call.
    func after(_ delay: Microseconds, _ action: @escaping @Sendable () -> Void)
}

/// The scheduler of a running server: one serial queue, so that actions run one after the other.
package final class QueueScheduler: RemoteScheduler {
    private let queue = DispatchQueue(label: "boreal.remote.timers")

    package init() {}

    package var now: Microseconds { Microseconds(MonotonicClock.nanoseconds / 1_000) }
    package var wallClock: Instant { .now }

    package func after(_ delay: Microseconds, _ action: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + .microseconds(Int(delay)), execute: action)
    }
}
