import BorealBase
import BorealUpstream
import BorealWire

/// What one client has at sources by name: a connection to each that it has used, and the
/// statements that they prepared for it.
struct NamedRelays {
    private var relays: [String: UpstreamRelay] = [:]
    private var statements: [UInt32: (relay: UpstreamRelay, statement: ForeignStatement)] = [:]
    private var nextID = WireLimits.namedStatementIDsStart
    /// What was used last; a statement may be under way there.
    private var lastUsed: UpstreamRelay?
    /// The statement prepared last, unless another server prepared one since.
    var lastPrepared: UInt32?

    /// Where a statement is under way.
    var running: UpstreamRelay? { lastUsed?.isBusy == true ? lastUsed : nil }

    /// The source that the statement before ran at.
    var lastSource: String? { lastUsed?.name }

    /// A statement ran elsewhere.
    mutating func noteOther() { lastUsed = nil }

    // MARK: - Connections

    /// The client's way to a source: the one that stands, unless the source has changed since.
    mutating func relay(
        to name: String,
        _ server: UpstreamServer,
        make: () -> UpstreamRelay
    ) -> UpstreamRelay {
        if let known = relays[name], known.server === server { return known }
        if let old = relays[name] { drop(old) }
        let relay = make()
        relays[name] = relay
        return relay
    }

    mutating func noteUse(of relay: UpstreamRelay) { lastUsed = relay }

    /// Lets go of connections that are not in use and lead to what is no source any more.
    ///
    /// - Parameter current: the server that a name stands for now; nil for none.
    mutating func prune(_ current: (String) -> UpstreamServer?) {
        for (name, relay) in relays where !relay.isBusy && current(name) !== relay.server {
            drop(relay)
        }
    }

    private mutating func drop(_ relay: UpstreamRelay) {
        relay.close()
        forgetStatements(of: relay)
        for (name, other) in relays where other === relay { relays[name] = nil }
        if lastUsed === relay { lastUsed = nil }
    }

    /// The client is gone, or begins anew.
    mutating func close() {
        for relay in relays.values { relay.close() }
        self = NamedRelays()
    }

    // MARK: - Prepared statements

    /// Gives a statement that a source prepared the number that the client gets.
    mutating func add(_ statement: ForeignStatement, at relay: UpstreamRelay) -> UInt32 {
        while statements[nextID] != nil || nextID == .max {
            nextID = nextID >= .max - 1 ? WireLimits.namedStatementIDsStart : nextID + 1
        }
        statements[nextID] = (relay, statement)
        lastPrepared = nextID
        return nextID
    }

    /// What the client's number stands for; the highest one is the statement prepared last.
    func statement(_ id: UInt32) -> (relay: UpstreamRelay, statement: ForeignStatement)? {
        statements[id == .max ? lastPrepared ?? id : id]
    }

    /// COM_STMT_CLOSE.
    mutating func remove(_ id: UInt32) {
        let known = id == .max ? lastPrepared ?? id : id
        statements[known] = nil
        if lastPrepared == known { lastPrepared = nil }
    }

    /// A connection is gone, and its statements with it.
    mutating func forgetStatements(of relay: UpstreamRelay) {
        for (id, entry) in statements where entry.relay === relay { remove(id) }
    }
}
