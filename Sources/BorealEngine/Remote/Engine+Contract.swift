import BorealBase
package import BorealCatalog
package import BorealRemote
import BorealSQLite
import BorealTables
import BorealTasks

/// What the REST contract asks of the engine: one registry, one vault, one trusted list.
extension Engine {
    /// What the contract's settings begin with. Those that are none of ours are stored under their
    /// whole name.
    package static let contractPrefix = "plugins.ml_commons."

    /// Seals and opens keys.
    package var vault: SecretVault { remote.vault }

    /// Everything that the first call reads from disk has been read.
    package var hasCalledRemoteModels: Bool { remote.dispatcherIfMade != nil }

    /// The URLs that remote models may be called at, as set now.
    ///
    /// - Throws: `RemoteModelError` CONFIG for an expression that is none.
    package func trustedEndpoints() throws(RemoteModelError) -> TrustedList {
        try remote.trusted()
    }

    /// What an account may do with models.
    package func access(of account: Account, clientHost: String) -> ModelAccess {
        ModelAccess(AccountRights(account, name: account.name, clientHost: clientHost))
    }

    /// Makes the value of a setting felt that was changed while the server runs.
    package func settingChanged(_ name: String) {
        switch name {
        case "task_concurrency": scheduler.concurrency = settings.integer(name)
        case "vector_cache_bytes": tables.vectorCacheBytes = settings.integer(name)
        case "statement_memory_limit": SQLiteMemory.limit(bytes: settings.integer(name))
        default: remote.settingChanged(name)
        }
    }
}

extension VersionDefinition {
    /// The connector that a model was registered with; nil for a model that SQL describes.
    package var connectorID: String? {
        guard modelClass == ModelClass.remote else { return nil }
        // A definition that cannot be read names nothing.
        return (try? JSON.parse(options))?["connector_id"]?.string
    }
}

extension Engine {
    /// One of the keys of a connector, for one call; nil where it has none of that name.
    ///
    /// - Throws: `RemoteModelError` CONFIG when it does not open.
    package func secret(
        _ name: String,
        of connector: CatalogDocument
    ) throws(RemoteModelError) -> SecretBytes? {
        // Only JSON was stored; no text is a connector without keys.
        guard let sealed = (try? JSON.parse(connector.secrets))?[name]?.string else { return nil }
        let field = Connector.sealedField(name)
        return try vault.open(sealed, model: connector.id, field: field)
    }
}
