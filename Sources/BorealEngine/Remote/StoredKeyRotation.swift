package import BorealBase
package import BorealCatalog
import BorealRemote

/// `boreal rotate-key`: all stored keys of remote models under another master key.
package enum StoredKeyRotation {
    /// What was done.
    package struct Outcome: Sendable {
        /// Keys that were sealed anew.
        package let count: Int
        /// Where the new master key lies; empty without any key.
        package let place: String
    }

    /// - Parameters:
    ///   - file: the setting `master_key_file`.
    ///   - environment: the value of a variable; nil for none.
    /// - Throws: `ServerError` with a sentence; nothing is changed then, or all is and the new key
    ///   lies beside the old one.
    package static func run(
        _ catalog: Catalog,
        file: String,
        environment: (String) -> String?
    ) throws(ServerError) -> Outcome {
        let snapshot = catalog.snapshot
        let hasKeys =
            snapshot.models.contains { model in
                model.versions.contains { !$0.definition.sealedKey.isEmpty }
            }
            || CatalogDocument.Kind.allCases.contains { kind in
                snapshot.documents(kind).contains { !$0.secrets.isEmpty }
            }
        guard hasKeys else { return Outcome(count: 0, place: "") }
        do {
            let vault = SecretVault(file: file, isEphemeral: false, environment: environment)
            let rotation = try KeyRotation(vault, environment: environment)
            let count = try catalog.write { change in
                let keys = try change.resealKeys { bound, text in
                    do throws(RemoteModelError) {
                        return try rotation.resealed(
                            text,
                            model: bound.model.key,
                            field: SecretVault.keyField
                        )
                    } catch {
                        throw ServerError(remote: error, of: bound)
                    }
                }
                return try keys + change.resealDocuments { try resealed($0, rotation) }
            }
            try rotation.finish()
            return Outcome(count: count, place: rotation.place)
        } catch let error as ServerError {
            throw error
        } catch let error as CatalogError {
            throw ServerError(error)
        } catch let error as RemoteModelError {
            throw ServerError(.invalidOption, error.text)
        } catch {
            throw .internalError("\(error)")
        }
    }

    /// The keys of a connector, or the password of a source, under the new master key.
    private static func resealed(
        _ connector: CatalogDocument,
        _ rotation: KeyRotation
    ) throws -> String {
        if connector.kind == .source { return try StoredSource(connector).resealed(rotation) }
        let secrets = try JSON.parse(connector.secrets).object ?? []
        var resealed: [(key: String, value: JSON)] = []
        for (name, value) in secrets {
            let field = Connector.sealedField(name)
            let text = try rotation.resealed(
                value.string ?? "",
                model: connector.id,
                field: field
            )
            resealed.append((name, .string(text)))
        }
        return JSON.object(resealed).description
    }
}
