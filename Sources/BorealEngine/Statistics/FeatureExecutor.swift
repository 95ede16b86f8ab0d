import BorealBase
import BorealCatalog
import BorealSQL
import BorealTasks

/// Statements on features that need the registry only.
struct FeatureExecutor {
    let engine: Engine
    /// Whose statements they are, and what it may do.
    let access: ModelAccess
    let links: ArtifactLinks

    /// SHOW FEATURES: those that the account may see, by creation time, then name.
    func showFeatures() -> FixedTable {
        FixedTable(
            text: ["feature_name", "feature_class", "feature_status"],
            engine.catalog.snapshot.features.filter(access.maySee).map {
                [$0.name, $0.definition.featureClass, $0.status.rawValue]
            }
        )
    }

    /// SHOW FEATURE: the status, a fresh link once the file is stored, and the results.
    func showFeature(_ name: String) throws(ServerError) -> FixedTable {
        let feature = try find(name, "SHOW")
        let path = links.link(to: feature.artifact, name: feature.name)
        return FixedTable(
            text: ["featureStatus", "featurePath", "results"],
            [[feature.status.rawValue, path, feature.results]]
        )
    }

    /// DESCRIBE FEATURE: the same as text, with the columns in the order of the statement.
    func describe(_ name: String) throws(ServerError) -> FixedTable {
        let feature = try find(name, "DESCRIBE")
        return FixedTable(
            text: ["feature_name", "feature_description"],
            [[feature.name, Self.text(feature)]]
        )
    }

    private static func text(_ feature: FeatureRecord) -> String {
        var lines = [
            "basic information:", "feature_name:\(feature.name)",
            "feature_class:\(feature.definition.featureClass)",
            "feature_status:\(feature.status.rawValue)",
        ]
        // The catalog stores what the job printed; anything else has no results.
        if let members = (try? JSON.parse(feature.results))?.object {
            lines += ["results:", "feature,\(feature.definition.featureClass)"]
            for (name, value) in members { lines.append("\(name),\(value)") }
        }
        if let failure = feature.failure {
            lines.append("error: \(failure.number) \(failure.sentence)")
        }
        return lines.joined(separator: "\n")
    }

    /// DROP FEATURE in any state; a job under way is cancelled.
    func drop(_ statement: DropFeature) throws(ServerError) {
        let name = statement.name.name
        do {
            if statement.ifExists, access.isAdministrator,
                engine.catalog.snapshot.feature(named: name) == nil
            {
                return
            }
            _ = try find(name, "DROP")
            let feature = try engine.catalog.update { (change) throws(CatalogError) in
                try change.dropFeature(name)
            }
            engine.scheduler.cancel([.feature(feature.id)], reason: .dropped)
        } catch CatalogError.featureNotFound where statement.ifExists {
            return
        } catch let error as CatalogError {
            throw ServerError(error)
        } catch let error as ServerError {
            throw error
        } catch {
            throw .internalError("\(error)")
        }
    }

    /// The feature of that name, for who may see it.
    ///
    /// - Parameter command: what the error calls the attempt.
    /// - Throws: 1142 for a feature of somebody else; a name that nothing has is refused the same
    ///   way unless to an administrator, so that names cannot be guessed.
    func find(_ name: String, _ command: String) throws(ServerError) -> FeatureRecord {
        let feature = engine.catalog.snapshot.feature(named: name)
        try access.checkFeature(command, name, feature)
        guard let feature else { throw .featureMissing(name) }
        return feature
    }

    /// A name that CREATE may give.
    ///
    /// - Throws: `featureExists`, and what is wrong with the name.
    func checkNew(_ name: String) throws(ServerError) -> ModelName {
        let checked: ModelName
        do {
            checked = try ModelName.created(name)
        } catch {
            throw ServerError(error)
        }
        if let present = engine.catalog.snapshot.feature(named: checked.key),
            present.status != .failed
        {
            throw .featureExists(present.name)
        }
        return checked
    }

    /// Makes or resets the feature's row and makes its job, in one transaction.
    ///
    /// - Parameter isUpdate: the feature is there and is computed again.
    func begin(
        _ name: ModelName,
        _ definition: FeatureDefinition,
        isUpdate: Bool,
        held: HeldQuery?
    ) throws(ServerError) {
        let owner = access.owner
        do {
            try engine.scheduler.checkRoom()
            if isUpdate, let present = engine.catalog.snapshot.feature(named: name.key) {
                engine.scheduler.cancel([.feature(present.id)], reason: .dropped)
            }
            let job = try engine.catalog.update { (change) throws(CatalogError) in
                let feature =
                    try isUpdate
                    ? change.resetFeature(name.key, definition: definition)
                    : change.createFeature(name, owner: owner, definition: definition)
                return try change.addJob(
                    NewJob(
                        kind: FeatureRunner.kind,
                        payload: "{}",
                        subject: .feature(feature.id),
                        user: owner
                    )
                )
            }
            engine.scheduler.submit(
                job,
                resource: held,
                cancellation: held?.cancellation ?? CancellationFlag()
            )
        } catch let error as CatalogError {
            throw ServerError(error)
        } catch {
            throw ServerError(.tooManyConnections, "Too many background jobs wait; try again later")
        }
    }
}
