import Glibc

/// A moment: microseconds since 1970-01-01 00:00:00 UTC.
public struct Instant: Comparable, Hashable, Sendable {
    /// Microseconds since the epoch.
    public var microseconds: Int64

    /// - Parameter microseconds: since the epoch, UTC.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// The wall clock.
    public static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// Whole seconds since the epoch.
    public var seconds: Int64 { microseconds.flooredQuotient(1_000_000) }

    /// As logs write it: RFC 3339 in UTC with microseconds.
    public var logText: String {
        var seconds = time_t(self.seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let fraction = String(microseconds % 1_000_000 + 1_000_000).dropFirst()
        let text = String(decoding: buffer[0..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text + "." + fraction + "Z"
    }

    /// Earlier before later.
    public static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }
}

extension Int64 {
    /// Quotient rounded towards minus infinity.
    fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

/// Time that the calling thread spent on a core, for measuring work beside other work.
public enum ThreadClock {
    /// Nanoseconds since the thread began.
    public static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// Durations, from a clock that never jumps.
public enum MonotonicClock {
    /// Nanoseconds since some fixed moment.
    public static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
    /// Milliseconds since some fixed moment.
    public static var milliseconds: UInt64 { nanoseconds / 1_000_000 }
}
