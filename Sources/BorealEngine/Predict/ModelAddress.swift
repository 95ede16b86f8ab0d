import BorealBase
import BorealCatalog

/// A model as functions name it: `'m'` for the version that is the default then, `'m:v2'` for one.
struct ModelAddress: Equatable {
    let name: String
    /// Nil for the default one.
    let version: String?

    /// A model whose own name holds the colon, as names that came in through REST may, is meant
    /// before a version of another.
    init(_ text: String, _ snapshot: CatalogSnapshot) {
        guard snapshot.model(named: text) == nil, let colon = text.lastIndex(of: ":") else {
            (name, version) = (text, nil)
            return
        }
        name = String(text[..<colon])
        version = String(text[text.index(after: colon)...])
    }
}
