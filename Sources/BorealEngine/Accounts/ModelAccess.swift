import BorealBase
package import BorealCatalog
import BorealTables

/// What an account may do with models and tasks.
///
/// MODEL_ADMIN may do everything and is the only one that makes models. An owner may do everything
/// with its own. PREDICT on a model is the right to ask it.
package struct ModelAccess {
    let rights: AccountRights

    init(_ rights: AccountRights) { self.rights = rights }

    /// Owner of what it makes, as the registry writes it.
    package var owner: String { "\(rights.user)@\(rights.host)" }

    package var isAdministrator: Bool { rights.dynamic.contains("MODEL_ADMIN") }

    /// True for an account that may change settings.
    package var isSystemAdministrator: Bool { rights.dynamic.contains("SYSTEM_ADMIN") }

    /// True for an account that may make models.
    package static func isAdministrator(_ account: Account) -> Bool {
        account.expandedRights.contains(Right("MODEL_ADMIN"))
    }

    /// True for models that it may ask, and is shown.
    package func mayUse(_ model: Model) -> Bool {
        isAdministrator || model.owner == owner || mayUse(key: model.key)
    }

    private func mayUse(key: String) -> Bool {
        rights.dynamic.contains("PREDICT") || rights.models.contains(key)
    }

    package func mayChange(_ model: Model) -> Bool { isAdministrator || model.owner == owner }

    /// True for tasks that it may see and drop.
    func maySee(_ task: OfflineTask) -> Bool { isAdministrator || task.owner == owner }

    /// - Throws: 1142 for a model that it may not ask. One that is not there is refused the same
    ///   way, so that names cannot be guessed.
    func checkUse(_ name: String, _ snapshot: CatalogSnapshot) throws(ServerError) {
        guard !isAdministrator, !mayUse(key: name.asciiLowercased) else { return }
        if let model = snapshot.model(named: name), model.owner == owner { return }
        throw denied("PREDICT", name)
    }

    /// - Parameter command: what the error calls the attempt.
    /// - Throws: 1142 for a model that it may not change.
    func checkChange(
        _ command: String,
        _ name: String,
        _ snapshot: CatalogSnapshot
    ) throws(ServerError) {
        if isAdministrator { return }
        if let model = snapshot.model(named: name), model.owner == owner { return }
        throw denied(command, name)
    }

    /// - Throws: 1227 unless it may make a model of that name: owners may replace their own.
    func checkCreate(
        _ name: String,
        isReplacement: Bool,
        _ snapshot: CatalogSnapshot
    ) throws(ServerError) {
        if isAdministrator { return }
        if isReplacement, let model = snapshot.model(named: name), model.owner == owner { return }
        throw .rightNeeded("MODEL_ADMIN")
    }

    /// True for features that it may see, compute again and drop: its own.
    func maySee(_ feature: FeatureRecord) -> Bool { isAdministrator || feature.owner == owner }

    /// - Parameters:
    ///   - command: what the error calls the attempt.
    ///   - feature: nil for a name that nothing has.
    /// - Throws: 1142 for a feature that is not the account's.
    func checkFeature(
        _ command: String,
        _ name: String,
        _ feature: FeatureRecord?
    ) throws(ServerError) {
        if isAdministrator { return }
        if let feature, feature.owner == owner { return }
        throw denied(command, name, noun: "feature")
    }

    /// - Throws: 1227 unless it may make features.
    func checkCreateFeature() throws(ServerError) {
        if !isAdministrator { throw .rightNeeded("MODEL_ADMIN") }
    }

    private func denied(_ command: String, _ name: String, noun: String = "model") -> ServerError {
        ServerError(
            .tableAccessDenied,
            "\(command) command denied to user '\(rights.user)'@'\(rights.clientHost)' for \(noun) "
                + "'\(name)'"
        )
    }
}

extension ServerError {
    /// 1227, as MySQL words it.
    static func rightNeeded(_ words: String) -> ServerError {
        ServerError(
            .accessRightNeeded,
            "Access denied; you need (at least one of) the \(words) privilege(s) for this operation"
        )
    }
}
