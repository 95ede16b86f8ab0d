import BorealBase
import BorealSQLite

/// The rows behind models and versions.
extension CatalogTransaction {
    func model(_ name: String) throws(CatalogError) -> Model {
        guard let model = content.model(name) else { throw .modelNotFound(name: name) }
        return model
    }

    func find(
        _ id: ModelVersionID
    ) throws(CatalogError) -> (model: Model, version: ModelVersion) {
        guard let bound = content.bound(id) else {
            throw .versionNotFound(model: "", version: String(id.rawValue))
        }
        return (bound.model, bound.version)
    }

    func illegal(_ model: Model, _ version: ModelVersion, _ next: ModelStatus) -> CatalogError {
        .illegalModelTransition(
            model: model.name,
            version: version.name,
            from: version.status,
            to: next
        )
    }

    func checkComment(_ comment: String) throws(CatalogError) {
        guard comment.utf8.count <= CatalogLimits.commentBytesMax else {
            throw .commentTooLong(
                bytes: comment.utf8.count,
                limit: CatalogLimits.commentBytesMax
            )
        }
    }

    func changeVersion(
        _ id: ModelVersionID,
        to status: ModelStatus
    ) throws(CatalogError) {
        var (model, version) = try find(id)
        guard version.status.canBecome(status) else { throw illegal(model, version, status) }
        version.status = status
        version.changed = now
        if status.isUsable, version.saved == nil { version.saved = now }
        try writeLife(of: version)
        model.replace(version)
        content.models[model.key] = model
        if status == .serving { try noteServing(model.key) }
    }

    /// A version whose job begins again after a restart.
    func restartVersion(_ id: ModelVersionID) throws(CatalogError) {
        guard var (model, version) = content.bound(id).map({ ($0.model, $0.version) }) else {
            return
        }
        if version.status.isUnfinished { version.status = .loadingData }
        version.restarted += 1
        version.changed = now
        try writeLife(of: version)
        model.replace(version)
        content.models[model.key] = model
    }

    func insertVersion(
        of model: ModelID,
        number: Int,
        name: String,
        owner: String,
        definition: VersionDefinition,
        status: ModelStatus,
        promotes: Bool
    ) throws(CatalogError) -> ModelVersion {
        let saved = status.isUsable ? now : nil
        let id = try insert(
            """
            INSERT INTO versions (model, number, name, owner, status, model_class, task_kind,
                statement, options, comment, location, sealed_key, description, importances,
                fingerprint, promotes, created, saved, changed, restarted)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '', ?, ?, ?, ?, 0)
            """,
            [
                .integer(model.rawValue), .integer(Int64(number)), .text(name), .text(owner),
                .text(status.rawValue), .text(definition.modelClass), .text(definition.taskKind),
                .text(definition.statement), .text(definition.options), .text(definition.comment),
                .text(definition.location), .text(definition.sealedKey), .flag(promotes),
                .time(now), .time(saved), .time(now),
            ]
        )
        return ModelVersion(
            id: ModelVersionID(rawValue: id),
            number: number,
            name: name,
            owner: owner,
            status: status,
            definition: definition,
            failure: nil,
            artifact: nil,
            secondArtifact: nil,
            outcome: VersionOutcome(),
            promotes: promotes,
            created: now,
            saved: saved,
            changed: now,
            restarted: 0
        )
    }

    func writeLife(of version: ModelVersion) throws(CatalogError) {
        try run(
            """
            UPDATE versions SET status = ?, error_number = ?, error_text = ?, promotes = ?,
                saved = ?, changed = ?, restarted = ?
            WHERE id = ?
            """,
            [
                .text(version.status.rawValue),
                version.failure.map { .integer(Int64($0.number)) } ?? .null,
                .optional(version.failure?.sentence), .flag(version.promotes),
                .time(version.saved), .time(version.changed), .integer(Int64(version.restarted)),
                .integer(version.id.rawValue),
            ]
        )
    }

    func writeDefinition(of version: ModelVersion) throws(CatalogError) {
        let definition = version.definition
        try run(
            """
            UPDATE versions SET model_class = ?, task_kind = ?, statement = ?, options = ?,
                comment = ?, location = ?, sealed_key = ?, changed = ?
            WHERE id = ?
            """,
            [
                .text(definition.modelClass), .text(definition.taskKind),
                .text(definition.statement), .text(definition.options), .text(definition.comment),
                .text(definition.location), .text(definition.sealedKey), .time(version.changed),
                .integer(version.id.rawValue),
            ]
        )
    }

    func writeDefault(of model: Model) throws(CatalogError) {
        try run(
            "UPDATE models SET default_version = ?, next_number = ? WHERE id = ?",
            [
                .integer(model.defaultVersionID.rawValue), .integer(Int64(model.nextNumber)),
                .integer(model.id.rawValue),
            ]
        )
    }

    func remove(_ model: Model) throws(CatalogError) {
        for version in model.versions { try removeVersion(version) }
        try dropDocuments(of: model.id)
        try run("DELETE FROM models WHERE id = ?", [.integer(model.id.rawValue)])
        content.models[model.key] = nil
        content.modelOfContract[model.contract.id] = nil
    }

    /// Deletes the row of a version with its jobs and references; the model is the caller's.
    func removeVersion(_ version: ModelVersion) throws(CatalogError) {
        try removeJobs(of: .version(version.id))
        try run("DELETE FROM versions WHERE id = ?", [.integer(version.id.rawValue)])
        content.modelOfVersion[version.id] = nil
        try release(version.artifact)
        try release(version.secondArtifact)
    }
}
