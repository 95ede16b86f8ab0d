import BorealBase
import BorealSQL

/// PREDICT on `_polar4ai_text2vec` that fills an index table.
struct IndexRequest: Equatable {
    /// What the rows are made of.
    enum Resource: Equatable {
        /// A row for each table of the database.
        case schema
        /// A row for each row of a table of questions and queries.
        case pattern(table: String)
    }

    var resource: Resource
    /// The index table, by the name that the hint's statements call it.
    var table: String

    /// - Returns: nil for a statement that fills no index table.
    /// - Throws: `invalidOption`.
    init?(_ node: SelectFromPredict) throws(ServerError) {
        guard node.name.name.asciiLowercased == BuiltInModel.vector.rawValue,
            node.options["resource"] != nil
        else { return nil }
        let reader = try OptionReader(
            node.options,
            known: ["mode", "resource", "pattern_table_name"]
        )
        let word = try reader.requiredText("resource")
        let pattern = try reader.text("pattern_table_name")
        switch word.asciiLowercased {
        case "schema":
            guard pattern == nil else {
                throw .invalidOption("pattern_table_name", "it belongs to resource='pattern'")
            }
            resource = .schema
        case "pattern":
            guard let pattern, !pattern.isEmpty else {
                throw .invalidOption("pattern_table_name", "the option is missing or empty")
            }
            resource = .pattern(table: pattern)
        default: throw .invalidOption("resource", "'\(word)' is none of schema, pattern")
        }
        guard try reader.text("mode")?.asciiLowercased == "async" else {
            throw .invalidOption("mode", "an index is made in the background: give mode='async'")
        }
        guard let into = node.into.first else {
            throw .invalidOption("resource", "it needs INTO and an index table")
        }
        guard node.into.count == 1 else {
            throw .notYet("an index table elsewhere than in '\(TableTarget.database)'")
        }
        table = into.name
    }
}
