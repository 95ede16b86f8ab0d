import BorealNet

/// What the client knows of names, and who waits to know more. Touched by whoever has the turn.
struct NameCache {
    private struct Entry {
        var addresses: [IPAddress]
        /// `MonotonicClock.milliseconds` at which it is old.
        let end: UInt64
    }

    /// Names that are remembered. When there are more, all are forgotten.
    private static let namesMax = 1_000

    private var entries: [String: Entry] = [:]
    private var waiting: [String: [HTTPExchange]] = [:]
    /// The address that worked last, when it was not the first.
    private var preferred: [String: IPAddress] = [:]

    /// The addresses of a host, unless they are unknown or old.
    func addresses(of host: String, at now: UInt64) -> [IPAddress]? {
        guard let entry = entries[host], now < entry.end else { return nil }
        return entry.addresses
    }

    /// Adds a request to those that wait for a name.
    ///
    /// - Returns: true for the first, who has to ask.
    mutating func wait(_ exchange: HTTPExchange, for host: String) -> Bool {
        waiting[host, default: []].append(exchange)
        return waiting[host]?.count == 1
    }

    /// Takes an answer.
    ///
    /// - Returns: the requests that waited for it.
    mutating func answered(
        _ host: String,
        _ answer: Resolver.Answer,
        validUntil end: UInt64
    ) -> [HTTPExchange] {
        if case .success(let addresses) = answer {
            if entries.count >= Self.namesMax {
                entries = [:]
                preferred = [:]
            }
            entries[host] = Entry(addresses: sorted(addresses, of: host), end: end)
        }
        return waiting.removeValue(forKey: host) ?? []
    }

    /// The addresses with the one that worked last in front.
    func sorted(_ addresses: [IPAddress], of host: String) -> [IPAddress] {
        guard let first = preferred[host], addresses.contains(first) else { return addresses }
        return [first] + addresses.filter { $0 != first }
    }

    /// Notes that a connection to this address worked.
    mutating func prefer(_ address: IPAddress, of host: String) {
        guard let entry = entries[host], entry.addresses.first != address else { return }
        preferred[host] = address
        let addresses = sorted(entry.addresses, of: host)
        entries[host]?.addresses = addresses
    }
}
