import BorealGraph

/// Finds the CatBoost model in a pickle: a Python object around the bytes of its own format.
struct CatBoostPickleReader {
    let document: PickleDocument
    let format: ModelFormat

    /// - Throws: `FormatError.notAModel`, and what reading the bytes throws.
    func read() throws(FormatError) -> ImportedModel {
        guard let root = document.object(document.root), root.type.isCatBoost else {
            throw .notAModel(format, found: document.kind(document.root))
        }
        guard let content = document.attribute(root, "__model"),
            let bytes = document.bytes(content)
        else { throw .notAModel(format, found: "\(root.type.rawValue) that was not fitted") }
        var model = try CatBoostBinaryReader.read(Array(bytes))
        model.estimator = root.type.rawValue
        return try CatBoostImporter(model: model).imported(container: format)
    }
}
