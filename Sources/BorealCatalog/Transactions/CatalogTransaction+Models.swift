import BorealBase
import BorealSQLite

extension CatalogTransaction {
    // MARK: - Making names and versions

    /// Makes a model with its first version, which is the default one.
    ///
    /// A model of which every version failed is replaced as if it had been dropped.
    ///
    /// - Parameters:
    ///   - version: nil for `v1`.
    ///   - status: `loading_data`, or `saved` for a model without a file of its own.
    /// - Throws: `CatalogError.modelExists`, `.invalidName`, `.commentTooLong`.
    @discardableResult
    public func createModel(
        _ name: ModelName,
        owner: String,
        definition: VersionDefinition,
        version: String? = nil,
        status: ModelStatus = .loadingData
    ) throws(CatalogError) -> BoundModel {
        try checkComment(definition.comment)
        let versionName = try VersionName.key(version ?? "v1")
        if let existing = content.models[name.key] {
            guard existing.versions.allSatisfy({ $0.status == .failed }) else {
                throw .modelExists(name: existing.name)
            }
            try remove(existing)
        }
        let id = try insert(
            """
            INSERT INTO models (key, name, owner, comment, default_version, next_number, created)
            VALUES (?, ?, ?, ?, 0, 2, ?)
            """,
            [
                .text(name.key), .text(name.display), .text(owner), .text(definition.comment),
                .integer(now.microseconds),
            ]
        )
        let first = try insertVersion(
            of: ModelID(rawValue: id),
            number: 1,
            name: versionName,
            owner: owner,
            definition: definition,
            status: status,
            promotes: true
        )
        let model = Model(
            id: ModelID(rawValue: id),
            key: name.key,
            name: name.display,
            owner: owner,
            created: now,
            comment: definition.comment,
            defaultVersionID: first.id,
            nextNumber: 2,
            versions: [first]
        )
        try writeDefault(of: model)
        content.models[name.key] = model
        content.modelOfVersion[first.id] = name.key
        return BoundModel(model: model, version: first)
    }

    /// Adds a version to a model.
    ///
    /// - Parameters:
    ///   - version: nil for `v<n>`, n being the next number.
    ///   - promotes: true (CREATE OR REPLACE, RETRAIN) makes it the default once it is stored; a
    ///     default that failed gives way at once.
    /// - Throws: `CatalogError.modelNotFound`, `.versionExists`, `.invalidName`, `.tooLarge` above
    ///   `CatalogLimits.versionsMax` versions.
    @discardableResult
    public func addVersion(
        to modelName: String,
        owner: String,
        definition: VersionDefinition,
        version: String? = nil,
        promotes: Bool,
        status: ModelStatus = .loadingData
    ) throws(CatalogError) -> BoundModel {
        try checkComment(definition.comment)
        var model = try model(modelName)
        guard model.versions.count < CatalogLimits.versionsMax else {
            throw .tooLarge(limit: CatalogLimits.versionsMax)
        }
        let versionName: String
        if let version {
            versionName = try VersionName.key(version)
            guard model.version(named: versionName) == nil else {
                throw .versionExists(model: model.name, version: versionName)
            }
        } else {
            versionName = model.freeVersionName()
        }
        let added = try insertVersion(
            of: model.id,
            number: model.nextNumber,
            name: versionName,
            owner: owner,
            definition: definition,
            status: status,
            promotes: promotes
        )
        model.nextNumber += 1
        model.versions.append(added)
        if promotes, status.isUsable || model.defaultVersion.status == .failed {
            model.defaultVersionID = added.id
        }
        try writeDefault(of: model)
        content.models[model.key] = model
        content.modelOfVersion[added.id] = model.key
        return BoundModel(model: model, version: added)
    }

    // MARK: - The life of a version

    /// Moves a version on: training, deployment, the way back from it.
    ///
    /// - Throws: `CatalogError.versionNotFound`, `.illegalModelTransition`.
    public func setStatus(
        of id: ModelVersionID,
        to status: ModelStatus
    ) throws(CatalogError) {
        assert(status != .failed && status != .deleted, "failVersion and dropModel do that")
        try changeVersion(id, to: status)
    }

    /// Corrects what is known about a version, for instance the class once a file was read.
    ///
    /// - Throws: `CatalogError.versionNotFound`, `.commentTooLong`.
    public func amend(
        _ id: ModelVersionID,
        _ change: (inout VersionDefinition) -> Void
    ) throws(CatalogError) {
        var (model, version) = try find(id)
        change(&version.definition)
        try checkComment(version.definition.comment)
        version.changed = now
        try writeDefinition(of: version)
        model.replace(version)
        content.models[model.key] = model
    }

