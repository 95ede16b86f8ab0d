import BorealBase
import BorealCatalog

/// A document as a search sees it.
struct SearchHit: Sendable {
    let index: String
    let id: String
    let version: Int64
    let sequence: Int64
    /// What is shown of it: no key.
    let source: JSON

    init(index: String, id: String, version: Int64, sequence: Int64, source: JSON) {
        self.index = index
        self.id = id
        self.version = version
        self.sequence = sequence
        self.source = source
    }

    init(_ index: String, _ document: CatalogDocument, _ source: JSON) {
        self.init(
            index: index,
            id: document.id,
            version: document.revision,
            sequence: document.sequence,
            source: source
        )
    }

    /// The scalars of a field; `a.b` goes into objects, arrays are looked through, and `.keyword`
    /// behind a name is the field itself.
    func values(_ field: String) -> [JSON] {
        if field == "_id" { return [.string(id)] }
        var names = field.split(separator: ".").map(String.init)
        if names.count > 1, names.last == "keyword" { names.removeLast() }
        var found: [JSON] = []
        Self.collect(source, names[...], into: &found)
        return found
    }

    private static func collect(_ json: JSON, _ names: ArraySlice<String>, into found: inout [JSON])
    {
        switch json {
        case .array(let elements):
            for element in elements { collect(element, names, into: &found) }
        case .object:
            // A name may itself hold a dot; whatever stands below a named object exists.
            guard let name = names.first else { return found.append(.string("")) }
            if let value = json[name] { collect(value, names.dropFirst(), into: &found) }
        case .null: break
        default: if names.isEmpty { found.append(json) }
        }
    }

    /// The values of a field as texts.
    func texts(_ field: String, ignoresCase: Bool) -> [String] {
        values(field).map { value in
            let text = value.string ?? value.description
            return ignoresCase ? text.lowercased() : text
        }
    }
}
