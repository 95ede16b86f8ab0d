import BorealBase
import BorealSQLite

extension CatalogTransaction {
    /// Makes a feature in the status `loading_data`. A failed one of that name gives way.
    ///
    /// - Throws: `CatalogError.featureExists`.
    @discardableResult
    public func createFeature(
        _ name: ModelName,
        owner: String,
        definition: FeatureDefinition
    ) throws(CatalogError) -> FeatureRecord {
        if let present = content.features[name.key] {
            guard present.status == .failed else { throw .featureExists(name: present.name) }
            try dropFeature(name.key)
        }
        let rowID = try insert(
            """
            INSERT INTO features (key, name, owner, feature_class, statement, request, status,
                results, created, restarted)
            VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, 0)
            """,
            [
                .text(name.key), .text(name.display), .text(owner),
                .text(definition.featureClass), .text(definition.statement),
                .text(definition.request), .text(FeatureStatus.loadingData.rawValue), .time(now),
            ]
        )
        let row = FeatureRecord(
            id: FeatureID(rawValue: rowID),
            key: name.key,
            name: name.display,
            owner: owner,
            definition: definition,
            status: .loadingData,
            results: "",
            failure: nil,
            artifact: nil,
            created: now,
            saved: nil,
            restarted: 0
        )
        content.features[row.key] = row
        content.keyOfFeature[row.id] = row.key
        return row
    }

    /// Puts a feature back to the beginning, to be computed by another definition or by the same
    /// one again. What it was goes: results, file, failure, and a job under way.
    ///
    /// - Throws: `CatalogError.featureNotFound`.
    @discardableResult
    public func resetFeature(
        _ name: String,
        definition: FeatureDefinition
    ) throws(CatalogError) -> FeatureRecord {
        guard var feature = content.features[name.asciiLowercased] else {
            throw .featureNotFound(name: name)
        }
        try removeJobs(of: .feature(feature.id))
        let file = feature.artifact
        feature.definition = definition
        feature.status = .loadingData
        feature.results = ""
        feature.failure = nil
        feature.artifact = nil
        feature.restarted = 0
        try write(feature)
        try release(file)
        return feature
    }

    /// `loading_data` to `computing`.
    ///
    /// - Throws: `CatalogError.featureNotFound`, `.illegalFeatureTransition`.
    public func computeFeature(_ id: FeatureID) throws(CatalogError) {
        var feature = try advance(id, to: .computing)
        feature.status = .computing
        try write(feature)
    }

    /// `computing` to `saved`, with what came out of it.
    ///
    /// - Throws: `CatalogError.featureNotFound`, `.illegalFeatureTransition`.
    public func saveFeature(
        _ id: FeatureID,
        results: String,
        artifact: PublishedArtifact
    ) throws(CatalogError) {
        var feature = try advance(id, to: .saved)
        feature.status = .saved
        feature.results = results
        feature.artifact = try adopt(artifact)
        feature.saved = now
        try write(feature)
    }

    /// Ends a feature in an error.
    ///
    /// - Throws: `CatalogError.featureNotFound`, `.illegalFeatureTransition`.
    public func failFeature(_ id: FeatureID, _ failure: ModelFailure) throws(CatalogError) {
        var feature = try advance(id, to: .failed)
        feature.status = .failed
        feature.failure = failure
        try write(feature)
    }

    /// Removes a feature in any state, with its file and its job.
    ///
    /// - Returns: what it was; a running job is the scheduler's to cancel.
    /// - Throws: `CatalogError.featureNotFound`.
    @discardableResult
    public func dropFeature(_ name: String) throws(CatalogError) -> FeatureRecord {
        guard let feature = content.features[name.asciiLowercased] else {
            throw .featureNotFound(name: name)
        }
        try removeJobs(of: .feature(feature.id))
        try run("DELETE FROM features WHERE id = ?", [.integer(feature.id.rawValue)])
        content.features[feature.key] = nil
        content.keyOfFeature[feature.id] = nil
        try release(feature.artifact)
        return feature
    }

    /// A feature whose job begins again after a restart.
    func restartFeature(_ id: FeatureID) throws(CatalogError) {
        guard var feature = content.feature(id), feature.status.isUnfinished else { return }
        feature.status = .loadingData
        feature.restarted += 1
        try write(feature)
    }

    /// Features follow their owner's name.
    func moveFeatures(from old: String, to new: String) throws(CatalogError) {
        for var feature in content.features.values where feature.owner == old {
            feature.owner = new
            try write(feature)
        }
    }

    // MARK: - Rows

    private func advance(
        _ id: FeatureID,
        to next: FeatureStatus
    ) throws(CatalogError) -> FeatureRecord {
        guard let feature = content.feature(id) else {
            throw .featureNotFound(name: "#\(id.rawValue)")
        }
        guard feature.status.canBecome(next) else {
            throw .illegalFeatureTransition(feature.name, from: feature.status, to: next)
        }
        return feature
    }

    private func write(_ feature: FeatureRecord) throws(CatalogError) {
        try run(
            """
            UPDATE features SET owner = ?, feature_class = ?, statement = ?, request = ?,
                status = ?, results = ?, error_number = ?, error_text = ?, artifact = ?,
                artifact_extension = ?, saved = ?, restarted = ?
            WHERE id = ?
            """,
            [
                .text(feature.owner), .text(feature.definition.featureClass),
                .text(feature.definition.statement), .text(feature.definition.request),
                .text(feature.status.rawValue), .text(feature.results),
                feature.failure.map { .integer(Int64($0.number)) } ?? .null,
                .optional(feature.failure?.sentence), .optional(feature.artifact?.hash),
                .optional(feature.artifact?.fileExtension), .time(feature.saved),
                .integer(Int64(feature.restarted)), .integer(feature.id.rawValue),
            ]
        )
        content.features[feature.key] = feature
    }
}
