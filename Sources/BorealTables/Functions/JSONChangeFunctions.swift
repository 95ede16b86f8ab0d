import BorealBase
import BorealSQLite

/// JSON functions that answer a changed document. New values come as JSON text.
extension FunctionRegistry {
    /// Registers them. NULL for the document or a path gives NULL; a new value is never NULL but
    /// JSON's null.
    func addJSONChanges() throws(SQLiteError) {
        let modes: [(String, JSONChange.Mode)] = [
            ("json_set", .set), ("json_insert", .insert), ("json_replace", .replace),
        ]
        for (name, mode) in modes {
            try addPairs(name) { _, path, new, document in
                JSONChange.put(new, mode, path.legs[...], in: document)
            }
        }
        try addPairs("json_array_append") { _, path, new, document in
            JSONChange.append(new, path, in: document)
        }
        try addPairs("json_array_insert") { reader, path, new, document in
            guard case .element? = path.legs.last else {
                reader.fail(.pathIsNoCell)
                return nil
            }
            return JSONChange.insert(new, path, in: document)
        }
        let context = context
        try add("b_json_remove") { call in
            let reader = JSONArguments(call, "json_remove", context)
            guard var document = reader.document(0) else { return }
            for index in 1..<call.count {
                guard let path = reader.plainPath(index) else { return }
                guard !path.legs.isEmpty else { return reader.fail(.rootInPath) }
                document = JSONChange.remove(path.legs[...], in: document)
            }
            call.result(document.normalised.shown)
        }
        try addMerges()
    }

    /// A function of a document and pairs of a path and a value.
    private func addPairs(
        _ name: String,
        _ change: @escaping @Sendable (JSONArguments, JSONPath, JSON, JSON) -> JSON?
    ) throws(SQLiteError) {
        let context = context
        try add("b_\(name)") { call in
            let reader = JSONArguments(call, name, context)
            guard var document = reader.document(0) else { return }
            for index in stride(from: 1, to: call.count - 1, by: 2) {
                guard let path = reader.plainPath(index), let new = reader.document(index + 1),
                    let changed = change(reader, path, new, document)
                else { return }
                document = changed
            }
            call.result(document.normalised.shown)
        }
    }

    /// The two ways of merging: keeping all, or the later ones winning.
    private func addMerges() throws(SQLiteError) {
        let context = context
        try add("b_json_merge_preserve") { call in
            let reader = JSONArguments(call, "json_merge_preserve", context)
            guard var document = reader.document(0) else { return }
            for index in 1..<call.count {
                guard let other = reader.document(index) else { return }
                document = JSONChange.merged(document, other)
            }
            call.result(document.normalised.shown)
        }
        try addRaw("b_json_merge_patch") { call in
            let reader = JSONArguments(call, "json_merge_patch", context)
            // NULL makes the answer unknown, until a patch that is no object replaces it.
            var document: JSON?
            for index in 0..<call.count {
                guard !call.isNull(index) else {
                    document = nil
                    continue
                }
                guard let patch = reader.document(index) else { return }
                if index == 0 || patch.object == nil {
                    document = patch
                } else {
                    document = document.map { JSONChange.patched($0, patch) }
                }
            }
            call.result(document?.normalised.shown)
        }
    }
}
