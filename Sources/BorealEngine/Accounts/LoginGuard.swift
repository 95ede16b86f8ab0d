package import BorealBase
import Glibc
import Synchronization

/// Counts wrong passwords and has whoever sends too many of them wait: per user and address, so
/// that a stranger cannot lock an owner out, and per address, so that trying many users is no way
/// around.
///
/// A wait is an answer, not a delay: no connection and no thread is held meanwhile. It doubles with
/// each wrong password that follows. What is kept is bounded whatever is tried.
package final class LoginGuard: Sendable {
    private struct Key: Hashable {
        /// Nil for all users of the address together.
        var user: String?
        var address: String
    }

    private struct Count {
        var failures = 0
        /// `MonotonicClock.milliseconds` before which nothing is tried.
        var until: UInt64 = 0
        /// When the wait that is under way began.
        var last: UInt64 = 0
        /// Somebody was told of this wait.
        var isTold = false
    }

    /// What a client that must wait gets.
    package struct Refusal: Sendable {
        /// Instead of an answer.
        package let error: ServerError
        /// The first one of this wait: the others are not news.
        package let isFirst: Bool
    }

    /// Log-ins that were no tries, by address, in the minute that began then.
    private struct Minute {
        var began: UInt64
        var counts: [String: Int] = [:]
    }

    private let settings: Settings
    private let counts = Mutex<[Key: Count]>([:])
    private let minute = Mutex<Minute?>(nil)

    package init(_ settings: Settings) { self.settings = settings }

    /// Whether a password of the user's may be tried now from the address.
    ///
    /// - Parameters:
    ///   - host: as messages call the address.
    ///   - now: `MonotonicClock.milliseconds`.
    /// - Returns: what the client gets instead; nil when it may try.
    package func refusal(
        user: String,
        address: String,
        host: String,
        now: UInt64 = MonotonicClock.milliseconds
    ) -> Refusal? {
        // Nobody has given a wrong password lately, most of the time.
        if counts.withLock({ $0.isEmpty }) { return nil }
        let network = Self.network(address)
        if let all = waiting(Key(user: nil, address: network), now) {
            let rest = Self.seconds(all.until - now)
            let error = ServerError(
                .hostBlocked,
                "Host '\(host)' is blocked because of many connection errors; "
                    + "wait \(rest) second(s), or unblock with FLUSH HOSTS"
            )
            return Refusal(error: error, isFirst: !all.isTold)
        }
        guard let own = waiting(Key(user: user, address: network), now) else { return nil }
        let error = ServerError(
            .accountBlocked,
            "Access denied for user '\(user)'@'\(host)'. Account is blocked for "
                + "\(Self.seconds(own.until - own.last)) second(s) "
                + "(\(Self.seconds(own.until - now)) second(s) remaining) due to "
                + "\(own.failures) consecutive failed logins."
        )
        return Refusal(error: error, isFirst: !own.isTold)
    }

    /// The wait that is under way, as it was before somebody is told of it; nil without one.
    private func waiting(_ key: Key, _ now: UInt64) -> Count? {
        counts.withLock { counts in
            guard let count = counts[key], count.until > now else { return nil }
            counts[key]?.isTold = true
            return count
        }
    }

    /// Whether a failure without a password is news: that is no guess, so nobody waits for it, and
    /// a stranger can make as many as there is room for lines.
    package func isNews(
        address: String,
        now: UInt64 = MonotonicClock.milliseconds
    ) -> Bool {
        let network = Self.network(address)
        return minute.withLock { minute in
            var current = minute.take() ?? Minute(began: now)
            if now &- current.began >= 60_000 { current = Minute(began: now) }
            defer { minute = current }
            let count = current.counts[network]
            // So many addresses within a minute are one flood.
            guard count != nil || current.counts.count < Limits.loginCountersMax else {
                return false
            }
            current.counts[network] = (count ?? 0) + 1
            return (count ?? 0) < Limits.auditUnaskedPerMinuteMax
        }
    }

    /// Notes a wrong password. One that was not given is no guess, and not counted: scripts that
    /// look whether a server is alive do that.
    package func failed(
        user: String,
        address: String,
        now: UInt64 = MonotonicClock.milliseconds
    ) {
        let network = Self.network(address)
        count(
            Key(user: user, address: network),
            allowed: settings.integer("login_failures_max"),
            now
        )
        count(
            Key(user: nil, address: network),
            allowed: settings.integer("login_failures_address_max"),
            now
        )
    }

    /// Notes a right password: the user's wrong ones from there are forgotten.
    package func succeeded(user: String, address: String) {
        counts.withLock { counts in
            guard !counts.isEmpty else { return }
            counts[Key(user: user, address: Self.network(address))] = nil
        }
    }

    /// FLUSH HOSTS: everybody may try again.
    package func forgetAll() { counts.withLock { $0 = [:] } }

    private func count(_ key: Key, allowed: Int, _ now: UInt64) {
        guard allowed > 0 else { return }
        let most = UInt64(settings.integer("login_delay_max")) * 1_000
        // Whoever was quiet for twice the longest wait begins anew.
        let forgotten = max(2 * most, 60_000)
        counts.withLock { counts in
            if counts.count >= Limits.loginCountersMax { Self.makeRoom(&counts, now, forgotten) }
            var count = counts[key] ?? Count()
            if now &- count.last > forgotten { count = Count() }
            count.failures += 1
            count.last = now
            if count.failures >= allowed {
                let doublings = min(count.failures - allowed, 20)
                count.until = now + min(1_000 << UInt64(doublings), most)
                count.isTold = false
            }
            counts[key] = count
        }
    }

    /// Drops what is over, else the half that was quiet longest.
    private static func makeRoom(_ counts: inout [Key: Count], _ now: UInt64, _ forgotten: UInt64) {
        counts = counts.filter { now &- $0.value.last <= forgotten }
        guard counts.count >= Limits.loginCountersMax else { return }
        let middle = counts.values.map(\.last).sorted()[counts.count / 2]
        counts = counts.filter { $0.value.last > middle }
    }

    /// An IPv4 address, or the half of an IPv6 address that names a network: the other half is its
    /// owner's to choose.
    private static func network(_ address: String) -> String {
        guard address.utf8.contains(UInt8(ascii: ":")) else { return address }
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":")
    }

    private static func seconds(_ milliseconds: UInt64) -> UInt64 { (milliseconds + 999) / 1_000 }
}