    /// Stores a version: its files, what is known about it, and the status `saved`, in one step.
    ///
    /// A version that promotes becomes the default unless a later one already is.
    ///
    /// - Parameters:
    ///   - artifact: nil for a model without a file, such as a remote one.
    ///   - second: the pickle beside the model file.
    /// - Throws: `CatalogError.versionNotFound`, `.illegalModelTransition`.
    public func publish(
        _ id: ModelVersionID,
        artifact: PublishedArtifact?,
        second: PublishedArtifact? = nil,
        outcome: VersionOutcome = VersionOutcome()
    ) throws(CatalogError) {
        var (model, version) = try find(id)
        guard version.status.canBecome(.saved), version.status.isUnfinished else {
            throw illegal(model, version, .saved)
        }
        version.artifact = try artifact.map { (file) throws(CatalogError) in try adopt(file) }
        version.secondArtifact = try second.map { (file) throws(CatalogError) in try adopt(file) }
        version.outcome = outcome
        version.status = .saved
        version.saved = now
        version.changed = now
        try run(
            """
            UPDATE versions SET artifact = ?, artifact_extension = ?, second_artifact = ?,
                second_extension = ?, description = ?, importances = ?, fingerprint = ?
            WHERE id = ?
            """,
            [
                .optional(version.artifact?.hash), .optional(version.artifact?.fileExtension),
                .optional(version.secondArtifact?.hash),
                .optional(version.secondArtifact?.fileExtension), .text(outcome.description),
                .text(outcome.importances), .text(outcome.fingerprint), .integer(id.rawValue),
            ]
        )
        try writeLife(of: version)
        model.replace(version)
        let standing = model.defaultVersion
        let isLater = version.number > standing.number || !standing.status.isUsable
        if version.promotes, isLater, standing.id != id {
            model.defaultVersionID = id
            try writeDefault(of: model)
        }
        content.models[model.key] = model
    }

    /// Ends a version in an error.
    ///
    /// If it was the default, the latest version that promotes and has not failed takes its place.
    ///
    /// - Throws: `CatalogError.versionNotFound`, `.illegalModelTransition`.
    public func failVersion(
        _ id: ModelVersionID,
        _ failure: ModelFailure
    ) throws(CatalogError) {
        var (model, version) = try find(id)
        guard version.status.canBecome(.failed) else { throw illegal(model, version, .failed) }
        version.status = .failed
        version.failure = failure
        version.changed = now
        try writeLife(of: version)
        model.replace(version)
        if model.defaultVersionID == id,
            let heir = model.versions.last(where: { $0.promotes && $0.status != .failed })
        {
            model.defaultVersionID = heir.id
            try writeDefault(of: model)
        }
        content.models[model.key] = model
    }

    // MARK: - Changing and dropping

    /// Makes another stored version the default one.
    ///
    /// - Throws: `CatalogError.modelNotFound`, `.versionNotFound`, `.versionNotReady`.
    public func setDefaultVersion(
        of modelName: String,
        to versionName: String
    ) throws(CatalogError) {
        var model = try model(modelName)
        guard let version = model.version(named: versionName) else {
            throw .versionNotFound(model: model.name, version: versionName)
        }
        guard version.status.isUsable else {
            throw .versionNotReady(
                model: model.name,
                version: version.name,
                status: version.status
            )
        }
        model.defaultVersionID = version.id
        try writeDefault(of: model)
        content.models[model.key] = model
    }

    /// Changes the comment of a model, or of one version of it.
    ///
    /// - Throws: `CatalogError.modelNotFound`, `.versionNotFound`, `.commentTooLong`.
    public func setComment(
        of modelName: String,
        version versionName: String? = nil,
        to comment: String
    ) throws(CatalogError) {
        try checkComment(comment)
        var model = try model(modelName)
        if let versionName {
            guard let version = model.version(named: versionName) else {
                throw .versionNotFound(model: model.name, version: versionName)
            }
            return try amend(version.id) { $0.comment = comment }
        }
        model.comment = comment
        try run(
            "UPDATE models SET comment = ? WHERE id = ?",
            [.text(comment), .integer(model.id.rawValue)]
        )
        content.models[model.key] = model
    }

    /// Drops one version that is neither the default nor the only one.
    ///
    /// - Returns: what it was; its jobs are gone, running ones are the scheduler's to cancel.
    /// - Throws: `CatalogError.modelNotFound`, `.versionNotFound`, `.versionIsDefault`,
    ///   `.versionIsOnly`.
    @discardableResult
    public func dropVersion(
        of modelName: String,
        _ versionName: String
    ) throws(CatalogError) -> ModelVersion {
        var model = try model(modelName)
        guard let version = model.version(named: versionName) else {
            throw .versionNotFound(model: model.name, version: versionName)
        }
        guard model.versions.count > 1 else {
            throw .versionIsOnly(model: model.name, version: version.name)
        }
        guard model.defaultVersionID != version.id else {
            throw .versionIsDefault(model: model.name, version: version.name)
        }
        try removeVersion(version)
        model.versions.removeAll { $0.id == version.id }
        content.models[model.key] = model
        return version.deleted
    }

    /// Drops a model with all its versions, in any state.
    ///
    /// - Returns: what it was; its jobs are gone, running ones are the scheduler's to cancel
    ///   (`Model.subjects`).
    /// - Throws: `CatalogError.modelNotFound`.
    @discardableResult
    public func dropModel(_ name: String) throws(CatalogError) -> Model {
        var model = try model(name)
        try remove(model)
        model.versions = model.versions.map { $0.deleted }
        return model
    }
}

extension Model {
    /// What the scheduler's jobs for this model work for.
    public var subjects: [JobSubject] { versions.map { .version($0.id) } }

    mutating func replace(_ version: ModelVersion) {
        guard let index = versions.firstIndex(where: { $0.id == version.id }) else { return }
        versions[index] = version
    }

    /// `v<n>` for the next number, or for the first one after it that nobody gave by hand.
    fileprivate func freeVersionName() -> String {
        var number = nextNumber
        while version(named: "v\(number)") != nil { number += 1 }
        return "v\(number)"
    }
}

extension ModelVersion {
    fileprivate var deleted: ModelVersion {
        var version = self
        version.status = .deleted
        return version
    }
}

extension BoundModel {
    /// What a job for this version works for.
    public var subject: JobSubject { .version(version.id) }
}
