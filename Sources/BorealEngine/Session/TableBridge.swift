import BorealBase
import BorealCatalog
import BorealRemote
import BorealSQLite
import BorealTables

/// Opens the embedded tables and lets SQL see the engine's settings as system variables.
enum TableBridge {
    /// - Throws: `ServerError` with a sentence for the person at the shell.
    static func openStore(
        _ settings: Settings,
        _ directory: DataDirectory
    ) throws(ServerError) -> TableStore {
        var options = TableStore.Options()
        // MariaDB greets with a prefix for old replicas, which VERSION() does not have.
        options.serverVersion = settings.text("server_version").replacing(
            "5.5.5-",
            with: "",
            maxReplacements: 1
        )
        options.port = Int64(settings.integer("port"))
        options.vectorCacheBytes = settings.integer("vector_cache_bytes")
        if directory.isEphemeral {
            options.synchronous = .off
        } else if settings.text("sync_tables") == "FULL" {
            options.synchronous = .full
        }
        SQLiteMemory.limit(bytes: settings.integer("statement_memory_limit"))
        SQLiteMemory.keepInterimFiles(in: directory.layout.root)
        do {
            return try TableStore(path: directory.layout.tables, options: options)
        } catch {
            throw ServerError(.unknownError, "the tables cannot be opened: \(error)")
        }
    }

    /// Settings in SHOW VARIABLES and `@@name`; SET GLOBAL makes them durable.
    static func variables(
        _ settings: Settings,
        _ catalog: Catalog,
        changed: @escaping @Sendable (_ name: String) -> Void
    ) -> TableStore.ExternalVariables {
        TableStore.ExternalVariables(
            all: {
                Settings.definitions.filter { !hidden.contains($0.name) }.map {
                    ($0.name, value(of: $0, settings))
                } + derivedNames.compactMap { name in derived(name, settings).map { (name, $0) } }
            },
            value: { name in
                if let value = derived(name, settings) { return value }
                guard !hidden.contains(name), let definition = Settings.byName[name] else {
                    return nil
                }
                return value(of: definition, settings)
            },
            setGlobal: { name, value in
                if derivedNames.contains(name) {
                    throw ServerError(setting: .startupOnly(name: name))
                }
                guard !hidden.contains(name), Settings.byName[name] != nil else { return false }
                try BuiltInModels.check(name, value.text ?? "", catalog.snapshot)
                try checkExpressions(of: name, value.text ?? "")
                let normal: String
                do throws(SettingError) {
                    normal = try settings.set(name, to: value.text ?? "", isRunning: true)
                } catch {
                    throw ServerError(setting: error)
                }
                try catalog.update { (change) throws(CatalogError) in
                    try change.setSetting(name, to: normal)
                }
                changed(name)
                return true
            }
        )
    }

    /// A list of trusted URLs is taken as a whole or not at all.
    ///
    /// - Throws: `ServerError` that names the expression.
    private static func checkExpressions(of name: String, _ text: String) throws {
        guard RemoteGateway.trustedNames.contains(name) else { return }
        // What is no such array is refused where values are.
        let texts = (try? JSON.parse(text))?.array?.compactMap(\.string) ?? []
        do throws(RemoteModelError) {
            _ = try TrustedList(texts)
        } catch {
            throw ServerError(.wrongValueForVariable, "Variable '\(name)': \(error.text)")
        }
    }

    /// Settings that MySQL has under the same name with a value of its own.
    /// The URL of a source holds a password.
    private static let hidden: Set<String> = [
        "port", "socket", "max_connections", "host", "data", "source",
    ]

    /// MySQL's names of what settings of ours say.
    private static let derivedNames = ["have_ssl", "have_openssl", "ssl_ca", "ssl_cert", "ssl_key"]

    private static func derived(_ name: String, _ settings: Settings) -> TableValue? {
        switch name {
        case "have_ssl", "have_openssl":
            .text(settings.text("tls_version").isEmpty ? "DISABLED" : "YES")
        case "ssl_ca": .text(settings.text("tls_ca_file"))
        case "ssl_cert": .text(settings.text("tls_certificate_file"))
        case "ssl_key": .text(settings.text("tls_key_file"))
        default: nil
        }
    }

    private static func value(of definition: SettingDefinition, _ settings: Settings) -> TableValue
    {
        let text = settings.text(definition.name)
        if case .integer = definition.kind, let number = Int64(text) { return .integer(number) }
        return .text(text)
    }
}

extension ServerError {
    /// The number and sentence of a setting that was refused.
    init(setting error: SettingError) {
        switch error {
        case .unknown(let name):
            self.init(.unknownSystemVariable, "Unknown system variable '\(name)'")
        case .startupOnly(let name):
            self.init(.variableIsReadOnly, "Variable '\(name)' is a read only variable")
        case .badValue(let name, let value, _):
            self.init(
                .wrongValueForVariable,
                "Variable '\(name)' can't be set to the value of '\(value)'"
            )
        }
    }
}

extension ClientSession {
    /// The text of one of the session's system variables.
    func variable(_ name: String) -> String { tables.variable(name) }

    /// `boreal_dialect`: which of two dialects SHOW MODELS and its like answer in.
    var isMaxCompute: Bool { variable("boreal_dialect") == "maxcompute" }
}
