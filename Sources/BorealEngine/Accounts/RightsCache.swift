import BorealBase
import BorealCatalog
import BorealTables
import Synchronization

/// Rights of accounts as sessions ask for them: made once for all sessions of an account, which
/// then share what it is made of.
final class RightsCache: Sendable {
    private struct Key: Hashable {
        let name: AccountName
        let clientHost: String
    }

    private struct State {
        /// The registry's revision that the entries are of.
        var revision: UInt64 = 0
        var entries: [Key: AccountRights] = [:]
    }

    private let state = Mutex(State())

    /// - Parameters:
    ///   - account: nil when it is gone; its sessions go on and may do nothing, as in MySQL.
    ///   - revision: read from the registry before `account` was.
    func rights(
        of account: Account?,
        name: AccountName,
        clientHost: String,
        revision: UInt64
    ) -> AccountRights {
        let key = Key(name: name, clientHost: clientHost)
        return state.withLock { state in
            // An older revision than the kept one: whoever asks will ask again, and keeps nothing.
            guard revision >= state.revision else {
                return AccountRights(account, name: name, clientHost: clientHost)
            }
            if revision > state.revision || state.entries.count >= Limits.loginCountersMax {
                state.revision = revision
                state.entries = [:]
            }
            if let known = state.entries[key] { return known }
            let made = AccountRights(account, name: name, clientHost: clientHost)
            state.entries[key] = made
            return made
        }
    }
}
