import BorealBase
import BorealCatalog
import BorealWire
import Synchronization

/// What successful full authentications left in memory, so that the next login of
/// caching_sha2_password takes one round trip; forgotten when the account changes.
final class PasswordCache: Sendable {
    private struct Memory {
        let fastHash: [UInt8]
        /// The account's `altered` when the password was verified.
        let altered: Instant
    }

    private let memories = Mutex<[AccountName: Memory]>([:])

    /// What a login to the account is checked against; nil when its stored verifiers are
    /// unreadable, which opens nothing.
    func credentials(of account: Account) -> AccountCredentials? {
        let native = account.verifiers.native
        let sha2 = account.verifiers.sha2
        // The engine stores empty verifiers for an account without a password.
        if native?.isEmpty == true || sha2?.isEmpty == true {
            return AccountCredentials(isPasswordEmpty: true)
        }
        do {
            return AccountCredentials(
                native: try native.map(NativePassword.Verifier.init(bytes:)),
                cachingSHA2: try sha2.map(CachingSHA2.Verifier.init(stored:)),
                fastHash: fastHash(of: account)
            )
        } catch {
            return nil
        }
    }

    func remember(_ fastHash: [UInt8], for account: Account) {
        memories.withLock {
            $0[account.name] = Memory(fastHash: fastHash, altered: account.altered)
        }
    }

    private func fastHash(of account: Account) -> [UInt8]? {
        let memory = memories.withLock { $0[account.name] }
        return memory?.altered == account.altered ? memory?.fastHash : nil
    }
}
