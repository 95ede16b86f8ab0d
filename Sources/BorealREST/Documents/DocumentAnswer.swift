import BorealBase
import BorealCatalog

/// The indices that the contract names, where a client of the original would look.
enum DocumentIndex {
    static let connector = ".plugins-ml-connector"
    static let model = ".plugins-ml-model"
    static let modelGroup = ".plugins-ml-model-group"
    static let task = ".plugins-ml-task"
}

extension RESTAnswer {
    /// What changing or deleting one document answers.
    ///
    /// - Parameter result: `updated` or `deleted`.
    static func written(
        _ index: String,
        _ id: String,
        result: String,
        version: Int64,
        sequence: Int64
    ) -> RESTAnswer {
        RESTAnswer(
            .object([
                ("_index", .string(index)), ("_id", .string(id)), ("_version", .integer(version)),
                ("result", .string(result)),
                (
                    "_shards",
                    .object([
                        ("total", .integer(1)), ("successful", .integer(1)),
                        ("failed", .integer(0)),
                    ])
                ),
                ("_seq_no", .integer(sequence)), ("_primary_term", .integer(1)),
            ])
        )
    }

    /// As above, for a document of the registry.
    static func written(_ index: String, _ document: CatalogDocument, _ result: String)
        -> RESTAnswer
    {
        written(
            index,
            document.id,
            result: result,
            version: document.revision,
            sequence: document.sequence
        )
    }

    /// As above, for one that is gone now.
    static func deleted(
        _ index: String,
        _ document: CatalogDocument,
        sequence: Int64
    ) -> RESTAnswer {
        written(
            index,
            document.id,
            result: "deleted",
            version: document.revision + 1,
            sequence: sequence
        )
    }
}

extension CatalogDocument {
    /// The body as JSON.
    var json: JSON {
        // Only JSON was stored.
        (try? JSON.parse(body)) ?? .object([])
    }
}
