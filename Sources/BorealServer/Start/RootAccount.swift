import BorealBase
import BorealCatalog
import BorealEngine
import BorealWire

/// The first account: made once, when the data directory is new.
struct RootAccount {
    /// What `client.cnf` needs to know.
    struct Prepared {
        let user: String
        /// Nil when the account was there already and nobody remembers its password.
        let password: String?
    }

    let engine: Engine
    let settings: Settings

    /// Creates `root` when there is no account at all.
    ///
    /// - Parameter password: nil generates one, or leaves it empty on an ephemeral server.
    func prepare(password given: String?) throws -> Prepared {
        guard engine.catalog.snapshot.accounts.isEmpty else {
            return Prepared(user: "root", password: nil)
        }
        let password =
            given ?? (settings.isOn("ephemeral") ? "" : RandomBytes.password())
        let hosts = settings.text("host").split(separator: ",")
        let isLocal = hosts.allSatisfy { $0 == "localhost" || $0 == "::1" || $0.hasPrefix("127.") }
        let name = AccountName(user: "root", host: isLocal ? "localhost" : "%")
        do {
            let verifiers = try PasswordVerifiers.make(password)
            try engine.catalog.update { (change) throws(CatalogError) in
                _ = try change.createAccount(name, verifiers: verifiers)
                try change.grant([Right("ALL")], to: name)
            }
        } catch {
            throw ServerStartError.storage("the account 'root' cannot be made: \(error)")
        }
        return Prepared(user: "root", password: password)
    }
}
