import BorealBase
import BorealCatalog
import BorealRemote

/// The registry as MaxCompute lists it: what SHOW MODELS and SHOW VERSIONS answer when
/// `boreal_dialect` is `maxcompute`, and SHOW FULL MODELS always.
enum ModelListing {
    /// Columns of SHOW MODELS.
    static let modelColumns = [
        "ModelName", "Owner", "SourceType", "ModelType", "DefaultVersion", "CreateTime",
        "LastModifiedTime", "Comment",
    ]
    /// Columns of SHOW VERSIONS FOR MODEL.
    static let versionColumns = [
        "VersionName", "IsDefault", "SourceType", "CreateTime", "LastModifiedTime", "Comment",
    ]

    /// Columns of SHOW FULL MODELS.
    static let fullColumns = modelColumns + ["Status"]

    /// - Parameter isFull: with the status, which MaxCompute has not.
    static func models(_ models: [Model], isFull: Bool) -> FixedTable {
        let rows = models.map { model -> [String] in
            let version = model.defaultVersion
            let changed = model.versions.map(\.changed).max() ?? model.created
            let cells = [
                model.key, model.owner, source(of: version), type(of: version), version.name,
                time(model.created), time(changed), model.comment,
            ]
            return isFull ? cells + [version.status.rawValue] : cells
        }
        return FixedTable(text: isFull ? fullColumns : modelColumns, rows)
    }

    static func versions(of model: Model) -> FixedTable {
        let rows = model.versions.map { version in
            [
                version.name, version.id == model.defaultVersionID ? "true" : "false",
                source(of: version), time(version.created), time(version.changed),
                version.definition.comment,
            ]
        }
        return FixedTable(text: versionColumns, rows)
    }

    /// Where a version comes from: `INTERNAL` for what was trained here.
    private static func source(of version: ModelVersion) -> String {
        switch version.modelClass {
        case ModelClass.remote: "REMOTE"
        case _ where version.definition.location.isEmpty: "INTERNAL"
        default: "IMPORT"
        }
    }

    /// `LLM` and its like of a remote model, the class of any other.
    private static func type(of version: ModelVersion) -> String {
        guard version.modelClass == ModelClass.remote else { return version.modelClass }
        // A definition that cannot be read has no type.
        let options = try? JSON.parse(version.definition.options)
        return options?["model_type"]?.string ?? ""
    }

    /// `YYYY-MM-DD HH:MM:SS`
    private static func time(_ instant: Instant) -> String {
        String(instant.text(in: .system).prefix(19))
    }
}
